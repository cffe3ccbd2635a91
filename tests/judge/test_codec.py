"""The JSON forms: exact both ways, and no trust in what is read."""

import json
from typing import get_args

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from lawful.checklists.suite import Question, Scale
from lawful.core.errors import InputError
from lawful.judge import codec
from lawful.judge.records import Evidence, EvidenceFrame, Reason, Unscored, Verdict
from lawful.judge.rows import from_row, to_row
from lawful.judge.summary import SummaryRule
from lawful.judge.task import JudgeSpec, Outcome, Task
from lawful.video.frames import Box, PointTracks

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
SHARE = st.floats(0, 1)
WHOLE = st.integers(-(2**40), 2**40)
FILE = st.from_regex(r"evidence/[a-z0-9]{1,8}\.webp", fullmatch=True)


def optional(strategy):
    return st.none() | strategy


@st.composite
def boxes(draw):
    x0, x1 = sorted((draw(SHARE), draw(SHARE)))
    y0, y1 = sorted((draw(SHARE), draw(SHARE)))
    return Box(x0, y0, x1, y1)


@st.composite
def tracks(draw):
    n, frames = draw(st.integers(0, 3)), draw(st.integers(0, 4))
    return PointTracks(
        np.arange(n, dtype=np.int64),
        np.arange(frames, dtype=np.float64) / 24,
        draw(hnp.arrays(np.float32, (n, frames, 2), elements=st.floats(-1, 2, width=32) | st.just(np.nan))),
        draw(hnp.arrays(np.bool_, (n, frames))),
    )


def evidence(saved):
    pictures = st.none() if saved else optional(hnp.arrays(np.uint8, (2, 3, 3)))
    frames = st.builds(EvidenceFrame, NUMBER, pictures, optional(FILE))
    return st.builds(
        Evidence, NUMBER, NUMBER, optional(boxes()), optional(TEXT), optional(NUMBER), optional(TEXT), TEXT, SHARE,
        st.lists(WHOLE, max_size=3).map(tuple), st.lists(frames, max_size=3).map(tuple),
        st.none() if saved else optional(tracks()), optional(FILE),
    )  # fmt: skip


def outcomes_of_questions(saved=False):
    cited = st.lists(evidence(saved), max_size=2).map(tuple)
    shares = SHARE.map(lambda share: {"yes": share, "no": 1 - share})
    verdicts = st.builds(
        Verdict, TEXT, TEXT, st.sampled_from(["yes", "no"]), shares, SHARE, TEXT, cited, NUMBER, WHOLE
    )
    reasons = st.sampled_from(get_args(Reason))
    return verdicts | st.builds(
        Unscored, TEXT, TEXT, reasons, TEXT, TEXT, optional(SHARE), cited, NUMBER, WHOLE
    )


QUESTIONS = st.builds(
    Question,
    TEXT,
    TEXT,
    TEXT,
    st.builds(Scale, TEXT, st.dictionaries(TEXT, NUMBER, min_size=1, max_size=3)),
    optional(TEXT),
    st.lists(TEXT, max_size=2).map(tuple),
    st.lists(TEXT, max_size=2).map(tuple),
    optional(WHOLE),
)
GIVEN = st.dictionaries(st.sampled_from(["prompt", "expected", "first_frame"]), TEXT)
CONFIG = st.dictionaries(TEXT, TEXT | NUMBER | WHOLE | st.booleans(), max_size=2)
TASKS = st.builds(
    Task, WHOLE, TEXT, TEXT, TEXT, st.builds(JudgeSpec, TEXT, CONFIG), st.lists(QUESTIONS, max_size=2).map(tuple),
    optional(NUMBER), GIVEN, WHOLE, optional(TEXT),
)  # fmt: skip
OUTCOMES = st.builds(
    Outcome, WHOLE, st.lists(outcomes_of_questions(), max_size=2).map(tuple), optional(TEXT), optional(NUMBER),
    optional(WHOLE), optional(WHOLE), optional(WHOLE), NUMBER,
)  # fmt: skip
RULES = st.builds(SummaryRule, TEXT, st.sampled_from(["min", "mean"]), st.just(0.25), st.floats(0.3, 1))


def plain(value):
    """Anything as something that == compares to the last bit; the order of a mapping counts."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return [(key, plain(item)) for key, item in value.items()]
    if hasattr(value, "__dataclass_fields__"):
        return type(value).__name__, [plain(getattr(value, name)) for name in value.__dataclass_fields__]
    return value


FORMS = {
    "question": (QUESTIONS, codec.question_to_json, codec.question_from_json),
    "rule": (RULES, codec.rule_to_json, codec.rule_from_json),
    "evidence": (evidence(saved=False), codec.evidence_to_json, codec.evidence_from_json),
    "verdict": (outcomes_of_questions(), codec.verdict_to_json, codec.verdict_from_json),
    "task": (TASKS, codec.task_to_json, codec.task_from_json),
    "outcome": (OUTCOMES, codec.outcome_to_json, codec.outcome_from_json),
}


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_the_json_form_is_exact(form, data):
    values, encode, decode = FORMS[form]
    value = data.draw(values)
    text = json.dumps(encode(value), allow_nan=False)
    assert plain(decode(json.loads(text))) == plain(value)


@settings(max_examples=100, deadline=None)
@given(verdict=outcomes_of_questions(saved=True))
def test_the_row_of_a_verdict_is_exact(verdict):
    row = to_row(verdict, ("yes", "no"))
    back = from_row((1, *row), verdict.video_sha256, verdict.question_id, ("yes", "no"), verdict.fingerprint)
    assert plain(back) == plain(verdict)


def _places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(item, (*path, key))


def _changed(value, path, act):
    if not path:
        return act(value)
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _changed(copy[path[0]], path[1:], act)
    return copy


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_form_is_an_input_error_or_still_readable(form, data):
    values, encode, decode = FORMS[form]
    body = json.loads(json.dumps(encode(data.draw(values))))
    path = data.draw(st.sampled_from(list(_places(body))))
    junk = data.draw(st.sampled_from([None, True, -1, 1e400, 0.5, "x", [], {}, [None], {"x": 1}]))
    broken = _changed(body, path, lambda _: junk)
    try:
        decode(broken)
    except InputError:
        return


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": 2.0}, "verdict: score should be a number from 0 to 1, found 2.0"),
        ({"score": "high"}, "verdict: score should be a number, found 'high'"),
        ({"score": True}, "verdict: score should be a number, found True"),
        ({"tokens": 1.5}, "verdict: tokens should be a whole number, found 1.5"),
        ({"label": None}, "verdict: label should be text, found None"),
        ({"extra": 1}, "verdict: unknown 'extra'; known: video_sha256, question_id"),
        ({"evidence": {}}, r"verdict: evidence should be a list, found {}"),
        ({"evidence": [{"text": "x"}]}, r"verdict\.evidence\[0\]: start_s is missing"),
        ({"probabilities": []}, r"verdict: probabilities should be an object, found \[\]"),
        ({"unscored": "bored"}, "verdict: unknown 'label', 'probabilities', 'score'"),
    ],
)
def test_the_message_says_where_and_what(change, message):
    body = codec.verdict_to_json(Verdict("a" * 64, "q", "yes", {"yes": 1.0, "no": 0.0}, 1.0, "f"))
    with pytest.raises(InputError, match=message):
        codec.verdict_from_json(body | change)


def test_something_that_is_no_object_is_refused():
    with pytest.raises(InputError, match=r"task: expected an object, found \[1\]"):
        codec.task_from_json([1])


@pytest.mark.parametrize("file", ["/etc/passwd", "../../secret", "evidence/../../x", "a\0b"])
def test_evidence_outside_the_run_folder_is_refused(file):
    body = codec.evidence_to_json(Evidence(0.0, 1.0, None, None, None, None, "x"))
    with pytest.raises(InputError, match="tracks_file should be a path inside the run folder"):
        codec.evidence_from_json(body | {"tracks_file": file})
    body["frames"] = [{"time_s": 0.0, "rgb": None, "file": file}]
    with pytest.raises(InputError, match="file should be a path inside the run folder"):
        codec.evidence_from_json(body)
