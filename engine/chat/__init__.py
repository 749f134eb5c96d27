"""Engine, and one run from the question to the last event: request, runner, stream, citations."""
