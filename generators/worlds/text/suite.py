"""Clips as cases of a suite whose answers are known."""

from collections.abc import Iterable
from dataclasses import replace

from lawful.checklists.suite import Case, Question, Suite
from lawful.core.digest import digest
from lawful.core.errors import InputError
from lawful.generators.worlds.records import WorldClip
from lawful.generators.worlds.text.caption import caption_of, prompt_of
from lawful.generators.worlds.text.facts import asked_facts, facts_about
from lawful.generators.worlds.text.law_questions import law_answers, law_suite
from lawful.generators.worlds.text.seen import seen_lawful, seen_of

AXIS = "facts"
"""The axis of questions of fact: what is right there says nothing on whether a clip is lawful."""


def case_of(clip: WorldClip, lawful: WorldClip | None = None) -> Case:
    """A clip as a case: its prompt, its questions of fact, and every answer that its truth knows.

    A clip and its twin have the same prompt, expectation and questions; the answers are those of each. The id
    tells nothing of the truth.

    Args:
        clip: The clip.
        lawful: Its lawful twin, where it is at hand; otherwise that is simulated anew.

    Raises:
        InputError: The twin is no lawful twin of the clip.
    """
    if lawful is not None and (lawful.violation, lawful.scene, lawful.seed) != (None, clip.scene, clip.seed):
        raise InputError(
            f"the lawful twin of {clip.scene} {clip.seed} is asked for; got {lawful.scene} {lawful.seed} "
            f"with {lawful.violation or 'no violation'}."
        )
    twin, own = seen_lawful(lawful or clip), seen_of(clip)
    prompt = prompt_of(clip)
    name = _name(clip, prompt)
    facts = asked_facts(facts_about(twin), clip.scene, clip.seed)
    yes_no = law_suite().questions[0].scale
    questions = tuple(Question(f"{name}.{fact.kind}", fact.text, AXIS, yes_no) for fact in facts)
    answers = law_answers(clip)
    for fact, question in zip(facts, questions, strict=True):
        right = fact.holds(own)
        if right is not None:
            answers[question.id] = "yes" if right else "no"
    return Case(
        id=name,
        prompt=prompt,
        expected=caption_of(clip.world),
        seeds=(clip.seed,),
        questions=questions,
        answers=answers,
    )


def suite_of(cases: Iterable[Case]) -> Suite:
    """The suite `worlds` with cases; questions on laws are asked of every video, those of a case of its own.

    Raises:
        InputError: Two cases are of the same clip.
    """
    held: dict[str, Case] = {}
    for case in cases:
        if case.id in held:
            raise InputError(f"the case {case.id} is there twice. Needed: each clip once.")
        held[case.id] = case
    return replace(law_suite(), cases=held)


def _name(clip: WorldClip, prompt: str) -> str:
    """A name of scene, seed and a digest: nobody sees from it which of two twins a clip is."""
    steps = [[step.name, step.strength, step.seed] for step in clip.degradations]
    whole = [clip.violation, clip.fps, [*clip.frames.rgb.shape], prompt, steps]
    return f"{clip.scene}-{clip.seed}-{digest(whole)[:10]}"
