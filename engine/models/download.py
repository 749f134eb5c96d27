"""Download of a model's weights from the hub into the hub's cache, with progress in bytes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.errors import ModelError
from engine.families import family_class
from engine.families.weights.hub import WANTED, hub_errors

if TYPE_CHECKING:
    from engine.core.settings import ModelSettings

# Called with the bytes downloaded so far and the total.
OnProgress = Callable[[int, int], None]


def download(model_id: str, model: ModelSettings, on_progress: OnProgress | None = None) -> Path:
    """Download a checkpoint, or only its new files. Complete files are not downloaded again.

    Args:
        on_progress: called from several threads. Without it huggingface_hub shows its own
            progress bar on stderr.
    Returns:
        The folder of the checkpoint in the hub's cache.
    Raises:
        ModelError: the model is a local folder or runs on a server, the disk has no room for it,
            or hub, network or disk fail.
    """
    from huggingface_hub import snapshot_download

    if family_class(model.family, model_id=model_id).runs_elsewhere:
        raise ModelError("server.no_download", model_id=model_id, base_url=model.base_url)
    if Path(model.repo_id).is_dir():
        raise ModelError("hub.local_folder", model_id=model_id, repo_id=model.repo_id)
    options: dict[str, Any] = {"allow_patterns": list(WANTED), "revision": model.revision}
    with hub_errors(model_id, model):
        missing = _missing_bytes(model, options)
        _check_room(model_id, model, missing)
        if on_progress is not None:
            on_progress(0, missing)
            options["tqdm_class"] = _counting(missing, on_progress)
        return Path(snapshot_download(model.repo_id, **options))


def _missing_bytes(model: ModelSettings, options: dict[str, Any]) -> int:
    """Bytes to download; 0 if the hub does not answer, which the download itself then reports."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import DryRunError

    quiet = _counting(0, lambda *_: None)
    try:
        files = snapshot_download(model.repo_id, dry_run=True, tqdm_class=quiet, **options)
    except DryRunError:
        return 0
    return sum(file.file_size for file in files if file.will_download)


def _check_room(model_id: str, model: ModelSettings, needed: int) -> None:
    """Refuse a download that does not fit on the disk of the hub's cache.

    Args:
        needed: bytes.
    Raises:
        ModelError: the disk has fewer free bytes.
    """
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE).expanduser().absolute()
    # The first download creates the cache folder.
    there = next(folder for folder in (cache, *cache.parents) if folder.is_dir())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise ModelError(
            "hub.no_room",
            model_id=model_id,
            repo_id=model.repo_id,
            needed_gb=f"{needed / 1e9:.1f}",
            free_gb=f"{free / 1e9:.1f}",
            folder=cache,
        )


def _counting(total: int, on_progress: OnProgress) -> type:
    """A silent progress bar class that reports the bytes of all files together."""
    from tqdm import tqdm

    most = 0

    class Counting(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            # huggingface_hub creates bars for bytes received, bytes on disk, and files.
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
    """A text stream that discards what a progress bar writes."""

    def write(self, text: str) -> None:
        """Discard it."""

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""
