"""The encoder of multilingual-e5-small in torch: a BERT of 12 layers, width 384.

Source: Devlin et al. 2018 (post-norm, exact GELU, learned positions); model card
intfloat/multilingual-e5-small. The token type's embedding is added to the positions' once, as
there is one type. `lower` and `upper` run a part of the layers, so that what does not change can
be computed once.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from torch import Tensor, nn
from torch.nn import functional

CONFIG_FILE: Final = "encoder.json"
WEIGHTS_FILE: Final = "encoder.safetensors"
PIECES_FILE: Final = "pieces.json"


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes; those of multilingual-e5-small by default, with the whole vocabulary."""

    vocabulary: int = 250_002
    width: int = 384
    layers: int = 12
    heads: int = 12
    inner: int = 1536
    positions: int = 512
    epsilon: float = 1e-12


class EncoderLayer(nn.Module):
    """Attention, then two linear layers; each is added and normalised."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.attention_in = nn.Linear(config.width, 3 * config.width)
        self.attention_out = nn.Linear(config.width, config.width)
        self.attention_norm = nn.LayerNorm(config.width, config.epsilon)
        self.inner = nn.Linear(config.width, config.inner)
        self.outer = nn.Linear(config.inner, config.width)
        self.norm = nn.LayerNorm(config.width, config.epsilon)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """x: (B, T, width). mask: (B, 1, 1 or T, T), True where a token may look; None: all."""
        batch, length, width = x.shape
        parts = self.attention_in(x).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        seen = seen.transpose(1, 2).reshape(batch, length, width)
        x = self.attention_norm(x + self.attention_out(seen))
        whole: Tensor = self.norm(x + self.outer(functional.gelu(self.inner(x))))
        return whole


class Encoder(nn.Module):
    """Token ids -> states, (B, T, width)."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.words = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.positions, config.width)
        self.norm = nn.LayerNorm(config.width, config.epsilon)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.layers))

    def lower(self, ids: Tensor, mask: Tensor | None, layers: int) -> Tensor:
        """Run the embeddings and the first layers. ids: (B, T), T at most `positions`."""
        x = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]])
        for layer in self.layers[:layers]:
            x = layer(x, mask)
        whole: Tensor = x
        return whole

    def upper(self, x: Tensor, mask: Tensor | None, layers: int) -> Tensor:
        """Run the layers above the first ones over their states."""
        for layer in self.layers[layers:]:
            x = layer(x, mask)
        return x

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.lower(ids, mask, len(self.layers))

    def embedding(self, ids: Tensor) -> Tensor:
        """Return the mean state at length 1 of one text, (width,). ids: (T,) with START and END."""
        states: Tensor = self(ids[None])[0]
        return functional.normalize(states.mean(0), dim=0)


def save_encoder(encoder: Encoder, folder: Path) -> None:
    """Write the weights as float16, and the sizes."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.half().contiguous() for name, value in encoder.state_dict().items()}
    save_file(state, folder / WEIGHTS_FILE)
    (folder / CONFIG_FILE).write_text(json.dumps(asdict(encoder.config), indent=1) + "\n", "utf-8")


def load_encoder(folder: Path) -> Encoder:
    """Read what `save_encoder` wrote, in float32 and eval mode."""
    from safetensors.torch import load_file

    config = EncoderConfig(**json.loads((folder / CONFIG_FILE).read_text("utf-8")))
    encoder = Encoder(config)
    state = load_file(folder / WEIGHTS_FILE)
    encoder.load_state_dict({name: value.float() for name, value in state.items()})
    return encoder.eval()
