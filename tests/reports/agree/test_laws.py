"""What must hold whatever the data are."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lawful.reports.agree.records import AgreeRules
from lawful.reports.export.check import check_document
from lawful.reports.ratings.cells import Cell, Rules, collect_ratings

SIGNED = ("pearson", "spearman", "kendall tau-b", "kendall tau-c")


def test_the_order_of_clips_and_ratings_changes_nothing(kit):
    clips, ratings = kit.some_data(judges=("looker", "other"))
    rng = np.random.default_rng(1)
    shuffled = [list(map(clips.__getitem__, rng.permutation(len(clips))))]
    shuffled.append(list(map(ratings.__getitem__, rng.permutation(len(ratings)))))
    rules = AgreeRules(by=("generator",), n_resamples=20)
    assert repr(kit.made(*shuffled, rules)) == repr(kit.made(clips, ratings, rules))


def test_the_names_of_raters_and_runs_change_nothing(kit):
    clips, ratings = kit.some_data()
    names = {"ann": "zoe", "ben": "ann", "cas": "kim"}
    renamed = [replace(rating, rater=names[rating.rater]) for rating in ratings]
    split = [replace(clip, run=f"run {clip.generator}") for clip in clips]
    first, second = kit.made(clips, ratings), kit.made(split, renamed)
    assert repr(first.sections) == repr(second.sections)


def test_the_same_run_twice_changes_nothing(kit):
    clips, ratings = kit.some_data()
    again = [replace(clip, run="copy") for clip in clips]
    assert repr(kit.made(clips, ratings).sections) == repr(kit.made([*again, *clips], ratings).sections)


def test_another_judge_beside_it_changes_no_figure_of_a_judge(kit):
    clips, ratings = kit.some_data()
    others = kit.rescored(
        [replace(c, judge="other", fingerprint="o") for c in clips], lambda clip: 1 - clip.score
    )
    alone, beside = kit.made(clips, ratings), kit.made([*clips, *others], ratings)
    for name in ("agreement", "labels", "calibration", "systems", "bias", "power"):
        assert repr(kit.table_of(alone, name)) == repr(kit.table_of(beside, name, "looker"))


def test_the_seed_decides(kit):
    clips, ratings = kit.some_data()
    assert repr(kit.made(clips, ratings, seed=3)) == repr(kit.made(clips, ratings, seed=3))
    one, other = (kit.figure(kit.made(clips, ratings, seed=seed), "spearman")["value"] for seed in (3, 4))
    assert one.value == other.value
    assert (one.low, one.high) != (other.low, other.high)


def test_mirrored_scores_have_the_opposite_sign(kit):
    clips, ratings = kit.some_data()
    plain = kit.made(clips, ratings)
    mirrored = kit.made(kit.rescored(clips, lambda clip: 1 - clip.score), ratings)
    for name in SIGNED:
        one, other = kit.figure(plain, name), kit.figure(mirrored, name)
        assert other["value"].value == pytest.approx(-one["value"].value, abs=1e-12)
        assert other["share"] == pytest.approx(-one["share"], abs=1e-12)
        assert other["raters"] == one["raters"]
    assert kit.figure(mirrored, "auroc")["value"].value == pytest.approx(
        1 - kit.figure(plain, "auroc")["value"].value
    )


def test_a_judge_that_says_the_mean_of_people_has_all_of_the_ceiling(kit):
    clips, ratings = kit.some_data(n=20)
    means = kit.human_means(ratings)
    perfect = kit.rescored(clips, lambda clip: means[clip.generator, clip.video.removesuffix(".mp4")])
    document = kit.made(perfect, ratings)
    for name in ("pearson", "spearman", "kendall tau-b", "exact", "within one", "auroc", "balanced accuracy"):
        row = kit.figure(document, name)
        assert row["value"].value == pytest.approx(1, abs=1e-9)
        assert row["share"] >= 1
    assert kit.figure(document, "kappa, quadratic")["value"].value == pytest.approx(1)
    assert kit.figure(document, "bias to yes")["value"].value == 0
    assert {round(row["bias"].value, 9) for row in kit.table_of(document, "bias")} == {0.0}
    between = {r["figure"]: r["value"].value for r in kit.table_of(document, "systems")}
    assert between["soft pairwise accuracy"] == 1
    assert between["spearman between"] == pytest.approx(1)


def test_a_better_judge_is_better_both_ways_round(kit):
    clips, ratings = kit.some_data(n=30)
    means = kit.human_means(ratings)
    best = kit.rescored(
        [replace(clip, judge="best", fingerprint="best") for clip in clips],
        lambda clip: means[clip.generator, clip.video.removesuffix(".mp4")],
    )
    document = kit.made([*clips, *best], ratings, AgreeRules(n_resamples=200))
    (up,), (down,) = kit.table_of(document, "better", "best"), kit.table_of(document, "better", "looker")
    assert (up["other"], down["other"]) == ("looker", "best")
    assert up["difference"].value > 0
    assert up["difference"].low > 0
    assert up["p"] == down["p"] == up["p, holm"] < 0.05
    assert down["difference"].value == -up["difference"].value
    assert (down["difference"].low, down["difference"].high) == (
        -up["difference"].high,
        -up["difference"].low,
    )
    assert down["williams t"] == -up["williams t"]


def test_a_second_name_of_a_generator(kit):
    clips, ratings = kit.some_data()
    cells = [
        Cell("f.csv", f"row {n}", {
            "video": r.item, "rater": r.rater, "axis": r.axis, "value": r.value,
            "generator": {"wan": "wan-video"}.get(r.generator, r.generator),
        }, r.scale)
        for n, r in enumerate(ratings)
    ]  # fmt: skip
    table = collect_ratings(cells, Rules(rename={"wan-video": "wan"}))
    assert repr(kit.made(clips, table).sections) == repr(kit.made(clips, ratings).sections)
    without = kit.made(clips, collect_ratings(cells))
    (left,) = [
        r for r in kit.table_of(without, "left_out") if "generator that is not in the runs" in r["what"]
    ]
    assert (left["n"], left["names"]) == (
        12,
        "wan-video/00, wan-video/01, wan-video/02, wan-video/03, wan-video/04 and 7 more",
    )


@pytest.fixture(scope="module")
def whole(kit):
    return kit.made(*kit.some_data(), kit.QUICK)


@pytest.mark.parametrize(
    "case", ["one video", "one rater", "all alike", "no score", "one prompt", "no scale"]
)
def test_small_and_empty_data_make_the_same_tables(kit, whole, case):
    clips, ratings = kit.some_data(n=3)
    if case == "one video":
        clips, ratings = [kit.make_scored("00.mp4")], [kit.make_rating("00")]
    elif case == "one rater":
        ratings = [one for one in ratings if one.rater == "ann"]
    elif case == "all alike":
        ratings = [replace(one, value=3.0) for one in ratings]
    elif case == "no score":
        clips = kit.rescored(clips, lambda clip: math.nan)
    elif case == "one prompt":
        clips = [replace(clip, case="one") for clip in clips]
    else:
        ratings = [replace(one, scale=type(one.scale)()) for one in ratings]
    small = kit.made(clips, ratings, replace(kit.QUICK, by=("generator",)))
    check_document(small)
    columns = [[(t.id, t.columns) for t in document.sections[0].tables] for document in (whole, small)]
    assert columns[0] == columns[1]
    for section in small.sections:
        for table in section.tables:
            for row in table.rows:
                assert len(row) == len(table.columns)
                for cell in row:
                    # What is not defined says why.
                    assert not hasattr(cell, "reason") or not math.isnan(cell.value) or cell.reason
