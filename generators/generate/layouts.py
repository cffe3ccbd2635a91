"""How the tools of benchmarks want videos to be named and put into folders.

Sources: the READMEs and scripts of VBench and VBench-2.0 (Vchitect/VBench), Physics-IQ
(google-deepmind/physics-IQ-benchmark), PhyGenBench (OpenGVLab/PhyGenBench) and VideoPhy (Hritikbansal/videophy).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lawful.core.errors import InputError
from lawful.generators.generate.plan import named_safely
from lawful.generators.manifest import told_prompt
from lawful.generators.records import VideoRecord

ENDING = ".mp4"
_MAX_NAME_BYTES = 255
_VBENCH2_CHARACTERS = 180
_PHYSICS_IQ_FPS = (8.0, 16.0, 24.0, 30.0)
_PHYSICS_IQ_S = 5
_PHYSICS_IQ_VIDEOS = 198


@dataclass(frozen=True)
class Placement:
    """Where a video goes."""

    record: VideoRecord
    """The video."""
    target: str
    """Its path in the new folder."""
    part: tuple[int, int] | None = None
    """First frame and end (exclusive) of the part that is wanted; None for the file as it is."""


@dataclass(frozen=True)
class Arrangement:
    """Where all videos go."""

    placements: tuple[Placement, ...]
    """One for each video, no two at the same place."""
    captions: Mapping[str, tuple[Placement, ...]] = field(default_factory=dict)
    """Tables of videos and captions to be written, by their path in the new folder."""
    notes: tuple[str, ...] = ()
    """What the benchmark wants and these videos are not."""


def vbench(records: Sequence[VideoRecord]) -> Arrangement:
    """`<generator>/<dimension>/<prompt>-<i>.mp4`, i from 0; the dimension is the first part of a case's id."""
    wanted = lambda folder: 25 if folder.endswith("/temporal_flickering") else 5  # noqa: E731
    return _by_prompt(records, None, wanted)


def vbench2(records: Sequence[VideoRecord]) -> Arrangement:
    """The same with the prompt's first 180 characters."""
    wanted = lambda folder: 20 if folder.endswith("/Diversity") else 3  # noqa: E731
    return _by_prompt(records, _VBENCH2_CHARACTERS, wanted)


def physics_iq(records: Sequence[VideoRecord]) -> Arrangement:
    """`<generator>-run_<k>/<ID>_<category>.mp4`, exactly 5 s after the given frames, at 8, 16, 24 or 30 a second."""
    placements = []
    for rank, record in _ranked(records):
        match = re.fullmatch(r"(?:(?P<category>.*)/)?(?P<id>\d{4})", record.case or "", re.ASCII)
        if match is None:
            raise InputError(
                f"{record.file}: case {record.case!r} does not end in a Physics-IQ id of four digits; "
                "generate from a suite made by `lawful checklists import physics-iq`"
            )
        folder = f"{named_safely(record.generator)}-run_{rank + 1:02}"
        name = f"{match['id']}_{named_safely(match['category'] or 'generated')}{ENDING}"
        placements.append(Placement(record, f"{folder}/{name}", _five_seconds(record)))
    folders = Counter(placement.target.split("/")[0] for placement in placements)
    return Arrangement(
        tuple(placements),
        notes=tuple(
            f"{folder}: {n} of the {_PHYSICS_IQ_VIDEOS} videos that Physics-IQ wants of a run"
            for folder, n in sorted(folders.items())
            if n != _PHYSICS_IQ_VIDEOS
        ),
    )


def phygenbench(records: Sequence[VideoRecord]) -> Arrangement:
    """`<generator>/output_video_<n>.mp4`, n the number that a case's id ends in; later seeds in folders of their own."""
    placements = []
    for rank, record in _ranked(records):
        match = re.search(r"\d{1,9}$", record.case or "", re.ASCII)
        if match is None:
            raise InputError(
                f"{record.file}: case {record.case!r} does not end in a number; PhyGenBench numbers its prompts from 1"
            )
        folder = named_safely(record.generator) + (f"-run_{rank + 1:02}" if rank else "")
        placements.append(Placement(record, f"{folder}/output_video_{int(match[0])}{ENDING}"))
    return Arrangement(tuple(placements))


def videophy(records: Sequence[VideoRecord]) -> Arrangement:
    """The files as they are named, and for each generator a table with the columns videopath and caption."""
    placements = [Placement(record, record.file) for record in records]
    tables: dict[str, list[Placement]] = defaultdict(list)
    for placement in placements:
        if told_prompt(placement.record) is None:
            raise InputError(
                f"{placement.record.file}: has no prompt, and VideoPhy judges videos by their captions"
            )
        tables[f"{named_safely(placement.record.generator)}.csv"].append(placement)
    return Arrangement(tuple(placements), {path: tuple(rows) for path, rows in tables.items()})


LAYOUTS: dict[str, Callable[[Sequence[VideoRecord]], Arrangement]] = {
    "vbench": vbench,
    "vbench2": vbench2,
    "physics-iq": physics_iq,
    "phygenbench": phygenbench,
    "videophy": videophy,
}
"""The layouts by name."""


def arranged(layout: str, records: Sequence[VideoRecord]) -> Arrangement:
    """Where the videos of a manifest go.

    Args:
        layout: One of `LAYOUTS`.
        records: The rows; their order does not matter.

    Raises:
        InputError: A video cannot be put there: its case, prompt, length or rate do not fit, or two want one place.
    """
    ordered = sorted(
        records, key=lambda record: (record.generator, record.case or "", record.seed, record.file)
    )
    found = LAYOUTS[layout](ordered)
    taken: dict[str, Placement] = {}
    for placement in found.placements:
        held = taken.setdefault(placement.target.casefold(), placement)
        if held is not placement:
            raise InputError(
                f"{held.record.file} and {placement.record.file} would both be {placement.target}: "
                "lay out fewer cases, generators or suites at a time"
            )
    return found


def _by_prompt(
    records: Sequence[VideoRecord], n_characters: int | None, wanted: Callable[[str], int]
) -> Arrangement:
    places: dict[tuple[str, str], list[VideoRecord]] = defaultdict(list)
    for record in records:
        head, slash, _ = (record.case or "").partition("/")
        folder = named_safely(record.generator) + (f"/{named_safely(head)}" if slash else "")
        places[folder, _stem(record, n_characters)].append(record)
    placements = []
    short: Counter[str] = Counter()
    for (folder, stem), held in places.items():
        prompts = {record.prompts[0].text for record in held}
        if len(prompts) > 1:
            raise InputError(
                f"{held[0].file} and {held[-1].file}: their prompts begin with the same {n_characters} characters, "
                "by which their files would be named"
            )
        short[folder] += len(held) != wanted(folder)
        placements += [
            Placement(record, f"{folder}/{stem}-{number}{ENDING}") for number, record in enumerate(held)
        ]
    notes = tuple(
        f"{folder}: {n} prompts do not have the {wanted(folder)} videos that the benchmark wants"
        for folder, n in sorted(short.items())
        if n
    )
    return Arrangement(tuple(placements), notes=notes)


def _stem(record: VideoRecord, n_characters: int | None) -> str:
    """A prompt as the beginning of a file's name.

    Raises:
        InputError: It cannot be one.
    """
    texts = [prompt.text for prompt in record.prompts]
    if len(texts) != 1 or not texts[0]:
        raise InputError(
            f"{record.file}: files are named by one prompt; this video has none, or several in turn"
        )
    text = texts[0][:n_characters]
    if "/" in text or not text.isprintable():
        raise InputError(
            f"{record.file}: its prompt has a slash or a line break, and would name its file: {text!r}"
        )
    if len(f"{text}-99{ENDING}".encode()) > _MAX_NAME_BYTES:
        raise InputError(
            f"{record.file}: its prompt has {len(text.encode())} bytes and would name its file, which has room for "
            f"{_MAX_NAME_BYTES}: VBench takes such videos in its mode custom_input alone"
        )
    return text


def _ranked(records: Sequence[VideoRecord]) -> Iterator[tuple[int, VideoRecord]]:
    """Each video with its place among those of its generator and case, by seed."""
    seen: Counter[tuple[str, str | None]] = Counter()
    for record in records:
        key = (record.generator, record.case)
        yield seen[key], record
        seen[key] += 1


def _five_seconds(record: VideoRecord) -> tuple[int, int] | None:
    if record.fps not in _PHYSICS_IQ_FPS:
        raise InputError(
            f"{record.file}: has {record.fps:g} frames a second; Physics-IQ takes "
            f"{', '.join(f'{fps:g}' for fps in _PHYSICS_IQ_FPS)}: generate with --fps"
        )
    wanted = round(_PHYSICS_IQ_S * record.fps)
    made = record.n_frames - record.n_given
    if made < wanted:
        raise InputError(
            f"{record.file}: has {made} generated frames, {made / record.fps:.2f} s; Physics-IQ wants exactly "
            f"{_PHYSICS_IQ_S} s without the given frames: generate with --frames {wanted + record.n_given}"
        )
    return None if made == wanted and not record.n_given else (record.n_given, record.n_given + wanted)
