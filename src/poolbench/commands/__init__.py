"""Commands of the command line that live outside `cli.py`: each calls what does the work, and shows what came."""
