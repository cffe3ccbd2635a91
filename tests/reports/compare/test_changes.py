"""Run against run."""

import dataclasses
import math

import pytest

from lawful.core.errors import InputError
from lawful.reports.compare.changes import compare_runs
from lawful.reports.compare.document import changes_section
from lawful.reports.compare.leaderboard import Settings

FAST = Settings(n_resamples=200)


def changed(clip, by, **others):
    answers = tuple(dataclasses.replace(one, score=min(1.0, one.score + by)) for one in clip.answers)
    worst = min(one.score for one in answers)
    answer = "violation" if worst < 0.5 else "none_found"
    return dataclasses.replace(clip, answers=answers, score=worst, answer=answer, **others)


@pytest.fixture
def before(scored):
    return [scored(case=f"c{n}", scores={"gone": 0.45 + 0.02 * n, "fall": 0.6}) for n in range(12)]


def test_what_changed_is_paired_and_has_its_sign(before):
    after = [changed(clip, 0.1, fingerprint="e" * 64) for clip in before]
    (found,) = compare_runs(before, after, ("axis", "law"), FAST)
    assert (len(found.pairs), found.n_same_bytes, found.same_judge) == (12, 12, False)
    assert [str(one.measure) for one in found.changes] == [
        "no violation", "clip score", "axis physics", "law gravity", "law permanence",
    ]  # fmt: skip
    # Three of twelve answers turn: by 2 of 2^3 sign flips at least as far.
    assert (found.changes[0].difference.value, found.changes[0].p) == (0.25, 0.25)
    for one in found.changes[1:]:
        assert one.difference.value == pytest.approx(0.1)
        assert one.after - one.before == pytest.approx(0.1)
        # All 12 differences have one sign: 2 of 2^12 sign flips are as far from 0.
        assert one.p == pytest.approx(2 / 2**12)
        assert one.adjusted_p == pytest.approx(5 * 2 / 2**12)
    assert found.answers() == {("violation", "none_found"): 3, ("none_found", "none_found"): 9}
    assert len(found.moved()) == 12
    assert [one.answer for one, _ in found.moved()[:3]] == ["violation"] * 3


def test_the_other_way_round_is_the_mirror_image(before):
    after = [changed(clip, 0.1) for clip in before]
    (one,), (two,) = (compare_runs(*runs, ("axis",), FAST) for runs in ((before, after), (after, before)))
    assert one.changes[0].difference.value == pytest.approx(-two.changes[0].difference.value)
    assert one.answers() == {(b, a): n for (a, b), n in two.answers().items()}


def test_the_same_run_has_not_changed(before):
    (found,) = compare_runs(before, before, ("axis",), FAST)
    assert (found.changes[0].difference.value, found.changes[0].p) == (0.0, 1.0)
    assert found.moved() == ()


@pytest.mark.parametrize(
    ("others", "bytes_alike"),
    [
        ({"video": "elsewhere.mp4", "case": None, "seed": None}, 1),
        ({"video": "elsewhere.mp4", "sha256": "b" * 64}, 0),
        ({"sha256": "b" * 64, "case": "other", "seed": None}, 0),
    ],
    ids=["bytes", "case and seed", "name"],
)
def test_partners_are_found_by_bytes_by_case_and_seed_or_by_name(scored, others, bytes_alike):
    clip = scored()
    (found,) = compare_runs([clip], [dataclasses.replace(clip, **others)], ("axis",), FAST)
    assert (len(found.pairs), found.n_same_bytes) == (1, bytes_alike)


def test_identical_videos_of_two_prompts_keep_their_prompts(scored):
    clips = [
        scored(case=case, sha256="a" * 64, scores={"gone": score}) for case, score in (("x", 0.2), ("y", 0.8))
    ]
    (found,) = compare_runs(clips, clips[::-1], ("axis",), FAST)
    assert all(one.case == two.case for one, two in found.pairs)


def test_who_has_no_partner_is_named(scored, before):
    (found,) = compare_runs(before, [*before[:3], scored(case="new")], ("axis",), FAST)
    assert found.only_before == tuple(sorted(clip.video for clip in before[3:]))
    assert found.only_after == ("wan/new-0.mp4",)


def test_clips_that_failed_are_pairs_without_a_value(scored):
    fine = scored()
    failed = dataclasses.replace(fine, answer=None, score=math.nan, answers=(), repeats=())
    (found,) = compare_runs([fine], [failed], ("axis",), FAST)
    assert found.answers() == {("none_found", "failed"): 1}
    assert found.changes[0].difference.n == 0
    assert math.isnan(found.changes[0].p)


def test_what_neither_run_has_a_value_for_is_not_listed(scored):
    unscored = scored(scores={"gone": math.nan, "fall": 0.9, "ask": math.nan})
    lost = scored(scores={"gone": math.nan, "fall": math.nan, "ask": math.nan})
    (found,) = compare_runs([unscored], [lost], ("law", "question"), FAST)
    assert [(str(one.measure), one.difference.n) for one in found.changes] == [
        ("law gravity", 0), ("question fall", 0),
    ]  # fmt: skip


def test_runs_that_share_nothing_are_refused(scored):
    with pytest.raises(
        InputError,
        match=r"share no suite and judge: physics by looker in the first, rules by looker in the second",
    ):
        compare_runs([scored()], [scored(suite="rules")], ("axis",), FAST)
    other = scored("sora", "roll", 5)
    with pytest.raises(
        InputError, match=r"the runs share no clip: neither bytes, nor generator, subject and seed"
    ):
        compare_runs([scored()], [other], ("axis",), FAST)


def test_the_section_says_what_it_rests_on(before):
    after = [changed(clip, 0.1, fingerprint="e" * 64) for clip in before]
    section = changes_section(compare_runs(before, after, ("axis",), FAST)[0], ("old", "new"))
    assert section.notes == (
        "12 videos are in both runs, 12 of them with the same bytes; 0 are in old only, 0 in new only.",
        "The two runs were judged by different versions of the judge: what changed may be the judge.",
    )
    assert [table.id for table in section.tables] == ["changes", "answers", "moved"]
