"""What is known of the generators that ship is what they say themselves."""

import subprocess
import sys

import pytest

from lawful.core.registry import registered
from lawful.generators.known import followers, known, makers
from lawful.generators.make import make_generator
from lawful.generators.protocol import CONTROLS
from lawful.generators.tiny.weights_file import VARIANTS


@pytest.mark.parametrize("name", VARIANTS)
def test_what_is_told_of_an_embedded_generator_is_what_it_says(name):
    assert known()[name].can == make_generator(name, {}).capabilities


def test_every_generator_that_ships_is_in_the_table():
    told = {name if name in VARIANTS else f"{name.partition(':')[0]}:" for name in known()}
    ours = {entry.name for entry in registered("generator") if entry.origin == "lawful.generators.builtin"}
    assert told == ours


def test_who_follows_and_who_makes():
    assert followers("tracks") == list(VARIANTS)
    assert followers("prompt_switch") == ["wan-causal:longlive"]
    assert all(set(row.can.controls) <= set(CONTROLS) for row in known().values())
    assert "wan-causal:self-forcing" in makers(81)
    assert "wan-causal:self-forcing" not in makers(82)
    assert "wan-causal:longlive" in makers(82)


def test_naming_generators_loads_none_of_their_libraries():
    script = (
        "import sys, lawful.generators.builtin, lawful.generators.known\n"
        "print(sorted({'torch', 'diffusers', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
