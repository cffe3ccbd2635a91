"""One call to a server that speaks OpenAI's chat protocol: a request body in, a checked reply or a named failure out.

Retries, pauses and money are the caller's (`lawful.judge.remote.desk`). What comes back is not trusted: its size and the
time it takes are bounded, it is not unpacked, redirects are not followed, and every field is checked.
"""

import email.utils
import json
import logging
import math
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lawful.core.extras import require
from lawful.judge.remote.access import Address

if TYPE_CHECKING:
    import httpx2
    import openai

MAX_BODY_BYTES = 4 << 20
"""Largest answer that is read."""
_CONNECT_S = 20.0
_SHOWN = 300
_SERVED_HEADERS = ("openai-version", "openai-model", "x-model-version", "model-version", "x-model-id")
"""Headers in which servers say which version of a model answered."""
_SERVED_FIELDS = ("model", "system_fingerprint")
_TRY_AGAIN = (408, 409, 425, 429)
_DENIED = (401, 402, 403, 404, 405)
_NO_MONEY = "insufficient_quota"
_FILTERED = ("content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation")

Failure = Literal["passing", "denied", "unfit", "refused"]
"""passing: another time it may work; denied: no call will be answered; unfit: this request is not accepted; refused: the
server will not have the model look at this clip."""


def readable(text: str) -> str:
    """A text from elsewhere as it may be stored and printed: what is no sign of a script is U+FFFD."""
    return "".join(one if one.isprintable() or one in "\n\t" else "\ufffd" for one in text)


class CallFailedError(Exception):
    """A call without an answer; the message has neither key nor address in it."""

    def __init__(self, kind: Failure, detail: str, pause_s: float | None = None, may_cost: bool = False):
        super().__init__(detail)
        self.kind: Failure = kind
        """What it means for other calls."""
        self.pause_s = pause_s
        """How long the server asks to wait."""
        self.may_cost = may_cost
        """Whether the server may have done the work."""


@dataclass(frozen=True)
class Token:
    """A token of an answer, and what might have stood in its place."""

    text: str
    """The token."""
    logprob: float
    """Its log-probability, at most 0."""
    others: tuple[tuple[str, float], ...]
    """The likeliest tokens there, itself among them or not, with theirs."""


@dataclass(frozen=True)
class Reply:
    """What a model answered."""

    content: str
    """Its words; empty where it has none."""
    refusal: str | None
    """Its refusal, where it says that it refuses."""
    finish: str | None
    """Why it ended: "stop", "length", "content_filter" or what else the server says."""
    tokens: tuple[Token, ...]
    """The words token by token; empty where the server does not give that."""
    tokens_in: int | None
    """Tokens read; None where the server does not say."""
    tokens_out: int | None
    """Tokens answered."""
    served: Mapping[str, str]
    """What the server says of the model's version, by field or header."""

    @property
    def served_by(self) -> str:
        """The same as a phrase."""
        return ", ".join(f"{name} {text}" for name, text in self.served.items())


class Endpoint:
    """A server. May be used from several threads."""

    def __init__(self, address: Address, timeout_s: float, at_once: int) -> None:
        client = require("openai", "openai", "judges openai:")
        httpx = require("httpx2", "openai", "judges openai:")
        _quiet()
        self._address = address
        self._openai = client
        self._httpx = httpx
        self._timeout_s = timeout_s
        self._client: openai.OpenAI = client.OpenAI(
            api_key=address.key,
            base_url=address.base_url,
            max_retries=0,
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S)),
            # Packed answers could be small on the wire and huge here.
            default_headers={"Accept-Encoding": "identity"},
            http_client=client.DefaultHttpxClient(
                follow_redirects=False,
                # A proxy would have what is said to stay on this machine.
                trust_env=not address.is_local,
                limits=httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once),
                event_hooks={"response": [_bounding(httpx, timeout_s)]},
            ),
        )
        weakref.finalize(self, self._client.close)

    def ask(self, body: Mapping[str, Any]) -> Reply:
        """Make a call.

        Args:
            body: The request, as JSON.

        Raises:
            CallFailedError: There is no answer, or none that is of the protocol.
        """
        client = self._openai
        try:
            answer = self._client.post("/chat/completions", cast_to=self._httpx.Response, body=dict(body))
        except client.APITimeoutError:
            raise CallFailedError(
                "passing", f"no answer within {self._timeout_s:g} s", may_cost=True
            ) from None
        except client.APIConnectionError as error:
            raise CallFailedError("passing", self._why(error), may_cost=True) from None
        except client.APIStatusError as error:
            raise self._failure(error.response) from None
        except client.OpenAIError as error:
            raise CallFailedError("unfit", self._shown(f"{type(error).__name__}: {error}")) from None
        return self._reply(answer)

    def _why(self, error: Exception) -> str:
        cause = error.__cause__
        text = f"{type(cause).__name__}: {cause}" if cause is not None else str(error)
        return self._shown(f"the connection failed: {text}")

    def _shown(self, text: str) -> str:
        text = readable(" ".join(self._address.hidden_in(text).split()))
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."

    def _failure(self, response: "httpx2.Response") -> CallFailedError:
        status = response.status_code
        said, codes = _error_of(response.content)
        detail = self._shown(f"the server answers {status}" + (f": {said}" if said else ""))
        if any(code in _FILTERED for code in codes):
            return CallFailedError("refused", detail)
        if status in _DENIED or _NO_MONEY in codes:
            return CallFailedError("denied", detail)
        if status in _TRY_AGAIN or status >= 500:
            return CallFailedError("passing", detail, _pause_s(response.headers))
        if status < 400:
            return CallFailedError("denied", f"{detail}: it sends calls elsewhere. Give its final address.")
        return CallFailedError("unfit", detail)

    def _reply(self, answer: "httpx2.Response") -> Reply:
        try:
            body = json.loads(answer.content)
            served = _served(body, answer.headers)
            reply = _reply_of(body, served)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
            said, _ = _error_of(answer.content)
            what = said or f"{type(error).__name__}: {error}"
            detail = self._shown(f"the server's answer is not of the chat protocol: {what}")
            raise CallFailedError("passing", detail, may_cost=True) from None
        hidden = {name: self._shown(text) for name, text in reply.served.items()}
        refusal = None if reply.refusal is None else self._address.hidden_in(reply.refusal)
        # Label places are found in the words as they came, so a change of their length would only lose probabilities.
        content = self._address.hidden_in(reply.content)
        return Reply(content, refusal, reply.finish, reply.tokens, reply.tokens_in, reply.tokens_out, hidden)


def _bounding(httpx: Any, limit_s: float) -> Callable[[Any], None]:
    """What bounds the bodies of answers before they are read, of those that tell of an error too."""

    class Bounded(httpx.SyncByteStream):
        """The body of an answer, as far as it is allowed to go."""

        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def __iter__(self) -> Iterator[bytes]:
            ends_s = time.monotonic() + limit_s
            n_bytes = 0
            for piece in self._stream:
                n_bytes += len(piece)
                if n_bytes > MAX_BODY_BYTES:
                    raise httpx.ReadError(f"the answer is larger than {MAX_BODY_BYTES:,} bytes")
                if time.monotonic() > ends_s:
                    raise httpx.ReadTimeout("the answer does not end")
                yield piece

        def close(self) -> None:
            self._stream.close()

    def bound(response: Any) -> None:
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise httpx.DecodingError(f"the answer is packed ({encoding[:20]}), which was not asked for")
        response.stream = Bounded(response.stream)

    return bound


def _reply_of(body: Any, served: Mapping[str, str]) -> Reply:
    choice = body["choices"][0]
    message = choice["message"]
    content, refusal = message.get("content"), message.get("refusal")
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if part.get("type") == "text")
    if not isinstance(content, str | None) or not isinstance(refusal, str | None):
        raise TypeError("content and refusal should be text")
    finish = choice.get("finish_reason")
    usage = body.get("usage") or {}
    return Reply(
        content or "",
        refusal or None,
        finish if isinstance(finish, str) else None,
        _tokens(choice.get("logprobs")),
        _count(usage.get("prompt_tokens")),
        _count(usage.get("completion_tokens")),
        served,
    )


def _tokens(logprobs: Any) -> tuple[Token, ...]:
    """The tokens of an answer; none where they are not given, or not as the protocol has them."""
    try:
        return tuple(
            Token(
                _text(one["token"]),
                _logprob(one["logprob"]),
                tuple((_text(o["token"]), _logprob(o["logprob"])) for o in one.get("top_logprobs") or ()),
            )
            for one in (logprobs or {}).get("content") or ()
        )
    except (TypeError, KeyError, ValueError, AttributeError):
        return ()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a token should be text")
    return value


def _logprob(value: Any) -> float:
    number = float(value)
    if math.isnan(number) or number > 1e-3:
        raise ValueError("a log-probability should be at most 0")
    return min(number, 0.0)


def _count(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40
    return value if whole else None


def _served(body: Any, headers: Any) -> dict[str, str]:
    found = {name: body.get(name) for name in _SERVED_FIELDS}
    found |= {name: headers.get(name) for name in _SERVED_HEADERS}
    return {name: value for name, value in found.items() if isinstance(value, str) and value}


def _error_of(content: bytes) -> tuple[str, tuple[str, ...]]:
    """What a server says of an error, in words and as codes; empty where it says nothing that can be read."""
    try:
        error = json.loads(content)["error"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return "", ()
    if isinstance(error, str):
        return error, ()
    if not isinstance(error, dict):
        return "", ()
    codes = tuple(str(error[name]) for name in ("code", "type") if error.get(name) is not None)
    return str(error.get("message") or ", ".join(codes)), codes


def _pause_s(headers: Any) -> float | None:
    """How long a server asks to wait: seconds, or a date."""
    text = (headers.get("retry-after") or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _quiet() -> None:
    # At their lower levels these log the server's address and every request with its frames.
    for name in ("openai", "httpx2", "httpcore2", "httpx", "httpcore"):
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING:
            logger.setLevel(logging.WARNING)
