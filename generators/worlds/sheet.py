"""Contact sheets: some frames of a clip beside each other with its truth drawn in."""

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from lawful.core.errors import InputError, LawfulError
from lawful.core.files import write_atomic
from lawful.generators.worlds.records import ObjectTruth, WorldClip

_ENDINGS = (".png", ".jpg", ".webp")
_GAP_PX = 4
_STRIP_PX = 22
_PAPER = (250, 250, 248)
_INK = (40, 40, 44)
_ONSET_RGB = (214, 30, 30)
_TRAIL_S = 0.5
_OBJECT_RGB = ((0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (213, 94, 0))

_Rgb = UInt8[np.ndarray, "height width 3"]


def contact_sheet(
    clip: WorldClip, twin: WorldClip | None = None, columns: int = 6, cell_px: int = 180
) -> _Rgb:
    """Frames of a clip in a row, its twin's in a row above.

    Boxes, trails of half a second and first touches come from the truth. The frame of the onset is among those
    shown and framed in red; so is the place of the violation in it.

    Args:
        clip: The clip.
        twin: Its lawful twin, at the same frames.
        columns: How many frames, at least 1; fewer where the clip has fewer.
        cell_px: Longer side of a frame as shown.
    """
    frames = _chosen(len(clip.frames), clip.onset_frame, columns)
    rows = [] if twin is None else [_row(twin, frames, cell_px, f"{twin.scene} {twin.seed}: {twin.caption}")]
    title = f"{clip.scene} {clip.seed}: {clip.caption}"
    if clip.violation is not None:
        subject = "" if clip.subject is None else f", {clip.subject}"
        title = f"{clip.violation}{subject}, from {clip.onset_s:.2f} s ({', '.join(clip.laws)})"
    return np.concatenate([*rows, _row(clip, frames, cell_px, title)])


def write_picture(path: Path, picture: _Rgb) -> None:
    """Write a picture as its ending says, whole or not at all.

    Raises:
        InputError: The ending is not .png, .jpg or .webp.
    """
    if path.suffix.lower() not in _ENDINGS:
        found = path.suffix or "no ending"
        raise InputError(f"{path}: pictures are written as {', '.join(_ENDINGS)}, not {found}.")
    options = [cv2.IMWRITE_WEBP_QUALITY, 80] if path.suffix.lower() == ".webp" else []
    ok, data = cv2.imencode(path.suffix.lower(), picture[..., ::-1], options)
    if not ok:
        raise LawfulError(f"{path}: the picture could not be encoded.")
    write_atomic(path, data.tobytes())


def _chosen(n_frames: int, onset: int | None, columns: int) -> list[int]:
    count = min(columns, n_frames)
    frames = np.linspace(0, n_frames - 1, count).round().astype(int)
    if onset is not None:
        frames[np.abs(frames - onset).argmin()] = onset
    return sorted(set(frames.tolist()))


def _row(clip: WorldClip, frames: list[int], cell_px: int, title: str) -> _Rgb:
    height, width = clip.frames.rgb.shape[1:3]
    scale = cell_px / max(height, width)
    cells = [_cell(clip, frame, round(width * scale), round(height * scale)) for frame in frames]
    body = np.concatenate(cells, axis=1)
    strip = np.full((_STRIP_PX, body.shape[1], 3), _PAPER, np.uint8)
    room = max(1, body.shape[1] // 7)
    shown = title if len(title) <= room else f"{title[: room - 3]}..."
    _write(strip, shown, (_GAP_PX, _STRIP_PX - 7), _INK, 0.42)
    return np.concatenate([strip, body])


def _cell(clip: WorldClip, frame: int, width: int, height: int) -> _Rgb:
    picture = cv2.resize(clip.frames.rgb[frame], (width, height), interpolation=cv2.INTER_AREA)
    size = np.array([width, height])
    for number, truth in enumerate(clip.objects):
        rgb = _OBJECT_RGB[number % len(_OBJECT_RGB)]
        _trail(picture, truth, frame, round(_TRAIL_S * clip.fps), size, rgb)
        if truth.visible[frame] > 0 and np.isfinite(truth.box[frame]).all():
            _frame_box(picture, truth.box[frame], size, rgb)
    for contact in clip.contacts:
        if 0 <= frame / clip.fps - contact.time_s < 1 / clip.fps:
            point = np.repeat(np.array(contact.point_m)[None, None], len(clip.view), axis=0)
            where = clip.view.project(point)[frame, 0]
            if np.isfinite(where).all():
                u, v = (where * size).astype(int).tolist()
                cv2.drawMarker(picture, (u, v), (255, 255, 255), cv2.MARKER_TILTED_CROSS, 9, 3, cv2.LINE_AA)
                cv2.drawMarker(picture, (u, v), _INK, cv2.MARKER_TILTED_CROSS, 9, 1, cv2.LINE_AA)
    at_onset = frame == clip.onset_frame
    if at_onset and clip.box is not None:
        _frame_box(picture, np.array([clip.box.x0, clip.box.y0, clip.box.x1, clip.box.y1]), size, _ONSET_RGB)
    edge = _ONSET_RGB if at_onset else _PAPER
    gap = _GAP_PX
    framed = cv2.copyMakeBorder(picture, gap, gap, gap, gap, cv2.BORDER_CONSTANT, value=edge)
    label = f"{frame / clip.fps:.2f} s"
    framed[_GAP_PX : _GAP_PX + 16, _GAP_PX : _GAP_PX + 7 * len(label)] = _PAPER
    _write(framed, label, (_GAP_PX + 3, _GAP_PX + 12), _INK, 0.36)
    return framed


def _trail(
    picture: _Rgb, truth: ObjectTruth, frame: int, length: int, size: np.ndarray, rgb: tuple[int, int, int]
) -> None:
    path = truth.centre[max(0, frame - length) : frame + 1]
    path = path[np.isfinite(path).all(axis=1)]
    if len(path) > 1:
        points = np.clip(path * size, -4 * size, 5 * size).round().astype(np.int32)
        cv2.polylines(picture, [points], False, rgb, 1, cv2.LINE_AA)


def _frame_box(picture: _Rgb, box: np.ndarray, size: np.ndarray, rgb: tuple[int, int, int]) -> None:
    (x0, y0), (x1, y1) = (box.reshape(2, 2) * size).round().astype(int).tolist()
    cv2.rectangle(picture, (x0, y0), (x1, y1), rgb, 1)


def _write(
    picture: _Rgb, text: str, at: tuple[int, int], rgb: tuple[int, int, int], size: float, thick: int = 1
) -> None:
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(picture, plain, at, cv2.FONT_HERSHEY_SIMPLEX, size, rgb, thick, cv2.LINE_AA)
