"""Fields of documents: templates, extraction, parsed values, checks, exports.

templates.py        document types as data: prompts/fields/*.toml
values.py           what extraction gives
extraction.py       a document's indexes -> its checked fields
page_extractor.py   without a language model: labels, areas, candidates, scores (what `lite` does)
model_extractor.py  with a chat model: one verbatim question a field
page.py             one page with everything that its fields are looked up in
line_items.py key_values.py   rows of a table; any "label: value"
labels/             labels on a page and the areas they point at; names; numbered forms
ranking/            candidates -> features -> score
splitting/          which pages of a file are one document
document_type/      what kind of document pages are
codes/              the machine-readable zone, control digits
parsing.py checks.py          text -> value; rules
edits.py            values that a person wrote
exports.py          JSON, CSV, XLSX
"""

from engine.fields.edits import with_values
from engine.fields.extraction import (
    AUTO,
    check_type,
    extract,
    fields_json,
    known_types,
    page_numbers,
)
from engine.fields.splitting.splitter import split
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
