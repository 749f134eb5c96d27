"""Runs over several pages: page by page, streaming, loop detection, thinking, region crops."""
