"""Published ratings, with metrics and judges as if they had scored runs."""

import numpy as np
import pytest

from lawful.reports.agree.records import AgreeRules
from lawful.reports.ratings.record import RatingTable

SIDES = {"[[A>B]]": (1.0, 0.0), "[[B>A]]": (0.0, 1.0)}


@pytest.fixture(scope="module")
def tc_document(kit, tc_bench):
    return kit.made(*tc_bench, AgreeRules(n_resamples=20))


@pytest.mark.parametrize(
    ("metric", "rho", "tau"),
    [
        ("umtscore", 0.2446, 0.1716),
        ("evalcrafter", 0.1483, 0.1014),
        ("viclip", 0.0115, 0.0080),
        ("clip", -0.1755, -0.1228),
    ],
)
def test_tc_bench_correlations(kit, tc_document, metric, rho, tau):
    for name, published in (("spearman", rho), ("kendall tau-b", tau)):
        row = kit.figure(tc_document, name, metric, "physics")
        assert row["n"] == 951
        assert row["value"].value == pytest.approx(published, abs=5e-5)


def test_tc_bench_says_what_is_left_out(kit, tc_document):
    (row,) = kit.table_of(tc_document, "coverage", "clip")
    assert [row[name] for name in ("videos", "rated", "scored", "both", "raters")] == [952, 951, 952, 951, 2]
    what = "videos that the judge was given and nobody rated"
    (left,) = [row for row in kit.table_of(tc_document, "left_out", "clip") if row["what"] == what]
    assert (left["n"], left["names"]) == (1, "lavie/00082-00001.mp4")


def test_tc_bench_ceiling_and_generators(kit, tc_document):
    top = kit.figure(tc_document, "spearman", "umtscore", "physics")
    assert 0 < top["share"] < 0.5
    between = [r for r in kit.table_of(tc_document, "systems", "clip") if r["figure"] == "spearman between"]
    assert [row["n"] for row in between] == [5]
    assert [row["p by"] for row in between] == ["all permutations"]


def test_genai_bench_pairs_that_people_decided(kit):
    """Votes for left and right as scores of the two videos; a tie, or an answer not parsed, scores both alike."""
    rows = kit.rows_of("genai_bench_video_votes.csv")
    names = {"leftvote": "left", "rightvote": "right", "tievote": "tie", "bothbad_vote": "both_bad"}
    ratings = [
        kit.make_pair(f"{row['item']}/0.mp4", f"{row['item']}/1.mp4", names[row["human_vote"]], "human")
        for row in rows
    ]
    clips = [
        kit.make_scored(f"{row['item']}/{side}.mp4", SIDES.get(row[judge], (0.5, 0.5))[side], None, judge)
        for judge in ("gpt4o", "gemini-1.5-pro")
        for row in rows
        for side in (0, 1)
    ]
    document = kit.made(clips, RatingTable(tuple(ratings)))
    for judge in ("gpt4o", "gemini-1.5-pro"):
        choices, decided, _ = kit.table_of(document, "pairs", judge)
        assert (decided["figure"], decided["n"]) == ("decided", 700)
        assert round(100 * decided["value"].value, 1) == 68.9
        # Ties and pairs of two bad videos are both ties here: right where the judge ties them in any way.
        human = np.array([row["human_vote"] in ("tievote", "bothbad_vote") for row in rows])
        said = np.array([row[judge] not in SIDES for row in rows])
        right = np.where(
            human,
            said,
            [SIDES.get(r[judge]) == {"leftvote": (1, 0)}.get(r["human_vote"], (0, 1)) for r in rows],
        )
        assert choices["n"] == 1069
        assert choices["value"].value == pytest.approx(right.mean())
        assert choices["raters"].reason == "one rater only: there is no other to compare with"
