"""The screen's state of a conversation, and its serialization."""
