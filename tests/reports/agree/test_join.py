"""Which rating is of which video, and what is left out."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.reports.agree.join import join, measure_of
from lawful.reports.agree.names import UNNAMED, Names, Video
from lawful.reports.agree.raters import MOST_COLUMNS, rating_rows
from lawful.reports.agree.records import AgreeRules
from lawful.reports.ratings.record import Problem, RatingTable, Scale
from lawful.reports.scores import Measure

MEASURES = [
    *(Measure("axis", "physics"), Measure("law", "gravity"), Measure("law", "physics")),
    *(Measure("question", "falls"), Measure("clip"), Measure("answer")),
]


@pytest.mark.parametrize(
    ("axis", "match", "found"),
    [
        ("physics", {}, Measure("axis", "physics")),
        ("physics", {"physics": "law:physics"}, Measure("law", "physics")),
        ("gravity", {}, Measure("law", "gravity")),
        ("falls", {}, Measure("question", "falls")),
        ("clip", {}, Measure("clip")),
        ("overall", {"overall": "answer"}, Measure("answer")),
        ("overall", {}, None),
        ("gravity", {"gravity": "colour"}, None),
    ],
)
def test_the_measure_of_an_axis(axis, match, found):
    assert measure_of(axis, MEASURES, match) == found


def video(name, generator="wan", subject="s"):
    return Video(subject, generator, name, -1)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (("a.mp4", "wan"), "wan a.mp4"),
        (("a", "wan"), "wan a.mp4"),
        (("a.mp4", "kling"), "kling deep/a.mp4"),
        (("deep/a", "kling"), "kling deep/a.mp4"),
        (("only.mp4", None), "wan only.mp4"),
        (("wan/only.mp4", "wan"), "unknown_video"),
        (("a.mp4", None), "wan a.mp4"),
        (("b", None), "ambiguous"),
        (("a.mp4", "sora"), "unknown_generator"),
        (("nowhere", "wan"), "unknown_video"),
        (("nowhere", "wan", "s1"), "wan a.mp4"),
        (("nowhere", None, "s2"), "ambiguous"),
    ],
)
def test_names_find_videos(asked, found):
    videos = [
        video("a.mp4", subject="s1"), video("only.mp4", subject="s2"), video("b.mp4", subject="s2"),
        video("deep/a.mp4", "kling", "s1"), video("b.mp4", "kling", "s2"),
    ]  # fmt: skip
    place = Names(videos).find(*asked)
    assert (f"{videos[place].generator} {videos[place].name}" if isinstance(place, int) else place) == found


def test_names_where_no_generator_is_known():
    videos = [video("wan/a.mp4", UNNAMED), video("kling/a.mp4", UNNAMED), video("b.mp4", UNNAMED)]
    names = Names(videos)
    assert (names.find("a", "wan"), names.find("a", "kling"), names.find("b", "wan")) == (0, 1, 2)
    assert (names.find("a"), names.find("a", "sora")) == ("unknown_video", "unknown_video")


def joined(kit, clips, ratings, **rules):
    return join(
        clips,
        ratings if isinstance(ratings, RatingTable) else RatingTable(tuple(ratings)),
        AgreeRules(**rules),
    )


def left(one):
    return {(each.what, each.axis): (each.n, each.names) for each in one.left_out}


def test_all_that_is_not_compared_is_counted(kit):
    clips = [
        kit.make_scored(f"{name}.mp4", score)
        for name, score in zip("abcd", (0.2, 0.8, math.nan, 0.5), strict=True)
    ]
    ratings = [
        kit.make_rating("a", 2.0), kit.make_rating("a", 4.0, "ben"), kit.make_rating("c", 4.0),
        kit.make_rating("d", None, cannot_judge=True), kit.make_rating("gone", 1.0),
        kit.make_rating("a", 1.0, generator="sora"), kit.make_rating("a", 1.0, axis="beauty"),
        kit.make_rating("a.mp4", 5.0, "cas"), kit.make_rating("a", 1.0, "cas"),
        kit.make_pair("a.mp4", "gone.mp4", "left", axis="gravity"), kit.make_pair("a.mp4", "a", "left", axis="gravity"),
    ]  # fmt: skip
    unnamed = replace(kit.make_pair("a", "b", "tie", axis="gravity"), item="7")
    ratings.append(replace(unnamed, pair=type(unnamed.pair)(None, None)))
    table = RatingTable(tuple(ratings), (Problem("off_scale", "f", "row 2", "9"),), (("empty cells", 4),))
    (one,) = joined(kit, clips, table)
    (compared,) = one.compared
    assert [v.name for v in compared.videos] == ["a.mp4", "b.mp4", "c.mp4", "d.mp4"]
    np.testing.assert_array_equal(compared.human, [3.0, np.nan, 4.0, np.nan])
    np.testing.assert_array_equal(compared.score, [0.2, 0.8, np.nan, 0.5])
    assert left(one) == {
        ("rated videos of a generator that is not in the runs", ""): (1, "sora/a"),
        ("rated videos that are not in the runs", ""): (1, "wan/gone"),
        ("pairs with rated videos that are not in the runs", ""): (1, "a.mp4 | gone.mp4"),
        ("pairs of a video with itself", ""): (1, "a | a.mp4"),
        ("pairs whose videos are not named", ""): (1, "7"),
        ("a rating axis that is no measure of the judge", "beauty"): (1, "beauty"),
        ("videos that the judge was given and nobody rated", "gravity"): (2, "b.mp4, d.mp4"),
        ("rated videos that the judge did not score", "gravity"): (1, "c.mp4"),
        ("videos of which all raters said that they cannot be judged", "gravity"): (1, "d.mp4"),
        ("videos on the threshold between yes and no", "gravity"): (1, "a.mp4"),
        ("answers that it cannot be judged", "gravity"): (1, ""),
        ("raters with different answers under two names of a video", "gravity"): (1, ""),
        ("rows of ratings that are not usable (off_scale)", ""): (1, ""),
        ("empty cells", ""): (4, ""),
    }


def test_ratings_of_two_generators_that_fit_one_video(kit):
    clips = [kit.make_scored("a.mp4", generator=None), kit.make_scored("b.mp4", generator=None)]
    ratings = [kit.make_rating("a", generator=name) for name in ("kling", "wan")] + [kit.make_rating("b")]
    (one,) = joined(kit, clips, ratings)
    np.testing.assert_array_equal(one.compared[0].human, [np.nan, 3.0])
    what = "rated names of several generators that fit one video whose generator is not named"
    assert left(one)[what, ""] == (2, "kling/a, wan/a")


def test_a_judge_that_saw_other_videos(kit):
    clips = [kit.make_scored("a.mp4"), kit.make_scored("b.mp4", judge="other")]
    first, second = joined(kit, clips, [kit.make_rating("a")])
    assert (first.judge, second.judge) == ("looker", "other")
    assert ("rated videos that the judge was not given", "gravity") not in left(first)
    assert left(second)["rated videos that the judge was not given", "gravity"] == (1, "a.mp4")


def test_judges_of_one_name_are_told_apart_and_repeats_are_kept(kit):
    looks = tuple((kit.answered(score),) for score in (0.25, 0.75))
    clips = [
        kit.make_scored(repeats=looks),
        kit.make_scored(run="second", score=0.7),
        kit.make_scored(fingerprint="abcdefghijk"),
    ]
    first, second = joined(kit, clips, [kit.make_rating()])
    assert (first.judge, second.judge) == ("looker (abcdefgh)", "looker (looker01)")
    # Two runs of one judge are averaged; the looks are those of one run.
    assert second.compared[0].score.tolist() == [0.6]
    assert second.compared[0].looks.tolist() == [[0.25, 0.75]]


def test_choices_are_of_the_videos_in_order(kit):
    clips = [kit.make_scored("b.mp4", 0.9, case="1"), kit.make_scored("a.mp4", 0.1, case="2")]
    ratings = [
        kit.make_pair("a.mp4", "b.mp4", "right", "ann"),
        kit.make_pair("b.mp4", "a.mp4", "left", "ben"),
        kit.make_pair("b", "a", "both_bad", "cas"),
    ]
    (one,) = joined(kit, clips, ratings)
    (pairs,) = one.pairs
    assert [pairs.first.tolist(), pairs.second.tolist()] == [[0.9], [0.1]]
    assert sorted(pairs.choices[0].tolist()) == [-1.0, -1.0, 0.0]


def test_many_raters_become_seats():
    answers = [
        (row, f"{rater:03}", float(rater % 5)) for rater in range(MOST_COLUMNS + 1) for row in (rater % 3,)
    ]
    found = rating_rows(answers, 4)
    assert (found.ratings.shape, found.n_raters) == ((4, 17), MOST_COLUMNS + 1)
    assert sorted(found.ratings[1].tolist()) == sorted(value for row, _, value in answers if row == 1)
    assert rating_rows(answers[:-1], 4).ratings.shape == (4, MOST_COLUMNS)


def test_columns_do_not_depend_on_the_names_of_raters():
    rng = np.random.default_rng(0)
    answers = [
        (row, rater, float(rng.integers(1, 4))) for row in range(9) for rater in "abc" if rng.random() < 0.8
    ]
    names = dict(zip("abc", "zxy", strict=True))
    renamed = [(row, names[rater], value) for row, rater, value in answers]
    np.testing.assert_array_equal(rating_rows(answers, 9).ratings, rating_rows(renamed, 9).ratings)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("no clips", "the runs hold no clip: there is nothing to compare ratings with"),
        ("no ratings", r"there is no usable rating \(0 rows are not usable; `lawful ratings check` says why\)"),
        ("two scales", "the ratings on gravity have several scales: 1-5, 1-7. Give the one that holds: --scale gravity="),
        ("two videos", "a.mp4 of wan is not the same video in one and two. Score the runs with the names of their gen"),
        ("no axis", r"no rating axis is a measure of the judges. Rated: beauty. Measures: axes physics; laws gravity; "
                    r"questions gravity; clip; answer. Say which is which: --match RATING=MEASURE."),
        ("no video", "no rated video is in the runs. Rated: wan/gone. In the runs: a.mp4, by wan. Names are compared"),
        ("match axis", "match speed=clip: no rating is on speed. Rated: gravity."),
        ("match measure", "match gravity=colour: no judge has such a measure. Measures: axes physics; laws gravity;"),
        ("threshold", "threshold of speed: no rating is on it. Rated: gravity."),
        ("outside", "the threshold 7 of gravity lies outside its scale 1-5"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_at_all(kit, change, message):
    clips, ratings, rules = [kit.make_scored()], [kit.make_rating()], {}
    if change == "no clips":
        clips = []
    elif change == "no ratings":
        ratings = []
    elif change == "two scales":
        ratings.append(kit.make_rating(rater="ben", scale=Scale(1, 7)))
    elif change == "two videos":
        clips = [kit.make_scored(run="one"), kit.make_scored(run="two", sha256="other")]
    elif change == "no axis":
        ratings = [kit.make_rating(axis="beauty")]
    elif change == "no video":
        ratings = [kit.make_rating("gone")]
    else:
        rules = {
            "match axis": {"match": {"speed": "clip"}},
            "match measure": {"match": {"gravity": "colour"}},
            "threshold": {"thresholds": {"speed": 2.0}},
            "outside": {"thresholds": {"": 7.0}},
        }[change]
    with pytest.raises(InputError, match=message):
        joined(kit, clips, ratings, **rules)
