import dataclasses
from typing import get_args

import pytest

from lawful.checklists.laws import Group, families, families_of, laws
from lawful.checklists.suite import Question, Scale

# The ids are permanent: this list is written out, and only ever grows.
LAWS = [
    "gravity",
    "inertia",
    "momentum",
    "energy",
    "impenetrability",
    "collision",
    "material",
    "rigidity",
    "permanence",
    "identity",
    "causality",
    "time",
    "buoyancy",
    "displacement",
    "flow_dynamics",
    "boundary_interaction",
    "fluid_continuity",
    "reflection",
    "shadow",
]
FAMILIES = [
    "hover",
    "reversed_gravity",
    "wrong_gravity",
    "kink",
    "stop_in_mid_air",
    "spontaneous_start",
    "super_elastic",
    "energy_gain",
    "wrong_collision",
    "pass_through",
    "overlap",
    "vanish",
    "appear",
    "teleport",
    "duplicate",
    "lost_behind",
    "changed_behind",
    "colour_change",
    "shape_change",
    "size_change",
    "stretch",
    "effect_before_cause",
    "no_reaction",
    "reversal",
    "freeze",
    "wrong_material",
    "spontaneous_break",
    "floats_wrongly",
    "sinks_wrongly",
    "no_displacement",
    "level_change",
    "flows_uphill",
    "wrong_thickness",
    "leaks_through",
    "ignores_surface",
    "fluid_amount",
    "broken_stream",
    "missing_reflection",
    "wrong_reflection",
    "missing_shadow",
    "wrong_shadow",
]
PHYGROUND = {
    "solid": {"gravity", "inertia", "momentum", "impenetrability", "collision", "material"},
    "fluid": {"buoyancy", "displacement", "flow_dynamics", "boundary_interaction", "fluid_continuity"},
    "optical": {"reflection", "shadow"},
}


def test_the_ids_are_permanent() -> None:
    assert list(laws()) == LAWS
    assert list(families())[: len(FAMILIES)] == FAMILIES


def test_every_record_is_whole() -> None:
    for name, law in laws().items():
        assert law.id == name
        assert law.group in get_args(Group)
        assert law.name
        assert law.definition.endswith(".")
    for name, family in families().items():
        assert family.id == name
        assert family.definition.endswith(".")
        assert len(set(family.laws)) == len(family.laws) > 0
        assert set(family.laws) <= set(laws())


def test_every_law_is_broken_by_a_family_that_is_nearest_to_it_or_shares_it() -> None:
    assert {law for family in families().values() for law in family.laws} == set(laws())


def test_the_phyground_laws_keep_their_names_and_domains() -> None:
    for group, names in PHYGROUND.items():
        for name in names:
            assert laws()[name].aliases["PhyGround"] == (name,)
            assert laws()[name].group == group
    aliased = {name for name, law in laws().items() if "PhyGround" in law.aliases}
    assert aliased == set().union(*PHYGROUND.values())


def test_no_alias_of_a_taxonomy_stands_for_two_laws() -> None:
    pairs = [
        (taxonomy, alias)
        for law in laws().values()
        for taxonomy, aliases in law.aliases.items()
        for alias in aliases
    ]
    assert len(set(pairs)) == len(pairs)


def test_a_kink_may_be_called_inertia_momentum_or_causality() -> None:
    assert families()["kink"].laws == ("inertia", "momentum", "causality")


def test_the_tables_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        laws()["gravity"] = laws()["time"]  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        laws()["gravity"].name = "x"  # type: ignore[misc]


@pytest.mark.parametrize("law", LAWS)
def test_families_of_a_question_are_its_own_or_all_of_its_law(law: str) -> None:
    scale = Scale("yes_no", {"yes": 1.0, "no": 0.0})
    question = Question("q", "?", "physics", scale, law=law)
    every = families_of(question)
    assert every == tuple(name for name in FAMILIES if law in families()[name].laws)
    assert families_of(dataclasses.replace(question, families=every[:1])) == every[:1]


def test_a_question_about_no_law_has_no_families() -> None:
    scale = Scale("yes_no", {"yes": 1.0, "no": 0.0})
    assert families_of(Question("q", "?", "prompt", scale)) == ()
