"""The same sweep under several interpreters: each in an environment and a process of its own, block by block."""
