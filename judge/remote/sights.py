"""What is shown, as parts of a message: pictures and videos in the form of data addresses."""

import base64
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8

from lawful.core.errors import InputError
from lawful.judge.messages import Message, Shown, Text
from lawful.judge.remote.settings import RemoteSettings
from lawful.video.frames import Frames

Part = dict[str, Any]
_MAX_PICTURE_BYTES = 64 << 20
_VIDEO_QP = 23


def as_chat(messages: Sequence[Message], sights: Mapping[Shown, Sequence[Part]]) -> list[dict[str, Any]]:
    """Messages in the form of OpenAI's chat protocol.

    Args:
        messages: What is said and shown.
        sights: The parts that each thing shown consists of.
    """
    return [
        {
            "role": message.role,
            "content": message.parts[0].text
            if len(message.parts) == 1 and isinstance(message.parts[0], Text)
            else [
                part
                for one in message.parts
                for part in ([text_part(one.text)] if isinstance(one, Text) else sights[one.of])
            ],
        }
        for message in messages
    ]


def text_part(text: str) -> Part:
    """Words."""
    return {"type": "text", "text": text}


def video_parts(frames: Frames, settings: RemoteSettings) -> list[Part]:
    """Frames as pictures in order, each after its time, or as one mp4 that shows them at their times."""
    if settings.frames_as == "video":
        return [{"type": "video_url", "video_url": {"url": _data_url("video/mp4", _mp4(frames))}}]
    parts = []
    for rgb, time_s in zip(frames.rgb, frames.times_s, strict=True):
        if settings.frame_times:
            parts.append(text_part(f"{time_s:.2f} s"))
        parts.append(picture_part(rgb, settings.jpeg_quality))
    return parts


def picture_part(rgb: UInt8[np.ndarray, "height width 3"], quality: int) -> Part:
    """A picture, as JPEG of a quality of 1 to 100."""
    bgr = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2BGR)
    _, packed = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return {"type": "image_url", "image_url": {"url": _data_url("image/jpeg", packed.tobytes())}}


def first_frame_part(path: Path, settings: RemoteSettings) -> Part:
    """The picture that a video was made from, shrunk as its frames are.

    Raises:
        InputError: It cannot be read.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        if path.stat().st_size > _MAX_PICTURE_BYTES:
            raise InputError(f"{path}: a first frame of more than {_MAX_PICTURE_BYTES:,} bytes is not read")
        with Image.open(path) as image:
            picture = image.convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError) as error:
        raise InputError(f"{path}: the first frame cannot be read: {error}") from error
    shrink = settings.policy.long_side_px / max(picture.size)
    if shrink < 1:
        width, height = (max(1, round(side * shrink)) for side in picture.size)
        picture = picture.resize((width, height), Image.Resampling.BOX)
    return picture_part(np.asarray(picture), settings.jpeg_quality)


def _mp4(frames: Frames) -> bytes:
    from lawful.video.write import write_video

    with tempfile.TemporaryDirectory(prefix="lawful-") as folder:
        path = Path(folder) / "shown.mp4"
        write_video(path, frames, qp=_VIDEO_QP)
        return path.read_bytes()


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
