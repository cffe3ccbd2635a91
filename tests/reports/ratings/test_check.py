import math
import random
from pathlib import Path

import numpy as np
import pytest

from lawful.reports.ratings.cells import Cell, Rules, collect_ratings
from lawful.reports.ratings.check import check_ratings, seats
from lawful.reports.ratings.columns import Columns
from lawful.reports.ratings.read import read_ratings
from lawful.reports.ratings.record import RatingTable, Scale, parse_scale
from lawful.reports.stats.careless import check_raters
from lawful.reports.stats.raters import krippendorff_alpha, pairwise_agreement

FIXTURES = Path(__file__).parents[1] / "stats" / "fixtures"


def _table(
    ratings: np.ndarray, seconds: np.ndarray | None = None, shuffled: int | None = None
) -> RatingTable:
    cells = [
        Cell(
            "f",
            f"row {i} {j}",
            {
                "video": f"v{i:03}",
                "rater": f"r{j}",
                "value": value,
                "seconds": None if seconds is None else seconds[i, j],
            },
        )
        for (i, j), value in np.ndenumerate(ratings)
        if not math.isnan(value)
    ]
    if shuffled is not None:
        random.Random(shuffled).shuffle(cells)
    return collect_ratings(cells, Rules(scales={"": Scale(1, 5)}))


def test_agreement_is_that_of_the_whole_table() -> None:
    rng = np.random.default_rng(0)
    ratings = np.clip(rng.integers(1, 6, (40, 1)) + rng.integers(-1, 2, (40, 5)), 1, 5).astype(float)
    ratings[rng.random(ratings.shape) < 0.3] = math.nan
    ratings[0] = math.nan
    ratings[0, 0] = 3
    (axis,) = check_ratings(_table(ratings)).axes
    assert axis.alpha.value == pytest.approx(krippendorff_alpha(ratings, "interval").value, abs=1e-12)
    assert axis.agreement == pairwise_agreement(seats(_table(ratings).ratings))
    assert axis.agreement.value == pytest.approx(pairwise_agreement(ratings).value, abs=1e-12)
    assert (axis.n, axis.items, axis.raters) == (np.count_nonzero(~np.isnan(ratings)), 40, 5)
    assert axis.single == np.count_nonzero(np.count_nonzero(~np.isnan(ratings), axis=1) < 2)
    assert axis.empty == np.count_nonzero(np.isnan(ratings))


def test_careless_raters_are_those_of_the_whole_table() -> None:
    rng = np.random.default_rng(1)
    ratings = np.clip(rng.integers(1, 6, (60, 1)) + rng.integers(-1, 2, (60, 6)), 1, 5).astype(float)
    ratings[:, 1] = 3
    ratings[:, 2] = 6 - ratings[:, 0]
    seconds = np.full(ratings.shape, 9.0)
    seconds[:, 4] = 1.0
    found = check_ratings(_table(ratings, seconds)).careless
    expected = [check for check in check_raters(ratings, seconds) if check.careless]
    assert [c.rater for c in found] == [f"r{check.rater}" for check in expected] == ["r1", "r2", "r4"]
    for own, whole in zip(found, expected, strict=True):
        assert (own.check.constant, own.check.too_fast) == (whole.constant, whole.too_fast)
        assert own.check.correlation == pytest.approx(whole.correlation, abs=1e-12, nan_ok=True)
    assert found[0].rules == ("constant: 100% of the answers are one",)
    assert found[1].rules[0].startswith("against the others: Spearman -0.")
    assert found[2].rules == ("too fast: 100% of the timed answers",)


def test_the_order_of_rows_changes_nothing() -> None:
    ratings = np.random.default_rng(2).integers(1, 6, (20, 3)).astype(float)
    whole = check_ratings(_table(ratings))
    assert all(check_ratings(_table(ratings, shuffled=seed)) == whole for seed in range(3))


def test_published_alphas_come_out(tmp_path: Path) -> None:
    """Video-Bench, from the fixture of one digit a rater, written as a long file."""
    rows = ["dimension,prompt,generator,rater,score"]
    lines = (FIXTURES / "video_bench_ratings.csv").read_text().splitlines()
    generators = lines[0].split(",")[2:]
    for line in lines[1:]:
        dimension, prompt, *cells = line.split(",")
        if dimension == "color":
            rows += [
                f"{dimension},{prompt},{generator},r{number},{digit}"
                for generator, cell in zip(generators, cells, strict=True)
                for number, digit in enumerate(cell)
            ]
    path = tmp_path / "long.csv"
    path.write_text("\n".join(rows))
    columns = Columns(map={"axis": "dimension", "case": "prompt", "value": "score"})
    (axis,) = check_ratings(read_ratings([path], columns=columns)).axes
    assert (axis.n, axis.items, f"{axis.alpha.value:.3f}", axis.scale) == (7140, 1785, "0.551", "any number")


def test_published_votes_are_read_wide() -> None:
    columns = Columns(map={"pair": "item"}, wide="rater", values=("human_vote", "gpt4o"), axis="preference")
    table = read_ratings([FIXTURES / "genai_bench_video_votes.csv"], columns=columns)
    human = {r.item: r.choice for r in table.ratings if r.rater == "human_vote"}
    judge = {r.item: r.choice for r in table.ratings if r.rater == "gpt4o"}
    assert len(human) == 1069
    assert sum(judge.get(item) == vote for item, vote in human.items()) == round(0.4846 * 1069)
    (axis,) = check_ratings(table).axes
    assert (axis.scale, axis.metric, axis.items) == ("choice", "nominal", 1069)


def test_a_pair_shown_the_other_way_round_is_the_same_pair() -> None:
    cells = [
        Cell("f", str(n), {"left": left, "right": right, "rater": rater, "value": value})
        for n, (left, right, rater, value) in enumerate(
            [
                ("a", "b", "ann", "left"),
                ("b", "a", "ben", "right"),
                ("b", "a", "cat", "tie"),
                ("a", "b", "dan", "both_bad"),
            ]
        )
    ]
    table = collect_ratings(cells)
    assert seats(table.ratings).tolist() == [[-1.0, -1.0, 0.0, 2.0]]
    assert check_ratings(table).axes[0].agreement.value == pytest.approx(1 / 6)


def test_words_are_ordinal_and_nothing_is_nothing() -> None:
    rules = Rules(scales={"": parse_scale("no,partly,yes")})
    cells = [Cell("f", "1", {"video": "a", "rater": "ann", "value": "yes"})]
    (axis,) = check_ratings(collect_ratings(cells, rules)).axes
    assert (axis.metric, axis.alpha.reason) == ("ordinal", "no item has two ratings")
    unsure = [Cell("f", "1", {"video": "a", "rater": "ann", "cannot_judge": "yes"})]
    (axis,) = check_ratings(collect_ratings(unsure)).axes
    assert (axis.n, axis.cannot_judge, axis.items, axis.single) == (0, 1, 1, 1)
    empty = check_ratings(collect_ratings([]))
    assert (empty.axes, empty.careless, empty.names, empty.unrated) == ((), (), (), None)
    assert empty.distinct("item") == ()


def test_names_that_differ() -> None:
    said = [
        ("a.csv", "ModelScope T2V", "gravity", "v1"),
        ("b.csv", "modelscope-t2v", "Gravity", "v1"),
        ("b.csv", "modelscope-t2v", "Gravity", "v2"),
        ("b.csv", "1.2", "x", "v1"),
        ("a.csv", "12", "x", "v1"),
    ]
    cells = [
        Cell(file, str(n), {"video": v, "rater": "ann", "generator": g, "axis": axis, "value": 1})
        for n, (file, g, axis, v) in enumerate(said)
    ]
    found = check_ratings(collect_ratings(cells)).names
    assert [(d.what, d.name, d.n, d.text) for d in found] == [
        ("generator", "ModelScope T2V", 1, "looks like modelscope-t2v"),
        ("axis", "Gravity", 1, "looks like gravity"),
        ("generator", "12", 2, "in a.csv, not in b.csv"),
        ("generator", "1.2", 2, "in b.csv, not in a.csv"),
        ("axis", "gravity", 1, "in a.csv, not in b.csv"),
        ("axis", "Gravity", 1, "in b.csv, not in a.csv"),
        ("item", "12/v1", 2, "in a.csv, not in b.csv"),
        ("item", "1.2/v1", 3, "in b.csv, not in a.csv"),
    ]
