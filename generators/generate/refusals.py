"""Which cases a generator cannot follow, found before the first video is made and told all at once."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lawful.core.errors import AbsentError, LawfulError
from lawful.generators.make import failures_told
from lawful.generators.protocol import Checked, Generator, RefusedError, check_request
from lawful.generators.records import GenerationRequest

SHOWN_REASONS = 50
SHOWN_CASES = 20
_PLAIN = re.compile(r"[\w./-]+")


@dataclass(frozen=True)
class Refusal:
    """A case that a generator cannot follow."""

    case: str
    """Its id."""
    why: str
    """What of it."""
    instead: str = ""
    """What could be asked, the same for many cases."""


def refusals(generator: Generator, asked: Iterable[tuple[str, GenerationRequest]]) -> tuple[Refusal, ...]:
    """The cases, of some with their requests, that a generator cannot follow.

    Raises:
        AbsentError: Something that it needs is not here.
        LawfulError: Its own check failed.
    """
    found = []
    for case, request in asked:
        with failures_told(
            f"generator {generator.name!r} failed when it was asked whether it can make {case!r}"
        ):
            try:
                check_request(generator.name, generator.capabilities, request)
                if isinstance(generator, Checked):
                    generator.check(request)
            except AbsentError:
                raise
            except RefusedError as error:
                found.append(Refusal(case, error.why, error.instead))
            except LawfulError as error:
                found.append(Refusal(case, str(error)))
    return tuple(found)


def refuse(suite: str, cases: Sequence[str], found: Mapping[str, tuple[Refusal, ...]]) -> None:
    """Tell of all cases that cannot be made, and what to do.

    Args:
        suite: Id of the suite.
        cases: Ids of the cases that are asked for.
        found: By generator, what it cannot follow.

    Raises:
        LawfulError: There are some.
    """
    # Variants of one generator refuse for one reason, which is told once.
    alike: dict[tuple[Refusal, ...], list[str]] = {}
    for name, refused in found.items():
        if refused:
            alike.setdefault(refused, []).append(name)
    if not alike:
        return
    parts = [_told(suite, len(cases), names, refused) for refused, names in alike.items()]
    raise LawfulError("\n".join([*parts, _advice(cases, [one.case for refused in alike for one in refused])]))


def _told(suite: str, n_cases: int, names: Sequence[str], refused: tuple[Refusal, ...]) -> str:
    by_reason: dict[str, list[str]] = {}
    for one in refused:
        by_reason.setdefault(one.why, []).append(one.case)
    lines = [f"{', '.join(names)}: {len(refused)} of {n_cases} cases of suite {suite!r} cannot be made:"]
    for why, those in list(by_reason.items())[:SHOWN_REASONS]:
        more = f" and {len(those) - SHOWN_CASES} more" if len(those) > SHOWN_CASES else ""
        lines.append(f"  {', '.join(those[:SHOWN_CASES])}{more}: {why}")
    if len(by_reason) > SHOWN_REASONS:
        lines.append(f"  and {len(by_reason) - SHOWN_REASONS} more")
    lines += dict.fromkeys(one.instead for one in refused if one.instead)
    return "\n".join(lines)


def _advice(cases: Sequence[str], refused: Sequence[str]) -> str:
    left = [case for case in cases if case not in set(refused)]
    if not left:
        return "Nothing was made: name another suite or another generator."
    named = ""
    if len(left) <= SHOWN_CASES and all(_PLAIN.fullmatch(case) for case in left):
        named = f", --cases {','.join(left)}"
    return f"Nothing was made: leave these out by naming the other {len(left)}{named}, or name another suite or generator."
