"""Specimens: drawn documents of every type that the engine classifies, with their fields.

    from synthetic.papers import specimen
    drawn = specimen("passport", "en", "test", seed=3, quality="phone")
    drawn.image, drawn.fields["birth_date"].text, drawn.fields["birth_date"].bbox

    python -m synthetic.papers draw --out DIR --count 260 --split test [--ocr]

All contents are invented. Document types and field templates are measured on specimens. Canvas,
fonts, values, degradation and some of the templates come from `synthetic`. Templates of the splits
"train" and "test" differ in layout, labels and titles.

Names of fields, by type (a template may print only some of them):

    receipt          company, address, date, number, total, tax; Russian also inn
    invoice          number, date, due_date, seller, buyer, subtotal, tax, total;
                     English iban, Russian account, bik, inn (the seller's)
    passport         surname, given_names (a Russian one with the patronymic), nationality,
                     birth_date, sex, birth_place, document_number, issue_date, expiry_date,
                     authority, mrz; the Russian internal passport has no nationality and no
                     expiry_date, and its number may stand upright along the edge
    driver_licence   surname, given_names, birth_date, birth_place, issue_date, expiry_date,
                     authority, document_number, categories, address; some sex
    id_card          surname, given_names, birth_date, birth_place, sex, nationality,
                     document_number, issue_date, expiry_date, authority, address, mrz
    bank_statement   holder, account, period_start, period_end, opening_balance, balance (the
                     closing one), date; English iban, Russian bik, inn (the holder's)
    payment_order    number, date, amount, payer, payee, purpose, payer_account; the payee's
                     account (English iban, where it is one), inn, bik; payer_inn, payer_bik
    contract         number, date, seller, buyer, total (its price)
    certificate      number, date, holder, authority
    letter, form     date; a form also number, address
    report, other    none

Dates, amounts and names are as printed. Boxes are pixels of the picture, which is upright.
"""

from engine.fields.document_type import DOCUMENT_TYPES
from synthetic.papers.drawing import names_of, specimen
from synthetic.papers.truth import (
    FIELD_NAMES,
    QUALITIES,
    TYPE_FIELDS,
    Specimen,
    SpecimenField,
)

__all__ = [
    "DOCUMENT_TYPES",
    "FIELD_NAMES",
    "QUALITIES",
    "TYPE_FIELDS",
    "Specimen",
    "SpecimenField",
    "names_of",
    "specimen",
]
