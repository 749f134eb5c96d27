"""Which models are in memory, where they run, and how they come here.

The manager loads and unloads; `worker` is a model's own process; `inference` is a model's thread;
a family's own code is in engine/families.
"""
