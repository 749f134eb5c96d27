"""Fits a conversation to a model's context: replaces images by text and drops turns.

It shortens in this order, and only as much as necessary: images of pages other than the question's
are replaced by their OCR text, oldest first; the oldest turns are dropped, if their text frees
enough; the question's pages that an earlier turn contains are replaced by text; turns are dropped,
however little that frees. Pages that are new in the question stay images. If they alone are too
long, an error is raised.

Shortened parts stay shortened while the whole conversation does not fit. The next prompt then has
the same prefix, and its keys and values stay valid. A page that was replaced by text becomes an
image again, in the new turn, if a question is about it and there is room.

This module decides; a family counts tokens and builds prompts (transformers_chat).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from engine.core.errors import SessionError
from engine.core.schema import ImagePart, Message, Notice, Part, TextPart
from engine.families.base import ModelRequest
from engine.families.prompts.token_ids import PromptIds

PageKey = tuple[str, int]

# Minimum tokens for an answer; with less room a question is rejected.
_LEAST_ANSWER: Final = 64
# A page's text has at most this share of its image's tokens; otherwise little would be gained.
_TEXT_SHARE: Final = 0.5
# Extra room, as a share of the context, when turns are dropped: dropping them invalidates the KV
# cache, so it should not happen with every question.
_SPARE_SHARE: Final = 0.125


@dataclass(frozen=True, slots=True)
class ContextView:
    """How a conversation was shortened. Messages are identified by their index in the history.

    Attributes:
        history: the conversation that the view was made for.
        texts: (index of the message, page) -> text that replaces the page's image there.
        again: index of a question -> all pages of its prompt, if some were in earlier turns.
        asked: the pages of the question that the view was made for.
        quiet: those of them that are not images in the prompt: there was room for their text only.
        dropped: number of oldest messages that are left out.
    """

    history: tuple[Message, ...] = ()
    texts: Mapping[tuple[int, PageKey], str] = field(default_factory=dict)
    again: Mapping[int, tuple[PageKey, ...]] = field(default_factory=dict)
    asked: frozenset[PageKey] = frozenset()
    quiet: frozenset[PageKey] = frozenset()
    dropped: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing was shortened."""
        return not self.texts and not self.dropped

    @property
    def pages_as_text(self) -> frozenset[PageKey]:
        return frozenset(key for index, key in self.texts if index >= self.dropped)

    def of(self, history: tuple[Message, ...]) -> ContextView:
        """Return the part of the view that is valid for a rewound or continued history."""
        same = 0
        for mine, theirs in zip(self.history, history, strict=False):
            # Only texts are compared: a message's images may differ between questions.
            if (mine.role, mine.text) != (theirs.role, theirs.text):
                break
            same += 1
        # The question itself was the next message.
        same += same == len(self.history) < len(history)
        return ContextView(
            history,
            {place: text for place, text in self.texts.items() if place[0] < same},
            {index: keys for index, keys in self.again.items() if index < same},
            self.asked,
            self.quiet,
            self.dropped if self.dropped <= same else 0,
        )


@dataclass(frozen=True, slots=True)
class TokenCounters:
    """Token-counting functions of a family.

    Attributes:
        model_id: id of the model.
        limit: context length in tokens.
        prompt: messages -> the whole prompt as ids.
        image: page -> tokens of its image.
        text: text -> number of its tokens.
        page_text: (page, maximum tokens) -> text that replaces its image.
    """

    model_id: str
    limit: int
    prompt: Callable[[tuple[Message, ...]], PromptIds]
    image: Callable[[PageKey], int]
    text: Callable[[str], int]
    page_text: Callable[[PageKey, int], str]


def reserved(max_new_tokens: int, limit: int) -> int:
    """Return the tokens reserved for the answer: its maximum, at most half the context."""
    return min(max_new_tokens, limit // 2)


def room_for(request: ModelRequest, prompt_tokens: int, limit: int, *, model_id: str) -> int:
    """Return the maximum tokens of the answer within the context.

    Args:
        prompt_tokens: including the beginning of a continued answer.
    Raises:
        SessionError: there is no room for an answer.
    """
    room = limit - prompt_tokens
    if room < min(request.max_new_tokens, _LEAST_ANSWER):
        raise SessionError(
            "context.too_long",
            model_id=model_id,
            tokens=prompt_tokens,
            limit=limit,
            pages=len(request.pages),
        )
    return min(request.max_new_tokens, room)


def notice_of(view: ContextView, prompt: PromptIds, limit: int) -> Notice | None:
    """Return the user's notice of a shortened conversation; None if the model misses nothing."""
    turns = sum(message.role == "user" for message in view.history[: view.dropped])
    pages = len(view.pages_as_text - {span.key for span in prompt.images})
    if not pages and not turns:
        return None
    return Notice("notice.context_full", {"limit": limit, "pages": pages, "turns": turns})


class PromptConversation:
    """The history and the question of one request, with the ways to shorten them.

    Args:
        known: the available pages; others are left out of the prompt.
    """

    def __init__(self, request: ModelRequest, known: Mapping[PageKey, Any]) -> None:
        self._request = request
        self._history = request.history
        self._place = len(request.history)
        self._asked = [
            key for page in request.pages if (key := (page.document_id, page.page_index)) in known
        ]
        self._shown_before = {key for message in self._history for key in _images(message)}
        self._allowed = (self._shown_before | set(self._asked)) & set(known)

    def messages(self, view: ContextView) -> tuple[Message, ...]:
        """Return the turns for the prompt, the question last."""
        asked = [*self._shown(view, self._place), TextPart(self._request.prompt.text)]
        return (*self._earlier(view), Message("user", tuple(asked)))

    def fit(self, previous: ContextView, counting: TokenCounters) -> tuple[ContextView, PromptIds]:
        """Shorten the conversation as little as necessary.

        Args:
            previous: the view of the previous question.
        Returns:
            How it was shortened (`is_whole` if it was not), and the prompt.
        Raises:
            SessionError: the question's own pages are too long.
        """
        limit = counting.limit
        reserve = reserved(self._request.max_new_tokens, limit) + len(self._request.so_far)
        view = ContextView(self._history)
        prompt = counting.prompt(self.messages(view))
        if len(prompt.ids) + reserve <= limit:
            return view, prompt
        if not previous.is_whole:
            view = self._gone_on(previous)
            prompt = counting.prompt(self.messages(view))
        while (over := len(prompt.ids) + reserve - limit) > 0:
            shorter = self._shorter(view, over, counting)
            if shorter is None:
                tokens = len(prompt.ids) + len(self._request.so_far)
                room_for(self._request, tokens, limit, model_id=counting.model_id)
                break
            view = shorter
            prompt = counting.prompt(self.messages(view))
        return self._remembered(view), prompt

    def _gone_on(self, previous: ContextView) -> ContextView:
        """Adapt the previous question's view to this question.

        Pages that had no room as images stay text if this question has at least the same pages.
        """
        asked = frozenset(self._asked)
        stay = previous.quiet & previous.pages_as_text if previous.asked <= asked else frozenset()
        return replace(previous, quiet=stay)

    def _remembered(self, view: ContextView) -> ContextView:
        """Add to the view what the next question needs to know about this one."""
        keys = tuple(self._question_keys(view))
        again = dict(view.again)
        if self._shown_before & set(keys):
            again[self._place] = keys
        asked = frozenset(self._asked)
        quiet = asked - {key for _, key in self._image_places(view)}
        return replace(view, again=again, asked=asked, quiet=quiet)

    def _shorter(self, view: ContextView, over: int, counting: TokenCounters) -> ContextView | None:
        """Take the next step, to save `over` tokens; return None if no step is left."""
        asked = set(self._asked)
        places = [(index, key) for index, key in self._image_places(view) if key not in asked]
        shorter = self._as_text(view, places, over, counting)
        if shorter is not None:
            return shorter
        if self._words(view, counting) >= over:
            return self._without_turns(view, over, counting)
        earlier = [one for one in self._image_places(view) if one[1] in self._shown_before]
        shorter = self._as_text(view, earlier, over, counting)
        return shorter or self._without_turns(view, over, counting)

    def _as_text(
        self,
        view: ContextView,
        places: list[tuple[int, PageKey]],
        over: int,
        counting: TokenCounters,
    ) -> ContextView | None:
        """Replace the first of these images by text, as many as needed; None if none gains."""
        texts, quiet = dict(view.texts), set(view.quiet)
        saved = 0
        for index, key in places:
            tokens = counting.image(key)
            if index == self._place and key in view.pages_as_text:
                quiet.add(key)
                saved += tokens
            else:
                text = counting.page_text(key, int(tokens * _TEXT_SHARE))
                gain = tokens - counting.text(text)
                if gain <= 0:
                    continue
                texts[index, key] = text
                saved += gain
            if saved >= over:
                break
        return replace(view, texts=texts, quiet=frozenset(quiet)) if saved else None

    def _without_turns(
        self, view: ContextView, over: int, counting: TokenCounters
    ) -> ContextView | None:
        """Drop the oldest turns, each as a whole; None if there is none."""
        wanted = over + int(counting.limit * _SPARE_SHARE)
        dropped, saved = view.dropped, 0
        while dropped < self._place and saved < wanted:
            saved += self._words(view, counting, dropped)
            dropped += 1
            while dropped < self._place and self._history[dropped].role != "user":
                saved += self._words(view, counting, dropped)
                dropped += 1
        if dropped == view.dropped:
            return None
        shorter = replace(view, dropped=dropped)
        return replace(shorter, quiet=view.quiet & shorter.pages_as_text)

    def _words(self, view: ContextView, counting: TokenCounters, place: int | None = None) -> int:
        """Estimate the text tokens of one earlier message, or of all of them."""
        places = range(view.dropped, self._place) if place is None else (place,)
        return sum(
            counting.text(self._history[index].text)
            + sum(
                counting.text(view.texts.get((index, key), ""))
                for key in self._keys(view, index)
                if key not in self._asked
            )
            for index in places
        )

    def _earlier(self, view: ContextView) -> Iterator[Message]:
        for index in range(view.dropped, self._place):
            yield replace(self._history[index], parts=tuple(self._parts(view, index)))

    def _parts(self, view: ContextView, index: int) -> list[Part]:
        words = [part for part in self._history[index].parts if isinstance(part, TextPart)]
        return [*self._shown(view, index), *words]

    def _shown(self, view: ContextView, index: int) -> list[Part]:
        """Return the pages of a message, each as an image or as its text."""
        return [
            TextPart(text) if (text := view.texts.get((index, key))) else ImagePart(*key)
            for key in self._keys(view, index)
        ]

    def _keys(self, view: ContextView, index: int) -> list[PageKey]:
        if index == self._place:
            return self._question_keys(view)
        again = [key for key in view.again.get(index, ()) if key in self._allowed]
        own = [key for key in _images(self._history[index]) if key in self._allowed]
        return [*again, *(key for key in own if key not in again)]

    def _question_keys(self, view: ContextView) -> list[PageKey]:
        """Return the question's pages that no earlier turn contains as images."""
        seen = {
            key
            for index in range(view.dropped, self._place)
            for key in self._keys(view, index)
            if (index, key) not in view.texts
        }
        return [key for key in self._asked if key not in seen and key not in view.quiet]

    def _image_places(self, view: ContextView) -> list[tuple[int, PageKey]]:
        """Return (index of the message, page) of all images, oldest first."""
        return [
            (index, key)
            for index in range(view.dropped, self._place + 1)
            for key in self._keys(view, index)
            if (index, key) not in view.texts
        ]


def _images(message: Message) -> list[PageKey]:
    return [
        (part.document_id, part.page_index) for part in message.parts if isinstance(part, ImagePart)
    ]
