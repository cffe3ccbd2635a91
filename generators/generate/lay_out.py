"""Videos put where a benchmark's tools look for them: links, copies, or cut to length."""

import csv
import io
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lawful.core.errors import InputError
from lawful.core.files import new_folder, write_atomic
from lawful.generators.generate.layouts import Placement, arranged
from lawful.generators.manifest import MANIFEST, read_manifest, told_prompt


@dataclass(frozen=True)
class LayoutSummary:
    """What was laid out."""

    folder: Path
    """The new folder."""
    n_videos: int
    """Videos in it."""
    n_cut: int
    """Those that are written anew, because only a part of them is wanted."""
    tables: tuple[Path, ...]
    """Tables that were written."""
    notes: tuple[str, ...]
    """What the benchmark wants and these videos are not."""


def lay_out(
    folder: Path,
    layout: str,
    out: Path,
    copy: bool,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> LayoutSummary:
    """Lay out the videos of a manifest; the new folder appears whole or not at all.

    Args:
        folder: Holds the manifest and its videos, which stay as they are.
        layout: One of `lawful.generators.generate.layouts.LAYOUTS`.
        out: The new folder; absent or empty.
        copy: Copy files; otherwise they are links to those of `folder`.
        tell: Is told how many of how many videos are done.

    Raises:
        InputError: There is no manifest, a video of it is gone, or does not fit the layout.
        LawfulError: The new folder is not empty.
    """
    records = list(read_manifest(folder / MANIFEST).values())
    if not records:
        raise InputError(f"{folder / MANIFEST}: has no videos; generate some first")
    gone = [record.file for record in records if not (folder / record.file).is_file()]
    if gone:
        raise InputError(
            f"{folder}: {len(gone)} videos of its manifest are not there, such as {gone[0]}: "
            "the command that made them makes them again"
        )
    found = arranged(layout, records)
    with new_folder(out) as inside:
        for done, placement in enumerate(found.placements, start=1):
            _place(folder, placement, inside, out, copy)
            tell(done, len(found.placements))
        for path, rows in found.captions.items():
            write_atomic(inside / path, _captions(rows, out))
    n_cut = sum(placement.part is not None for placement in found.placements)
    tables = tuple(out / path for path in found.captions)
    return LayoutSummary(out, len(found.placements), n_cut, tables, found.notes)


def _place(folder: Path, placement: Placement, inside: Path, out: Path, copy: bool) -> None:
    source, target = folder / placement.record.file, inside / placement.target
    target.parent.mkdir(parents=True, exist_ok=True)
    if placement.part is not None:
        _cut(source, target, placement.part)
    elif copy:
        shutil.copyfile(source, target)
    else:
        beside = (out.resolve() / placement.target).parent
        target.symlink_to(os.path.relpath(source.resolve(), beside))


def _cut(source: Path, target: Path, part: tuple[int, int]) -> None:
    """Write a part of a video as a video of its own that begins at 0 s."""
    from lawful.video.frames import Frames
    from lawful.video.read import open_video
    from lawful.video.sampling import Sampling
    from lawful.video.write import VideoWriter

    first, end = part
    n_written = 0
    with open_video(source) as reader, VideoWriter(target) as writer:
        start_s = None
        for frames in reader.chunks(Sampling()):
            inside = (frames.indices >= first) & (frames.indices < end)
            if not inside.any():
                continue
            times_s = frames.times_s[inside]
            start_s = float(times_s[0]) if start_s is None else start_s
            writer.write(Frames(frames.rgb[inside], times_s - start_s, frames.indices[inside] - first))
            n_written += len(times_s)
        if n_written != end - first:
            raise InputError(
                f"{source}: has {n_written} of the frames {first} to {end - 1}, which its row in {MANIFEST} says "
                "are there: the command that made it makes it again"
            )


def _captions(rows: tuple[Placement, ...], out: Path) -> str:
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(("videopath", "caption"))
    for placement in rows:
        writer.writerow((str(out.absolute() / placement.target), told_prompt(placement.record)))
    return table.getvalue()
