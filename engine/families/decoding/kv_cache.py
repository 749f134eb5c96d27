"""KV caches of conversations, stored between questions under one byte budget.

A cache belongs to a conversation and records the ids and images that it was filled from, so the
next question computes only what is new. Evicting a cache costs time and nothing else.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from engine.families.prompts.token_ids import PromptIds


@dataclass(slots=True)
class CachedConversation:
    """One conversation's cache. `cache` holds exactly the keys and values of `prompt.ids`."""

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
    """Caches by conversation, with least-recently-used eviction.

    For one inference thread; only `shared_with` may be called from other threads.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._caches: OrderedDict[str, CachedConversation] = OrderedDict()

    def take(self, conversation: str) -> CachedConversation | None:
        """Remove and return the conversation's cache. The caller owns it and may change it."""
        return self._caches.pop(conversation, None)

    def shared_with(self, conversation: str, prompt: PromptIds) -> int:
        """Return how many leading tokens of a prompt the conversation's cache holds now.

        Thread-safe. The cache may be evicted before it is taken.
        """
        cached = self._caches.get(conversation)
        return cached.prompt.common_prefix(prompt) if cached else 0

    def put(self, conversation: str, cached: CachedConversation) -> None:
        """Store a cache. Evict older ones until the budget holds, in the end this one as well."""
        self._caches[conversation] = cached
        while self._caches and self.size_bytes > self._budget_bytes:
            self._caches.popitem(last=False)

    def forget(self, conversation: str) -> None:
        """Delete a conversation's cache, if there is one."""
        self._caches.pop(conversation, None)

    def clear(self) -> None:
        self._caches.clear()

    @property
    def size_bytes(self) -> int:
        return sum(cached.size_bytes for cached in self._caches.values())

    def __len__(self) -> int:
        return len(self._caches)
