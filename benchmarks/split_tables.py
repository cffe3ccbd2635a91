"""What the rows of `kinematic_split.py` come to: figures with 95 % intervals by resampling pairs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

N_RESAMPLES = 2000
Rows = Sequence[Mapping[str, Any]]
Estimate = dict[str, Any]
Statistic = Callable[[np.ndarray], float]


def paired(pairs):
    """Share of pairs in which the lawful clip has the higher score; ties count half."""
    return float(np.mean((pairs[:, 0] > pairs[:, 1]) + 0.5 * (pairs[:, 0] == pairs[:, 1])))


def auroc(pairs):
    """Chance that any lawful clip has a higher score than any broken one; ties count half."""
    lawful, broken = pairs[:, :1], pairs[:, 1][None]
    return float(np.mean((lawful > broken) + 0.5 * (lawful == broken)))


def alarms_at_recall(pairs, recall=0.8):
    """Share of lawful clips that are called broken where that share of the broken ones is."""
    threshold = np.quantile(pairs[:, 1], recall, method="inverted_cdf")
    return float(np.mean(pairs[:, 0] <= threshold))


def estimate(statistic: Statistic, table: np.ndarray, rng: np.random.Generator) -> Estimate:
    """A statistic of pairs with its interval; None where there is no pair."""
    if not len(table):
        return {"value": None, "low": None, "high": None, "n": 0}
    drawn = [statistic(table[rng.integers(len(table), size=len(table))]) for _ in range(N_RESAMPLES)]
    drawn = np.array(drawn)[np.isfinite(drawn)]
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (np.nan, np.nan)
    values = {"value": statistic(table), "low": float(low), "high": float(high)}
    return {name: value if np.isfinite(value) else None for name, value in values.items()} | {"n": len(table)}


def score_pairs(rows: Rows, judge: str) -> np.ndarray:
    """Scores of the lawful clip and its twin; a clip that could not be ranked counts as lawful as can be."""
    pairs = [[row["clips"][side][judge]["score"] for side in (0, 1)] for row in rows]
    return np.array([[1.0 if score is None else score for score in pair] for pair in pairs]).reshape(-1, 2)


def ranking(rows: Rows, judge: str, rng: np.random.Generator) -> dict[str, Estimate]:
    """How well a judge's scores tell twins apart."""
    pairs = score_pairs(rows, judge)
    return {
        "paired accuracy": estimate(paired, pairs, rng),
        "AUROC": estimate(auroc, pairs, rng),
        "false alarms at 80 % recall": estimate(alarms_at_recall, pairs, rng),
    }


def margin(rows: Rows, judge: str, baselines: Sequence[str], rng: np.random.Generator) -> dict[str, Estimate]:
    """Paired accuracy above the best of the baselines, chosen anew in each resample."""
    columns = np.concatenate([score_pairs(rows, name) for name in (judge, *baselines)], axis=1)

    def above(table: np.ndarray) -> float:
        found = [paired(table[:, 2 * k : 2 * k + 2]) for k in range(1 + len(baselines))]
        return found[0] - max(found[1:])

    return {"paired accuracy above the best baseline": estimate(above, columns, rng)}


def answers(rows: Rows, judge: str, promised: float, rng: np.random.Generator) -> dict[str, Estimate]:
    """What the judge's answers are worth: shares of pairs, answers, or flagged clips, each with its n."""
    lawful, broken = ([row["clips"][side][judge] for row in rows] for side in (0, 1))
    flagged = np.array([[clip["answer"] == "violation" for clip in side] for side in (lawful, broken)], float)
    gated = np.array([[clip["abstained"] for clip in side] for side in (lawful, broken)], float)
    answered = np.array([[clip["answer"] != "not_sure" for clip in side] for side in (lawful, broken)], float)
    near = np.array([clip["near"] for clip in broken], float)
    named = np.array([clip["named"] for clip in broken], float)
    table = np.stack([*flagged, *gated, *answered, near, named], axis=1)

    def of(share: str) -> Statistic:
        above, below = {
            "lawful clips flagged": (table_column(0), ones),
            "broken clips flagged": (table_column(1), ones),
            "lawful clips answered": (table_column(4), ones),
            "broken clips answered": (table_column(5), ones),
            "onset within 4 frames, of flagged": (lambda t: t[:, 1] * t[:, 6], table_column(1)),
            "a right law named, of flagged": (lambda t: t[:, 1] * t[:, 7], table_column(1)),
            "measured over promised false alarms": (
                lambda t: t[:, 0] / promised,
                lambda t: 1 - t[:, 2],
            ),
        }[share]
        return lambda t: above(t).sum() / below(t).sum() if below(t).sum() else np.nan

    names = [
        "lawful clips flagged", "broken clips flagged", "lawful clips answered", "broken clips answered",
        "onset within 4 frames, of flagged", "a right law named, of flagged", "measured over promised false alarms",
    ]  # fmt: skip
    return {name: estimate(of(name), table, rng) for name in names}


def table_column(number: int) -> Callable[[np.ndarray], np.ndarray]:
    """A function that takes that column."""
    return lambda table: table[:, number]


def ones(table: np.ndarray) -> np.ndarray:
    """One for each row."""
    return np.ones(len(table))


def shown(value: Estimate) -> str:
    """An estimate for people."""
    if value["value"] is None:
        return "-"
    if value["low"] is None:
        return f"{value['value']:.2f}"
    return f"{value['value']:.2f} [{value['low']:.2f}, {value['high']:.2f}]"


def line(cells: Sequence[str]) -> str:
    """A line of a markdown table."""
    return "| " + " | ".join(cells) + " |"


def table_of(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table."""
    return "\n".join([line(heads), line(["---"] * len(heads)), *(line(row) for row in rows)])
