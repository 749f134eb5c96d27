"""What a person does: ask, follow, edit, export, open the history, correct a field."""
