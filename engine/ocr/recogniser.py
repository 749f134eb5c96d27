"""Recognition of text lines in Latin and Cyrillic letters with our own model.

The model (weights/line_reader.onnx, weights/MODEL_CARD.md) is PP-OCRv6's small recogniser with a
head for both alphabets. It does not find lines (engine.ocr.rapid does) and builds no words with
boxes (engine.ocr.words does). Letters of other scripts are recognised as such (OTHER_LETTER).

Try it: `python -m engine parse examples/letter_ru.png --task ocr --format md`
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.core.errors import OcrError
from engine.ocr.ctc import Decoder
from engine.ocr.recognised_text import RecognisedText, blank_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.ocr.rapid import Picture

# Stands for a letter of another script (Chinese, Georgian, ...), which this model cannot read.
OTHER_LETTER: Final = "\ufffd"
_WEIGHTS: Final = Path(__file__).parent / "weights" / "line_reader.onnx"
# Shapes of the model: pixels of height, and of width for one step of the output.
_HEIGHT: Final = 48
_STRIDE: Final = 8
# Narrower pictures are padded, as in training.
_LEAST_WIDTH: Final = 96
# Pixels of width of one batch: more do not make it faster, and cost memory.
_BATCH_WIDTH: Final = 6 * 480


def recognise(crops: Sequence[Picture]) -> list[RecognisedText]:
    """Recognise upright crops of one line each.

    Args:
        crops: (height, width, 3), uint8, RGB, of any size.
    Returns:
        One result for each crop, in their order.
    Raises:
        OcrError: onnxruntime cannot load or run the model.
    """
    pictures = [_resized(crop) for crop in crops]
    order = sorted(range(len(pictures)), key=lambda i: pictures[i].shape[1])
    found: list[RecognisedText | None] = [None] * len(pictures)
    for batch in _batches(order, [picture.shape[1] for picture in pictures]):
        probabilities = _run([pictures[i] for i in batch])
        for i, rows in zip(batch, probabilities, strict=True):
            steps = math.ceil(pictures[i].shape[1] / _STRIDE)
            line = _decoder().decode(rows[:steps])
            places = tuple(
                min(1.0, (step + 0.5) * _STRIDE / pictures[i].shape[1]) for step in line.steps
            )
            found[i] = RecognisedText(
                line.text,
                places=places,
                scores=line.scores,
                aspect=crops[i].shape[1] / crops[i].shape[0],
                gaps=blank_columns(crops[i]),
            )
    return [one for one in found if one is not None]


def _resized(crop: Picture) -> Picture:
    import cv2

    width = max(_STRIDE, round(crop.shape[1] * _HEIGHT / crop.shape[0]))
    return np.asarray(cv2.resize(crop, (width, _HEIGHT)), np.uint8)


def _batches(order: Sequence[int], widths: Sequence[int]) -> list[list[int]]:
    """Split indexes, sorted by width, into batches whose padded width is limited."""
    batches: list[list[int]] = []
    for i in order:
        if batches and (len(batches[-1]) + 1) * widths[i] <= _BATCH_WIDTH:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches


def _run(pictures: Sequence[Picture]) -> NDArray[np.float32]:
    """Probabilities (B, steps, classes) of resized pictures."""
    widest = max(_LEAST_WIDTH, *(picture.shape[1] for picture in pictures))
    width = math.ceil(widest / _STRIDE) * _STRIDE
    batch = np.zeros((len(pictures), 3, _HEIGHT, width), np.float32)
    for row, picture in zip(batch, pictures, strict=True):
        # PP-OCR's channels are blue, green, red; values are -1 to 1.
        channels = picture[:, :, ::-1].transpose(2, 0, 1)
        row[:, :, : picture.shape[1]] = channels.astype(np.float32) / 127.5 - 1
    try:
        return np.asarray(_session().run(None, {"x": batch})[0], np.float32)
    except Exception as error:  # onnxruntime's own errors have no common class
        raise OcrError("ocr.failed", detail=type(error).__name__) from error


_loading = threading.Lock()


def _session() -> Any:
    with _loading:
        return _loaded()


@cache
def _loaded() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Threads that sleep while they wait: spinning takes the cores from others.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Batches have many widths, for which an arena would hold memory.
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(
        str(_WEIGHTS), sess_options=options, providers=["CPUExecutionProvider"]
    )


@cache
def _decoder() -> Decoder:
    """The decoder for the characters that the file lists, label 1 first."""
    names = _session().get_modelmeta().custom_metadata_map["character"]
    return Decoder(names.split("\n"))
