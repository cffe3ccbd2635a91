import math

import pytest

from lawful.judge.kinematic.findings import weakest


@pytest.mark.parametrize("margin", [-0.5, 0.0, 0.3, 0.999])
def test_up_to_clear_a_strength_is_the_smallest_margin_or_gate(margin: float) -> None:
    assert weakest(one=margin, two=2.0) == margin
    assert weakest((margin, 1.5), one=2.0) == margin


def test_beyond_clear_it_grows_with_the_margins_and_not_with_the_gates() -> None:
    strengths = [weakest((gate,), one=margin) for margin in (1.0, 2.0, 20.0) for gate in (1.0, 5.0)]
    assert strengths == pytest.approx(
        [1.0, 1.0, 1 + math.log(2), 1 + math.log(2), 1 + math.log(20), 1 + math.log(20)]
    )
    assert weakest(one=1 + 1e-9) == pytest.approx(weakest(one=1 - 1e-9), abs=1e-8)
