"""Fetching a model's weights from the hub into its cache, with its progress in bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.errors import ModelError
from engine.families import family_class
from engine.families.hub import hub_errors, revision_of

if TYPE_CHECKING:
    from engine.settings import ModelSettings

# Weights, configurations, tokenizers and templates; no code and no other weight formats.
_WANTED: Final = ("*.safetensors", "*.json", "*.txt", "*.jinja", "*.model", "*.md", "LICENSE*")

# Called with the bytes that are here and the bytes there will be.
OnProgress = Callable[[int, int], None]


def download(model_id: str, model: ModelSettings, on_progress: OnProgress | None = None) -> Path:
    """Fetch a checkpoint; what was cut off goes on where it ended.

    Args:
        on_progress: is told, from several threads; without it huggingface_hub shows its own
            progress bar on stderr.
    Returns:
        The folder of the checkpoint in the hub's cache.
    Raises:
        ModelError: it is a local folder or runs on a server, or hub, network or disk do not let
            it be fetched.
    """
    from huggingface_hub import snapshot_download

    if family_class(model.family, model_id=model_id).runs_elsewhere:
        raise ModelError("server.no_download", model_id=model_id, base_url=model.base_url)
    if Path(model.repo_id).is_dir():
        raise ModelError("hub.local_folder", model_id=model_id, repo_id=model.repo_id)
    options: dict[str, Any] = {"allow_patterns": list(_WANTED), **revision_of(model)}
    with hub_errors(model_id, model):
        if on_progress is not None:
            quiet = _counting(0, lambda *_: None)
            files = snapshot_download(model.repo_id, dry_run=True, tqdm_class=quiet, **options)
            missing = sum(file.file_size for file in files if file.will_download)
            on_progress(0, missing)
            options["tqdm_class"] = _counting(missing, on_progress)
        return Path(snapshot_download(model.repo_id, **options))


def _counting(total: int, on_progress: OnProgress) -> type:
    """A progress bar that shows nothing and tells the bytes of all files together."""
    from tqdm import tqdm

    most = 0

    class Counting(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            # huggingface_hub makes bars of bytes that arrive, of bytes on disk, and of files.
            self._counts_bytes = kwargs.get("unit") == "B"
            super().__init__(*args, **{**kwargs, "file": _Nowhere()})

        def update(self, n: float | None = 1) -> bool | None:
            nonlocal most
            shown: bool | None = super().update(n)
            if self._counts_bytes:
                most = max(most, min(int(self.n), total))
                on_progress(most, total)
            return shown

    return Counting


class _Nowhere:
    """Where a bar is written to that nobody sees."""

    def write(self, text: str) -> None:
        """Drop it."""

    def flush(self) -> None:
        """Nothing is held."""
