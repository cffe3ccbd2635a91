"""From a request to what is to be done: inputs, suites and judges. Nothing is written or decoded here."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lawful.checklists.load import load_suite, suite_folder
from lawful.checklists.suite import Case, Question, Suite
from lawful.core.digest import digest, file_sha256
from lawful.core.errors import InputError
from lawful.judge.arguments import RunRequest, check_utf8, run_folder
from lawful.judge.make import at_rate, make_judge
from lawful.judge.protocol import Given, Judge, fingerprint
from lawful.judge.request import request_of
from lawful.judge.store import StoredInput
from lawful.judge.task import JudgeSpec
from lawful.judge.told import told
from lawful.video.collect import ClipInput, Collection, collect, printable
from lawful.video.prompts import PromptRow
from lawful.video.read import source_sha256


@dataclass(frozen=True)
class PlannedInput:
    """A video to look at."""

    clip: ClipInput
    """Where it is."""
    record: StoredInput
    """What the store keeps of it."""


@dataclass(frozen=True)
class PlannedSuite:
    """A suite, and where its files are."""

    suite: Suite
    """The suite."""
    folder: Path | None
    """Folder of its file, from which first frames are found; None for a suite that goes by a name."""

    def questions(self, case: str | None) -> tuple[Question, ...]:
        """What is asked of a video of that case; a case of another suite adds no question."""
        return self.suite.questions_for(case if case in self.suite.cases else None)


@dataclass(frozen=True, eq=False)
class PlannedJudge:
    """A judge, as the driver knows it."""

    spec: JudgeSpec
    """What the workers make it from."""
    judge: Judge
    """The judge, asked here for its identity and its needs alone."""
    fingerprint: str
    """Its fingerprint."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What is to be done."""

    folder: Path
    """The run folder, absolute."""
    inputs: tuple[PlannedInput, ...]
    """The videos, in order."""
    suites: tuple[PlannedSuite, ...]
    """The suites, in order."""
    judges: tuple[PlannedJudge, ...]
    """The judges, in order; each once at every frame rate that is asked for."""
    repeat: int
    """Looks at each clip with each judge and suite."""
    until_s: tuple[float, ...]
    """Times at which each clip is also looked at as if it ended there, ascending."""
    skipped: Mapping[str, int]
    """Files that are no videos, by reason."""
    prompts_without_video: tuple[str, ...]
    """Files that the prompts file or a manifest names and that are not here."""
    videos_without_prompt: tuple[str, ...]
    """Inputs that neither names, where there is one."""
    notes: tuple[str, ...]
    """What the user should know."""

    @property
    def n_looks(self) -> int:
        """Looks to take, if no clip is too short for one."""
        n_ends = 1 + len(self.until_s)
        return len(self.inputs) * len(self.suites) * len(self.judges) * self.repeat * n_ends


@dataclass(frozen=True)
class Gift:
    """What a judge is given of a clip beside pixels and questions."""

    given: Mapping[Given, str]
    """As the judge gets it; a first frame is a path."""
    key: Mapping[str, str | float]
    """As it enters the verdict's key; a first frame is the digest of its bytes, questions that are asked at once are the
    digest of all of them, and `until_s` says how much of the clip is shown where that is not all."""


def make_plan(request: RunRequest) -> Plan:
    """What a request comes to.

    Raises:
        InputError: A path, the prompts file, a manifest, a suite's file or a judge's settings are not usable, or
            no video is found, or a frame rate is asked of a judge that has none.
        AbsentError: A suite, a judge or what it needs is not here.
    """
    check_utf8(request)
    suites = tuple(_suite(name) for name in dict.fromkeys(request.suites))
    ids = [planned.suite.id for planned in suites]
    if len(set(ids)) < len(ids):
        raise InputError(f"two of the suites have the same id: {', '.join(ids)}")
    judges = tuple(one for name in dict.fromkeys(request.judges) for one in _judges(name, request))
    collection = _collect(request)
    known = told(collection, request.prompts, ids)
    inputs = [
        PlannedInput(clip, _record(clip, known.rows.get(clip.path), request)) for clip in collection.inputs
    ]
    _check_cases(inputs, suites)
    # What tells of the videos may lie among them; it is read, not skipped.
    skipped = [one for one in collection.skipped if one.path.absolute() not in known.read]
    return Plan(
        folder=run_folder(request),
        inputs=tuple(_with_case_prompt(planned, suites) for planned in inputs[: request.limit]),
        suites=suites,
        judges=judges,
        repeat=request.repeat,
        until_s=tuple(float(time_s) for time_s in sorted(set(request.until_s))),
        skipped=dict(Counter(one.why for one in skipped).most_common()),
        prompts_without_video=known.files_without_video,
        videos_without_prompt=known.videos_without_row,
        notes=known.notes,
    )


def stamp(path: Path, image_fps: float | None) -> str:
    """What tells, without reading it, that a video was not changed since: size and time of change.

    Raises:
        OSError: It cannot be looked at.
    """
    if not path.is_dir():
        status = path.stat()
        return f"{status.st_size}:{status.st_mtime_ns}"
    entries = sorted(path.iterdir())
    return digest([image_fps, [[e.name, e.stat().st_size, e.stat().st_mtime_ns] for e in entries]])


def clip_sha256(clip: ClipInput) -> str:
    """The digest by which a clip is known.

    Raises:
        InputError: It cannot be read.
    """
    return source_sha256(clip.path, image_fps=clip.image_fps)


def gift(
    planned: PlannedJudge, record: StoredInput, suite: PlannedSuite, until_s: float | None = None
) -> Gift:
    """What a judge is given of a clip: what it declares, as far as it is known; and the clip up to a time.

    Raises:
        InputError: It wants the first frame of a case, and that file cannot be read.
    """
    case = suite.suite.cases.get(record.case) if record.case is not None else None
    given: dict[Given, str] = {}
    key: dict[str, str | float] = {} if until_s is None else {"until_s": until_s}
    told: tuple[tuple[Given, str | None], ...] = (
        ("prompt", record.prompt),
        ("expected", case.expected if case else None),
    )
    for name, value in told:
        if name in planned.judge.given and value is not None:
            given[name] = value
            key[name] = value
    if "questions" in planned.judge.given:
        questions = suite.questions(record.case)
        at_once = [one for one in questions if planned.judge.answers(one)]
        key["questions"] = digest([request_of(one, questions) for one in at_once])
    if "first_frame" in planned.judge.given and case is not None and case.first_frame is not None:
        path = _first_frame(suite, case)
        try:
            key["first_frame"] = file_sha256(path)
        except OSError as error:
            raise InputError(
                f"{path}: the first frame of case {case.id!r} cannot be read: {error.strerror}"
            ) from error
        given["first_frame"] = str(path)
    return Gift(given, key)


def _collect(request: RunRequest) -> Collection:
    """The clips; those of several paths are named from the folder that the paths share.

    So a name does not depend on the folder in which the command is typed, and a replay finds the same names.
    """
    paths = [Path(os.path.abspath(path)) for path in request.paths]
    collection = collect(paths, image_fps=request.image_fps)
    if not collection.inputs:
        raise InputError(f"no video is in {', '.join(request.paths)}{_why_none(collection)}")
    if len(paths) == 1 and paths[0].is_dir():
        return collection
    shared = printable(os.path.commonpath([path.parent for path in paths])).rstrip("/") + "/"
    inputs = tuple(replace(clip, name=clip.name.removeprefix(shared)) for clip in collection.inputs)
    return replace(collection, inputs=inputs)


def _suite(name: str) -> PlannedSuite:
    return PlannedSuite(load_suite(name), suite_folder(name))


def _judges(name: str, request: RunRequest) -> list[PlannedJudge]:
    spec = JudgeSpec(name, dict(request.judge_config.get(name, {})))
    judge = make_judge(spec)
    if not request.fps:
        return [PlannedJudge(spec, judge, fingerprint(judge))]
    rated = [(fps, at_rate(judge, fps)) for fps in sorted(request.fps)]
    return [PlannedJudge(replace(spec, fps=fps), one, fingerprint(one)) for fps, one in rated]


def _record(clip: ClipInput, row: PromptRow | None, request: RunRequest) -> StoredInput:
    generator = request.generator
    if request.generator_from_folder:
        generator = clip.folder or _given_folder(clip, request)
    return StoredInput(
        name=clip.name,
        path=printable(str(clip.path)) if clip.error is not None else str(clip.path),
        prompt=row.prompt if row else None,
        case=row.case if row else None,
        generator=row.generator if row and row.generator is not None else generator,
        seed=row.seed if row else None,
        image_fps=clip.image_fps,
        licence=row.licence if row else None,
    )


def _given_folder(clip: ClipInput, request: RunRequest) -> str | None:
    """The name of the given folder that a clip is right inside, where several paths are given."""
    holder = clip.path.parent
    if len(request.paths) > 1 and any(Path(os.path.abspath(path)) == holder for path in request.paths):
        return printable(holder.name)
    return None


def _with_case_prompt(planned: PlannedInput, suites: tuple[PlannedSuite, ...]) -> PlannedInput:
    """The input with the prompt of its case, where the prompts file leaves the prompt's cell empty."""
    case = planned.record.case
    if case is None or planned.record.prompt is not None:
        return planned
    prompt = next(suite.suite.cases[case].prompt for suite in suites if case in suite.suite.cases)
    return replace(planned, record=replace(planned.record, prompt=prompt))


def _check_cases(inputs: list[PlannedInput], suites: tuple[PlannedSuite, ...]) -> None:
    known = {case for planned in suites for case in planned.suite.cases}
    for planned in inputs:
        case = planned.record.case
        if case is not None and case not in known:
            names = ", ".join(suite.suite.id for suite in suites)
            raise InputError(f"{planned.record.name}: no asked suite ({names}) has the case {case!r}")


def _first_frame(suite: PlannedSuite, case: Case) -> Path:
    if suite.folder is None:
        raise InputError(
            f"suite {suite.suite.id!r}: its case {case.id!r} has a first frame, which is found beside the suite's "
            "file: give the suite by the path of that file"
        )
    assert case.first_frame is not None
    return suite.folder / case.first_frame


def _why_none(collection: Collection) -> str:
    reasons = Counter(skipped.why for skipped in collection.skipped).most_common(3)
    return "".join(f"; {n} skipped: {why}" for why, n in reasons)
