"""Times and boxes in a model's words become evidence."""

import pytest

from lawful.judge.vlm.rationale import as_evidence, cited
from lawful.video.frames import Box


def test_tags_become_times_and_places():
    text = (
        "All is still at first. The <obj>red ball</obj><box>0.1,0.2,0.3,0.4</box> vanishes at <t>1.5</t>s! "
        "From <t>2.0-2.75</t> it is back.\nNothing else moves."
    )
    first, second = cited(text)
    assert (first.start_s, first.end_s, first.box) == (1.5, 1.5, Box(0.1, 0.2, 0.3, 0.4))
    assert "red ball" in first.text
    assert "<" not in first.text.replace("0.1,0.2,0.3,0.4", "")
    assert (second.start_s, second.end_s, second.box) == (2.0, 2.75, None)


def test_boxes_in_thousandths_are_read_and_what_is_no_box_is_not():
    assert cited("Here: <box>[100, 200, 300, 400]</box>.")[0].box == Box(0.1, 0.2, 0.3, 0.4)
    assert cited("At <t>1</t>: <box>0.9,0.2,0.3,0.4</box>.")[0].box is None


def test_boxes_are_read_in_the_numbers_of_the_models_line(loaded, frames):
    wide = frames(2, height=50, width=100)
    unit = loaded("qwen2_5_vl").family.box_unit(wide)
    assert unit == (96.0, 48.0)
    assert cited("Here: <box>24, 12, 48, 48</box>.", unit)[0].box == Box(0.25, 0.25, 0.5, 1.0)
    assert cited("Here: <box>0.5, 0.5, 1, 1</box>.", unit)[0].box == Box(0.5, 0.5, 1.0, 1.0)
    (piece,) = as_evidence("Here: <box>24, 12, 48, 48</box>.", None, 0.5, (0.0, 1.0), unit)
    assert piece.box == Box(0.25, 0.25, 0.5, 1.0)
    assert (
        loaded("qwen3_vl").family.box_unit(wide) == loaded("internvl").family.box_unit(wide) == (1000, 1000)
    )


def test_evidence_stays_within_the_clip():
    span = (0.0, 2.0)
    late, backwards = as_evidence("It floats at <t>7</t>. It falls <t>1.5-0.5</t>.", "gravity", 0.8, span)
    assert (late.start_s, late.end_s, late.law, late.probability) == (2.0, 2.0, "gravity", 0.8)
    assert (backwards.start_s, backwards.end_s) == (0.5, 1.5)


def test_words_without_tags_are_one_piece_and_none_are_none():
    (whole,) = as_evidence("I see\n nothing odd.", None, 0.1, (0.0, 2.0))
    assert (whole.start_s, whole.end_s, whole.text) == (0.0, 2.0, "I see nothing odd.")
    assert as_evidence("  ", None, 0.1, (0.0, 2.0)) == ()


@pytest.mark.parametrize("text", ["<t>soon</t>", "<box>1,2</box>", "<t>1.5", "at 3 s"])
def test_broken_tags_cite_nothing(text):
    assert cited(text) == []
