"""Engine, and one run from question to last event: request, runner, stream, citations, export."""
