"""Scores of judges made by hand, and published ratings as runs."""

import csv
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lawful.judge.stored import AskedQuestion
from lawful.reports.agree.document import agree
from lawful.reports.agree.join import join
from lawful.reports.agree.records import AgreeRules
from lawful.reports.ratings.record import Pair, Rating, RatingTable, Scale
from lawful.reports.scores import Answered, ScoredClip

FIXTURES = Path(__file__).parents[1] / "stats" / "fixtures"
ONE_TO_FIVE = Scale(1, 5)
YES_NO = {"no": 0.0, "yes": 1.0}
QUICK = AgreeRules(n_resamples=20)


def asked(name="gravity", axis="physics", law="gravity"):
    return AskedQuestion(name, f"Is {name} obeyed?", axis, law, YES_NO)


def answered(score, question=None):
    question = question or asked()
    if math.isnan(score):
        return Answered(question, score, None, "abstained")
    return Answered(question, score, "yes" if score >= 0.5 else "no", None)


def make_scored(video="a.mp4", score=0.5, generator="wan", judge="looker", **changes):
    """A clip with one question on the law gravity of the axis physics."""
    answers = (answered(score),)
    values = {
        "run": "run",
        "video": video,
        "sha256": f"sha of {generator}/{video}",
        "suite": "physics",
        "judge": judge,
        "fingerprint": f"{judge}0123456789",
        "generator": generator,
        "case": video.removesuffix(".mp4"),
        "prompt": None,
        "seed": None,
        "answer": "not_sure" if math.isnan(score) else "none_found" if score >= 0.5 else "violation",
        "score": score,
        "answers": answers,
        "repeats": (answers,),
    }
    return ScoredClip(**{**values, **changes})


def make_rating(item="a", value=3.0, rater="ann", axis="gravity", generator="wan", **changes):
    values = {"scale": ONE_TO_FIVE, "source": "ratings.csv"}
    return Rating(
        item=item, value=value, rater=rater, axis=axis, generator=generator, **{**values, **changes}
    )


def make_pair(left, right, choice, rater="ann", axis="gravity", **changes):
    return Rating(
        item=" | ".join(sorted((left, right))), pair=Pair(left, right), rater=rater, axis=axis, value=None,
        choice=choice, **changes,
    )  # fmt: skip


def made(clips, ratings, rules=QUICK, seed=0, **changes):
    """The document of some clips and ratings."""
    table = ratings if isinstance(ratings, RatingTable) else RatingTable(tuple(ratings))
    return agree(clips, table, np.random.default_rng(seed), rules, **changes)


def rows_alone(make, clips, ratings, rules=QUICK):
    """The rows of one table as dicts, made of the first judge without all the others."""
    (one, *_) = join(clips, RatingTable(tuple(ratings)), rules)
    table = make(one, rules)
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def table_of(document, name, judge=None):
    """The rows of a table as dicts, of all sections or of one judge's."""
    found = []
    for section in document.sections:
        if judge in (None, dict(section.keys)["judge"]):
            table = next(one for one in section.tables if one.id == name)
            found += [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return found


def figure(document, name, judge=None, axis="gravity", generator="all"):
    """One row of the table of agreement."""
    (row,) = [
        row
        for row in table_of(document, "agreement", judge)
        if (row["figure"], row["axis"], row["generator"]) == (name, axis, generator)
    ]
    return row


def some_data(n=12, generators=("kling", "wan"), raters=("ann", "ben", "cas"), judges=("looker",), seed=0):
    """Prompts of some generators with ratings of everybody and scores of judges."""
    rng = np.random.default_rng(seed)
    clips, ratings = [], []
    for index, generator in enumerate(generators):
        for number in range(n):
            truth = rng.normal() + 0.4 * index
            for rater in raters:
                value = float(np.clip(round(3 + truth + 0.5 * rng.normal()), 1, 5))
                ratings.append(make_rating(f"{number:02}", value, rater, generator=generator))
            for judge in judges:
                score = float(1 / (1 + np.exp(-truth - rng.normal())))
                clips.append(make_scored(f"{number:02}.mp4", score, generator, judge))
    return clips, ratings


def human_means(ratings):
    """The mean rating of each item on 0-1."""
    held = {}
    for rating in ratings:
        held.setdefault(rating.key, []).append(rating.value)
    return {key: (math.fsum(values) / len(values) - 1) / 4 for key, values in held.items()}


def rescored(clips, score_of):
    """The clips with other scores."""
    found = []
    for clip in clips:
        score = score_of(clip)
        answers = (answered(score),)
        found.append(replace(clip, score=score, answers=answers, repeats=(answers,)))
    return found


def rows_of(name):
    with (FIXTURES / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def kit():
    """All of the above."""
    return SimpleNamespace(**globals())


@pytest.fixture(scope="session")
def tc_bench():
    """TC-Bench: each metric as a judge, scaled to 0-1; two raters, each with the mean of three questions.

    The mean of the two raters is the mean of all six scores; the one video with a score missing is left out.
    """
    rows = rows_of("tc_bench_i2v.csv")
    clips, ratings = [], []
    for row in rows:
        if "-" not in row["r0"] + row["r1"]:
            ratings += [
                make_rating(row["video"], sum(map(int, row[rater])) / 3, rater, "physics", row["generator"])
                for rater in ("r0", "r1")
            ]
    for metric in ("clip", "viclip", "umtscore", "evalcrafter"):
        known = [float(row[metric]) for row in rows if row[metric]]
        low, high = min(known), max(known)
        for row in rows:
            score = (float(row[metric] or "nan") - low) / (high - low)
            name = f"{row['generator']}/{row['video']}.mp4"
            clips.append(make_scored(name, score, row["generator"], metric, case=row["video"]))
    return tuple(clips), RatingTable(tuple(ratings))
