"""From what is asked for to the videos that are to be made. Nothing is written or generated here."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from lawful.checklists.load import load_suite, suite_folder
from lawful.checklists.suite import Case, Suite
from lawful.core.digest import digest
from lawful.core.errors import InputError
from lawful.generators.generate.asked import GenerateRequest, chosen_cases
from lawful.generators.generate.refusals import Refusal, refusals, refuse
from lawful.generators.make import failures_told, make_generator
from lawful.generators.protocol import UNKNOWN_LICENCE, Capabilities, Measured, fingerprint
from lawful.generators.records import GenerationRequest, always

ENDING = ".mp4"
_WIDEST_NAME_BYTES = 100
_MAX_VIDEOS = 1_000_000


@dataclass(frozen=True, eq=False)
class PlannedGenerator:
    """A generator, and what is made with it; the generator itself is made when its turn comes."""

    name: str
    """Its name."""
    can: Capabilities
    """What it can be asked for."""
    fingerprint: str
    """Digest of its identity."""
    n_frames: int
    """Frames of each video."""
    memory_bytes: int | None
    """Memory that a video takes; None where the generator cannot say."""


@dataclass(frozen=True, eq=False)
class PlannedVideo:
    """One video that is asked for."""

    generator: PlannedGenerator
    """Who makes it."""
    case: Case
    """What it is for."""
    seed: int
    """Seed of its noise."""
    file: str
    """Its path below the folder."""


@dataclass(frozen=True, eq=False)
class _Requests:
    """Makes of cases what generators are asked."""

    request: GenerateRequest
    """What is asked for."""
    suite: Suite
    """The suite."""
    folder: Path | None
    """From where first frames are found."""
    _pictures: dict[str, UInt8[np.ndarray, "height width 3"]] = field(default_factory=dict)

    def of(self, can: Capabilities, n_frames: int, case: Case, seed: int) -> GenerationRequest:
        """The request for one video.

        Raises:
            InputError: The case's first frame cannot be read.
        """
        asked, frame = self.request, None
        if case.first_frame is not None and "first_frame" in can.controls:
            from lawful.video.images import covering

            width = can.width_px if asked.width_px is None else asked.width_px
            height = can.height_px if asked.height_px is None else asked.height_px
            frame = covering(self._first_frame(case), width, height)
        return GenerationRequest(
            prompts=always(case.prompt),
            n_frames=n_frames,
            seed=seed,
            width_px=asked.width_px,
            height_px=asked.height_px,
            fps=asked.fps,
            first_frame=frame,
        )

    def _first_frame(self, case: Case) -> UInt8[np.ndarray, "height width 3"]:
        from lawful.video.images import read_picture

        assert case.first_frame is not None
        if self.folder is None:
            raise InputError(
                f"suite {self.suite.id!r}: its case {case.id!r} has a first frame, which is found beside the "
                "suite's file: give the suite by the path of that file"
            )
        if case.id not in self._pictures:
            self._pictures.clear()  # seeds of a case follow each other; more than one picture is not kept
            self._pictures[case.id] = read_picture(self.folder / case.first_frame)
        return self._pictures[case.id]


@dataclass(frozen=True, eq=False)
class Plan:
    """All that is asked for."""

    request: GenerateRequest
    """As it was asked."""
    suite: Suite
    """The suite."""
    videos: tuple[PlannedVideo, ...]
    """The videos: generator by generator, in the order of cases and seeds."""
    notes: tuple[str, ...]
    """What the user should know."""
    _requests: _Requests
    """Makes what generators are asked."""

    def request_of(self, video: PlannedVideo) -> GenerationRequest:
        """What the generator of a video is asked.

        Raises:
            InputError: The case's first frame cannot be read.
        """
        generator = video.generator
        return self._requests.of(generator.can, generator.n_frames, video.case, video.seed)


def make_plan(request: GenerateRequest) -> Plan:
    """What a request comes to.

    Raises:
        InputError: A suite's file, a first frame or a setting is not usable, or the suite has no cases.
        AbsentError: A suite, a case, a generator or what it needs is not here.
        LawfulError: A generator cannot do what is asked of it.
    """
    suite = load_suite(request.suite)
    cases = chosen_cases(suite, request.cases)
    names = list(dict.fromkeys(request.generators))
    n_videos = len(names) * sum(len(_seeds(request, case)) for case in cases)
    if n_videos > _MAX_VIDEOS:
        raise InputError(
            f"{n_videos:,} videos are asked for and a folder takes {_MAX_VIDEOS:,}: name fewer cases or seeds"
        )
    requests = _Requests(request, suite, suite_folder(request.suite))
    found = {name: _planned(name, requests, cases) for name in names}
    refuse(suite.id, [case.id for case in cases], {name: refused for name, (_, refused) in found.items()})
    generators = [planned for planned, _ in found.values()]
    folders = _unique({name: named_safely(name) for name in names})
    # Of all cases, so that a file's name does not depend on which of them are asked for.
    stems = _unique({case: "/".join(map(named_safely, case.split("/"))) for case in suite.cases})
    videos = tuple(
        PlannedVideo(planned, case, seed, f"{folders[planned.name]}/{stems[case.id]}-{seed}{ENDING}")
        for planned in generators
        for case in cases
        for seed in _seeds(request, case)
    )
    return Plan(request, suite, videos, tuple(_notes(generators, cases, request)), requests)


def named_safely(name: str) -> str:
    """A name that any file system takes and no command line or folder rule misreads.

    >>> named_safely("tiny-causal"), named_safely("wan:some/folder")
    ('tiny-causal', 'wan_some_folder')
    """
    plain = unicodedata.normalize("NFC", name)
    safe = re.sub(r"[^\w.-]+", "_", plain).encode()[:_WIDEST_NAME_BYTES].decode(errors="ignore").strip(".-")
    return safe or "x"


def _seeds(request: GenerateRequest, case: Case) -> tuple[int, ...]:
    asked = case.seeds or (0,) if request.seeds is None else request.seeds
    return tuple(dict.fromkeys(asked))


def _planned(
    name: str, requests: _Requests, cases: list[Case]
) -> tuple[PlannedGenerator, tuple[Refusal, ...]]:
    """A generator, and the cases that it cannot follow; first frames that cannot be read are found here, too."""
    generator = make_generator(name, requests.request.settings(name))
    can = generator.capabilities
    n_frames = requests.request.frames(can)
    refused = refusals(generator, ((case.id, requests.of(can, n_frames, case, 0)) for case in cases))
    memory = None
    if isinstance(generator, Measured) and not refused:
        # Videos differ in their prompts and pictures, which take no memory to speak of.
        with failures_told(f"generator {name!r} failed when it was asked for the memory that a video takes"):
            memory = generator.memory_bytes(requests.of(can, n_frames, cases[0], 0))
    return PlannedGenerator(name, can, fingerprint(generator), n_frames, memory), refused


def _unique(names: Mapping[str, str]) -> dict[str, str]:
    """Safe names, those that would be one on some file system with a digest of the true name."""
    taken: dict[str, list[str]] = {}
    for name, safe in names.items():
        taken.setdefault(safe.casefold(), []).append(name)
    return {
        name: safe if len(taken[safe.casefold()]) == 1 and safe == name else f"{safe}-{digest(name)[:8]}"
        for name, safe in names.items()
    }


def _notes(generators: list[PlannedGenerator], cases: list[Case], request: GenerateRequest) -> Iterator[str]:
    n_pictures = sum(case.first_frame is not None for case in cases)
    for planned in generators:
        name, can = planned.name, planned.can
        if can.licence != UNKNOWN_LICENCE:
            yield f"{name}: licence of its weights: {can.licence}"
        if n_pictures and "first_frame" not in can.controls:
            yield f"{name} takes no first frame: {n_pictures} cases with one are made from their prompts alone"
        if can.trained_frames is not None and planned.n_frames > can.trained_frames:
            yield (
                f"{name} was trained on at most {can.trained_frames} frames and is asked for {planned.n_frames}"
            )
    lengths = {planned.name: planned.n_frames / (request.fps or planned.can.fps) for planned in generators}
    if lengths and max(lengths.values()) > 1.05 * min(lengths.values()):
        told = ", ".join(f"{name} {length_s:.2f} s" for name, length_s in lengths.items())
        yield (
            f"videos differ in length: {told}. More can go wrong in a longer video: use --duration to compare"
        )
