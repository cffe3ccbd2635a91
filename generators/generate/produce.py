"""Making the videos of a suite: what is there is kept, and what ends the process costs one video at most."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from lawful.core.digest import file_sha256
from lawful.core.errors import LawfulError
from lawful.core.files import folder_lock
from lawful.generators.generate.asked import GenerateRequest
from lawful.generators.generate.film import CHUNKS, RolloutError, film
from lawful.generators.generate.plan import Plan, PlannedVideo, make_plan
from lawful.generators.generate.progress import (
    ForecastLine,
    GenerateForecast,
    GenerateSummary,
    Listener,
    Remarked,
    Started,
    VideoDone,
    silent,
)
from lawful.generators.generate.workers import Failed, Made, Outcome, make_side_by_side
from lawful.generators.make import failures_told, make_generator
from lawful.generators.manifest import MANIFEST, append_record, read_manifest, repair_manifest
from lawful.generators.protocol import Generator, Prepared
from lawful.generators.records import GenerationRequest, VideoRecord


def generate(request: GenerateRequest, on_event: Listener = silent) -> GenerateSummary:
    """Make all videos that are asked for and not there yet.

    A video is written to another name, takes its own when it is whole, and then gets its row in the manifest, on the
    disk before the next video is begun. Whatever ends the process, the same request goes on from there. More
    generators, cases and seeds may be added to a folder; the same video of another generator, length or size may not.

    Args:
        request: What is asked for.
        on_event: Is told of every chunk and video; called in this thread.

    Raises:
        InputError: The suite, a first frame, a setting or the manifest is not usable.
        AbsentError: A suite, case or generator, or something that it needs, is not here.
        LawfulError: A generator cannot do what is asked, the folder is in use, holds the same videos made in another
            way, or cannot be written.
        KeyboardInterrupt: The user stopped it; whole videos are kept.
    """
    plan = make_plan(request)
    folder = request.out.absolute()
    _check_folder(folder)
    with folder_lock(folder):
        (folder / MANIFEST).touch()
        repair_manifest(folder / MANIFEST)
        for note in plan.notes:
            on_event(Remarked(note))
        try:
            return _produced(plan, folder, on_event)
        finally:
            shutil.rmtree(folder / CHUNKS, ignore_errors=True)


def forecast(request: GenerateRequest) -> GenerateForecast:
    """What `generate` would make; nothing is written or generated.

    Raises:
        LawfulError: As `generate`, as far as it can be known before.
    """
    plan = make_plan(request)
    folder = request.out.absolute()
    _check_folder(folder)
    rows = read_manifest(folder / MANIFEST) if (folder / MANIFEST).exists() else {}
    missing = [
        video for video in plan.videos if not _is_there(video, plan.request_of(video), rows, folder, plan)
    ]
    asked = Counter(video.generator.name for video in plan.videos)
    lacking = Counter(video.generator.name for video in missing)
    lines = []
    for name, planned in {video.generator.name: video.generator for video in plan.videos}.items():
        can = planned.can
        lines.append(
            ForecastLine(
                generator=name,
                n_videos=asked[name],
                n_kept=asked[name] - lacking[name],
                n_frames=planned.n_frames,
                width_px=can.width_px if request.width_px is None else request.width_px,
                height_px=can.height_px if request.height_px is None else request.height_px,
                fps=can.fps if request.fps is None else request.fps,
                memory_bytes=planned.memory_bytes,
            )
        )
    return GenerateForecast(folder, tuple(video.file for video in missing), tuple(lines), plan.notes)


def _produced(plan: Plan, folder: Path, on_event: Listener) -> GenerateSummary:
    path = folder / MANIFEST
    rows = read_manifest(path)
    there = {
        video.file for video in plan.videos if _is_there(video, plan.request_of(video), rows, folder, plan)
    }
    missing = [video for video in plan.videos if video.file not in there]
    n_lost = sum(video.file in rows for video in missing)
    if n_lost:
        on_event(
            Remarked(f"{n_lost} videos that are in {MANIFEST} are gone or were changed, and are made again")
        )
    on_event(Started(folder, len(plan.videos), sum(video.generator.n_frames for video in missing)))
    for video in plan.videos:
        if video.file in there:
            on_event(VideoDone(video.file, video.generator.n_frames, "kept"))
    failed: dict[str, str] = {}

    def take(outcome: Outcome) -> None:
        video = outcome.video
        if isinstance(outcome, Failed):
            failed[video.file] = outcome.why
            on_event(VideoDone(video.file, video.generator.n_frames, "failed", outcome.why))
        else:
            append_record(path, outcome.row)
            on_event(VideoDone(video.file, video.generator.n_frames, "made"))

    if len(plan.request.devices) > 1:
        for name in dict.fromkeys(video.generator.name for video in missing):
            _ready(name, missing, plan)
        make_side_by_side(plan, missing, on_event, take)
    else:
        _make_in_turn(plan, missing, folder, on_event, take)
    return GenerateSummary(folder, len(missing) - len(failed), len(there), failed)


def _make_in_turn(
    plan: Plan,
    missing: list[PlannedVideo],
    folder: Path,
    on_event: Listener,
    take: Callable[[Outcome], None],
) -> None:
    generator: Generator | None = None
    for video in missing:
        if generator is None or generator.name != video.generator.name:
            generator = None  # what it holds in memory goes before the next one's is taken
            generator = _ready(video.generator.name, missing, plan)
        request = plan.request_of(video)
        try:
            row = film(generator, video, request, plan.suite.id, folder, plan.request.keep_chunks, on_event)
        except RolloutError as error:
            take(Failed(video, str(error)))
        else:
            take(Made(video, row))


def _ready(name: str, missing: list[PlannedVideo], plan: Plan) -> Generator:
    """A generator that has done what all of its videos need."""
    generator = make_generator(name, plan.request.settings(name))
    if isinstance(generator, Prepared):
        own = [video.case.prompt for video in missing if video.generator.name == name]
        with failures_told(f"generator {name!r} failed when it made its prompts ready"):
            generator.prepare(list(dict.fromkeys(own)))
    return generator


def _is_there(
    video: PlannedVideo,
    request: GenerationRequest,
    rows: dict[str, VideoRecord],
    folder: Path,
    plan: Plan,
) -> bool:
    """Whether a video was made as it is asked for, and its file is as it was.

    Raises:
        LawfulError: It was made in another way.
    """
    row = rows.get(video.file)
    if row is None:
        return False
    differs = _difference(row, video, request, plan)
    if differs is not None:
        raise LawfulError(
            f"{folder}: holds {video.file} made in another way: {differs}. "
            "Choose another folder with --out, or ask for the same."
        )
    try:
        return file_sha256(folder / video.file) == row.video_sha256
    except FileNotFoundError:
        return False


def _difference(row: VideoRecord, video: PlannedVideo, request: GenerationRequest, plan: Plan) -> str | None:
    """What tells a row from what is asked for now; None where nothing does."""
    asked = (
        ("generator", row.generator, video.generator.name),
        ("suite", row.suite, plan.suite.id),
        ("case", row.case, video.case.id),
        ("prompt", row.prompts[0].text, request.prompts[0].text),
        ("number of frames", row.n_frames, request.n_frames),
        ("frames a second", row.fps, request.fps or row.fps),
        ("width", row.width_px, request.width_px or row.width_px),
        ("height", row.height_px, request.height_px or row.height_px),
    )
    for what, before, now in asked:
        if before != now:
            return f"its {what} was {before!r} and is now {now!r}"
    if row.generator_sha256 != video.generator.fingerprint:
        return f"generator {row.generator!r} has other weights, settings or code than it had"
    if row.request_sha256 != request.sha256:
        return "its first frame, size, frame rate or another part of the request differs"
    return None


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise LawfulError(f"{folder}: is a file, not a folder. Choose another folder with --out.")
    if folder.is_dir() and not (folder / MANIFEST).exists():
        others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
        if others:
            raise LawfulError(
                f"{folder}: holds other files ({others[0]!r} ...) and no {MANIFEST}. "
                "Choose an empty or new folder with --out."
            )
