"""RULER-Bench: hand-worked scores as published and repaired, the published table, and what is counted."""

import math

import pytest

from lawful.reports.aggregate import ruler as module
from lawful.reports.aggregate.ruler import (
    AVERAGE,
    CATEGORIES,
    METRICS,
    WEIGHTINGS,
    compat,
    coverage,
    metrics_of,
    overall_average,
    overall_metric,
    questions_of_cases,
    repaired,
    repaired_category,
)
from lawful.reports.aggregate.ruler_tables import aggregate_ruler, ruler_applies

IF, VC, VF, RC = METRICS

# Model: Rule Coherence of science, game, semantics, hypothesis, humanity, vision; then overall RC, IF, VC, VF
# and the average, as in the README of the benchmark (MIT).
PUBLISHED = {
    "Veo3.1": (50.97, 17.70, 67.57, 46.79, 61.23, 48.94, 48.87, 68.70, 76.68, 86.72, 70.24),
    "Sora2": (47.09, 19.97, 53.69, 41.35, 56.78, 28.50, 41.23, 65.16, 79.06, 81.58, 66.76),
    "PixelVerse-V5": (41.41, 13.06, 56.80, 46.69, 50.63, 40.47, 41.51, 61.06, 76.84, 84.39, 65.95),
    "Seedance1.0-pro": (31.96, 15.61, 49.42, 28.31, 38.75, 41.74, 34.30, 55.53, 75.03, 84.14, 62.25),
    "Wan2.5": (33.64, 15.45, 49.95, 18.31, 33.41, 42.24, 32.17, 55.82, 76.14, 80.48, 61.15),
    "Veo2": (22.16, 8.17, 44.13, 12.50, 35.23, 30.58, 25.46, 46.97, 64.07, 74.59, 52.77),
    "Wan2.2 A14B": (17.16, 14.12, 37.73, 12.93, 30.21, 29.34, 23.58, 42.62, 68.59, 78.15, 53.24),
    "Wan2.1 14B": (15.90, 10.48, 38.40, 17.84, 29.21, 23.25, 22.51, 43.08, 60.21, 74.05, 49.96),
    "HunyuanVideo": (12.64, 6.98, 32.01, 9.62, 27.78, 18.91, 17.99, 33.84, 55.82, 69.56, 44.30),
    "CogVideoX1.5 5B": (13.70, 7.56, 37.34, 11.00, 20.60, 14.78, 17.50, 36.11, 51.57, 62.01, 41.80),
}


@pytest.mark.parametrize("model", PUBLISHED)
def test_the_published_rows_are_means_of_the_published_cells(model: str) -> None:
    """To the cells' two decimals: a mean of rounded cells is off by 0.005 at most, and is rounded itself."""
    *by_category, rc, follows, consistent, faithful, average = PUBLISHED[model]
    assert overall_metric(dict(zip(CATEGORIES, by_category, strict=True))) == pytest.approx(rc, abs=0.0101)
    assert overall_average([follows, consistent, faithful, rc]) == pytest.approx(average, abs=0.0101)


@pytest.fixture
def worked(ruler):
    """Six clips in two categories, with every trap."""
    return [
        ruler("science/life/1", {"IF": ["Good", "Medium"], "VC": "Good", "VF": "Poor", "RC": "Medium"}),
        ruler("science/life/2", {"IF": "Good", "VC": "Good", "RC": "Poor"}),
        ruler("science/math/1", {"IF": "Poor", "VC": "unparsed", "VF": "Good", "RC": "Good"}),
        ruler("vision rule/color/1", {"VC": "Good", "VF": "Medium", "RC": "premise_not_met"}),
        ruler("vision rule/color/2", {"VC": "Medium", "VF": "Medium", "RC": "Good"}),
        ruler("vision rule/size/1", {}),
    ]


def test_compat_by_hand(worked) -> None:
    found = compat(worked)
    # science/math/1 is dropped (an answer did not parse), so is vision rule/size/1 (the clip failed).
    # Science, 2 clips: IF (0.75 + 1) / 2, VC 1, VF (0 + 0) / 2 as life/2 has no question, RC (0.5 + 0) / 2.
    # Clip averages (0.75 + 1 + 0 + 0.5) / 4 = 0.5625 and (1 + 1 + 0 + 0) / 4 = 0.5.
    science = found.categories["science"]
    assert {name: one.value for name, one in science.metrics.items()} == {IF: 87.5, VC: 100, VF: 0, RC: 25}
    assert (science.average.value, science.n_clips, found.n_dropped["science"]) == (53.125, 2, 1)
    # Vision rule has no IF: VC (1 + 0.5) / 2, VF 0.5, RC (0 + 1) / 2 as the premise is not met.
    vision = found.categories["vision rule"]
    assert {name: one.value for name, one in vision.metrics.items()} == {VC: 75, VF: 50, RC: 50}
    assert vision.average.value == pytest.approx(100 * (0.5 + 2 / 3) / 2)
    # Overall: IF of science alone, the others over both; the average is that of these four, not of the clips.
    overall = {name: one.value for name, one in found.overall.metrics.items()}
    assert overall == {IF: 87.5, VC: 87.5, VF: 25, RC: 37.5}
    assert (found.overall.average.value, found.overall.n_clips) == (59.375, 4)
    assert found.n_dropped == {"science": 1, "vision rule": 1, "overall": 2}
    assert math.isnan(found.overall.average.low)


def test_repaired_by_hand(worked) -> None:
    # VF: life/1 0, math/1 1, color/1 0.5, color/2 0.5. Science: tasks life 0 and math 1; vision: color 0.5.
    by = {weighting: repaired(worked, weighting) for weighting in WEIGHTINGS}
    assert by["category"].metrics[VF].value == 50
    assert by["instance"].metrics[VF].value == 50
    # VC: life/1 1, life/2 1, math/1 missing, color 1 and 0.5: categories (1 + 0.75) / 2, instances 3.5 / 4.
    assert by["category"].metrics[VC].value == by["instance"].metrics[VC].value == 87.5
    assert by["instance"].metrics[VC].n == 4
    # RC: life 0.5 and 0, math 1, color 0 (premise not met) and 1.
    # Categories: science 0.5, vision 0.5. Tasks: life 0.25, math 1, color 0.5. Instances: 2.5 / 5.
    assert [by[name].metrics[RC].value for name in WEIGHTINGS] == pytest.approx([50, 100 * 1.75 / 3, 50])
    # IF: life 0.75 and 1, math 0: science (1.75 / 3), tasks (0.875 + 0) / 2.
    assert [by[name].metrics[IF].value for name in WEIGHTINGS] == pytest.approx([175 / 3, 43.75, 175 / 3])
    for line in by.values():
        assert line.average.value == pytest.approx(
            overall_average(one.value for one in line.metrics.values())
        )
        assert (line.average.n, line.average.n_missing, line.n_clips) == (5, 1, 5)
    science = repaired_category(worked, "science")
    assert science.metrics[RC].value == 50
    assert set(repaired_category(worked, "vision rule").metrics) == {VC, VF, RC}


def test_expected_values_count_in_the_repaired_scores_and_labels_in_the_published(clip, answer) -> None:
    scale = {"Poor": 0.0, "Medium": 0.5, "Good": 1.0}
    one = clip("science/life/1", [answer(metric, "Good", scale, score=0.8) for metric in METRICS])
    assert compat([one]).overall.average.value == 100
    assert repaired([one], "category").average.value == pytest.approx(80)


def test_seeds_of_an_instance_are_averaged_first(ruler) -> None:
    three = [ruler("science/life/1", {"RC": "Good"}, seed=seed) for seed in range(3)]
    found = repaired_category([*three, ruler("science/life/2", {"RC": "Poor"})], "science").metrics[RC]
    assert (found.value, found.n) == (50, 2)
    assert compat([*three, ruler("science/life/2", {"RC": "Poor"})]).overall.metrics[RC].value == 75


def test_coverage_by_hand(worked, ruler) -> None:
    other = ruler("vision rule/size/1", {"VC": "Good", "VF": "Good", "RC": ["Good", "Good"]}, "veo")
    found = coverage(worked, questions_of_cases([*worked, other]))
    # Asked: 5 + 3 + 4 + 3 + 3, and 4 of the failed clip, known from the other generator's clip of its case.
    assert (found.n_clips, found.n_failed, found.n_questions) == (6, 1, 22)
    assert (found.n_scored, found.n_premise_not_met, found.n_unparsed, found.n_other) == (16, 1, 1, 4)
    # life/2 lacks VF.
    assert (found.n_without_question, found.share) == (1, 17 / 22)
    assert math.isnan(coverage([], {}).share)


def test_published_and_repaired_agree_where_nothing_is_missing(complete_ruler) -> None:
    one = [clip for clip in complete_ruler if clip.generator == "wan"]
    published, mended = compat(one), repaired(one, "category")
    for metric in METRICS:
        assert mended.metrics[metric].value == pytest.approx(
            published.overall.metrics[metric].value, abs=1e-9
        )
    assert mended.average.value == pytest.approx(published.overall.average.value, abs=1e-9)
    for category, line in published.categories.items():
        same = repaired_category(one, category)
        assert same.average.value == pytest.approx(line.average.value, abs=1e-9)
        assert set(same.metrics) == set(line.metrics) == set(metrics_of(category))
    assert set(published.n_dropped.values()) == {0}


def test_a_metric_without_a_question_is_zero_as_published_and_missing_when_repaired(ruler) -> None:
    said = {"IF": "Good", "VC": "Good", "VF": "Good"}
    clips = [ruler("game/maze/1", {**said, "RC": "Good"}), ruler("game/maze/2", said)]
    assert compat(clips).categories["game"].metrics[RC].value == 50
    assert compat(clips).categories["game"].average.value == 87.5
    assert repaired_category(clips, "game").metrics[RC].value == 100


def test_all_failed_is_nan_with_its_reason(ruler) -> None:
    clips = [ruler("science/life/1", {}), ruler("game/maze/1", {})]
    assert ruler_applies(clips) is None
    line = compat(clips).overall
    assert (math.isnan(line.average.value), line.average.n) == (True, 0)
    assert (line.average.reason, line.metrics[RC].reason) == (
        "a metric has no value",
        "no clip with Rule Coherence",
    )
    assert compat(clips).categories["game"].metrics[RC].reason == "no clip was parsed"
    mended = repaired(clips, "task")
    assert (math.isnan(mended.average.value), mended.average.reason) == (True, f"no value of {IF}")
    assert mended.average.n_missing == 2


def test_the_tables(worked) -> None:
    compat_table, repaired_table, categories, counted = aggregate_ruler(worked)
    scores = (*(metric.lower() for metric in METRICS), AVERAGE)
    assert compat_table.columns == ("generator", "category", *scores, "clips", "dropped")
    assert [row[:2] for row in compat_table.rows] == [
        ("wan", part) for part in ("overall", "science", "vision rule")
    ]
    assert compat_table.rows[2][2] is None  # Instruction Following of vision rule
    assert [row[1] for row in repaired_table.rows] == list(WEIGHTINGS)
    assert [row[1] for row in categories.rows] == ["science", "vision rule"]
    assert counted.rows[0][:8] == ("wan", 6, 1, 18, 16, 1, 1, 0)
    assert counted.rows[0][8:] == (17 / 18, 1)
    partial = (
        "No clip of game, semantic, hypothetical, humanity: overall figures are of the other categories and do "
        "not compare with published ones."
    )
    assert partial in compat_table.notes
    assert partial in repaired_table.notes


def test_what_does_not_fit_is_told(ruler, clip, answer) -> None:
    good = ruler("science/life/1", {"IF": "Good", "VC": "Good", "VF": "Good", "RC": "Good"})
    assert ruler_applies([good]) is None
    assert ruler_applies([ruler("vision rule/color/1", {"VC": "Good", "VF": "Good", "RC": "Good"})]) is None
    forms = 'needs cases like "<category>/<task>/<index>" with a category of science, game, semantic, '
    found = "hypothetical, humanity, vision rule; found 1 clip without, such as wan/drop.mp4 with case drop"
    assert ruler_applies([good, ruler("drop", {"RC": "Good"})]) == forms + found
    assert ruler_applies([ruler("science/life/1", {"RC": "Good"})]) == (
        "needs questions on the axes Instruction Following, Visual Consistency, Visual Fidelity, Rule Coherence; "
        "found axes Rule Coherence"
    )
    two = [answer(metric, "yes", {"no": 0.0, "yes": 1.0}) for metric in METRICS]
    assert ruler_applies([clip("science/life/1", two)]) == (
        "needs scales with the values 0, 0.5, 1; found 0, 1 in question Instruction Following None None "
        "(axis Instruction Following)"
    )


@pytest.mark.parametrize(
    "case", [None, "", "science", "science/life", "science/life/", "art/life/1", "science/a/b/c"]
)
def test_other_cases_have_no_category(ruler, case) -> None:
    assert module.category_of(ruler(case, {"RC": "Good"})) == ""
