"""Which frames a model is shown: policies as data, chosen while the clip runs.

- ``fps``: evenly by time, at most so many a second.
- ``count``: a fixed number, evenly from the first to the last.
- ``slow_fast``: every frame in which some region has changed since the last one shown, and one in `still_every` of
  the others. A change anywhere counts in full: a small thing that moves is not averaged away. With `still_scale` below
  1 the others are all shown, smaller, as in Keye-VL's slow and fast frames (arXiv 2509.01563).
- ``key_clips``: `count` frames whatever the clip's length: runs of `clip_frames` frames about the moments that change
  most, what is left of the budget evenly over the rest.

No more than `max_frames` frames are held: when there are more, every second one is dropped, and from then on every
second one is passed over. The choice does not depend on how the clip is cut into chunks.
"""

import itertools
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from lawful.judge.vlm.settings import FramePolicy
from lawful.video.frames import Frames
from lawful.video.sampling import Sampling

_REGIONS = 12
"""Regions along each side of a frame."""

Rgb = UInt8[np.ndarray, "height width 3"]
Regions = Float32[np.ndarray, "rows columns"]


@dataclass
class FrameBuffer:
    """The frames that are held of a clip so far."""

    n_seen: int = 0
    """Frames that were sampled so far."""
    stride: int = 1
    """One in so many is looked at."""
    n_passed: int = 0
    """slow_fast: frames passed over since the last one shown."""
    last: Regions | None = None
    """slow_fast: regions of the last frame shown."""
    rgb: list[Rgb] = field(default_factory=list)
    """The frames held."""
    times_s: list[float] = field(default_factory=list)
    """Their times."""
    indices: list[int] = field(default_factory=list)
    """Their places among all decoded frames."""


def sampling_of(policy: FramePolicy) -> Sampling:
    """The frames that a policy has to be given."""
    if policy.kind == "count":
        return Sampling(count=policy.count, long_side_px=policy.long_side_px)
    return Sampling(fps=policy.fps, long_side_px=policy.long_side_px)


def hold(buffer: FrameBuffer, frames: Frames, policy: FramePolicy) -> FrameBuffer:
    """The buffer after some more frames; changes the one given."""
    for rgb, time_s, index in zip(frames.rgb, frames.times_s, frames.indices, strict=True):
        wanted = buffer.n_seen % buffer.stride == 0
        buffer.n_seen += 1
        leaves_out = policy.kind == "slow_fast" and policy.still_scale == 1
        if not wanted or (leaves_out and not _shows_news(buffer, rgb, policy)):
            continue
        # A copy: the frames pushed may be views of one large block that would be kept alive.
        buffer.rgb.append(rgb.copy())
        buffer.times_s.append(float(time_s))
        buffer.indices.append(int(index))
        if len(buffer.rgb) > policy.max_frames:
            buffer.rgb, buffer.times_s = buffer.rgb[::2], buffer.times_s[::2]
            buffer.indices = buffer.indices[::2]
            buffer.stride *= 2
    return buffer


def chosen(buffer: FrameBuffer, policy: FramePolicy) -> Frames:
    """The frames to show; at least one must be held."""
    picked = list(range(len(buffer.rgb)))
    if policy.kind == "key_clips" and len(picked) > policy.count:
        picked = _key_frames(buffer.rgb, policy)
    return Frames(
        np.stack([buffer.rgb[at] for at in picked]),
        np.array([buffer.times_s[at] for at in picked], np.float64),
        np.array([buffer.indices[at] for at in picked], np.int64),
    )


def still_frames(frames: Frames, policy: FramePolicy) -> Bool[np.ndarray, " frames"] | None:
    """Which frames may be shown smaller; None where the policy shows all in one size.

    A frame is new if any of its regions has changed since the last new one, so that slow motion adds up. What is new is
    found among the frames that are shown, so no thinning can take a change away.
    """
    if policy.still_scale == 1:
        return None
    last = regions_of(frames.rgb[0])
    still = np.zeros(len(frames), bool)
    for at, rgb in enumerate(frames.rgb[1:], start=1):
        regions = regions_of(rgb)
        still[at] = change_between(regions, last) < policy.change_levels
        last = last if still[at] else regions
    return still


def change_between(one: Regions, other: Regions) -> float:
    """The largest change of a region, in levels of 255."""
    return float(np.abs(one - other).max())


def regions_of(rgb: Rgb) -> Regions:
    """Mean grey of every region of a frame."""
    import cv2

    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    side = (min(_REGIONS, rgb.shape[1]), min(_REGIONS, rgb.shape[0]))
    return cv2.resize(grey, side, interpolation=cv2.INTER_AREA)


def _shows_news(buffer: FrameBuffer, rgb: Rgb, policy: FramePolicy) -> bool:
    regions = regions_of(rgb)
    if buffer.last is not None and change_between(regions, buffer.last) < policy.change_levels:
        buffer.n_passed += 1
        if buffer.n_passed < policy.still_every:
            return False
    buffer.n_passed, buffer.last = 0, regions
    return True


def _key_frames(held: list[Rgb], policy: FramePolicy) -> list[int]:
    """Places of the frames of the key clips, and of some between them, in order."""
    regions = [regions_of(rgb) for rgb in held]
    changes = np.array([0.0, *(change_between(*pair) for pair in itertools.pairwise(regions))])
    run = min(policy.clip_frames, policy.count)
    # One part of the budget goes to the whole clip, so that what the runs are cut from stays known.
    n_evenly = min(policy.count, max(2, policy.count // 4))
    picked = {int(at) for at in np.linspace(0, len(held) - 1, n_evenly).round()}
    for peak in np.argsort(-changes, kind="stable"):
        start = min(max(int(peak) - run // 2, 0), len(held) - run)
        fresh = set(range(start, start + run)) - picked
        if len(picked) + len(fresh) <= policy.count:
            picked |= fresh
    for at in range(len(held)):
        if len(picked) == policy.count:
            break
        picked.add(at)
    return sorted(picked)
