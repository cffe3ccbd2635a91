"""Questions of fact about clips: right, balanced, the same for twins, and in the format of suites."""

import json
import re
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner

from lawful.checklists.document import suite_document
from lawful.checklists.load import SCHEMA, read_suite
from lawful.checklists.suite import Suite
from lawful.cli.main import lawful as command
from lawful.core.errors import InputError
from lawful.generators.worlds.breaking.moments import UnseenError
from lawful.generators.worlds.families import FAMILIES, POSSIBLE
from lawful.generators.worlds.interventions import Remove
from lawful.generators.worlds.make import Format, make_clip, simulate_clip
from lawful.generators.worlds.masks import masks
from lawful.generators.worlds.pairs import make_pairs
from lawful.generators.worlds.scene import COLOURS
from lawful.generators.worlds.simulate import simulate
from lawful.generators.worlds.text.facts import KINDS, asked_facts, facts_about
from lawful.generators.worlds.text.seen import Seen, seen_lawful, seen_of
from lawful.generators.worlds.text.suite import AXIS, case_of, suite_of
from lawful.generators.worlds.variety import PLAIN, RICH, Variety

SMALL: dict[str, Any] = {"width_px": 160, "height_px": 128, "fps": 10, "duration_s": 2.0, "noise": 0}
FORM = Format(**SMALL)
FLAT = [name for name, family in FAMILIES.items() if not family.solid and name != "splash"]
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WHERE = {"left": 0, "middle": 1, "right": 2}


def seen(scene, seed, violation=None, variety=PLAIN):
    """What can be seen of a clip, without drawing it."""
    course = simulate_clip(scene, seed, violation, FORM, variety)
    subject = None if course.plan is None else course.plan.subject
    return Seen(
        course.world, course.simulated, course.objects, course.width_px, course.height_px, violation, subject
    )


def twins(count):
    """Pairs of what can be seen of twins, scenes in turn, and all facts that the lawful one gives."""
    rng, pairs = np.random.default_rng(0), []
    while len(pairs) < count:
        scene = FLAT[len(pairs) % len(FLAT)]
        seed = int(rng.integers(1 << 30))
        violation = POSSIBLE[scene][rng.integers(len(POSSIBLE[scene]))]
        variety = (PLAIN, RICH)[len(pairs) % 2]
        try:
            broken = seen(scene, seed, violation, variety)
        except UnseenError:
            continue
        lawful = seen(scene, seed, variety=variety)
        pairs.append((seed, lawful, broken, facts_about(lawful)))
    return pairs


@pytest.fixture(scope="module")
def pairs():
    return twins(100)


@pytest.fixture(scope="module")
def asked(pairs):
    """Kind, text, answer for the lawful clip, answer for the broken one."""
    return [
        (fact.kind, fact.text, fact.holds(lawful), fact.holds(broken))
        for seed, lawful, broken, known in pairs
        for fact in asked_facts(known, lawful.scene.name, seed)
    ]


@pytest.fixture(scope="module")
def clips():
    return [clip for pair in make_pairs(8, 21, scenes=FLAT, **SMALL) for clip in pair]


@pytest.fixture(scope="module")
def suite(clips):
    return suite_of(case_of(clip) for clip in clips)


def test_half_of_the_known_answers_are_yes(asked):
    known = [answer for _, _, *answers in asked for answer in answers if answer is not None]
    assert len(known) > 1200
    assert 0.4 < np.mean(known) < 0.6
    for kind in KINDS:
        of_kind = [yes for one, _, yes, _ in asked if one == kind]
        if len(of_kind) >= 30:
            assert 0.3 < np.mean(of_kind) < 0.7, kind


def test_every_kind_is_asked_and_of_a_clip_several(asked, pairs):
    assert {kind for kind, *_ in asked} == set(KINDS)
    assert len(asked) / len(pairs) > 7


def test_a_law_that_is_broken_changes_some_answers(asked):
    changed = Counter(kind for kind, _, yes, broken in asked if broken is not None and broken != yes)
    assert {"count_end", "where_end", "moves"} <= set(changed)
    assert changed["count_start"] < 3
    assert not any(broken is not None for kind, _, _, broken in asked if kind == "would_move")


def test_texts_are_short_proper_questions_that_tell_no_kind_of_clip(asked):
    for _, text, *_ in asked:
        assert re.fullmatch(r"[A-Z][^?]*[a-z]\?", text), text
        assert len(text) < 130
        assert not re.search(r"  |\b[Aa] [aeiou]|\b(law|wrong|impossible|simulat\w+|twin)\b", text)


def test_facts_of_a_clip_do_not_contradict_each_other(pairs):
    for *_, known in pairs:
        facts = {fact.text: answer for fact, answer in known}
        for text, answer in facts.items():
            for one, other in (
                ("at rest", "still moving"),
                ("farther to the left at", "farther to the right at"),
            ):
                contrary = text.replace(one, other)
                if contrary != text and contrary in facts:
                    assert facts[contrary] != answer
            for word in WHERE:
                others = [text.replace(f"the {word} third", f"the {third} third") for third in WHERE]
                if f"the {word} third" in text:
                    assert sum(facts.get(other, False) for other in others) == 1


def mirrored(one):
    """The same, seen in a mirror."""
    truths = [
        replace(
            truth,
            centre=truth.centre * (-1, 1) + (1, 0),
            box=truth.box[:, [2, 1, 0, 3]] * (-1, 1, -1, 1) + (1, 0, 1, 0),
            position_m=truth.position_m * (-1, 1),
            velocity_m_s=truth.velocity_m_s * (-1, 1),
        )
        for truth in one.truths
    ]
    return replace(one, truths=tuple(truths))


def test_in_a_mirror_left_and_right_change_places_and_nothing_else(pairs):
    words = {"left": "right", "right": "left"}
    for _, lawful, _, known in pairs[:20]:
        facts = {
            (re.sub(r"\b(left|right)\b", lambda found: words[found[0]], fact.text), answer)
            for fact, answer in known
        }
        assert facts == {(fact.text, answer) for fact, answer in facts_about(mirrored(lawful))}


def test_the_order_of_the_bodies_changes_nothing(pairs):
    for seed, lawful, _, known in pairs[:20]:
        order = np.random.default_rng(seed).permutation(len(lawful.truths))
        motions = lawful.simulated.motions
        shuffled = replace(
            lawful,
            truths=tuple(lawful.truths[place] for place in order),
            simulated=replace(lawful.simulated, motions=tuple(motions[place] for place in order)),
        )
        again = facts_about(shuffled)
        assert [(fact.text, answer) for fact, answer in again] == [
            (fact.text, answer) for fact, answer in known
        ]


@pytest.mark.parametrize("scene", FLAT)
def test_counts_and_places_are_those_of_the_masks(scene):
    for seed in range(2):
        clip = make_clip(scene, seed, **SMALL)
        hold_against_masks(clip)


@pytest.mark.parametrize("scene", ["billiards3d", "screen3d", "container3d"])
def test_counts_and_places_in_space_are_those_of_the_masks(scene):
    pytest.importorskip("mujoco")
    clip = make_clip(scene, 4, variety=Variety(renderers=("rays",)), **{**SMALL, "fps": 8})
    assert hold_against_masks(clip) > 5


def hold_against_masks(clip):
    """Check what is said of numbers and of thirds of the picture; tells how much it was."""
    n_held, areas = 0, masks(clip)
    for fact, answer in facts_about(seen_of(clip)):
        found = re.fullmatch(r"(?:Is|Are) there exactly (\w+) (\w+) in view at the (start|end)\?", fact.text)
        if found:
            frame = areas[0 if found[3] == "start" else -1]
            of_kind = {k + 1 for k, truth in enumerate(clip.objects) if truth.name[:3] == found[2][:3]}
            assert answer == (len(of_kind & {*frame.ravel().tolist()}) == NUMBERS.index(found[1]))
            n_held += 1
        found = re.fullmatch(r"Is the (\w+) \w+ in the (\w+) third of the picture at the end\?", fact.text)
        if found:
            number = 1 + [truth.looks[0].colour for truth in clip.objects].index(found[1])
            columns = np.nonzero(areas[-1] == number)[1] + 0.5
            assert answer == (int(3 * columns.mean() / areas.shape[2]) == WHERE[found[2]])
            n_held += 1
    return n_held


def main_colour(pixels):
    """The name of the colour that most of some pixels have, marks aside."""
    near = [(np.abs(pixels - np.array(rgb)).max(axis=1) < 30).sum() for rgb in COLOURS.values()]
    return [*COLOURS][int(np.argmax(near))]


def test_colours_are_those_of_the_pixels():
    n_asked = 0
    for seed in range(16):
        violation = "colour_change" if seed % 2 else None
        clip = make_clip(
            ("slide", "pendulum", "bounce", "still")[seed // 4], seed, violation=violation, **SMALL
        )
        shown, own = masks(clip)[-1], seen_of(clip)
        for fact, _ in facts_about(seen_lawful(clip)):
            found = re.fullmatch(
                r"Is the (\w+)(?: that is farthest to the (\w+) at the end)? (\w+)(?: at the end)?\?",
                fact.text,
            )
            answer = fact.holds(own) if found and fact.kind == "colour_end" else None
            if found is None or answer is None:
                continue
            kind = [k + 1 for k, truth in enumerate(clip.objects) if truth.name.startswith(found[1])]
            columns = {n: np.nonzero(shown == n)[1].mean() for n in kind}
            number = sorted(columns, key=lambda n: columns[n])[-1 if found[2] == "right" else 0]
            assert answer == (main_colour(clip.frames.rgb[-1][shown == number].astype(int)) == found[3])
            n_asked += 1
    assert n_asked > 30


def test_what_touches_meets_edge_to_edge_and_what_keeps_clear_does_not(pairs):
    said = Counter()
    for _, lawful, _, known in pairs:
        for fact, answer in known:
            found = re.fullmatch(r"Does the (.+) touch the (.+) at any time\?", fact.text)
            if not found or {lawful.named[name].shapes[0] for name in found.groups()} != {"disc"}:
                continue
            one, two = (lawful.named[name] for name in found.groups())
            radii = one.half_size_m[:, 0] + two.half_size_m[:, 0]
            gap = np.linalg.norm(one.position_m - two.position_m, axis=1) - radii
            speed = np.linalg.norm(one.velocity_m_s - two.velocity_m_s, axis=1)
            assert (gap - speed / lawful.fps < 0.01 * radii).any() or not answer
            assert gap.min() > 0.05 * radii[0] or answer
            said[answer] += 1
    assert min(said[True], said[False]) > 5


def test_orders_are_those_of_the_contacts(pairs):
    n_asked = 0
    for _, lawful, _, known in pairs:
        firsts: dict[frozenset[str], float] = {}
        for contact in lawful.simulated.contacts:
            firsts.setdefault(frozenset((contact.first, contact.second)), contact.time_s)
        inner = {name: truth.name for name, truth in lawful.named.items()} | {"floor": "floor"}
        for fact, answer in known:
            floor = re.fullmatch(r"Does the (.+) touch the floor before the (.+) does\?", fact.text)
            hits = re.fullmatch(r"Does the (.+) touch the (.+) before it touches the (.+)\?", fact.text)
            if floor:
                early, late = (frozenset((inner[name], "floor")) for name in floor.groups())
            elif hits:
                early, late = (frozenset((inner[hits[1]], inner[hits[k]])) for k in (2, 3))
            else:
                continue
            assert answer == (firsts[early] < firsts[late])
            assert abs(firsts[early] - firsts[late]) > 0.099
            n_asked += 1
    assert n_asked > 20


def test_what_would_happen_is_what_happens_when_it_is_taken_away():
    n_asked = Counter()
    for seed in range(6):
        lawful = seen("billiards", seed)
        for fact, answer in facts_about(lawful):
            found = re.fullmatch(r"If the (.+) were not there, would the (.+) move at all\?", fact.text)
            if found:
                gone, other = (lawful.named[name].name for name in found.groups())
                simulated = simulate(lawful.scene, lawful.fps, lawful.n_frames, (Remove(0, gone),))
                way = simulated.motion(other).position_m
                assert answer == (
                    np.linalg.norm(way - way[0], axis=1).max() > 0.03 * lawful.scene.view_height_m
                )
                n_asked[answer] += 1
    assert min(n_asked[True], n_asked[False]) > 1


@pytest.mark.parametrize(
    ("scene", "violation", "kind"),
    [("bounce", "vanish", "count_end"), ("slide", "appear", "count_end"), ("still", "spontaneous_start", "moves"),
     ("screen", "lost_behind", "view_end")],
)  # fmt: skip
def test_a_violation_changes_the_answer_that_it_is_about(scene, violation, kind):
    n_changed = n_known = 0
    for seed in range(8):
        try:
            lawful, broken = seen(scene, seed), seen(scene, seed, violation)
        except UnseenError:
            continue
        for fact, answer in facts_about(lawful):
            if fact.kind == kind and (own := fact.holds(broken)) is not None:
                n_known += 1
                n_changed += own != answer
    assert n_changed > 0.25 * n_known > 0


def test_twins_have_the_same_texts_and_names_that_tell_nothing(clips, suite):
    firsts, cases = [], [*suite.cases.values()]
    assert case_of(clips[1], clips[0]) == cases[1]
    for lawful, one, two in zip(clips[::2], cases[::2], cases[1::2], strict=True):
        assert (one.prompt, one.expected, one.seeds) == (two.prompt, two.expected, two.seeds)
        assert [q.text for q in one.questions] == [q.text for q in two.questions]
        assert one.id != two.id
        for case in (one, two):
            assert re.fullmatch(rf"{lawful.scene}-{lawful.seed}-[0-9a-f]{{10}}", case.id)
            assert all(question.id.startswith(f"{case.id}.") for question in case.questions)
            assert {question.axis for question in case.questions} == {AXIS}
            assert {question.law for question in case.questions} == {None}
        firsts.append(one.id < two.id)
    assert 0 < sum(firsts) < len(firsts)


def test_a_twin_that_is_none_is_refused(clips):
    lawful, broken = clips[:2]
    with pytest.raises(
        InputError,
        match=rf"lawful twin of {lawful.scene} {lawful.seed} is asked for; got .* with {broken.violation}\.",
    ):
        case_of(lawful, broken)
    with pytest.raises(InputError, match=r"got still 0 with no violation\."):
        case_of(broken, make_clip("still", 0, width_px=64, height_px=64))


def test_a_clip_is_a_case_once(clips):
    case = case_of(clips[0])
    with pytest.raises(InputError, match=rf"the case {case.id} is there twice\. Needed: each clip once\."):
        suite_of([case, case])


def test_the_suite_is_written_and_read_as_it_is(suite, tmp_path):
    path = tmp_path / "suite.json"
    path.write_text(json.dumps(suite_document(suite)))
    assert read_suite(path) == suite
    assert isinstance(suite, Suite)
    assert suite.id == "worlds"
    assert suite_document(suite)["schema"] == SCHEMA
    n_questions = len(suite.questions) + sum(len(case.questions) for case in suite.cases.values())
    result = CliRunner().invoke(command, ["checklists", "validate", str(path)])
    assert result.exit_code == 0, result.output
    assert f"right: {n_questions} questions, 16 cases" in result.output


def test_the_suite_fits_the_published_schema(suite):
    from importlib.resources import files

    schema = json.loads(files("lawful.checklists").joinpath("suite.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(suite_document(suite))
    assert suite_of([]).cases == {}


def test_a_thousand_cases_are_read_in_seconds(suite, tmp_path):
    cases = [*suite.cases.values()]
    many = []
    for number in range(1000):
        case = cases[number % len(cases)]
        own = tuple(replace(question, id=f"{number}.{question.id}") for question in case.questions)
        many.append(
            replace(case, id=f"{number}.{case.id}", questions=own, answers={q.id: "yes" for q in own})
        )
    path = tmp_path / "suite.json"
    path.write_text(json.dumps(suite_document(suite_of(many))))
    start = time.perf_counter()
    assert len(read_suite(path).cases) == 1000
    assert time.perf_counter() - start < 15
