"""Which event of which component calls which action, and with which updates it ends."""
