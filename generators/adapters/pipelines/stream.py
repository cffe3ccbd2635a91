"""What a pipeline makes, while it is at it: it runs beside whoever takes the pieces and waits for them."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
Put = Callable[[T], None]
_POLL_S = 0.1


class _Stopped(BaseException):
    """Nobody takes the pieces any more; raised inside the pipeline."""


def pieces(run: Callable[[Put[T]], None]) -> Iterator[T]:
    """What `run` puts, one piece at a time; at most one waits, so that the run is never far ahead.

    An error of the run is raised here, after the pieces before it. When the iterator is closed early, the run ends at
    its next piece.

    Args:
        run: Calls its argument with each piece.
    """
    waiting: Queue[T] = Queue(maxsize=1)
    stopped, failed = Event(), list[BaseException]()

    def put(piece: T) -> None:
        while not stopped.is_set():
            with suppress(Full):
                waiting.put(piece, timeout=_POLL_S)
                return
        raise _Stopped

    def work() -> None:
        try:
            run(put)
        except _Stopped:
            return
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised where the pieces are taken
            failed.append(error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            try:
                yield waiting.get(timeout=_POLL_S)
            except Empty:
                if not thread.is_alive() and waiting.empty():
                    break
        if failed:
            raise failed[0]
    finally:
        stopped.set()
        thread.join()
