"""Figures of published ratings: GenAI-Bench's leaderboard, Video-Bench's alphas, TC-Bench's correlations."""

import numpy as np
import pytest

from lawful.reports.stats.categorical import label_agreement
from lawful.reports.stats.correlation import correlate_by_group, kendall_b, spearman
from lawful.reports.stats.pairwise import tie_calibrated_accuracy
from lawful.reports.stats.raters import krippendorff_alpha, leave_one_out_ceiling

LEADERBOARD = {
    "random": 25.16,
    "gpt4o": 48.46,
    "gemini-1.5-pro": 46.21,
    "llava": 30.40,
    "idefics2": 16.46,
    "llavanext": 21.70,
    "minicpm-V-2.5": 6.55,
    "blip2": 16.93,
    "videollava": 0.00,
    "cogvlm": 24.60,
    "qwenVL": 2.15,
    "instructblip": 3.74,
    "idefics1": 0.19,
    "ottervideo": 0.00,
    "otterimage": 0.00,
    "kosmos2": 0.00,
}
ALPHAS = {
    "color": 0.551,
    "object_class": 0.506,
    "video-text consistency": 0.471,
    "scene": 0.423,
    "action": 0.372,
    "motion_effects": 0.367,
    "temporal_consistency": 0.342,
    "imaging_quality": 0.099,
    "aesthetic_quality": 0.076,
}
VOTES = {
    "[[A>B]]": "leftvote",
    "[[B>A]]": "rightvote",
    "[[A=B=Good]]": "tievote",
    "[[A=B=Bad]]": "bothbad_vote",
}


def as_vote(raw: str, human: str) -> str:
    """A judge's raw vote in the humans' words; a bare tie is whichever tie humans chose."""
    if raw == "[[A=B]]":
        return human if human in ("tievote", "bothbad_vote") else "tie of no kind"
    return VOTES.get(raw, "")


def votes(genai_bench: dict[str, np.ndarray], judge: str) -> np.ndarray:
    pairs = zip(genai_bench[judge], genai_bench["human_vote"], strict=True)
    return np.array([as_vote(str(raw), str(human)) for raw, human in pairs])


@pytest.mark.parametrize(("judge", "published"), LEADERBOARD.items())
def test_genai_bench_leaderboard(genai_bench: dict[str, np.ndarray], judge: str, published: float) -> None:
    result = label_agreement(genai_bench["human_vote"], votes(genai_bench, judge), unparsed="wrong")
    assert result.n == 1069
    assert round(100 * result.value, 2) == published


@pytest.mark.parametrize("judge", ["gpt4o", "gemini-1.5-pro"])
def test_genai_bench_pairs_that_humans_decided(genai_bench: dict[str, np.ndarray], judge: str) -> None:
    decided = np.isin(genai_bench["human_vote"], ["leftvote", "rightvote"])
    said = votes(genai_bench, judge)[decided]
    result = label_agreement(genai_bench["human_vote"][decided], said, unparsed="wrong")
    assert (result.n, round(100 * result.value, 1)) == (700, 68.9)


@pytest.mark.parametrize(("dimension", "alpha"), ALPHAS.items())
def test_video_bench_alphas(video_bench, dimension: str, alpha: float) -> None:
    assert round(krippendorff_alpha(video_bench[dimension][0], "interval").value, 3) == alpha


def test_video_bench_has_nine_dimensions_and_63588_ratings(video_bench) -> None:
    assert set(video_bench) == set(ALPHAS)
    assert sum(ratings.size for ratings, _, _ in video_bench.values()) == 63_588


@pytest.mark.parametrize(
    ("metric", "rho", "tau"),
    [
        ("umtscore", 0.2446, 0.1716),
        ("evalcrafter", 0.1483, 0.1014),
        ("viclip", 0.0115, 0.0080),
        ("clip", -0.1755, -0.1228),
    ],
)
def test_tc_bench_correlations(tc_bench: dict[str, np.ndarray], metric: str, rho: float, tau: float) -> None:
    # A video with a score missing is left out: its mean is NaN.
    human = np.round(tc_bench["ratings"].mean(axis=1), 9)
    assert spearman(human, tc_bench[metric]).n == 951
    assert spearman(human, tc_bench[metric]).value == pytest.approx(rho, abs=5e-4)
    assert kendall_b(human, tc_bench[metric]).value == pytest.approx(tau, abs=5e-4)


def test_tc_bench_clip_has_another_sign_within_some_generators_than_pooled(tc_bench) -> None:
    human = np.round(tc_bench["ratings"].mean(axis=1), 9)
    parts = correlate_by_group(human, tc_bench["clip"], tc_bench["generator"], "spearman")
    assert parts.pooled.value < 0
    assert {np.sign(one.value) for one in parts.by_group.values()} == {-1.0, 1.0}
    assert parts.between.n == 5


def test_tc_bench_best_metric_reaches_a_third_of_what_the_other_rater_does(tc_bench) -> None:
    raters = tc_bench["ratings"].reshape(-1, 2, 3).mean(axis=2)
    ceiling = leave_one_out_ceiling(raters, "spearman", tc_bench["umtscore"])
    assert ceiling.by_rater[0] == pytest.approx(ceiling.by_rater[1])
    assert 0 < ceiling.share < 0.5


def test_tc_bench_tie_calibration_prefers_some_ties(tc_bench) -> None:
    human = np.round(tc_bench["ratings"].mean(axis=1), 9)
    exact = tie_calibrated_accuracy(human, tc_bench["umtscore"], tc_bench["generator"], epsilon=0.0)
    best = tie_calibrated_accuracy(human, tc_bench["umtscore"], tc_bench["generator"])
    assert best.value >= exact.value
    assert best.n_groups == 5
