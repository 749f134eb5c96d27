"""OCR and layout analysis on the CPU: the words, lines and regions of a page.

Importing this package loads no model and no OCR library.
"""
