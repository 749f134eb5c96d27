"""User actions: ask, follow, edit, export, open the history, correct a field."""
