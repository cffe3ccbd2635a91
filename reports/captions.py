"""The strip under an overlay video: a bar of time with the evidence on it, and what is said now."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

STRIP_PX = 76
"""Height of the strip; even."""
_BAR_PX = 8
_MARGIN_PX = 8
_FONT_PX = 15
_LINE_PX = 19
_MAX_LINES = 3
_PLAIN = str.maketrans("×−‐‑–—‘’“”", "x-----''\"\"")
_NO_GLYPH = "\uffff"
_PAPER, _INK, _QUIET, _RAIL = (18, 20, 22), (230, 232, 234), (150, 156, 162), (48, 53, 58)


@dataclass(frozen=True)
class Caption:
    """What one piece of evidence says."""

    law: str
    """Name of its law, and a remark where it is no violation."""
    text: str
    """Its sentence."""
    rgb: tuple[int, int, int]
    """The law's colour."""


def caption_strip(
    width_px: int,
    captions: tuple[Caption, ...],
    spans: Sequence[tuple[float, float, tuple[int, int, int]]],
    time_s: float,
    duration_s: float,
) -> UInt8[np.ndarray, "strip width 3"]:
    """The strip at one moment.

    Args:
        width_px: Its width.
        captions: What is said now.
        spans: Start, end and colour of all evidence of the clip.
        time_s: Now.
        duration_s: Length of the clip.
    """
    strip = np.empty((STRIP_PX, width_px, 3), np.uint8)
    strip[_BAR_PX:] = _words(width_px, captions, f"{time_s:.2f} s")
    strip[:_BAR_PX] = _RAIL
    scale = width_px / max(duration_s, 1e-9)
    for start_s, end_s, rgb in spans:
        left = min(max(int(start_s * scale), 0), width_px - 2)
        strip[1 : _BAR_PX - 1, left : max(left + 2, int(end_s * scale))] = rgb
    now = min(max(int(time_s * scale), 0), width_px - 2)
    strip[:_BAR_PX, now : now + 2] = _INK
    return strip


@lru_cache(maxsize=64)
def _words(width_px: int, captions: tuple[Caption, ...], clock: str) -> UInt8[np.ndarray, "strip width 3"]:
    picture = Image.new("RGB", (width_px, STRIP_PX - _BAR_PX), _PAPER)
    draw = ImageDraw.Draw(picture)
    font = _font()
    clock_px = draw.textlength(clock, font)
    draw.text((width_px - _MARGIN_PX - clock_px, 4), clock, _QUIET, font)
    line = 0
    for caption in captions:
        law = _drawable(caption.law)
        indent = _MARGIN_PX + draw.textlength(law + "  ", font)
        room = width_px - indent - 2 * _MARGIN_PX - clock_px
        lines = _wrapped(_drawable(caption.text), room, draw)[: max(_MAX_LINES - line, 0)]
        if lines:
            draw.text((_MARGIN_PX, 4 + line * _LINE_PX), law, caption.rgb, font)
        for text in lines:
            draw.text((indent, 4 + line * _LINE_PX), text, _INK, font)
            line += 1
    return np.asarray(picture)


def _wrapped(text: str, room_px: float, draw: ImageDraw.ImageDraw) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and draw.textlength(longer, _font()) > room_px:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _drawable(text: str) -> str:
    """The text on one line, in plain letters, with "?" for what the font cannot draw."""
    parts = unicodedata.normalize("NFKD", " ".join(text.split()).translate(_PLAIN))
    plain = "".join(mark for mark in parts if not unicodedata.combining(mark))
    return "".join(mark if _has_glyph(mark) else "?" for mark in plain)


@lru_cache(maxsize=1024)
def _has_glyph(mark: str) -> bool:
    return mark == " " or _drawn(mark) != _drawn(_NO_GLYPH)


def _drawn(mark: str) -> bytes:
    picture = Image.new("L", (2 * _FONT_PX, 2 * _FONT_PX))
    ImageDraw.Draw(picture).text((0, 0), mark, 255, _font())
    return picture.tobytes()


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(_FONT_PX)
