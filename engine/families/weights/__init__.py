"""Checkpoints on the hub and on disk: found, checked, loaded as safetensors."""
