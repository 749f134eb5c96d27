"""Pages of the same picture are read once for all tests of a process.

Reading one takes a second or two of OCR, most tests draw the same few pages, and few of them are
about reading. What is remembered is what `build_index` really gave.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from engine.core.schema import Page
from engine.core.settings import PreprocessSettings, Settings
from engine.index.page_index import PageIndex

BuildIndex = Callable[..., PageIndex]


def reading_once(build_index: BuildIndex) -> BuildIndex:
    """build_index as the engine calls it, remembering; a failure is not remembered."""
    known: dict[tuple[object, ...], PageIndex] = {}

    def read(page: Page, settings: Settings, *, preprocess: PreprocessSettings) -> PageIndex:
        image = page.load_image()
        key = (
            hashlib.sha256(image.tobytes()).digest(),
            image.size,
            page.load_words(),
            settings.ocr,
            preprocess,
        )
        if key not in known:
            known[key] = build_index(page, settings, preprocess=preprocess)
        # The same picture may be a page of another document.
        return replace(known[key], document_id=page.document_id, page_index=page.page_index)

    return read
