"""The KV caches of conversations, kept between questions under one byte budget.

A cache belongs to a conversation and knows which ids and which images it was filled from, so the
next question pays only for what is new. Losing one costs time and nothing else.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from engine.families.prompts.token_ids import PromptIds


@dataclass(slots=True)
class CachedConversation:
    """One conversation's cache. cache holds exactly the keys and values of `prompt.ids`."""

    prompt: PromptIds
    cache: Any

    @property
    def size_bytes(self) -> int:
        return sum(
            tensor.numel() * tensor.element_size()
            for layer in self.cache.layers
            for tensor in (layer.keys, layer.values)
            if tensor is not None
        )


class KVCaches:
    """Kept caches by conversation, least recently used first out.

    For one inference thread, but for `shared_with`.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._kept: OrderedDict[str, CachedConversation] = OrderedDict()

    def take(self, conversation: str) -> CachedConversation | None:
        """The conversation's cache, which the caller now owns and may change."""
        return self._kept.pop(conversation, None)

    def shared_with(self, conversation: str, prompt: PromptIds) -> int:
        """How many leading tokens of a prompt the conversation's cache holds now.

        May be asked on any thread; the cache may be gone by the time it is taken.
        """
        kept = self._kept.get(conversation)
        return kept.prompt.common_prefix(prompt) if kept else 0

    def put(self, conversation: str, kept: CachedConversation) -> None:
        """Keep a cache; older ones go until the budget holds, at last this one itself."""
        self._kept[conversation] = kept
        while self._kept and self.size_bytes > self._budget_bytes:
            self._kept.popitem(last=False)

    def forget(self, conversation: str) -> None:
        """Drop a conversation's cache; it is fine when there is none."""
        self._kept.pop(conversation, None)

    def clear(self) -> None:
        self._kept.clear()

    @property
    def size_bytes(self) -> int:
        return sum(kept.size_bytes for kept in self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)
