"""One small trial for somebody who watches: what its futures and its workers do, as it happens.

A script of its own thread submits and waits, as a program would; workers say over a socket when a task starts and ends;
the main thread puts all of it in order of time and tells a view. It is no measurement: the telling takes time too.
"""
