"""The formulas of the synthetic pages: in ink, inside their boxes, and each split has its own."""

import random

import numpy as np
import pytest

from synthetic import draw_document
from synthetic.formulas import FORMS


@pytest.mark.parametrize(("template", "most"), [("lecture", 4), ("derivation", 4)])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_formulas_are_drawn_where_the_truth_says(template: str, most: int, language: str) -> None:
    document = draw_document("scientific", language, template, seed=3)
    boxes = [region.box for region in document.regions if region.category == "Formula"]
    assert 3 <= len(boxes) <= most
    dark = np.asarray(document.image.convert("L")) < 128
    for left, top, right, bottom in boxes:
        inside = dark[round(top) : round(bottom) + 1, round(left) : round(right) + 1]
        rows, columns = inside.any(axis=1).nonzero()[0], inside.any(axis=0).nonzero()[0]
        # The ink reaches from edge to edge of the box, and none of it lies right outside.
        assert rows[0] <= 3
        assert rows[-1] >= inside.shape[0] - 5
        assert columns[0] <= 6
        assert columns[-1] >= inside.shape[1] - 8
        frame = dark[round(top) - 3, round(left) : round(right)]
        assert not frame.any()


def test_a_split_draws_forms_that_the_other_has_not() -> None:
    assert not set(FORMS["train"]) & set(FORMS["test"])
    for forms in FORMS.values():
        for form in forms:
            assert callable(form(random.Random(1)))
