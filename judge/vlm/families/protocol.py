"""What a family of models is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from jaxtyping import Bool

from lawful.video.frames import Box, Frames

THOUSANDTHS = (1000.0, 1000.0)
"""Width and height where places are given in thousandths of both."""


@dataclass(frozen=True, eq=False)
class Still:
    """Frames that may be shown smaller than the others."""

    frames: Bool[np.ndarray, " frames"]
    """Which they are."""
    scale: float
    """Their sides as a share of those of the others, above 0 and below 1."""


@dataclass(frozen=True, eq=False)
class PackedVideo:
    """Frames as a model of some family reads them."""

    inputs: Mapping[str, Any]
    """Pixel tensors and grids by the names of the model's arguments, on the CPU, pixels in float32."""
    text: str
    """What stands in the prompt for the video: its special tokens spelled out, one for each visual token."""
    n_visual_tokens: int
    """Tokens of the language model that the frames take."""
    grids: tuple[tuple[int, int, int], ...]
    """Steps in time, rows and columns of the patches that the vision tower turns into tokens: once for each stretch of
    steps of one size."""
    step_times_s: tuple[float, ...]
    """Time of each step, seconds from the first decoded frame; a step of several frames is at their middle."""
    step_starts_s: tuple[float, ...]
    """Time of the first frame of each step."""
    size_px: tuple[int, int]
    """Height and width of the frames after the model's own resizing; of two sizes, the larger."""


@dataclass(frozen=True, eq=False)
class Positions:
    """Where the tokens of a prefix stand, and where those after it go on."""

    ids: Any
    """Positions for the model's `position_ids`: (1, tokens), or (3, 1, tokens) where time, row and column count."""
    offset: int
    """Position of a later token less its place in the sequence."""
    axes: int | None
    """3 where positions have three axes, None where they have one."""


class Family(Protocol):
    """One architecture: a frozen dataclass of the numbers that decide how frames are packed."""

    @property
    def model_type(self) -> str:
        """The `model_type` of its `config.json`."""
        ...

    @property
    def model_class(self) -> str:
        """Name of its class in transformers."""
        ...

    @property
    def slot(self) -> str:
        """What its chat template puts where the video goes."""
        ...

    @property
    def own_chat(self) -> str:
        """A plain dialogue in the family's form: `{video}`, then `{text}`, up to where the answer begins."""
        ...

    @property
    def closing_token(self) -> str:
        """The special token that ends the video's text."""
        ...

    @property
    def after_video(self) -> str:
        """Plain text that follows the video whatever the chat template."""
        ...

    @property
    def visual_token(self) -> str:
        """The special token that stands for one visual token."""
        ...

    @property
    def two_sizes(self) -> bool:
        """Whether frames of one video may have two sizes."""
        ...

    def pack(self, frames: Frames, still: Still | None = None) -> PackedVideo:
        """Frames as the model reads them.

        Args:
            frames: The frames.
            still: Those that are shown smaller; None for one size, which is all that a family without `two_sizes` takes.

        Raises:
            InputError: Frames of such a shape cannot be packed.
        """
        ...

    def seen(self, frames: Frames) -> Box:
        """The part of the frames that the model sees: less than the whole where they are cropped."""
        ...

    def box_unit(self, frames: Frames) -> tuple[float, float]:
        """Width and height of the frames in the numbers that the model was trained to give places in."""
        ...

    def positions(self, model: Any, input_ids: Any, packed: PackedVideo) -> Positions:
        """Positions of a prefix that ends with the video.

        Args:
            model: The loaded model.
            input_ids: Tokens of the prefix, (1, tokens).
            packed: The video in it.
        """
        ...
