"""Random conversations about the reader's pages, as tensors for training."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from training.reader_pages import COLUMNS, LABELS, ROWS, ReaderPage, random_page


@dataclass(frozen=True, slots=True)
class Talk:
    """pages: in the order shown. text: all rendered turns with their answers.

    The loss covers each answer's text and its end of turn.
    """

    pages: tuple[ReaderPage, ...]
    messages: tuple[dict[str, Any], ...]


def random_talk(chance: random.Random, *, pages: int = 1, held_out: bool = False) -> Talk:
    """A conversation that asks for every label of its first page, or for some of each page."""
    shown: list[ReaderPage] = []
    messages: list[dict[str, Any]] = []
    for _ in range(pages):
        page = random_page(chance, held_out=held_out)
        shown.append(page)
        asked = chance.sample(LABELS, len(LABELS) if pages == 1 else 2)
        for number, label in enumerate(asked):
            messages += _turn(page, label, shown=number == 0)
    return Talk(tuple(shown), tuple(messages))


def _turn(page: ReaderPage, label: str, *, shown: bool) -> Iterator[dict[str, Any]]:
    question = {"type": "text", "text": f"{label.lower()}?"}
    yield {"role": "user", "content": [*([{"type": "image"}] if shown else []), question]}
    yield {"role": "assistant", "content": [{"type": "text", "text": page.value(label)}]}


class Sight:
    """Drawn pages as inputs of the vision tower, and the content of each visual token.

    pixels (patches, 1176), grid (pages, 3); glyphs, labels, places: (pages * cells,).
    """

    def __init__(self, processor: Any, pages: Sequence[ReaderPage], chance: random.Random) -> None:
        seen = processor.image_processor(
            images=[page.draw(chance) for page in pages], return_tensors="pt"
        )
        self.pixels, self.grid = seen["pixel_values"], seen["image_grid_thw"]
        text = "".join(page.cells() for page in pages).replace(" ", "Ġ")
        self.glyphs = torch.tensor(processor.tokenizer.convert_tokens_to_ids(list(text)))
        known = [pair for page in pages for pair in page.labels_and_places()]
        self.labels, self.places = torch.tensor(known).unbind(1)

    def embed(self, model: Any) -> Tensor:
        """(pages * cells, hidden): the tower's visual tokens."""
        return torch.cat(model.model.get_image_features(self.pixels, self.grid).pooler_output)


class Batch:
    """Conversations as tensors: ids and labels (B, T), positions (3, B, T), and their pages."""

    def __init__(
        self, model: Any, processor: Any, talks: Sequence[Talk], chance: random.Random
    ) -> None:
        self.sight = Sight(processor, [page for talk in talks for page in talk.pages], chance)
        rows = [_ids_and_labels(processor, talk) for talk in talks]
        length = max(len(ids) for ids, _ in rows)
        pad = processor.tokenizer.pad_token_id
        self.ids = torch.tensor([ids + [pad] * (length - len(ids)) for ids, _ in rows])
        self.labels = torch.tensor([ls + [-100] * (length - len(ls)) for _, ls in rows])
        mask = torch.tensor([[1] * len(ids) + [0] * (length - len(ids)) for ids, _ in rows])
        self.is_image = self.ids == processor.image_token_id
        self.positions, _ = model.model.get_rope_index(
            self.ids,
            mm_token_type_ids=self.is_image.int(),
            image_grid_thw=self.sight.grid,
            attention_mask=mask,
        )

    def states(self, model: Any, vision: Tensor) -> Tensor:
        """(B, T - 1, hidden): the language model's last hidden state before each next token."""
        embeds = model.model.get_input_embeddings()(self.ids)
        embeds = embeds.masked_scatter(self.is_image[..., None], vision)
        output = model.model.language_model(inputs_embeds=embeds, position_ids=self.positions)
        last: Tensor = output.last_hidden_state[:, :-1]
        return last


def _ids_and_labels(processor: Any, talk: Talk) -> tuple[list[int], list[int]]:
    ids: list[int] = []
    labels: list[int] = []
    text = processor.apply_chat_template(list(talk.messages), tokenize=False)
    pad = processor.image_token
    text = text.replace(pad, pad * (ROWS * COLUMNS))
    begin = "<|im_start|>assistant\n"
    first, *rest = text.split(begin)

    def encode(piece: str) -> list[int]:
        found: list[int] = processor.tokenizer.encode(piece, add_special_tokens=False)
        return found

    ids += encode(first)
    labels += [-100] * len(ids)
    for piece in rest:
        said, after = piece.split("<|im_end|>", 1)
        for part, learnt in ((begin, False), (said + "<|im_end|>", True), (after, False)):
            new = encode(part)
            ids += new
            labels += new if learnt else [-100] * len(new)
    return ids, labels
