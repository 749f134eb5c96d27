"""Sessions: their documents and conversation, their lifetime, and their storage.

`registry` is the entry point. `database` stores rows and page files.
"""
