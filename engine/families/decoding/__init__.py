"""Decoding: prefill and `generate`, KV caches, stopping criteria, overflow, verbatim decoding."""
