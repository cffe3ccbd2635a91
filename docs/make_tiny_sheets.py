"""Contact sheets of the embedded generator's variants, for docs/tiny_generator.md.

python docs/make_tiny_sheets.py          # write docs/pictures/tiny_*.webp

Each sheet shows the same clips: every third frame of 48, the first two given; then clips from text alone. The first of
each family is taken, whatever it looks like.
"""

from pathlib import Path

import cv2
import numpy as np
import torch

from lawful.generators.tiny.generator import make_tiny
from lawful.generators.tiny.measure import TestClips, continued, held_out_clips, told
from lawful.generators.tiny.prompt import FAMILIES
from lawful.generators.tiny.weights_file import VARIANTS

PICTURES = Path(__file__).resolve().parent / "pictures"
MAX_BYTES = 200_000
CLIPS = 24
ROWS_A_FAMILY = 2
STEP = 3
GAP_PX = 2


def main() -> None:
    """Write the sheet of the true clips and of each variant."""
    torch.set_num_threads(1)
    clips = held_out_clips(CLIPS)
    chosen = [
        clip
        for family in range(len(FAMILIES))
        for clip in np.flatnonzero(clips.states.family == family)[:ROWS_A_FAMILY]
    ]
    shown = TestClips(clips.states, tuple(clips.crops[clip] for clip in chosen), clips.videos[chosen])
    _write("tiny-truth", [video[::STEP] for video in shown.videos])
    for name in VARIANTS:
        generator = make_tiny(name, {})
        rows = [video[::STEP] for video in continued(generator, shown)]
        _write(name, [*rows, *told(generator, shown)])


def _write(name: str, rows: list[np.ndarray]) -> None:
    columns = max(len(row) for row in rows)
    lines = []
    for row in rows:
        cells = [np.pad(frame, ((0, GAP_PX), (0, GAP_PX), (0, 0)), constant_values=255) for frame in row]
        cells += [np.full_like(cells[0], 255)] * (columns - len(cells))
        lines.append(np.concatenate(cells, axis=1))
    picture = np.ascontiguousarray(np.concatenate(lines)[..., ::-1])
    for quality in (90, 75, 60, 45):
        _, data = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, quality])
        if len(data) <= MAX_BYTES:
            break
    path = PICTURES / f"{name.replace('-', '_')}.webp"
    path.write_bytes(data.tobytes())
    print(f"{path.name}: {len(data):,} bytes")


if __name__ == "__main__":
    main()
