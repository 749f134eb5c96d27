"""Write the recogniser as ONNX: input `x` (B, 3, 48, W), output `y` (B, W / 8, classes).

    python -m training.line_reader.export --weights last.pt --out line_reader.onnx

Input: a checkpoint of `train`, of which the averaged weights are used. Output: the ONNX file, whose
`y` are probabilities. There is no seed. Weights are stored as float16, which halves the file;
onnxruntime converts them to float32 when it loads the file, and computes in float32. The file holds
the characters as metadata ("character", one per line, label 1 first), as PP-OCR's own files do. It
is compared with torch on a noise picture before it gets its name.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.line_reader.charset import CHARACTERS
from training.line_reader.evaluate import load
from training.line_reader.model import HEIGHT, LineReader

_OPSET = 17
# Probabilities differ by this much because weights are rounded to float16.
_TOLERANCE = 2e-2
# Smaller tensors (biases, norms, shapes) stay as they are.
_LEAST_HALVED = 256


class Probabilities(torch.nn.Module):
    """The reader with softmax over the characters."""

    def __init__(self, model: LineReader) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(x)
        return logits.softmax(-1)


def export(model: LineReader, path: Path) -> None:
    """Write `path`. Raises ValueError: onnxruntime and torch differ."""
    import onnx
    import onnxruntime

    reader = Probabilities(model.eval())
    example = torch.randn(2, 3, HEIGHT, 320)
    written = path.with_suffix(".new.onnx")
    torch.onnx.export(
        reader,
        (example,),
        str(written),
        input_names=["x"],
        output_names=["y"],
        dynamic_axes={"x": {0: "batch", 3: "width"}, "y": {0: "batch", 1: "steps"}},
        opset_version=_OPSET,
        dynamo=False,
    )
    graph = onnx.load(str(written))
    _halve(graph)
    entry = graph.metadata_props.add()
    entry.key, entry.value = "character", "\n".join(CHARACTERS)
    onnx.save(graph, str(written))
    session = onnxruntime.InferenceSession(str(written), providers=["CPUExecutionProvider"])
    other = torch.randn(1, 3, HEIGHT, 488)
    with torch.no_grad():
        expected = reader(other).numpy()
    difference = float(np.abs(session.run(None, {"x": other.numpy()})[0] - expected).max())
    if difference > _TOLERANCE:
        raise ValueError(f"onnxruntime differs from torch by {difference:.1e}, over {_TOLERANCE}")
    written.replace(path)


def _halve(model: Any) -> None:
    """Store the large float32 weights of an ONNX model as float16, each behind a Cast node."""
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    casts = []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < _LEAST_HALVED:
            continue
        name, half = weight.name, f"{weight.name}.half"
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(helper.make_node("Cast", [half], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    export(load(given.weights), given.out)
