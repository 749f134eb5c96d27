"""The parts of the line recogniser's training: characters, drawn lines, one step of learning."""

import random
import shutil
from pathlib import Path

import font_roboto
import font_source_serif_pro
import numpy as np
import pytest
import torch

from training.line_reader import charset
from training.line_reader.drawing import WIDEST, Grey, LineDrawer
from training.line_reader.evaluate import error_rates, load, pictures
from training.line_reader.model import HEIGHT, STRIDE, LineReader
from training.line_reader.phrases import LONGEST, Phrases
from training.line_reader.sources import Texts, faces, texts
from training.line_reader.train import Trainer

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
