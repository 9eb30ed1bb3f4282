"""Words of OpenAI's chat format, as far as the language model can follow them; the rest is refused by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from serve_app.api.schemas import MAX_TEXT_CHARS, NO_NUL, Words

DEFAULT_MODEL = "default"


def _whole(value: Any) -> Any:
    """JSON has one kind of number: 7.0 is as whole as 7."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_Tokens = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(_whole)]
_Seed = Annotated[int, Field(ge=0, lt=2**63), BeforeValidator(_whole)]
_Content = Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS * 5, pattern=NO_NUL)]
_Stop = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_NUL)]


class TextPart(Words):
    """A part of a message. Only text is understood."""

    type: Literal["text"]
    text: _Content


class ChatMessage(Words):
    """One turn."""

    role: Literal["system", "developer", "user", "assistant"]
    content: _Content | Annotated[list[TextPart], Field(min_length=1, max_length=100)]
    name: str | None = Field(default=None, max_length=100, description="Taken and not used.")

    def text(self) -> str:
        """All of its text."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content)


class _Open(BaseModel):
    """Strict, but clients may send more than is known here."""

    model_config = ConfigDict(strict=True)


class JsonSchema(_Open):
    """A named schema."""

    name: str = Field(max_length=100)
    schema_: dict[str, Any] = Field(alias="schema")


class ResponseFormat(_Open):
    """What the answer looks like."""

    type: Literal["text", "json_object"]


class SchemaFormat(_Open):
    """The answer is JSON that obeys a schema."""

    type: Literal["json_schema"]
    json_schema: JsonSchema


class StreamOptions(_Open):
    """Of a streamed answer."""

    include_usage: bool = False


class ChatIn(Words):
    """A chat to go on with."""

    model: str = Field(
        default=DEFAULT_MODEL,
        max_length=300,
        description="The language model's name from `/v1/models`, or `default`.",
        examples=[DEFAULT_MODEL],
    )
    messages: list[ChatMessage] = Field(min_length=1, max_length=200)
    max_tokens: _Tokens | None = None
    max_completion_tokens: _Tokens | None = Field(default=None, description="Wins over `max_tokens`.")
    temperature: float | None = Field(default=None, ge=0, le=2, allow_inf_nan=False)
    top_p: float | None = Field(default=None, gt=0, le=1, allow_inf_nan=False)
    seed: _Seed | None = None
    stop: _Stop | Annotated[list[_Stop], Field(max_length=4)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    response_format: Annotated[ResponseFormat | SchemaFormat, Field(discriminator="type")] | None = None
    n: Annotated[Literal[1], BeforeValidator(_whole)] | None = None
    user: str | None = Field(default=None, max_length=300, description="Taken and not used.")
    metadata: dict[str, Any] | None = Field(default=None, description="Taken and not used.")
    store: bool | None = Field(default=None, description="Taken and not used: nothing is stored.")


class ChatUsage(BaseModel):
    """Tokens of one request."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AnswerMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"]
    content: str


class Choice(BaseModel):
    """The one answer."""

    index: int
    message: AnswerMessage
    finish_reason: Literal["stop", "length"]


class ChatCompletion(BaseModel):
    """A whole answer."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: ChatUsage
