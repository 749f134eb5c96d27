"""Shared foundations: errors and their texts, data types, settings, geometry, hardware facts.

Every other package may import this one. It imports none of them and opens no document, checkpoint
or session.
"""
