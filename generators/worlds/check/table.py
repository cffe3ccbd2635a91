"""How well the checker tells broken clips from lawful ones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lawful.checklists.laws import families
from lawful.generators.worlds.breaking.violations import NO_SHARED_PREFIX
from lawful.generators.worlds.check.breach import Breach
from lawful.generators.worlds.check.checker import check
from lawful.generators.worlds.make import AS_THE_SEED_HAS_IT, Course, Format
from lawful.generators.worlds.pairs import Pools, simulate_pair

SOON_S = 0.25
"""A breach is found in time if it is dated at most so long after the onset, or three frames."""


@dataclass(frozen=True)
class PairCheck:
    """What the checker says of one pair."""

    number: int
    """Number of the pair."""
    scene: str
    """Its scene family."""
    violation: str
    """The violation family of the broken twin."""
    onset_frame: int
    """The first frame that can differ."""
    lawful: tuple[Breach, ...]
    """Breaches of the lawful twin; there should be none."""
    early: tuple[Breach, ...]
    """Breaches of the broken twin before its onset, in sight; there should be none."""
    right: Breach | None
    """The first breach of a law that the violation breaks, dated in time."""
    named: tuple[str | None, ...]
    """Families that all breaches in that frame look like."""
    late: Breach | None
    """The first such breach of all, in time or not."""

    @property
    def fine(self) -> bool:
        """True where all is as it should be."""
        return not self.lawful and not self.early and self.right is not None


def check_pair(number: int, seed: int, pools: Pools, asked: Format = AS_THE_SEED_HAS_IT) -> PairCheck:
    """Simulate a pair of `make_pairs` and check both twins.

    Args:
        number: Its number, from 0.
        seed: Chooses all pairs.
        pools: From what they are drawn.
        asked: The format.

    Raises:
        UnseenError: None of 50 clips has a moment at which the violation would be seen.
    """
    lawful, broken = simulate_pair(number, seed, pools, asked)
    violation = pools.violations[number % len(pools.violations)]
    assert broken.plan is not None
    onset = broken.plan.onset_frame
    found = _checked(broken)
    laws = families()[violation].laws
    hidden = [breach for breach in found if not breach.seen and breach.frame <= onset]
    early = tuple(breach for breach in found if breach.frame < onset and breach not in hidden)
    right = [breach for breach in found if breach.law in laws and (breach in hidden or breach.frame >= onset)]
    soon = onset + max(3, round(SOON_S * broken.simulated.fps))
    # What is lawful backwards shows that it is not forwards when something first happens.
    in_time = [b for b in right if b.frame <= soon or violation in NO_SHARED_PREFIX]
    return PairCheck(
        number,
        lawful.world.name,
        violation,
        onset,
        _checked(lawful),
        early,
        in_time[0] if in_time else None,
        tuple(breach.family for breach in found if in_time and breach.frame == in_time[0].frame),
        right[0] if right else None,
    )


def _checked(course: Course) -> tuple[Breach, ...]:
    return check(course.world, course.simulated, course.objects)


def table(checks: Iterable[PairCheck]) -> Iterator[str]:
    """Lines of a table: by violation family how many pairs, found, by the right law, early, false alarms."""
    rows: dict[str, list[PairCheck]] = {}
    for one in checks:
        rows.setdefault(one.violation, []).append(one)
    yield f"{'violation':20s} {'pairs':>5s} {'found':>5s} {'in time':>7s} {'family':>6s} {'early':>5s} {'false alarms':>12s}"
    total = [0] * 6
    for violation, held in rows.items():
        counts = [
            len(held),
            sum(one.late is not None for one in held),
            sum(one.right is not None for one in held),
            sum(violation in one.named for one in held),
            sum(bool(one.early) for one in held),
            sum(bool(one.lawful) for one in held),
        ]
        total = [old + new for old, new in zip(total, counts, strict=True)]
        yield _row(violation, counts)
    yield _row("all", total)


def _row(name: str, counts: list[int]) -> str:
    pairs, found, in_time, family, early, alarms = counts
    return f"{name:20s} {pairs:5d} {found:5d} {in_time:7d} {family:6d} {early:5d} {alarms:12d}"
