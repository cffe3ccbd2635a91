"""The table of presets."""

import re

import pytest

from lawful.core.errors import AbsentError, LawfulError
from lawful.generators.adapters.wan_causal.presets import CLOCK, MAX_POSITION, find_preset, presets
from lawful.generators.protocol import check_request
from lawful.generators.records import GenerationRequest, PromptAt, always

SELF_FORCING = (1.0, 0.9375, 5 / 6, 0.625)


def test_steps_are_those_of_the_papers():
    table = presets()
    for name in ("self-forcing", "causal-forcing", "causal-forcing-framewise", "longlive", "reward-forcing"):
        assert table[name].spec.sigmas == pytest.approx(SELF_FORCING)
    assert table["rolling-forcing"].spec.sigmas == pytest.approx(
        (1, 0.9524, 0.8824, 0.7692, 0.5556), abs=1e-4
    )
    assert table["causvid"].spec.sigmas == pytest.approx((1, 0.757, 0.522))


def test_a_rolling_window_has_five_blocks_in_the_making_that_see_each_other():
    assert presets()["rolling-forcing"].spec.in_flight == 5
    for marked in ("joint", "own_sight"):
        names = [name for name, preset in presets().items() if getattr(preset.spec, marked)]
        assert names == ["rolling-forcing"]
    assert presets()["rolling-forcing"].spec.n_held == 21 + 4 * 3


@pytest.mark.parametrize("preset", presets().values(), ids=list(presets()))
def test_a_preset_is_whole(preset):
    assert preset.spec.max_position == MAX_POSITION
    if preset.spec.rope == "relative":
        assert preset.longest is None
    else:
        assert preset.longest <= MAX_POSITION
        assert preset.longest % preset.spec.block == 0
        assert preset.trained <= preset.longest
    assert preset.paper.startswith("arXiv ")
    if preset.longest is None or preset.longest > preset.spec.window:
        assert preset.spec.sink, "a video longer than the window needs a checkpoint that rolls"


def test_no_commercial_use_is_said():
    assert presets()["causvid"].capabilities().licence == "CC-BY-NC-SA-4.0 (no commercial use)"
    assert presets()["self-forcing"].capabilities().licence == "Apache-2.0"


def test_a_video_longer_than_the_checkpoint_can_is_refused_with_what_can():
    can = presets()["self-forcing"].capabilities()
    assert can.max_frames == CLOCK.start(21) == 81
    message = (
        "wan-causal:self-forcing: 82 frames are asked for and at most 81 can be made; ask for 81, or another generator: "
        "wan-causal:longlive, wan-causal:reward-forcing, wan-causal:rolling-forcing"
    )
    with pytest.raises(LawfulError, match=re.escape(message)):
        check_request("wan-causal:self-forcing", can, GenerationRequest(always("a"), 82))


def test_a_control_that_is_not_followed_is_refused_with_who_does():
    can = presets()["self-forcing"].capabilities()
    request = GenerationRequest((PromptAt(0, "a"), PromptAt(4, "b")), 9)
    message = (
        "wan-causal:self-forcing: the request uses prompt_switch; this generator follows text, prefix, size, branch and "
        "makes 832x480 px at 16 frames a second. prompt_switch is followed by wan-causal:longlive"
    )
    with pytest.raises(LawfulError, match=re.escape(message)):
        check_request("wan-causal:self-forcing", can, request)


def test_an_unknown_preset_is_told_the_known_ones():
    with pytest.raises(
        AbsentError, match=r"wan-causal has no preset 'self'\. Known: self-forcing, causal-forcing"
    ):
        find_preset("self")
