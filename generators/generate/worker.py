"""A process that makes videos on one device: files come in as lines, what was made goes out as lines of JSON.

Started by `lawful.generators.generate.workers` as ``python -m lawful.generators.generate.worker``. The first line is the
request, each later one a file of its plan. It ends when its input does, whatever it is at: then nobody waits for it.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO, Any

from lawful.core.errors import LawfulError
from lawful.generators.generate.asked import GenerateRequest
from lawful.generators.generate.film import RolloutError, film
from lawful.generators.generate.plan import Plan, PlannedVideo, make_plan
from lawful.generators.generate.progress import ChunkMade
from lawful.generators.make import make_generator
from lawful.generators.manifest import row_line
from lawful.generators.protocol import Generator, fingerprint


def main() -> None:
    """Make what is asked for until there is no more."""
    # Ctrl-C at a terminal reaches all its processes; when to stop is the driver's decision.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints cannot get between the answers
    lines = _lines()
    try:
        request = request_from_json(json.loads(next(lines)))
        plan = make_plan(request)
        _work(plan, lines, answers)
    except LawfulError as error:
        _say(answers, kind="refused", error=type(error).__name__, message=str(error))


def _work(plan: Plan, lines: Iterator[str], answers: IO[str]) -> None:
    videos = {video.file: video for video in plan.videos}
    generator: Generator | None = None
    for line in lines:
        asked = json.loads(line)
        video = videos[asked["file"]]
        if generator is None or generator.name != video.generator.name:
            generator = None  # what it holds in memory goes before the next one's is taken
            generator = make_generator(video.generator.name, plan.request.settings(video.generator.name))
        if fingerprint(generator) != asked["fingerprint"]:
            raise LawfulError(
                f"{video.generator.name} is another generator on {plan.request.device}: name devices of one kind, or "
                "give --dtype"
            )
        _make(plan, video, generator, answers)


def _make(plan: Plan, video: PlannedVideo, generator: Generator, answers: IO[str]) -> None:
    def heard(event: ChunkMade) -> None:
        piece = None if event.piece is None else str(event.piece)
        _say(answers, kind="chunk", event={**asdict(event), "piece": piece})

    folder = plan.request.out.absolute()
    try:
        request = plan.request_of(video)
        row = film(generator, video, request, plan.suite.id, folder, plan.request.keep_chunks, heard)
    except RolloutError as error:
        _say(answers, kind="failed", message=str(error))
    else:
        _say(answers, kind="made", row=row_line(row).decode())


def _say(answers: IO[str], **message: Any) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


def _lines() -> Iterator[str]:
    """Lines of the input; when it ends, so does the process."""
    waiting: Queue[str] = Queue()

    def read() -> None:
        for line in sys.stdin:
            waiting.put(line)
        os._exit(0)

    Thread(target=read, daemon=True).start()
    while True:
        yield waiting.get()


def request_to_json(request: GenerateRequest, device: str) -> dict[str, Any]:
    """A request for one of its devices."""
    return {**asdict(request), "out": str(request.out), "device": device}


def request_from_json(body: dict[str, Any]) -> GenerateRequest:
    """What `request_to_json` wrote."""
    seeds = body["seeds"]
    lists = {"generators": tuple(body["generators"]), "cases": tuple(body["cases"])}
    return GenerateRequest(**{
        **body, **lists, "out": Path(body["out"]), "seeds": None if seeds is None else tuple(seeds)
    })  # fmt: skip


if __name__ == "__main__":
    main()
