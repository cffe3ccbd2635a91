"""Randomness by name: what is drawn for one figure does not depend on which others are made, or in which order."""

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Streams:
    """A source of randomness for everything that has a name."""

    base: int
    """What all of them start from."""

    @classmethod
    def of(cls, rng: np.random.Generator) -> "Streams":
        """Streams that a generator decides."""
        return cls(int(rng.integers(0, 2**63)))

    def at(self, *names: str) -> np.random.Generator:
        """The source of one thing."""
        digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogatepass")).digest()
        return np.random.default_rng([self.base, int.from_bytes(digest[:16], "little")])
