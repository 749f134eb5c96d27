"""Benchmarks of speed, layout and load. `python -m bench.NAME --help`."""
