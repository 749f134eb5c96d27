"""Checkpoints on the hub and on disk: lookup, checks, loading from safetensors."""
