"""Who has which documents and which conversation, how long, and what of it is on disk.

`registry` is the way in; `database` holds the rows and page files.
"""
