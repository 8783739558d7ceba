"""What runs inside a worker process, in the project's own interpreter.

Imports the standard library alone, and works from Python 3.8 on: the interpreter may be older than
Pelton's, and nothing of Pelton may shadow or feed a handler's imports.
"""
