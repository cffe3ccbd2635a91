"""Clips that Pillow reads: animated webp, and folders of numbered images."""

import math
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from lawful.core.errors import InputError
from lawful.video.sources import MAX_FPS, MAX_PIXELS, NOMINAL_FPS, DamagedError, Decoded, Size, over_black

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})
"""Endings of the images that a folder may be made of."""
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
_MAX_FILE_BYTES = 512 << 20
_NUMBERED = re.compile(r"^(?P<prefix>.*?)(?P<number>\d{1,18})$")
_ANIMATION_FLAG = 0x02


@dataclass(frozen=True)
class NumberedImages:
    """The images of a folder that make one clip."""

    paths: tuple[Path, ...]
    """The images in the order of their numbers."""
    numbers: tuple[int, ...]
    """Their numbers, increasing."""


def is_webp(path: Path) -> bool:
    """Whether a file's first bytes are those of a webp."""
    with path.open("rb") as file:
        head = file.read(12)
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def is_animated_webp(path: Path) -> bool:
    """Whether a file's header says that it is a webp with an animation."""
    with path.open("rb") as file:
        head = file.read(21)
    return (
        head[:4] == b"RIFF"
        and head[8:16] == b"WEBPVP8X"
        and len(head) > 20
        and head[20] & _ANIMATION_FLAG > 0
    )


def read_picture(path: Path) -> UInt8[np.ndarray, "height width 3"]:
    """A picture's pixels, upright, as sRGB over black.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with path.open("rb"), _upright(path) as image:  # opened here for the system's own word on what fails
            return _rgb(image, image.size)
    except OSError as error:
        raise InputError(f"{path}: the picture cannot be read: {error.strerror}") from error
    except DamagedError as error:
        raise InputError(f"{path}: the picture cannot be read: {error}") from error


def covering(
    rgb: UInt8[np.ndarray, "height width 3"], width_px: int, height_px: int
) -> UInt8[np.ndarray, "new_height new_width 3"]:
    """A picture at another size: scaled until it covers it, and cut evenly at both sides."""
    image = Image.fromarray(rgb)
    if image.size == (width_px, height_px):
        return rgb
    return np.asarray(ImageOps.fit(image, (width_px, height_px), Image.Resampling.LANCZOS))


def numbered_images(names: Sequence[Path]) -> NumberedImages | str:
    """The clip that some images make, or a line that says why they make none.

    Every file whose name ends in a number, before an ending of `IMAGE_SUFFIXES`, is a numbered image. There must
    be two or more, with one prefix and one ending, and no number twice; other images do not count.
    """
    found: dict[tuple[str, str], dict[int, Path]] = {}
    for path in sorted(names):
        match = _NUMBERED.match(path.stem)
        if match is None or path.suffix.lower() not in IMAGE_SUFFIXES:
            continue
        series = found.setdefault((match["prefix"], path.suffix.lower()), {})
        number = int(match["number"])
        if number in series:
            return f"{series[number].name} and {path.name} have the same number"
        series[number] = path
    if not found:
        return "it holds no numbered images"
    if len(found) > 1:
        kinds = ", ".join(f"{prefix}*{suffix}" for prefix, suffix in sorted(found)[:3])
        return f"its numbered images have more than one prefix or ending ({kinds})"
    (series,) = found.values()
    if len(series) < 2:
        return "it holds a single numbered image"
    numbers = tuple(sorted(series))
    return NumberedImages(tuple(series[number] for number in numbers), numbers)


class ImageFolderSource:
    """A folder of numbered images.

    The smallest step between two numbers is one interval of `fps`, so that images taken at every fifth frame
    are evenly spaced and a missing image leaves its time empty.

    Raises:
        InputError: The folder is no clip, or its first image cannot be read.
    """

    def __init__(self, name: str, images: NumberedImages, fps: float) -> None:
        self._images = images
        self.fps = fps
        steps = [after - before for before, after in zip(images.numbers, images.numbers[1:], strict=False)]
        step = math.gcd(*steps)
        first = images.numbers[0]
        self._stamps: list[float | None] = [(number - first) / step / fps for number in images.numbers]
        self.rounding_s = 0.0
        self.declared_s = None
        self.declared_frames = len(images.paths)
        try:
            with _upright(images.paths[0]) as image:
                self.size: Size = image.size
                _rgb(image, image.size)
        except DamagedError as error:
            raise InputError(f"{name}: the first image cannot be read: {error}") from error

    def decode(self) -> Iterator[Decoded]:
        """See `Source.decode`."""
        for path, stamp_s in zip(self._images.paths, self._stamps, strict=True):
            yield Decoded(stamp_s, 1 / self.fps, self._loader(path))

    def stamps(self) -> list[float | None]:
        """See `Source.stamps`."""
        return list(self._stamps)

    def shortfall(self, decoded_frames: int, decoded_s: float) -> str | None:
        """See `Source.shortfall`; images are whole or absent."""
        return None

    def _loader(self, path: Path) -> Callable[[Size], UInt8[np.ndarray, "height width 3"]]:
        def load(size: Size) -> UInt8[np.ndarray, "height width 3"]:
            with _upright(path) as image:
                if image.size != self.size:
                    found, first = (f"{width}x{height}" for width, height in (image.size, self.size))
                    raise DamagedError(f"{path.name} is {found}, the first is {first}")
                return _rgb(image, size)

        return load


class WebpSource:
    """An animated webp.

    Raises:
        InputError: It cannot be read; one line that says why.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        try:
            with _opened(path) as image:
                self.size: Size = image.size
                self.declared_frames: int | None = int(getattr(image, "n_frames", 1))
            first = next(self.decode(), None)
        except DamagedError as error:
            raise InputError(f"{name}: not a video that can be read: {error}") from error
        if first is None:
            raise InputError(f"{name}: the video has no frames")
        self.fps = NOMINAL_FPS if first.duration_s is None else min(1 / first.duration_s, MAX_FPS)
        self.rounding_s = 0.001
        self.declared_s = None

    def decode(self) -> Iterator[Decoded]:
        """See `Source.decode`."""
        for image in self._images():
            duration_s = image.info.get("duration", 0) / 1000
            picture = image.copy()  # the image is the next frame before this one is asked for its pixels
            yield Decoded(
                stamp_s=_stamp_s(image),
                duration_s=duration_s if duration_s > 0 else None,
                rgb=lambda size, picture=picture: _rgb(picture, size),
            )

    def stamps(self) -> list[float | None]:
        """See `Source.stamps`; webp must be decoded for them."""
        found: list[float | None] = []
        with suppress(DamagedError):  # decoding meets the same damage and tells of it
            found.extend(_stamp_s(image) for image in self._images())
        return found

    def _images(self) -> Iterator[Image.Image]:
        with _opened(self._path) as image:
            for position in range(int(getattr(image, "n_frames", 1))):
                with _pillow_errors():
                    image.seek(position)
                    image.load()
                yield image

    def shortfall(self, decoded_frames: int, decoded_s: float) -> str | None:
        """See `Source.shortfall`; a webp that is cut off fails while it is decoded."""
        return None


@contextmanager
def _upright(path: Path) -> Iterator[Image.Image]:
    with _opened(path) as image, _pillow_errors():
        yield ImageOps.exif_transpose(image)


def _stamp_s(image: Image.Image) -> float:
    return image.info.get("timestamp", 0) / 1000


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    with _pillow_errors():
        size = path.stat().st_size
        if size > _MAX_FILE_BYTES:
            raise DamagedError(f"{path.name} has {size} bytes, more than {_MAX_FILE_BYTES}")
        with warnings.catch_warnings():
            # Pillow warns of large pictures; the limit below is stricter.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path, formats=_FORMATS)
    with image:
        if image.width * image.height > MAX_PIXELS:
            raise DamagedError(
                f"{path.name} of {image.width}x{image.height} is larger than {MAX_PIXELS} pixels"
            )
        yield image


@contextmanager
def _pillow_errors() -> Iterator[None]:
    try:
        yield
    except UnidentifiedImageError as error:
        raise DamagedError("not an image that can be read") from error
    except Image.DecompressionBombError as error:
        raise DamagedError(f"larger than {MAX_PIXELS} pixels") from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        OverflowError,
        TypeError,
        IndexError,
        KeyError,
    ) as error:
        # Pillow's decoders let any of these through on broken files.
        raise DamagedError(str(error) or type(error).__name__) from error


def _rgb(image: Image.Image, size: Size) -> UInt8[np.ndarray, "height width 3"]:
    """The picture's pixels as sRGB over black, shrunk; 16-bit greys keep their upper 8 bits."""
    if image.mode.startswith("I"):
        grey = (np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
        image = Image.fromarray(grey)
    if image.mode == "F":
        raise DamagedError("floating-point images are not read: store 8 or 16 bits")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    if image.size != size:
        image = image.resize(size, Image.Resampling.BOX)
    pixels = np.asarray(image)
    return over_black(pixels) if image.mode == "RGBA" else pixels
