"""Even frames out of all frames, for judges that have to see them all."""

from dataclasses import dataclass

import numpy as np

from lawful.video.frames import Frames
from lawful.video.picking import Picker
from lawful.video.sampling import Sampling


@dataclass
class Ticks:
    """Picks the frames that are on screen at the ticks of a rate, as a reader of files does."""

    picker: Picker
    """Says which are."""
    newest: Frames | None = None
    """The newest frame: how long it stays is known when the next one comes."""
    step_s: float = 0.0
    """Time between the newest two frames."""


def ticks_at(fps: float) -> Ticks:
    """Picks at most `fps` frames a second."""
    return Ticks(Picker(Sampling(fps=fps), None, 0.0))


def picked(ticks: Ticks, frames: Frames) -> Frames:
    """Those of the frames before the newest that are wanted, as far as is known; changes `ticks`."""
    known = frames if ticks.newest is None else _joined(ticks.newest, frames)
    wanted = [
        ticks.picker.picks(float(start_s), float(end_s))
        for start_s, end_s in zip(known.times_s[:-1], known.times_s[1:], strict=True)
    ]
    if len(known) > 1:
        ticks.step_s = float(known.times_s[-1] - known.times_s[-2])
    ticks.newest = known[-1:]
    chosen = np.flatnonzero(wanted)
    return Frames(known.rgb[chosen], known.times_s[chosen], known.indices[chosen])


def last_picked(ticks: Ticks) -> Frames | None:
    """The newest frame if it is wanted, taken to stay as long as the one before; a clip's only frame always is."""
    if ticks.newest is None:
        return None
    start_s = float(ticks.newest.times_s[0])
    wanted = ticks.step_s == 0 or ticks.picker.picks(start_s, start_s + ticks.step_s)
    return ticks.newest if wanted else None


def _joined(one: Frames, other: Frames) -> Frames:
    return Frames(
        np.concatenate([one.rgb, other.rgb]),
        np.concatenate([one.times_s, other.times_s]),
        np.concatenate([one.indices, other.indices]),
    )
