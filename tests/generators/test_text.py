"""Prompts, what is said to go wrong, and the questions on laws with their answers."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lawful.checklists.laws import families, laws
from lawful.checklists.load import load_suite
from lawful.generators.worlds.breaking.violations import VIOLATIONS
from lawful.generators.worlds.camera import CameraPath, Cut
from lawful.generators.worlds.degrade import Degradation
from lawful.generators.worlds.families import FAMILIES
from lawful.generators.worlds.make import make_clip
from lawful.generators.worlds.pairs import make_pairs
from lawful.generators.worlds.scene import Light, Style
from lawful.generators.worlds.solid.camera import SolidCut, SolidPath
from lawful.generators.worlds.text.caption import described_scene, prompt_of
from lawful.generators.worlds.text.happening import happening
from lawful.generators.worlds.text.law_questions import _LIKE, law_answers, law_suite
from lawful.generators.worlds.text.seen import seen_of
from lawful.generators.worlds.text.words import described, noun_of, plural
from lawful.generators.worlds.variety import RICH

SMALL: dict[str, Any] = {"width_px": 96, "height_px": 80, "fps": 10, "duration_s": 2.2, "noise": 0}
FLAT = [name for name, family in FAMILIES.items() if not family.solid and name != "splash"]
SENTENCE = re.compile(r"[A-Z][^.!?]*\.")
TELLING = re.compile(
    r"\b(vanish|appear|teleport|jump|hover|wrong|violat|law|break|broken|impossib|suddenly|freez|revers)"
)


def said(seen, **changes):
    """The prompt for what can be seen, with some of the scene changed."""
    return described_scene(replace(seen, scene=replace(seen.scene, **changes)))


@pytest.fixture(scope="module")
def pairs():
    return list(make_pairs(len(VIOLATIONS), 11, scenes=FLAT, variety=RICH, **SMALL))


def test_a_prompt_is_the_same_for_twins_and_tells_nothing_of_what_goes_wrong(pairs):
    for lawful, broken in pairs:
        prompt = prompt_of(lawful)
        assert (
            prompt
            == prompt_of(broken)
            == prompt_of(make_clip(lawful.scene, lawful.seed, variety=RICH, **SMALL))
        )
        assert not TELLING.search(prompt)
        assert "camera" in prompt
        assert "light" in prompt
        assert len(prompt) > len(lawful.caption) + 60


def test_a_prompt_is_sentences(pairs):
    for lawful, _ in pairs:
        prompt = prompt_of(lawful)
        assert " ".join(SENTENCE.findall(prompt)) == prompt
        assert not re.search(r"\b[Aa] [aeiou]|  |,\.|\bnone\b|\bnan\b", prompt)


def test_a_prompt_names_every_thing_of_a_few(pairs):
    for lawful, _ in pairs:
        prompt, actors = prompt_of(lawful), list(seen_of(lawful).actors())
        for body, _ in actors if len(actors) <= 6 else ():
            name = described(body.name, body.look, lawful.caption)
            assert re.search(rf"\b({name}|{plural(name)})\b", prompt)


def test_many_things_are_counted():
    assert " drops and one ball. " in prompt_of(make_clip("splash", 3, **{**SMALL, "duration_s": 0.2}))


def test_left_and_right_in_a_prompt_are_those_of_the_picture():
    scene = seen_of(make_clip("still", 4, width_px=160, height_px=90))
    order = re.search(r"from left to right, (.*?)\. ", said(scene))
    assert order is not None
    named = re.findall(r"(\w+) (?:box|ball)", order[1])
    centres = {truth.looks[0].colour: truth.centre[0, 0] for truth in scene.truths}
    assert named == sorted(centres, key=lambda colour: centres[colour])
    mirrored = tuple(replace(truth, centre=truth.centre * (-1, 1) + (1, 0)) for truth in scene.truths)
    other = re.search(r"from left to right, (.*?)\. ", said(replace(scene, truths=mirrored)))
    assert other is not None
    assert re.findall(r"(\w+) (?:box|ball)", other[1]) == named[::-1]


def test_one_thing_is_said_to_be_where_it_is():
    for seed in range(12):
        seen = seen_of(make_clip("screen", seed, width_px=96, height_px=64))
        side = "left" if seen.truths[0].centre[0, 0] < 0.5 else "right"
        assert f"is on the {side}." in said(seen)


@pytest.mark.parametrize(
    ("camera", "words"),
    [
        (CameraPath(), "The camera stands still."),
        (CameraPath(velocity_m_s=(-1.0, 0.0)), "The camera moves to the left."),
        (CameraPath(sway_m=(0.2, 0.0), sway_hz=0.3), "The camera pans to the right and back."),
        (CameraPath(sway_m=(0.0, 0.2), sway_hz=0.3), "The camera sways up and down."),
        (CameraPath(zoom_per_s=-0.1), "The camera zooms slowly out."),
        (CameraPath(roll_rad=0.1, sway_hz=0.3), "The camera tilts from side to side."),
        (CameraPath(shake_m=0.01), "The camera is held in the hand and shakes a little."),
        (
            CameraPath(cuts=(Cut(1.0, (0.1, 0.0), 1.2),)),
            "The camera cuts to another view of the same scene partway through.",
        ),
    ],
)
def test_camera_moves_in_words(camera, words):
    seen = seen_of(make_clip("still", 1, **SMALL))
    assert words in said(seen, camera=camera)


@pytest.mark.parametrize(
    ("style", "lights", "words"),
    [
        (Style(gain=0.5), (), "The light is dim and white."),
        (Style(gain=1.2, tint=(1.0, 0.9, 0.8)), (), "The light is bright and warm."),
        (Style(tint=(0.8, 0.9, 1.0)), (), "The light is even and cold."),
        (Style(), (Light(1.0, 1.1, 1.7),), "A flash lights everything up for a moment."),
        (Style(), (Light(1.0, 2.0, 0.6),), "For a while the light is weaker."),
        (Style(), (Light(1.0, np.inf, 0.6),), "Partway through, the light is turned down."),
        (Style(shadow=0.4), (), "Things cast soft shadows."),
        (Style(backdrop="bricks"), (), "and patterned like bricks."),
        (Style(blocks="checks"), (), "The floor is chequered."),
        (Style(blocks="dots", backdrop="plain"), (), "The floor is dotted."),
        (Style(backdrop="ripples"), (), "The background is beige and rippled."),
        (Style(), (), "The background is beige."),
        (Style(tint=(0.7, 0.93, 1.0)), (), "The background is blue."),
    ],
)
def test_light_and_surfaces_in_words(style, lights, words):
    seen = seen_of(make_clip("still", 1, **SMALL))
    assert words in said(seen, style=style, lights=lights, backdrop_rgb=(214, 206, 190))


@pytest.mark.parametrize(
    ("moves", "words"),
    [
        ({}, "The camera stands still."),
        ({"drift_m_s": (-1.0, 0.0, 0.0)}, "The camera moves to the left."),
        ({"drift_m_s": (0.02, 0.0, 1.0)}, "The camera moves up."),
        ({"sway_m": (0.2, 0.0, 0.1)}, "The camera pans to the right and back."),
        ({"orbit_rad": -0.2}, "The camera swings round the scene to the left and back."),
        ({"orbit_rad_s": 0.2}, "The camera circles the scene to the right."),
        ({"dolly_per_s": -0.1, "roll_rad": 0.1}, "The camera moves slowly away and tilts from side to side."),
        ({"crane_rad": 0.3}, "The camera rises, looking down at the scene, and sinks again."),
        ({"cuts": (SolidCut(1.0, 0.3, 1.0),)}, "partway through."),
    ],
)
def test_moves_of_a_camera_in_space_are_in_words_what_they_are(moves, words):
    """Where the camera goes to the right, as it sees it, it is said to."""
    path = SolidPath((0.0, -4.0, 1.0), (0.0, 0.0, 0.0), sway_hz=0.25, **moves)
    seen = seen_of(make_clip("still", 1, **SMALL))
    assert words in said(seen, camera=path)
    view = path.view(np.linspace(0, 1, 9), 2.0, 2.0)
    across = (view.position_m[-1] - view.position_m[0]) @ view.axes[0, :, 0]
    if "partway" not in words:
        assert ("right" in words) == (across > 0.05)
        assert ("left" in words) == (across < -0.05)


@pytest.mark.parametrize(("turn_rad", "side"), [(0.1, "left"), (-0.1, "right")])
def test_a_camera_that_turns_looks_to_the_side_that_is_said(turn_rad, side):
    path = SolidPath((0.0, -4.0, 1.0), (0.0, 0.0, 0.0), sway_hz=0.25, turn_rad=turn_rad)
    seen = seen_of(make_clip("still", 1, **SMALL))
    assert f"The camera turns to the {side} and back." in said(seen, camera=path)
    view = path.view(np.array([0.0, 1.0]), 2.0, 2.0)
    across = -view.axes[1, :, 2] @ view.axes[0, :, 0]
    assert (across > 0) == (side == "right")


def test_what_goes_wrong_is_said_with_its_thing_and_time(pairs):
    assert {broken.violation for _, broken in pairs} == set(VIOLATIONS)
    for lawful, broken in pairs:
        assert happening(lawful) == "Nothing goes wrong."
        text = happening(broken)
        assert text[0].isupper()
        assert text.endswith(".")
        assert "{" not in text
        assert not re.search(r"\b[Aa] [aeiou]", text)
        subject = next((truth for truth in broken.objects if truth.name == broken.subject), None)
        assert subject is None or f"{subject.looks[0].colour} {noun_of(subject.name)}" in text
        assert (f"t {broken.onset_s:.2f} s, " in text) == (broken.onset_frame > 0)


def test_each_way_to_break_a_law_has_a_question_and_each_law_one_as_a_whole():
    suite = load_suite("worlds")
    ways = {question.families[0] for question in suite.questions if question.id.startswith("way.")}
    assert ways == set(VIOLATIONS)
    nearest: dict[str, set[str]] = {}
    for name in VIOLATIONS:
        nearest.setdefault(families()[name].laws[0], set()).add(name)
    whole = {
        question.law: set(question.families) for question in suite.questions if question.id.startswith("law.")
    }
    assert whole == nearest
    assert len(suite.questions) == len(VIOLATIONS) + len(nearest)
    assert [law for law in laws() if law in whole] == [*whole]
    texts = {question.text for question in suite.questions}
    assert len(texts) == len(suite.questions)
    assert all(re.fullmatch(r"Is the video free of [^?]+\?", text) for text in texts)
    assert max(map(len, texts)) < 130


def test_of_a_lawful_clip_every_best_answer_is_right():
    clip = make_clip("bounce", 3, **SMALL)
    assert law_answers(clip) == {question.id: "yes" for question in law_suite().questions}
    lossy = replace(clip, degradations=(Degradation("drop", 0.5, 1),))
    assert set(law_answers(clip)) - set(law_answers(lossy)) == {"law.time", "way.freeze"}


def test_of_a_broken_clip_its_own_way_is_wrong_and_what_may_rightly_be_named_is_unknown(pairs):
    questions = {question.id: question for question in law_suite().questions}
    for _, broken in pairs:
        answers, own = law_answers(broken), families()[broken.violation].laws
        wrong = {name for name, label in answers.items() if label == "no"}
        assert wrong == {f"way.{broken.violation}", f"law.{own[0]}"}
        assert not {f"law.{law}" for law in own[1:]} & set(answers)
        for name in set(questions) - set(answers):
            like = {broken.violation, *_LIKE[broken.violation]}
            assert questions[name].law in own[1:] or like & set(questions[name].families)


def test_what_looks_like_a_violation_is_another_one():
    assert set(_LIKE) == set(VIOLATIONS)
    for name, others in _LIKE.items():
        assert set(others) <= set(VIOLATIONS) - {name}
        assert len(set(others)) == len(others)
