"""Login, access control, upload limits, content security policy, temporary files."""
