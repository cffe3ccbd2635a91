"""The fold of a judge over a clip, and what a judge may return."""

import copy
import math
from dataclasses import astuple, replace

import numpy as np
import pytest

from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.core.registry import register
from lawful.judge.fold import judge_clip
from lawful.judge.make import make_judge
from lawful.judge.protocol import fingerprint
from lawful.judge.records import Evidence, EvidenceFrame, Unscored, Verdict
from lawful.judge.task import JudgeSpec
from lawful.video.frames import PointTracks


def plain(outcomes):
    """Outcomes as something that == compares to the last bit."""

    def of(value):
        if isinstance(value, np.ndarray):
            return value.dtype.str, value.shape, value.tobytes()
        if isinstance(value, tuple | list):
            return [of(item) for item in value]
        if hasattr(value, "__dataclass_fields__"):
            return type(value).__name__, {
                name: of(getattr(value, name)) for name in value.__dataclass_fields__
            }
        return value

    return of(outcomes)


class Wrapped:
    """The toy judge with some methods replaced."""

    def __init__(self, judge, **replaced):
        self._judge = judge
        self._replaced = replaced

    def __getattr__(self, name):
        return self._replaced[name] if name in self._replaced else getattr(self._judge, name)


def chunked(frames, size):
    return [frames[start : start + size] for start in range(0, len(frames), size)]


@pytest.mark.parametrize("size", [1, 7, 64])
def test_chunks_of_any_size_give_the_same_verdicts(toy, ask, clip, size):
    meta, frames = clip()
    questions = [ask("a"), ask("abstains"), ask("b", axis="prompt")]
    whole = judge_clip(toy, meta, [frames], questions, {})
    assert plain(judge_clip(toy, meta, chunked(frames, size), questions, {})) == plain(whole)


def test_outcomes_keep_the_order_of_the_questions(toy, ask, clip):
    meta, frames = clip()
    questions = [ask("z"), ask("q", axis="prompt"), ask("abstains"), ask("a")]
    outcomes = judge_clip(toy, meta, [frames], questions, {})
    assert [outcome.question_id for outcome in outcomes] == ["z", "q", "abstains", "a"]
    assert isinstance(outcomes[0], Verdict)
    assert isinstance(outcomes[3], Verdict)
    assert outcomes[2].reason == "abstained"


def test_the_judge_never_sees_questions_that_it_does_not_answer(toy, ask, clip):
    meta, frames = clip()
    seen = []

    def spying_open(meta, questions, given, repeat=0):
        seen.extend(question.id for question in questions)
        return toy.open(meta, questions, given, repeat)

    outcomes = judge_clip(
        Wrapped(toy, open=spying_open), meta, [frames], [ask("a"), ask("b", axis="prompt")], {}
    )
    assert seen == ["a"]
    assert isinstance(outcomes[1], Unscored)
    assert (outcomes[1].reason, outcomes[1].detail) == ("not_asked", "toy does not answer such questions")
    assert outcomes[1].fingerprint == fingerprint(toy)


def test_where_nothing_is_asked_no_frame_is_read(toy, ask, clip):
    meta, _ = clip()

    def chunks():
        raise AssertionError("read")
        yield

    (outcome,) = judge_clip(toy, meta, chunks(), [ask("b", axis="prompt")], {}, damage=chunks)
    assert outcome.reason == "not_asked"


def test_the_judge_is_given_what_it_declares(toy, ask, clip):
    meta, frames = clip()
    given = {"prompt": "a ball", "expected": "it falls"}
    (outcome,) = judge_clip(toy, meta, [frames], [ask("a")], given, repeat=2)
    texts = [evidence.text for evidence in outcome.evidence]
    assert texts == ["brightness jumps, look 2", "given {'prompt': 'a ball'}"]


def test_evidence_is_put_strongest_first(toy, ask, clip):
    meta, frames = clip()
    (outcome,) = judge_clip(toy, meta, [frames], [ask("a")], {})
    strengths = [evidence.probability for evidence in outcome.evidence]
    assert strengths == sorted(strengths, reverse=True)


def test_seconds_are_shared_out_where_the_judge_states_none(toy, ask, clip):
    meta, frames = clip()

    def close(state):
        return [replace(outcome, seconds=0.0) for outcome in toy.close(state)]

    outcomes = judge_clip(Wrapped(toy, close=close), meta, [frames], [ask("a"), ask("b")], {})
    assert outcomes[0].seconds == outcomes[1].seconds > 0
    assert judge_clip(toy, meta, [frames], [ask("a")], {})[0].seconds == 0.25


def test_no_verdict_stands_on_a_damaged_file(toy, ask, clip):
    meta, frames = clip()
    questions = [ask("a"), ask("abstains"), ask("b", axis="prompt")]
    sound = judge_clip(toy, meta, [frames], questions, {})
    outcomes = judge_clip(toy, meta, [frames], questions, {}, damage=lambda: "ends in the middle of a frame")
    assert [outcome.reason for outcome in outcomes] == ["damaged", "abstained", "not_asked"]
    assert outcomes[0].detail == "ends in the middle of a frame"
    assert outcomes[0].leaning == sound[0].score
    assert [e.text for e in outcomes[0].evidence] == [e.text for e in sound[0].evidence]


def test_damage_is_asked_for_after_the_last_chunk(toy, ask, clip):
    meta, frames = clip()
    order = []

    def chunks():
        yield frames
        order.append("read")

    judge_clip(toy, meta, chunks(), [ask("a")], {}, damage=lambda: order.append("damage"))
    assert order == ["read", "damage"]


def test_a_failed_premise_voids_what_rests_on_it(toy, ask, clip):
    meta, frames = clip(jump=False)
    questions = [
        ask("last", depends_on=("middle",)),
        ask("middle", depends_on=("premise",)),
        ask("premise"),
        ask("free"),
        ask("other", axis="prompt", depends_on=("premise",)),
    ]
    outcomes = judge_clip(toy, meta, [frames], questions, {})
    reasons = [outcome.reason if isinstance(outcome, Unscored) else None for outcome in outcomes]
    assert reasons == ["premise_not_met", "premise_not_met", None, None, "not_asked"]
    assert outcomes[1].detail == "the answer to premise is 'no'"
    assert outcomes[0].detail == "middle: the answer to premise is 'no'"
    assert outcomes[0].leaning is None


def test_a_premise_that_is_met_or_unknown_voids_nothing(toy, ask, clip):
    meta, frames = clip(jump=False)
    questions = [
        ask("met"),
        ask("abstains"),
        ask("not asked", axis="prompt"),
        ask("a", depends_on=("met", "abstains", "not asked")),
    ]
    assert isinstance(judge_clip(toy, meta, [frames], questions, {})[3], Verdict)


def test_premises_in_a_circle_end(toy, ask, clip):
    meta, frames = clip(jump=False)
    questions = [ask("a", depends_on=("b",)), ask("b", depends_on=("a",))]
    assert len(judge_clip(toy, meta, [frames], questions, {})) == 2


def test_questions_must_fit_together(toy, ask, clip):
    meta, frames = clip()
    with pytest.raises(InputError, match=r"question 'a' depends on 'x', which is not asked\. Ask it as well"):
        judge_clip(toy, meta, [frames], [ask("a", depends_on=("x",))], {})
    with pytest.raises(InputError, match="two questions have one id: a, a"):
        judge_clip(toy, meta, [frames], [ask("a"), ask("a")], {})


def test_a_clip_without_frames_is_refused(toy, ask, clip):
    meta, frames = clip()
    with pytest.raises(InputError, match="array: no frame could be read"):
        judge_clip(toy, meta, [], [ask("a")], {})
    with pytest.raises(InputError, match="array: no frame could be read"):
        judge_clip(toy, meta, [frames[:0]], [ask("a")], {})


def spoil(**changes):
    return lambda outcome: replace(outcome, **changes)


def evidence(**changes):
    good = Evidence(0.0, 1.0, None, "time", 1.0, "px", "text")
    return spoil(evidence=(replace(good, **changes),))


FLOAT_PICTURE = EvidenceFrame(0.0, np.zeros((4, 4, 3)))


def tracks(xy):
    made = PointTracks(np.arange(2), np.arange(3.0), np.zeros((2, 3, 2), np.float32), np.ones((2, 3), bool))
    object.__setattr__(made, "xy", xy)  # past the checks that only tests make
    return made


UNSOUND = [
    (spoil(question_id="b"), "question_id is 'b', expected 'a'"),
    (spoil(video_sha256="00"), "video_sha256 is '00'"),
    (spoil(fingerprint="f"), "fingerprint is 'f'"),
    (spoil(probabilities={"yes": 1.0}), r"probabilities of \['yes'\], expected \['no', 'partly', 'yes'\]"),
    (spoil(probabilities={"yes": 0.5, "no": 0.4, "partly": 0.0}), "probabilities sum to 0.9, not 1"),
    (spoil(probabilities={"yes": math.nan, "no": 0.4, "partly": 0.0}), "probability of 'yes' is nan"),
    (spoil(probabilities={"yes": 1.5, "no": -0.5, "partly": 0.0}), "probability of 'no' is -0.5"),
    (spoil(label="maybe"), "label 'maybe' is none of"),
    (spoil(label="partly"), "label 'partly' is not the most probable"),
    (spoil(score=0.77), "score is 0.77, the expected value of its label is"),
    (spoil(score=math.nan), "score is nan, not within 0-1"),
    (spoil(seconds=-1.0), "-1.0 s and 3 tokens cannot have been spent"),
    (evidence(start_s=2.0), "evidence from 2.0 s to 1.0 s is no span of time"),
    (evidence(end_s=math.inf), "is no span of time"),
    (evidence(magnitude=math.nan), "the magnitude of evidence is nan"),
    (evidence(probability=7), "probability of evidence is 7.0, not within 0-1"),
    (evidence(text=None), "the text of evidence is None"),
    (evidence(law=3), "the law of evidence is 3"),
    (evidence(tracks=tracks(np.zeros((2, 4, 2)))), "tracks of evidence whose arrays do not fit each other"),
    (evidence(tracks=tracks([[1], [1, 2]])), "tracks of evidence: setting an array element"),
    (evidence(frames=(EvidenceFrame(0.0),) * 4), "evidence with 4 frames, at most 3 are kept"),
    (evidence(frames=(FLOAT_PICTURE,)), r"a frame of evidence is float64 \(4, 4, 3\)"),
    (evidence(frames=(EvidenceFrame(math.nan),)), "a frame of evidence is of nan s"),
    (
        evidence(frames=(EvidenceFrame(0.0, None, "../a.webp"),)),
        r"names the file '\.\./a\.webp', not the picture",
    ),
    (evidence(tracks_file="a.json"), "evidence names the tracks' file 'a.json', not the tracks"),
    (evidence(box=(0, 0, 1, 1)), r"the box of evidence is \(0, 0, 1, 1\), no Box"),
    (evidence(start_s=None), "TypeError: float"),
    (spoil(probabilities=None), "TypeError: 'NoneType' object is not iterable"),
    (spoil(evidence=("a",)), "AttributeError: 'str' object has no attribute 'start_s'"),
    (lambda outcome: "yes", "str is no Verdict or Unscored"),
    (
        lambda v: Unscored(v.video_sha256, "a", "tired", "", v.fingerprint),
        "reason 'tired' is none of abstained",
    ),
    (lambda v: Unscored(v.video_sha256, "a", "abstained", None, v.fingerprint), "the detail is None"),
    (
        lambda v: Unscored(v.video_sha256, "a", "abstained", "", v.fingerprint, leaning=2.0),
        "leaning is 2.0, not within 0-1",
    ),
]


@pytest.mark.parametrize(("spoiling", "message"), UNSOUND)
def test_what_a_judge_may_not_return(toy, ask, clip, spoiling, message):
    meta, frames = clip()
    judge = Wrapped(toy, close=lambda state: [spoiling(toy.close(state)[0])])
    with pytest.raises(
        LawfulError, match=r"judge 'toy' returned something unsound: question 'a': .*" + message
    ):
        judge_clip(judge, meta, [frames], [ask("a")], {})


@pytest.mark.parametrize(
    ("returned", "found"), [(None, "NoneType"), ([], "0 outcomes"), (iter(()), "tuple_iterator")]
)
def test_a_judge_returns_one_outcome_for_each_question(toy, ask, clip, returned, found):
    meta, frames = clip()
    with pytest.raises(LawfulError, match=rf"close\(\) returned {found} for 1 questions"):
        judge_clip(Wrapped(toy, close=lambda state: returned), meta, [frames], [ask("a")], {})


def test_numbers_of_numpy_become_plain_ones(toy, ask, clip):
    meta, frames = clip()

    def close(state):
        (v,) = toy.close(state)
        p = {label: np.float32(x) for label, x in v.probabilities.items()}
        strong = replace(v.evidence[1], magnitude=np.float32(1), track_ids=(np.int64(7),))
        object.__setattr__(strong.box, "x0", np.float32(0.1))  # past the checks that only tests make
        return (replace(v, probabilities=p, score=np.float32(v.score), evidence=[strong]),)

    (outcome,) = judge_clip(Wrapped(toy, close=close), meta, [frames], [ask("a")], {})
    values = [outcome.score, *outcome.probabilities.values(), outcome.evidence[0].magnitude]
    assert {type(value) for value in [*values, *astuple(outcome.evidence[0].box)]} == {float}
    assert type(outcome.evidence[0].track_ids[0]) is int


@pytest.mark.parametrize("method", ["answers", "open", "push", "close"])
def test_a_failing_judge_is_named(toy, ask, clip, method):
    meta, frames = clip()

    def fail(*arguments):
        raise RuntimeError("no good")

    with pytest.raises(LawfulError, match=f"judge 'toy' failed in {method}: RuntimeError: no good"):
        judge_clip(Wrapped(toy, **{method: fail}), meta, [frames], [ask("a")], {})


def test_what_is_absent_is_said_as_it_is(toy, ask, clip):
    meta, frames = clip()

    def absent(*arguments):
        raise AbsentError("no weights")

    with pytest.raises(AbsentError, match=r"^no weights$"):
        judge_clip(Wrapped(toy, open=absent), meta, [frames], [ask("a")], {})


def test_a_saved_state_can_be_pushed_to_again(toy, ask, clip):
    meta, frames = clip()
    state = toy.push(toy.open(meta, [ask("a")], {}), frames[:8])
    saved = copy.deepcopy(state)
    first = toy.close(toy.push(state, frames[8:]))
    assert plain(toy.close(toy.push(saved, frames[8:]))) == plain(first)


def test_judges_are_made_from_names_and_settings(toy_plugin):
    assert make_judge(JudgeSpec("toy", {"slow_s": 1})).name == "toy"
    with pytest.raises(AbsentError, match=r"no judge is called 'none'\. Known: .*kinematic.*toy"):
        make_judge(JudgeSpec("none"))
    message = r"judge 'toy' \(from toy_judge\) cannot be made with the settings {'x': 1}: ValueError: unknown"
    with pytest.raises(InputError, match=message):
        make_judge(JudgeSpec("toy", {"x": 1}))


def test_a_judge_that_is_unsound_from_the_start_is_named(toy_plugin):
    toy = toy_plugin.ToyJudge({})

    def fail(*arguments):
        raise RuntimeError("no good")

    makes = {
        "fails": (fail, r"judge 'fails' \(from .*\) failed when it was made: RuntimeError: no good"),
        "nothing": (lambda *_: None, r"'nothing' .* made a NoneType, which is no judge"),
        "no-identity": (
            lambda *_: Wrapped(toy, name="no-identity", identity=fail),
            "'no-identity' .* has no sound identity: RuntimeError: no good",
        ),
        "no-json": (
            lambda *_: Wrapped(toy, name="no-json", identity=lambda: {"version": np.float32(1)}),
            "'no-json' .* has no sound identity: TypeError: Object of type float32",
        ),
        "no-rule": (lambda *_: replace(toy, name="no-rule", rule=None), "'no-rule' .* its rule is None"),
        "no-given": (lambda *_: replace(toy, name="no-given", given=None), "'no-given' .* its given is None"),
        "no-frames": (lambda *_: replace(toy, name="no-frames", sampling=None), "its sampling is None"),
        "other:": (lambda *_: toy, r"judge 'other:a' \(from .*\) calls itself 'toy'"),
    }
    for name, (factory, message) in makes.items():
        register("judge", name, summary="for tests")(factory)
        with pytest.raises(LawfulError, match=message):
            make_judge(JudgeSpec(name + "a" if name.endswith(":") else name))


def test_a_question_whose_premise_is_asked_again_is_asked_again_with_it(toy, ask, clip):
    meta, frames = clip(jump=False)
    questions = [ask("a"), ask("b", depends_on=("a",)), ask("c", depends_on=("b",)), ask("d")]

    def close(state):
        first, *rest = toy.close(state)
        lost = Unscored(first.video_sha256, "a", "no_answer", "the server is gone", first.fingerprint)
        return [lost, *rest]

    outcomes = judge_clip(Wrapped(toy, close=close), meta, [frames], questions, {})
    assert [getattr(one, "reason", None) for one in outcomes] == ["no_answer"] * 3 + [None]
    assert [one.detail for one in outcomes[:3]] == [
        "the server is gone",
        "its premise a has no answer yet",
        "its premise b has no answer yet",
    ]
    # What the judge never answers is not asked again, but what stands on it is: an answer to a may void both.
    deaf = Wrapped(toy, close=close, answers=lambda question: question.id != "b")
    outcomes = judge_clip(deaf, meta, [frames], questions, {})
    assert [getattr(one, "reason", None) for one in outcomes] == ["no_answer", "not_asked", "no_answer", None]
