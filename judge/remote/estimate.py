"""How large calls will be, before they are made: rules of thumb, which the server's own counts replace afterwards."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lawful.checklists.suite import Question
from lawful.judge.bill import Bill
from lawful.judge.protocol import Given
from lawful.judge.remote.desk import Size
from lawful.judge.remote.settings import RemoteSettings
from lawful.judge.vlm.settings import FramePolicy
from lawful.video.frames import ClipMeta

_PIXELS_A_TOKEN = 28 * 28
_BYTES_A_TOKEN = 3
_WORDS_AROUND = 600
"""Bytes of a call beside questions and what is given: the wording, and the form of the answer."""
_PROTOCOL_BYTES = 2500
"""The same under RULER-Bench's protocol."""
_TIME_TOKENS = 6
_LABEL_TOKENS = 12
_REASON_TOKENS = 150


def frames_shown(meta: ClipMeta, policy: FramePolicy, until_s: float | None = None) -> int:
    """How many frames of a clip will be shown, at most."""
    if policy.kind == "count":
        return policy.count
    known_s = meta.duration_s
    if known_s is None and meta.n_frames is not None and meta.fps > 0:
        known_s = meta.n_frames / meta.fps
    if known_s is None and until_s is None:
        return policy.max_frames
    seconds = min(time_s for time_s in (known_s, until_s) if time_s is not None)
    n = max(1, math.ceil(seconds * min(policy.fps, meta.fps if meta.fps > 0 else policy.fps)))
    while n > policy.max_frames:
        n = math.ceil(n / 2)
    return min(n, policy.count) if policy.kind == "key_clips" else n


def frame_tokens(width_px: int, height_px: int, settings: RemoteSettings) -> float:
    """Tokens of one frame and its time."""
    time_tokens = _TIME_TOKENS if settings.frame_times and settings.frames_as == "images" else 0
    if settings.access.tokens_per_frame is not None:
        return settings.access.tokens_per_frame + time_tokens
    shrink = min(settings.policy.long_side_px / max(width_px, height_px, 1), 1.0)
    return math.ceil(width_px * height_px * shrink * shrink / _PIXELS_A_TOKEN) + time_tokens


def chat_size(chat: Sequence[Mapping[str, Any]], n_frames: int, a_frame: float, max_tokens: int) -> Size:
    """How large a call with some messages is at most."""
    n_bytes = 0
    for message in chat:
        parts = message["content"]
        texts = [parts] if isinstance(parts, str) else [one["text"] for one in parts if one["type"] == "text"]
        n_bytes += sum(len(text.encode()) for text in texts)
    return Size(math.ceil(n_frames * a_frame + n_bytes / _BYTES_A_TOKEN), max_tokens)


def estimated_bill(
    settings: RemoteSettings,
    meta: ClipMeta,
    questions: Sequence[Question],
    given: Mapping[Given, str],
    until_s: float | None = None,
) -> Bill:
    """What one look at a clip is likely to cost if every answer is usable and no premise fails."""
    if not questions:
        return Bill()
    seen = frames_shown(meta, settings.policy, until_s) * frame_tokens(
        meta.width_px, meta.height_px, settings
    )
    at_once = settings.protocol == "ruler"
    n_calls = 1 if at_once else len(questions)
    asked = sum(len(question.text.encode()) for question in questions)
    around = _WORDS_AROUND if settings.protocol == "own" else _PROTOCOL_BYTES
    around += sum(len(text.encode()) for name, text in given.items() if name in ("prompt", "expected"))
    tokens_in = math.ceil(n_calls * seen + (asked + n_calls * around) / _BYTES_A_TOKEN)
    a_label = _LABEL_TOKENS + (_REASON_TOKENS if settings.rationale else 0)
    tokens_out = min(len(questions) * a_label, n_calls * settings.max_tokens)
    prices = settings.access.prices
    if prices is None:
        return Bill(n_calls, tokens_in, tokens_out)
    return Bill(n_calls, tokens_in, tokens_out, prices.cost(tokens_in, tokens_out), prices.currency)
