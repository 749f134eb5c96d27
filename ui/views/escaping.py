"""The one place where untrusted text (file names, OCR, models) becomes HTML.

gr.HTML does not sanitise, and gr.Chatbot treats a message as HTML even without Markdown. Escaping
the text here shows it literally. The page viewer does not need this: its JavaScript only sets
textContent.
"""

import html
import re

# Invisible characters that reorder or hide text (a file named "exe.gnp" must look like one), and
# control characters except tab and newline.
_DECEIVING = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def plain(text: str) -> str:
    """The text without control and bidirectional formatting characters; newlines become \\n."""
    return _DECEIVING.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def escaped(text: str) -> str:
    """The text as HTML that shows it literally."""
    return html.escape(plain(text), quote=True)


def span(css_class: str, text: str) -> str:
    """The text, escaped, in a span. css_class must be a trusted constant: it is not escaped."""
    return f'<span class="{css_class}">{escaped(text)}</span>'
