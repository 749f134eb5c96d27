"""Templates of the split "fresh": drawn after the papers of several countries once the rules of
extraction had been written, with names, offices and wordings of their own. Nothing is fitted to
them, and no rule is written after a look at what fails on them; see docs/fields.md."""

from synthetic.papers.templates.fresh import (  # noqa: F401
    invoices,
    licences,
    passports,
    passports_ru,
)
