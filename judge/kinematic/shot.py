"""One shot, frame by frame: tracks, camera, objects, and the witnesses' findings as they come due."""

import math
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import cv2
import numpy as np

from lawful.judge.kinematic.bodies import Glimpse
from lawful.judge.kinematic.camera import camera_step
from lawful.judge.kinematic.examine import (
    Examination,
    close_examination,
    push_examination,
)
from lawful.judge.kinematic.findings import Finding, Said
from lawful.judge.kinematic.gates import Tally, tally_motion
from lawful.judge.kinematic.groups import Objects, group_step
from lawful.judge.kinematic.happenings import Happenings, settle
from lawful.judge.kinematic.objects.push import ObjectsState, open_objects, push_objects
from lawful.judge.kinematic.regions import changed_regions, hot_cells
from lawful.judge.kinematic.scope import Changed, tally_scope
from lawful.judge.kinematic.scorer import Scorer
from lawful.judge.kinematic.spine.eye import Eye, View
from lawful.judge.kinematic.spine.views import view_of
from lawful.judge.kinematic.spine.watch import LEAST_SIDE_PX, SpineState, close_spine, push_spine
from lawful.judge.kinematic.tracker import (
    HISTORY,
    Gray,
    PairTracker,
    Tracks,
    TrackStep,
    advance_tracks,
    seed_tracks,
)
from lawful.judge.kinematic.window import (
    AFTER,
    CHANGE_LEVELS,
    Held,
    Moment,
    Picture,
    Shown,
    Window,
    add_moment,
    cell_shares,
    change_between,
    held_along,
    moving_mask,
    next_step,
)
from lawful.judge.kinematic.witness_bounce import examine_bounce
from lawful.judge.kinematic.witness_colour import examine_colour
from lawful.judge.kinematic.witness_existence import examine_existence
from lawful.judge.kinematic.witness_freeze import examine_freeze
from lawful.judge.kinematic.witness_stop import Pulse, examine_stop, note
from lawful.video.frames import PointTracks

_GLOBAL_SHARE = 0.3
_PACE_STEPS = 31
_PEAK = 0.5
_LEAST_AFTER_AT_END = 2
_MOST_CITED = 24


@dataclass
class Shot:
    """What is kept of the shot that runs."""

    window: Window = field(default_factory=Window)
    """The newest moments."""
    gray: Gray | None = None
    """The newest frame; None before the first."""
    tracks: Tracks = field(default_factory=Tracks)
    """The points alive."""
    track_times_s: deque[float] = field(default_factory=lambda: deque(maxlen=HISTORY))
    """Times of the tracks' positions."""
    objects: Objects = field(default_factory=Objects)
    """What moves together."""
    steps_s: deque[float] = field(default_factory=lambda: deque(maxlen=_PACE_STEPS))
    """Lengths of the newest steps."""
    frames: int = 0
    """Frames so far."""
    start_s: float = 0.0
    """Time of the first."""
    pulse: Pulse = field(default_factory=Pulse)
    """How much changed in the last steps."""
    frozen_until_s: float = -1.0
    """End of the last stop that was found."""
    bounces: Happenings = field(default_factory=Happenings)
    """Bounces of late: one is seen in two steps, and in every piece of a body."""
    next_track_id: int = 0
    """Name of the first track: names are unique within the clip."""
    next_body_id: int = 0
    """Name of the first body: these are unique within the clip too."""
    seen: ObjectsState = field(init=False)
    """The bodies."""
    spine: SpineState = field(default_factory=SpineState)
    """What the net looks back at."""
    examination: Examination = field(default_factory=Examination)
    """What the witnesses that look at bodies keep."""

    def __post_init__(self) -> None:
        self.tracks.next_id = max(self.tracks.next_id, self.next_track_id)
        self.seen = open_objects(self.next_body_id)


@dataclass(frozen=True, eq=False)
class Instruments:
    """What a shot is looked at with."""

    long_side_px: int
    """Size at which motion is looked at."""
    tracker: PairTracker
    """Follows points."""
    scorer: Scorer
    """Says where to look."""
    eye: Eye | None
    """The net; None to do without."""


@dataclass(frozen=True, eq=False)
class Look:
    """A frame as it is taken into a shot."""

    moment: Moment
    """The frame and the step that led to it."""
    gray: Gray
    """Its brightness."""
    step: TrackStep | None
    """What became of the points; None for the first of a shot."""
    step_s: float
    """Time since the frame before; NaN for the first of a shot."""
    held: Held | None
    """The frame before, taken along; None for the first of a shot."""

    def view(self) -> View:
        """What the net sees of it."""
        return view_of(self.moment.picture, self.held, self.moment.change, self.step_s)


def push_moment(
    shot: Shot,
    shown: Shown,
    time_s: float,
    differs: bool,
    instruments: Instruments,
    tally: Tally,
) -> list[Said]:
    """Take one frame in that differs from the one before; what is found is given back.

    Args:
        shot: Changed in place.
        shown: The frame.
        time_s: Its time.
        differs: False if it is the frame before, taken again.
        instruments: What it is looked at with.
        tally: Changed in place.
    """
    look = take_look(shot, shown, time_s, instruments)
    moment, step = look.moment, look.step
    if differs:
        tally.frames += 1
        tally.brightness += float(look.gray[::4, ::4].mean())
    if step is not None:
        _tell_groups(shot, look, step, tally)
        if differs:
            shot.steps_s.append(look.step_s)
        note(shot.pulse, moment, look.step_s)
    seed(shot, look)
    shot.track_times_s.append(time_s)
    tally.longest_shot_frames = max(tally.longest_shot_frames, shot.frames)
    tally.longest_shot_s = max(tally.longest_shot_s, time_s - shot.start_s)
    glimpse = push_objects(
        shot.seen,
        moment.picture,
        time_s,
        look.step_s,
        shot.tracks,
        step,
        moment.camera,
        moment.change,
        reliable=not moment.global_change,
    )
    if step is not None:
        _tally_step(tally, shot, glimpse, step)
    found = _motion_findings(shot) + (_due(shot, instruments.scorer, AFTER) or [])
    if instruments.eye is not None and min(shown.shape[:2]) >= LEAST_SIDE_PX:
        reliable = moment.camera is None or (moment.camera.known and not moment.global_change)
        pointed = push_spine(shot.spine, instruments.eye, look.view(), time_s, reliable)
        found += [_shown(shot, finding) for finding in pointed]
    return push_examination(shot.examination, glimpse, partial(_shown, shot), found)


def take_look(shot: Shot, shown: Shown, time_s: float, instruments: Instruments) -> Look:
    """Follow points and camera into a frame; no point is set on what is new yet (`seed`).

    Args:
        shot: Changed in place.
        shown: The frame.
        time_s: Its time.
        instruments: What it is looked at with.
    """
    picture = small_picture(shown, instruments.long_side_px)
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    before = shot.window.moments[-1] if shot.window.moments else None
    shot.frames += 1
    if before is None or shot.gray is None:
        shot.start_s = time_s
        moment = Moment(time_s, picture, shown.copy(), None, None, None, False)
        add_moment(shot.window, moment)
        return Look(moment, gray, None, math.nan, None)
    step_s = time_s - before.time_s
    shot.tracks, step = advance_tracks(shot.tracks, instruments.tracker, shot.gray, gray)
    camera = camera_step(shot.gray, gray, step)
    held = held_along(before.picture, picture, camera)
    change = change_between(held, picture, camera)
    changed = change > CHANGE_LEVELS
    shares = cell_shares(changed)
    is_global = int(np.count_nonzero(changed)) / changed.size > _GLOBAL_SHARE
    cells = shares * (changed.size / shares.size)
    moment = Moment(time_s, picture, shown.copy(), camera, change, cells, is_global)
    add_moment(shot.window, moment)
    return Look(moment, gray, step, step_s, held)


def seed(shot: Shot, look: Look) -> None:
    """Set points on what is new in a frame, first of all on what moves; the shot is changed."""
    moving = None if look.moment.change is None else moving_mask(look.moment.change)
    shot.tracks = seed_tracks(shot.tracks, look.gray, moving)
    shot.gray = look.gray


def _tell_groups(shot: Shot, look: Look, step: TrackStep, tally: Tally) -> None:
    """Points that move alike, and what the scope is told by."""
    moment = look.moment
    assert moment.camera is not None
    assert moment.change is not None
    assert shot.gray is not None
    assert moment.cells is not None
    group_step(
        shot.objects, shot.tracks, step, moment.camera, moment.time_s, look.step_s, max(look.gray.shape)
    )
    if moment.camera.known and not moment.global_change:
        changed = moment.change > CHANGE_LEVELS
        shares = moment.cells * (moment.cells.size / changed.size)
        area = Changed(changed, shares, moving_mask(moment.change))
        tally_scope(tally.scope, shot.gray, look.gray, step, moment.camera, area, look.step_s)


def close_shot(shot: Shot, instruments: Instruments) -> list[Said]:
    """What the last steps show, with fewer frames after them, and what was held."""
    others = settle(shot.bounces, [])
    while (found := _due(shot, instruments.scorer, _LEAST_AFTER_AT_END)) is not None:
        others += found
    if instruments.eye is not None and shot.spine.newest:
        others += [_shown(shot, finding) for finding in close_spine(shot.spine, instruments.eye)]
    return close_examination(shot.examination, partial(_shown, shot), others)


def small_picture(shown: Shown, long_side_px: int) -> Picture:
    """A frame at the size at which motion is looked at, slightly smoothed."""
    height, width = shown.shape[:2]
    scale = long_side_px / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        # Halving averages areas fast; by other shares that costs ten times as much.
        while min(shown.shape[1] / size[0], shown.shape[0] / size[1]) >= 2:
            half = (shown.shape[1] // 2, shown.shape[0] // 2)
            shown = cv2.resize(shown[: 2 * half[1], : 2 * half[0]], half, interpolation=cv2.INTER_AREA)
        shown = cv2.resize(shown, size, interpolation=cv2.INTER_LINEAR)
    return cv2.GaussianBlur(shown, (3, 3), 0)


def _tally_step(tally: Tally, shot: Shot, glimpse: Glimpse, step: TrackStep) -> None:
    moment = shot.window.moments[-1]
    assert moment.camera is not None
    tally.steps += 1
    tally.steps_s += glimpse.step_s
    tally.registered += moment.camera.known
    tally.global_changes += moment.global_change
    tally.points += int(step.clear.sum())
    tally.points_lost += int((step.clear & ~step.ok).sum())
    if moment.camera.known and not moment.global_change:
        tally_motion(tally, shot.objects.alive, shot.examination.memory.newest, glimpse)


def _motion_findings(shot: Shot) -> list[Said]:
    if not shot.steps_s or not shot.window.moments[-1].camera:
        return []
    height, width = shot.window.moments[-1].picture.shape[:2]
    usual = statistics.median(shot.steps_s)
    found = examine_freeze(shot.objects.alive, usual, shot.frozen_until_s)
    found += [stop for stop in examine_stop(shot.pulse, usual) if stop.start_s >= shot.frozen_until_s]
    # Two witnesses look for stops; the clearer one speaks.
    found = sorted(found, key=lambda stop: -stop.strength)[:1]
    for stop in found:
        shot.frozen_until_s = stop.end_s
    bounces = examine_bounce(shot.objects.alive, width, height)
    return [_shown(shot, stop) for stop in found] + settle(
        shot.bounces, [_shown(shot, bounce) for bounce in bounces]
    )


def _shown(shot: Shot, finding: Finding) -> Said:
    """A finding with the frames and tracks to look at; on bodies it cites the points on them."""
    newest = shot.examination.memory.newest
    if newest is not None and not finding.track_ids:
        on_bodies = (newest.body(number) for number in finding.bodies)
        ids = tuple(track for body in on_bodies if body is not None for track in body.track_ids)
        finding = replace(finding, track_ids=ids)
    return Said(finding, _nearest(shot.window.moments, finding), _cited(shot, finding.track_ids))


def _due(shot: Shot, scorer: Scorer, least_after: int) -> list[Said] | None:
    """The findings of the oldest step that is due; None if none is due."""
    window = shot.window
    if window.due < len(window.moments) and not _readable(window, least_after):
        if len(window.moments) - window.due < least_after:
            return None
        window.due += 1
        return []
    step = next_step(window, least_after)
    if step is None:
        return None
    scores = scorer.score(step)
    peaks = np.maximum(scores["permanence"], scores["identity"])
    if not (peaks >= _PEAK).any():
        return []
    regions = changed_regions(step, hot_cells(peaks, _PEAK))
    findings = examine_existence(step, regions) + examine_colour(step, regions)
    return [Said(finding, step.moments, None) for finding in findings]


def _readable(window: Window, least_after: int) -> bool:
    """True if the steps around the one that is due are registered and no flash or switch of light."""
    around = window.moments[max(1, window.due - 1) : window.due + 2]
    return all(
        moment.camera is None or (moment.camera.known and not moment.global_change) for moment in around
    )


def _nearest(moments: Sequence[Moment], finding: Finding) -> tuple[Moment, ...]:
    """The moments nearest to just before, at the start and after the end of a finding, without repeats.

    A stop that is longer than the window lacks the one before: it is shown still, and going on.
    """
    places = range(len(moments))
    at, end = (
        min(places, key=lambda k: abs(moments[k].time_s - time_s))
        for time_s in (finding.start_s, finding.end_s)
    )
    chosen = sorted({max(0, at - 2), at, min(len(moments) - 1, max(at, end) + 1)})
    return tuple(moments[k] for k in chosen)


def _cited(shot: Shot, ids: Sequence[int]) -> PointTracks | None:
    chosen = np.nonzero(np.isin(shot.tracks.ids, ids[:_MOST_CITED]))[0]
    if not len(chosen):
        return None
    height, width = shot.window.moments[-1].picture.shape[:2]
    times = np.array(shot.track_times_s)
    xy = shot.tracks.history[chosen][:, HISTORY - len(times) :] / np.array([width, height], np.float32)
    return PointTracks(shot.tracks.ids[chosen], times, xy.astype(np.float32), np.isfinite(xy[:, :, 0]))
