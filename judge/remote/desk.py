"""Where calls are made: so many at once, again after a passing failure, no further than the money goes."""

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from lawful.core.errors import AbsentError
from lawful.judge.bill import Allowance, Bill, SpentError
from lawful.judge.remote.access import Address
from lawful.judge.remote.endpoint import CallFailedError, Endpoint, Reply
from lawful.judge.remote.settings import Access

T = TypeVar("T")
R = TypeVar("R")
_UNFIT_AT_FIRST = 3
"""Requests that are not accepted, none being answered, after which none is expected to be."""
_MANY_DOUBLINGS = 16
_MANY_VERSIONS = 20


class NoAnswerError(Exception):
    """A call came to nothing; it says nothing about the clip. The message is for people."""


class RefusedError(Exception):
    """The server will not have the model look at this clip."""


@dataclass(frozen=True)
class Size:
    """How large a call is."""

    tokens_in: int
    """Tokens sent, estimated."""
    tokens_out: int
    """Tokens answered at most."""


class Desk:
    """Makes the calls of one judge. May be used from several threads."""

    def __init__(
        self,
        address: Address,
        access: Access,
        name: str,
        allowance: Allowance | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._access = access
        self._name = name
        self._endpoint = Endpoint(address, access.timeout_s, access.at_once)
        self._slots = threading.BoundedSemaphore(access.at_once)
        self._lock = threading.Lock()
        self._halt = threading.Event()
        # Pauses alone hang on it: no answer does.
        self._rng = rng or random.Random()
        self._bill = Bill(cost=self._cost(0, 0), currency=access.prices and access.prices.currency)
        self._n_lost_in_a_row = 0
        self._n_unfit = 0
        # What a server has counted against the estimate at most: what is set aside for the next call follows it.
        self._times_estimate = 1.0
        self._allowance = allowance
        self._served: set[str] = set()
        self.stopped: AbsentError | None = None
        """Why no more calls are made; None while they are."""

    @property
    def bill(self) -> Bill:
        """What was answered so far, and its cost."""
        with self._lock:
            return self._bill

    @property
    def served(self) -> tuple[str, ...]:
        """What the server said of the model's version, each different saying once."""
        with self._lock:
            return tuple(sorted(self._served))

    def ask(self, body: Mapping[str, Any], size: Size) -> Reply:
        """Make a call, again and again if the server fails.

        Args:
            body: The request.
            size: How large it is.

        Raises:
            NoAnswerError: There is no answer.
            RefusedError: The server refuses the clip.
        """
        with self._slots:
            for attempt in range(self._access.attempts):
                set_aside = self._set_aside(size)
                try:
                    reply = self._endpoint.ask(body)
                except CallFailedError as failure:
                    self._put_back(size, set_aside, failure.may_cost)
                    self._judge_failure(failure, attempt)
                else:
                    self._settle(size, set_aside, reply)
                    return reply
        raise AssertionError("the last attempt returns or raises")

    def halt(self) -> None:
        """Have pauses end and no more calls begin, because the user stopped the run."""
        self._stop(AbsentError(f"{self._name}: the run was stopped"))

    def _set_aside(self, size: Size) -> float:
        """Set aside what a call may cost, and say how much that is."""
        if self.stopped is not None:
            raise NoAnswerError(str(self.stopped))
        if self._allowance is None:
            return 0.0
        cost = self._cost(size.tokens_in * self._times_estimate, size.tokens_out) or 0.0
        if not self._allowance.take(cost):
            currency = self._bill.currency or ""
            self._stop(
                SpentError(
                    f"the budget of {self._allowance.amount:g} {currency} does not cover another call, which may cost "
                    f"{cost:.2g} {currency}"
                )
            )
            raise NoAnswerError(str(self.stopped))
        return cost

    def _put_back(self, size: Size, set_aside: float, may_cost: bool) -> None:
        if self._allowance is not None:
            kept = self._cost(size.tokens_in * self._times_estimate, 0) if may_cost else None
            self._allowance.give_back(set_aside - (kept or 0.0))

    def _settle(self, size: Size, set_aside: float, reply: Reply) -> None:
        tokens_in = size.tokens_in if reply.tokens_in is None else reply.tokens_in
        tokens_out = size.tokens_out if reply.tokens_out is None else reply.tokens_out
        cost = self._cost(tokens_in, tokens_out)
        if self._allowance is not None:
            self._allowance.give_back(set_aside - (cost or 0.0))
        with self._lock:
            self._bill += Bill(1, tokens_in, tokens_out, cost, self._bill.currency)
            self._n_lost_in_a_row = 0
            if len(self._served) < _MANY_VERSIONS:
                self._served.add(reply.served_by)
            self._times_estimate = max(self._times_estimate, tokens_in / max(size.tokens_in, 1))

    def _judge_failure(self, failure: CallFailedError, attempt: int) -> None:
        """Wait before the next attempt, or say that there is none."""
        if failure.kind == "refused":
            raise RefusedError(str(failure))
        if failure.kind == "denied":
            self._stop(AbsentError(f"{self._name} cannot be asked: {failure}"))
            raise NoAnswerError(str(failure))
        if failure.kind == "unfit":
            self._count_unfit(failure)
            raise NoAnswerError(str(failure))
        pause_s = self._pause_s(failure, attempt)
        longest_s = self._access.longest_pause_s
        if failure.pause_s is not None and failure.pause_s > longest_s:
            self._lose(f"{failure}; it asks to wait {failure.pause_s:g} s, longer than {longest_s:g} s")
        if attempt + 1 == self._access.attempts:
            self._lose(f"{failure}; asked {self._access.attempts} times")
        self._halt.wait(pause_s)

    def _pause_s(self, failure: CallFailedError, attempt: int) -> float:
        with self._lock:
            share = self._rng.uniform(0.5, 1.0)
        doubled = self._access.backoff_s * 2.0 ** min(attempt, _MANY_DOUBLINGS)
        jitter_s = share * min(doubled, self._access.longest_pause_s)
        # Not before the server's time, and not all at that time.
        return jitter_s if failure.pause_s is None else failure.pause_s + share * self._access.backoff_s

    def _lose(self, detail: str) -> None:
        with self._lock:
            self._n_lost_in_a_row += 1
            is_gone = self._n_lost_in_a_row >= self._access.give_up_after
        if is_gone:
            n = self._access.give_up_after
            self._stop(AbsentError(f"{self._name}: {n} calls in a row came to nothing; the last: {detail}"))
        raise NoAnswerError(detail)

    def _count_unfit(self, failure: CallFailedError) -> None:
        with self._lock:
            self._n_unfit += 1
            is_hopeless = self._bill.n_calls == 0 and self._n_unfit >= _UNFIT_AT_FIRST
        if is_hopeless:
            self._stop(
                AbsentError(
                    f"{self._name} accepts no request: {failure}. Servers and models differ in what they take: see the "
                    'settings output = "text", logprobs = false, temperature = "server", token_limit.'
                )
            )

    def _stop(self, why: AbsentError) -> None:
        with self._lock:
            if self.stopped is None:
                self.stopped = why
        self._halt.set()

    def _cost(self, tokens_in: float, tokens_out: float) -> float | None:
        prices = self._access.prices
        return None if prices is None else prices.cost(tokens_in, tokens_out)


def together(work: Callable[[T], R], items: Sequence[T], n_threads: int) -> list[R]:
    """Do some work on every item, in threads, and give the results in the order of the items.

    Threads and not a pool: these end with the process when the user stops it in the midst of a call.

    Raises:
        BaseException: What the work raises on the first item on which it raises anything.
    """
    if len(items) < 2 or n_threads < 2:
        return [work(item) for item in items]
    todo = iter(range(len(items)))
    lock = threading.Lock()
    results: dict[int, R] = {}
    raised: dict[int, BaseException] = {}

    def serve() -> None:
        while True:
            with lock:
                at = next(todo, None)
            if at is None:
                return
            try:
                results[at] = work(items[at])
            except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that asked
                raised[at] = error

    threads = [threading.Thread(target=serve, daemon=True) for _ in range(min(n_threads, len(items)))]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException:
        # Stopped by the user: nothing more is begun.
        with lock:
            for _ in todo:
                pass
        raise
    if raised:
        raise raised[min(raised)]
    return [results[at] for at in range(len(items))]
