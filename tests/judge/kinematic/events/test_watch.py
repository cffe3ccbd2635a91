import math
from dataclasses import replace

import numpy as np

from lawful.generators.worlds.make import make_clip
from lawful.judge.kinematic.bodies import SCENE, Body, Glimpse, Touch
from lawful.judge.kinematic.events.watch import Happening, Watch, push_watch
from lawful.judge.kinematic.true_bodies import glimpses


def seen(time_s: float, touches: tuple[Touch, ...] = (), bodies: tuple[Body, ...] = ()) -> Glimpse:
    to_shot = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    step = math.nan if time_s == 0 else 0.1
    return Glimpse(time_s, step, 320, 240, to_shot, True, True, bodies, touches)


def kinds(frames: list[Glimpse]) -> list[tuple[str, int, int | None]]:
    watch = Watch()
    return [(event.kind, event.body, event.other) for frame in frames for event in push_watch(watch, frame)]


def near(gap: float, chance: float | None = None) -> tuple[Touch, ...]:
    known = (1.0 if gap <= 1 else 0.0) if chance is None else chance
    return (Touch(4, SCENE, gap, 0.0, (0.0, 1.0), known),)


def test_contact_support_and_separation_are_told_once_each() -> None:
    gaps = [8.0, 4.0, 0.5, 0.0, 0.0, 0.2, 6.0]
    frames = [seen(0.1 * k, near(gap)) for k, gap in enumerate(gaps)]
    assert kinds(frames) == [("contact", 4, SCENE), ("support", 4, SCENE), ("separation", 4, SCENE)]


def test_a_bounce_between_two_frames_is_a_contact() -> None:
    frames = [seen(0.1 * k, near(gap)) for k, gap in enumerate([19.0, 12.0, 4.5, 6.0, 13.0])]
    assert kinds(frames) == [("contact", 4, SCENE), ("separation", 4, SCENE)]


def test_what_turns_back_before_it_can_have_met_is_no_contact() -> None:
    frames = [seen(0.1 * k, near(gap)) for k, gap in enumerate([19.0, 17.0, 16.0, 16.5, 18.0])]
    assert kinds(frames) == []


def test_what_is_known_not_to_touch_makes_no_contact() -> None:
    assert kinds([seen(0.1 * k, near(0.0, 0.05)) for k in range(5)]) == []


def test_the_first_frame_of_a_shot_makes_no_event() -> None:
    assert kinds([seen(0.0, near(0.0))]) == []


def test_sights() -> None:
    clip = make_clip("screen", 5, fps=24)
    watch, told = Watch(), list[Happening]()
    for glimpse in glimpses(clip):
        told += push_watch(watch, glimpse)
    named = [event.kind for event in told if event.kind in ("occlusion_in", "occlusion_out")]
    assert named == ["occlusion_in", "occlusion_out"]


def test_entry_and_exit() -> None:
    clip = make_clip("crossing", 3, fps=24, duration_s=3.0)
    watch, told = Watch(), list[Happening]()
    for glimpse in glimpses(clip):
        told += push_watch(watch, glimpse)
    entered = [event.body for event in told if event.kind == "entry"]
    left = [event.body for event in told if event.kind == "exit"]
    assert entered
    assert len(entered) == len(set(entered))
    assert set(left) <= {body.id for glimpse in glimpses(clip) for body in glimpse.bodies}


def test_events_do_not_depend_on_when_the_clip_starts() -> None:
    frames = [seen(0.1 * k, near(gap)) for k, gap in enumerate([8.0, 4.0, 0.5, 0.0, 0.0, 0.2, 6.0])]
    later = [replace(frame, time_s=frame.time_s + 3) for frame in frames]
    assert kinds(frames) == kinds(later)
