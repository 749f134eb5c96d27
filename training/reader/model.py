"""A choice among the candidates of a page, or none, by the encoder's upper layers.

Question and page run apart through the frozen lower layers (Cao et al. 2020, "DeFormer"), so that a
page's states are computed once for all its questions. The upper layers see both: the question's
states, then those of the page's kept tokens. How the cells of two tokens relate is added to the
attention as a bias for each head that starts at zero. A candidate is the mean of its tokens' states
beside the state of START; today's score of the ranker is added, and dropped for half of the
questions in training, so that the encoder learns to choose without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from training.reader.encoder import Encoder
from training.reader.questions import CANDIDATES, RELATIONS, ReadQuestion
from training.reader.tokenizer import END, START

WINDOW: Final = 510
_RANKER_DROPPED: Final = 0.5
_DROPPED: Final = 0.1
_HIDDEN: Final = 192
_NOT_SEEN: Final = -1e4  # attention to padding, and the score of a candidate that there is not


@dataclass(frozen=True)
class Batch:
    """Questions of one step, padded.

    Shapes: states (B, T, width); relations (B, T, T), -1 for padding; pages (B, T), 1 for tokens of
    the page; spans (B, C, T), rows that sum to 1, or to 0 for a candidate without tokens;
    scores (B, C), -inf without candidate; doubt (B,); shares (B, C + 1), the last one for none.
    """

    states: Tensor
    relations: Tensor
    pages: Tensor
    spans: Tensor
    scores: Tensor
    doubt: Tensor
    shares: Tensor


def page_states(encoder: Encoder, ids: Sequence[int], layers: int) -> Tensor:
    """States of a page's ids after the lower layers, (T, width) float16, in windows of WINDOW."""
    parts = [
        encoder.lower(torch.tensor([[START, *ids[at : at + WINDOW], END]]), None, layers)[0, 1:-1]
        for at in range(0, len(ids), WINDOW)
    ]
    return torch.cat(parts).half()


def collate(questions: Sequence[tuple[ReadQuestion, Tensor, Tensor]]) -> Batch:
    """Pad questions with their own states and those of their whole page, both (., width)."""
    count = len(questions)
    longest = max(len(asked) + len(one.tokens) for one, asked, _ in questions)
    width = questions[0][1].shape[1]
    states = torch.zeros(count, longest, width)
    relations = torch.full((count, longest, longest), -1, dtype=torch.long)
    pages = torch.zeros(count, longest, dtype=torch.long)
    spans = torch.zeros(count, CANDIDATES, longest)
    scores = torch.full((count, CANDIDATES), -torch.inf)
    shares = torch.zeros(count, CANDIDATES + 1)
    doubt = torch.zeros(count)
    for row, (one, asked, page) in enumerate(questions):
        start, end = len(asked), len(asked) + len(one.tokens)
        states[row, :start] = asked.float()
        states[row, start:end] = page[torch.from_numpy(one.tokens).long()].float()
        relations[row, :end, :end] = 0
        cells = one.cells
        relations[row, start:end, start:end] = torch.from_numpy(
            one.relations[cells[:, None], cells[None]].astype(np.int64)
        )
        pages[row, start:end] = 1
        for number, span in enumerate(one.spans):
            if len(span):
                spans[row, number, torch.from_numpy(span).long() + start] = 1 / len(span)
        choices = len(one.scores)
        scores[row, :choices] = torch.from_numpy(one.scores - one.scores.max())
        shares[row, :choices] = torch.from_numpy(one.shares)
        shares[row, -1] = 1.0 - float(one.shares.sum())
        chance = min(max(one.confidence, 1e-4), 1 - 1e-4)
        doubt[row] = float(np.log((1 - chance) / chance))
    return Batch(states, relations, pages, spans, scores, doubt, shares.clamp(min=0))


class Chooser(nn.Module):
    """Batch -> scores of the candidates and of none, (B, C + 1).

    Args:
        encoder: its layers above `lower` are trained.
        lower: how many layers run before, for question and page apart.
    """

    def __init__(self, encoder: Encoder, lower: int) -> None:
        super().__init__()
        config = encoder.config
        self.layers = nn.ModuleList(encoder.layers[lower:])
        self.heads = config.heads
        self.relation = nn.Embedding(RELATIONS, config.heads)
        self.side = nn.Embedding(2, config.width)
        self.candidate = nn.Sequential(
            nn.Linear(2 * config.width, _HIDDEN),
            nn.GELU(),
            nn.Dropout(_DROPPED),
            nn.Linear(_HIDDEN, 1),
        )
        self.none = nn.Linear(config.width, 1)
        self.ranker = nn.Parameter(torch.tensor([1.0, 1.0]))  # of its scores, of its doubt
        for part in (self.relation, self.side):
            nn.init.zeros_(part.weight)

    def forward(self, batch: Batch) -> Tensor:
        """Return the scores with the ranker's; while training, without it for half of the rows."""
        kept = torch.ones(len(batch.states), 1)
        if self.training:
            kept = (torch.rand(len(kept), 1) >= _RANKER_DROPPED).float()
        return self.with_ranker(self.alone(batch), batch, kept)

    def alone(self, batch: Batch) -> Tensor:
        """Return the scores without the ranker's."""
        x = batch.states + self.side(batch.pages)
        bias = self.relation(batch.relations.clamp(min=0)).permute(0, 3, 1, 2)
        seen = torch.zeros(batch.relations.shape).masked_fill(batch.relations < 0, _NOT_SEEN)
        mask = bias + seen[:, None]
        for layer in self.layers:
            x = layer(x, mask.to(_precision(x)))
        x = x.float()
        first = x[:, :1]
        pooled = batch.spans @ x
        both = torch.cat([pooled, first.expand_as(pooled)], dim=-1)
        chosen = self.candidate(both)[..., 0].float()
        none = self.none(first[:, 0]).float()
        chosen = chosen.masked_fill(~torch.isfinite(batch.scores), _NOT_SEEN)
        return torch.cat([chosen, none], dim=1)

    def with_ranker(self, alone: Tensor, batch: Batch, kept: Tensor | float = 1.0) -> Tensor:
        """Add the ranker's scores and its doubt. kept: (B, 1), 1 where they are added, else 0."""
        scores = batch.scores.masked_fill(~torch.isfinite(batch.scores), 0.0)
        told = torch.cat([self.ranker[0] * scores, self.ranker[1] * batch.doubt[:, None]], dim=1)
        return alone + kept * told


def _precision(x: Tensor) -> torch.dtype:
    return torch.bfloat16 if torch.is_autocast_enabled("cpu") else x.dtype


def loss_of(scores: Tensor, shares: Tensor) -> Tensor:
    """Cross-entropy against the target's distribution, mean of the questions."""
    return -(shares * scores.log_softmax(-1)).sum(-1).mean()
