"""Candidates of a field: spans, their features, and the score that selects one."""
