"""Judging one task, and the engine that does so right here."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lawful.core.digest import canonical_json
from lawful.core.errors import AbsentError, LawfulError
from lawful.judge.exhibits import save_exhibits
from lawful.judge.fold import judge_clip
from lawful.judge.make import at_rate, make_judge
from lawful.judge.protocol import Judge
from lawful.judge.records import Unscored, Verdict
from lawful.judge.task import JudgeSpec, Outcome, Task
from lawful.video.frames import ClipMeta, Frames
from lawful.video.sampling import Sampling

if TYPE_CHECKING:
    from lawful.video.measure_drift import TailMeter
    from lawful.video.read import VideoReader

_CHUNK_BYTES = 32 << 20
_MAX_CHUNK_FRAMES = 64


@dataclass(frozen=True)
class InlineEngine:
    """Runs tasks one after the other in this process: a judge that dies takes the process with it."""

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Run tasks in their order, one at a time: see `lawful.judge.task.Engine`.

        Raises:
            AbsentError: A judge, or what it needs, is not here.
            InputError: A judge's settings are not usable.
        """
        judges = Judges()
        for task in tasks:
            yield run_task(task, judges.judge(task.judge))


class Judges:
    """Judges that are made once and kept; those that are made already may be given."""

    def __init__(self, made: Iterable[tuple[JudgeSpec, Judge]] = ()) -> None:
        self._made: dict[str, Judge] = {_key(spec): judge for spec, judge in made}

    def judge(self, spec: JudgeSpec) -> Judge:
        """The judge of a spec.

        Raises:
            LawfulError: See `lawful.judge.make.make_judge`.
        """
        key = _key(spec)
        if key not in self._made:
            # At another rate it is the same model, which is not to be in memory twice.
            made = (
                make_judge(spec)
                if spec.fps is None
                else at_rate(self.judge(replace(spec, fps=None)), spec.fps)
            )
            self._made[key] = made
        return self._made[key]


def _key(spec: JudgeSpec) -> str:
    return canonical_json([spec.name, dict(spec.config), spec.fps])


def run_task(task: Task, judge: Judge, on_chunk: Callable[[], None] = lambda: None) -> Outcome:
    """Judge a task's clip, and save its evidence if the task names a run folder.

    Args:
        task: The task.
        judge: The judge that it names.
        on_chunk: Called after every chunk of frames: a sign of life.

    Returns:
        The outcome. A clip that cannot be read, or that the judge fails on, is an outcome with an error; one that
        ends before the task's `until_s` is too short, which is none.

    Raises:
        AbsentError: Something that the judge or the reader needs is not here: no task will fare better.
        LawfulError: The evidence cannot be saved.
    """
    from lawful.video.measure_drift import TailMeter
    from lawful.video.read import open_video

    started_s = time.perf_counter()
    meter = None
    try:
        with open_video(
            Path(task.path),
            image_fps=task.image_fps,
            sha256=task.video_sha256,
            name=task.name,
            until_s=task.until_s,
        ) as video:
            if task.until_s is not None:
                meter = TailMeter(task.until_s, (video.meta.width_px, video.meta.height_px))
            verdicts = _look(video, meter, task, judge, on_chunk)
    except AbsentError:
        raise
    except LawfulError as error:
        return _failed(task, str(error), started_s)
    except Exception as error:  # noqa: BLE001 - whatever one clip provokes is named in its outcome
        return _failed(task, f"{type(error).__name__}: {error}", started_s)
    # A judge that answers nothing has no frame read; then it is not known how long the clip is.
    was_read = video.decoded_frames > 0
    too_short = was_read and not video.reached
    if too_short:
        verdicts = []
    elif task.run_folder is not None:
        verdicts = _save(verdicts, Path(task.run_folder))
    return Outcome(
        key=task.key,
        verdicts=tuple(verdicts),
        duration_s=video.decoded_duration_s if video.decoded_frames else None,
        width_px=video.meta.width_px,
        height_px=video.meta.height_px,
        n_frames=video.decoded_frames or None,
        seconds=time.perf_counter() - started_s,
        drift=meter.drift() if meter is not None and was_read and not too_short else None,
        too_short=too_short,
    )


def _look(
    video: "VideoReader", meter: "TailMeter | None", task: Task, judge: Judge, on_chunk: Callable[[], None]
) -> list[Verdict | Unscored]:
    sampling = judge.sampling
    watch = None if meter is None else meter.watch
    chunks = video.chunks(sampling, chunk_frames(video.meta, sampling), watch)
    return judge_clip(
        judge,
        video.meta,
        _watched(chunks, on_chunk),
        task.questions,
        task.given,
        task.repeat,
        damage=lambda: video.damage,
    )


def one_line(text: str) -> str:
    """A text as one line, for an outcome's error."""
    return " ".join(text.split())


def chunk_frames(meta: ClipMeta, sampling: Sampling) -> int:
    """How many sampled frames to push at once: 64, fewer if they would take more than 32 MiB."""
    pixels = meta.width_px * meta.height_px
    shrink = (sampling.long_side_px or math.inf) / max(meta.width_px, meta.height_px, 1)
    frame_bytes = max(3 * pixels * min(shrink, 1.0) ** 2, 1.0)
    return min(max(int(_CHUNK_BYTES / frame_bytes), 1), _MAX_CHUNK_FRAMES)


def _save(verdicts: Sequence[Verdict | Unscored], run_folder: Path) -> tuple[Verdict | Unscored, ...]:
    try:
        return save_exhibits(verdicts, run_folder)
    except OSError as error:
        raise LawfulError(
            f"{run_folder}: evidence cannot be saved there: {error}. Make room or choose another folder."
        ) from error


def _failed(task: Task, error: str, started_s: float) -> Outcome:
    return Outcome(key=task.key, error=one_line(error), seconds=time.perf_counter() - started_s)


def _watched(chunks: Iterable[Frames], on_chunk: Callable[[], None]) -> Iterator[Frames]:
    for chunk in chunks:
        yield chunk
        on_chunk()
