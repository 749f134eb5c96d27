"""Words, lines and regions of a page with their boxes: built, stored, and searched.

Grounding (where an answer stands), verbatim decoding's spans, and a model's text aligned to OCR.
No model and no template of a document: those look things up here.
"""
