"""Templates of the split "fresh", with their own names, offices and wordings.

They were drawn after documents of several countries, once the rules of extraction had been written.
Nothing is fitted to them, and no rule is written after an inspection of their failures. See
docs/fields.md.
"""

from synthetic.papers.templates.fresh import (  # noqa: F401
    invoices,
    licences,
    passports,
    passports_ru,
)
