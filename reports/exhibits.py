"""Saved evidence as a page shows it: pictures inside the page, links beside it, or a word on what is missing."""

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from lawful.core.errors import InputError
from lawful.video.frames import PointTracks

MAX_FRAME_BYTES = 2_000_000
"""Larger evidence files are linked, never embedded."""


@dataclass(frozen=True)
class Picture:
    """One evidence frame."""

    time_s: float
    """Its presentation time."""
    data_uri: str | None
    """The picture itself; None if it is not embedded."""
    link: str | None
    """Relative address of its file; None if there is no file."""
    missing: str | None
    """Why there is nothing to show; None if there is."""


class Exhibits:
    """The evidence files of one run, embedded as long as there is room."""

    def __init__(self, run: Path | None, links_from: Path) -> None:
        self._run = None if run is None else run.resolve()
        self._links_from = links_from.resolve()
        self._room_bytes = 0

    def open_card(self, room_bytes: int) -> None:
        """Start a card that may embed so many bytes."""
        self._room_bytes = room_bytes

    def picture(self, time_s: float, file: str | None) -> Picture:
        """An evidence frame: embedded while the card has room, linked afterwards."""
        path, problem = self._real(file)
        if path is None:
            return Picture(time_s, None, None, problem)
        link = self.link(path)
        try:
            size = path.stat().st_size
            if size > min(self._room_bytes, MAX_FRAME_BYTES):
                return Picture(time_s, None, link, None)
            content = path.read_bytes()
        except OSError as error:
            return Picture(time_s, None, None, f"{file}: {error.strerror}")
        if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
            return Picture(time_s, None, None, f"{file}: is no webp picture")
        self._room_bytes -= len(content)
        uri = "data:image/webp;base64," + base64.b64encode(content).decode("ascii")
        return Picture(time_s, uri, link, None)

    def frame_link(self, file: str | None) -> str | None:
        """Relative address of an evidence file, without opening it."""
        path, _ = self._inside(file)
        return None if path is None else self.link(path)

    def tracks(self, file: str) -> tuple[PointTracks | None, str | None]:
        """The saved tracks, or why they cannot be shown."""
        from lawful.judge.exhibits import load_tracks

        path, problem = self._real(file)
        if path is None:
            return None, problem
        try:
            return load_tracks(path), None
        except InputError as error:
            return None, str(error)

    def link(self, path: Path) -> str:
        """Address of a file relative to the page, safe inside an attribute and never with a scheme."""
        relative = os.path.relpath(os.fsencode(path), os.fsencode(self._links_from))
        return quote("./" + os.fsdecode(relative), safe="/", errors="surrogateescape")

    def _inside(self, file: str | None) -> tuple[Path | None, str | None]:
        if file is None:
            return None, "this frame was not saved"
        if self._run is None:
            return None, f"{file}: there is no run folder"
        path = Path(os.path.normpath(self._run / file))
        if not path.is_relative_to(self._run):
            return None, f"{file}: lies outside the run folder"
        return path, None

    def _real(self, file: str | None) -> tuple[Path | None, str | None]:
        """The file to open: links that lead out of the run folder are not followed."""
        path, problem = self._inside(file)
        if path is not None and self._run is not None and not path.resolve().is_relative_to(self._run):
            return None, f"{file}: lies outside the run folder"
        return path, problem
