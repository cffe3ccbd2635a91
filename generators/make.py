"""From a generator's name and settings to the generator."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lawful.core.errors import InputError, LawfulError
from lawful.core.registry import find
from lawful.generators.protocol import Capabilities, Generator, fingerprint


def make_generator(name: str, config: Mapping[str, Any]) -> Generator:
    """The generator of a name, as users type it.

    Raises:
        AbsentError: No generator has that name (the message lists the known ones), or what it needs is not here.
        InputError: Its settings are not usable.
        LawfulError: Its factory failed, or made something that is no sound generator.
    """
    entry, argument = find("generator", name)
    label = f"generator {name!r} (from {entry.origin})"
    with failures_told(f"{label} failed when it was made"):
        try:
            generator = entry.factory(argument, config)
        except (TypeError, ValueError, KeyError) as error:
            raise InputError(
                f"{label} cannot be made with the settings {dict(config)}: {type(error).__name__}: {error}"
            ) from error
    return _sound(generator, name, label)


def _sound(generator: Any, name: str, label: str) -> Generator:
    if not isinstance(generator, Generator):
        raise LawfulError(f"{label} made a {type(generator).__name__}, which is no generator.")
    # Videos are kept by the generator's name: one would take the other's place.
    if generator.name != name:
        raise LawfulError(f"{label} calls itself {generator.name!r}. A generator's name is what users type.")
    can = generator.capabilities
    if not isinstance(can, Capabilities):
        raise LawfulError(f"{label} is unsound: its capabilities are {can!r}, no Capabilities.")
    with failures_told(f"{label} has no sound identity"):
        fingerprint(generator)
    return generator


@contextmanager
def failures_told(what: str) -> Iterator[None]:
    """Make any error of a generator's own code one that tells what failed; a `LawfulError` says so itself.

    Raises:
        LawfulError: Something failed.
    """
    try:
        yield
    except LawfulError:
        raise
    except Exception as error:
        raise LawfulError(f"{what}: {type(error).__name__}: {error}") from error
