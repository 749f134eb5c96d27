"""Training of the line recogniser: one CTC model for Latin and Cyrillic print.

The body is PP-OCRv6 small (Apache-2.0), read from RapidOCR's ONNX file and rebuilt in torch. A head
of 395 classes replaces its 18,710-way head. Lines are drawn during training, and no line is used
twice. The app imports nothing from here: `export` writes the shipped file. `make fit` leaves it
out: it takes hours and other data.

    python -m training.line_reader.train --data FOLDER --out FOLDER --minutes 180
    python -m training.line_reader.evaluate --data FOLDER --weights FOLDER/last.pt
    python -m training.line_reader.export --weights FOLDER/last.pt --out line_reader.onnx

FOLDER of --data holds fonts and texts, as Debian's packages lay them out (see `sources`).
"""
