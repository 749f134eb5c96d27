"""settings.toml as strict, frozen models: an unknown or ill-typed key is an error at start.

This module says which settings there are; settings_file.py reads them. It takes no decision about
hardware and loads no model. settings.toml holds the default of every key, except those of the
optional [models.ID] keys.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.core.errors import ModelError

Positive = Annotated[int, Field(gt=0)]
# What a model is recommended for; the screen has a text for each (ui/texts, table good_for).
Use = Literal[
    "fast", "questions", "languages", "layout", "fields",
    "text", "tables", "formulas", "figures", "laptop",
]  # fmt: skip

# No user name and password in the URL: it is displayed and logged.
_SERVER_URL = r"^https?://[^\s/@?#]+(/[^\s@?#]*)?$"
# Rejects a key that is pasted in place of its variable's name.
_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
# Fields of a request that extra_body may not change.
_OWN_FIELDS = {"messages", "model", "n", "stream"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class AppSettings(_Strict):
    """Address of the web app. language "auto" follows the browser.

    model_control: whether users may load, unload and download models in the web app.
    """

    host: str
    port: Annotated[int, Field(ge=0, le=65535)]
    language: Literal["auto", "en", "ru"]
    examples_dir: str
    model_control: Literal["auto", "always", "never"]

    @property
    def lets_control_models(self) -> bool:
        """Whether users may control models; "auto" forbids it on a public Hugging Face Space.

        A Space sets the environment variable SPACE_ID.
        """
        return self.model_control == "always" or (
            self.model_control == "auto" and "SPACE_ID" not in os.environ
        )


class LimitSettings(_Strict):
    """Upload limits. One megapixel is 1,000,000 pixels; pdf_dpi is dots per inch."""

    max_file_mb: Annotated[float, Field(gt=0, strict=False)]
    max_pages: Positive
    max_page_megapixels: Annotated[float, Field(gt=0, strict=False)]
    max_documents_per_session: Positive
    pdf_dpi: Annotated[int, Field(ge=36, le=600)]


class OcrSettings(_Strict):
    """OCR options. max_side: longer side of the image that OCR processes, in pixels."""

    use_pdf_text: bool
    fix_orientation: bool
    max_side: Annotated[int, Field(ge=640, le=8000)]


class PreprocessSettings(_Strict):
    """Image preprocessing before OCR. A step is off unless a measurement shows that it helps."""

    deskew: bool
    contrast: bool
    denoise: bool


class GenerationSettings(_Strict):
    """Limits of every run. stall_timeout_seconds counts from the last token, not during prefill.

    max_new_tokens: limit of an answer. reading_max_new_tokens: limit of the transcription of one
    page. worker_process: whether a model runs in its own process; "auto" means on a GPU.
    """

    stall_timeout_seconds: Annotated[float, Field(gt=0, strict=False)]
    max_new_tokens: Positive
    reading_max_new_tokens: Positive
    resident_models: Positive
    idle_unload_seconds: Annotated[float, Field(ge=0, strict=False)]
    kv_cache_bytes: Positive
    worker_process: Literal["auto", "always", "never"] = "auto"


class FieldSettings(_Strict):
    """templates: a folder of custom document types that extends prompts/fields; "" means none."""

    templates: str

    @property
    def folder(self) -> Path | None:
        return Path(self.templates).expanduser() if self.templates else None


class SessionSettings(_Strict):
    """Lifetime and storage of sessions.

    ttl_minutes: idle time after which a session in memory is deleted with its pages.
    kept_days: idle time in days after which a session on disk is deleted.
    storage: where visitors' conversations are stored; "auto" means on disk, on a Space in memory.
    """

    ttl_minutes: Annotated[float, Field(gt=0, strict=False)]
    kept_days: Annotated[float, Field(gt=0, strict=False)] = 30
    storage: Literal["auto", "disk", "memory"] = "auto"

    @property
    def keeps_on_disk(self) -> bool:
        """Whether conversations persist after the app ends.

        A Hugging Face Space sets the environment variable SPACE_ID.
        """
        return self.storage == "disk" or (self.storage == "auto" and "SPACE_ID" not in os.environ)


class ApiSettings(_Strict):
    """Programmatic access. token_env: the environment variable that holds the bearer token.

    enabled: serves the endpoints of gradio_client, MCP, /v1 and /api; /health and /ready are always
    served. max_calls: number of concurrent calls; further calls wait.
    """

    enabled: bool
    token_env: Annotated[str, Field(pattern=rf"{_VARIABLE}|^$")]
    max_calls: Positive

    @property
    def token(self) -> str | None:
        """The bearer token that a call must send; None if none is set."""
        return (os.environ.get(self.token_env, "").strip() if self.token_env else "") or None


class ServerKeys(_Strict):
    """The keys of a [models.ID] table whose model runs on an OpenAI-compatible server.

    base_url: URL of the API with its path: http://127.0.0.1:8000/v1. model: its name on the server.
    api_key_env: the environment variable that holds the key; the key itself is never a setting.
    api: the server program, for its extensions of the OpenAI API. box_format: how the model writes
    boxes. tasks, chat, multiple_pages: capabilities; the default is that of models with this
    box_format. thinks: whether it writes thoughts into its text. parallel: number of concurrent
    runs. Times are in seconds; read_seconds is the longest time without received data.
    extra_body: added unchanged to every request.
    """

    base_url: Annotated[str, Field(pattern=_SERVER_URL)] | None = None
    model: Annotated[str, Field(min_length=1)] | None = None
    api_key_env: Annotated[str, Field(pattern=_VARIABLE)] | None = None
    api: Literal["openai", "vllm", "sglang", "llama_cpp"] = "openai"
    box_format: Literal[
        "none",
        "qwen2_vl",
        "qwen2_5_vl",
        "qwen3_vl",
        "dots_ocr",
        "deepseek_ocr",
        "granite_docling",
        "paddleocr_vl",
        "glm_ocr",
        "smolvlm",
    ] = "none"
    tasks: Annotated[tuple[str, ...], Field(strict=False)] = ()
    chat: bool | None = None
    multiple_pages: bool | None = None
    thinks: bool | None = None
    parallel: Annotated[int, Field(ge=1, le=256)] = 8
    connect_seconds: Annotated[float, Field(gt=0, strict=False)] = 5
    read_seconds: Annotated[float, Field(gt=0, strict=False)] = 120
    total_seconds: Annotated[float, Field(gt=0, strict=False)] = 900
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    extra_body: Mapping[str, Any] = Field(default_factory=dict)


class ModelSettings(ServerKeys):
    """One [models.ID] table: a checkpoint and how it is loaded.

    repo_id: the Hub repository; for a model on a server the default is its name there.
    dtype: used as written; "auto" chooses by device, and the reason is shown.
    quantised_parameters: number of those `parameters` that int8 and int4 shrink.
    good_for: recommended uses, the best first; informative only.
    max_pixels: largest image of a page that is asked about. reading_max_pixels: the same for a page
    that is transcribed.
    """

    family: str
    repo_id: str
    revision: str = "main"
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "bfloat16"
    attn_implementation: Literal["auto", "sdpa", "eager", "flash_attention_2"] = "auto"
    quantization: Literal["none", "int8", "int4"] = "none"
    max_pixels: Positive | None = None
    reading_max_pixels: Positive | None = None
    context_tokens: Positive | None = None
    mode: (
        Literal[
            "tiny",
            "small",
            "base",
            "large",
            "gundam",
            "multi_page",
            "serving",
            "readme",
            "qwenvl_html",
        ]
        | None
    ) = None
    fallback: str | None = None
    answer_with: str | None = None
    static_cache: bool = False
    parameters: Annotated[float, Field(gt=0)] | None = None
    quantised_parameters: Annotated[float, Field(gt=0)] | None = None
    licence: str = ""
    # A TOML array is a list; the values themselves stay strict.
    good_for: Annotated[tuple[Use, ...], Field(strict=False)] = ()
    generation: Mapping[str, bool | int | float | str] = Field(default_factory=dict)

    def most_pixels(self, *, reading: bool) -> int | None:
        """Maximum number of pixels of a page; None means the checkpoint's own limit.

        Args:
            reading: the page is transcribed, not asked about.
        """
        return (self.reading_max_pixels if reading else None) or self.max_pixels

    @model_validator(mode="before")
    @classmethod
    def _is_called_as_on_its_server(cls, table: Any) -> Any:
        if isinstance(table, dict) and "base_url" in table and "model" in table:
            return {"repo_id": table["model"], **table}
        return table

    @model_validator(mode="after")
    def _server_keys_belong_together(self) -> Self:
        if (self.base_url is None) != (self.model is None):
            raise ValueError("base_url and model belong together: give both, or neither")
        if self.base_url is not None:
            urlsplit(self.base_url).port  # noqa: B018 - raises ValueError for one out of range
        written = sorted(set(ServerKeys.model_fields) & self.model_fields_set)
        if self.base_url is None and written:
            raise ValueError(f"{written[0]} is for models on a server: give base_url and model too")
        taken = sorted(_OWN_FIELDS & set(self.extra_body))
        if taken:
            raise ValueError(f"extra_body.{taken[0]} is what the app itself sends: leave it out")
        return self


class Settings(_Strict):
    """All of settings.toml. data_dir and cache_dir are absolute after loading."""

    default_model: str
    data_dir: Path = Field(strict=False)
    cache_dir: Path = Field(strict=False)
    app: AppSettings
    limits: LimitSettings
    ocr: OcrSettings
    preprocess: PreprocessSettings
    generation: GenerationSettings
    fields: FieldSettings
    sessions: SessionSettings
    api: ApiSettings
    models: Mapping[str, ModelSettings]

    @model_validator(mode="after")
    def _named_models_exist(self) -> Self:
        if self.default_model not in self.models:
            raise ValueError(f"default_model = {self.default_model!r} is not one of [models.*]")
        for model_id, model in self.models.items():
            if model.fallback is not None and model.fallback not in self.models:
                raise ValueError(f"models.{model_id}.fallback = {model.fallback!r} has no table")
            if model.answer_with is not None and model.answer_with not in self.models:
                wrong = f"models.{model_id}.answer_with = {model.answer_with!r}"
                raise ValueError(f"{wrong} has no table")
        return self

    def keeping_nothing(self) -> Self:
        """A copy with session storage in memory, for a command that answers once and exits."""
        sessions = self.sessions.model_copy(update={"storage": "memory"})
        return self.model_copy(update={"sessions": sessions})

    def model(self, model_id: str) -> ModelSettings:
        """Return the table of one model.

        Raises:
            ModelError: there is no [models.model_id] table.
        """
        try:
            return self.models[model_id]
        except KeyError:
            known = ", ".join(self.models)
            raise ModelError("model.unknown", model_id=model_id, known=known) from None
