"""What every floor knows: errors and their sentences, the values that travel, settings, geometry.

Nothing here reads a page, a model or a session.
"""
