"""The places where credentials can be, one to a file. `oss/credentials.py` says in which order they are asked."""
