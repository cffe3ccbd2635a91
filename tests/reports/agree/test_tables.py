"""The other tables against the functions they stand on, scipy and numbers worked by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from lawful.reports.agree.align import align
from lawful.reports.agree.calibrated import calibration_parts
from lawful.reports.agree.join import join
from lawful.reports.agree.judges import better_table, contests
from lawful.reports.agree.labels import differences_table, labels_table, rates_table
from lawful.reports.agree.power import pilot_of, power_table, rated_cells
from lawful.reports.agree.records import AgreeRules
from lawful.reports.agree.selective import selective_parts
from lawful.reports.agree.streams import Streams
from lawful.reports.agree.systems import systems_table
from lawful.reports.ratings.record import RatingTable, Scale
from lawful.reports.stats.compare import williams
from lawful.reports.stats.labels import ppi_difference, ppi_mean, rogan_gladen
from lawful.reports.stats.power import estimate_components, power_of

FOUR = ("kling", "sora", "veo", "wan")


def systems(one, rules):
    return systems_table(one, rules, Streams(0))


def calibration(one, rules):
    return calibration_parts(one, rules, Streams(0))[0]


def compared(clips, ratings, **rules):
    return [one.compared[0] for one in join(clips, RatingTable(tuple(ratings)), AgreeRules(**rules))]


@pytest.fixture(scope="module")
def data(kit):
    return kit.some_data(n=15, generators=FOUR, judges=("looker", "other"))


@pytest.fixture(scope="module")
def document(kit, data):
    return kit.made(*data, AgreeRules(n_resamples=100))


def test_generators_in_order(kit, data, document):
    one = compared(*data)[0]
    rows = {row["figure"]: row for row in kit.table_of(document, "systems", "looker")}
    means = [[float(side[one.generator == name].mean()) for name in FOUR] for side in (one.human, one.said)]
    between = rows["spearman between"]
    assert between["value"].value == pytest.approx(stats.spearmanr(*means)[0])
    assert (between["n"], between["p by"]) == (4, "all permutations")
    within = [stats.spearmanr(one.human[one.generator == g], one.said[one.generator == g])[0] for g in FOUR]
    assert rows["spearman within"]["value"].value == pytest.approx(np.mean(within))
    assert rows["spearman pooled"]["value"].value == pytest.approx(stats.spearmanr(one.human, one.said)[0])
    assert rows["spearman pooled"]["p"] is None
    assert 0 <= rows["soft pairwise accuracy"]["value"].value <= 1
    assert rows["soft pairwise accuracy"]["n"] == 6


def test_videos_of_generators_without_names(kit):
    clips, ratings = kit.some_data(generators=("wan",))
    clips = [replace(clip, generator=None) for clip in clips]
    rows = {row["figure"]: row["value"] for row in kit.rows_alone(systems, clips, ratings)}
    assert rows["spearman between"].reason == "the generators of the videos are not named"
    assert rows["soft pairwise accuracy"].reason == "fewer than two generators"


def test_whom_the_judge_favours(kit, data, document):
    one = compared(*data)[0]
    rows = {row["generator"]: row for row in kit.table_of(document, "bias", "looker")}
    biases = {name: float((one.said - one.human)[one.generator == name].mean()) for name in FOUR}
    for name, row in rows.items():
        assert row["bias"].value == pytest.approx(biases[name])
        assert row["relative"] == pytest.approx(biases[name] - np.mean(list(biases.values())))
        assert row["judge mean"] - row["people mean"] == pytest.approx(biases[name])
        assert row["bias"].low < row["bias"].value < row["bias"].high
    assert math.fsum(row["relative"] for row in rows.values()) == pytest.approx(0)


def test_judges_beside_each_other(kit, data, document):
    first, second = compared(*data)
    rows = {row["what"]: row for row in kit.table_of(document, "judges", "looker")}
    assert rows["judge and judge"]["with"] == "other"
    assert rows["judge and judge"]["spearman"].value == pytest.approx(
        stats.spearmanr(first.score, second.score)[0]
    )
    people = kit.figure(document, "spearman", "looker")
    assert rows["judge and people"]["spearman"] == people["value"]
    assert rows["people and people"]["spearman"] == people["raters"]
    assert rows["retest"]["spearman"].reason == "no video was looked at twice"
    (other,) = [r for r in kit.table_of(document, "judges", "other") if r["what"] == "judge and judge"]
    assert other["spearman"] == rows["judge and judge"]["spearman"]
    (better,) = kit.table_of(document, "better", "looker")
    test = williams(first.human, first.score, second.score, "spearman")
    assert (better["williams t"], better["williams p"]) == (
        pytest.approx(test.statistic),
        pytest.approx(test.p),
    )
    human = stats.spearmanr(first.human, first.score)[0] - stats.spearmanr(first.human, second.score)[0]
    assert better["difference"].value == pytest.approx(human)


def test_p_is_corrected_for_all_pairs_of_judges(kit):
    clips, ratings = kit.some_data(n=10, judges=("a", "b", "c"))
    rules = AgreeRules(n_resamples=100)
    joins = join(clips, RatingTable(tuple(ratings)), rules)
    found = contests(joins, rules, Streams(0), lambda: None)
    tables = [(one.judge, better_table(one, found)) for one in joins]
    rows = {
        (judge, row["other"]): row
        for judge, table in tables
        for row in [dict(zip(table.columns, cells, strict=True)) for cells in table.rows]
    }
    p = sorted(rows[pair]["p"] for pair in (("a", "b"), ("a", "c"), ("b", "c")))
    adjusted = sorted(rows[pair]["p, holm"] for pair in (("a", "b"), ("a", "c"), ("b", "c")))
    assert adjusted[0] == pytest.approx(min(1, 3 * p[0]))
    assert adjusted[2] >= p[2]


def test_retest_is_the_mean_over_pairs_of_looks(kit):
    scores = np.random.default_rng(0).random((12, 3))
    clips = [
        kit.make_scored(f"{n}.mp4", float(row.mean()), repeats=tuple((kit.answered(float(s)),) for s in row))
        for n, row in enumerate(scores)
    ]
    ratings = [kit.make_rating(str(n), float(1 + n % 5)) for n in range(12)]
    overall = [kit.make_rating(str(n), float(1 + n % 5), axis="clip") for n in range(12)]
    rows = [r for r in kit.table_of(kit.made(clips, ratings + overall), "judges") if r["what"] == "retest"]
    wanted = [stats.spearmanr(scores[:, a], scores[:, b])[0] for a, b in ((0, 1), (0, 2), (1, 2))]
    found = {row["axis"]: row["spearman"] for row in rows}
    assert (found["gravity"].value, found["gravity"].n) == (pytest.approx(np.mean(wanted)), 12)
    assert found["clip"].reason == "a single look has no score of the whole clip"


@pytest.fixture(scope="module")
def few(kit):
    """Ratings of a third of the prompts."""
    clips, ratings = kit.some_data(n=30)
    return clips, [one for one in ratings if int(one.item) % 3 == 0]


def test_means_from_few_labels(kit, few):
    one = compared(*few)[0]
    rows = {row["generator"]: row for row in kit.rows_alone(labels_table, *few)}
    assert list(rows) == ["all", "kling", "wan"]
    own = one.generator == "wan"
    wanted = ppi_mean(one.human[own], one.said[own], clusters=one.subject[own])
    row = rows["wan"]
    assert (row["both"], row["people alone"]) == (wanted.estimate, wanted.human_only)
    assert (row["labels"], row["judged"], row["weight"]) == (10, 20, wanted.weight)
    assert row["gained"] == row["effective"] - row["labels"]
    assert row["judge alone"].value == pytest.approx(one.said[own].mean())


def test_differences_from_few_labels(kit, few):
    one = compared(*few)[0]
    (row,) = kit.rows_alone(differences_table, *few)
    sides = [[side[one.generator == name] for name in ("kling", "wan")] for side in (one.human, one.said)]
    wanted = ppi_difference(*sides[0], *sides[1], clusters=one.subject[one.generator == "wan"])
    assert (row["first"], row["second"], row["labels"], row["judged"]) == ("kling", "wan", 10, 20)
    assert (row["both"], row["people alone"]) == (wanted.estimate, wanted.human_only)


def test_rates_of_violations(kit, few):
    one = compared(*few)[0]
    rows = {row["generator"]: row for row in kit.rows_alone(rates_table, *few)}
    own = one.generator == "kling"
    no = [1 - one.scale.to_yes(side[own]) for side in (one.human, one.said)]
    rated = ~np.isnan(one.human[own])
    wanted = rogan_gladen(no[1][~rated], no[0][rated], no[1][rated])
    row = rows["kling"]
    assert (row["corrected"], row["judge rate"], row["youden"]) == (
        wanted.estimate, wanted.judge_rate, wanted.youden,
    )  # fmt: skip
    assert row["raw"] == wanted.raw
    assert row["people rate"].value == pytest.approx(np.nanmean(no[0]))
    whole = kit.rows_alone(rates_table, *kit.some_data())
    assert {r["corrected"].reason for r in whole} == {"every video is rated: there is no rate to correct"}


def test_there_is_no_rate_of_violations_without_a_middle(kit):
    clips, ratings = kit.some_data(n=4)
    rows = kit.rows_alone(rates_table, clips, [replace(one, scale=Scale()) for one in ratings])
    for row in rows:
        assert math.isnan(row["people rate"].value)
        assert row["people rate"].reason == "the scale has no middle: give a threshold"
        assert row["calibrated on"] == 0


def test_power_stands_on_the_ratings(kit):
    clips, ratings = kit.some_data(n=12)
    # One prompt has a rating less and is left out.
    ratings = [r for r in ratings if (r.generator, r.item, r.rater) != ("wan", "05", "cas")]
    one = compared(clips, ratings)[0]
    pilot = pilot_of(rated_cells(one), ("kling", "wan"))
    assert pilot is not None
    assert pilot.ratings.shape == (2, 11, 1, 3)
    parts = estimate_components(pilot.ratings)
    (row,) = kit.rows_alone(power_table, clips, ratings)
    assert row["difference"].value == pytest.approx(pilot.ratings[0].mean() - pilot.ratings[1].mean())
    assert (row["prompts"], row["videos a prompt"], row["ratings a video"]) == (11, 1, 3)
    assert (row["prompt sd"], row["rater sd"]) == (parts.prompt_sd, parts.rater_sd)
    assert math.isnan(row["seed sd"])
    known = replace(parts, seed_sd=0.0)
    assert row["power"] == power_of(row["difference"].value, known, 11, 1, 3)
    needed = row["prompts needed"]
    assert power_of(row["difference"].value, known, needed, 1, 3) >= 0.8
    assert power_of(row["difference"].value, known, needed - 1, 1, 3) < 0.8


@pytest.mark.parametrize(
    ("case", "column", "reason"),
    [
        ("one prompt", "difference", "fewer than two prompts that both have, rated as often as most"),
        ("one rater", "raters needed", "one rating a video: what more would bring is not known"),
        ("alike", "prompts needed", "there is no difference to find"),
        ("noise", "raters needed", "more than 100: it takes more prompts"),
    ],
)
def test_power_that_cannot_be_told_says_why(kit, case, column, reason):
    n = 1 if case == "one prompt" else 6
    clips, ratings = kit.some_data(n=n, raters=("ann",) if case == "one rater" else ("ann", "ben"))
    if case == "alike":
        of_wan = {(r.item, r.rater): r.value for r in ratings if r.generator == "wan"}
        ratings = [replace(r, value=of_wan[r.item, r.rater]) for r in ratings]
    elif case == "noise":
        ratings = [
            replace(r, value=float(1 + (int(r.item) * 3 + (r.generator == "wan") * 2 + (r.item == "05")) % 5))
            for r in ratings
        ]
    (row,) = kit.rows_alone(power_table, clips, ratings)
    assert row[column].reason == reason


def test_seeds_pair_videos(kit):
    clips = [
        kit.make_scored(f"{generator}-{seed}.mp4", 0.5, generator, case="p", seed=seed)
        for generator, seeds in (("kling", (1, 2)), ("wan", (2, 3)))
        for seed in seeds
    ]
    ratings = [kit.make_rating("kling-1", generator="kling")]
    one = compared(clips, ratings)[0]
    aligned = align(one, ("kling", "wan"))
    names = [[one.videos[n].name if n >= 0 else "" for n in row] for row in aligned.place.tolist()]
    assert names == [["kling-1.mp4", "kling-2.mp4", ""], ["", "wan-2.mp4", "wan-3.mp4"]]
    # Without seeds they go by number.
    unknown = compared([replace(clip, seed=None) for clip in clips], ratings)[0]
    assert align(unknown, ("kling", "wan")).place.min() >= 0


def test_calibration_and_plots(kit):
    clips, ratings = kit.some_data(n=60)
    means = kit.human_means(ratings)
    # A judge that is far too sure.
    sure = kit.rescored(
        clips,
        lambda clip: (
            0.02
            + 0.96 * (means[clip.generator, clip.video[:2]] + 0.35 * math.sin(7 * int(clip.video[:2])) > 0.5)
        ),
    )
    document = kit.made(sure, ratings)
    rows = {row["calibration"]: row for row in kit.table_of(document, "calibration")}
    assert list(rows) == ["as scored", "isotonic", "temperature"]
    assert rows["isotonic"]["error"].value < rows["as scored"]["error"].value
    assert rows["as scored"]["error"].low < rows["as scored"]["error"].high
    systems, reliability, _ = document.sections[0].plots
    assert (systems.id, systems.kind, systems.diagonal) == ("systems-1-gravity", "points", True)
    assert [point.label for point in systems.series[0].points] == ["kling", "wan"]
    assert (reliability.id, reliability.kind, reliability.diagonal) == (
        "reliability-1-gravity",
        "lines",
        True,
    )
    assert [series.name for series in reliability.series] == ["as scored", "isotonic", "temperature"]
    for series in reliability.series:
        across = [point.x for point in series.points]
        assert across == sorted(across)


@pytest.mark.parametrize(
    ("case", "way", "reason"),
    [
        ("one prompt", "isotonic", "one prompt: there is no other to calibrate on"),
        ("no answer", "as scored", "no video has a score and a yes or no of people"),
    ],
)
def test_calibration_that_cannot_be_done_says_why(kit, case, way, reason):
    clips, ratings = kit.some_data(n=3)
    if case == "one prompt":
        clips = [replace(clip, case="one") for clip in clips]
    else:
        ratings = [replace(one, value=3.0) for one in ratings]
    rows = {row["calibration"]: row["error"] for row in kit.rows_alone(calibration, clips, ratings)}
    assert rows[way].reason == reason


def test_facts_and_notes_and_progress(kit):
    clips, ratings = kit.some_data(judges=("looker", "other"))
    heard = []
    rules = AgreeRules(
        n_resamples=20, by=("law", "generator"), match={"gravity": "law:gravity"}, thresholds={"gravity": 2.0}
    )
    document = kit.made(
        clips, ratings, rules, facts=[("seed", "0")], tell=lambda done, total: heard.append((done, total))
    )
    # One pair of judges; two judges with three rows each.
    assert heard == [(n, 7) for n in range(8)]
    assert document.schema == "lawful.agree/1"
    assert document.facts == (
        ("runs", "run"), ("ratings", "ratings.csv"), ("by", "law, generator"), ("match", "gravity = law:gravity"),
        ("threshold", "gravity = 2"), ("level", "0.95"), ("resamples", "20"), ("seed", "0"),
    )  # fmt: skip
    assert [dict(section.keys) for section in document.sections] == [
        {"suite": "physics", "judge": "looker"}, {"suite": "physics", "judge": "other"},
    ]  # fmt: skip


def selective(one, rules):
    return selective_parts(one, rules, Streams(0))[0]


def test_a_judge_that_knows_when_it_is_wrong_has_a_small_area(kit):
    clips, ratings = kit.some_data(n=60)
    means = kit.human_means(ratings)

    def with_error(sure_when_wrong):
        def score(clip):
            number = int(clip.video[:2])
            yes = means[clip.generator, clip.video[:2]] > 0.5
            wrong = number % 5 == 0
            far = (0.1 if wrong else 0.4) if not sure_when_wrong else (0.4 if wrong else 0.1)
            return 0.5 + (far if yes != wrong else -far) * (0.9 + number / 1000)

        return kit.rescored(clips, score)

    (good,) = kit.table_of(kit.made(with_error(False), ratings), "selective")
    (bad,) = kit.table_of(kit.made(with_error(True), ratings), "selective")
    assert good["risk"].value == bad["risk"].value > 0.1
    assert good["coverage"].value == 1.0
    assert good["aurc"].value == pytest.approx(good["best aurc"], abs=0.01)
    assert good["aurc"].value < good["risk"].value < bad["aurc"].value
    assert good["aurc"].low < good["aurc"].high


def test_abstaining_costs_coverage_and_no_risk(kit):
    clips, ratings = kit.some_data(n=40)
    means = kit.human_means(ratings)
    right = kit.rescored(clips, lambda clip: 0.1 + 0.8 * (means[clip.generator, clip.video[:2]] > 0.5))
    quiet = kit.rescored(right, lambda clip: math.nan if int(clip.video[:2]) % 2 else clip.score)
    (row,) = kit.table_of(kit.made(quiet, ratings), "selective")
    assert row["coverage"].value == pytest.approx(0.5, abs=0.1)
    assert row["risk"].value == row["aurc"].value == 0.0
    curve = kit.made(quiet, ratings).sections[0].plots[-1]
    assert (curve.id, curve.kind) == ("selective-1-gravity", "lines")
    assert curve.series[0].points[-1].x == pytest.approx(row["coverage"].value)


def test_what_has_no_yes_has_no_risk(kit):
    clips, ratings = kit.some_data(n=4)
    ratings = [replace(one, value=3.0) for one in ratings]
    (row,) = kit.rows_alone(selective, clips, ratings)
    assert row["aurc"].reason == "no video has an answer and a yes or no of people"
