"""Runs over several pages: page by page, readers of the output, loops, thinking, region crops."""
