"""How right a choice is beside the ranker's own, question by question, with paired intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from bench.chooser_data import Shortlist
from engine.evaluation import Difference, difference


@dataclass(frozen=True)
class Row:
    """One language: ANLS and evidence with the ranker's choice and with another.

    Attributes:
        change, place_change: second minus first of ANLS and evidence; documents are resampled.
        best: the ANLS if the right candidate were always chosen.
    """

    language: str
    questions: int
    first: float
    second: float
    best: float
    change: Difference | None
    first_place: float
    second_place: float
    place_change: Difference | None


def compare(
    lists: Sequence[Shortlist], scores: Sequence[Tensor], *, refusing: bool = False
) -> list[Row]:
    """A row for each language.

    Args:
        scores: of the first candidates of each list.
        refusing: what the ranker refuses stays refused, whatever is chosen.
    """
    rows = []
    for language in sorted({one.language for one in lists}):
        own = [
            (one, found)
            for one, found in zip(lists, scores, strict=True)
            if one.language == language and one.answerable
        ]
        if not own:
            continue
        said = [float(not (refusing and one.refused)) for one, _ in own]
        chosen = [int(found.argmax()) for _, found in own]
        anls = [
            (kept * float(one.anls[0]), kept * float(one.anls[at]))
            for (one, _), at, kept in zip(own, chosen, said, strict=True)
        ]
        hit = [
            (kept * float(one.hit[0]), kept * float(one.hit[at]))
            for (one, _), at, kept in zip(own, chosen, said, strict=True)
        ]
        files = [one.file for one, _ in own]
        count = len(own)
        rows.append(
            Row(
                language,
                count,
                sum(a for a, _ in anls) / count,
                sum(b for _, b in anls) / count,
                sum(float(one.anls[: len(found)].max()) for one, found in own) / count,
                _change(anls, files),
                sum(a for a, _ in hit) / count,
                sum(b for _, b in hit) / count,
                _change(hit, files),
            )
        )
    return rows


def _change(pairs: Sequence[tuple[float, float]], files: Sequence[str]) -> Difference | None:
    return difference([(a, 1.0) for a, _ in pairs], [(b, 1.0) for _, b in pairs], clusters=files)


def as_line(title: str, row: Row) -> str:
    """A line of a Markdown table: title, language, questions, ANLS, change, evidence, change."""
    cells = [
        title,
        row.language,
        str(row.questions),
        f"{row.first:.3f}",
        f"{row.second:.3f}",
        _signed(row.change),
        f"{row.first_place:.3f}",
        f"{row.second_place:.3f}",
        _signed(row.place_change),
    ]
    return "| " + " | ".join(cells) + " |"


def _signed(change: Difference | None) -> str:
    if change is None or change.low is None or change.high is None:
        return ""
    return f"{change.value:+.3f} [{change.low:+.3f}, {change.high:+.3f}]"
