"""Drawn files of several documents: their truth, and what is measured on them."""

import random

import numpy as np

from engine.fields.splitting.boundary_features import SIGNS
from engine.fields.splitting.page_features import signs_of
from tests.fields.drawn import drawn_index, specimen_of
from training.fields_data import Case
from training.splits import counts, report
from training.splits_data import SplitFile, draw_files
from training.splits_fit import Joint, Prepared, fit, unseen_types

KINDS = ("contract", "invoice", "receipt", "letter")


def cases() -> list[Case]:
    found = []
    for kind in KINDS:
        drawn = specimen_of(kind, "en", 3)
        said = {name: field.text for name, field in drawn.fields.items()}
        index = drawn_index(drawn)
        found.append(Case(kind, kind, "en", drawn.template, "clean", said, index))
    return found


def test_drawn_files_say_where_their_documents_begin() -> None:
    files = draw_files(cases(), 30, "train", 1)
    assert files == draw_files(cases(), 30, "train", 1)
    assert max(len(file.starts) for file in files) > 2
    long = 0
    for file in files:
        assert file.starts[0] == 0
        assert list(file.starts) == sorted(set(file.starts))
        assert file.starts[-1] < len(file.pages)
        assert len(file.types) == len(file.groups) == len(file.starts)
        assert [page.page_index for page in file.pages] == list(range(len(file.pages)))
        for page in file.pages:
            numbers = [line for own in page.region_lines for line in own]
            assert sorted(numbers) == list(range(len(page.lines)))
        long += sum(last - first > 1 for first, last, _ in file.documents)
    assert long > 5


def test_a_torn_document_and_a_missed_beginning_are_counted() -> None:
    pages = tuple(case.index for case in cases())
    # As the pages are four papers, what is said is right only where each is its own document.
    signs = tuple(signs_of(page) for page in pages)
    true = Prepared(SplitFile(pages, (0, 1, 2, 3), KINDS, (("", "", ""),) * 4), signs)
    whole = Prepared(SplitFile(pages, (0,), KINDS[:1], (("", "", ""),)), signs)
    right, torn, missed = counts(true, 0.85), counts(whole, 0.85), counts(true, 1.0)
    assert (right["right"], right["true"], right["exact"]) == (3, 3, True)
    assert (torn["torn"], torn["long"], torn["lone_right"]) == (1, 1, False)
    assert (missed["said"], missed["true"], missed["exact"]) == (0, 3, False)
    assert "documents of several pages torn" in report([right, torn, missed])


def test_the_fit_finds_the_sign_that_tells() -> None:
    rng = random.Random(1)
    joints = []
    for number in range(200):
        begins = rng.random() < 0.5
        signs = np.zeros(len(SIGNS), np.float32)
        signs[SIGNS.index("bias")] = 1.0
        signs[SIGNS.index("title")] = float(begins if rng.random() < 0.95 else not begins)
        kind = frozenset(("letter",) if number % 2 else ("invoice",))
        joints.append(Joint(signs, begins, kind, (number, 0)))
    weights = dict(zip(SIGNS, fit(joints), strict=True))
    assert weights["title"] > 3 > 0 > weights["bias"]
    assert fit(joints, left_out="title")[SIGNS.index("title")] == 0.0
    assert unseen_types(joints).figures(0.5)["precision"] > 0.9
