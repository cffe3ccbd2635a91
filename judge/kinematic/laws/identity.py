"""Identity and rigidity: a body keeps its colour, its shape and its size."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from lawful.judge.kinematic.events.breaks import Break
from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.laws.witness import by_themselves, finding
from lawful.judge.kinematic.memory import (
    AREA,
    LONGER,
    PARTLY,
    RELIABLE,
    RGB,
    SEEN,
    SHORTER,
    SIGHT,
    TIME,
    ZOOM,
    Memory,
    Rows,
    Trail,
)
from lawful.judge.kinematic.middle import median

_AROUND = 3
_LEAST_LEVELS = 18.0
_GAIN = (0.55, 1.8)
_SIZE = 0.28
_LEAST_AREA_PX = 30.0
_SAME_FORM, _SAME_SIZE = 0.6, 0.7
_STEADY = 0.03
_STRETCHED = 0.08
_THINNER = 0.75
_STRETCH_FRAMES = 5


class Identity:
    """Bodies that take another colour, shape or size from one frame to the next.

    Compared are three frames before with three after, in all of which the body is wholly seen. A common change of
    brightness is no change of colour, and what befalls several bodies about as much at once is one of the picture.
    Size and shape are taken from what is seen, the camera's zoom taken out; slow changes, as those of depth, are none:
    only what is far beyond the changes of the steps around counts.
    """

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("colour_change", "shape_change", "size_change")

    def open(self) -> None:
        """It keeps nothing of its own."""
        return

    def push(self, state: None, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """What three frames after a step show."""
        found: list[Finding] = []
        for trail in memory.trails.values():
            if trail.newest[TIME] != memory.now.time_s or len(trail) < 2 * _AROUND:
                continue
            rows = trail.rows[-2 * _AROUND :]
            if rows[_AROUND - 1 : _AROUND + 1, RELIABLE].min() == 0:
                continue
            if rows[:, SIGHT].max() <= SEEN and rows[:, AREA].min() >= _LEAST_AREA_PX:
                found += _recoloured(memory, trail, rows)
                found += _reformed(memory, trail, trail.rows[-2 * _AROUND - 2 :])
            elif rows[:, SIGHT].max() <= PARTLY and rows[:_AROUND, SIGHT].max() <= SEEN:
                found += _shrunk(memory, trail, trail.rows[-2 * _AROUND - 2 :])
        return by_themselves([said for said in found if said.strength > 0])


def colours_apart(before: Float64[np.ndarray, " 3"], after: Float64[np.ndarray, " 3"]) -> float:
    """Levels by which two colours differ that no change of brightness explains."""
    gain = float(before @ after) / max(float(before @ before), 1.0)
    return float(np.abs(after - float(np.clip(gain, *_GAIN)) * before).max())


def _recoloured(memory: Memory, trail: Trail, rows: Rows) -> list[Finding]:
    first, last = rows[:_AROUND, RGB], rows[_AROUND:, RGB]
    apart = colours_apart(median(first), median(last))
    if apart < _LEAST_LEVELS:
        return []
    within = float(max(np.ptp(first, axis=0).max(), np.ptp(last, axis=0).max()))
    start_s = float(rows[_AROUND, TIME])
    steady = (0.6 - within / apart) / 0.3
    size = (math.sqrt(float(rows[:, AREA].min())) - 4.0) / 4.0
    # What has another size, another form and another colour at once is another thing: two were taken for one.
    sizes, forms = _sizes(rows, _AROUND), np.log(rows[:, LONGER] / rows[:, SHORTER])
    grown, bent = (abs(float(median(each[_AROUND:]) - median(each[:_AROUND]))) for each in (sizes, forms))
    same = max((_SAME_SIZE - grown) / 0.3, (_SAME_FORM - bent) / 0.2)
    strength = weakest((steady, size, same), levels=(apart - _LEAST_LEVELS) / 30.0)
    text = f"a body takes another colour from one frame to the next at {start_s:.2f} s: {apart:.0f} levels of 255"
    return [finding(memory, trail, "colour_change", start_s, strength, apart, "levels of 255", text)]


def _reformed(memory: Memory, trail: Trail, rows: Rows) -> list[Finding]:
    """A size or a shape that changes at one step, and stays."""
    if len(rows) < 2 * _AROUND + 2 or rows[:, SIGHT].max() > SEEN:
        return []
    join = len(rows) - _AROUND
    forms = np.stack(
        [
            _sizes(rows, join),
            np.log(rows[:, LONGER] / rows[:, SHORTER]),
            rows[:, AREA] / (math.pi * rows[:, LONGER] * rows[:, SHORTER]),
        ],
        axis=1,
    )
    if not np.isfinite(forms).all():
        return []
    steps = np.diff(forms, axis=0)
    step = steps[join - 1]
    usual = np.abs(np.delete(steps, join - 1, axis=0)).max(axis=0)
    # A side that lies along the pixels takes or leaves a whole row of them.
    blur = 2.0 / math.sqrt(float(rows[:, AREA].min()))
    lasting = median(forms[join:]) - median(forms[join - _AROUND : join])
    kept = float(lasting[0] / step[0]) if abs(step[0]) > 1e-9 else 0.0
    start_s = float(rows[join, TIME])
    if abs(step[0]) >= _SIZE:
        # What gains or loses a part changes its form as much as its size.
        bent = max(float(np.abs(lasting[1:]).max()) - blur, 0.0) / abs(float(step[0]))
        strength = weakest(
            ((kept - 0.5) / 0.3, (_SAME_FORM - bent) / 0.2),
            size=(abs(float(step[0])) - _SIZE) / 0.25,
            sudden=abs(float(step[0])) / (3 * float(usual[0]) + blur) - 1.0,
        )
        times = math.exp(float(step[0]) / 2)
        text = f"a body is {times:.2f}x as wide from one frame to the next at {start_s:.2f} s"
        return [finding(memory, trail, "size_change", start_s, strength, times, "ratio", text)]
    clear = np.abs(step) / (3 * usual + blur * np.array([1.0, 1.0, 0.4]))
    which = int(np.argmax(clear))
    stays = (float(lasting[which] / step[which]) - 0.5) / 0.3 if abs(step[which]) > 1e-9 else 0.0
    area = (float(rows[:, AREA].min()) - _LEAST_AREA_PX) / 100.0
    strength = weakest((stays, area), sudden=float(clear[which]) - 1.0)
    share = float(abs(step[0]))
    text = f"a body has another outline from one frame to the next at {start_s:.2f} s; its area changes by {share:.0%}"
    return [finding(memory, trail, "shape_change", start_s, strength, share, "share of its area", text)]


def _sizes(rows: Rows, join: int) -> Float64[np.ndarray, " rows"]:
    """Logarithms of areas, in the frame or with the camera's zoom taken out: by what changes less at a step.

    The one changes where the camera comes closer at once, the other where its motion is misjudged.
    """
    sizes = np.log(rows[:, AREA])
    steady = sizes + 2 * np.log(rows[:, ZOOM])
    return min(sizes, steady, key=lambda either: abs(float(either[join] - either[join - 1])))


def _shrunk(memory: Memory, trail: Trail, rows: Rows) -> list[Finding]:
    """A body of which only a part seems to be seen at once, though that part has the form of the whole and stays so."""
    if len(rows) < 2 * _AROUND + 2 or rows[:, AREA].min() < _LEAST_AREA_PX:
        return []
    join = len(rows) - _AROUND
    forms = np.stack([_sizes(rows, join), np.log(rows[:, LONGER] / rows[:, SHORTER])], axis=1)
    if not np.isfinite(forms).all():
        return []
    before, after = forms[:join], forms[join:]
    change = median(after) - median(before)
    start_s = float(rows[join, TIME])
    strength = weakest(
        size=(abs(float(change[0])) - _SIZE) / 0.25,
        steady=(0.15 - max(float(np.ptp(after[:, 0])), float(np.ptp(before[-_AROUND:, 0])))) / 0.1,
        form=(0.3 - abs(float(change[1]))) / 0.2,
    )
    times = math.exp(float(change[0]) / 2)
    text = f"a body is {times:.2f}x as wide from one frame to the next at {start_s:.2f} s"
    return [finding(memory, trail, "size_change", start_s, strength, times, "ratio", text)]


class Rigidity:
    """Bodies that grow long and thin and short and thick as ones of rubber would.

    Looked at is the ratio of the two half axes of what is seen, which turning in the plane of the picture does not
    change. A body that begins to turn in depth changes it too, but slowly at first; a stretch begins at once.
    """

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("stretch",)

    def open(self) -> None:
        """It keeps nothing of its own."""
        return

    def push(self, state: None, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """Stretches that began five frames ago."""
        broken = {change.body for change in breaks}
        found: list[Finding] = []
        for trail in memory.trails.values():
            if trail.newest[TIME] != memory.now.time_s or trail.id in broken:
                continue
            said = _stretched(memory, trail)
            if said is not None:
                found.append(said)
        return found


def _stretched(memory: Memory, trail: Trail) -> Finding | None:
    rows = trail.rows[-4 - _STRETCH_FRAMES :]
    if (
        len(rows) < 4 + _STRETCH_FRAMES
        or rows[:, SIGHT].max() > SEEN
        or rows[:, RELIABLE].min() == 0
        or rows[:, AREA].min() < 2 * _LEAST_AREA_PX
    ):
        return None
    long = np.log(rows[:, LONGER] / rows[:, SHORTER])
    size = np.log(rows[:, AREA])
    before, after = long[:4], long[4:]
    blur = 0.7 / math.sqrt(float(rows[:, AREA].min()))
    shift = after - before.mean()
    begins = abs(float(shift[0])) + abs(float(size[4] - size[:4].mean()))
    usual = float(np.ptp(before) + np.ptp(size[:4]))
    # An outline that is off in a single frame is no rubber: the second largest change counts.
    second = int(np.argsort(np.abs(shift))[-2])
    most = float(np.abs(shift[second]))
    # Rubber that grows long grows thin; what gains or loses a part changes its size as much as its form.
    grown = abs(float(size[4 + second] - size[:4].mean()))
    goes_on = float(np.abs(np.diff(after)).sum())
    strength = weakest(
        ((_STEADY + blur - usual) / _STEADY, (_THINNER * most + blur - grown) / 0.05),
        amount=(most - _STRETCHED) / 0.12,
        begins=(begins - 2 * usual - 0.02 - blur) / 0.05,
        goes_on=(goes_on - 0.04 - blur) / 0.06,
    )
    if strength <= 0:
        return None
    start_s = float(rows[4, TIME])
    text = f"a rigid body grows longer and shorter from {start_s:.2f} s on: its sides change by {math.expm1(most):.0%}"
    return finding(memory, trail, "stretch", start_s, strength, math.exp(most), "ratio", text)
