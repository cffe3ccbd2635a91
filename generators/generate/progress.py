"""What making videos says while it goes on, and what it comes to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Started:
    """It is known what is to be made, and the first video is about to be."""

    folder: Path
    """The folder."""
    n_videos: int
    """Videos that are asked for."""
    n_frames: int
    """Frames of those that are not there yet."""


@dataclass(frozen=True)
class ChunkMade:
    """A chunk of a video is made."""

    file: str
    """The video's path below the folder."""
    chunk: int
    """Number of the chunk within its video."""
    first_frame: int
    """Index of its first frame."""
    last_frame: int
    """Index of its last frame."""
    n_frames: int
    """Its frames."""
    given: bool
    """Whether they came with the request."""
    final: bool
    """Whether they will not come again, changed."""
    spent_s: float
    """Seconds that it took."""
    piece: Path | None = None
    """Where it lies as a file of its own, until its video is whole; None where that was not asked for."""


@dataclass(frozen=True)
class VideoDone:
    """One video is done with."""

    file: str
    """Its path below the folder."""
    n_frames: int
    """Its frames."""
    source: Literal["made", "kept", "failed"]
    """Made now; there before; or it could not be made."""
    error: str | None = None
    """Why it could not be made."""


@dataclass(frozen=True)
class Remarked:
    """Something the user should know; the work goes on."""

    text: str
    """One sentence."""


Progress = Started | ChunkMade | VideoDone | Remarked
Listener = Callable[[Progress], None]


@dataclass(frozen=True)
class GenerateSummary:
    """What a command made."""

    folder: Path
    """The folder."""
    n_made: int = 0
    """Videos made now."""
    n_kept: int = 0
    """Videos that were there."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Videos that could not be made, by file, and why."""


@dataclass(frozen=True)
class ForecastLine:
    """What would be made with one generator."""

    generator: str
    """Its name."""
    n_videos: int
    """Videos that are asked for."""
    n_kept: int
    """Those that are there."""
    n_frames: int
    """Frames of a video."""
    width_px: int
    """Width of the frames."""
    height_px: int
    """Height of the frames."""
    fps: float
    """Frames a second."""
    memory_bytes: int | None
    """Memory that a video takes; None where the generator cannot say."""


@dataclass(frozen=True)
class GenerateForecast:
    """What a command would make."""

    folder: Path
    """The folder."""
    files: tuple[str, ...]
    """The videos that would be made, by their paths below the folder."""
    lines: tuple[ForecastLine, ...]
    """By generator."""
    notes: tuple[str, ...]
    """What the user should know."""


def silent(progress: Progress) -> None:
    """A listener that does nothing."""
