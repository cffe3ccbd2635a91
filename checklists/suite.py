"""The records of a checklist suite. Files are read by `lawful.checklists.load`."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Scale:
    """The labels an answer may have."""

    id: str
    """Name of the scale within its suite, such as "yes_no"."""
    values: Mapping[str, float]
    """Value in [0, 1] of every label, 1 = best; the best label has 1 and the worst 0."""

    @property
    def best(self) -> str:
        """The label with the highest value."""
        return max(self.values, key=lambda label: self.values[label])

    @property
    def worst(self) -> str:
        """The label with the lowest value."""
        return min(self.values, key=lambda label: self.values[label])


@dataclass(frozen=True)
class Question:
    """One thing that is asked of a video."""

    id: str
    """Name within the suite."""
    text: str
    """The question as put to a judge; its best answer means that nothing is wrong."""
    axis: str
    """What the answer counts towards, such as "physics" or "prompt"."""
    scale: Scale
    """The labels of an answer."""
    law: str | None = None
    """Id of the law it asks about (see `lawful.checklists.laws`); None for questions about no law."""
    families: tuple[str, ...] = ()
    """Ids of the violation families that would make the answer bad; empty: all families of its law."""
    depends_on: tuple[str, ...] = ()
    """Ids of the questions whose best answer is the premise of this one."""
    tier: int | None = None
    """Tier, 1 = the ground that the others stand on; None where the suite has no tiers, or for a question of none."""


@dataclass(frozen=True)
class Case:
    """One prompt and what is expected of its video."""

    id: str
    """Name within the suite."""
    prompt: str
    """What the generator was told."""
    first_frame: str | None = None
    """Path of the given first frame, relative to the suite's file."""
    expected: str | None = None
    """The expected outcome in words."""
    seeds: tuple[int, ...] = ()
    """Seeds to generate with; empty: the generator's default."""
    questions: tuple[Question, ...] = ()
    """Questions of this case alone, asked after those of the suite; no other video is asked them."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Right label by the id of a question that is asked of the case, where it is known; no judge gets them."""


@dataclass(frozen=True)
class Suite:
    """A checklist: questions for every video, cases with questions of their own, or both."""

    id: str
    """Name users type."""
    version: str
    """Version of the content; a changed question is a new version."""
    title: str
    """One line for people."""
    licence: str
    """SPDX id of the text's licence."""
    questions: tuple[Question, ...] = ()
    """Asked of every video."""
    cases: Mapping[str, Case] = field(default_factory=dict)
    """The cases by id."""
    gate_at: float | None = None
    """Mean score of a tier from which the tiers above it count, above 0 and at most 1; None where tiers only order."""

    def questions_for(self, case: str | None) -> tuple[Question, ...]:
        """All questions for a video of that case (None: of no case), in order.

        Raises:
            KeyError: The suite has no such case.
        """
        return self.questions if case is None else self.questions + self.cases[case].questions
