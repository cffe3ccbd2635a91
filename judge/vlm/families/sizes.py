"""What preprocessor files say of sizes and colours, read with care."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lawful.core.errors import InputError

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
HALF = (0.5, 0.5, 0.5)


@dataclass(frozen=True)
class Colours:
    """How bytes become numbers: (byte / 255 - mean) / std, for red, green and blue."""

    mean: tuple[float, float, float]
    """What is taken off."""
    std: tuple[float, float, float]
    """What the rest is divided by."""


def colours(preprocessing: Mapping[str, Any], default: Colours) -> Colours:
    """The colours of a preprocessor file.

    Raises:
        InputError: They are no three numbers each.
    """
    mean = three(preprocessing.get("image_mean", default.mean), "image_mean")
    std = three(preprocessing.get("image_std", default.std), "image_std")
    if min(std) <= 0:
        raise InputError(f"preprocessor files: image_std should be above 0, found {std}")
    return Colours(mean, std)


def three(value: Any, name: str) -> tuple[float, float, float]:
    """Three numbers."""
    numbers = (value,) * 3 if isinstance(value, int | float) else value
    if (
        isinstance(numbers, Sequence)
        and len(numbers) == 3
        and all(isinstance(n, int | float) for n in numbers)
    ):
        return float(numbers[0]), float(numbers[1]), float(numbers[2])
    raise InputError(f"preprocessor files: {name} should be three numbers, found {value!r}")


def whole(
    source: Mapping[str, Any], name: str, default: int | None = None, where: str = "config.json"
) -> int:
    """A whole number above 0.

    Raises:
        InputError: It is missing and has no default, or is something else.
    """
    value = source.get(name, default)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise InputError(f"{where}: {name} should be a whole number above 0, found {value!r}")


def inner(source: Mapping[str, Any], name: str, where: str = "config.json") -> Mapping[str, Any]:
    """An object inside.

    Raises:
        InputError: It is missing or something else.
    """
    value = source.get(name)
    if isinstance(value, Mapping):
        return value
    raise InputError(f"{where}: {name} should be an object, found {value!r}")


def square_side(config: Mapping[str, Any], vision: Mapping[str, Any]) -> int:
    """Side in px of the square pictures that a vision tower reads."""
    value = vision.get("image_size")
    if isinstance(value, Sequence) and not isinstance(value, str) and value and len(set(value)) == 1:
        value = value[0]
    return whole({"vision_config.image_size": value}, "vision_config.image_size")
