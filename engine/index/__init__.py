"""Index of a page: its words, lines and regions with their boxes, built, cached and searched.

The package also grounds answers on the page, provides the spans of verbatim decoding, and aligns a
model's text with OCR. It contains no model and no document template; those use this package.
"""
