"""One event for one happening, with the place that it had at its time."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from lawful.checklists.suite import Question
from lawful.generators.worlds.make import make_clip
from lawful.generators.worlds.records import WorldClip
from lawful.judge.kinematic.findings import Finding, Said
from lawful.judge.kinematic.happenings import Happenings, settle
from lawful.judge.kinematic.judge import make_kinematic
from lawful.judge.records import Event, Evidence
from lawful.video.frames import Box, ClipMeta, Frames

Meta = Callable[[Frames], ClipMeta]


PLACE = Box(0.2, 0.2, 0.4, 0.4)


def seen(start_s: float, strength: float = 0.5, box: Box = PLACE) -> Said:
    return Said(Finding("super_elastic", start_s, start_s + 0.1, box, strength, 1.5, "ratio", "it"), (), None)


def told(steps: Sequence[Sequence[Said]]) -> list[list[Said]]:
    happenings = Happenings()
    return [settle(happenings, found) for found in steps]


def test_what_is_seen_twice_is_said_once_and_as_clearly_as_it_was_seen() -> None:
    weak, strong = seen(1.0, 0.4), seen(1.02, 0.8)
    assert told([[weak], [strong], [], []]) == [[], [strong], [], []]
    assert told([[strong], [weak], [], []]) == [[], [strong], [], []]


def test_what_was_said_stays_and_is_not_said_again() -> None:
    weak, strong = seen(1.0, 0.4), seen(1.02, 0.8)
    assert told([[weak], [], [strong], []]) == [[], [weak], [], []]


def test_pieces_of_one_body_are_one_happening() -> None:
    one, other = seen(1.0, 0.8), seen(1.0, 0.7, Box(0.45, 0.2, 0.5, 0.4))
    assert told([[other, one], []]) == [[], [one]]


def test_other_times_and_places_are_other_happenings() -> None:
    first, later, elsewhere = seen(1.0), seen(1.3), seen(1.0, 0.4, Box(0.6, 0.2, 0.8, 0.4))
    assert told([[first, elsewhere], [], [later], []]) == [[], [first, elsewhere], [], [later]]


def test_what_is_remembered_is_bounded() -> None:
    happenings = Happenings()
    for k in range(200):
        settle(happenings, [seen(float(k))])
    assert len(happenings.held) == 1
    assert len(happenings.told) <= 8


def bounces(seed: int, width_px: int = 240, height_px: int = 320, duration_s: float = 2.5) -> WorldClip:
    return make_clip(
        "bounce",
        seed,
        violation="super_elastic",
        width_px=width_px,
        height_px=height_px,
        duration_s=duration_s,
        fps=24,
    )


def looked_at(
    clip: WorldClip, meta: Meta, questions: tuple[Question, ...], causal: bool = False
) -> tuple[list[Event], list[Evidence]]:
    judge = make_kinematic({"causal": causal})
    state = judge.push(judge.open(meta(clip.frames), questions, {}), clip.frames)
    outcomes = judge.close(state)
    return list(judge.events(state)), [item for outcome in outcomes for item in outcome.evidence]


@pytest.mark.parametrize(
    ("seed", "width_px", "height_px", "duration_s"),
    [(9, 240, 320, 2.5), (5, 320, 240, 3.0), (19, 320, 240, 3.0)],
)
def test_a_bounce_is_one_event_at_the_place_of_the_contact(
    seed: int, width_px: int, height_px: int, duration_s: float, meta: Meta, questions: tuple[Question, ...]
) -> None:
    clip = bounces(seed, width_px, height_px, duration_s)
    events, evidence = looked_at(clip, meta, questions)
    # The net, which measures nothing, may point at another moment.
    gains = [event for event in events if event.family == "super_elastic" and event.unit == "ratio"]
    assert len(gains) == 1
    box = gains[0].box
    assert box is not None
    times = clip.frames.times_s
    around = np.nonzero(np.abs(times - gains[0].start_s) <= 0.75 / clip.fps)[0]
    centre = np.array([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2])
    misses = []
    for truth in clip.objects:
        for k in around:
            size = truth.box[k, 2:] - truth.box[k, :2]
            misses.append(np.abs((centre - truth.centre[k]) / size).max())
    assert min(misses) < 0.5
    frames_s = [frame.time_s for frame in evidence[0].frames]
    assert len(frames_s) == 3
    assert frames_s[0] < gains[0].start_s - 1 / clip.fps < frames_s[1] < gains[0].start_s + 1 / clip.fps
    assert frames_s[2] >= gains[0].end_s


def test_a_bounce_that_was_said_stays(meta: Meta, questions: tuple[Question, ...]) -> None:
    clip = bounces(9)
    judge = make_kinematic({"causal": True})
    whole = looked_at(clip, meta, questions, causal=True)[0]
    assert any(event.family == "super_elastic" for event in whole)
    for length in range(40, len(clip.frames), 3):
        state = judge.push(judge.open(meta(clip.frames), questions, {}), clip.frames[:length])
        until = float(clip.frames.times_s[length - 1])
        assert list(judge.events(state)) == [event for event in whole if event.said_s <= until]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_freeze_is_one_event(seed: int, meta: Meta, questions: tuple[Question, ...]) -> None:
    clip = make_clip(
        "billiards", seed, violation="freeze", width_px=320, height_px=240, duration_s=3.0, fps=24
    )
    events, evidence = looked_at(clip, meta, questions)
    stops = [event for event in events if event.family == "freeze"]
    assert len(stops) == 1
    assert evidence[0].frames[-1].time_s >= stops[0].end_s
