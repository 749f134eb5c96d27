"""The layout model must not write to stdout or the log, which would break `--json` output."""

import logging

import numpy as np
import pytest

from engine.ocr import layout_model
from tests.ocr.drawing import Sheet


def test_finding_regions_prints_nothing(
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From its very first use: the package sets its loggers to INFO each time it makes a class."""
    monkeypatch.setattr(layout_model, "_model", None)
    sheet = Sheet()
    for row in range(12):
        sheet.write(80, 100 + 40 * row, "A paragraph of words that the model takes for text")
    assert layout_model.find(np.asarray(sheet.image))
    told = capfd.readouterr()
    assert (told.out, told.err) == ("", "")
    # Its handlers hold the stream of the test that first imported it, so check the records too.
    assert not [record for record in caplog.records if record.name.startswith("rapid_layout")]


def test_its_warnings_are_still_heard(caplog: pytest.LogCaptureFixture) -> None:
    layout_model.find(np.full((64, 64, 3), 255, np.uint8))
    logging.getLogger("rapid_layout.model_handler.main").warning("something is wrong")
    assert "something is wrong" in caplog.text
