"""Whatever writes weights that ship with the engine."""
