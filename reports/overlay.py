"""Overlay videos: a clip with its evidence drawn in, and underneath what is said and when."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from lawful.core.errors import InputError, LawfulError
from lawful.judge.records import Evidence
from lawful.judge.stored import StoredClip
from lawful.reports.captions import Caption, caption_strip
from lawful.reports.cards import cited_evidence, standing_of
from lawful.reports.exhibits import Exhibits
from lawful.reports.figures import law_name, law_rgb
from lawful.reports.rows import judged
from lawful.video.frames import Box, Frames, PointTracks
from lawful.video.read import open_video, source_sha256
from lawful.video.sampling import Sampling
from lawful.video.write import VideoWriter

LONG_SIDE_PX = 1280
"""Larger clips are shrunk to this."""
MIN_WIDTH_PX = 480
"""Smaller clips are enlarged by a whole factor, so that the words have room."""
MIN_SHOWN_S = 0.6
"""Evidence that is shorter stays on screen this long."""

_Rgb = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True)
class OverlayCounts:
    """What came of writing overlays."""

    written: int
    """Videos written."""
    without_evidence: int
    """Clips with nothing to draw."""
    failed: int
    """Clips whose video could not be written; the reasons were said."""


@dataclass(frozen=True, eq=False)
class _Drawn:
    """One piece of evidence, ready to be drawn."""

    evidence: Evidence
    title: str
    tracks: PointTracks | None
    rgb: tuple[int, int, int]

    def is_shown(self, time_s: float) -> bool:
        start_s = self.evidence.start_s
        return start_s <= time_s <= max(self.evidence.end_s, start_s + MIN_SHOWN_S)


def write_overlays(
    clips: Iterable[StoredClip], run: Path, out_dir: Path, say: Callable[[str], None]
) -> OverlayCounts:
    """Write ``NUMBER-NAME-JUDGE.mp4`` for every clip that has evidence.

    Args:
        clips: What the run holds; the number is the clip's place in it.
        run: The run folder, which holds the saved tracks.
        out_dir: The folder to write into; made if missing.
        say: Takes a line of progress for every clip, and the reason for every failure.

    Returns:
        The counts. A clip whose video was moved or changed is counted as failed, and the others go on.
    """
    written = without = failed = 0
    for number, clip in enumerate(clips, 1):
        drawn = _drawn(clip, run, say)
        if not drawn:
            without += 1
            continue
        path = out_dir / f"{number:04d}-{_safe(Path(clip.video).stem)}-{_safe(clip.judge)}.mp4"
        try:
            damage = _write_overlay(clip, drawn, path)
        except (LawfulError, OSError) as error:
            failed += 1
            say(f"{clip.video}: {error}")
            continue
        written += 1
        say(f"{clip.video} -> {path}")
        if damage is not None:
            say(f"{clip.video}: the overlay ends where the file is damaged: {damage}")
    return OverlayCounts(written, without, failed)


def _drawn(clip: StoredClip, run: Path, say: Callable[[str], None]) -> list[_Drawn]:
    exhibits = Exhibits(run, run)
    drawn = []
    for evidence, resting in cited_evidence(judged(clip).outcomes):
        tracks = None
        if evidence.tracks_file is not None:
            tracks, problem = exhibits.tracks(evidence.tracks_file)
            if problem is not None:
                say(f"{clip.video}: drawn without tracks: {problem}")
        standing = standing_of(resting[0][0], clip.rule)
        remark = "" if standing == "violation" else f" ({standing.replace('_', ' ')})"
        title = law_name(evidence.law) + remark
        drawn.append(_Drawn(evidence, title, tracks, law_rgb(evidence.law)))
    return drawn


def _write_overlay(clip: StoredClip, drawn: Sequence[_Drawn], path: Path) -> str | None:
    source = Path(clip.path)
    _check_unchanged(clip, source)
    with (
        open_video(source, image_fps=clip.image_fps, sha256=clip.sha256, name=clip.video) as reader,
        VideoWriter(path) as writer,
    ):
        duration_s = clip.duration_s or reader.meta.duration_s or max(one.evidence.end_s for one in drawn)
        for chunk in reader.chunks(Sampling(long_side_px=LONG_SIDE_PX)):
            pictures = [
                draw_overlay(rgb, time_s, duration_s, drawn)
                for rgb, time_s in zip(chunk.rgb, chunk.times_s.tolist(), strict=True)
            ]
            writer.write(Frames(np.stack(pictures), chunk.times_s, chunk.indices))
        return reader.damage


def _check_unchanged(clip: StoredClip, source: Path) -> None:
    if not source.exists():
        raise InputError(f"the video is not at {source} any more. Put it back to draw its overlay.")
    now = source_sha256(source, image_fps=clip.image_fps)
    if now != clip.sha256:
        raise InputError(
            f"{source} has changed since it was scored (sha256 {str(clip.sha256)[:12]} then, {now[:12]} now). "
            "Score it again to draw its overlay."
        )


def draw_overlay(
    rgb: UInt8[np.ndarray, "height width 3"], time_s: float, duration_s: float, drawn: Sequence[_Drawn]
) -> UInt8[np.ndarray, "picture_height picture_width 3"]:
    """One frame with the boxes and tracks of the evidence at that time, and a strip of words underneath.

    Args:
        rgb: The frame; it is not changed.
        time_s: Its time.
        duration_s: Length of the clip.
        drawn: All evidence of the clip.

    Returns:
        A picture of even size, the same for every frame of a clip.
    """
    factor = max(1, -(-MIN_WIDTH_PX // rgb.shape[1]))
    height, width = rgb.shape[0] * factor, rgb.shape[1] * factor
    size = (width + width % 2, height + height % 2)
    picture = cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR)
    shown = [one for one in drawn if one.is_shown(time_s)]
    for one in shown:
        if one.tracks is not None:
            _draw_tracks(picture, one.tracks, time_s, one.rgb)
        if one.evidence.box is not None:
            _draw_box(picture, one.evidence.box, one.rgb)
    spans = tuple((one.evidence.start_s, one.evidence.end_s, one.rgb) for one in drawn)
    captions = tuple(Caption(one.title, one.evidence.text, one.rgb) for one in shown)
    return np.concatenate([picture, caption_strip(size[0], captions, spans, time_s, duration_s)])


def _draw_box(picture: _Rgb, box: Box, rgb: tuple[int, int, int]) -> None:
    height, width = picture.shape[:2]
    corner = (round(box.x0 * (width - 1)), round(box.y0 * (height - 1)))
    opposite = (round(box.x1 * (width - 1)), round(box.y1 * (height - 1)))
    cv2.rectangle(picture, corner, opposite, (0, 0, 0), 4)
    cv2.rectangle(picture, corner, opposite, rgb, 2)


def _draw_tracks(picture: _Rgb, tracks: PointTracks, time_s: float, rgb: tuple[int, int, int]) -> None:
    """The way of each track so far, and a dot where it is now."""
    height, width = picture.shape[:2]
    so_far = int(np.searchsorted(tracks.times_s, time_s, side="right"))
    for xy, visible in zip(tracks.xy[:, :so_far], tracks.visible[:, :so_far], strict=True):
        known = visible & np.isfinite(xy).all(axis=-1)
        pixels = np.round(np.clip(np.nan_to_num(xy), -1, 2) * (width - 1, height - 1)).astype(np.int32)
        for k in range(1, so_far):
            if known[k - 1] and known[k]:
                cv2.line(picture, _point(pixels[k - 1]), _point(pixels[k]), rgb, 1, cv2.LINE_AA)
        if so_far and known[-1]:
            cv2.circle(picture, _point(pixels[-1]), 3, rgb, -1, cv2.LINE_AA)


def _point(xy: np.ndarray) -> tuple[int, int]:
    return int(xy[0]), int(xy[1])


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII).strip("._")[:80] or "clip"
