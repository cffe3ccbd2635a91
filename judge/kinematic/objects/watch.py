"""The objects of frames by themselves, without the rest of the judge."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2

from lawful.judge.kinematic.bodies import Glimpse
from lawful.judge.kinematic.camera import CameraStep, camera_step
from lawful.judge.kinematic.objects.push import ObjectsState, open_objects, push_objects
from lawful.judge.kinematic.shot import small_picture
from lawful.judge.kinematic.tracker import (
    LucasKanade,
    PairTracker,
    Tracks,
    TrackStep,
    advance_tracks,
    seed_tracks,
)
from lawful.judge.kinematic.window import Change, Picture, change_between, held_along, moving_mask
from lawful.video.frames import Frames


@dataclass(frozen=True, eq=False)
class Watched:
    """What is known of a frame before objects are looked for."""

    picture: Picture
    """The frame at the size at which motion is looked at."""
    time_s: float
    """Its time."""
    step_s: float
    """Time since the frame before; NaN for the first."""
    tracks: Tracks
    """The points in it."""
    step: TrackStep | None
    """What became of those of the frame before; None for the first."""
    camera: CameraStep | None
    """The camera's motion since then; None for the first."""
    change: Change | None
    """Levels by which it differs from the frame before; None for the first."""


def steps_of(
    frames: Frames, long_side_px: int = 320, tracker: PairTracker | None = None
) -> Iterator[Watched]:
    """Points and camera of one shot, frame by frame.

    Args:
        frames: The frames of one shot.
        long_side_px: Size at which motion is looked at.
        tracker: Follows points; None for Lucas-Kanade.
    """
    follows = LucasKanade() if tracker is None else tracker
    tracks = Tracks()
    before = gray_before = None
    time_before = float("nan")
    for shown, time in zip(frames.rgb, frames.times_s, strict=True):
        picture = small_picture(shown, long_side_px)
        gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        time_s = float(time)
        if before is None or gray_before is None:
            tracks = seed_tracks(tracks, gray, None)
            yield Watched(picture, time_s, float("nan"), tracks, None, None, None)
        else:
            tracks, step = advance_tracks(tracks, follows, gray_before, gray)
            camera = camera_step(gray_before, gray, step)
            change = change_between(held_along(before, picture, camera), picture, camera)
            tracks = seed_tracks(tracks, gray, moving_mask(change))
            yield Watched(picture, time_s, time_s - time_before, tracks, step, camera, change)
        before, gray_before, time_before = picture, gray, time_s


def push_watched(state: ObjectsState, watched: Watched) -> Glimpse:
    """Take one such frame in; changes the state."""
    return push_objects(
        state,
        watched.picture,
        watched.time_s,
        watched.step_s,
        watched.tracks,
        watched.step,
        watched.camera,
        watched.change,
    )


def glimpses_of(
    frames: Frames, long_side_px: int = 320, tracker: PairTracker | None = None
) -> Iterator[Glimpse]:
    """What is seen of one shot, frame by frame; arguments as `steps_of`."""
    state = open_objects()
    for watched in steps_of(frames, long_side_px, tracker):
        yield push_watched(state, watched)
