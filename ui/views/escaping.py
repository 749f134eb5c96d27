"""The one place where foreign text (file names, OCR, models) becomes HTML.

gr.HTML does not sanitise, and gr.Chatbot treats a message as HTML even without Markdown, so text
is shown literally by escaping it here. The page viewer needs none of this: its JavaScript writes
textContent only.
"""

import html
import re

# Invisible characters that reorder or hide text (a file named "exe.gnp" must look like one), and
# control characters other than tab and newline.
_DECEIVING = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def plain(text: str) -> str:
    """The text without characters that deceive the eye."""
    return _DECEIVING.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def escaped(text: str) -> str:
    """The text as HTML that shows exactly it."""
    return html.escape(plain(text), quote=True)


def span(css_class: str, text: str) -> str:
    """The text in a span. css_class is ours, never foreign."""
    return f'<span class="{css_class}">{escaped(text)}</span>'
