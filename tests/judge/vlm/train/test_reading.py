"""What is learnt is what is asked: lessons have the prompts, positions and probabilities of the judge."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lawful.core.errors import InputError
from lawful.judge.vlm.asking import Asker
from lawful.judge.vlm.prompts import own_dialogue
from lawful.judge.vlm.settings import VlmSettings
from lawful.judge.vlm.train.clips import Shown
from lawful.judge.vlm.train.examples import Example
from lawful.judge.vlm.train.reading import lesson_losses, lesson_of

FAMILIES = ("qwen3_vl", "qwen2_5_vl", "llava_onevision", "llava_next_video", "smolvlm", "internvl", "qwen3_5")


def example(question, label):
    given = {"prompt": "A ball falls."}
    return Example(Path("clip.mp4"), question, label, question.scale.values[label], "a", given)


@pytest.fixture
def asker(loaded):
    def make(name, **settings):
        model = loaded(name, "eager")
        return Asker(model, VlmSettings(attention="eager", **settings), own_dialogue(model.family))

    return make


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_learns_from_the_probabilities_that_it_judges_by(name, asker, frames, questions):
    one = asker(name)
    short, long = Shown(frames(4), None), Shown(frames(4, seed=5), None)
    asked = [(questions[0], short), (questions[1], long), (questions[3], short)]
    lessons = [
        lesson_of(one, example(question, next(iter(question.scale.values))), shown)
        for question, shown in asked
    ]
    with torch.no_grad():
        losses = lesson_losses(one, lessons)
    for loss, (question, shown), lesson in zip(losses, asked, lessons, strict=True):
        given = {"prompt": "A ball falls."}
        put = one.asked([question], given, one.settings.wordings[0])
        prefix = one.look(shown.frames)
        (answer,) = one.answers(prefix, [question], put.texts, put.start)
        label = next(iter(question.scale.values))
        # The judge sums over the ways of writing a label; its share of the first way alone is what is learnt.
        ids = lesson.labels.single[label]
        with torch.no_grad():
            from lawful.judge.vlm.prefix import next_logits

            (row,) = one.rows([question], put.texts, put.start)
            (logits,) = next_logits(one.loaded, prefix, [row.tokens], [1])
        expected = -torch.log_softmax(logits[0].double(), -1)[ids[0]]
        assert float(loss) == pytest.approx(float(expected), abs=1e-4)
        assert answer.shares.share >= math.exp(-float(loss)) - 1e-6


def test_labels_of_several_tokens_are_learnt_to_their_end(asker, frames, questions):
    one = asker("qwen2_5_vl")
    lesson = lesson_of(one, example(questions[2], "broken"), Shown(frames(4), None))
    assert lesson.target == lesson.labels.whole["broken"]
    assert len(lesson.target) > 1
    with pytest.raises(InputError, match="score_weight needs labels that are single tokens of the model"):
        lesson_losses(one, [lesson], score_weight=1.0)


def test_the_expected_score_adds_its_squared_distance(asker, frames, questions):
    one = asker("qwen2_5_vl")
    shown = Shown(frames(4), None)
    lesson = lesson_of(one, example(questions[1], "2"), shown)
    with torch.no_grad():
        plain, both = (float(lesson_losses(one, [lesson], weight)) for weight in (0.0, 2.0))
    put = one.asked([questions[1]], {}, one.settings.wordings[0])
    (answer,) = one.answers(one.look(shown.frames), [questions[1]], put.texts, put.start)
    score = sum(
        answer.shares.probabilities[label] * value for label, value in questions[1].scale.values.items()
    )
    assert both - plain == pytest.approx(2 * (score - 0.25) ** 2, abs=1e-5)


def test_a_protocol_asks_in_training_as_it_does_in_judging(asker, frames, questions):
    one = asker("qwen2_5_vl", protocol="one_key")
    lesson = lesson_of(one, example(questions[1], "4"), Shown(frames(4), None))
    text = one.loaded.tokenizer.decode(lesson.tokens)
    assert text.endswith('with nothing else.<|im_end|>\n<|im_start|>assistant\n{"score": "')
    assert '"score", whose value is 1, 2, 3, 4 or 5 in quotation marks' in text
    assert one.loaded.tokenizer.decode(lesson.target).startswith("4")


def test_lessons_of_other_shapes_are_read_apart(asker, frames, questions):
    one = asker("llava_onevision")
    few, many = (lesson_of(one, example(questions[0], "yes"), Shown(frames(n), None)) for n in (2, 4))
    with torch.no_grad():
        together = lesson_losses(one, [few, many, few])
        alone = [float(lesson_losses(one, [lesson])) for lesson in (few, many)]
    assert together.tolist() == pytest.approx([alone[0], alone[1], alone[0]], abs=1e-5)


def test_a_prompt_that_is_too_long_is_refused(asker, frames, questions):
    one = asker("qwen2_5_vl")

    class Short:
        def __getattr__(self, name):
            return 3 if name == "context_tokens" else getattr(one.loaded, name)

    with pytest.raises(InputError, match=r"reads 3 tokens at most, and clip\.mp4 with a question takes \d+"):
        lesson_of(replace(one, loaded=Short()), example(questions[0], "yes"), Shown(frames(4), None))
