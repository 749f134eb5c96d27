"""Loads DeepSeek-OCR v1 from its published files into transformers' UnlimitedOcr classes.

The class below adds no computation: it only reads the checkpoint and adapts the arguments of
`forward` to its parent class.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import UnlimitedOcrForConditionalGeneration

from engine.core.errors import ModelError
from engine.families.deepseek_ocr.configuration import DeepseekOcrConfig
from engine.families.weights.checkpoint import (
    StackedTensors,
    StoredTensor,
    as_loaded_from,
    checkpoint_folder,
    one_tensor_at_a_time,
    read_checkpoint,
)

# Its number of rows is the width of the SAM neck, which is missing in the published config.
_NECK = "model.sam_model.neck.0.weight"
_EXPERT = re.compile(r"(.+\.mlp\.experts)\.(\d+)\.(gate_proj|up_proj|down_proj)\.weight")
_STACKS = {"gate_up_proj": ("gate_proj", "up_proj"), "down_proj": ("down_proj",)}


class DeepseekOcrForConditionalGeneration(  # type: ignore[no-untyped-call]
    UnlimitedOcrForConditionalGeneration
):
    """UnlimitedOcr with DeepSeek-OCR v1's config and published tensor names.

    `pixel_values` (1, 3, S, S) and `pixel_values_local` (n, 3, 640, 640) are cast to the model's
    precision; `num_local_patches` (1,) and `patches_grid` (1, 2), width count first, may be
    tensors.
    """

    config_class = DeepseekOcrConfig

    def __init__(self, config: DeepseekOcrConfig) -> None:
        super().__init__(config)
        self.register_forward_pre_hook(_as_expected, with_kwargs=True)

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: Any,
        *args: Any,
        config: Any = None,
        output_loading_info: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Load a folder or a hub repository. Peak memory stays near the checkpoint's size.

        Args:
            pretrained_model_name_or_path: folder with config.json and safetensors, or repo id.
            config: replaces the checkpoint's own.
            output_loading_info: also return transformers' loading info.
            kwargs: as for PreTrainedModel.from_pretrained.
        Raises:
            ModelError: the checkpoint belongs to another model, or its tensors do not fit.
            OSError: the checkpoint is neither cached nor downloadable.
            SafetensorError: a file is damaged.
        """
        kwargs.pop("use_safetensors", None)  # nothing else is read
        folder = checkpoint_folder(pretrained_model_name_or_path, kwargs)
        if config is None:
            config = DeepseekOcrConfig.from_pretrained(folder)
        tensors = read_checkpoint(folder)
        if _NECK in tensors:
            config.vision_config.sam_config.output_channels = tensors[_NECK].shape[0]
        with one_tensor_at_a_time():
            loaded: Any = super().from_pretrained(
                None,
                *args,
                config=config,
                state_dict=with_stacked_experts(tensors),
                # Reported below, together with missing tensors.
                ignore_mismatched_sizes=True,
                output_loading_info=True,
                **kwargs,
            )
        model, info = loaded
        _check_complete(info)
        as_loaded_from(pretrained_model_name_or_path, folder, model)
        return (model, info) if output_loading_info else model


def load_model(
    folder_or_repo: str | Path,
    *,
    dtype: torch.dtype = torch.bfloat16,
    attn_implementation: str = "sdpa",
    quantization_config: Any = None,
    device_map: Any = None,
    **options: Any,
) -> DeepseekOcrForConditionalGeneration:
    """Load the model in eval mode, and check that every tensor of the checkpoint is used.

    Args:
        folder_or_repo: a local folder or a hub repository.
        attn_implementation: "sdpa" or "eager"; SAM's relative positions rule out flash_attention_2.
        quantization_config: transformers' BitsAndBytesConfig, or None. Only linear layers are
            quantised: the routed experts are one stacked tensor each and keep `dtype`.
        device_map: as for from_pretrained; None loads to the CPU.
        options: revision, cache_dir, local_files_only and the like.
    Raises:
        ModelError, OSError, SafetensorError: as from_pretrained.
    """
    if quantization_config is not None:
        options["quantization_config"] = quantization_config
    model: Any = DeepseekOcrForConditionalGeneration.from_pretrained(
        folder_or_repo,
        dtype=dtype,
        attn_implementation=attn_implementation,
        device_map=device_map,
        **options,
    )
    loaded: DeepseekOcrForConditionalGeneration = model.eval()
    return loaded


def with_stacked_experts(
    tensors: Mapping[str, StoredTensor],
) -> dict[str, StoredTensor | StackedTensors]:
    """Stack each layer's routed experts as UnlimitedOcr does: gate above up, and down.

    transformers can stack them too, but holds the parts and the result in memory at once.
    """
    plain: dict[str, StoredTensor | StackedTensors] = {}
    experts: dict[str, dict[int, dict[str, StoredTensor]]] = {}
    for name, tensor in tensors.items():
        expert = _EXPERT.fullmatch(name)
        if expert is None:
            plain[name] = tensor
        else:
            layer, number, part = expert.groups()
            experts.setdefault(layer, {}).setdefault(int(number), {})[part] = tensor
    for layer, numbered in experts.items():
        parts = [numbered[number] for number in sorted(numbered)]
        for target, sources in _STACKS.items():
            # A missing part leaves out its stack; the check after loading reports it.
            if all(source in part for part in parts for source in sources):
                groups = [[part[source] for source in sources] for part in parts]
                plain[f"{layer}.{target}"] = StackedTensors(groups)
    return plain


def _check_complete(info: dict[str, Any]) -> None:
    """Raise for missing, unexpected or mismatched tensors, except CLIP's unused patch_embedding."""
    wrong = {
        kind: sorted(map(str, info[f"{kind}_keys"]))
        for kind in ("missing", "unexpected", "mismatched")
    }
    if any(wrong.values()):
        counts = {kind: len(names) for kind, names in wrong.items()}
        raise ModelError(
            "deepseek.wrong_tensors", **counts, example=next(n[0] for n in wrong.values() if n)
        )


def _as_expected(
    model: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for name in ("pixel_values", "pixel_values_local"):
        if isinstance(kwargs.get(name), torch.Tensor):
            kwargs[name] = kwargs[name].to(model.dtype)
    for name in ("num_local_patches", "patches_grid"):
        if isinstance(kwargs.get(name), torch.Tensor):
            kwargs[name] = kwargs[name].tolist()
    return args, kwargs
