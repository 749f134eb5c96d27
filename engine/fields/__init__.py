"""Field extraction: templates, extraction, parsed values, checks, exports.

templates.py        document types as data: prompts/fields/*.toml
values.py           result types of extraction
extraction.py       a document's indexes -> its checked fields
page_extractor.py   extraction without a language model: labels, areas, candidates, scores (`lite`)
model_extractor.py  extraction with a chat model: one verbatim question per field
page.py             one page prepared for the lookup of its fields
line_items.py key_values.py   rows of a table; any "label: value"
labels/             labels on a page and the areas of their values; names; numbered forms
ranking/            candidates -> features -> score
splitting/          division of a file into documents
document_type/      classification of a document's type
codes/              machine-readable zone, check digits
parsing.py checks.py          text -> value; rules
edits.py            values that the user wrote
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
from engine.fields.page_parts import parts_of
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
    "parts_of",
    "split",
    "with_values",
]
