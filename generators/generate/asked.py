"""What is asked of generators: which cases, seeds and sizes, and where the videos go."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from lawful.checklists.suite import Case, Suite
from lawful.core.errors import AbsentError, InputError
from lawful.generators.protocol import Capabilities
from lawful.generators.records import MAX_SEED

UNKNOWN_LENGTH_S = 2.0
"""Length of videos of a generator that was trained on no known length and has no longest."""
MAX_SEEDS = 100_000
_PART = re.compile(r"(\d{1,19})(?::(\d{1,19}))?")


@dataclass(frozen=True)
class GenerateRequest:
    """Videos that are asked for."""

    suite: str
    """Name of a suite, or path of its file; it has cases."""
    generators: tuple[str, ...]
    """Names of generators."""
    out: Path
    """The folder."""
    seeds: tuple[int, ...] | None = None
    """Seeds of every case; None for each case's own, or 0 where it names none."""
    cases: tuple[str, ...] = ()
    """Ids of cases, or patterns of them such as "fluids/*"; empty for all."""
    config: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Settings that differ from a generator's defaults, by its name."""
    n_frames: int | None = None
    """Frames of a video."""
    duration_s: float | None = None
    """Length of a video, instead of `n_frames`; with neither, see `frames`."""
    fps: float | None = None
    """Frames a second; None for the generator's own."""
    width_px: int | None = None
    """Width; None for the generator's own."""
    height_px: int | None = None
    """Height; None for the generator's own."""
    device: str | None = None
    """Where the models run, such as "cuda:0", or several with commas; None for each generator's own choice."""
    dtype: str | None = None
    """Number format of the weights, such as "bfloat16"; None for each generator's own choice."""
    keep_chunks: bool = False
    """Also write each chunk as a file of its own as soon as it is made, until its video is whole."""

    def __post_init__(self) -> None:
        checks = (
            (bool(self.generators), "no generator is named"),
            (all(self.devices) or self.device is None, f"a device is missing in {self.device!r}"),
            (self.seeds is None or bool(self.seeds), "no seed is named"),
            (
                self.n_frames is None or self.duration_s is None,
                "the length is given twice: leave out the frames or the duration",
            ),
            (self.n_frames is None or self.n_frames >= 1, f"frames must be 1 or more, got {self.n_frames}"),
            *(
                (
                    value is None or (value > 0 and math.isfinite(value)),
                    f"{name} must be above 0, got {value}",
                )
                for name, value in (("duration", self.duration_s), ("fps", self.fps))
            ),
        )
        for holds, text in checks:
            if not holds:
                raise InputError(text)
        stray = sorted(set(self.config) - set(self.generators))
        if stray:
            raise InputError(
                f"there are settings for the generator {stray[0]!r}, which is not asked; "
                f"asked: {', '.join(self.generators)}"
            )

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that share the videos; empty where the choice is left to the generators."""
        return () if self.device is None else tuple(name.strip() for name in self.device.split(","))

    def settings(self, generator: str) -> dict[str, Any]:
        """What the factory of a generator is given: its settings, with the first device and the dtype asked for."""
        placed = {"device": self.devices[0] if self.devices else None, "dtype": self.dtype}
        asked = {name: value for name, value in placed.items() if value is not None}
        return {**self.config.get(generator, {}), **asked}

    def frames(self, can: Capabilities) -> int:
        """Frames of a video of a generator: as asked, else as it was trained, else its longest, else 2 s."""
        if self.n_frames is not None:
            return self.n_frames
        if self.duration_s is None:
            longest = can.trained_frames or can.max_frames
            if longest is not None:
                return longest
        fps = can.fps if self.fps is None else self.fps
        return max(1, round((UNKNOWN_LENGTH_S if self.duration_s is None else self.duration_s) * fps))


def parse_seeds(text: str) -> tuple[int, ...]:
    """Seeds as users write them: numbers, and ranges without their end, with commas between.

    >>> parse_seeds("0:4"), parse_seeds("7,0:2")
    ((0, 1, 2, 3), (7, 0, 1))

    Raises:
        InputError: It is no such list, is empty, names a seed twice, or more than 100,000 of them.
    """
    seeds: list[int] = []
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise InputError(f"seeds {text!r}: {part.strip()!r} is no seed and no range; write 0:4 or 0,1,7")
        first = int(match[1])
        end = first + 1 if match[2] is None else int(match[2])
        if end <= first:
            raise InputError(f"seeds {text!r}: the range {part.strip()} is empty; 0:4 stands for 0, 1, 2, 3")
        if end - 1 > MAX_SEED:
            raise InputError(f"seeds {text!r}: a seed is at most 2**63 - 1")
        if len(seeds) + end - first > MAX_SEEDS:
            raise InputError(f"seeds {text!r}: more than {MAX_SEEDS:,} seeds")
        seeds.extend(range(first, end))
    if len(set(seeds)) < len(seeds):
        raise InputError(f"seeds {text!r}: a seed is named twice")
    return tuple(seeds)


def chosen_cases(suite: Suite, patterns: Sequence[str]) -> list[Case]:
    """The cases of a suite that some ids and patterns name, in the suite's order.

    Raises:
        InputError: The suite has no cases.
        AbsentError: A pattern fits none.
    """
    if not suite.cases:
        raise InputError(
            f"suite {suite.id!r} has questions for any video and no cases, so it says nothing to generate; "
            "name a suite with cases (`lawful checklists list` counts them)"
        )
    for pattern in patterns:
        if not any(fnmatchcase(case, pattern) for case in suite.cases):
            known = ", ".join(list(suite.cases)[:20])
            more = " ..." if len(suite.cases) > 20 else ""
            raise AbsentError(f"suite {suite.id!r} has no case {pattern!r}. Its cases: {known}{more}")
    cases = suite.cases.values()
    return [case for case in cases if not patterns or any(fnmatchcase(case.id, one) for one in patterns)]
