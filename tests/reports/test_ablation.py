"""Tables of an ablation of answers that are known: every figure is worked by hand."""

import math

import pytest

from lawful.judge.vlm.train.ablation import Ablation, ArmRun
from lawful.judge.vlm.train.measure import Answered, is_better, metrics
from lawful.reports.ablation import ablation_document
from lawful.reports.export.check import check_document
from lawful.reports.export.markdown import markdown_document


def answered(group, lawful, score, law="gravity"):
    said = "yes" if score > 0.5 else "no"
    right = "yes" if lawful else "no"
    share = score if lawful else 1 - score
    name = f"{group}-{'a' if lawful else 'b'}"
    return Answered(
        name,
        group,
        f"law.{law}",
        law,
        "hover",
        right,
        lawful,
        said,
        said == "yes",
        share,
        score,
        float(lawful),
    )


def twins(*scores):
    """Scores of lawful clips and their broken twins."""
    return tuple(
        answered(str(number), lawful, score)
        for number, pair in enumerate(scores)
        for lawful, score in zip((True, False), pair, strict=True)
    )


# Right of both; lenient on both; right order on the wrong side; a tie.
SCORES = ((0.9, 0.1), (0.8, 0.9), (0.4, 0.3), (0.7, 0.7))


def test_numbers_of_answers_are_those_worked_by_hand():
    found = metrics(twins(*SCORES))
    assert found["accuracy"] == pytest.approx(5 / 8)
    assert found["balanced"] == pytest.approx((3 / 4 + 2 / 4) / 2)
    assert found["paired"] == pytest.approx(1 / 4)
    assert found["ranked"] == pytest.approx((1 + 0 + 1 + 0.5) / 4)
    assert found["error"] == pytest.approx((0.1 + 0.1 + 0.2 + 0.9 + 0.6 + 0.3 + 0.3 + 0.7) / 8)
    shares = [0.9, 0.9, 0.8, 0.1, 0.4, 0.7, 0.7, 0.3]
    assert found["loss"] == pytest.approx(-sum(map(math.log, shares)) / 8)
    assert math.isnan(metrics([answered("a", True, 0.9)])["paired"])
    assert all(math.isnan(value) for value in metrics([]).values())


def test_less_is_better_for_losses_alone():
    assert is_better("loss", 1.0, 2.0)
    assert not is_better("ranked", 1.0, 2.0)
    assert is_better("ranked", 0.5, math.nan)
    assert not is_better("ranked", math.nan, 0.5)


@pytest.fixture
def document():
    runs = (
        ArmRun("sft", 0, twins(*SCORES), 10, 5, 100, 1.0),
        ArmRun("sft", 1, twins(*SCORES[:3], (0.9, 0.2)), 10, 10, 100, 1.0),
        ArmRun("sft_trajectory", 0, twins(*[(0.9, 0.1)] * 4), 10, 5, 120, 1.0),
        ArmRun("sft_trajectory", 1, twins(*[(0.9, 0.1)] * 4), 10, 5, 120, 1.0),
    )
    return ablation_document(Ablation(runs, (("model", "none"),)))


def cells(document, table_id):
    (table,) = [one for one in document.sections[0].tables if one.id == table_id]
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_arms_pool_their_seeds(document):
    plain, tracks = cells(document, "ablation")
    assert plain["lawful"].value == pytest.approx((3 + 3) / 8)
    assert plain["broken"].value == pytest.approx((2 + 3) / 8)
    assert plain["balanced"].value == pytest.approx((6 / 8 + 5 / 8) / 2)
    assert (plain["least seed"], plain["greatest seed"]) == pytest.approx((5 / 8, 6 / 8))
    assert plain["paired"].value == pytest.approx((1 + 2) / 8)
    assert plain["ranked"].value == pytest.approx((2.5 + 3) / 8)
    assert plain["bias"].value == pytest.approx((3 + 2 + 3 + 1) / 16 - 0.5)
    assert plain["balanced"].n_clusters == 4
    assert plain["balanced"].low < plain["balanced"].value < plain["balanced"].high
    assert (tracks["balanced"].value, tracks["paired"].value, tracks["bias"].value) == (1.0, 1.0, 0.0)
    assert math.isnan(tracks["balanced"].low)
    assert plain["kept at step"] == "5, 10"


def test_differences_are_of_the_same_clips_and_seeds(document):
    (row,) = cells(document, "ablation_differences")
    assert row["arm"] == "SFT + trajectory"
    assert row["balanced"].value == pytest.approx(1 - 11 / 16)
    assert row["paired"].value == pytest.approx(1 - 3 / 8)
    assert row["ranked"].value == pytest.approx(1 - 5.5 / 8)


def test_laws_and_ways_have_a_row_each(document):
    for table, head, name in (
        ("ablation_laws", "law", "gravity"),
        ("ablation_ways", "way to break it", "hover"),
    ):
        (row,) = cells(document, table)
        assert row[head] == name
        assert row["SFT"].value == pytest.approx(11 / 16)


def test_the_document_can_be_written(document):
    check_document(document)
    page = markdown_document(document)
    assert "| SFT \\+ trajectory |" in page or "| SFT + trajectory |" in page
