"""What the screen remembers of a conversation, and how it is written down."""
