"""A LoRA adapter of the upper layers of SmolLM2 and a linear head: kept states -> scores.

LoRA is of Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021, by peft.

As with frozen states (chooser_head.py), it learns without the ranker's scores, and what it counts
beside them is chosen on templates it has not seen. Checkpoints hold all that learning needs to go
on, the order of the questions too.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import save_file
from torch import Tensor

from bench.chooser_head import listwise
from bench.chooser_model import readout, through_layers
from bench.chooser_states import Seen

_CHECKPOINT, _CARD = "checkpoint.pt", "README.md"


@dataclass(frozen=True)
class AdapterShape:
    """What learns, and how fast.

    Attributes:
        cut: the layers from here on are adapted; states are kept before this one.
        rank, alpha, dropped: of the adapter, see peft's LoraConfig.
        rate, head_rate: peak learning rates.
        batch: questions a step.
        epochs: over the questions; the rates fall to zero at the end of the last.
    """

    cut: int = 24
    rank: int = 16
    alpha: int = 32
    dropped: float = 0.05
    rate: float = 5e-4
    head_rate: float = 1e-3
    batch: int = 8
    epochs: int = 3
    seed: int = 0


class Chooser(torch.nn.Module):
    """SmolLM2's upper layers with an adapter, and the head."""

    def __init__(self, model: Any, shape: AdapterShape) -> None:
        """model: a LlamaModel in its own dtype; it is changed in place."""
        super().__init__()
        self.shape = shape
        torch.manual_seed(shape.seed)
        upper = "|".join(map(str, range(shape.cut, len(model.layers))))
        config = LoraConfig(
            r=shape.rank,
            lora_alpha=shape.alpha,
            lora_dropout=shape.dropped,
            target_modules=rf"layers\.(?:{upper})\..*(?:q|k|v|o|up|down)_proj",
        )
        self.adapted: Any = get_peft_model(model, config)
        width = model.config.hidden_size
        self.head = torch.nn.Linear(2 * width, 1, bias=False)
        torch.nn.init.zeros_(self.head.weight)

    @property
    def inner(self) -> Any:
        """The LlamaModel with the adapter in it."""
        return self.adapted.base_model.model

    def forward(self, seen: Seen) -> Tensor:
        """(k,) scores of the candidates of a question, without the ranker's."""
        inner = self.inner
        device = self.head.weight.device
        hidden = through_layers(
            inner, seen.states.to(device), seen.encoded, self.shape.cut, len(inner.layers)
        )
        rows = readout(inner.norm(hidden), seen.encoded).float()
        # The final norm's outputs are of order 1 to 10; learning is steadier from order 1.
        said: Tensor = self.head(torch.nn.functional.layer_norm(rows, rows.shape[-1:])).squeeze(-1)
        return said

    def learnt(self) -> dict[str, Any]:
        """The tensors that learn, by name, on the CPU."""
        tensors = {**get_peft_model_state_dict(self.adapted)}
        tensors |= {"head": self.head.weight}
        return {name: tensor.detach().cpu() for name, tensor in tensors.items()}

    def learn_again(self, tensors: dict[str, Any]) -> None:
        """Take over what `learnt` gave."""
        rest = dict(tensors)
        with torch.no_grad():
            self.head.weight.copy_(rest.pop("head"))
        set_peft_model_state_dict(self.adapted, rest)


def train(chooser: Chooser, seen: Sequence[Seen], folder: Path, *, minutes: float) -> bool:
    """Learn until the epochs or the minutes are over; goes on from the folder's checkpoint.

    Returns:
        Whether all epochs are done.
    Raises:
        ValueError: the checkpoint is of another shape or of other questions.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shape = chooser.shape
    rows = [one for one in seen if one.shortlist.target[: len(one.readouts)].sum() > 0]
    order = [at for epoch in range(shape.epochs) for at in _shuffled(len(rows), shape.seed + epoch)]
    adapter = [p for name, p in chooser.named_parameters() if "lora_" in name]
    head = [chooser.head.weight]
    peaks = (shape.rate, shape.head_rate)
    optimiser = torch.optim.AdamW(
        [{"params": own, "lr": peak} for own, peak in zip((adapter, head), peaks, strict=True)],
        weight_decay=0.05,
        betas=(0.9, 0.98),
    )
    steps = -(-len(order) // shape.batch)
    start = _resume(chooser, optimiser, folder, len(rows))
    until, told, losses = time.monotonic() + 60 * minutes, time.monotonic(), []
    chooser.train()
    for step in range(start, steps):
        rate = min(1.0, (step + 1) / max(1, steps // 20), 1.25 * (1 - step / steps))
        # So that what is dropped does not depend on where a run was stopped.
        torch.manual_seed(shape.seed * 1_000_003 + step)
        for group, peak in zip(optimiser.param_groups, peaks, strict=True):
            group["lr"] = rate * peak
        batch = [rows[at] for at in order[step * shape.batch : (step + 1) * shape.batch]]
        optimiser.zero_grad()
        for one in batch:
            found = chooser(one)
            target = torch.from_numpy(one.shortlist.target[: len(found)]).to(found.device)
            loss = listwise(found, target / target.sum())
            (loss / len(batch)).backward()  # type: ignore[no-untyped-call]
            losses.append(loss.item())
        torch.nn.utils.clip_grad_norm_([*adapter, *head], 1.0)
        optimiser.step()
        over = time.monotonic() > until
        if over or step + 1 == steps or (step + 1) % 20 == 0:
            _save(chooser, optimiser, folder, step + 1, len(rows))
            recent = losses[-160:]
            line = {"step": step + 1, "of": steps, "loss": round(sum(recent) / len(recent), 4)}
            line["seconds"] = round(time.monotonic() - told)
            sys.stderr.write(json.dumps(line) + "\n")
        if over and step + 1 < steps:
            return False
    return True


def _shuffled(count: int, seed: int) -> list[int]:
    order = list(range(count))
    random.Random(seed).shuffle(order)
    return order


def _save(chooser: Chooser, optimiser: Any, folder: Path, step: int, count: int) -> None:
    state = {
        "shape": asdict(chooser.shape),
        "questions": count,
        "step": step,
        "learnt": chooser.learnt(),
        "optimiser": optimiser.state_dict(),
    }
    part = folder / f"{_CHECKPOINT}.part"
    torch.save(state, part)
    part.replace(folder / _CHECKPOINT)


def _resume(chooser: Chooser, optimiser: Any, folder: Path, count: int) -> int:
    path = folder / _CHECKPOINT
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    if state["shape"] != asdict(chooser.shape) or state["questions"] != count:
        raise ValueError(
            f"{path} is of another run ({state['questions']} questions, {state['shape']}), this "
            f"one has {count} and {asdict(chooser.shape)}: choose another folder"
        )
    chooser.learn_again(state["learnt"])
    optimiser.load_state_dict(state["optimiser"])
    step: int = state["step"]
    return step


@torch.inference_mode()
def adapter_scores(chooser: Chooser, seen: Sequence[Seen]) -> list[Tensor]:
    """(k,) for each question."""
    chooser.eval()
    return [chooser(one).cpu() for one in seen]


def export(chooser: Chooser, folder: Path, card: str, weight: float) -> None:
    """Write adapter_model.safetensors as peft does, head.safetensors and the model card.

    Args:
        weight: what the scores count beside the ranker's.
    """
    adapted: PeftModel = chooser.adapted
    adapted.save_pretrained(str(folder))
    tensors = {"head": chooser.head.weight.detach().cpu(), "weight": torch.tensor(weight)}
    save_file(tensors, folder / "head.safetensors")
    (folder / _CARD).write_text(card, encoding="utf-8")
