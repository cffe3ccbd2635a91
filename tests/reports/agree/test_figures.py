"""The figures of the tables against scipy, scikit-learn, hand-worked numbers and the plain functions."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from lawful.reports.agree.ceiling import figure_ceiling
from lawful.reports.agree.choices import choice_agreement
from lawful.reports.agree.figures import FIGURES
from lawful.reports.agree.join import join
from lawful.reports.agree.records import AgreeRules
from lawful.reports.agree.sides import rated_videos, sides_of
from lawful.reports.ratings.record import RatingTable, Scale, parse_scale
from lawful.reports.stats.raters import leave_one_out_ceiling, most_frequent


@pytest.fixture(scope="module")
def data(kit):
    return kit.some_data(n=25)


@pytest.fixture(scope="module")
def document(kit, data):
    return kit.made(*data, AgreeRules(by=("generator",), n_resamples=100))


@pytest.fixture(scope="module")
def sides(data):
    """Human mean and judge on the scale, and which are of wan, from the raw data."""
    clips, ratings = data
    values = {}
    for one in ratings:
        values.setdefault((one.generator, one.item), []).append(one.value)
    human = np.array([np.round(np.mean(values[c.generator, c.video[:2]]), 9) for c in clips])
    return human, np.array([1 + 4 * c.score for c in clips]), np.array([c.generator == "wan" for c in clips])


def up(values):
    """Nearest whole number, halves up."""
    return np.clip(np.floor(np.round(values, 9) + 0.5), 1, 5)


@pytest.mark.parametrize("generator", ["all", "wan"])
def test_correlations_are_those_of_scipy(kit, document, sides, generator):
    human, said, wan = sides
    which = wan if generator == "wan" else np.ones(len(human), dtype=bool)
    x, y = human[which], said[which]
    wanted = {
        "pearson": stats.pearsonr(x, y)[0],
        "spearman": stats.spearmanr(x, y)[0],
        "kendall tau-b": stats.kendalltau(x, y)[0],
        "kendall tau-c": stats.kendalltau(x, y, variant="c")[0],
    }
    for name, value in wanted.items():
        row = kit.figure(document, name, generator=generator)
        assert row["value"].value == pytest.approx(value, abs=1e-12)
        assert row["n"] == which.sum()
        assert row["measure"] == "law gravity"


def test_answers_on_the_scale_are_those_of_scikit_learn(kit, document, sides):
    human, said, _ = sides
    x, y = up(human), up(said)
    found = {name: kit.figure(document, name)["value"].value for name in ("exact", "within one")}
    assert found["exact"] == pytest.approx(np.mean(x == y))
    assert found["within one"] == pytest.approx(np.mean(np.abs(x - y) <= 1))
    for weights in ("linear", "quadratic"):
        kappa = cohen_kappa_score(x, y, weights=weights, labels=[1, 2, 3, 4, 5])
        assert kit.figure(document, f"kappa, {weights}")["value"].value == pytest.approx(kappa, abs=1e-12)


def test_yes_and_no_are_those_of_scikit_learn(kit, document, sides):
    human, said, _ = sides
    sure = human != 3
    truth, answer = human[sure] > 3, said[sure] > 3
    assert kit.figure(document, "auroc")["value"].value == pytest.approx(roc_auc_score(truth, said[sure]))
    balanced = kit.figure(document, "balanced accuracy")["value"]
    assert balanced.value == pytest.approx(balanced_accuracy_score(truth, answer))
    assert balanced.n == sure.sum()
    yes, no = (kit.figure(document, f"accuracy on {one}")["value"] for one in ("yes", "no"))
    assert (yes.value, yes.n) == (pytest.approx(np.mean(answer[truth])), truth.sum())
    assert (no.value, no.n) == (pytest.approx(np.mean(~answer[~truth])), (~truth).sum())
    assert kit.figure(document, "bias to yes")["value"].value == pytest.approx(answer.mean() - truth.mean())


def test_a_threshold_moves_yes_and_no(kit, data, sides):
    human, said, _ = sides
    document = kit.made(*data, AgreeRules(thresholds={"": 3.5}, n_resamples=10))
    wanted = balanced_accuracy_score(human > 3.5, said > 3.5)
    assert kit.figure(document, "balanced accuracy")["value"].value == pytest.approx(wanted)


def test_intervals_hold_the_value(kit, document):
    for figure in FIGURES:
        value = kit.figure(document, figure.name)["value"]
        if not figure.has_interval:
            assert math.isnan(value.low)
        else:
            assert value.low <= value.value <= value.high
            assert 1 < value.n_clusters <= 25


def test_pairs_of_one_prompt_by_hand(kit):
    """Prompt 1: people 2 < 4, judge 0.2 < 0.9. Prompt 2: people 3 = 3, judge 0.4 and 0.5: a tie up to 0.1.

    Prompt 3: people 4 > 2, judge 0.3 < 0.8: wrong with any limit. So two of three with the limit 0.1.
    """
    values = {"1": (2, 4, 0.2, 0.9), "2": (3, 3, 0.4, 0.5), "3": (4, 2, 0.3, 0.8)}
    clips, ratings = [], []
    for prompt, (first, second, a, b) in values.items():
        for generator, value, score in (("kling", first, a), ("wan", second, b)):
            clips.append(kit.make_scored(f"{prompt}.mp4", score, generator))
            ratings.append(kit.make_rating(prompt, float(value), generator=generator))
    row = kit.figure(kit.made(clips, ratings), "pairs of one prompt")
    assert row["value"].value == pytest.approx(2 / 3)
    assert row["n"] == 3
    assert row["value"].method == "tie-calibrated accuracy, ties up to 0.4"  # 0.1 of the unit is 0.4 of 1-5
    assert row["raters"].reason == "one rater only: there is no other to compare with"


@pytest.mark.parametrize(
    ("figure", "method"),
    [
        ("pearson", "pearson"),
        ("spearman", "spearman"),
        ("kendall tau-b", "kendall_b"),
        ("kendall tau-c", "kendall_c"),
    ],
)
def test_the_ceiling_is_that_of_leaving_out_a_rater(kit, data, document, figure, method):
    (one,) = join(data[0], RatingTable(tuple(data[1])), AgreeRules())
    compared = one.compared[0]
    wanted = leave_one_out_ceiling(compared.ratings, method, compared.score)
    row = kit.figure(document, figure)
    assert row["raters"].value == pytest.approx(wanted.raters.value, abs=1e-12)
    assert row["judge there"].value == pytest.approx(wanted.judge, abs=1e-12)
    assert row["share"] == pytest.approx(wanted.share, abs=1e-12)
    assert row["raters"].n == wanted.raters.n == 150


def test_the_ceiling_of_exact_by_hand(kit):
    """Ratings (1, 1, 2), (5, 5, 5) and (1, 2, -): each against the mean of the others, halves up.

    Rater 1: 1 against 1.5 -> 2 no, 5 yes, 1 against 2 no: 1/3. Rater 2: 1 against 1.5 no, 5 yes, 2 against 1
    no: 1/3. Rater 3: 2 against 1 no, 5 yes: 1/2. The judge says 1, 5, 2 on the same: 1/3 -> 1 against 2 no, 5
    yes, 2 against 2 yes = 2/3; 1 against 2 no, 5 yes, 2 against 1 no = 1/3; 1 against 1 yes, 5 yes = 1.
    """
    table = {"a": (1, 1, 2), "b": (5, 5, 5), "c": (1, 2, None)}
    ratings = [
        kit.make_rating(item, float(value), rater)
        for item, row in table.items()
        for rater, value in zip(("ann", "ben", "cas"), row, strict=True)
        if value is not None
    ]
    clips = [kit.make_scored(f"{item}.mp4", score) for item, score in (("a", 0.0), ("b", 1.0), ("c", 0.25))]
    row = kit.figure(kit.made(clips, ratings), "exact")
    assert row["raters"].value == pytest.approx((1 / 3 + 1 / 3 + 1 / 2) / 3)
    assert row["judge there"].value == pytest.approx((2 / 3 + 1 / 3 + 1) / 3)
    assert row["raters"].n == 8
    # People's means are 4/3, 5 and 1.5: 1, 5 and 2 on the scale.
    assert row["value"].value == 1


def test_many_videos_are_not_all_paired(monkeypatch, kit, data):
    monkeypatch.setattr("lawful.reports.agree.figures.MOST_FREELY_PAIRED", 49)
    row = kit.figure(kit.made(*data), "pairs of all videos")
    assert row["value"].reason == "more than 49 videos: see the pairs of one prompt"
    assert row["value"].n == 50
    monkeypatch.setattr("lawful.reports.agree.figures.MAX_PAIRS", 24)
    row = kit.figure(kit.made(*data), "pairs of one prompt")
    assert row["value"].reason == "more than 24 pairs"


@pytest.mark.parametrize(
    ("scale", "lacking", "reason"),
    [
        (
            Scale(),
            ("exact", "within one", "kappa, linear"),
            "the scale has no ends: give one with --scale or --mapping",
        ),
        (Scale(), ("auroc", "bias to yes"), "the scale has no middle: give a threshold"),
    ],
)
def test_what_a_scale_does_not_allow_says_why(kit, data, scale, lacking, reason):
    clips, ratings = data
    document = kit.made(clips, [replace(one, scale=scale) for one in ratings])
    for name in lacking:
        row = kit.figure(document, name)
        assert math.isnan(row["value"].value)
        assert row["value"].reason == reason
    assert kit.figure(document, "spearman")["value"].n == 50


def test_words_have_steps_and_ordinal_alpha(kit):
    scale = parse_scale("no,in part,yes")
    values = [(0.0, 0.0), (1.0, 2.0), (2.0, 2.0)]
    ratings = [
        kit.make_rating(str(n), value, rater, scale=scale)
        for n, row in enumerate(values)
        for rater, value in zip(("ann", "ben"), row, strict=True)
    ]
    clips = [kit.make_scored(f"{n}.mp4", score) for n, score in enumerate((0.0, 0.6, 1.0))]
    document = kit.made(clips, ratings)
    # Means 0, 1.5 -> 2 and 2; the judge says 0, 1.2 -> 1 and 2.
    assert kit.figure(document, "exact")["value"].value == pytest.approx(2 / 3)
    (row,) = kit.table_of(document, "ceiling")
    assert row["alpha"].method == "Krippendorff's alpha, ordinal"
    assert (row["equal"].value, row["equal"].n) == (pytest.approx(2 / 3), 3)
    assert row["bound"] == pytest.approx(math.sqrt(row["split half"].value))


def test_a_rater_and_a_judge_that_cannot_be_compared(kit):
    clips = [kit.make_scored("a.mp4"), kit.make_scored("b.mp4")]
    ratings = [kit.make_rating("a", 1.0, "ann"), kit.make_rating("b", 2.0, "ben")]
    (one,) = join(clips, RatingTable(tuple(ratings)), AgreeRules())
    which = rated_videos(one.compared[0])
    found = figure_ceiling(FIGURES[0], sides_of(one.compared[0], which), one.compared[0].ratings[which])
    assert found.raters.reason == "no rater and the judge can both be compared with other raters"
    assert math.isnan(found.share)


def test_choices_by_hand(kit):
    """People: second, second, first, tie, none. The judge's differences: 0.5, 0.1, 0.3, 0.05, 0.2.

    Decided: right, right, wrong = 2/3. With ties up to 0.05 the tie is right too: 3/4; a wider limit loses more.
    """
    human = np.array([1.0, 1.0, -1.0, 0.0, np.nan])
    difference = np.array([0.5, 0.1, 0.3, 0.05, 0.2])
    choices = choice_agreement("choices", human, difference)
    assert (choices.value, choices.n, choices.n_missing) == (0.75, 4, 1)
    assert choices.method == "choices, ties up to 0.05"
    assert choice_agreement("decided", human, difference).value == pytest.approx(2 / 3)
    tied = np.array([0.5, 0.0, 0.3, 0.05, 0.2])
    assert choice_agreement("decided", human, tied).value == pytest.approx(1 / 3)
    assert choice_agreement("decided, ties half", human, tied).value == pytest.approx(0.5)
    nothing = choice_agreement("decided", np.array([0.0]), np.array([1.0]))
    assert nothing.reason == "no pair that people decided"


def test_the_choice_of_most():
    choices = np.array([[-1, -1, 1], [0, 1, np.nan], [np.nan] * 3, [0, 0, 1.0]])
    np.testing.assert_array_equal(most_frequent(choices), [-1, np.nan, np.nan, 0])


def test_choices_have_intervals_and_a_ceiling(kit):
    clips, ratings = [], []
    for n in range(10):
        for side, score in (("l", 0.2), ("r", 0.8 if n < 7 else 0.1)):
            clips.append(kit.make_scored(f"{n}/{side}.mp4", score, None, case=f"case {n}"))
        for rater in ("ann", "ben", "cas"):
            choice = "left" if rater == "cas" and n == 0 else "right"
            ratings.append(kit.make_pair(f"{n}/l.mp4", f"{n}/r.mp4", choice, rater))
    document = kit.made(clips, ratings)
    choices, decided, half = kit.table_of(document, "pairs")
    assert [row["figure"] for row in (choices, decided, half)] == ["choices", "decided", "decided, ties half"]
    assert decided["value"].value == 0.7
    assert decided["value"].low < 0.7 < decided["value"].high
    # ann and ben against the other two: pair 0 has no single choice there, all else agrees; cas misses pair 0.
    assert decided["raters"].value == pytest.approx((1 + 1 + 0.9) / 3)
    assert decided["share"] == pytest.approx(decided["judge there"].value / decided["raters"].value)


def test_the_same_label_by_hand(kit):
    """Most people say yes, no, yes; yes and no tie on the fourth. The judge says yes, yes, yes (0.55), no, and
    nothing on the fifth: 2 of 3. The score 0.55 counts as its label, not as a step.
    """
    scale = parse_scale("no,yes")
    answers = {"1": (1, 1, 0), "2": (0, 0, 0), "3": (1, 1, 1), "4": (1, 0), "5": (1, 1, 1)}
    ratings = [
        kit.make_rating(item, float(value), f"r{n}", scale=scale)
        for item, row in answers.items()
        for n, value in enumerate(row)
    ]
    scores = {"1": 0.9, "2": 0.6, "3": 0.55, "4": 0.1, "5": math.nan}
    clips = [kit.make_scored(f"{item}.mp4", score) for item, score in scores.items()]
    row = kit.figure(kit.made(clips, ratings), "same label")
    assert (row["value"].value, row["n"], row["value"].n_missing) == (pytest.approx(2 / 3), 3, 2)
    # Two questions of the law have no one label.
    two = [
        replace(clip, answers=(*clip.answers, kit.answered(0.5, kit.asked("other", "physics", "gravity"))))
        for clip in clips
    ]
    row = kit.figure(kit.made(two, ratings), "same label")
    assert row["value"].reason == "the judge has no label: the measure is not one question"


def test_shares_have_wilsons_interval(kit):
    """Four noes of people, all missed: Wilson's interval of 0 of 4 is [0, z2 / (4 + z2)], and that of 4 of 4 its mirror
    image. A bootstrap would find no doubt at all.
    """
    ratings = [kit.make_rating(str(n), 1.0 if n < 4 else 5.0) for n in range(8)]
    document = kit.made([kit.make_scored(f"{n}.mp4", 0.9) for n in range(8)], ratings)
    z2 = stats.norm.ppf(0.975) ** 2
    no, yes = (kit.figure(document, f"accuracy on {answer}")["value"] for answer in ("no", "yes"))
    assert (no.value, no.low, no.high) == (0.0, 0.0, pytest.approx(z2 / (4 + z2)))
    assert (yes.value, yes.low, yes.high) == (1.0, pytest.approx(4 / (4 + z2)), 1.0)
    exact = kit.figure(document, "exact")["value"]
    low, high = proportion_confint(4, 8, method="wilson")
    assert (exact.low, exact.high) == (pytest.approx(low), pytest.approx(high))
    # One class is all right and the other all wrong in every resample with both.
    many = [kit.make_rating(str(n), 1.0 if n < 10 else 5.0) for n in range(20)]
    document = kit.made([kit.make_scored(f"{n}.mp4", 0.9) for n in range(20)], many)
    balanced = kit.figure(document, "balanced accuracy")["value"]
    assert (balanced.value, balanced.reason) == (0.5, "all alike: no spread to make an interval of")
    assert math.isnan(balanced.low)


def test_seeds_of_a_prompt_are_no_new_prompts(kit):
    """Eight prompts of four videos that are alike have the interval of eight videos."""
    right = [True, False, True, True, False, True, True, True]
    widths = {}
    for seeds in (1, 4):
        names = [(f"{n}-{seed}", n, ok) for n, ok in enumerate(right) for seed in range(seeds)]
        clips = [
            kit.make_scored(f"{name}.mp4", 0.9 if ok else 0.1, case=f"case {n}") for name, n, ok in names
        ]
        document = kit.made(clips, [kit.make_rating(name, 5.0) for name, _, _ in names])
        widths[seeds] = kit.figure(document, "accuracy on yes")["value"].width
        rate = kit.table_of(document, "rates")[0]["people rate"]
        assert (rate.n_clusters, rate.n) == (8, 8 * seeds)
    assert widths[4] == pytest.approx(widths[1], rel=0.05)
