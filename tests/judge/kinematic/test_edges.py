import copy
from collections.abc import Callable

import numpy as np
import pytest

from lawful.checklists.suite import Question
from lawful.judge.contract import checked
from lawful.judge.kinematic.gates import Tally, abstention
from lawful.judge.kinematic.judge import make_kinematic
from lawful.judge.kinematic.scope_rule import ScopeTally
from lawful.judge.records import ClipResult
from lawful.judge.summary import summarise
from lawful.video.frames import ClipMeta, Frames

Judged = Callable[..., ClipResult]
Disc = Callable[..., Frames]


def vanishing(disc: Disc, fps: float = 24.0, from_s: float = 0.0) -> Frames:
    made = disc(lambda k: (40 + 4.0 * k, 80.0) if k < 15 else None, fps=fps)
    return Frames(made.rgb, from_s + made.times_s, made.indices)


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2), (3, 5), (8, 8), (17, 9), (481, 7)])
@pytest.mark.parametrize("n_frames", [1, 2, 30])
@pytest.mark.parametrize("kind", ["noise", "constant", "levels"])
def test_any_size_and_length_is_answered(
    kind: str,
    n_frames: int,
    size: tuple[int, int],
    meta: Callable[[Frames], ClipMeta],
    questions: tuple[Question, ...],
) -> None:
    shape = (n_frames, *size, 3)
    rgb = {
        "noise": np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8),
        "constant": np.full(shape, 90, np.uint8),
        "levels": np.broadcast_to(np.arange(n_frames, dtype=np.uint8)[:, None, None, None] * 8, shape).copy(),
    }[kind]
    frames = Frames(rgb, np.arange(n_frames) / 24, np.arange(n_frames, dtype=np.int64))
    judge = make_kinematic({})
    state = judge.open(meta(frames), questions, {})
    for at in range(0, n_frames, 7):
        state = copy.deepcopy(judge.push(state, frames[at : at + 7]))
    result = summarise(checked(judge.close(state), judge, meta(frames), questions), judge.rule)
    assert result.answer == "not_sure"
    assert 0 <= result.score <= 1


def test_times_far_from_the_start_change_nothing(disc: Disc, judged: Judged) -> None:
    near, far = judged(vanishing(disc)), judged(vanishing(disc, from_s=1e5))
    assert (near.answer, far.answer) == ("violation", "violation")
    assert far.score == pytest.approx(near.score, abs=1e-4)


def test_frames_far_apart_in_time_prove_nothing(disc: Disc, judged: Judged) -> None:
    assert judged(vanishing(disc, fps=8.0)).answer == "violation"
    result = judged(vanishing(disc, fps=0.1))
    assert result.answer == "not_sure"
    assert result.reason.startswith(
        "too few frames: 0.1 a second, so that things may come and go between them"
    )


def test_a_picture_that_stands_has_frames_enough(disc: Disc, judged: Judged) -> None:
    assert judged(disc(lambda k: (100.0, 80.0), n_frames=96)).reason.startswith("nothing to judge")


@pytest.mark.parametrize(("lost", "out"), [(0.0, False), (400.0, True)])
def test_what_scatters_and_is_lost_is_out_of_scope(lost: float, out: bool) -> None:
    steps = 29
    scope = ScopeTally(
        steps, steps, points=20.0 * steps, lost=lost, asked=600.0, stretch=0.2 * steps + lost / 4,
        stretch_most=1.0 * steps, turn=0.5 * steps, incoherence=lost / 20, repaint=0.1 * steps,
        changed=0.05 * steps, spread=0.1 * steps,
    )  # fmt: skip
    tally = Tally(30, 30, 1.0, 0, steps, 1.0, steps, steps, brightness=3000.0, scope=scope)
    reason = abstention(tally, make_kinematic({}).settings.gates, False)
    assert (reason or "").startswith("out of scope: what moves here looks like fluid, cloth") == out
    assert (
        abstention(tally, make_kinematic({"gates": {"max_out_of_scope": 1.0}}).settings.gates, False) is None
    )
