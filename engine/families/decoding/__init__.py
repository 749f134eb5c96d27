"""Token by token: `generate` with its caches, stopping criteria, overflow, verbatim decoding."""
