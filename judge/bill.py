"""What judges behind a server cost: calls, tokens and money, and how much may be spent."""

import threading
from dataclasses import dataclass

from lawful.core.errors import AbsentError


class SpentError(AbsentError):
    """What may be spent is spent: no more is asked, what is answered is kept."""


@dataclass(frozen=True)
class Bill:
    """Calls and what they cost."""

    n_calls: int = 0
    """Calls that are answered."""
    tokens_in: int = 0
    """Tokens sent."""
    tokens_out: int = 0
    """Tokens answered."""
    cost: float | None = None
    """Money, by the user's prices; None where there are none."""
    currency: str | None = None
    """In what."""

    def __add__(self, other: "Bill") -> "Bill":
        costs = [one.cost for one in (self, other) if one.cost is not None]
        return Bill(
            self.n_calls + other.n_calls,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            sum(costs) if costs else None,
            self.currency or other.currency,
        )


class Allowance:
    """What may be spent, shared by all that spend it; may be used from several threads."""

    def __init__(self, amount: float) -> None:
        self.amount = amount
        """How much, in the currency of the prices."""
        self._taken = 0.0
        self._lock = threading.Lock()

    def take(self, cost: float) -> bool:
        """Set aside what a call may cost at most; False, and nothing is set aside, if that is more than is left."""
        with self._lock:
            if self._taken + cost > self.amount:
                return False
            self._taken += cost
            return True

    def give_back(self, cost: float) -> None:
        """Put back what was set aside and not spent; below 0 for what a call cost beyond it."""
        with self._lock:
            self._taken -= cost
