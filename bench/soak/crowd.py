"""The visitors of the soak test, each with its own random.Random, and their checks."""

import asyncio
import io
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httpx
from PIL import Image, ImageDraw

from bench.soak.tab import RefusedError, Tab, closed

_TOKEN: Final = re.compile(r"\bq(\d+)n(\d+)\b")
_PAGE: Final = re.compile(r"\b(\d{3,4})x(\d{3,4})\b")
# A page's width identifies its visitor; its height identifies the page among theirs.
_WIDTH, _HEIGHT = 300, 200
_MOST_QUESTIONS: Final = 6


@dataclass(slots=True)
class Seen:
    """The observations of all visitors together. Seconds."""

    asked: int = 0
    answered: int = 0
    stopped: int = 0
    uploads: int = 0
    reloads: int = 0
    closings: int = 0
    deleted: int = 0
    first_text: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Visitor:
    """A person with one browser, who returns to one conversation until it is deleted."""

    def __init__(
        self,
        number: int,
        seed: int,
        http: httpx.AsyncClient,
        seen: Seen,
        models: tuple[str, ...],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._number = number
        self._rng = random.Random(f"{seed} visitor {number}")
        self._http = http
        self._seen = seen
        self._models = models
        self._now = now
        self._count = 0
        self._pages = 0
        self._said: list[str] = []
        self.key: str | None = None

    async def stay(self, until: float) -> None:
        """Visit, ask and leave until that time; problems are recorded and not raised."""
        while self._now() < until:
            try:
                await self._visit(until)
            except (RefusedError, httpx.HTTPError, TimeoutError) as error:
                self._problem(f"{type(error).__name__}: {error}")
                await asyncio.sleep(1)

    async def check(self) -> None:
        """Check on return that the whole conversation is still there."""
        if self.key is None or not self._said:
            return
        tab = await self._loaded()
        self._look(tab)

    async def wipe(self) -> None:
        """Delete all data of this visitor."""
        if self.key is not None:
            tab = await self._loaded()
            await tab.fire("archive", "wipetalks")
            self._forget()

    async def _visit(self, until: float) -> None:
        tab = await self._loaded()
        self._look(tab)
        while self._now() < until:
            await asyncio.sleep(self._rng.expovariate(2.0))
            roll = self._rng.random()
            if not self._pages or roll < 0.1:
                await self._upload(tab)
            elif roll < 0.17:
                self._seen.reloads += 1
                return
            elif len(self._said) >= _MOST_QUESTIONS:
                await tab.fire("archive", "deletetalk", id=tab.key.rpartition(".")[2])
                self._seen.deleted += 1
                self._forget()
                self.key = tab.key
            elif not await self._ask(tab):
                return

    async def _loaded(self) -> Tab:
        tab = Tab(self._http, self.key)
        await tab.load()
        self.key = tab.key
        return tab

    async def _upload(self, tab: Tab) -> None:
        if self._pages >= 3:
            return
        file = await tab.upload(f"scan {self._number}.png", self._drawn())
        given = {"question": {"text": "", "files": [file]}}
        await tab.fire("page-view", "attach", given)
        # The page's JavaScript empties the box when its files are open.
        tab.put("question", {"text": "", "files": []})
        self._pages += 1
        self._seen.uploads += 1

    def _drawn(self) -> bytes:
        image = Image.new("RGB", (_WIDTH + self._number, _HEIGHT + self._pages), "white")
        ImageDraw.Draw(image).text((20, 40), f"Total {self._number}.{self._pages}", fill="black")
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        return buffer.getvalue()

    async def _ask(self, tab: Tab) -> bool:
        """Ask a question. Returns whether the tab is still open."""
        self._count += 1
        token = f"q{self._number}n{self._count}"
        model = self._rng.choice(self._models)
        fate = self._rng.random()
        given = {
            "question": {"text": f"What is {token}?", "files": []},
            "model": model,
            "task": "question",
        }
        started = self._now()
        self._seen.asked += 1
        events = tab.event("question", "submit", given)
        first: float | None = None
        try:
            async for _ in events:
                if token in tab.chat and token not in self._said:
                    self._said.append(token)
                answering = token in tab.chat.partition(token)[2]
                if first is None and answering:
                    first = self._now() - started
                if fate < 0.1 and token in self._said:
                    fate = 1.0
                    await tab.press("stop")
                    self._seen.stopped += 1
                elif fate < 0.2 and token in self._said:
                    self._seen.closings += 1
                    return False
        finally:
            await closed(events)
        # A question is refused while the answer of a closed tab is still being written.
        self._seen.answered += first is not None
        if model == self._models[0] and first is not None:
            self._seen.first_text.append(first)
            self._seen.whole.append(self._now() - started)
        self._look(tab)
        return True

    def _look(self, tab: Tab) -> None:
        """Check that the tab shows all of its own data and none of others."""
        chat = tab.chat
        others = {one for one in _TOKEN.findall(chat) if int(one[0]) != self._number}
        if others:
            self._problem(f"sees the words of others: {sorted(others)[:3]}")
        pages = {one for one in _PAGE.findall(chat) if int(one[0]) != _WIDTH + self._number}
        if pages:
            self._problem(f"sees the pages of others: {sorted(pages)[:3]}")
        lost = [token for token in self._said if f"What is {token}?" not in chat]
        if lost:
            self._problem(f"questions are lost: {lost[:3]} of {len(self._said)}")

    def _forget(self) -> None:
        self._said.clear()
        self._pages = 0
        self.key = None

    def _problem(self, text: str) -> None:
        self._seen.problems.append(f"visitor {self._number}: {text}"[:400])
