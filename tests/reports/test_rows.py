"""The contract's lines."""

import json

import jsonschema
import pytest

from lawful.core.errors import InputError
from lawful.judge.summary import SummaryRule
from lawful.reports.lines import json_line, json_text
from lawful.reports.rows import NOT_SCORED, contract_line, judged, line_schema

KEYS = [
    "schema", "video", "sha256", "suite", "judge", "fingerprint", "generator", "case", "prompt", "answer",
    "reason", "score", "error", "duration_s", "verdicts", "repeats", "score_sd",
    "score_sd_rerun", "score_sd_wording", "score_sd_rate", "fps", "n_rate_compared", "n_rate_flips",
]  # fmt: skip
VERDICT_KEYS = ["question", "law", "axis", "score", "label", "unscored", "evidence"]
EVIDENCE_KEYS = ["start_s", "end_s", "box", "law", "magnitude", "unit", "text"]


@pytest.fixture(scope="module")
def valid():
    jsonschema.Draft202012Validator.check_schema(line_schema())
    return jsonschema.Draft202012Validator(line_schema()).validate


def test_every_line_obeys_the_schema_and_has_its_keys(some_clips, valid):
    for stored in some_clips:
        line = contract_line(judged(stored))
        valid(line)
        assert list(line) == KEYS
        for verdict in line["verdicts"]:
            assert list(verdict) == VERDICT_KEYS
            for evidence in verdict["evidence"]:
                assert list(evidence) == EVIDENCE_KEYS


def test_a_line_is_one_line_of_json(some_clips):
    for stored in some_clips:
        line = contract_line(judged(stored))
        text = json_line(judged(stored))
        assert text.splitlines() == [text]
        assert json.loads(text) == line
        assert text == json_text(line)


def test_worst_verdict_and_strongest_evidence_come_first(clip, verdict, unscored, evidence):
    seen = [evidence(text="weak", probability=0.2), evidence(text="strong", probability=0.8)]
    outcomes = (unscored(), verdict("energy", 0.8), verdict("permanence", 0.1, seen))
    line = contract_line(judged(clip(repeats=(outcomes,))))
    assert [one["question"] for one in line["verdicts"]] == ["permanence", "energy", "reflection"]
    assert [one["text"] for one in line["verdicts"][0]["evidence"]] == ["strong", "weak"]
    assert line["verdicts"][0]["evidence"][0]["box"] == [0.25, 0.5, 0.375, 0.75]


def test_a_failed_clip_has_no_answer(clip, valid):
    line = contract_line(judged(clip(repeats=(), error="no video stream", duration_s=None)))
    valid(line)
    assert (line["answer"], line["reason"], line["score"], line["verdicts"]) == (None, None, None, [])
    assert line["error"] == "no video stream"


def test_a_clip_that_nobody_scored_yet_says_so(clip, valid):
    line = contract_line(judged(clip(repeats=())))
    valid(line)
    assert line["error"] == NOT_SCORED


def test_nan_is_null(clip, unscored, valid):
    ranks_only = SummaryRule("rank", "mean")
    line = contract_line(judged(clip(repeats=((unscored(),),), rule=ranks_only, duration_s=float("nan"))))
    valid(line)
    assert (line["answer"], line["score"], line["duration_s"], line["score_sd"]) == (
        "not_sure",
        None,
        None,
        None,
    )


def test_unscored_gives_kind_and_words(clip, unscored):
    line = contract_line(judged(clip(repeats=((unscored("energy", "unparsed", ""), unscored()),))))
    assert [one["unscored"] for one in line["verdicts"]] == ["unparsed", "abstained: no mirror was found"]


def test_repeats_are_combined(clip, verdict, valid):
    line = contract_line(judged(clip(repeats=((verdict(score=0.25),), (verdict(score=0.75),)))))
    valid(line)
    assert (line["repeats"], line["score"]) == (2, 0.5)
    assert line["score_sd"] == pytest.approx(0.3535533906)


def test_a_file_name_that_is_no_utf8_can_be_written(clip):
    name = b"caf\xe9.mp4".decode("utf-8", "surrogateescape")
    assert json_line(judged(clip(name))).encode("utf-8")


def test_a_verdict_on_an_unknown_question_is_an_error(clip, verdict):
    damaged = clip(repeats=((verdict("nonsense"),),))
    with pytest.raises(InputError, match="question 'nonsense' of suite physics, which was not asked"):
        contract_line(judged(damaged))


@pytest.mark.parametrize(
    "change",
    [{"score": 2}, {"answer": "maybe"}, {"more": 1}, {"schema": "lawful.report/2"}, {"reason": None}],
)
def test_the_schema_refuses_other_lines(clip, change, valid):
    with pytest.raises(jsonschema.ValidationError):
        valid({**contract_line(judged(clip())), **change})
