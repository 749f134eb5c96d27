"""Words, lines and regions of a page, on CPU. Importing this loads no model and no OCR package."""
