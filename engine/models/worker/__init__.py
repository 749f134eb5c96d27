"""A model in a process of its own, so that a GPU fault ends that process and nothing else.

    messages.py   what the two processes say to each other
    process.py    the worker's side: the family, its inference thread, streamer and KV caches
    launch.py     starts the process and waits for its connection
    client.py     the app's side: RemoteModel, used like a model in the same process

A CUDA device-side assert leaves every later call of the process failing: it cannot be survived
in-process (PyTorch documentation, "CUDA semantics": asynchronous errors). The app's process keeps
sessions, pages and page indexes; the worker asks for them when it needs them.
"""
