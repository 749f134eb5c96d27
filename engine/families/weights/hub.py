"""Bringing a checkpoint into memory: from the hub's cache, the hub, or a local folder.

Safetensors only, no remote code, and every failure of the hub becomes one sentence with the command
that mends it.
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
    keep_out_of_shared_memory,
    torch_dtype,
)
from engine.core.settings import ModelSettings

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)
Loaded = TypeVar("Loaded")

# What a download fetches: weights, configurations, tokenizers and templates; no code and no other
# weight formats.
WANTED: Final = ("*.safetensors", "*.json", "*.txt", "*.jinja", "*.model", "*.md", "LICENSE*")
# What every load reads beside the weights, of the repositories that have it.
_NEEDED: Final = (
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "chat_template.json",
)
_TOKENIZERS: Final = ("tokenizer.json", "tokenizer.model", "vocab.json")


def source_of(model: ModelSettings) -> tuple[str, dict[str, str]]:
    """The first argument of from_pretrained, and the others that say where a checkpoint is.

    One that is on this machine is named by its folder: nothing asks the hub for a newer one while
    it is loaded. Another is named by its repository and revision.
    """
    folder = cached_folder(model)
    return (model.repo_id, {"revision": model.revision}) if folder is None else (str(folder), {})


def is_cached(model: ModelSettings) -> bool:
    """Whether a checkpoint is on this machine: a local folder, or whole in the hub's cache."""
    return cached_folder(model) is not None


def cached_folder(model: ModelSettings) -> Path | None:
    """The folder of a checkpoint on this machine; None where it is not here or not whole."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    if Path(model.repo_id).is_dir():
        return Path(model.repo_id)
    try:
        # A repository has files that no load needs (pictures, code, .gitattributes); without
        # patterns their absence alone would make a snapshot incomplete. Files that the repository
        # is known to have are missed here, even where `is_whole` cannot know of them.
        folder = snapshot_download(
            model.repo_id,
            revision=model.revision,
            local_files_only=True,
            allow_patterns=list(_NEEDED),
        )
    except (LocalEntryNotFoundError, ValueError):
        return None
    return Path(folder) if is_whole(Path(folder)) else None


def is_whole(folder: Path) -> bool:
    """Whether a checkpoint can be loaded from a folder: config, tokenizer and every weights file.

    The index names the weights files, if there is one.
    """
    if not (folder / "config.json").is_file():
        return False
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        return False
    indexes = list(folder.glob("*.safetensors.index.json"))
    if not indexes:
        return any(folder.glob("*.safetensors"))
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
    """The model of a settings table in eval mode, precision and quantisation exactly as written.

    Args:
        auto_class: what offers from_pretrained, e.g. AutoModelForImageTextToText.
        attention_parts: names of sub-configs that alone take the chosen attention, for a class
            whose other parts know eager attention only; () gives it to the whole model.
        unquantised: names of modules that stay in `dtype` under int8 and int4, beside the output
            head; a family's own are its attribute of this name.
        config: instead of the one that transformers reads from the checkpoint.
    Raises:
        ModelError: it cannot be brought, does not fit, or the device cannot do what is asked.
    """
    where = device()
    check_precision(model_id, model, where)
    keep_out_of_shared_memory()
    precision = choose_precision(model.dtype, where)
    dtype = torch_dtype(precision.dtype)
    on_gpu = where.kind == "cuda"
    # Where the GPU is lent call by call, weights are read on the CPU and moved by this thread,
    # whose moves `spaces` keeps for later; bitsandbytes' weights are made where they stay.
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
    """transformers' BitsAndBytesConfig; NF4 with a second quantisation of its constants for int4.

    Args:
        quantization: "int8" or "int4".
        compute_dtype: what int4 weights are computed in.
        unquantised: names of modules that are left as they are, beside the output head.
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
    """Turn what the hub, the disk and safetensors raise into a ModelError."""
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
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ModelError("hub.disk_full", **named) from error
        logger.info("loading %s failed: %s", model.repo_id, error)
        raise ModelError("model.weights_missing", **named) from error


def check_reachable(model_id: str, model: ModelSettings) -> None:
    """Say at once that the hub is not there, where its client would try again for half a minute.

    Raises:
        ModelError: the checkpoint is not on this machine, and the name of the hub, or of the proxy
            that serves it, is not known here.
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
    """The host that a request to an endpoint goes to first: its proxy's, else its own.

    Behind a proxy the hub's name need not be known on this machine: the proxy resolves it. Which
    proxy serves what is decided as the hub's client does: by HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and
    NO_PROXY, or what Windows and macOS have for them.
    """
    where = urlsplit(endpoint)
    proxies = getproxies()
    proxy = proxies.get(where.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(where.hostname or ""):
        return where.hostname
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}").hostname


def configuration(model_id: str, model: ModelSettings, load: Callable[..., Loaded]) -> Loaded:
    """A processor, config or the like by `load` (a from_pretrained). Raises ModelError."""
    check_reachable(model_id, model)
    source, place = source_of(model)
    with hub_errors(model_id, model):
        return load(source, **place)


def attention_of(
    model_id: str, model: ModelSettings, *, language_only: bool = False
) -> AttentionChoice:
    """Which attention a checkpoint runs with on this machine, tried at the shapes of its config.

    Args:
        language_only: no other part of the model takes the choice.
    Raises:
        ModelError: the config cannot be brought.
    """
    from transformers import AutoConfig

    config = configuration(model_id, model, AutoConfig.from_pretrained)
    shapes: tuple[AttentionShape, ...] = attention_shapes(config.to_dict())
    dtype = choose_precision(model.dtype, device()).dtype
    return choose_attention(
        model.attn_implementation, dtype, shapes[:1] if language_only else shapes
    )


def run_facts(model: ModelSettings, attention: AttentionChoice) -> Mapping[str, str]:
    """How a loaded model runs, for its card: as ModelFamily.describe."""
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
