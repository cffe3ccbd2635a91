"""From the paths that a user names to the clips to look at. Nothing is decoded here."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lawful.core.errors import InputError
from lawful.video.images import IMAGE_SUFFIXES, NumberedImages, is_animated_webp, numbered_images

VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif"})
"""Endings of the files that are taken for videos in a folder; animated .webp is told by its header."""
NO_RATE = "a folder of numbered images has no frame rate of its own: give --fps"


@dataclass(frozen=True)
class ClipInput:
    """A clip to look at."""

    path: Path
    """Absolute path of the file or of the folder of images."""
    name: str
    """How it is shown to people, unique in its collection: below a folder, its path from there."""
    folder: str | None = None
    """First folder below the given one that holds it; None for files named by the user or right inside."""
    image_fps: float | None = None
    """Frames a second of a folder of images; None for files."""
    error: str | None = None
    """Why it cannot be looked at, where that is known already."""


@dataclass(frozen=True)
class SkippedFile:
    """A file or folder that was found and is no clip."""

    path: Path
    """Its path, below the given one."""
    why: str
    """The reason in a few words."""


@dataclass(frozen=True)
class Collection:
    """What some paths come to."""

    inputs: tuple[ClipInput, ...]
    """The clips, in the order of the paths and sorted by name within a folder."""
    skipped: tuple[SkippedFile, ...]
    """All that was found and is no clip."""


def collect(paths: Sequence[Path], *, image_fps: float | None = None) -> Collection:
    """The clips that some files and folders hold; `docs/videos.md` has the rules.

    Args:
        paths: Files and folders, as the user gave them.
        image_fps: Frames a second of folders of images.

    Raises:
        InputError: A named path does not exist.
    """
    walk = _Walk(image_fps)
    for path in paths:
        walk.add_named(path, alone=len(paths) == 1)
    return Collection(tuple(_uniquely_named(walk.inputs)), tuple(walk.skipped))


def printable(name: str) -> str:
    r"""A file name that fits on one line: what cannot be printed is escaped.

    >>> printable("a\nb.mp4")
    'a\\nb.mp4'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


class _Walk:
    """Inputs and skipped files so far, and the folders and files that were seen."""

    def __init__(self, image_fps: float | None) -> None:
        self.inputs: list[ClipInput] = []
        self.skipped: list[SkippedFile] = []
        self._image_fps = image_fps
        self._folders: set[tuple[int, int]] = set()
        self._files: set[Path] = set()

    def add_named(self, path: Path, alone: bool) -> None:
        if not os.path.lexists(path):
            raise InputError(f"{printable(str(path))}: no such file or folder")
        if path.is_dir():
            self._add_folder(path, (), Path() if alone else path)
        else:
            self._add_file(path, str(path), None)

    def _add_folder(self, path: Path, below: tuple[str, ...], shown: Path) -> None:
        """Walk a folder; `below` are the folders from the given one to it, `shown` its path as shown."""
        try:
            status = path.stat()
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError as error:
            self._add(path, str(shown / path.name if not below else shown), below[:-1], error=error.strerror)
            return
        if (status.st_dev, status.st_ino) in self._folders:
            if path.is_symlink():
                self._skip(path, "a link to a folder that was walked already")
            return
        self._folders.add((status.st_dev, status.st_ino))
        images: list[Path] = []
        videos = 0
        for entry in entries:
            found = path / entry.name
            if entry.name.startswith("."):
                self._skip(found, "hidden")
            elif entry.is_dir():
                self._add_folder(found, (*below, entry.name), shown / entry.name)
            elif self._is_image(found):
                images.append(found)
            elif found.suffix.lower() in VIDEO_SUFFIXES or found.suffix.lower() == ".webp":
                videos += 1
                self._add_file(found, str(shown / entry.name), below[0] if below else None)
            else:
                self._skip(found, "not a video by its ending")
        self._add_images(path, images, videos, below, shown)

    def _is_image(self, path: Path) -> bool:
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            return False
        if path.suffix.lower() != ".webp":
            return True
        try:
            return not is_animated_webp(path)
        except OSError:
            return False  # goes on as a video, whose error is told

    def _add_images(
        self, path: Path, images: list[Path], videos: int, below: tuple[str, ...], shown: Path
    ) -> None:
        if not images:
            return
        clip = "the folder holds videos too" if videos else numbered_images(images)
        used: frozenset[Path] = frozenset()
        why = "an image that is not one of the folder's numbered images"
        if isinstance(clip, NumberedImages):
            used = frozenset(clip.paths)
            name = str(shown) if shown != Path() else path.absolute().name
            error = NO_RATE if self._image_fps is None else None
            self._add(path, name, below[:-1], image_fps=self._image_fps, error=error)
        else:
            why = f"an image, and no clip: {clip}"
        for image in images:
            if image not in used:
                self._skip(image, why)

    def _add_file(self, path: Path, name: str, folder: str | None) -> None:
        try:
            mode = path.stat().st_mode
        except OSError as error:
            link = "a broken link" if path.is_symlink() else error.strerror
            self._add(path, name, (folder,) if folder else (), error=link)
            return
        error = None
        if not stat.S_ISREG(mode):
            error = "not a regular file"
        elif not os.access(path, os.R_OK):
            error = "permission denied"
        self._add(path, name, (folder,) if folder else (), error=error)

    def _add(
        self,
        path: Path,
        name: str,
        below: tuple[str, ...],
        image_fps: float | None = None,
        error: str | None = None,
    ) -> None:
        absolute = path.parent.resolve() / path.name if path.name else path.resolve()
        if absolute in self._files:
            return
        self._files.add(absolute)
        if _is_not_utf8(str(absolute)):
            error = "its name is not valid UTF-8: rename it"
        folder = printable(below[0]) if below else None
        self.inputs.append(ClipInput(absolute, printable(name), folder, image_fps, error))

    def _skip(self, path: Path, why: str) -> None:
        self.skipped.append(SkippedFile(path, why))


def _is_not_utf8(name: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in name)


def _uniquely_named(inputs: Sequence[ClipInput]) -> Iterator[ClipInput]:
    """The inputs, those with a name that is taken under their absolute path."""
    taken: set[str] = set()
    for clip in inputs:
        unique = clip if clip.name not in taken else replace(clip, name=printable(str(clip.path)))
        taken.add(unique.name)
        yield unique
