"""One-click examples: every image of settings.app.examples_dir with a question."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.core.settings_file import PROJECT_ROOT
from ui import i18n
from ui.views import page_images

_IMAGES: Final = frozenset((".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"))
# Stem of an example -> its task; all others ask a question.
_TASKS: Final = {"table": "layout"}


@dataclass(frozen=True, slots=True)
class Example:
    """One example. key: the key of its question in the texts. thumbnail: a small picture."""

    path: Path
    thumbnail: Path
    key: str
    task: str

    def question(self, language: str) -> str:
        return i18n.text(self.key, language)


def find(examples_dir: str) -> tuple[Example, ...]:
    """The examples in the order of their file names; none if the folder is missing."""
    folder = PROJECT_ROOT / examples_dir
    if not folder.is_dir():
        return ()
    paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in _IMAGES]
    thumbnails = page_images.new_folder() if paths else folder
    return tuple(
        Example(
            path=path,
            thumbnail=page_images.write_thumbnail(path, thumbnails),
            key=_key(path.stem),
            task=_TASKS.get(path.stem, "question"),
        )
        for path in paths
    )


def for_chatbot(examples: tuple[Example, ...], language: str) -> list[dict[str, Any]]:
    """The examples as gr.Chatbot takes them; new dicts each time, because it changes them."""
    return [
        {
            "text": example.question(language),
            "display_text": example.question(language),
            "icon": str(example.thumbnail),
        }
        for example in examples
    ]


def _key(stem: str) -> str:
    key = f"example.{stem}"
    return key if key in i18n.catalogue(i18n.DEFAULT_LANGUAGE) else "example.other"
