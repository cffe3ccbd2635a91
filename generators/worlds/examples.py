"""Examples without files: frames, truth and questions, drawn from a split or from pools of one's own."""

from collections.abc import Iterator

from lawful.checklists.suite import Case
from lawful.generators.worlds.make import AS_THE_SEED_HAS_IT, Format
from lawful.generators.worlds.pairs import Pools, check_pools, make_lawful, make_pair
from lawful.generators.worlds.records import WorldClip
from lawful.generators.worlds.splits import split
from lawful.generators.worlds.text.suite import case_of
from lawful.video.frames import Frames


def examples(
    pools: str | Pools, count: int, *, seed: int = 0, asked: Format = AS_THE_SEED_HAS_IT
) -> Iterator[tuple[Frames, WorldClip, Case]]:
    """Pairs of a lawful clip and its broken twin, one after the other; lawful clips alone where nothing is broken.

    Args:
        pools: Name of a split (see `configs/worlds.toml`), or from what to draw.
        count: How many pairs, or clips.
        seed: Chooses them; example k does not depend on `count`.
        asked: The format of the clips.

    Yields:
        The frames, the truth behind them, and the case: prompt, questions, known answers.

    Raises:
        InputError: As `lawful.generators.worlds.pairs.make_pair`, or no split is called so.
        AbsentError: Something that is needed to simulate or draw a solid scene is not here.
    """
    drawn = split(pools) if isinstance(pools, str) else pools
    check_pools(drawn, seed)
    for number in range(count):
        if not drawn.violations:
            lawful = make_lawful(number, seed, drawn, asked)
            yield lawful.frames, lawful, case_of(lawful, lawful)
            continue
        lawful, broken = make_pair(number, seed, drawn, asked)
        yield lawful.frames, lawful, case_of(lawful, lawful)
        yield broken.frames, broken, case_of(broken, lawful)
