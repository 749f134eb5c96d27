"""A model in its own process, so that a GPU fault ends that process and nothing else.

    messages.py   the messages between the two processes
    process.py    the worker's side: the family, its inference thread, streamer and KV caches
    client.py     the app's side: RemoteModel, used like a model in the same process

After a CUDA device-side assert every later call of the process fails, and the process cannot
recover (PyTorch documentation, "CUDA semantics": asynchronous errors). The app's process holds
sessions, pages and page indexes. The worker requests them when it needs them.
"""
