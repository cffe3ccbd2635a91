import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lawful.checklists.suite import Question, Scale
from lawful.core.errors import InputError
from lawful.generators.worlds.make import make_clip
from lawful.judge.contract import checked
from lawful.judge.kinematic.judge import KinematicJudge, make_kinematic
from lawful.judge.kinematic.ledger import strengths_of
from lawful.judge.kinematic.settings import FAMILIES
from lawful.judge.kinematic.spine.watch import LEAST_SIDE_PX
from lawful.judge.kinematic.tracker import CallableTracker, LucasKanade
from lawful.judge.protocol import fingerprint
from lawful.judge.records import ClipResult, Unscored, Verdict
from lawful.video.frames import ClipMeta, Frames

Judged = Callable[..., ClipResult]
Meta = Callable[[Frames], ClipMeta]
Disc = Callable[..., Frames]


def said(result: ClipResult) -> list[tuple]:
    return [
        (
            verdict.question_id,
            verdict.score if isinstance(verdict, Verdict) else (verdict.detail, verdict.leaning),
            [(item.start_s, item.magnitude, item.text, item.probability) for item in verdict.evidence],
        )
        for verdict in result.verdicts
    ]


@pytest.mark.parametrize("name", ["lawful", "broken"])
def test_chunks_of_any_size_give_the_same_verdicts(
    name: str, judged: Judged, request: pytest.FixtureRequest
) -> None:
    frames: Frames = request.getfixturevalue(name)
    whole = said(judged(frames, chunk=64))
    assert said(judged(frames, chunk=1)) == whole
    assert said(judged(frames, chunk=7)) == whole


@pytest.mark.parametrize("name", ["lawful", "broken"])
@pytest.mark.parametrize("times", [2, 3])
def test_repeating_every_frame_changes_nothing(
    name: str, times: int, judged: Judged, request: pytest.FixtureRequest
) -> None:
    frames: Frames = request.getfixturevalue(name)
    step = float(frames.times_s[1])
    repeated = Frames(
        np.repeat(frames.rgb, times, axis=0),
        np.arange(times * len(frames)) * step / times,
        np.arange(times * len(frames), dtype=np.int64),
    )
    # Times are sums of shares of a step, so they may differ in the last digits.
    once, again = judged(frames), judged(repeated)
    assert (once.answer, once.n_scored) == (again.answer, again.n_scored)
    assert again.score == pytest.approx(once.score, abs=1e-6)


def test_causal_events_do_not_change_with_later_frames(
    broken: Frames, meta: Meta, questions: tuple[Question, ...]
) -> None:
    judge = make_kinematic({"causal": True})
    state = judge.push(judge.open(meta(broken), questions, {}), broken)
    whole = judge.events(state)
    assert whole
    for length in range(5, len(broken), 9):
        prefix = judge.push(judge.open(meta(broken), questions, {}), broken[:length])
        until = float(broken.times_s[length - 1])
        assert list(judge.events(prefix)) == [event for event in whole if event.said_s <= until]


def test_a_saved_state_goes_on(broken: Frames, meta: Meta, questions: tuple[Question, ...]) -> None:
    judge = make_kinematic({})
    half = len(broken) // 2
    state = judge.push(judge.open(meta(broken), questions, {}), broken[:half])
    saved = copy.deepcopy(state)
    first = judge.close(judge.push(state, broken[half:]))
    second = judge.close(judge.push(saved, broken[half:]))
    assert [outcome_score(one) for one in first] == [outcome_score(two) for two in second]


def outcome_score(outcome: Verdict | Unscored) -> float | None:
    return outcome.score if isinstance(outcome, Verdict) else outcome.leaning


@pytest.mark.parametrize("turns", [8, pytest.param(32, marks=pytest.mark.long)])
def test_state_does_not_grow(turns: int, disc: Disc, meta: Meta, questions: tuple[Question, ...]) -> None:
    judge = make_kinematic({})
    large = disc(lambda k: (120 + 60 * math.cos(k / 5), 90 + 40 * math.sin(k / 5)), n_frames=63)
    loop = Frames(np.ascontiguousarray(large.rgb[:, ::2, ::2]), large.times_s, large.indices)
    state = judge.open(meta(loop), questions, {})
    sizes = []
    for turn in range(turns):
        start = turn * len(loop)
        frames = Frames(loop.rgb, (start + np.arange(len(loop))) / 24, start + np.arange(len(loop)))
        state = judge.push(state, frames)
        sizes.append(len(pickle.dumps(state)))
    assert max(sizes[turns // 2 :]) <= 1.1 * max(sizes[: turns // 2])
    assert max(sizes) < 30e6


def test_long_lawful_clips_are_not_flagged(judged: Judged) -> None:
    for seed in range(40, 44):
        assert judged(make_clip("billiards", seed, duration_s=8.0).frames).answer != "violation"


def test_a_clip_played_to_and_fro_is_as_lawful(disc: Disc, judged: Judged) -> None:
    frames = disc(lambda k: (30 + 5.0 * k, 60 + 30 * math.sin(k / 6)), n_frames=36)
    order = np.concatenate([np.arange(36), np.arange(34, 0, -1)])
    order = np.tile(order, 4)
    longer = Frames(frames.rgb[order], np.arange(len(order)) / 24, np.arange(len(order), dtype=np.int64))
    once, more = judged(frames), judged(longer)
    assert "violation" not in (once.answer, more.answer)
    # The net finds the way odd, each time anew: what comes again and again in a longer clip weighs no more for that.
    assert more.score >= once.score > 0.1


def test_answers_what_it_looks_for() -> None:
    judge = make_kinematic({})
    scale = Scale("yes_no", {"yes": 1.0, "no": 0.0})
    assert all(judge.answers(Question("q", "?", "physics", scale, None, (family,))) for family in FAMILIES)
    assert judge.answers(Question("q", "?", "physics", scale, "permanence"))
    assert not judge.answers(Question("q", "?", "physics", scale, "buoyancy"))
    assert not judge.answers(Question("q", "?", "prompt", scale))


def test_mass_goes_to_best_and_worst_of_longer_scales(broken: Frames, meta: Meta) -> None:
    judge = make_kinematic({})
    scale = Scale("five", {"1": 0.0, "2": 0.25, "3": 0.5, "4": 0.75, "5": 1.0})
    question = Question("q", "?", "physics", scale, "permanence")
    outcomes = judge.close(judge.push(judge.open(meta(broken), [question], {}), broken))
    verdict = checked(outcomes, judge, meta(broken), [question])[0]
    assert isinstance(verdict, Verdict)
    assert verdict.label == "1"
    assert verdict.probabilities["1"] + verdict.probabilities["5"] == pytest.approx(1)


def test_evidence_can_be_looked_at(broken: Frames, judged: Judged) -> None:
    result = judged(broken)
    assert result.answer == "violation"
    evidence = result.verdicts[0].evidence[0]
    assert evidence.unit == "px"
    assert evidence.law == "permanence"
    assert evidence.box is not None
    assert len(evidence.frames) == 3
    assert "from one frame to the next at" in result.reason
    assert [frame.time_s for frame in evidence.frames] == sorted(frame.time_s for frame in evidence.frames)


def test_identity_names_all_that_matters() -> None:
    assert fingerprint(make_kinematic({})) == fingerprint(make_kinematic({}))
    assert fingerprint(make_kinematic({})) != fingerprint(make_kinematic({"long_side_px": 256}))
    still = CallableTracker(lambda before, after, points: (points, np.ones(len(points), bool)), "still")
    judge = KinematicJudge(make_kinematic({}).settings, tracker=still)
    assert fingerprint(judge) != fingerprint(make_kinematic({}))


def test_any_callable_can_track(lawful: Frames, judged: Judged) -> None:
    made = KinematicJudge(make_kinematic({}).settings, tracker=CallableTracker(LucasKanade().advance, "own"))
    assert said(judged(lawful, made=made)) == said(judged(lawful))


def test_settings_that_do_not_exist_are_errors() -> None:
    with pytest.raises(InputError, match="the kinematic judge has no setting 'speed'; it has causal, "):
        make_kinematic({"speed": 3})
    with pytest.raises(InputError, match=r"'levels.vanish' must be a table of scale and threshold, got "):
        make_kinematic({"levels": {"vanish": {"slope": 1.0}}})
    with pytest.raises(InputError, match=r"'levels.vanish' must hold two numbers, got "):
        make_kinematic({"levels": {"vanish": {"threshold": "high", "scale": 0.1}}})
    with pytest.raises(InputError, match=r"no setting 'levels.melts'; it has "):
        make_kinematic({"levels": {"melts": {"threshold": 0.3, "scale": 0.1}}})
    with pytest.raises(InputError, match="setting 'causal' must be of type bool, got 1"):
        make_kinematic({"causal": 1})
    with pytest.raises(InputError, match="setting 'gates' must be a table, got 3"):
        make_kinematic({"gates": 3})


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"max_fps": 0.0}, "'max_fps' must be above 0, got 0.0"),
        ({"long_side_px": -1}, "'long_side_px' must be above 0, got -1"),
        ({"exposure_s": math.inf}, "'exposure_s' must be above 0, got inf"),
        (
            {"levels": {"freeze": {"threshold": 0.3, "scale": 0}}},
            "'levels.freeze.scale' must be above 0, got 0.0",
        ),
        (
            {"levels": {"freeze": {"threshold": math.nan, "scale": 0.1}}},
            "'levels.freeze.threshold' must be a finite number",
        ),
        (
            {"gates": {"max_out_of_scope": math.nan}},
            "'gates.max_out_of_scope' must be a finite number, got nan",
        ),
    ],
)
def test_settings_out_of_range_are_errors(config: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        make_kinematic(config)


def test_settings_take_the_place_of_shipped_ones() -> None:
    judge = make_kinematic({"levels": {"vanish": {"threshold": 2, "scale": 0.1}}, "max_fps": 12})
    assert judge.settings.levels["vanish"].threshold == 2.0
    assert judge.settings.tail("appear") == make_kinematic({}).settings.tail("appear")
    assert judge.settings.tail("vanish") != make_kinematic({}).settings.tail("vanish")
    assert judge.settings.max_fps == 12.0
    assert fingerprint(judge) != fingerprint(make_kinematic({"max_fps": 12}))


@pytest.mark.parametrize(("height", "looks"), [(LEAST_SIDE_PX, True), (LEAST_SIDE_PX - 2, False)])
def test_the_net_does_not_look_at_small_pictures(height: int, looks: bool, meta: Meta) -> None:
    frames = make_clip("billiards", 1, violation="vanish", width_px=128, height_px=height).frames
    kinematic = make_kinematic({})
    state = kinematic.push(kinematic.open(meta(frames), (), {}), frames)
    kinematic.close(state)
    tails = strengths_of(state.ledger)
    assert "vanish" in tails
    assert ("vanish/net" in tails) == looks
