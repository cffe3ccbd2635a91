"""Evidence to look at: frames and tracks, saved in the run folder when the verdict is made."""

import hashlib
import io
import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from lawful.core.errors import InputError
from lawful.core.files import write_atomic
from lawful.judge.records import Evidence, EvidenceFrame, Unscored, Verdict
from lawful.video.frames import PointTracks

LONG_SIDE_PX = 640
"""Longer side of a saved frame; smaller frames are saved as they are."""
QUALITY = 80
"""WebP quality of a saved frame."""
SCHEMA = "lawful.tracks/1"
"""Version of the tracks' JSON."""
_DECIMALS = 5


def save_exhibits(verdicts: Sequence[Verdict | Unscored], run_folder: Path) -> tuple[Verdict | Unscored, ...]:
    """Save the frames and tracks that verdicts rest on, and put the files' paths in their place.

    Files are ``evidence/<sha>/<sha>-<fingerprint>-<question>-<k>-<i>-<content>.webp`` (frame i of the
    question's evidence k) and ``...-tracks-<content>.json``. The names follow from the verdicts alone, so that
    a second run writes the same files again, and hold a digest of the content, so that other repeats and
    suites never overwrite what a stored verdict shows. What several questions cite is saved once.

    Args:
        verdicts: The outcomes for one clip.
        run_folder: The run's folder; `evidence/` is made in it.

    Returns:
        The same outcomes, their evidence naming files by paths relative to the run folder.

    Raises:
        OSError: A file cannot be written.
    """
    saved: dict[str, str] = {}
    return tuple(
        replace(
            verdict,
            evidence=tuple(
                _save_evidence(evidence, _stem(verdict, k), run_folder, saved)
                for k, evidence in enumerate(verdict.evidence)
            ),
        )
        for verdict in verdicts
    )


def load_tracks(path: Path) -> PointTracks:
    """The tracks that `save_exhibits` wrote.

    Raises:
        InputError: The file is not there or holds no such tracks.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value["schema"] != SCHEMA:
            raise InputError(f"{path}: schema {value['schema']!r}, this version reads {SCHEMA!r}")
        ids = np.asarray(value["ids"], np.int64)
        times_s = np.asarray(value["times_s"], np.float64)
        shape = (len(ids), len(times_s))
        visible = np.array([[mark == "1" for mark in row] for row in value["visible"]], bool).reshape(shape)
        xy = np.array(
            [[(math.nan, math.nan) if at is None else (at[0], at[1]) for at in row] for row in value["xy"]],
            np.float32,
        )
        return PointTracks(ids, times_s, xy.reshape(*shape, 2), visible)
    except (OSError, ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError) as error:
        raise InputError(f"{path}: no saved tracks: {type(error).__name__}: {error}") from error


def _stem(verdict: Verdict | Unscored, k: int) -> str:
    sha = re.sub(r"[^A-Za-z0-9]", "_", verdict.video_sha256)
    question = re.sub(r"[^A-Za-z0-9_.-]+", "_", verdict.question_id)[:60]
    return f"evidence/{sha[:2]}/{sha[:16]}-{verdict.fingerprint[:8]}-{question}-{k}"


def _save_evidence(evidence: Evidence, stem: str, run_folder: Path, saved: dict[str, str]) -> Evidence:
    frames = []
    for i, frame in enumerate(evidence.frames):
        if frame.rgb is None:
            frames.append(frame)
            continue
        content = hashlib.sha256(repr(frame.rgb.shape).encode() + frame.rgb.tobytes()).hexdigest()
        if content not in saved:
            file = f"{stem}-{i}-{content[:8]}.webp"
            write_atomic(run_folder / file, _webp(frame.rgb))
            saved[content] = file
        frames.append(EvidenceFrame(frame.time_s, None, saved[content]))
    tracks_file = evidence.tracks_file
    if evidence.tracks is not None:
        text = json.dumps(_tracks_json(evidence.tracks), separators=(",", ":"), allow_nan=False)
        content = hashlib.sha256(text.encode()).hexdigest()
        if content not in saved:
            tracks_file = f"{stem}-tracks-{content[:8]}.json"
            write_atomic(run_folder / tracks_file, text)
            saved[content] = tracks_file
        tracks_file = saved[content]
    return replace(evidence, frames=tuple(frames), tracks=None, tracks_file=tracks_file)


def _webp(rgb: UInt8[np.ndarray, "height width 3"]) -> bytes:
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(rgb))
    shrink = LONG_SIDE_PX / max(picture.size)
    if shrink < 1:
        width, height = (max(1, round(side * shrink)) for side in picture.size)
        picture = picture.resize((width, height), Image.Resampling.BOX)
    buffer = io.BytesIO()
    picture.save(buffer, "webp", quality=QUALITY, method=2)
    return buffer.getvalue()


def _tracks_json(tracks: PointTracks) -> dict[str, Any]:
    xy = np.round(tracks.xy.astype(np.float64), _DECIMALS)
    known = np.isfinite(xy[..., 0]) & np.isfinite(xy[..., 1])
    return {
        "schema": SCHEMA,
        "ids": tracks.ids.tolist(),
        "times_s": tracks.times_s.tolist(),
        "xy": [
            [at if seen else None for at, seen in zip(row, known_row, strict=True)]
            for row, known_row in zip(xy.tolist(), known.tolist(), strict=True)
        ],
        "visible": ["".join("1" if seen else "0" for seen in row) for row in tracks.visible.tolist()],
    }
