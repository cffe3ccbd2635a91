"""Which facts are asked of a clip and its twin: at most one of each kind, true or false by the seed."""

import zlib
from collections.abc import Sequence

import numpy as np

from lawful.generators.worlds.text.fact import Fact, Maker
from lawful.generators.worlds.text.fact_events import first_hits, orders, starts, touches
from lawful.generators.worlds.text.fact_looks import colours, counts
from lawful.generators.worlds.text.fact_places import directions, neighbours, places, rests, sights
from lawful.generators.worlds.text.fact_whatif import what_ifs
from lawful.generators.worlds.text.seen import Seen

_MAKERS: tuple[Maker, ...] = (
    counts,
    colours,
    places,
    neighbours,
    directions,
    sights,
    rests,
    touches,
    first_hits,
    orders,
    starts,
    what_ifs,
)

KINDS = {
    "count_start": "how many things of a kind are in view at the start",
    "count_end": "how many are in view at the end",
    "colour_end": "which colour a thing has at the end",
    "where_end": "in which third or half of the picture a thing is at the end",
    "where_time": "the same at a time on the way",
    "beside_end": "which of two things is farther to a side, or higher up, at the end",
    "direction": "whether a thing ends farther to the left or right than it began",
    "view_end": "whether a thing can be seen at the end",
    "view_all": "whether a thing is hidden on the way and comes back",
    "rest_end": "whether a thing still moves at the end",
    "touch": "whether two things touch",
    "first_hit": "which thing another touches first",
    "order_floor": "which of two things touches the floor first",
    "order_start": "which of two things starts to move first",
    "order_hits": "which of two things another touches first",
    "moves": "whether a thing that rests at the start moves at all",
    "would_move": "whether it would, if another thing were not there or were at rest",
}
"""Every kind of fact, and what it asks."""


def facts_about(lawful: Seen) -> list[tuple[Fact, bool]]:
    """All facts that a lawful clip gives, in the order of their texts, and whether yes is right for it."""
    held = {}
    for maker in _MAKERS:
        for fact in maker(lawful):
            answer = fact.holds(lawful)
            if answer is not None:
                held[fact.text] = (fact, answer)
    return [held[text] for text in sorted(held)]


def asked_facts(known: Sequence[tuple[Fact, bool]], scene: str, seed: int) -> list[Fact]:
    """The facts that are asked of a lawful clip and of its twins, one of each kind that it gives.

    By the seed, half of them are true of the lawful clip and half false, whatever their kind.

    Args:
        known: All that the lawful clip gives: see `facts_about`.
        scene: Name of the scene family.
        seed: The clip's seed.
    """
    chosen = []
    for kind in KINDS:
        rng = np.random.default_rng([seed, zlib.crc32(f"{scene}/{kind}".encode())])
        wanted = bool(rng.random() < 0.5)
        fitting = [fact for fact, answer in known if fact.kind == kind and answer == wanted]
        if fitting:
            chosen.append(fitting[rng.integers(len(fitting))])
    return chosen
