"""Settings of judges behind a server: what is asked, all of it part of the fingerprint, and how the server is reached."""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from lawful.core.errors import InputError
from lawful.core.fields import Fields, as_text
from lawful.judge.vlm.protocols import Protocol
from lawful.judge.vlm.settings import FramePolicy, PromptWith, read_policy

FramesAs = Literal["images", "video"]
Output = Literal["schema", "text"]
TokenLimit = Literal["max_tokens", "max_completion_tokens"]

WORDING = "{question}\nAnswer with one of these labels: {labels}."
"""How a question is put: the text after the video, before what is said of the answer's form."""
SERVER_TEMPERATURE = "server"
"""The temperature that leaves the choice to the server."""
_ENV_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_SECRETS = ("api_key", "base_url", "key", "token", "url")
_OWN_FIELDS = (
    "model", "messages", "temperature", "seed", "max_tokens", "max_completion_tokens", "response_format",
    "logprobs", "top_logprobs", "stream", "n",
)  # fmt: skip


@dataclass(frozen=True)
class Prices:
    """What a server charges, as the user says."""

    input: float
    """For a million tokens that are sent."""
    output: float
    """For a million tokens that are answered."""
    currency: str = "USD"
    """In what."""

    def cost(self, tokens_in: float, tokens_out: float) -> float:
        """What so many tokens cost."""
        return (self.input * tokens_in + self.output * tokens_out) / 1e6


@dataclass(frozen=True)
class Access:
    """How the server is reached. Nothing of it changes what is asked, so nothing of it is part of the fingerprint."""

    api_key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the key."""
    base_url_env: str = "OPENAI_BASE_URL"
    """Environment variable that holds the server's address."""
    at_once: int = 8
    """Calls in flight at most."""
    attempts: int = 6
    """Times that a call is made at most, if the server fails."""
    timeout_s: float = 120.0
    """Longest wait for an answer to begin, and from there for it to end."""
    backoff_s: float = 1.0
    """First pause after a failure; each further one is twice as long, and chance takes up to a half of it."""
    longest_pause_s: float = 60.0
    """Longest pause; a server that asks for a longer one is given up."""
    give_up_after: int = 20
    """Calls in a row without any answer, all their attempts used up, that end the run."""
    tokens_per_frame: float | None = None
    """Tokens of one frame, for estimates; None for one token for every 28 x 28 pixels."""
    prices: Prices | None = None
    """What is charged; None where it is not known."""


@dataclass(frozen=True)
class RemoteSettings:
    """All that may be set."""

    policy: FramePolicy = field(default_factory=FramePolicy)
    """Which frames are shown."""
    frames_as: FramesAs = "images"
    """As pictures, or as one mp4."""
    frame_times: bool = True
    """Whether each picture is preceded by its time in words."""
    jpeg_quality: int = 90
    """Quality of the pictures, 1-100."""
    protocol: Protocol = "own"
    """Whose prompt it is: ours, one question at a time, or RULER-Bench's with all questions of a clip at once or with one
    at a time (see `lawful.judge.ruler`)."""
    wordings: tuple[str, ...] = (WORDING,)
    """How a question is put under our own; with --repeat, look r uses the wording r modulo their number."""
    prompt_with: PromptWith = "no_law"
    """Which questions are told the video's prompt and expected outcome: those that name no law, all, none. RULER-Bench's
    tells them always, unless it is "never"."""
    output: Output = "schema"
    """How the form of an answer is asked for: by a JSON schema that the server keeps the model to, or in words alone."""
    rationale: bool = False
    """Have the model give reasons before the label; they are kept as evidence."""
    logprobs: bool = True
    """Ask for the log-probabilities of the answer's tokens."""
    top_logprobs: int = 10
    """For each token, those of so many of the likeliest ones."""
    min_label_share: float = 0.0
    """A question is Unscored(unparsed) if its labels hold less than this share of all that the model might say."""
    max_tokens: int = 1024
    """Longest answer; what a model thinks before it counts too."""
    token_limit: TokenLimit = "max_tokens"
    """The name by which the server knows that limit."""
    temperature: float | None = 0.0
    """Temperature; None leaves it to the server."""
    endpoint: str | None = None
    """A name for the server, which stands in the fingerprint in the place of a digest of its address."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the request, as the server knows them."""
    violation_at: float = 0.2
    """A question with this score or less is answered "violation". Not calibrated."""
    clear_at: float = 0.5
    """All questions must have this score or more for "none found". Not calibrated."""
    access: Access = field(default_factory=Access)
    """How the server is reached."""

    def as_json(self) -> dict[str, Any]:
        """All that may change a verdict, as JSON."""
        body = asdict(self) | {"wordings": list(self.wordings), "extra": dict(self.extra)}
        del body["access"], body["endpoint"]
        return body


def read_settings(config: Mapping[str, Any], where: str) -> RemoteSettings:
    """Settings from a table.

    Args:
        config: Those that differ from the defaults.
        where: Who they are for, as the start of an error message.

    Raises:
        InputError: A setting is unknown, has the wrong type or is out of range. No message holds a value that may be
            a key.
    """
    _check_secrets(config, where)
    source = Fields(config, where)
    source.only(*(one.name for one in fields(RemoteSettings)))
    readers = {
        "frames_as": lambda name: source.choice(name, get_args(FramesAs)),
        "frame_times": source.flag,
        "jpeg_quality": source.whole,
        "protocol": lambda name: source.choice(name, get_args(Protocol)),
        "wordings": lambda name: source.many(name, as_text),
        "prompt_with": lambda name: source.choice(name, get_args(PromptWith)),
        "output": lambda name: source.choice(name, get_args(Output)),
        "rationale": source.flag,
        "logprobs": source.flag,
        "top_logprobs": source.whole,
        "min_label_share": source.share,
        "max_tokens": source.whole,
        "token_limit": lambda name: source.choice(name, get_args(TokenLimit)),
        "temperature": lambda name: _temperature(source, name),
        "endpoint": source.text,
        "extra": lambda name: dict(source.inner(name).body),
        "violation_at": source.share,
        "clear_at": source.share,
        "policy": lambda name: read_policy(source.inner(name)),
        "access": lambda name: _access(source.inner(name)),
    }
    settings = RemoteSettings(**{name: read(name) for name, read in readers.items() if name in config})
    _check(settings, where)
    return settings


def _access(source: Fields) -> Access:
    _check_secrets(source.body, source.where)
    source.only(*(one.name for one in fields(Access)))
    given: dict[str, Any] = {}
    for one in fields(Access):
        if one.name not in source.body:
            continue
        if one.name == "prices":
            given["prices"] = _prices(source.inner("prices"))
        elif one.name.endswith("_env"):
            given[one.name] = _env_name(source, one.name)
        elif isinstance(one.default, int):
            given[one.name] = source.whole(one.name)
        else:
            given[one.name] = source.number(one.name)
    access = Access(**given)
    for name in ("at_once", "attempts", "timeout_s", "longest_pause_s", "give_up_after", "tokens_per_frame"):
        value = getattr(access, name)
        if value is not None and not value > 0:
            raise InputError(f"{source.where}: {name} must be above 0, got {value:g}")
    if access.backoff_s < 0:
        raise InputError(f"{source.where}: backoff_s must be 0 or more, got {access.backoff_s:g}")
    return access


def _prices(source: Fields) -> Prices:
    source.only("input", "output", "currency")
    prices = Prices(
        source.number("input"), source.number("output"), source.optional("currency", source.text) or "USD"
    )
    if prices.input < 0 or prices.output < 0:
        raise InputError(f"{source.where}: prices are 0 or more, got {prices.input:g} and {prices.output:g}")
    return prices


def _env_name(source: Fields, name: str) -> str:
    value = source.body[name]
    # The value is not shown: it may be the key itself, put in the wrong place.
    if not isinstance(value, str) or not _ENV_NAME.fullmatch(value):
        raise InputError(
            f"{source.where}: {name} should be the name of an environment variable in capitals, such as OPENAI_API_KEY"
        )
    return value


def _check_secrets(config: Mapping[str, Any], where: str) -> None:
    for name in config:
        if name in _SECRETS:
            raise InputError(
                f"{where}: {name} cannot be set here, for settings are stored in the run folder. Give --base-url and "
                "--api-key-file, or set the environment variables OPENAI_BASE_URL and OPENAI_API_KEY; access.base_url_env "
                "and access.api_key_env name others."
            )


def _temperature(source: Fields, name: str) -> float | None:
    return None if source.body[name] == SERVER_TEMPERATURE else source.number(name)


def _check(settings: RemoteSettings, where: str) -> None:
    if settings.policy.still_scale < 1:
        raise InputError(f"{where}: policy.still_scale is for vlm: judges; frames are sent in one size")
    checks = (
        (1 <= settings.jpeg_quality <= 100, f"jpeg_quality must be 1 to 100, got {settings.jpeg_quality}"),
        (0 <= settings.top_logprobs <= 20, f"top_logprobs must be 0 to 20, got {settings.top_logprobs}"),
        (settings.max_tokens >= 1, f"max_tokens must be 1 or more, got {settings.max_tokens}"),
        (
            settings.temperature is None or 0 <= settings.temperature <= 2,
            f'temperature must be 0 to 2, or "{SERVER_TEMPERATURE}", got {settings.temperature}',
        ),
        (bool(settings.wordings), "wordings is empty. Needed: at least one text with {question} in it."),
        (
            len(set(settings.wordings)) == len(settings.wordings),
            "a wording is given twice. More looks with one wording are taken with --repeat.",
        ),
        (
            settings.protocol == "own" or settings.wordings == (WORDING,),
            f'protocol = "{settings.protocol}" has words of its own. Leave out wordings, or the protocol.',
        ),
        (
            settings.violation_at < settings.clear_at,
            f"violation_at must be below clear_at, got {settings.violation_at} and {settings.clear_at}",
        ),
        (settings.endpoint != "", "endpoint is empty"),
    )
    for holds, text in checks:
        if not holds:
            raise InputError(f"{where}: {text}")
    for wording in settings.wordings:
        if "{question}" not in wording:
            raise InputError(f"{where}: the wording {wording!r} has no {{question}} in it")
    _check_secrets(settings.extra, f"{where}: extra")
    for name in settings.extra:
        if name in _OWN_FIELDS:
            raise InputError(f"{where}: extra.{name} is set by the judge itself; its own settings say how")
    _check_json(settings.extra, f"{where}: extra")


def _check_json(value: Any, where: str) -> None:
    if isinstance(value, Mapping):
        for name, item in value.items():
            _check_json(item, f"{where}.{name}")
    elif isinstance(value, list | tuple):
        for item in value:
            _check_json(item, where)
    elif isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{where} should hold numbers that JSON can carry, found {value}")
    elif not isinstance(value, str | int | float | bool | None):
        raise InputError(f"{where} should hold JSON, found a {type(value).__name__}")
