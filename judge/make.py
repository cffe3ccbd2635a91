"""From a judge's name and settings to the judge."""

from lawful.core.errors import InputError, LawfulError
from lawful.core.registry import find
from lawful.judge.protocol import Judge
from lawful.judge.task import JudgeSpec


def make_judge(spec: JudgeSpec) -> Judge:
    """The judge that a spec describes.

    Raises:
        AbsentError: No judge has that name (the message lists the known ones), or what it needs is not here.
        InputError: Its settings are not usable.
    """
    entry, argument = find("judge", spec.name)
    try:
        return entry.factory(argument, spec.config)
    except LawfulError:
        raise
    except (TypeError, ValueError, KeyError) as error:
        raise InputError(
            f"judge {spec.name!r} (from {entry.origin}) cannot be made with the settings {dict(spec.config)}: "
            f"{type(error).__name__}: {error}"
        ) from error
