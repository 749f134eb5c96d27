"""What prints figures: speed, layout, load. `python -m bench.NAME --help`."""
