"""The parts of the line recogniser's training: characters, drawn lines, one step of learning."""

import random
import shutil
from pathlib import Path

import font_roboto
import font_source_serif_pro
import numpy as np
import onnxruntime
import pytest
import torch

import engine.ocr
from training.line_reader import charset
from training.line_reader.drawing import WIDEST, Grey, LineDrawer
from training.line_reader.evaluate import error_rates, load, pictures
from training.line_reader.model import HEIGHT, STRIDE, LineReader
from training.line_reader.phrases import LONGEST, Phrases
from training.line_reader.sources import OTHER_SCRIPTS, Texts, faces, texts
from training.line_reader.train import Trainer, start_from

PROSE = "Съешь ещё этих мягких французских булок, да выпей чаю. " * 40
TEXTS = Texts(
    {"ru": PROSE, "en": "The quick brown fox jumps over the lazy dog. " * 40},
    {"ru": ["щука", "цапля", "шиншилла"], "uk": ["їжак", "ґанок"], "be": ["воўк"]},
)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as unpacked packages leave it, with two families and one Russian text."""
    folder = tmp_path_factory.mktemp("packages")
    fonts = folder / "usr/share/fonts/truetype"
    fonts.mkdir(parents=True)
    for font in (font_roboto.Roboto, font_source_serif_pro.SourceSerifPro):
        shutil.copy(font, fonts)
    (folder / "usr/share/man/ru").mkdir(parents=True)
    return folder


def drawer(packages: Path, seed: int) -> LineDrawer:
    found = {language: faces(packages, language, validation=False) for language in ("ru", "en")}
    return LineDrawer(found, Phrases(TEXTS, random.Random(seed)), seed)


def test_greedy_decoding_joins_runs_and_drops_blanks() -> None:
    labels = charset.encode("Щёлково № 7")
    doubled = [label for one in labels for label in (one, one, charset.BLANK)]
    assert charset.decode(doubled) == "Щёлково № 7"
    # A blank keeps two equal letters apart.
    double_n = [*charset.encode("н"), charset.BLANK, *charset.encode("н")]
    assert charset.decode(double_n) == "нн"


def test_every_character_has_one_label_and_blank_is_none_of_them() -> None:
    labels = charset.encode(charset.CHARACTERS)
    assert sorted(labels) == list(range(1, charset.CLASSES))


def test_lines_are_as_the_reader_takes_them_and_long_enough_for_their_letters(
    packages: Path,
) -> None:
    drawn = drawer(packages, 1)
    for picture, text in (drawn.line() for _ in range(40)):
        assert picture.dtype == np.uint8
        assert picture.shape[0] == HEIGHT and picture.shape[1] <= WIDEST
        assert 1 <= len(text) <= LONGEST and charset.is_known(text)
        # CTC needs a step for each letter.
        assert picture.shape[1] // STRIDE >= len(text)
        assert picture.std() > 1, f"nothing is drawn of {text!r}"


def test_equal_seeds_draw_equal_lines_and_others_draw_others(packages: Path) -> None:
    def three(seed: int) -> list[tuple[Grey, str]]:
        drawn = drawer(packages, seed)
        return [drawn.line() for _ in range(3)]

    first, again, other = three(5), three(5), three(6)
    assert [text for _, text in first] == [text for _, text in again]
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(first, again, strict=True))
    assert [text for _, text in first] != [text for _, text in other]


def test_texts_are_told_apart_by_their_letters(packages: Path, tmp_path: Path) -> None:
    russian, english = tmp_path / "a.txt", tmp_path / "b.txt"
    russian.write_text("Договор поставки № 5", encoding="utf-8")
    english.write_text("Supply agreement No. 5", encoding="utf-8")
    found = texts(packages, [russian, english])
    assert "Договор поставки № 5" in found.prose["ru"]
    assert "Supply agreement No. 5" in found.prose["en"]
    assert "Supply" not in found.prose["ru"]


def test_logits_have_a_step_for_every_eight_columns() -> None:
    model = LineReader().eval()
    with torch.no_grad():
        logits = model(pictures([np.full((HEIGHT, 100), 255, np.uint8)], width=128))
    assert logits.shape == (1, 128 // STRIDE, charset.CLASSES)


def test_training_on_one_line_learns_it_and_a_checkpoint_goes_on(
    packages: Path, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    picture, text = drawer(packages, 3).line()
    trainer = Trainer(LineReader(), rate=2e-3, frozen=0)
    tint = random.Random(0)
    losses = [trainer.step([picture], [text], 0.0, tint) for _ in range(60)]
    assert losses[-1] < losses[0] / 4
    path = tmp_path / "last.pt"
    trainer.save(path)
    other = Trainer(LineReader(), rate=2e-3, frozen=0)
    other.restore(path)
    assert (other.steps, other.lines) == (60, 60)
    assert other.step([picture], [text], 0.0, tint) < losses[0] / 4
    # What is scored is the average of the weights.
    rates = error_rates(load(path), [(picture, text)])
    assert rates["cer"] >= 0 and rates["exact"] in (0.0, 1.0)


def test_frozen_blocks_keep_their_weights(packages: Path) -> None:
    picture, text = drawer(packages, 3).line()
    trainer = Trainer(LineReader(), rate=1e-2, frozen=2)
    before = {name: one.clone() for name, one in trainer.model.named_parameters()}
    trainer.step([picture], [text], 0.0, random.Random(0))
    trainer.step([picture], [text], 0.0, random.Random(0))
    changed = {
        name for name, one in trainer.model.named_parameters() if not one.equal(before[name])
    }
    assert not any(name.startswith(("stem.", "blocks.0.", "blocks.1.")) for name in changed)
    assert {name.split(".")[0] for name in changed} >= {"blocks", "head", "attention"}


def test_the_shipped_file_has_the_characters_of_the_set_and_its_card_says_how_many() -> None:
    folder = Path(engine.ocr.__file__).parent / "weights"
    session = onnxruntime.InferenceSession(str(folder / "line_reader.onnx"))
    stored = session.get_modelmeta().custom_metadata_map["character"]
    assert stored.split("\n") == list(charset.CHARACTERS)
    (steps,) = session.run(None, {"x": np.zeros((1, 3, HEIGHT, 96), np.float32)})
    assert steps.shape == (1, 96 // STRIDE, charset.CLASSES)
    assert f"width / 8, {charset.CLASSES})" in (folder / "MODEL_CARD.md").read_text("utf-8")
    assert (folder / "line_reader.onnx").stat().st_size < 10_000_000


def test_letters_of_other_scripts_have_one_label_and_unknown_signs_none() -> None:
    assert (
        charset.target("7 日本 წელი Ω")
        == f"7 {charset.OTHER_LETTER * 2} {charset.OTHER_LETTER * 4} Ω"
    )
    assert charset.known_part(f"7{charset.OTHER_LETTER}日") == "7"
    with pytest.raises(KeyError):
        charset.encode("\u2603")


def test_phrases_have_letters_outside_the_set_only_in_other_scripts() -> None:
    phrases = Phrases(TEXTS, random.Random(4))
    lines = [phrases.line() for _ in range(1500)]
    other = [text for text, language in lines if language in OTHER_SCRIPTS]
    assert 40 < len(other) < 120
    assert all(charset.OTHER_LETTER in charset.target(text) for text in other)
    own = [text for text, language in lines if language not in OTHER_SCRIPTS]
    assert all(charset.is_known(text) and len(text) <= LONGEST for text in own)
    assert any(text.count("<") > 5 for text in own), "no machine-readable zone"


def test_training_goes_on_from_a_checkpoint_with_fewer_characters(tmp_path: Path) -> None:
    older, model = LineReader(classes=200), LineReader()
    torch.save({"average": older.state_dict()}, tmp_path / "older.pt")
    rows = model.head.weight.detach().clone()
    start_from(model, tmp_path / "older.pt")
    assert torch.equal(model.head.weight[:200], older.head.weight)
    assert torch.equal(model.head.weight[200:], rows[200:])
    assert torch.equal(model.blocks[5].expand.weight, older.blocks[5].expand.weight)  # type: ignore[union-attr]
