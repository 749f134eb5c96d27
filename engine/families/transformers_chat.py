"""Vision-language chat models in transformers: history, images and reuse of the KV cache.

The checkpoint's own chat template renders a conversation. The model's own answers are not
tokenised again from their text: their generated ids are stored and inserted in their place. So
each prompt extends the one before, and the KV cache stays valid.

torch and transformers are imported when a model is loaded, so the UI can list capabilities
without importing them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PIL import Image

from engine.core.errors import ModelError, OnlyThoughtError, RunCancelled
from engine.core.i18n import say
from engine.core.prompts import get_task
from engine.core.schema import Page, Size
from engine.core.settings import ModelSettings, Settings
from engine.families.base import ModelRequest, Outcome, Preparation, PromptCounter, Run
from engine.families.decoding.kv_cache import KVCaches
from engine.families.pages.sequential import beside, conversation_of
from engine.families.pages.thinking import CLOSING, OPENING, ThoughtFilter
from engine.families.prompts.conversation import (
    ContextView,
    PromptConversation,
    TokenCounters,
    notice_of,
    room_for,
)
from engine.families.prompts.images import SeenImage, SeenImages, shrunk
from engine.families.prompts.memory import AnswerIds, ContextViews
from engine.families.prompts.page_prompt import filled
from engine.families.prompts.page_text import PageTexts
from engine.families.prompts.templates import ChatPrompts
from engine.families.prompts.token_ids import PromptIds
from engine.families.weights.hub import (
    attention_of,
    configuration,
    is_cached,
    load_weights,
    run_facts,
)
from engine.index.verbatim import PageSpans, Vocabulary

if TYPE_CHECKING:
    import torch

    from engine.families.decoding.generate import DecodingInputs


@dataclass(frozen=True, slots=True)
class Positions:
    """Position ids of a prompt, and a callback for the inference thread before they are used."""

    ids: torch.Tensor | None = None
    on_start: Callable[[], None] = lambda: None


class TransformersChatFamily(ChatPrompts):
    """Base of the adapters. A subclass defines how an image is encoded and placed in the ids."""

    def __init__(
        self, model_id: str, settings: Settings, model: Any, processor: Any, attention: Any
    ) -> None:
        from engine.families.decoding import generate

        super().__init__(model_id, settings.model(model_id))
        self.model = model
        self.processor = processor
        self.attention = attention
        self.caches = KVCaches(settings.generation.kv_cache_bytes)
        self.counters = generate.RunCounters()
        self.answers = AnswerIds()
        self.views = ContextViews()
        self.images = SeenImages(
            self.see,
            self.see_smaller,
            self.see_to_read if self.settings.reading_max_pixels else None,
        )
        self._vocabulary: Vocabulary | None = None

    @classmethod
    def load(cls, model_id: str, settings: Settings) -> TransformersChatFamily:
        from transformers import AutoModelForImageTextToText

        model_settings = settings.model(model_id)
        cls.check_mode(model_id, model_settings)
        processor = cls.processor_of(model_id, model_settings)
        attention = attention_of(model_id, model_settings)
        if model_settings.static_cache and attention.implementation != "sdpa":
            raise ModelError(
                "model.static_needs_sdpa",
                model_id=model_id,
                attention=attention.implementation,
            )
        model = load_weights(
            model_id,
            model_settings,
            attention,
            AutoModelForImageTextToText,
            unquantised=cls.unquantised,
            config=cls.config_of(model_id, model_settings),
        )
        return cls(model_id, settings, model, processor, attention)

    @classmethod
    def processor_of(cls, model_id: str, model: ModelSettings, *, local: bool = False) -> Any:
        """Load the checkpoint's processor, configured for this family.

        Args:
            local: from local files only, without asking the hub for a newer version.
        Raises:
            ModelError: it cannot be loaded.
        """
        from transformers import AutoProcessor

        load = partial(AutoProcessor.from_pretrained, local_files_only=local)
        return configuration(model_id, model, load)

    @classmethod
    def config_of(cls, model_id: str, model: ModelSettings) -> Any:
        """Return a corrected config for a checkpoint that transformers misreads; None otherwise.

        Raises:
            ModelError: it cannot be loaded.
        """
        return None

    @classmethod
    def counter(cls, model_id: str, settings: Settings) -> PromptCounter | None:
        """Return this family with only a processor and a config; None if it does not chat."""
        from engine.families.prompts.token_count import ChatCounter, ModelWithoutWeights

        if not cls.capabilities.chat:
            return None
        model = settings.model(model_id)
        processor = cls.processor_of(model_id, model, local=True)
        return ChatCounter(
            cls(
                model_id,
                settings,
                ModelWithoutWeights.of(model_id, model),
                processor,
                attention=None,
            )
        )

    @property
    def context_tokens(self) -> int | None:
        """Limit of prompt and answer together, in tokens; None if it is unknown."""
        stated = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        limits = [limit for limit in (stated, self.settings.context_tokens) if limit]
        return min(limits) if limits else None

    @abstractmethod
    def see(self, image: Image.Image) -> SeenImage:
        """Resize and normalise one page image (RGB, page pixels) for the model."""

    def see_smaller(self, image: Image.Image, pixel_share: float) -> SeenImage:
        """Encode a page for a retry, with a share of the pixels that `see` would use.

        The page is shrunk before the usual resize. A family whose resize ignores the size of the
        image overrides this.
        """
        return self.see(shrunk(image, self.settings.max_pixels, pixel_share))

    def see_to_read(self, image: Image.Image, pixel_share: float) -> SeenImage:
        """Encode a page for OCR or layout, with a share of the pixels. A family may use more
        pixels than `see` here."""
        return self.see(image) if pixel_share == 1.0 else self.see_smaller(image, pixel_share)

    def frame(self, inputs: DecodingInputs, page: Page) -> Size:
        return inputs.frames.get((page.document_id, page.page_index), page.size)

    def silent_ids(self) -> frozenset[int]:
        from engine.families.decoding.generate import end_ids

        return frozenset(end_ids(self.model))

    def thoughts(self, inputs: DecodingInputs, run: Run | None = None) -> ThoughtFilter | None:
        """Return a filter for a checkpoint whose vocabulary has the thinking tags.

        None for other checkpoints and for a verbatim answer.
        """
        tags = self.tokenizer.get_added_vocab()
        if CLOSING not in tags or OPENING not in tags or inputs.spans is not None:
            return None
        before = len(inputs.prompt.ids) - len(inputs.so_far)
        return ThoughtFilter(
            self.tokenizer,
            opening=tags[OPENING],
            closing=tags[CLOSING],
            opened=self._opens_a_thought(inputs.prompt.ids[:before]),
            emit=run.emit if run else lambda _: None,
            error=OnlyThoughtError("model.only_thought", model_id=self.model_id),
        )

    def _opens_a_thought(self, ids: tuple[int, ...]) -> bool:
        """Whether the prompt ends with an opening thinking tag, as with thinking models."""
        return str(self.tokenizer.decode(list(ids[-4:]))).rstrip().endswith(OPENING)

    def positions(self, prompt: PromptIds, images: list[SeenImage]) -> Positions:
        """Return position ids of the whole prompt; the default is none, plain counting."""
        return Positions()

    def prepare_prompt(self, request: ModelRequest, preparation: Preparation) -> DecodingInputs:
        from engine.families.decoding.generate import DecodingInputs, greedy

        pages = {
            (page.document_id, page.page_index): page
            for document in request.documents
            for page in document.pages
        }
        share = request.pixel_share
        whole = PromptConversation(request, pages).messages(ContextView())
        reading = get_task(request.task).reads_page
        seen = self.images.all_of(whole, pages, preparation, share, reading=reading)
        view, prompt = self._fitted(filled(request, seen), seen, preparation)
        if request.verbatim and self._opens_a_thought(prompt.ids):
            # The answer must be words of the page, so the thought is closed before it begins.
            closed = self.tokenizer(f"\n{CLOSING}\n\n", add_special_tokens=False)["input_ids"]
            prompt = PromptIds((*prompt.ids, *closed), prompt.images)
        # Two sizes of one page may take the same number of tokens, but their caches differ.
        size = (share, self.settings.most_pixels(reading=reading))
        images = tuple(replace(span, key=(*span.key, *size)) for span in prompt.images)
        prompt = PromptIds((*prompt.ids, *request.so_far), images)
        positions = self.positions(prompt, [seen[span.key[:2]] for span in images])
        # Pixels are computed here and not on the inference thread, which other runs wait for.
        shared = self.caches.shared_with(request.conversation, prompt)
        pixels: dict[tuple[Any, ...], Mapping[str, torch.Tensor]] = {}
        for span in images:
            if preparation.stop.is_set():
                raise RunCancelled
            if span.end > shared:
                pixels[span.key] = seen[span.key[:2]].tensors()
        spans = self._spans(request, preparation) if request.verbatim else None
        generation = {**self.settings.generation, **request.prompt.generation}
        limit, most = self.context_tokens, request.max_new_tokens
        if limit is not None:
            most = room_for(request, len(prompt.ids), limit, model_id=self.model_id)
        return DecodingInputs(
            conversation=request.conversation,
            prompt=prompt,
            # If the cache was evicted meanwhile, the pixels are computed again.
            image_tensors=lambda span: (
                pixels[span.key] if span.key in pixels else seen[span.key[:2]].tensors()
            ),
            positions=positions.ids,
            on_start=positions.on_start,
            generation={**greedy(generation), "max_new_tokens": most},
            frames={key[:2]: image.size for key, image in seen.items()},
            so_far=request.so_far,
            static_cache=self.settings.static_cache,
            spans=spans,
            question=request.question,
            view=view if request.history else None,
        )

    def _fitted(
        self,
        request: ModelRequest,
        seen: Mapping[tuple[Any, ...], SeenImage],
        preparation: Preparation,
    ) -> tuple[ContextView, PromptIds]:
        """Shorten the conversation to fit the context, and emit a notice if something is lost.

        Returns:
            How it was shortened, and the prompt.
        """
        conversation = PromptConversation(request, seen)
        limit = self.context_tokens
        if limit is None:
            return ContextView(), self.prompt_of(conversation.messages(ContextView()), seen)
        texts = PageTexts(request, preparation, self.count_text)
        counting = TokenCounters(
            self.model_id,
            limit,
            prompt=lambda messages: self.prompt_of(messages, seen),
            image=lambda key: seen[key].tokens,
            text=self.count_text,
            page_text=texts.of,
        )
        before = self.views.get(request.conversation, request.history)
        view, prompt = conversation.fit(before, counting)
        notice = notice_of(view, prompt, limit)
        if notice is not None:
            preparation.emit(notice)
        return view, prompt

    def generate_answer(self, inputs: DecodingInputs, run: Run) -> Outcome:
        from engine.families.decoding.generate import decode

        if inputs.view is not None:
            # Stored here and not in `prepare`: a conversation deleted meanwhile stays deleted.
            self.views.put(inputs.conversation, inputs.view)
        outcome = decode(
            self.model,
            inputs,
            self.caches,
            run,
            self.counters,
            model_id=self.model_id,
            words=self.words,
        )
        ids = [*inputs.so_far, *self.counters.generated_ids]
        thoughts = self.thoughts(inputs)
        if thoughts is not None:
            # Chat templates leave out the thoughts of earlier turns.
            ids = thoughts.put(ids)
        text = self.tokenizer.decode(ids, skip_special_tokens=True).strip()
        self.answers.put(conversation_of(inputs.conversation), text, self._without_end(ids))
        return outcome

    def _spans(self, request: ModelRequest, preparation: Preparation) -> PageSpans:
        """Return the spans of the pages that an answer may consist of."""
        from engine.families.decoding.verbatim import vocabulary

        if self._vocabulary is None:
            self._vocabulary = vocabulary(self.tokenizer, model_id=self.model_id)
        return PageSpans(
            preparation.indexes(request.pages),
            self._vocabulary,
            not_there=say("answer.not_on_page", request.language),
        )

    @classmethod
    def is_available(cls, model: ModelSettings) -> bool:
        return is_cached(model)

    def drop_caches(self) -> None:
        self.caches.clear()

    def forget(self, conversation: str) -> None:
        super().forget(conversation)
        self.caches.forget(conversation)
        self.caches.forget(beside(conversation))
        self.views.forget(conversation)
        self.answers.forget(conversation)

    def unload(self) -> None:
        self.caches.clear()
        del self.model

    def describe(self) -> Mapping[str, str]:
        return run_facts(self.settings, self.attention)

    def _without_end(self, ids: list[int]) -> list[int]:
        """Drop an end token: the chat template writes the end of a turn itself."""
        from engine.families.decoding.generate import end_ids

        return ids[:-1] if ids and ids[-1] in end_ids(self.model) else ids
