"""A folder of simulated clips with truth, questions and labels: parallel, and resumable by the same request."""

import csv
import io
import json
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from lawful.checklists.document import suite_document
from lawful.core.errors import InputError, LawfulError
from lawful.core.files import folder_lock, write_atomic
from lawful.generators.worlds.clip_files import clip_name, even_sizes, write_clip
from lawful.generators.worlds.families import FAMILIES
from lawful.generators.worlds.make import AS_THE_SEED_HAS_IT, Format
from lawful.generators.worlds.pairs import Pools, check_pools, make_lawful, make_pair
from lawful.generators.worlds.records import WorldClip
from lawful.generators.worlds.text.suite import case_of, suite_of
from lawful.generators.worlds.truth_files import ARRAYS, FACTS

_PROMPTS = ("file", "prompt", "case", "generator", "seed")
_LABELS = ("file", "number", "scene", "seed", "violation", "laws", "onset_s", "onset_frame", "subject")


@dataclass(frozen=True)
class DatasetRequest:
    """What is to be made."""

    out: Path
    """The folder."""
    pools: Pools
    """From what the pairs are drawn; without violations, lawful clips alone."""
    count: int
    """How many pairs, or lawful clips."""
    seed: int
    """Chooses them."""
    asked: Format = AS_THE_SEED_HAS_IT
    """The format of the clips."""
    workers: int = 1
    """Processes; 0 makes all in this one."""

    def as_json(self) -> dict[str, Any]:
        """All that the files depend on but their number, and the version that makes them."""
        asked = {"pools": asdict(self.pools), "seed": self.seed, "format": asdict(self.asked)}
        return {"version": version("lawful"), **json.loads(json.dumps(asked))}


@dataclass(frozen=True)
class DatasetSummary:
    """What came of it."""

    folder: Path
    """The folder."""
    n_clips: int
    """Clips that are in it for the request."""
    n_made: int
    """Pairs, or lawful clips, that were made now; the rest was there."""


def make_dataset(
    request: DatasetRequest, heard: Callable[[int, int], None] = lambda done, total: None
) -> DatasetSummary:
    """Make a folder of clips; what is there already is kept, so the same request goes on where it was stopped.

    The folder holds `clips/` (videos), `truth/` (their truth), `pairs/` (one file for each pair that is
    finished), and at the end `prompts.csv`, `labels.csv` and `suite.json`. A larger count adds to what is there.

    Args:
        request: What is to be made.
        heard: Told after every pair how many are done, of how many.

    Raises:
        InputError: A pool is wrong, or the folder holds clips of another request.
        AbsentError: Something that is needed for one of the scenes is not here.
        LawfulError: The folder is in use or cannot be written, or a worker died.
    """
    check_pools(request.pools, request.seed)
    _check_drawable(request.pools)
    with folder_lock(request.out):
        _check_request(request)
        todo = [number for number in range(request.count) if not _is_finished(request.out, number)]
        done = request.count - len(todo)
        heard(done, request.count)
        for _ in _made(request, todo):
            done += 1
            heard(done, request.count)
        n_clips = _write_tables(request)
    return DatasetSummary(request.out, n_clips, len(todo))


def make_entry(request: DatasetRequest, number: int) -> None:
    """Make the clips of one number, and at last the file that says that they are finished."""
    if request.pools.violations:
        lawful, broken = make_pair(number, request.seed, request.pools, request.asked)
        clips = [(lawful, lawful), (broken, lawful)]
    else:
        lawful = make_lawful(number, request.seed, request.pools, request.asked)
        clips = [(lawful, lawful)]
    # By name, so that the order of the tables and the times of the files tell no more than the names do.
    clips.sort(key=lambda pair: clip_name(number, pair[0]))
    rows, videos = [], []
    for clip, twin in clips:
        name = clip_name(number, clip)
        videos.append(write_clip(request.out, name, clip)[0])
        rows.append(_row(name, number, clip, twin))
    even_sizes(videos)
    write_atomic(_entry(request.out, number), json.dumps(rows, ensure_ascii=False, indent=1))


def _row(name: str, number: int, clip: WorldClip, twin: WorldClip) -> dict[str, Any]:
    case = case_of(clip, twin)
    label = {
        "file": f"clips/{name}.mp4",
        "number": number,
        "scene": clip.scene,
        "seed": clip.seed,
        "violation": clip.violation or "",
        "laws": " ".join(clip.laws),
        "onset_s": "" if clip.onset_s is None else f"{clip.onset_s:.6f}",
        "onset_frame": "" if clip.onset_frame is None else clip.onset_frame,
        "subject": clip.subject or "",
    }
    (document,) = suite_document(suite_of([case]))["cases"]
    return {"label": label, "prompt": case.prompt, "case": document}


def _made(request: DatasetRequest, todo: list[int]) -> Iterator[int]:
    """Make what is to do, and say each number when it is finished, in any order."""
    if request.workers == 0 or not todo:
        for number in todo:
            make_entry(request, number)
            yield number
        return
    pool = ProcessPoolExecutor(
        max_workers=min(request.workers, len(todo)),
        mp_context=get_context("spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )
    try:
        futures = {pool.submit(make_entry, request, number): number for number in todo}
        for future in as_completed(futures):
            future.result()
            yield futures[future]
    except BrokenProcessPool as error:
        message = (
            f"{request.out}: a worker died, perhaps for want of memory. What is finished is kept; "
            "the same command goes on from there, with fewer --workers if need be."
        )
        raise LawfulError(message) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _check_drawable(pools: Pools) -> None:
    """Fail at once, not after an hour, where a solid scene could not be simulated or drawn."""
    solid = [scene for scene in pools.scenes if FAMILIES[scene].solid]
    if not solid:
        return
    from lawful.generators.worlds.solid.gl import mujoco_package, usable_gl

    mujoco_package(f"simulating {', '.join(solid)}")
    if pools.variety.renderers != ("rays",):
        usable_gl()


def _check_request(request: DatasetRequest) -> None:
    path, wanted = request.out / "dataset.json", request.as_json()
    if not path.exists():
        write_atomic(path, json.dumps(wanted, indent=1))
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}). Choose another folder with --out.") from error
    if found != wanted:
        told = found if isinstance(found, dict) else {}
        other = ", ".join(key for key in wanted if told.get(key) != wanted[key])
        raise InputError(
            f"{request.out}: holds clips of another request (its {other} differ). Choose another folder with --out."
        )


def _is_finished(out: Path, number: int) -> bool:
    """True where everything of a number is there; what was taken away since is made again."""
    entry = _entry(out, number)
    if not entry.exists():
        return False
    videos = [Path(row["label"]["file"]) for row in _rows_of(entry)]
    truths = [out / "truth" / f"{video.stem}{ending}" for video in videos for ending in (FACTS, ARRAYS)]
    return all(path.exists() for path in (*truths, *(out / video for video in videos)))


def _entry(out: Path, number: int) -> Path:
    return out / "pairs" / f"{number:06d}.json"


def _write_tables(request: DatasetRequest) -> int:
    rows = [row for number in range(request.count) for row in _rows_of(_entry(request.out, number))]
    document = suite_document(suite_of([]))
    write_atomic(
        request.out / "suite.json",
        json.dumps({**document, "cases": [row["case"] for row in rows]}, ensure_ascii=False, indent=1),
    )
    write_atomic(request.out / "labels.csv", _csv(_LABELS, (row["label"] for row in rows)))
    prompts = (
        {**row["label"], "prompt": row["prompt"], "case": row["case"]["id"], "generator": "worlds"}
        for row in rows
    )
    write_atomic(request.out / "prompts.csv", _csv(_PROMPTS, prompts))
    return len(rows)


def _rows_of(entry: Path) -> list[dict[str, Any]]:
    try:
        return json.loads(entry.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{entry}: cannot be read ({error}). Delete it, and the same command makes its clips again."
        ) from error


def _csv(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()
