"""From a judge's name and settings to the judge."""

from collections.abc import Set
from typing import Any

from lawful.core.errors import InputError, LawfulError
from lawful.core.registry import find
from lawful.judge.protocol import Judge, Varied, fingerprint
from lawful.judge.summary import SummaryRule
from lawful.judge.task import JudgeSpec
from lawful.video.sampling import Sampling


def make_judge(spec: JudgeSpec) -> Judge:
    """The judge that a spec describes.

    Raises:
        AbsentError: No judge has that name (the message lists the known ones), or what it needs is not here.
        InputError: Its settings are not usable.
        LawfulError: Its factory failed, or made something that is no sound judge.
    """
    entry, argument = find("judge", spec.name)
    label = f"judge {spec.name!r} (from {entry.origin})"
    try:
        judge = entry.factory(argument, spec.config)
    except LawfulError:
        raise
    except (TypeError, ValueError, KeyError) as error:
        raise InputError(
            f"{label} cannot be made with the settings {dict(spec.config)}: {type(error).__name__}: {error}"
        ) from error
    except Exception as error:
        raise LawfulError(f"{label} failed when it was made: {type(error).__name__}: {error}") from error
    made = _sound(judge, spec.name, label)
    return made if spec.fps is None else at_rate(made, spec.fps)


def at_rate(judge: Judge, fps: float) -> Judge:
    """A judge at a frame rate; it shares its model, if it has one, with the judge that is given.

    Raises:
        InputError: The judge does not choose its frames by a rate.
    """
    if not isinstance(judge, Varied) or judge.fps is None:
        raise InputError(
            f"judge {judge.name!r} was asked to look at {fps:g} frames a second, and does not choose its frames by a "
            "rate. Leave out --fps, or ask it in a run of its own; vlm: judges take a rate, unless their policy.kind "
            'is "count".'
        )
    return _sound(judge.at_fps(fps), judge.name, f"judge {judge.name!r} at {fps:g} frames a second")


def _sound(judge: Any, name: str, label: str) -> Judge:
    if not isinstance(judge, Judge):
        raise LawfulError(f"{label} made a {type(judge).__name__}, which is no judge.")
    # The store tells judges apart by their names: one would take the other's place.
    if judge.name != name:
        raise LawfulError(f"{label} calls itself {judge.name!r}. A judge's name is what users type.")
    for field, kind in (("rule", SummaryRule), ("given", Set), ("sampling", Sampling)):
        value = getattr(judge, field)
        if not isinstance(value, kind):
            raise LawfulError(f"{label} is unsound: its {field} is {value!r}, no {kind.__name__}.")
    try:
        fingerprint(judge)
    except LawfulError:
        raise
    except Exception as error:
        raise LawfulError(f"{label} has no sound identity: {type(error).__name__}: {error}") from error
    return judge
