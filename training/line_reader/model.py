"""PP-OCRv6's small recogniser as a torch module, with the head of `charset`.

Source of the architecture: PP-OCRv6_rec_small.onnx in the wheel `rapidocr` 3.10.0 (PP-OCRv6,
PaddlePaddle, Apache-2.0), read node by node. Equal to onnxruntime within 1e-4.

Shapes: pictures (B, 3, 48, W), values -1 to 1, W a multiple of 8; logits (B, W / 8, classes).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional

from training.line_reader.charset import CHARACTERS, CLASSES, LATIN, LOOK_ALIKES, label_of

HEIGHT: Final = 48
# Columns of the picture for one step of the output.
STRIDE: Final = 8
_WIDTH: Final = 120
_HEADS: Final = 8


class Block(nn.Module):
    """A depthwise convolution, optional squeeze and excitation, and an inverted bottleneck.

    Args:
        stride: of the depthwise convolution, (down, across) or both.
        residual: the bottleneck's input is added to its output.
    """

    def __init__(
        self,
        channels: tuple[int, int, int],
        *,
        stride: int | tuple[int, int] = 1,
        squeeze: bool = False,
        residual: bool = True,
    ) -> None:
        super().__init__()
        into, middle, out = channels
        self.depthwise = nn.Conv2d(into, into, 3, stride=stride, padding=1, groups=into)
        self.squeeze = nn.Conv2d(into, into // 4, 1) if squeeze else None
        self.excite = nn.Conv2d(into // 4, into, 1) if squeeze else None
        self.expand = nn.Conv2d(into, middle, 1)
        self.reduce = nn.Conv2d(middle, out, 1)
        self.residual = residual

    def convolutions(self) -> list[nn.Conv2d]:
        """The convolutions in the order of the ONNX file."""
        gates = [one for one in (self.squeeze, self.excite) if one is not None]
        return [self.depthwise, *gates, self.expand, self.reduce]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.depthwise(x)
        if self.squeeze is not None and self.excite is not None:
            gate = self.excite(functional.relu(self.squeeze(x.mean((2, 3), keepdim=True))))
            x = x * functional.hardsigmoid(gate)
        y: torch.Tensor = self.reduce(functional.gelu(self.expand(x)))
        return x + y if self.residual else y


class Attention(nn.Module):
    """A transformer layer over the columns. (B, T, 120) -> (B, T, 120)."""

    def __init__(self) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(_WIDTH)
        self.qkv = nn.Linear(_WIDTH, 3 * _WIDTH)
        self.out = nn.Linear(_WIDTH, _WIDTH)
        self.norm_mlp = nn.LayerNorm(_WIDTH)
        self.up = nn.Linear(_WIDTH, 2 * _WIDTH)
        self.down = nn.Linear(2 * _WIDTH, _WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, steps, width = x.shape
        qkv = self.qkv(self.norm_attention(x)).view(batch, steps, 3, _HEADS, width // _HEADS)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value)
        x = x + self.out(seen.transpose(1, 2).reshape(batch, steps, width))
        y: torch.Tensor = self.down(functional.silu(self.up(self.norm_mlp(x))))
        return x + y


class LineReader(nn.Module):
    """The recogniser; see the module's docstring for its shapes."""

    def __init__(self, classes: int = CLASSES) -> None:
        super().__init__()
        self.stem = nn.ModuleList(
            [
                nn.Conv2d(3, 48, 3, 2, 1),
                nn.Conv2d(48, 24, 2),
                nn.Conv2d(24, 48, 2),
                nn.Conv2d(96, 48, 3, 2, 1),
                nn.Conv2d(48, 96, 1),
            ]
        )
        narrow, wide = (96, 192, 96), (192, 384, 192)
        self.blocks = nn.ModuleList(
            [
                Block(narrow, squeeze=True),
                Block(narrow),
                Block(narrow),
                Block((96, 192, 192), stride=(2, 1), residual=False),
                Block(wide, squeeze=True),
                Block(wide),
                Block(wide, squeeze=True),
                Block(wide),
                Block(wide, squeeze=True),
                Block(wide),
                Block((192, 384, 384), stride=(2, 1), residual=False),
                Block((384, 768, 384), squeeze=True),
                Block((384, 768, 384)),
            ]
        )
        self.skip = nn.Conv2d(384, _WIDTH, 1, bias=False)
        self.skip_norm = nn.BatchNorm2d(_WIDTH)
        self.enter = nn.Conv2d(384, _WIDTH, 1, bias=False)
        self.enter_norm = nn.BatchNorm2d(_WIDTH)
        self.mix = nn.Conv2d(_WIDTH, _WIDTH, (1, 7), padding=(0, 3), groups=_WIDTH, bias=False)
        self.mix_norm = nn.BatchNorm2d(_WIDTH)
        self.attention = nn.ModuleList([Attention(), Attention()])
        self.norm = nn.LayerNorm(_WIDTH, 1e-6)
        self.head = nn.Linear(_WIDTH, classes)

    def shallow(self, x: torch.Tensor, blocks: int) -> torch.Tensor:
        """The stem and the first `blocks` blocks. (B, 3, 48, W) -> (B, C, H, W / 4 or W / 8)."""
        first, left, right, third, last = self.stem
        x = functional.relu(first(x))
        y = functional.relu(
            right(
                functional.pad(functional.relu(left(functional.pad(x, (0, 1, 0, 1)))), (0, 1, 0, 1))
            )
        )
        x = torch.cat([functional.max_pool2d(functional.pad(x, (0, 1, 0, 1)), 2, 1), y], 1)
        x = functional.relu(last(functional.relu(third(x))))
        for block in self.blocks[:blocks]:
            x = block(x)
        return x

    def deep(self, x: torch.Tensor, blocks: int) -> torch.Tensor:
        """The blocks from number `blocks` on, pooled to columns: (B, 384, 1, T)."""
        for block in self.blocks[blocks:]:
            x = block(x)
        return functional.avg_pool2d(x, (3, 2))

    def read(self, x: torch.Tensor) -> torch.Tensor:
        """Columns (B, 384, 1, T) -> logits (B, T, classes)."""
        skip = functional.silu(self.skip_norm(self.skip(x)))
        y = functional.silu(self.enter_norm(self.enter(x)))
        y = y + functional.silu(self.mix_norm(self.mix(y)))
        steps = y.flatten(2).transpose(1, 2)
        for layer in self.attention:
            steps = layer(steps)
        steps = self.norm(steps) + skip.squeeze(2).transpose(1, 2)
        logits: torch.Tensor = self.head(steps)
        return logits

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        blocks = len(self.blocks)
        return self.read(self.deep(self.shallow(x, blocks), blocks))

    def train(self, mode: bool = True) -> LineReader:
        """Like nn.Module.train, but the three batch norms keep the published statistics."""
        super().train(mode)
        for norm in (self.skip_norm, self.enter_norm, self.mix_norm):
            norm.eval()
        return self

    def convolutions(self) -> list[nn.Conv2d]:
        """The convolutions in the order of the ONNX file."""
        inside = [one for block in self.blocks for one in _convolutions_of(block)]
        return [*_stem_of(self), *inside, self.skip, self.enter, self.mix]

    def linears(self) -> Iterator[nn.Linear]:
        """The linear layers in the order of the ONNX file; the head is last."""
        for layer in self.attention:
            for name in ("qkv", "out", "up", "down"):
                yield getattr(layer, name)
        yield self.head


def _stem_of(model: LineReader) -> list[nn.Conv2d]:
    return [one for one in model.stem if isinstance(one, nn.Conv2d)]


def _convolutions_of(block: nn.Module) -> list[nn.Conv2d]:
    return block.convolutions() if isinstance(block, Block) else []


def original(path: Path) -> tuple[LineReader, list[str]]:
    """The published recogniser and the characters of its head, label 1 first.

    Args:
        path: PP-OCRv6_rec_small.onnx.
    Raises:
        ValueError: the file's nodes are not those of this architecture.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path))
    weights = {
        one.name: torch.from_numpy(numpy_helper.to_array(one).copy())
        for one in graph.graph.initializer
    }
    nodes = _without_identities(graph)
    model = LineReader(len(weights["linear_8.b_0"]))
    convolutions = [(ins, out) for kind, ins, out in nodes if kind == "Conv"]
    if len(convolutions) != len(model.convolutions()):
        raise ValueError(f"{path.name} has {len(convolutions)} convolutions, not those of PP-OCRv6")
    added = {ins[0]: ins[1] for kind, ins, _ in nodes if kind == "Add"}
    with torch.no_grad():
        for (ins, out), convolution in zip(convolutions, model.convolutions(), strict=True):
            convolution.weight.copy_(weights[ins[1]])
            if convolution.bias is not None:
                convolution.bias.copy_(weights[added[out]].reshape(-1))
        norms = [ins for kind, ins, _ in nodes if kind == "BatchNormalization"]
        for ins, norm in zip(
            norms, (model.skip_norm, model.enter_norm, model.mix_norm), strict=True
        ):
            norm.load_state_dict(
                {
                    "weight": weights[ins[1]],
                    "bias": weights[ins[2]],
                    "running_mean": weights[ins[3]],
                    "running_var": weights[ins[4]],
                    "num_batches_tracked": torch.tensor(0),
                }
            )
        for number, linear in enumerate(model.linears()):
            linear.weight.copy_(weights[f"linear_{number}.w_0"].t())
            linear.bias.copy_(weights[f"linear_{number}.b_0"])
        scales = [
            (ins, out)
            for kind, ins, out in nodes
            if kind == "Mul" and ins[1].startswith("helper.reshape")
        ]
        for (ins, out), layer_norm in zip(scales, _layer_norms(model), strict=True):
            layer_norm.weight.copy_(weights[ins[1]])
            layer_norm.bias.copy_(weights[added[out]])
    characters = next(one.value for one in graph.metadata_props if one.key == "character")
    return model.eval(), characters.split("\n")


def _without_identities(graph: Any) -> list[tuple[str, list[str], str]]:
    """(operator, names of its inputs, name of its output), with identity nodes removed."""
    same: dict[str, str] = {}

    def real(name: str) -> str:
        while name in same:
            name = same[name]
        return name

    nodes = []
    for node in graph.graph.node:
        if node.op_type == "Identity":
            same[node.output[0]] = node.input[0]
        else:
            nodes.append((node.op_type, [real(one) for one in node.input], node.output[0]))
    return nodes


def _layer_norms(model: LineReader) -> list[nn.LayerNorm]:
    inside = [
        norm
        for layer in model.attention
        if isinstance(layer, Attention)
        for norm in (layer.norm_attention, layer.norm_mlp)
    ]
    return [*inside, model.norm]


def with_new_head(path: Path, seed: int = 0) -> LineReader:
    """The published body with a head of `charset`: known rows copied, look-alikes near them.

    Args:
        path: PP-OCRv6_rec_small.onnx.
        seed: of the rows that start from the mean Latin letter and noise.
    """
    published, characters = original(path)
    labels = {character: label for label, character in enumerate([*characters, " "], start=1)}
    model = LineReader()
    body = {
        name: value
        for name, value in published.state_dict().items()
        if not name.startswith("head.")
    }
    model.load_state_dict(body, strict=False)
    rows, biases = published.head.weight.data, published.head.bias.data
    latin = [labels[character] for character in LATIN]
    mean, mean_bias = rows[latin].mean(0), biases[latin].mean()
    noise = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        model.head.weight[0], model.head.bias[0] = rows[0], biases[0]
        for character in CHARACTERS:
            label = label_of(character)
            like = LOOK_ALIKES.get(character, "")
            if character in labels:
                row, bias = rows[labels[character]], biases[labels[character]]
            elif like in labels:
                row, bias = rows[labels[like]], biases[labels[like]] - 1
            else:
                row = mean + 0.02 * torch.randn(_WIDTH, generator=noise)
                bias = mean_bias - 1
            model.head.weight[label], model.head.bias[label] = row, bias
    return model
