"""Model management: which models are in memory, where they run, and how they are downloaded.

The manager loads and unloads models. `worker` runs a model in its own process, `inference` on a
thread. The code of each family is in engine/families.
"""
