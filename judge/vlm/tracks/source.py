"""Where tracks come from: the kinematic pipeline on the frames, or the truth of a simulated clip.

With true tracks in the place of measured ones, what a judge makes of tracks is told apart from how well they
were tracked.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np

from lawful.core.errors import AbsentError, InputError
from lawful.generators.worlds.truth_files import FACTS, read_truth
from lawful.judge.kinematic.camera import camera_step
from lawful.judge.kinematic.groups import Motion, Objects, group_step
from lawful.judge.kinematic.shot import small_picture
from lawful.judge.kinematic.tracker import (
    Gray,
    LucasKanade,
    PairTracker,
    Tracks,
    advance_tracks,
    seed_tracks,
)
from lawful.judge.kinematic.window import Picture, change_between, held_along, moving_mask
from lawful.judge.vlm.tracks.tidy import tidy
from lawful.judge.vlm.tracks.tracked import NO_OBJECT, Seen, Tracked, from_frames, split_at
from lawful.video.cuts import CutState, close_cuts, open_cuts, push_cuts
from lawful.video.frames import ClipMeta, Frames, PointTracks

VERSION = 1
"""Goes up whenever measured tracks may change."""
TRUTH_VERSION = 2
"""Goes up whenever true tracks may change."""

_MOVING_STEPS = 0.1
_SAME_S = 1e-3
"""Containers round times to the millisecond."""


@runtime_checkable
class TrackSource(Protocol):
    """Gives the tracks of a clip that it is pushed chunk by chunk; chunks of any size give the same."""

    def identity(self) -> Mapping[str, Any]:
        """All that may change the tracks, as JSON, for a judge's identity."""
        ...

    def open(self, meta: ClipMeta) -> Any:
        """The state before the first frame."""
        ...

    def push(self, state: Any, frames: Frames) -> Any:
        """The state after some more frames; changes the one given."""
        ...

    def close(self, state: Any) -> Tracked:
        """The tracks, at the times of all frames that were pushed."""
        ...


def track(source: TrackSource, meta: ClipMeta, chunks: Iterable[Frames]) -> Tracked:
    """The tracks of a whole clip.

    Args:
        source: Where they come from.
        meta: The clip.
        chunks: Its frames; the more of them, the better they can be followed.
    """
    state = source.open(meta)
    for frames in chunks:
        state = source.push(state, frames)
    return source.close(state)


@dataclass
class Tracking:
    """What is kept of a clip that is being tracked: two frames, and about 3 kB for each frame so far."""

    gray: Gray | None = None
    """The newest frame; None before the first."""
    picture: Picture | None = None
    """The newest frame in colour."""
    tracks: Tracks = field(default_factory=Tracks)
    """The points alive."""
    objects: Objects = field(default_factory=Objects)
    """What moves together."""
    cuts: CutState = field(default_factory=open_cuts)
    """Where cuts may be."""
    cut_times_s: list[float] = field(default_factory=list)
    """Where they are."""
    times_s: list[float] = field(default_factory=list)
    """Times of the frames so far."""
    seen: list[Seen] = field(default_factory=list)
    """The points of each frame."""
    votes: dict[int, Counter[int]] = field(default_factory=dict)
    """For each track, in how many frames it was on which object."""
    joined: dict[int, int] = field(default_factory=dict)
    """For each track, the frame in which it was first on an object."""
    goes_on: dict[int, int] = field(default_factory=dict)
    """For objects that go on with the motion of one that was lost: which."""
    newest: dict[int, Motion] = field(default_factory=dict)
    """Newest motion of each object."""
    camera_steps: int = 0
    """Steps in which the camera moved."""


@dataclass(frozen=True)
class KinematicTracks:
    """Points followed and grouped as the kinematic judge does, without its witnesses.

    Things are found when they move. Points are lost where they are hidden, and found again as other points.
    """

    long_side_px: int = 320
    """Size at which motion is looked at."""
    most_tracks: int = 2000
    """Tracks that are kept of a clip, those of most frames first."""
    tracker: PairTracker = field(default_factory=LucasKanade)
    """Follows points."""

    def __post_init__(self) -> None:
        if self.long_side_px < 16 or self.most_tracks < 1:
            raise ValueError(
                f"tracking needs 16 pixels and 1 track or more, got {self.long_side_px} and {self.most_tracks}"
            )

    def identity(self) -> Mapping[str, Any]:
        """Code version, size and tracker."""
        return {
            "source": "kinematic",
            "version": VERSION,
            "long_side_px": self.long_side_px,
            "most_tracks": self.most_tracks,
            "tracker": self.tracker.name,
        }

    def open(self, meta: ClipMeta) -> Tracking:
        """The state before the first frame."""
        return Tracking()

    def push(self, state: Tracking, frames: Frames) -> Tracking:
        """The state after some more frames; changes the one given."""
        for k in range(len(frames)):
            self._look(state, frames.rgb[k], float(frames.times_s[k]))
            state.cuts, starts = push_cuts(state.cuts, frames[k : k + 1])
            state.cut_times_s += starts
        return state

    def close(self, state: Tracking) -> Tracked:
        """The tracks; each belongs to the object that it was on most often."""
        cuts_s = sorted({*state.cut_times_s, *close_cuts(state.cuts)})
        points = from_frames(state.seen, np.array(state.times_s, np.float64), self.most_tracks)
        owner = np.array(
            [
                _owner(state, int(point), int(np.nonzero(seen)[0][-1]))
                for point, seen in zip(points.ids, points.visible, strict=True)
            ],
            np.int64,
        )
        moves = state.camera_steps > _MOVING_STEPS * max(1, len(state.times_s) - 1)
        shape = (state.gray.shape[1], state.gray.shape[0]) if state.gray is not None else (1, 1)
        return tidy(split_at(Tracked(points, owner, moves), cuts_s), *shape)

    def _look(self, state: Tracking, rgb: np.ndarray, time_s: float) -> None:
        picture = small_picture(rgb, self.long_side_px)
        gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        moving = None
        if state.gray is not None and state.picture is not None:
            step_s = time_s - state.times_s[-1]
            state.tracks, step = advance_tracks(state.tracks, self.tracker, state.gray, gray)
            camera = camera_step(state.gray, gray, step)
            change = change_between(held_along(state.picture, picture, camera), picture, camera)
            group_step(state.objects, state.tracks, step, camera, time_s, step_s, max(gray.shape))
            moving = moving_mask(change)
            state.camera_steps += not camera.still
            _vote(state)
        state.tracks = seed_tracks(state.tracks, gray, moving)
        state.gray, state.picture = gray, picture
        state.times_s.append(time_s)
        # The middle of the first pixel is half a pixel from the frame's edge.
        shares = (state.tracks.newest + 0.5) / np.array(gray.shape[::-1], np.float32)
        state.seen.append(Seen(state.tracks.ids.copy(), shares.astype(np.float32)))


@dataclass
class Truth:
    """The true tracks of a clip, and what of it was shown."""

    path: Path
    """The file of its truth."""
    tracked: Tracked
    """The tracks of all of it."""
    times_s: list[float] = field(default_factory=list)
    """Times of the frames so far."""


@dataclass(frozen=True)
class TrueTracks:
    """The true tracks of simulated clips, from the folder of their truth: NAME.truth.json for a clip NAME.mp4."""

    folder: Path
    """Where the truth is; judges are not told of it otherwise."""

    def identity(self) -> Mapping[str, Any]:
        """That they are true; where they are kept changes nothing."""
        return {"source": "truth", "version": TRUTH_VERSION}

    def open(self, meta: ClipMeta) -> Truth:
        """The state before the first frame.

        Raises:
            AbsentError: There is no truth of the clip in the folder.
            InputError: It is not usable as it is.
        """
        path = self.folder / f"{Path(meta.name).stem}{FACTS}"
        if not path.is_file():
            raise AbsentError(
                f"{meta.name}: true tracks were asked for, and there is no {path}. Use clips that "
                "`lawful worlds` made and the folder of their truth, or tracks that are measured."
            )
        truth = read_truth(path)
        view = truth.view
        moves = any(np.ptp(part, axis=0).any() for part in (view.position_m, view.axes, view.scale))
        return Truth(path, Tracked(truth.tracks, truth.tracks.ids // 1000, bool(moves)))

    def push(self, state: Truth, frames: Frames) -> Truth:
        """The state after some more frames, of which the times count; changes the one given."""
        state.times_s += frames.times_s.tolist()
        return state

    def close(self, state: Truth) -> Tracked:
        """The tracks at the times of the frames: of a clip that is shown in part nothing later is told.

        Raises:
            InputError: The truth has no such times, so it is of another clip.
        """
        points, times_s = state.tracked.points, np.array(state.times_s, np.float64)
        # A time that is past all of the truth's is compared with the last of them.
        at = np.minimum(np.searchsorted(points.times_s, times_s - _SAME_S), len(points.times_s) - 1)
        off = np.abs(points.times_s[at] - times_s) > _SAME_S
        if off.any():
            raise InputError(
                f"the clip has a frame at {times_s[off][0]:.3f} s, and {state.path} has no tracks then: it is of another "
                "clip. Needed: the truth of this one under its name."
            )
        known = PointTracks(points.ids, points.times_s[at], points.xy[:, at], points.visible[:, at])
        return replace(state.tracked, points=known)


def _vote(state: Tracking) -> None:
    for thing in state.objects.alive:
        if thing.id not in state.newest and len(thing.series) > 1:
            before = [
                old for old, motion in state.newest.items() if any(motion is one for one in thing.series)
            ]
            if before:
                state.goes_on[thing.id] = before[0]
        state.newest[thing.id] = thing.series[-1]
    for point, thing in state.objects.owner.items():
        state.votes.setdefault(point, Counter())[thing] += 1
        state.joined.setdefault(point, len(state.times_s))


def _owner(state: Tracking, point: int, last: int) -> int:
    """The object of a point: one that it is on in most frames since it first was on any."""
    if point not in state.votes:
        return NO_OBJECT
    votes: Counter[int] = Counter()
    for thing, count in state.votes[point].items():
        while thing in state.goes_on:
            thing = state.goes_on[thing]
        votes[thing] += count
    most = min(votes, key=lambda thing: (-votes[thing], thing))
    return most if 2 * votes[most] > last - state.joined[point] else NO_OBJECT
