"""What tells a broken clip from its lawful twin without any look at physics: size, length, name, mean motion."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from scipy.stats import binomtest

from lawful.core.errors import InputError
from lawful.video.read import open_video, read_frames

NEUTRAL: tuple[str, ...] = (
    "file_bytes",
    "duration_s",
    "n_frames",
    "fps",
    "width_px",
    "height_px",
    "name_length",
    "name_number",
    "name_letter",
    "first_brightness",
    "first_contrast",
    "first_coded_bytes",
)
"""Features that must not tell twins apart; those of the first frame do where no frame is shared."""
PHYSICAL: tuple[str, ...] = ("coded_bytes", "mean_motion", "brightness")
"""Features of all that is to be seen: broken physics itself may change them, as a vanished object moves less."""


@dataclass(frozen=True)
class LeakRow:
    """How well one feature tells which of two twins is broken, by the rule that it is the greater one."""

    feature: str
    """Its name."""
    n_pairs: int
    """Pairs it was asked for."""
    n_ties: int
    """Pairs in which both twins have the same value; they count half."""
    accuracy: float
    """Share of pairs that it gets right; below 0.5 it is the lesser one."""
    low: float
    """Lower end of the exact 95 % interval; ties are taken as given."""
    high: float
    """Upper end of it."""
    auroc: float
    """Chance that any broken clip has more than any lawful one; ties count half."""
    p: float
    """Of the two-sided sign test against chance; 1 where all are ties."""


def trivial_features(path: Path) -> dict[str, float]:
    """Numbers of a video file that know nothing of physics.

    Args:
        path: The file, as `write_clip` writes it.

    Returns:
        Values of `NEUTRAL` and `PHYSICAL`: bytes of the file and of the coded pictures in it; its name's length,
        number and last letter; grey levels for brightness, contrast (standard deviation) and motion (mean
        absolute difference of successive frames).

    Raises:
        InputError: It is no video that can be read.
    """
    with open_video(path) as reader:
        frames, meta = read_frames(reader), reader.meta
        duration_s = reader.decoded_duration_s
    with av.open(str(path)) as container:
        packets = [packet.size for packet in container.demux(video=0)]
    steps = np.abs(np.diff(frames.rgb.astype(np.int16), axis=0))
    number = re.search(r"\d+", path.stem)
    return {
        "file_bytes": float(path.stat().st_size),
        "duration_s": duration_s,
        "n_frames": float(len(frames)),
        "fps": meta.fps,
        "width_px": float(meta.width_px),
        "height_px": float(meta.height_px),
        "name_length": float(len(path.stem)),
        "name_number": float(number[0]) if number else -1.0,
        "name_letter": float(ord(path.stem[-1])),
        "first_brightness": float(frames.rgb[0].mean()),
        "first_contrast": float(frames.rgb[0].std()),
        "first_coded_bytes": float(packets[0]),
        "coded_bytes": float(sum(packets)),
        "mean_motion": float(steps.mean()) if len(steps) else 0.0,
        "brightness": float(frames.rgb.mean()),
    }


def leak_table(pairs: Sequence[tuple[Mapping[str, float], Mapping[str, float]]]) -> tuple[LeakRow, ...]:
    """How well each feature tells twins apart. The direction is fixed beforehand, so chance is 0.5.

    Args:
        pairs: Features of a lawful clip and of its broken twin.

    Returns:
        One row for each feature.

    Raises:
        InputError: There are no pairs.
    """
    if not pairs:
        raise InputError("leak_table needs at least one pair of twins.")
    return tuple(
        _row(name, np.array([[twin[name] for twin in pair] for pair in pairs])) for name in pairs[0][0]
    )


def _row(name: str, values: np.ndarray) -> LeakRow:
    lawful, broken = values.T
    wins, losses = int((broken > lawful).sum()), int((broken < lawful).sum())
    n_pairs, told = len(values), wins + losses
    ties = n_pairs - told
    low, high, p = 0.5, 0.5, 1.0
    if told:
        test = binomtest(wins, told)
        interval = test.proportion_ci(0.95, method="exact")
        low, high = ((ties / 2 + told * end) / n_pairs for end in (interval.low, interval.high))
        p = float(test.pvalue)
    above = (broken[:, None] > lawful) + 0.5 * (broken[:, None] == lawful)
    return LeakRow(
        name, n_pairs, ties, (wins + ties / 2) / n_pairs, float(low), float(high), float(above.mean()), p
    )
