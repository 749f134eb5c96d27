"""Loads a checkpoint from the hub's cache, the hub, or a local folder.

Safetensors only, no remote code. Every failure of the hub becomes a message with its remedy.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from engine.core.attention import (
    AttentionChoice,
    AttentionShape,
    attention_shapes,
    choose_attention,
)
from engine.core.errors import EngineError, ModelError
from engine.core.hardware import (
    check_precision,
    choose_precision,
    device,
    is_out_of_memory,
    keep_out_of_shared_memory,
    torch_dtype,
)
from engine.core.proxy import is_proxy_login
from engine.core.settings import ModelSettings

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)
Loaded = TypeVar("Loaded")

# Files to download: weights, configurations, tokenizers and templates; no code and no other weight
# formats.
WANTED: Final = ("*.safetensors", "*.json", "*.txt", "*.jinja", "*.model", "*.md", "LICENSE*")
# Files that loading reads beside the weights, if the repository has them.
_NEEDED: Final = (
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "chat_template.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
    "*.safetensors.index.json",
)
_TOKENIZERS: Final = ("tokenizer.json", "tokenizer.model", "vocab.json")


def source_of(model: ModelSettings) -> tuple[str, dict[str, str]]:
    """Return the first argument of from_pretrained, and keyword arguments for the revision.

    For a local checkpoint this is its folder, so loading does not ask the hub for a newer version.
    Otherwise it is the repository and its revision.
    """
    folder = cached_folder(model)
    return (model.repo_id, {"revision": model.revision}) if folder is None else (str(folder), {})


def is_cached(model: ModelSettings) -> bool:
    """Whether a checkpoint is on this machine: a local folder, or complete in the hub's cache."""
    return cached_folder(model) is not None


def cached_folder(model: ModelSettings) -> Path | None:
    """Return the folder of a local checkpoint; None if it is missing or incomplete."""
    if Path(model.repo_id).is_dir():
        return Path(model.repo_id)
    folder = _whole_snapshot(model.repo_id, model.revision)
    if folder is None and model.revision == "main":
        folder = _earlier_snapshot(model.repo_id)
    return folder


def _whole_snapshot(repo_id: str, revision: str) -> Path | None:
    """The folder of a revision in the hub's cache; None if it is missing or incomplete."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        # A repository has files that loading does not need (images, code, .gitattributes). Without
        # patterns their absence alone would make a snapshot incomplete. This call also detects
        # missing files that `is_whole` does not check.
        folder = snapshot_download(
            repo_id,
            revision=revision,
            local_files_only=True,
            allow_patterns=list(_NEEDED),
        )
    except (LocalEntryNotFoundError, ValueError):
        return None
    return Path(folder) if is_whole(Path(folder)) else None


def _earlier_snapshot(repo_id: str) -> Path | None:
    """The newest complete commit in the hub's cache; None if there is none.

    The hub's client names a new commit as "main" before any file of it is here, so an update that
    was refused or cut off would hide the commit that is.
    """
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    name = repo_folder_name(repo_id=repo_id, repo_type="model")
    snapshots = Path(constants.HF_HUB_CACHE).expanduser() / name / "snapshots"
    if not snapshots.is_dir():
        return None
    for folder in sorted(snapshots.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True):
        whole = _whole_snapshot(repo_id, folder.name)
        if whole is not None:
            logger.info("%s: the newest complete commit here is %s", repo_id, folder.name)
            return whole
    return None


def is_whole(folder: Path) -> bool:
    """Whether a folder has a complete checkpoint: config, tokenizer and every weights file.

    The weights files are those in the index; without an index one safetensors file is enough.
    """
    if not (folder / "config.json").is_file():
        return False
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        return False
    indexes = list(folder.glob("*.safetensors.index.json"))
    if not indexes:
        weights = [path.name for path in folder.glob("*.safetensors")]
        # A shard says so in its name, and its index is missing.
        return bool(weights) and not any("-of-" in name for name in weights)
    named: set[str] = set()
    for index in indexes:
        try:
            named |= set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, KeyError, AttributeError):
            return False
    return all((folder / name).is_file() for name in named)


def load_weights(
    model_id: str,
    model: ModelSettings,
    attention: AttentionChoice,
    auto_class: Any,
    *,
    attention_parts: tuple[str, ...] = (),
    unquantised: tuple[str, ...] = (),
    config: Any = None,
) -> Any:
    """Load a model in eval mode, with the precision and quantisation of its settings.

    Args:
        auto_class: class with from_pretrained, e.g. AutoModelForImageTextToText.
        attention_parts: names of the sub-configs that get the chosen attention, for a class whose
            other parts support eager attention only; () applies it to the whole model.
        unquantised: names of modules that stay in `dtype` under int8 and int4, beside the output
            head; see ModelFamily.unquantised.
        config: replaces the one that transformers reads from the checkpoint.
    Raises:
        ModelError: the checkpoint cannot be loaded, or the device does not support the settings.
    """
    where = device()
    check_precision(model_id, model, where)
    keep_out_of_shared_memory()
    precision = choose_precision(model.dtype, where)
    dtype = torch_dtype(precision.dtype)
    on_gpu = where.kind == "cuda"
    # With a GPU that is lent per call (ZeroGPU), weights are loaded on the CPU and moved by this
    # thread; `spaces` records its moves and repeats them later. bitsandbytes creates its weights
    # on their final device.
    moved = on_gpu and "SPACES_ZERO_GPU" in os.environ and model.quantization == "none"
    source, place = source_of(model)
    options: dict[str, Any] = {
        "dtype": dtype,
        "attn_implementation": dict.fromkeys(attention_parts, attention.implementation)
        or attention.implementation,
        "use_safetensors": True,
        "device_map": {"": 0 if on_gpu and not moved else "cpu"},
        **place,
    }
    if config is not None:
        options["config"] = config
    if model.quantization != "none":
        options["quantization_config"] = quantization_config(model.quantization, dtype, unquantised)
    reasons = f"{precision.reason()} {attention.reason()}"
    logger.info("%s: %s in %s. %s", model_id, where.name, precision.dtype, reasons)
    with hub_errors(model_id, model):
        loaded = auto_class.from_pretrained(source, **options)
    return (loaded.to("cuda") if moved else loaded).eval()


def quantization_config(
    quantization: str, compute_dtype: torch.dtype, unquantised: tuple[str, ...] = ()
) -> Any:
    """Return transformers' BitsAndBytesConfig; int4 is NF4 with double quantisation.

    Args:
        quantization: "int8" or "int4".
        compute_dtype: dtype of computation with int4 weights.
        unquantised: names of modules that are not quantised, beside the output head.
    """
    from transformers import BitsAndBytesConfig

    options: dict[str, Any] = {"load_in_8bit": True}
    if quantization == "int4":
        options = {
            "load_in_4bit": True,
            "bnb_4bit_quant_type": "nf4",
            "bnb_4bit_use_double_quant": True,
            "bnb_4bit_compute_dtype": compute_dtype,
        }
    if unquantised:
        # bitsandbytes' name for it, used for int4 as well.
        options["llm_int8_skip_modules"] = [*unquantised, "lm_head"]
    return BitsAndBytesConfig(**options)  # type: ignore[no-untyped-call]


@contextmanager
def hub_errors(model_id: str, model: ModelSettings) -> Iterator[None]:
    """Turn exceptions of the hub, the disk and safetensors into a ModelError."""
    import httpx2
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
    from safetensors import SafetensorError

    named = {"model_id": model_id, "repo_id": model.repo_id}
    try:
        yield
    except EngineError:
        raise
    except GatedRepoError as error:
        raise ModelError("hub.gated", **named) from error
    except RepositoryNotFoundError as error:
        raise ModelError("hub.not_found", **named) from error
    except SafetensorError as error:
        raise ModelError("hub.damaged", **named, detail=str(error)) from error
    except httpx2.TransportError as error:
        logger.info("fetching %s failed: %s", model.repo_id, error)
        raise _unreachable(named, error) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ModelError("hub.disk_full", **named) from error
        if is_out_of_memory(error):
            raise
        logger.info("loading %s failed: %s", model.repo_id, error)
        raise _unreachable(named, error) from error


def _unreachable(named: Mapping[str, str], error: Exception) -> ModelError:
    key = "hub.proxy_login" if is_proxy_login(error) else "model.weights_missing"
    return ModelError(key, **named)


def check_reachable(model_id: str, model: ModelSettings) -> None:
    """Fail immediately if the hub is unreachable; its client would retry for half a minute.

    Raises:
        ModelError: the checkpoint is not on this machine, and the host name of the hub, or of the
            proxy for it, cannot be resolved.
    """
    from huggingface_hub import constants

    if is_cached(model):
        return
    host = _first_host(constants.ENDPOINT)
    try:
        socket.getaddrinfo(host, None)
    except OSError as error:
        logger.info("%s, the way to the hub, cannot be found: %s", host, error)
        raise ModelError(
            "model.weights_missing", model_id=model_id, repo_id=model.repo_id
        ) from error


def _first_host(endpoint: str) -> str | None:
    """Return the host that a request to an endpoint connects to: the proxy's, else its own.

    Behind a proxy this machine need not resolve the hub's name: the proxy does. The proxy is chosen
    as in the hub's client: by HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, or the system
    settings of Windows and macOS.
    """
    where = urlsplit(endpoint)
    proxies = getproxies()
    proxy = proxies.get(where.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(where.hostname or ""):
        return where.hostname
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}").hostname


def configuration(model_id: str, model: ModelSettings, load: Callable[..., Loaded]) -> Loaded:
    """Load a processor, config or the like with `load`, a from_pretrained. Raises ModelError."""
    check_reachable(model_id, model)
    source, place = source_of(model)
    with hub_errors(model_id, model):
        return load(source, **place)


def attention_of(
    model_id: str, model: ModelSettings, *, language_only: bool = False
) -> AttentionChoice:
    """Choose a checkpoint's attention implementation by a trial at the shapes of its config.

    Args:
        language_only: only the language model uses the result.
    Raises:
        ModelError: the config cannot be loaded.
    """
    from transformers import AutoConfig

    config = configuration(model_id, model, AutoConfig.from_pretrained)
    shapes: tuple[AttentionShape, ...] = attention_shapes(config.to_dict())
    dtype = choose_precision(model.dtype, device()).dtype
    return choose_attention(
        model.attn_implementation, dtype, shapes[:1] if language_only else shapes
    )


def run_facts(model: ModelSettings, attention: AttentionChoice) -> Mapping[str, str]:
    """Return how a loaded model runs, for its model card; see ModelFamily.describe."""
    where = device()
    precision = choose_precision(model.dtype, where)
    return {
        "attention": attention.implementation,
        "attention_en": attention.reason("en"),
        "attention_ru": attention.reason("ru"),
        "dtype": precision.dtype,
        "dtype_en": precision.reason("en"),
        "dtype_ru": precision.reason("ru"),
        "quantization": model.quantization,
        **({} if where.uuid is None else {"gpu_uuid": where.uuid}),
    }
