"""Fits the shipped weights. `synthetic` draws the documents, `bench` measures speed and memory."""
