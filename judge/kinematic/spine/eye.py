"""The trained net at work, in NumPy: frame by frame, on any machine, without torch.

It computes what `SpineNet` does once it is trained, its norms folded into the weights.
"""

import hashlib
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
from jaxtyping import Float32, UInt8

from lawful.core.errors import InputError

SIZE = 64
"""Pixels of a view along each side, whatever the frame's shape."""
CHANNELS = 8
"""Planes of a view: red, green, blue; what red, green and blue gained; the size of the change; the length of the step."""
MIDDLE = 128
"""Middle of the levels: no gain, a step of the usual length; colours are told from it too."""
CHANGE = 6
"""The plane of the size of the change."""
LOOK_AHEAD = 6
"""Frames after the one that is spoken of that the net sees."""
CELLS = 8
"""Cells along each side of a frame."""
SPACINGS = (1, 1, 2, 2, 4)
"""Of each block: frames between the three that it mixes, so that it sees 20 frames back from the newest."""
STRIDES = (2, 2, 1, 2)
"""Of each convolution that takes a view down to cells."""
_MOST_AT_ONCE = 1 << 17
# Its exponential is still a float32.
_LEAST = np.float32(-80.0)
FORMAT = "lawful kinematic spine 1"
WEIGHTS_FILE = "spine.safetensors"
"""Name of the shipped weights, in `lawful.judge.kinematic.spine.weights`."""

View = UInt8[np.ndarray, "8 64 64"]
Matrix = Float32[np.ndarray, "inputs outputs"]
Map = Float32[np.ndarray, "rows columns planes"]


@dataclass(frozen=True, eq=False)
class Layer:
    """One convolution, of the neighbours of a cell or of what it was in some frames."""

    weight: Matrix
    """From what is mixed to what comes out: rows are neighbours (or frames), then planes, the last fastest."""
    bias: Float32[np.ndarray, " outputs"]
    """Added to it."""


@dataclass(frozen=True, eq=False)
class Eye:
    """A trained net."""

    encoder: tuple[Layer, ...]
    """From a view to cells."""
    blocks: tuple[tuple[Layer, Layer], ...]
    """Over time, then over space."""
    head: Layer
    """From planes to logits."""
    families: tuple[str, ...]
    """What the logits after the first are of."""
    made_on: str
    """What it was trained on, in words."""
    sha256: str
    """Digest of its file."""


@dataclass
class Past:
    """What the blocks look back at, of one shot."""

    seen: tuple[deque[Map], ...] = field(
        default_factory=lambda: tuple(deque(maxlen=2 * spacing + 1) for spacing in SPACINGS)
    )
    """By block, the newest last."""


def blank() -> View:
    """What is seen after the last frame of a shot."""
    return np.zeros((CHANNELS, SIZE, SIZE), np.uint8)


def look(eye: Eye, past: Past, view: View) -> Float32[np.ndarray, "8 8 outputs"]:
    """What is amiss in each cell of the frame `LOOK_AHEAD` before this one, as logits.

    Args:
        eye: The net.
        past: Changed in place.
        view: What is seen of the newest frame; `blank()` after the last.

    Returns:
        First whether anything is amiss, then which family it is of.
    """
    seen = ((view.astype(np.float32) - MIDDLE) / 64).transpose(1, 2, 0)
    for layer, stride in zip(eye.encoder, STRIDES, strict=True):
        seen = _silu(_through(_neighbours(seen, stride), layer))
    for (over_time, over_space), spacing, held in zip(eye.blocks, SPACINGS, past.seen, strict=True):
        held.append(seen)
        nothing = np.zeros_like(seen)
        taps = [held[-1 - back] if back < len(held) else nothing for back in (2 * spacing, spacing, 0)]
        mixed = _silu(_through(np.concatenate(taps, axis=2), over_time))
        seen = seen + _silu(_through(_neighbours(mixed, 1), over_space))
    return _through(seen, eye.head)


def _through(mixed: Float32[np.ndarray, "rows columns mixed"], layer: Layer) -> Map:
    # In parts so small that they are done in one thread: several, where a worker has one core, take twice as long.
    pixels, inputs = mixed.shape[0] * mixed.shape[1], mixed.shape[2]
    parts = min(max(1, pixels * layer.weight.size // _MOST_AT_ONCE), pixels)
    flat = mixed.reshape(1 << (parts - 1).bit_length(), -1, inputs) @ layer.weight
    flat += layer.bias
    return flat.reshape(*mixed.shape[:2], -1)


def _neighbours(seen: Map, stride: int) -> Float32[np.ndarray, "fewer_rows fewer_columns mixed"]:
    """The 3 x 3 pixels around each, zeros outside, one after the other."""
    rows, columns, planes = seen.shape
    padded = np.zeros((rows + 2, columns + 2, planes), np.float32)
    padded[1:-1, 1:-1] = seen
    mixed = np.empty((rows // stride, columns // stride, 9, planes), np.float32)
    for at in range(9):
        mixed[:, :, at] = padded[at // 3 : at // 3 + rows : stride, at % 3 : at % 3 + columns : stride]
    return mixed.reshape(rows // stride, columns // stride, 9 * planes)


def _silu(seen: Map) -> Map:
    return seen / (1 + np.exp(-np.maximum(seen, _LEAST)))


def read_eye(held: bytes, name: str) -> Eye:
    """The net of the content of a file.

    Args:
        held: The file, safetensors.
        name: What errors call it.

    Raises:
        InputError: It is of another format, or its weights do not fit together.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        weights = load(held)
    except SafetensorError as error:
        raise InputError(f"{name}: no safetensors file: {error}") from error
    except KeyError as error:
        raise InputError(f"{name}: weights of a kind that NumPy does not know: {error}") from error
    about: Mapping[str, str] = (
        json.loads(held[8 : 8 + int.from_bytes(held[:8], "little")]).get("__metadata__") or {}
    )
    if about.get("format") != FORMAT:
        raise InputError(f"{name}: holds {about.get('format', 'no stated format')!r}, expected {FORMAT!r}")

    def layer(place: str) -> Layer:
        weight = weights[f"{place}.weight"].astype(np.float32)
        mixes = np.ascontiguousarray(weight.transpose(2, 3, 1, 0)).reshape(-1, len(weight))
        bias = weights[f"{place}.bias"].astype(np.float32)
        if bias.shape != (len(weight),):
            raise ValueError(f"{place} has {len(weight)} outputs and a bias of shape {bias.shape}")
        if not (np.isfinite(mixes).all() and np.isfinite(bias).all()):
            raise ValueError(f"{place} holds numbers that are not finite")
        return Layer(mixes, bias)

    try:
        eye = Eye(
            encoder=tuple(layer(f"encoder.{number}") for number in range(len(STRIDES))),
            blocks=tuple(
                (layer(f"blocks.{number}.over_time"), layer(f"blocks.{number}.over_space"))
                for number in range(len(SPACINGS))
            ),
            head=layer("head"),
            families=_families(json.loads(about["families"])),
            made_on=about["made_on"],
            sha256=hashlib.sha256(held).hexdigest(),
        )
        logits = look(eye, Past(), blank())
    except (KeyError, ValueError) as error:
        raise InputError(f"{name}: the weights do not fit together: {error}") from error
    if logits.shape != (CELLS, CELLS, 1 + len(eye.families)):
        raise InputError(
            f"{name}: it gives {logits.shape[-1]} numbers a cell for {len(eye.families)} families, expected one more"
        )
    return eye


def _families(told: object) -> tuple[str, ...]:
    names = told if isinstance(told, list) else []
    if not names or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise ValueError(f"families must be a list of distinct names, got {told!r}")
    return tuple(names)


@cache
def shipped_eye() -> Eye:
    """The net that ships."""
    folder = files("lawful.judge.kinematic.spine.weights")
    return read_eye(folder.joinpath(WEIGHTS_FILE).read_bytes(), WEIGHTS_FILE)
