"""Parse a request of OpenAI's chat completions into turns with files, a question, and options.

A parameter that ScanChat does not support and that would change the answer (tools, several choices,
...) is refused by its name. A parameter that only shapes the sampling is ignored and reported in a
notice.

Source: OpenAI's API reference, "Create chat completion" (POST /v1/chat/completions).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import AskOptions, Settings
from engine.chat.options import LONGEST_ANSWER
from ui.api.data_urls import SentFile, read_file
from ui.api.errors import ApiError, not_valid
from ui.api.schemas import Language

# Parameters that would change the answer, each with its harmless values, which are accepted.
_UNSUPPORTED: Final[Mapping[str, tuple[Any, ...]]] = {
    "tools": (None, []),
    "functions": (None, []),
    "tool_choice": (None, "none", "auto"),
    "function_call": (None, "none", "auto"),
    "n": (None, 1),
    "stop": (None, []),
    "logprobs": (None, False),
    "top_logprobs": (None, 0),
    "logit_bias": (None, {}),
    "response_format": (None, {"type": "text"}),
    "modalities": (None, ["text"]),
    "audio": (None,),
    "prediction": (None,),
    "web_search_options": (None,),
}
# Parameters that are accepted and ignored.
_UNUSED: Final = ("top_p", "seed", "presence_penalty", "frequency_penalty", "reasoning_effort")


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="allow")


class ImageUrl(_Lenient):
    url: str


class FilePart(_Lenient):
    file_data: str | None = None
    file_id: str | None = None
    filename: str = ""
    # ScanChat's own: of an encrypted PDF.
    password: str = Field(default="", repr=False)


class ContentPart(_Lenient):
    type: str
    text: str = ""
    image_url: ImageUrl | str | None = None
    file: FilePart | None = None


class ChatMessage(_Lenient):
    role: str
    content: str | list[ContentPart] | None = None


class StreamOptions(_Lenient):
    include_usage: bool = False


class Extension(BaseModel):
    """ScanChat's own options: `extra_body={"scanchat": {...}}` of the openai client."""

    model_config = ConfigDict(extra="forbid")

    task: str = "question"
    pages: list[int] = Field(default_factory=list)
    verbatim: bool = False
    language: Language | None = None


class ChatRequest(_Lenient):
    """The body of a request."""

    model: str = ""
    messages: list[ChatMessage] = Field(min_length=1)
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    scanchat: Extension = Field(default_factory=Extension)


@dataclass(slots=True)
class Turn:
    """A question with its files, and its answer; "" if there is none yet."""

    question: str = ""
    files: list[SentFile] = field(default_factory=list)
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Chat:
    """A parsed request.

    Attributes:
        system: the text of the system messages.
        turns: at least one; the last has no answer.
        unused: parameters of the request that were ignored.
    """

    request: ChatRequest
    system: str
    turns: list[Turn]
    options: AskOptions
    unused: tuple[str, ...]


def read_request(body: Any, settings: Settings) -> Chat:
    """Validate the body of a request.

    Raises:
        ApiError: the body is malformed or uses an unsupported parameter, role or part.
        SessionError: an option is outside its range.
    """
    if isinstance(body, dict):
        _refuse_unsupported(body)
    try:
        request = ChatRequest.model_validate(body)
    except ValidationError as error:
        raise not_valid(error) from error
    wanted = request.max_completion_tokens
    wanted = request.max_tokens if wanted is None else wanted
    system, turns = _turns(request.messages, settings)
    return Chat(
        request=request,
        system=system,
        turns=turns,
        options=AskOptions(
            max_new_tokens=None if wanted is None else min(wanted, LONGEST_ANSWER),
            temperature=request.temperature,
        ),
        unused=tuple(name for name in _UNUSED if body.get(name) is not None),
    )


def _refuse_unsupported(body: Mapping[str, Any]) -> None:
    for name, harmless in _UNSUPPORTED.items():
        if name in body and body[name] not in harmless:
            code = "unsupported_parameter"
            raise ApiError("api.unsupported", code=code, param=name, name=name)


def _turns(messages: list[ChatMessage], settings: Settings) -> tuple[str, list[Turn]]:
    """(text of the system messages, turns). Consecutive messages of one role are joined."""
    system: list[str] = []
    turns: list[Turn] = []
    last: Literal["user", "assistant"] | None = None
    for number, message in enumerate(messages):
        where = f"messages.{number}"
        parts = _parts(message)
        match message.role:
            case "system" | "developer":
                system.append(_text(parts, where))
            case "user":
                if last != "user":
                    turns.append(Turn())
                turn = turns[-1]
                turn.question = "\n".join(filter(None, (turn.question, _text(parts, where))))
                turn.files += _files(parts, where, settings)
                last = "user"
            case "assistant" if turns:
                turn = turns[-1]
                turn.answer = "\n".join(filter(None, (turn.answer, _text(parts, where))))
                last = "assistant"
            case "assistant":
                raise ApiError("api.answer_first", param=where)
            case role:
                raise ApiError("api.unknown_role", param=f"{where}.role", role=role)
    if last != "user":
        raise ApiError("api.no_question_last", param="messages")
    return "\n\n".join(filter(None, system)), turns


def _parts(message: ChatMessage) -> list[ContentPart]:
    if isinstance(message.content, str):
        return [ContentPart(type="text", text=message.content)]
    return message.content or []


def _text(parts: list[ContentPart], where: str) -> str:
    for part in parts:
        if part.type not in ("text", "refusal", "image_url", "file"):
            raise ApiError("api.unknown_part", param=where, kind=part.type)
    return "\n".join(part.text for part in parts if part.type == "text" and part.text)


def _files(parts: list[ContentPart], where: str, settings: Settings) -> list[SentFile]:
    found = []
    for part in parts:
        if part.type == "image_url":
            image = part.image_url
            address = image.url if isinstance(image, ImageUrl) else image or ""
            found.append(read_file(address, settings))
        elif part.type == "file":
            sent = part.file or FilePart()
            if sent.file_data is None:
                raise ApiError("api.no_file_data", param=where)
            file = read_file(sent.file_data, settings, name=sent.filename)
            found.append(replace(file, password=sent.password))
    return found
