"""A folder as microsoft/Phi-3.5-vision-instruct publishes it, around the tiny parity checkpoint.

The small files say what the published ones say, as read on huggingface.co:
microsoft/Phi-3.5-vision-instruct/processor_config.json (ee47981) and generation_config.json
(249c1c2), FriendliAI/Phi-3.5-vision-instruct/preprocessor_config.json (36c852d, a duplicate), and
the chat template and auto_map of tokenizer_config.json from
OpenVINO/Phi-3.5-vision-instruct-fp16-ov (ea667f7); its other keys are those of any Llama tokenizer.
The tokenizer is built here: Llama's pipeline and the published special tokens (PREPROCESSING.md)
over a vocabulary of a few pieces.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer, decoders, normalizers, processors
from tokenizers.models import BPE

ROOT = Path(__file__).resolve().parents[3]
TINY_FOLDER = ROOT / "tests/fixtures/parity/phi3_v"
# Where the parity tests look: another checkpoint of the same format can be put there.
PARITY = Path(os.environ.get("SCANCHAT_PARITY_DIR", TINY_FOLDER.parent)) / "phi3_v"
REMOTE = "processing_phi3_v.Phi3VProcessor"
TEMPLATE = (
    "{% for message in messages %}{{'<|' + message['role'] + '|>' + '\\n' + message['content'] + "
    "'<|end|>\\n' }}{% endfor %}{% if add_generation_prompt and messages[-1]['role'] != 'assistant'"
    " %}{{- '<|assistant|>\\n' -}}{% endif %}"
)
SMALL_FILES: dict[str, dict[str, Any]] = {
    "preprocessor_config.json": {
        "auto_map": {
            "AutoImageProcessor": "processing_phi3_v.Phi3VImageProcessor",
            "AutoProcessor": REMOTE,
        },
        "do_convert_rgb": True,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_processor_type": "Phi3VImageProcessor",
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "num_crops": 4,
        "num_img_tokens": 144,
        "processor_class": "Phi3VProcessor",
    },
    "processor_config.json": {
        "auto_map": {"AutoProcessor": REMOTE},
        "processor_class": "Phi3VProcessor",
    },
    "tokenizer_config.json": {
        "add_bos_token": True,
        "add_eos_token": False,
        "auto_map": {"AutoProcessor": REMOTE},
        "bos_token": "<s>",
        "chat_template": TEMPLATE,
        "eos_token": "<|endoftext|>",
        "legacy": False,
        "model_max_length": 131072,
        "pad_token": "<|endoftext|>",
        "padding_side": "right",
        "processor_class": "Phi3VProcessor",
        "tokenizer_class": "LlamaTokenizer",
        "unk_token": "<unk>",
    },
}
# Offsets from the first added token: 32000 published, 48 in the tiny checkpoint.
ADDED = {0: "<|endoftext|>", 1: "<|assistant|>", 6: "<|system|>", 7: "<|end|>", 10: "<|user|>"}
ADDED[44] = "<|image|>"
RSTRIP = {"<|assistant|>"}
# The tiny vocabulary below its added tokens: one character for each id.
TINY_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO?.,"
TINY = {"<unk>": 0, "<s>": 1, "</s>": 2, "<0x0A>": 13, "▁": 29}
TINY |= dict(zip(TINY_CHARACTERS, [k for k in range(3, 48) if k not in (13, 29)], strict=False))
# Pieces of the published vocabulary that PREPROCESSING.md quotes, and single characters.
PUBLISHED = {"<unk>": 0, "<s>": 1, "</s>": 2, "<0x0A>": 13, "▁": 29871, "What": 5618}
PUBLISHED |= {"▁is": 338, "▁shown": 4318, "?": 29973}


def write_tokenizer(folder: Path, vocabulary: dict[str, int], first_added: int) -> None:
    """tokenizer.json with the published pipeline; first_added is the id of `<|endoftext|>`."""
    vocabulary = dict(vocabulary)
    free = iter(sorted(set(range(first_added)) - set(vocabulary.values())))
    merges: list[tuple[str, str]] = []
    for piece in [p for p in vocabulary if len(p) > 1 and not p.startswith("<")]:
        for end in range(1, len(piece)):
            merge = (piece[:end], piece[end])
            if merge not in merges:
                merges.append(merge)
            for part in merge:
                if part not in vocabulary:
                    vocabulary[part] = next(free)
    vocabulary |= {f"filler{index}": index for index in free}
    tokenizer = Tokenizer(
        BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.add_special_tokens(
        [AddedToken(name, normalized=False) for name in ("<unk>", "<s>", "</s>")]
        + [
            AddedToken(
                ADDED.get(offset, f"<|placeholder{offset}|>"),
                normalized=False,
                rstrip=ADDED.get(offset) in RSTRIP,
            )
            for offset in range(45)
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))


def write_folder(folder: Path, *, shards: int = 1) -> Path:
    """The whole folder, weights in so many files as asked."""
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads((TINY_FOLDER / "config.json").read_text())
    # As published: a package that is not here. Loading must not ask for it.
    config["_attn_implementation"] = "flash_attention_2"
    files = {**SMALL_FILES, "config.json": config}
    files["generation_config.json"] = {
        "_from_model_config": True,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 48,
        "transformers_version": "4.38.1",
    }
    weights = load_file(TINY_FOLDER / "model.safetensors")
    names = sorted(weights)
    if shards > 1:
        index = {}
        for number in range(shards):
            name = f"model-{number + 1:05d}-of-{shards:05d}.safetensors"
            part = names[number::shards]
            save_file({key: weights[key] for key in part}, folder / name, {"format": "pt"})
            index |= dict.fromkeys(part, name)
        size = sum(tensor.nbytes for tensor in weights.values())
        files["model.safetensors.index.json"] = {
            "metadata": {"total_size": size},
            "weight_map": index,
        }
    else:
        save_file(weights, folder / "model.safetensors", {"format": "pt"})
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    write_tokenizer(folder, TINY, 48)
    return folder
