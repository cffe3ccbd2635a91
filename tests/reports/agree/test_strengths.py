"""Strengths of generators from choices between their videos."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize


def votes(kit, wins, n=20, judge_right=True):
    """Pairs of one prompt each: the share of `wins` goes to `kling`; the judge scores as most people choose."""
    clips, ratings = [], []
    for number in range(n):
        won = number < wins * n
        for generator, score in (("kling", 0.8 if won == judge_right else 0.2), ("wan", 0.5)):
            clips.append(
                kit.make_scored(f"{generator}/{number:02}.mp4", score, generator, case=f"case {number}")
            )
        left, right = f"kling/{number:02}.mp4", f"wan/{number:02}.mp4"
        for rater in ("ann", "ben"):
            ratings.append(kit.make_pair(left, right, "left" if won else "right", rater))
    return clips, ratings


def rows_of(kit, *data):
    return {row["generator"]: row for row in kit.table_of(kit.made(*data), "strengths")}


def test_strengths_are_the_likeliest_of_the_votes(kit):
    rows = rows_of(kit, *votes(kit, 0.75))

    def loss(half):
        # 30 votes won and 10 lost by two raters, and one vote shared out as a prior: no ties.
        p = 1 / (1 + np.exp(-2 * half[0]))
        return -(30.5 * np.log(p) + 10.5 * np.log(1 - p))

    half = minimize(loss, [0.1], tol=1e-12).x[0]
    assert rows["kling"]["by people"].value == pytest.approx(half, abs=1e-5)
    assert rows["wan"]["by people"].value == pytest.approx(-half, abs=1e-5)
    assert (rows["kling"]["people's votes"], rows["kling"]["judge's votes"]) == (40, 20)
    assert rows["kling"]["people's ranks"] in ("1-1", "1-2")
    assert rows["kling"]["by judge"].value > 0


def test_a_judge_that_is_always_wrong_turns_the_order_round(kit):
    rows = rows_of(kit, *votes(kit, 0.75, judge_right=False))
    assert rows["kling"]["by people"].value > 0 > rows["kling"]["by judge"].value


def test_left_and_right_mean_nothing(kit):
    clips, ratings = votes(kit, 0.75)
    turned = [
        kit.make_pair(r.pair.right, r.pair.left, {"left": "right", "right": "left"}[r.choice], r.rater)
        for r in ratings
    ]
    one, two = rows_of(kit, clips, ratings), rows_of(kit, clips, turned)
    for generator in ("kling", "wan"):
        assert one[generator]["by people"].value == pytest.approx(two[generator]["by people"].value, abs=1e-9)
        assert one[generator]["by judge"].value == pytest.approx(two[generator]["by judge"].value, abs=1e-9)


def test_pairs_of_one_generator_say_nothing(kit):
    clips = [kit.make_scored(f"{n}.mp4", 0.1 * n, case="case") for n in range(2)]
    assert rows_of(kit, clips, [kit.make_pair("0.mp4", "1.mp4", "right")]) == {}


def test_what_the_judge_did_not_score_has_votes_of_people_alone(kit):
    clips, ratings = votes(kit, 0.75)
    silent = [kit.make_scored(c.video, math.nan, c.generator, case=c.case) for c in clips]
    # One pair must be scored for anything to be compared.
    rows = rows_of(kit, [*silent[:-2], *clips[-2:]], ratings)
    assert (rows["kling"]["people's votes"], rows["kling"]["judge's votes"]) == (40, 1)
