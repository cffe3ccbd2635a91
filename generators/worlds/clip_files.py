"""A simulated clip as files: the video that a judge sees, and its truth, which no judge sees."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lawful.core.files import write_atomic
from lawful.generators.worlds.records import WorldClip
from lawful.generators.worlds.truth_files import ClipTruth, read_truth, write_truth
from lawful.video.write import write_video

__all__ = ["ClipTruth", "clip_name", "even_sizes", "read_truth", "write_clip"]

_BOX_HEAD_BYTES = 8


def clip_name(number: int, clip: WorldClip) -> str:
    """A name that tells nothing: the pair's number, and a letter that the clip's seed gives to the lawful twin.

    >>> from lawful.generators.worlds.make import make_clip
    >>> clip_name(17, make_clip("still", 3, width_px=64, height_px=64))
    '000017-a'

    Args:
        number: Number of the pair, or of a clip without a twin.
        clip: Either of the twins; the other one gets the other letter.
    """
    lawful_first = np.random.default_rng([clip.seed, number]).random() < 0.5
    return f"{number:06d}-{'a' if lawful_first == (clip.violation is None) else 'b'}"


def write_clip(folder: Path, name: str, clip: WorldClip) -> list[Path]:
    """Write clips/NAME.mp4, truth/NAME.truth.json and truth/NAME.truth.npz; each appears whole.

    The truth is written last, its facts at the very end: where they are, the clip is finished.

    Args:
        folder: Where `clips` and `truth` are; made if missing, files of the same names are replaced.
        name: See `clip_name`.
        clip: The clip.

    Returns:
        The three paths.

    Raises:
        LawfulError: A file cannot be written.
    """
    video = folder / "clips" / f"{name}.mp4"
    write_video(video, clip.frames)
    return [video, *write_truth(folder / "truth", name, clip)]


def even_sizes(paths: Sequence[Path]) -> None:
    """Make mp4 files equally long by an empty box at their ends, so that twins cannot be told by size.

    Players and readers pass over such a box. What is coded before it stays as it is.

    Args:
        paths: The twins. Files of one size already are left alone.
    """
    sizes = [path.stat().st_size for path in paths]
    if len({*sizes}) < 2:
        return
    # The longest gets a box too: a shorter one may lack fewer bytes than the head of a box has.
    target = max(sizes) + _BOX_HEAD_BYTES
    for path, size in zip(paths, sizes, strict=True):
        length = target - size
        write_atomic(path, path.read_bytes() + length.to_bytes(4, "big") + b"free" + bytes(length - 8))
