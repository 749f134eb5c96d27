"""The templates of specimens; importing this package registers them."""

from __future__ import annotations

import synthetic.templates  # noqa: F401  (registers what is borrowed below)
from synthetic.papers.registry import borrow
from synthetic.papers.templates import (  # noqa: F401
    contracts,
    driver_licence,
    driver_licence_ru,
    fresh,
    id_card,
    invoices,
    others,
    papers,
    passport,
    passport_ru,
    payment,
    receipts,
    shops,
    statement,
    unlabelled,
    varied_invoices,
    varied_licences,
    varied_passports,
)

borrow("receipt", "receipt", "till columns cafe", {"tax_id": "", "ru:tax_id": "inn"}, loose=True)
borrow(
    "invoice",
    "invoice",
    "classic stripe boxes",
    {"en:account": "iban", "ru:bic": "bik", "ru:seller_inn": "inn"},
)
borrow(
    "payment_order",
    "payment_order",
    "official sections slip",
    {
        "payee_account": "account",
        "ru:payee_inn": "inn",
        "ru:payee_bic": "bik",
        "ru:payer_bic": "payer_bik",
    },
)
borrow("certificate", "certificate", "framed registry award", {"issuer": "authority"})
borrow("form", "form", "lined table boxed")
borrow("letter", "letter", "block form memo")
borrow("contract", "legal", "contract")
borrow("report", "ledger", "grid rules journal")
borrow("report", "statistics", "grouped plain dense")
borrow("report", "scientific", "columns report proceedings")
borrow("other", "encyclopedia", "infobox columns entry")
borrow("other", "notice", "agenda minutes programme")
borrow("other", "legal", "law order")
