"""One module for each kind of document; importing this package registers all the templates."""

from . import (
    certificate,
    encyclopedia,
    form,
    invoice,
    invoice_boxes,
    ledger,
    legal,
    legal_acts,
    letter,
    notice,
    payment_order,
    receipt,
    receipt_cafe,
    scientific,
    statistics,
    textbook,
)

__all__ = [
    "certificate",
    "encyclopedia",
    "form",
    "invoice",
    "invoice_boxes",
    "ledger",
    "legal",
    "legal_acts",
    "letter",
    "notice",
    "payment_order",
    "receipt",
    "receipt_cafe",
    "scientific",
    "statistics",
    "textbook",
]
