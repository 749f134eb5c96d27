"""Fields of documents: templates, extraction, parsed values, checks, exports.

templates.py  document types as data: prompts/fields/*.toml
values.py     what extraction gives
extraction.py a document's indexes -> its checked fields
splitting.py joints.py page_signs.py   which pages of a file are one document
documents.py  the documents of a file together
reading.py    without a language model: labels, areas, candidates, scores (what `lite` does)
levelled.py labels.py areas.py spans.py facts.py features.py scoring.py   its steps, in this order
label.py numbered.py                a label; printed numbers in the place of labels
likeness.py                         how much a piece looks like what a field holds
names.py alphabet.py sums.py        surnames and given names; misread alphabets; amounts that add up
zone.py mrz.py                      the machine-readable zone: where it is, what it says
items.py pairs.py                   rows of a table; any "label: value"
asked.py      which field a question of the user asks for
asking.py     with a chat model: one verbatim question a field
parsing.py checks.py codes.py       text -> value; rules; control digits
edits.py      values that a person wrote
exports.py    JSON, CSV, XLSX
"""

from engine.fields.documents import fields_json, page_numbers
from engine.fields.edits import with_values
from engine.fields.extraction import AUTO, check_type, extract, known_types
from engine.fields.splitting import split
from engine.fields.templates import DocumentTemplate, FieldTemplate, get_template, load_templates
from engine.fields.values import DocumentFields, Field, FieldCell, FieldCheck, FieldsPage

__all__ = [
    "AUTO",
    "DocumentFields",
    "DocumentTemplate",
    "Field",
    "FieldCell",
    "FieldCheck",
    "FieldTemplate",
    "FieldsPage",
    "check_type",
    "extract",
    "fields_json",
    "get_template",
    "known_types",
    "load_templates",
    "page_numbers",
    "split",
    "with_values",
]
