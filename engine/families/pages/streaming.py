"""The reader of one page: processes its ids between `generate` and the run's streamer.

For a task with text output the ids pass through. box_readers.py has the readers of output with
boxes.

This module does not depend on models. torch is imported when the first ids arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.core.schema import FinishReason, Notice, Page, RegionAdded
from engine.families.base import Streamer
from engine.families.pages.thinking import ThoughtFilter

if TYPE_CHECKING:
    import torch


@dataclass(slots=True)
class PageRecord:
    """The result of one page: enough to show it again, or to resume it.

    Attributes:
        pixel_share: share of the pixels that the model could get.
        ids: the model's own ids.
        shown: ids that went to the run's streamer for this page.
        regions, warnings: of a layout.
        parts: records of the page's regions, if they were transcribed one by one; the page of each
            is the region's crop.
        blank: the page was skipped as blank, has no regions, or the model's layout is a valid
            empty list.
        may_be_thought: the output was cut, and may be a thought of which the end is missing.
    """

    page: Page
    pixel_share: float = 1.0
    ids: list[int] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    regions: list[RegionAdded] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    parts: list[PageRecord] = field(default_factory=list)
    blank: bool = False
    finish_reason: FinishReason = "stop"
    may_be_thought: bool = False


class Reader:
    """The Streamer of one page, for text: shows every id that is not part of a thought.

    Attributes:
        withdraw: discards what was shown of this page; called if that proves to be a thought.
        separator: ids that are shown before the first ids of this page.
    """

    def __init__(
        self, record: PageRecord, streamer: Streamer, *, thoughts: ThoughtFilter | None = None
    ) -> None:
        self.record = record
        self.withdraw: Callable[[], None] = lambda: None
        self.separator: tuple[int, ...] = ()
        self._streamer = streamer
        self._thoughts = thoughts

    def put(self, value: torch.Tensor) -> None:
        """Take generated ids, shape (n,)."""
        ids: list[int] = value.tolist()
        self.record.ids += ids
        if self._thoughts is not None:
            ids = self._thoughts.put(ids)
            if self._thoughts.withdrawn:
                self.record.ids, self.record.shown = list(ids), []
                self._start_anew()
                self.withdraw()
        self._take(ids)

    @property
    def thought(self) -> bool:
        """Whether the model thought before it answered."""
        return self._thoughts is not None and self._thoughts.seen

    def _take(self, ids: list[int]) -> None:
        """Take ids of the answer. An empty list (during a thought) is a keep-alive."""
        self.show(ids)

    def _start_anew(self) -> None:
        """Reset the reader: everything so far was a thought."""

    def show(self, ids: Sequence[int]) -> None:
        """Forward ids to the run's streamer; () is a keep-alive."""
        import torch

        if ids and not self.record.shown:
            ids = [*self.separator, *ids]
        self.record.shown += ids
        self._streamer.put(torch.tensor(ids, dtype=torch.long))

    def end(self) -> None:
        """Do nothing: `generate` calls this, but the run ends its streamer after all pages."""

    def finish(self, reason: FinishReason) -> None:
        """Finish the page.

        Raises:
            GenerationError: the whole output was a thought.
        """
        self.record.finish_reason = reason
        thoughts = self._thoughts
        if thoughts is not None and thoughts.alone and thoughts.error and reason != "cancelled":
            raise thoughts.error
        self.record.may_be_thought = reason == "length" and thoughts is not None and thoughts.unsure
