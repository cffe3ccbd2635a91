"""The net at work is the net that was trained, frame by frame, and refuses what is no net."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save

from lawful.core.errors import InputError
from lawful.generators.worlds.splits import split
from lawful.judge.kinematic.settings import FAMILIES
from lawful.judge.kinematic.spine.eye import (
    CELLS,
    CHANNELS,
    FORMAT,
    LOOK_AHEAD,
    SIZE,
    SPACINGS,
    Eye,
    Past,
    look,
    read_eye,
    shipped_eye,
)
from lawful.judge.kinematic.spine.net import SpineNet, folded

NAMES = ("vanish", "freeze", "hover")
FRAMES = 24


def trained(width: int = 16) -> SpineNet:
    """A small net whose norms have seen something."""
    torch.manual_seed(3)
    net = SpineNet(len(NAMES), width)
    for _ in range(3):
        net(views(5), net.open())
    return net.eval()


def views(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    shape = (1, FRAMES, CHANNELS, SIZE, SIZE)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def file_of(net: SpineNet, **about: str) -> bytes:
    head = {"format": FORMAT, "families": json.dumps(NAMES), "made_on": "nothing", **about}
    return save({name: weight.contiguous() for name, weight in folded(net).items()}, metadata=head)


def all_of(eye: Eye, seen: torch.Tensor) -> np.ndarray:
    past = Past()
    return np.stack([look(eye, past, view) for view in seen[0].numpy()])


def test_is_what_was_trained() -> None:
    net, seen = trained(), views(7)
    with torch.no_grad():
        expected = net(seen, net.open())[0].permute(0, 2, 3, 1).numpy()
    found = all_of(read_eye(file_of(net), "it"), seen)
    assert found.shape == (FRAMES, CELLS, CELLS, 1 + len(NAMES))
    np.testing.assert_allclose(found, expected, atol=2e-4 * np.abs(expected).max())


@pytest.mark.parametrize("at", [1, 5, 13])
def test_the_net_is_the_same_in_parts_as_in_one(at: int) -> None:
    net, seen = trained(), views(8)
    with torch.no_grad():
        whole = net(seen, net.open())
        past = net.open()
        parts = torch.cat([net(seen[:, :at], past), net(seen[:, at:], past)], dim=1)
    torch.testing.assert_close(parts, whole, rtol=1e-4, atol=1e-4)


def test_nothing_after_a_frame_changes_what_is_said_with_it() -> None:
    eye, seen = read_eye(file_of(trained()), "it"), views(9)
    other = seen.clone()
    other[:, 12:] = 255 - other[:, 12:]
    one, two = all_of(eye, seen), all_of(eye, other)
    np.testing.assert_array_equal(one[:12], two[:12])
    assert np.abs(one[12:] - two[12:]).max() > 0


def test_looks_back_as_far_as_it_says() -> None:
    eye, seen = read_eye(file_of(trained()), "it"), views(10)
    reach = 2 * sum(SPACINGS)
    other = seen.clone()
    other[:, 0] = 255 - other[:, 0]
    one, two = all_of(eye, seen), all_of(eye, other)
    assert np.abs(one[reach] - two[reach]).max() > 0
    np.testing.assert_array_equal(one[reach + 1 :], two[reach + 1 :])
    assert reach > LOOK_AHEAD


def test_what_is_no_net_is_refused() -> None:
    net = trained()
    with pytest.raises(InputError, match="it: no safetensors file"):
        read_eye(b"nothing of the kind", "it")
    with pytest.raises(InputError, match="it: holds 'another', expected 'lawful kinematic spine 1'"):
        read_eye(file_of(net, format="another"), "it")
    with pytest.raises(InputError, match=r"it: it gives 4 numbers a cell for 2 families, expected one more"):
        read_eye(file_of(net, families=json.dumps(NAMES[:2])), "it")
    weights = {name: weight.contiguous() for name, weight in folded(net).items() if name != "head.bias"}
    head = {"format": FORMAT, "families": json.dumps(NAMES), "made_on": "nothing"}
    with pytest.raises(InputError, match=r"it: the weights do not fit together: 'head\.bias'"):
        read_eye(save(weights, metadata=head), "it")


@pytest.mark.parametrize(
    ("change", "about", "message"),
    [
        ({"head.bias": torch.full((4,), torch.nan)}, {}, "head holds numbers that are not finite"),
        ({"head.bias": torch.zeros(1)}, {}, r"head has 4 outputs and a bias of shape \(1,\)"),
        ({"head.weight": torch.zeros(4, 16)}, {}, "axes don't match array"),
        ({"head.bias": torch.zeros(4, dtype=torch.bfloat16)}, {}, "of a kind that NumPy does not know"),
        ({}, {"families": json.dumps("abc")}, "families must be a list of distinct names, got 'abc'"),
        ({}, {"families": json.dumps([1, 2, 3])}, r"a list of distinct names, got \[1, 2, 3\]"),
        ({}, {"families": json.dumps(["a", "a", "b"])}, "a list of distinct names"),
        ({}, {"families": "null"}, "a list of distinct names, got None"),
        ({}, {"families": "{"}, "the weights do not fit together"),
    ],
)
def test_weights_that_are_not_sound_are_refused(
    change: dict[str, torch.Tensor], about: dict[str, str], message: str
) -> None:
    weights = {name: weight.contiguous() for name, weight in folded(trained()).items()} | change
    head = {"format": FORMAT, "families": json.dumps(NAMES), "made_on": "nothing", **about}
    with pytest.raises(InputError, match=f"^it: .*{message}"):
        read_eye(save(weights, metadata=head), "it")


def test_weights_without_any_note_are_refused() -> None:
    with pytest.raises(InputError, match="it: holds 'no stated format', expected"):
        read_eye(save({"head.bias": torch.zeros(4)}), "it")


def test_what_ships_knows_the_families_of_train_and_no_others() -> None:
    eye = shipped_eye()
    assert eye.families == tuple(split("train").violations)
    assert set(eye.families) <= set(FAMILIES)
    assert not set(eye.families) & set(split("test").violations)
    assert "split train" in eye.made_on
