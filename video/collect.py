"""From the paths that a user names to the clips to look at. Nothing is decoded here."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lawful.core.errors import InputError
from lawful.video.images import IMAGE_SUFFIXES, is_animated_webp, numbered_images

VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif"})
"""Endings of the files that are taken for videos in a folder; animated .webp is told by its header."""
NO_RATE = "a folder of numbered images has no frame rate of its own: give --image-fps"


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


@dataclass(frozen=True)
class _Folder:
    """A folder that is to be walked."""

    path: Path
    """Where it is."""
    shown: Path
    """Its path as shown; empty for the only given folder."""
    below: tuple[str, ...]
    """The folders from the given one to it."""

    @property
    def name(self) -> str:
        return str(self.shown) if self.shown.parts else self.path.resolve().name


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
        if not os.path.isdir(path):  # unlike Path.is_dir, it does not raise where it may not look
            self._add_file(path, str(path), None)
            return
        waiting = [_Folder(path, Path() if alone else path, ())]
        while waiting:
            waiting.extend(reversed(self._walked(waiting.pop())))

    def _walked(self, folder: _Folder) -> list[_Folder]:
        """Take in a folder's files; returns the folders in it."""
        try:
            status = folder.path.stat()
            entries = sorted(os.scandir(folder.path), key=lambda entry: entry.name)
        except OSError as error:
            self._add(folder.path, folder.name, folder.below[:-1], error=error.strerror)
            return []
        if (status.st_dev, status.st_ino) in self._folders:
            if folder.path.is_symlink():
                self._skip(folder.path, "a link to a folder that was walked already")
            return []
        self._folders.add((status.st_dev, status.st_ino))
        images: list[Path] = []
        folders: list[_Folder] = []
        has_videos = False
        for entry in entries:
            found = folder.path / entry.name
            suffix = found.suffix.lower()
            if entry.name.startswith("."):
                self._skip(found, "hidden")
            elif _is_folder(entry):
                folders.append(_Folder(found, folder.shown / entry.name, (*folder.below, entry.name)))
            elif self._is_image(found):
                images.append(found)
            elif suffix in VIDEO_SUFFIXES or suffix == ".webp":
                has_videos = True
                self._add_file(
                    found, str(folder.shown / entry.name), folder.below[0] if folder.below else None
                )
            else:
                self._skip(found, "not a video by its ending")
        self._add_images(folder, images, has_videos)
        return folders

    def _is_image(self, path: Path) -> bool:
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            return False
        if path.suffix.lower() != ".webp":
            return True
        try:
            # Opening a pipe would wait for its other end.
            return stat.S_ISREG(path.stat().st_mode) and not is_animated_webp(path)
        except OSError:
            return False  # goes on as a video, whose error is told

    def _add_images(self, folder: _Folder, images: list[Path], has_videos: bool) -> None:
        if not images:
            return
        clip = "the folder holds videos too" if has_videos else numbered_images(images)
        if isinstance(clip, str):
            for image in images:
                self._skip(image, f"an image, and no clip: {clip}")
            return
        error = NO_RATE if self._image_fps is None else None
        self._add(folder.path, folder.name, folder.below[:-1], image_fps=self._image_fps, error=error)
        used = frozenset(clip.paths)
        for image in images:
            if image not in used:
                self._skip(image, "an image that is not one of the folder's numbered images")

    def _add_file(self, path: Path, name: str, folder: str | None) -> None:
        try:
            mode = path.stat().st_mode
        except OSError as error:
            is_broken = error.errno in {errno.ENOENT, errno.ELOOP} and os.path.islink(path)
            why = "a broken link" if is_broken else error.strerror
            self._add(path, name, (folder,) if folder else (), error=why)
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


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # goes on as a file, whose error is told


def _is_not_utf8(name: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in name)


def _uniquely_named(inputs: Sequence[ClipInput]) -> Iterator[ClipInput]:
    """The inputs, those with a name that is taken under their absolute path."""
    taken: set[str] = set()
    for clip in inputs:
        unique = clip if clip.name not in taken else replace(clip, name=printable(str(clip.path)))
        taken.add(unique.name)
        yield unique
