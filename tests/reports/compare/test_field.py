"""Who is compared on what."""

import dataclasses
import random

import numpy as np

from lawful.reports.compare.field import Item, fields
from lawful.reports.scores import Measure


def test_a_field_is_a_table_of_systems_and_items(scored):
    clips = [
        scored("wan", "drop", 0, {"gone": 0.9, "fall": 0.5}),
        scored("wan", "roll", 0, {"gone": 0.7, "fall": float("nan")}),
        scored("sora", "drop", 0, {"gone": 0.2, "fall": 0.4}),
    ]
    (field,) = fields(clips)
    assert field.systems == ("sora", "wan")
    assert field.items == (Item("drop", "seed 0"), Item("roll", "seed 0"))
    np.testing.assert_array_equal(
        field.table(Measure("axis", "physics")), [[0.30000000000000004, np.nan], [0.7, 0.7]]
    )
    np.testing.assert_array_equal(field.table(Measure("law", "gravity")), [[0.4, np.nan], [0.5, np.nan]])
    np.testing.assert_array_equal(field.table(Measure("question", "gone")), [[0.2, np.nan], [0.9, 0.7]])
    # What the judge is not sure of has no answer and no score to average.
    np.testing.assert_array_equal(field.table(Measure("answer")), [[0.0, np.nan], [1.0, np.nan]])
    np.testing.assert_array_equal(field.table(Measure("clip")), [[0.2, np.nan], [0.5, np.nan]])


def test_the_order_of_clips_and_runs_means_nothing(three_generators):
    shuffled = list(three_generators)
    random.Random(1).shuffle(shuffled)
    (one,), (two,) = fields(three_generators), fields(shuffled)
    assert (one.systems, one.items, one.clips) == (two.systems, two.items, two.clips)


def test_videos_without_seeds_are_numbered_within_their_prompt(scored):
    names = ("b.mp4", "a.mp4")
    clips = [scored(seed=None, video=name, sha256=name[0] * 64) for name in names]
    (field,) = fields(clips)
    assert field.items == (Item("drop", "#0000"), Item("drop", "#0001"))
    assert [clip.video for clip in field.clips[0]] == ["a.mp4", "b.mp4"]


def test_two_videos_of_one_seed_are_both_kept(scored):
    clips = [scored(video=name, sha256=name[0] * 64) for name in ("a.mp4", "b.mp4")]
    assert fields(clips)[0].items == (Item("drop", "seed 0"), Item("drop", "seed 0 #0001"))


def test_a_video_that_is_there_twice_counts_once(scored):
    clips = [scored(run=run) for run in ("one", "two")]
    (field,) = fields(clips)
    assert len(field.all_clips) == 1
    assert field.notes == ("1 videos were there twice (same bytes, subject and seed) and count once.",)
    assert fields(clips, by="run")[0].systems == ("one", "two")


def test_clips_of_no_generator_stand_under_their_run(scored):
    clips = [scored(), scored(None, run="run-b")]
    (field,) = fields(clips)
    assert field.systems == ("run-b", "wan")
    assert field.notes == ("1 of 2 videos name no generator and stand under the name of their run.",)
    # Runs need no generator.
    assert fields(clips, by="run")[0].notes == ()


def test_versions_of_a_judge_are_kept_apart(scored):
    clips = [scored(), scored(fingerprint="0123456789" * 6 + "abcd")]
    first, second = fields(clips)
    assert (first.judge, second.judge) == ("looker [01234567]", "looker [ffffffff]")
    assert first.notes[0].startswith(
        "The runs hold 2 versions of judge looker; videos are compared under one"
    )


def test_suites_and_judges_are_kept_apart(scored):
    clips = [scored(), scored(suite="rules"), scored(judge="other")]
    assert [(field.suite, field.judge) for field in fields(clips)] == [
        ("physics", "looker"),
        ("physics", "other"),
        ("rules", "looker"),
    ]


def test_subjects_are_cases_or_prompts_or_names(scored):
    clip = scored(prompt="a ball")
    assert clip.subject == "drop"
    assert dataclasses.replace(clip, case=None).subject == "a ball"
    assert dataclasses.replace(clip, case=None, prompt=None).subject == "drop-0"


def test_seeds_that_only_some_have_are_said(scored):
    clips = [scored("wan", f"c{n}", seed=1) for n in range(3)] + [
        scored("sora", f"c{n}", seed=None) for n in range(2)
    ]
    (field,) = fields(clips)
    assert field.notes == (
        "2 prompts have videos with a known seed (wan) and without (sora): those are not paired. Give seeds to all of "
        "them or to none (`lawful score --prompts`).",
    )
    assert fields(clips[:3])[0].notes == ()
