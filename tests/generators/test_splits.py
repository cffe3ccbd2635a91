"""The named splits."""

from dataclasses import replace
from itertools import pairwise

import pytest

from lawful.core.errors import InputError
from lawful.generators.worlds.breaking.violations import VIOLATIONS
from lawful.generators.worlds.degrade import DEGRADATIONS
from lawful.generators.worlds.draw import RENDERERS
from lawful.generators.worlds.families import FAMILIES
from lawful.generators.worlds.pairs import check_pools
from lawful.generators.worlds.scene import SURFACES
from lawful.generators.worlds.splits import split, splits
from lawful.generators.worlds.variety import CAMERA_MOVES, LIGHTINGS


def test_every_name_is_known_and_every_violation_can_be_shown():
    for pools in splits().values():
        check_pools(pools, 0)
        variety = pools.variety
        assert set(variety.cameras) <= set(CAMERA_MOVES)
        assert set(variety.surfaces) <= set(SURFACES)
        assert set(variety.lightings) <= set(LIGHTINGS)
        assert set(variety.degradations) <= set(DEGRADATIONS)
        assert set(variety.renderers) <= {"own", *RENDERERS}


def test_test_shares_nothing_with_train_and_all_together_hold_everything():
    train, test = split("train"), split("test")
    assert not set(train.scenes) & set(test.scenes)
    assert not set(train.violations) & set(test.violations)
    assert not set(train.variety.surfaces) & set(test.variety.surfaces)
    assert not set(train.variety.cameras) & set(test.variety.cameras) - {"own"}
    assert test.variety.renderers == ("rays",)
    assert train.variety.renderers == ("own",)
    assert {*train.scenes, *test.scenes} == set(FAMILIES)
    assert {*train.violations, *test.violations} == set(VIOLATIONS)
    for pools in (train, test):
        assert {FAMILIES[name].solid for name in pools.scenes} == {True, False}
        assert any(FAMILIES[name].hard for name in pools.scenes)


def test_wide_is_train_seen_in_more_ways_and_shares_no_more_with_test():
    train, wide, test = (split(name) for name in ("train", "wide", "test"))
    assert (wide.scenes, wide.violations, wide.seeds) == (train.scenes, train.violations, train.seeds)
    assert set(train.variety.surfaces) < set(wide.variety.surfaces)
    assert set(train.variety.cameras) < set(wide.variety.cameras)
    assert not set(wide.variety.surfaces) & set(test.variety.surfaces)
    assert set(wide.variety.cameras) & set(test.variety.cameras) == {"own"}
    alike = {"surfaces": (), "cameras": ()}
    assert replace(wide.variety, **alike) == replace(train.variety, **alike)


def test_dev_is_train_with_other_seeds_and_cross_is_test_with_the_violations_of_train():
    train, dev, test, cross = (split(name) for name in ("train", "dev", "test", "cross"))
    assert (dev.scenes, dev.violations, dev.variety) == (train.scenes, train.violations, train.variety)
    assert (cross.scenes, cross.variety) == (test.scenes, test.variety)
    assert cross.violations == train.violations
    spans = sorted(pools.seeds for name, pools in splits().items() if name != "wide")
    assert spans[0][0] == 0
    assert spans[-1][1] == 1 << 31
    assert all(before[1] == after[0] for before, after in pairwise(spans))


def test_another_name_is_refused():
    with pytest.raises(
        InputError, match=r"no split is called 'validation'\. Known: train, dev, wide, test, cross"
    ):
        split("validation")
