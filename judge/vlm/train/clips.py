"""What a judge is shown of a clip: frames picked and tracks found by the judge itself, as when it judges."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from lawful.core.digest import digest
from lawful.core.errors import InputError
from lawful.core.files import replacing
from lawful.judge.inline import chunk_frames
from lawful.judge.vlm.judge import VlmJudge
from lawful.judge.vlm.tracks.source import TrueTracks
from lawful.judge.vlm.tracks.tracked import Tracked
from lawful.judge.vlm.train.config import Sight
from lawful.video.frames import Frames, PointTracks
from lawful.video.read import open_video

_MIB = 1 << 20
_GREY = 128


@dataclass(frozen=True, eq=False)
class Shown:
    """What is shown of one clip."""

    frames: Frames
    """The frames."""
    tracked: Tracked | None
    """Tracks through them and all frames between; None where they are not used."""


@dataclass(eq=False)
class Clips:
    """Gives what is shown of clips; frames are kept in memory as far as there is room, tracks in files."""

    judge: VlmJudge
    """Whose frame policy and source of tracks it is."""
    digests: Mapping[Path, str]
    """SHA-256 of every clip."""
    folder: Path
    """Where tracks are kept."""
    memory_mb: int
    """Room for frames."""
    true_tracks: bool = False
    """Whether tracks are the true ones, of clips as `lawful worlds make` lays them out."""
    held: dict[Path, Shown] = field(default_factory=dict)
    """What is in memory."""
    held_bytes: int = 0
    """How much that is."""

    def shown(self, clip: Path) -> Shown:
        """What is shown of a clip.

        Raises:
            InputError: It cannot be read, or is damaged: then nobody knows what its label is of.
        """
        if clip in self.held:
            return self.held[clip]
        made = self._made(clip)
        size = made.frames.rgb.nbytes
        if self.held_bytes + size <= self.memory_mb * _MIB:
            self.held[clip] = made
            self.held_bytes += size
        return made

    def _made(self, clip: Path) -> Shown:
        reader, kept = self.judge, None
        if reader.uses is not None:
            if self.true_tracks:
                truth = TrueTracks(clip.parent.parent / "truth")
                reader = replace(reader, uses=replace(reader.uses, source=truth))
            kept = self._tracks_file(clip, reader)
            if kept.exists():
                # Only the frames that are shown have to be read.
                reader = replace(reader, uses=None)
        with open_video(clip, sha256=self.digests[clip]) as video:
            # Some protocols will not open a clip without a prompt; it decides nothing about what is shown.
            state = reader.open(video.meta, (), {"prompt": ""})
            for frames in video.chunks(reader.sampling, chunk_frames(video.meta, reader.sampling)):
                state = reader.push(state, frames)
            if video.damage is not None:
                raise InputError(f"{clip}: {video.damage}. Take it out of the labels, or get it again.")
        frames, tracked = reader.shown(state)
        if kept is None:
            return Shown(frames, None)
        if tracked is None:
            return Shown(frames, _read_tracks(kept))
        _write_tracks(kept, tracked)
        return Shown(frames, tracked)

    def _tracks_file(self, clip: Path, reader: VlmJudge) -> Path:
        assert reader.uses is not None
        source = dict(reader.uses.source.identity())
        name = digest([self.digests[clip], source, self.judge.settings.policy.long_side_px])
        return self.folder / f"{name[:32]}.npz"


def seen_as(shown: Shown, sight: Sight, key: str) -> Shown:
    """What is shown, changed so that a judge is blind to some of it; times stay, so that the prompt does too.

    Args:
        shown: What is shown.
        sight: How.
        key: Chooses the order of shuffled frames, such as the clip's digest.
    """
    frames = shown.frames
    if sight == "video":
        return shown
    rgb = frames.rgb
    if sight == "no_video":
        rgb = np.full_like(rgb, _GREY)
    elif sight == "one_frame":
        rgb = np.repeat(rgb[len(rgb) // 2][None], len(rgb), axis=0)
    else:
        rgb = rgb[_other_order(len(rgb), key)]
    return Shown(Frames(rgb, frames.times_s, frames.indices), None)


def _other_order(n: int, key: str) -> Int64[np.ndarray, " n"]:
    """An order of frames that is not their own, unless there is one alone."""
    rng = np.random.default_rng(int(key[:16], 16))
    order = rng.permutation(n)
    while n > 1 and np.array_equal(order, np.arange(n)):
        order = rng.permutation(n)
    return order


def _write_tracks(path: Path, tracked: Tracked) -> None:
    points = tracked.points
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            ids=points.ids,
            times_s=points.times_s,
            xy=points.xy,
            visible=points.visible,
            owner=tracked.owner,
            camera_moves=np.array(tracked.camera_moves),
        )


def _read_tracks(path: Path) -> Tracked:
    with np.load(path) as held:
        points = PointTracks(held["ids"], held["times_s"], held["xy"], held["visible"])
        return Tracked(points, held["owner"], bool(held["camera_moves"]))
