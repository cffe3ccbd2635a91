"""What can be judged at all is asked first: with forced labels, exactly the questions that stand on a "no" are void."""

import pytest
import torch

from lawful.checklists.load import load_suite
from lawful.judge import score_video
from lawful.judge.fold import judge_clip
from lawful.judge.make import make_judge
from lawful.judge.records import Unscored, Verdict
from lawful.judge.summary import summarise, without_say
from lawful.judge.task import JudgeSpec
from lawful.judge.vlm import asking
from lawful.video.frames import ClipMeta

META = ClipMeta("ab" * 32, "clip", 64, 48, 2.0)
PHYSICS = load_suite("physics").questions
PYRAMID = load_suite("pyramid")
FACTS = [question.id for question in PHYSICS if question.axis == "facts"]


@pytest.fixture
def answered(model_folder, frames, monkeypatch):
    """The outcomes of the suite by a tiny model that is made to say "no" to some questions and "yes" to the others."""
    judge = make_judge(JudgeSpec(f"vlm:{model_folder('qwen3_vl')}", {}))

    def answer(denied):
        texts = [question.text for question in PHYSICS if question.id in denied]
        read = asking.next_logits

        def forced(loaded, prefix, rows, *arguments):
            said = [logits.clone() for logits in read(loaded, prefix, rows, *arguments)]
            for row, logits in zip(rows, said, strict=True):
                put = loaded.tokenizer.decode(row)
                label = "no" if any(text in put for text in texts) else "yes"
                (token, *_) = loaded.tokenizer(label, add_special_tokens=False)["input_ids"]
                logits[-1] = torch.full_like(logits[-1], -50.0)
                logits[-1, token] = 50.0
            return said

        monkeypatch.setattr(asking, "next_logits", forced)
        outcomes = judge_clip(judge, META, [frames(2)], PHYSICS, {})
        return {outcome.question_id: outcome for outcome in outcomes}, outcomes, judge.rule

    return answer


@pytest.mark.parametrize("failing", [1, 2, 3, None])
def test_a_failed_tier_of_a_gated_suite_closes_those_above(failing, model_folder, frames, monkeypatch):
    judge = make_judge(JudgeSpec(f"vlm:{model_folder('qwen3_vl')}", {}))
    read = asking.next_logits

    def forced(loaded, prefix, rows, *arguments):
        said = [logits.clone() for logits in read(loaded, prefix, rows, *arguments)]
        for row, logits in zip(rows, said, strict=True):
            put = loaded.tokenizer.decode(row)
            (one,) = [question for question in PYRAMID.questions if question.text in put]
            label = "yes" if one.tier is None else "2" if one.tier == failing else "5"
            (token, *_) = loaded.tokenizer(label, add_special_tokens=False)["input_ids"]
            logits[-1] = torch.full_like(logits[-1], -50.0)
            logits[-1, token] = 50.0
        return said

    monkeypatch.setattr(asking, "next_logits", forced)
    result = score_video(frames(2), judge=judge, suite=PYRAMID)
    tiers = {question.id: question.tier or 0 for question in PYRAMID.questions}
    closed = {one.question_id for one in result.verdicts if isinstance(one, Unscored)}
    assert closed == {name for name, tier in tiers.items() if failing is not None and tier > failing}
    assert {one.reason for one in result.verdicts if isinstance(one, Unscored)} <= {"premise_not_met"}


def standing_on(denied):
    """Ids of all questions that stand on one of some, directly or through others."""
    found = set()
    while True:
        more = {q.id for q in PHYSICS if (set(q.depends_on) & (denied | found)) and q.id not in found}
        if not more:
            return found
        found |= more


@pytest.mark.parametrize(
    "denied", [{"liquid_seen"}, {"mirror_seen"}, {"smoke_seen", "hit_seen"}, set(FACTS), set()]
)
def test_what_stands_on_a_no_is_void_and_nothing_else(denied, answered):
    by_id, outcomes, rule = answered(denied)
    void = standing_on(denied)
    for question in PHYSICS:
        outcome = by_id[question.id]
        if question.id in void:
            assert isinstance(outcome, Unscored)
            assert outcome.reason == "premise_not_met"
            assert any(f"the answer to {name} is 'no'" in outcome.detail for name in denied)
        else:
            assert isinstance(outcome, Verdict)
            assert outcome.label == ("no" if question.id in denied else "yes")
    # That nothing of the kind is to be seen is no flaw.
    result = summarise(outcomes, rule, without_say(PHYSICS))
    assert (result.answer, result.n_unscored) == ("none_found", len(void))
    assert result.score == pytest.approx(1.0)


def test_a_flaw_is_found_where_its_premise_holds(answered):
    by_id, outcomes, rule = answered({"mirrors_show_scene"})
    assert isinstance(by_id["mirrors_show_scene"], Verdict)
    assert summarise(outcomes, rule, without_say(PHYSICS)).answer == "violation"
    by_id, outcomes, rule = answered({"mirrors_show_scene", "mirror_seen"})
    assert summarise(outcomes, rule, without_say(PHYSICS)).answer == "none_found"
