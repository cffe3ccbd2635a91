"""The videos that ratings may name: those of a run or of a folder."""

from collections.abc import Iterable
from pathlib import Path, PurePath

from lawful.core.errors import InputError
from lawful.judge.reading import read_run
from lawful.judge.schema import DATABASE
from lawful.video.collect import collect


class KnownVideos:
    """Names of videos, found by as much of a name as ratings have."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(sorted(set(names)))
        """The videos by name, sorted."""
        self._by_end: dict[tuple[str, ...], str | None] = {}
        for name in self.names:
            for parts in {PurePath(name).parts, PurePath(name).with_suffix("").parts}:
                for start in range(len(parts)):
                    end = parts[start:]
                    # An end that two videos share names neither, unless it is the whole name of one.
                    whole = start == 0 and end == PurePath(name).parts
                    self._by_end[end] = name if whole or end not in self._by_end else None
        for name in self.names:
            self._by_end[PurePath(name).parts] = name

    def __len__(self) -> int:
        return len(self.names)

    def find(self, name: str, generator: str | None = None) -> str | None:
        """The video that a name means: whole, without its ending, or as the end of one path only; else None."""
        found = self._by_end.get(PurePath(name).parts)
        if found is None and generator is not None:
            found = self._by_end.get((generator, *PurePath(name).parts))
        return found


def known_videos(place: Path) -> KnownVideos:
    """The videos of a run folder, or of a folder of videos.

    Raises:
        InputError: The place is absent, or there is no video in it.
    """
    if (place / DATABASE).exists():
        names = {clip.video for clip in read_run(place)}
    else:
        names = {clip.name for clip in collect([place]).inputs}
    if not names:
        raise InputError(f"{place}: holds no video. Give a run folder, or a folder of videos.")
    return KnownVideos(names)
