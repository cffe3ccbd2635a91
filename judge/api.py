"""Scoring from Python, without a run folder: frames in memory, or files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from lawful.checklists.suite import Question, Suite
from lawful.core.errors import AbsentError, InputError
from lawful.judge.engines import engine_for
from lawful.judge.fold import judge_clip
from lawful.judge.inline import chunk_frames
from lawful.judge.make import make_judge
from lawful.judge.protocol import Given, Judge, Remote
from lawful.judge.records import ClipResult
from lawful.judge.summary import summarise, without_say
from lawful.judge.task import JudgeSpec, Task
from lawful.judge.tiers import Gate, gate_of, gated
from lawful.video.arrays import Layout, array_meta, frames_from_array
from lawful.video.frames import Frames


@dataclass(frozen=True, eq=False)
class ScoredVideo:
    """What came of one file."""

    name: str
    """The file's path as given."""
    result: ClipResult | None
    """Its result; None if it could not be scored."""
    error: str | None
    """Why it could not be scored, in one line; None if it was."""


def score_video(
    frames: Any,
    *,
    fps: float | None = None,
    times_s: Sequence[float] | np.ndarray | None = None,
    layout: Layout | None = None,
    judge: str | Judge = "kinematic",
    suite: str | Path | Suite = "physics",
    case: str | None = None,
    prompt: str | None = None,
    config: Mapping[str, Any] | None = None,
) -> ClipResult:
    """Score one clip that is in memory.

    >>> import numpy as np
    >>> still = np.full((24, 48, 64, 3), 128, np.uint8)
    >>> score_video(still, fps=12, judge="frame-difference").answer
    'not_sure'

    Args:
        frames: A numpy array or torch tensor, frames x height x width x 3 or frames x 3 x height x width, uint8
            or floats in [0, 1]; or `Frames`, which have times of their own.
        fps: Frames a second; give this or `times_s` with an array.
        times_s: Time of each frame in seconds, strictly increasing.
        layout: "THWC" or "TCHW", where the shape alone does not tell.
        judge: Name of a judge, or a judge.
        suite: Name of a suite, path of its file, or a suite.
        case: Id of the suite's case that the clip was made for: its prompt, expected outcome and first frame are for
            judges that want them. The first frame is found where the suite is given by its name or path.
        prompt: The clip's prompt, in the place of its case's.
        config: Settings of the judge that differ from its defaults.

    Returns:
        Answer, score and verdicts; the evidence holds its frames and tracks.

    Raises:
        AbsentError: There is no such judge, suite or case, or what it needs is not here.
        InputError: The array, the suite or the settings are not usable.
        LawfulError: The judge failed.
    """
    from lawful.video.array_source import open_frames

    rate = None if fps is None else float(fps)
    if isinstance(frames, Frames):
        if times_s is not None:
            raise InputError("Frames have times of their own: leave out times_s")
        clip = frames
    else:
        clip = frames_from_array(frames, rate, times_s, layout)
    made = _judge(judge, config)
    questions, given, gate = _asked(suite, case)
    if prompt is not None:
        given["prompt"] = prompt
    with open_frames(clip, array_meta(clip, rate)) as video:
        chunks = video.chunks(made.sampling, chunk_frames(video.meta, made.sampling))
        verdicts = judge_clip(made, video.meta, chunks, questions, given)
    return summarise(gated(verdicts, gate), made.rule, without_say(questions))


def score_videos(
    paths: Iterable[str | PathLike[str]],
    *,
    judge: str = "kinematic",
    suite: str | Path | Suite = "physics",
    case: str | None = None,
    prompts: Mapping[str, str] | None = None,
    image_fps: float | None = None,
    config: Mapping[str, Any] | None = None,
    workers: int = 0,
    evidence_folder: str | PathLike[str] | None = None,
) -> list[ScoredVideo]:
    """Score video files, and folders of numbered images, one after the other or in worker processes.

    Args:
        paths: The files and folders.
        judge: Name of a judge.
        suite: Name of a suite, path of its file, or a suite.
        case: Id of the suite's case that the clips were made for; see `score_video`.
        prompts: Prompt by path, as given in `paths`; paths that are not in it have that of the case, if there is one.
        image_fps: Frames a second of folders of images.
        config: Settings of the judge that differ from its defaults.
        workers: Number of worker processes; 0 for none: then a judge that crashes takes this process with it. A judge
            that asks a server runs in threads of this process.
        evidence_folder: Where frames and tracks of the evidence are saved; None keeps them all in memory.

    Returns:
        One entry for each path, in their order. A file that cannot be scored has an error there.

    Raises:
        AbsentError: There is no such judge, suite or case, or what it needs is not here.
        InputError: The suite or the settings are not usable.
        LawfulError: The workers do not start, or evidence cannot be saved.
    """
    names = [str(path) for path in paths]
    rate = None if image_fps is None else float(image_fps)
    spec = JudgeSpec(judge, dict(config or {}))
    made = make_judge(spec)
    rule = made.rule
    questions, of_case, gate = _asked(suite, case)
    no_say = without_say(questions)
    folder = None if evidence_folder is None else str(Path(evidence_folder).absolute())
    scored = [ScoredVideo(name, None, None) for name in names]

    def tasks() -> Iterator[Task]:
        from lawful.video.read import source_sha256

        for key, name in enumerate(names):
            path = Path(name)
            given = dict(of_case)
            if prompts and name in prompts:
                given["prompt"] = prompts[name]
            try:
                sha256 = source_sha256(path, image_fps=rate)
            except InputError as error:
                scored[key] = ScoredVideo(name, None, str(error))
                continue
            at = str(path.absolute())
            yield Task(key, at, name, sha256, spec, questions, rate, given, run_folder=folder)

    remote = [(spec, made)] if isinstance(made, Remote) else []
    for outcome in engine_for(workers, remote).run(tasks()):
        result = None if outcome.error else summarise(gated(outcome.verdicts, gate), rule, no_say)
        scored[outcome.key] = ScoredVideo(names[outcome.key], result, outcome.error)
    return scored


def _judge(judge: str | Judge, config: Mapping[str, Any] | None) -> Judge:
    if isinstance(judge, str):
        return make_judge(JudgeSpec(judge, dict(config or {})))
    if config is not None:
        raise InputError(f"judge {judge.name!r} is made already: leave out config, or give the judge's name")
    return judge


def _asked(
    suite: str | Path | Suite, case: str | None
) -> tuple[tuple[Question, ...], dict[Given, str], Gate]:
    """What is asked of a clip of a case, what is known of the case, and the gate of the suite."""
    from lawful.checklists.load import load_suite, suite_folder

    folder = None
    if not isinstance(suite, Suite):
        folder = suite_folder(str(suite)) if isinstance(suite, str) else suite.absolute().parent
        suite = load_suite(suite)
    if case is None:
        questions = suite.questions_for(None)
        return questions, {}, gate_of(questions, suite.gate_at)
    if case not in suite.cases:
        known = ", ".join(sorted(suite.cases)[:20]) or "none"
        raise AbsentError(f"suite {suite.id!r} has no case {case!r}. Its cases: {known}.")
    of_case = suite.cases[case]
    given: dict[Given, str] = {"prompt": of_case.prompt}
    if of_case.expected is not None:
        given["expected"] = of_case.expected
    if of_case.first_frame is not None and folder is not None:
        given["first_frame"] = str(folder / of_case.first_frame)
    questions = suite.questions_for(case)
    return questions, given, gate_of(questions, suite.gate_at)
