"""RULER-Bench's protocol: what is told and shown, in the published order, against files that people can read."""

import itertools
import json
import random
import re
from pathlib import Path

import pytest

from lawful.checklists.importers.ruler import METRICS
from lawful.checklists.importers.scales import GOOD_MEDIUM_POOR, YES_NO
from lawful.checklists.suite import Question, Scale
from lawful.core.errors import InputError
from lawful.judge.messages import Message, Sight, Text, as_json
from lawful.judge.ruler import is_ruler_question, ruler_messages

GOLDEN = Path(__file__).parent / "golden" / "ruler_messages.json"
ASKED = tuple(
    Question(f"game.maze.3.q{number}", text, metric, GOOD_MEDIUM_POOR)
    for number, (metric, text) in enumerate(
        zip(
            METRICS,
            (
                "Does the dot set out for the exit?",
                "Do the walls stay as they are?",
                "Is the picture free of smears?",
                "Does the dot stay between the walls?",
            ),
            strict=True,
        ),
        start=1,
    )
)
PROMPT, EXPECTED = "The dot finds its way out.", "It goes right, then down, and stops at the gap."
PICTURES = ("first_frame", "expected_frame", "input_video")
CASES = {
    "all that there can be, answered after reasons as published": ruler_messages(
        ASKED, PROMPT, EXPECTED, PICTURES, "reasons"
    ),
    "text alone, labels alone": ruler_messages(ASKED, PROMPT, EXPECTED),
    "no expected outcome, a first frame": ruler_messages(ASKED[1:], PROMPT, None, ("first_frame",)),
    "one question": ruler_messages(ASKED[3:], PROMPT, EXPECTED),
    "without prompt and expected outcome": ruler_messages(ASKED[:2], None),
}
ORDER = (
    "Input image:", "first_frame", "Input prompt:", "Ground truth image:", "expected_frame", "Implicit explanation:",
    "Input video:", "input_video", "Video to evaluate:", "video", "Checklist questions:",
)  # fmt: skip


def heads(messages):
    """What each part of the user's message begins with, or shows."""
    return [
        part.of if isinstance(part, Sight) else part.text.partition(":")[0] + ":"
        for part in messages[1].parts
    ]


def test_messages_are_those_of_the_file() -> None:
    found = {name: as_json(messages) for name, messages in CASES.items()}
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_parts_come_in_the_published_order_whatever_is_absent() -> None:
    for n in range(4):
        for pictures in itertools.permutations(PICTURES, n):
            for prompt, expected in itertools.product((PROMPT, None), (EXPECTED, None)):
                messages = ruler_messages(ASKED, prompt, expected, pictures)
                assert [message.role for message in messages] == ["system", "user"]
                found = heads(messages)
                assert found == [one for one in ORDER if one in found]
                assert ("Input prompt:" in found) == (prompt is not None)
                assert ("Implicit explanation:" in found) == (expected is not None)
                assert {one for one in found if one in PICTURES} == set(pictures)
                assert found[-3:] == ["Video to evaluate:", "video", "Checklist questions:"]


def test_the_judge_sees_neither_metric_nor_id_nor_law() -> None:
    for messages in CASES.values():
        told = json.dumps(as_json(messages))
        assert not any(metric in told for metric in METRICS)
        assert "game.maze" not in told
    named = Question("q", "Does it fall?", "Rule Coherence", GOOD_MEDIUM_POOR, "gravity", ("hover",))
    assert "gravity" not in json.dumps(as_json(ruler_messages([named], PROMPT)))


def test_questions_keep_their_order_and_are_numbered() -> None:
    shuffled = random.Random(1).sample(ASKED, len(ASKED))
    for asked in (ASKED, shuffled):
        last = ruler_messages(asked, PROMPT)[1].parts[-1]
        assert isinstance(last, Text)
        lines = last.text.splitlines()[1:]
        assert lines == [f"{number}. {question.text}" for number, question in enumerate(asked, start=1)]


@pytest.mark.parametrize("saying", ["labels", "reasons"])
def test_labels_and_the_rule_on_premises_are_told(saying) -> None:
    (told,) = ruler_messages(ASKED, PROMPT, saying=saying)[0].parts
    assert isinstance(told, Text)
    assert re.findall(r"^- (Good|Medium|Poor): ", told.text, re.MULTILINE) == ["Good", "Medium", "Poor"]
    assert re.search(r"takes for granted is not\nso in the video, the label is Poor", told.text)
    assert ("<think>" in told.text, "<answer>" in told.text) == (saying == "reasons",) * 2
    assert list(GOOD_MEDIUM_POOR.values.items()) == [("Good", 1.0), ("Medium", 0.5), ("Poor", 0.0)]


def test_other_labels_are_refused() -> None:
    assert is_ruler_question(ASKED[0])
    other = Question("seen", "Is it there?", "facts", YES_NO)
    turned = Question("t", "?", "facts", Scale("turned", {"Good": 0.0, "Medium": 0.5, "Poor": 1.0}))
    assert not is_ruler_question(other)
    assert not is_ruler_question(turned)
    with pytest.raises(
        InputError, match=r"labels Good 1, Medium 0\.5 and Poor 0; question 'seen' has yes 1, no 0"
    ):
        ruler_messages([ASKED[0], other], PROMPT)
    with pytest.raises(InputError, match="asks one question or more, got none"):
        ruler_messages([], PROMPT)


def test_messages_as_json() -> None:
    message = Message("user", (Text("See:"), Sight("video")))
    assert as_json([message]) == [{"role": "user", "parts": [{"text": "See:"}, {"shows": "video"}]}]
