"""Eight small clips to try the judges on: ``python -m lawful.generators.worlds.demo FOLDER``."""

import csv
import io
import sys
from pathlib import Path

from lawful.core.files import write_atomic
from lawful.generators.worlds.make import make_clip
from lawful.video.write import write_video

_CLIPS: dict[str, tuple[str, int, str | None]] = {
    "balls_on_floor.mp4": ("bounce", 4, None),
    "pendulum.mp4": ("pendulum", 1, None),
    "wheel_behind_screen.mp4": ("screen", 2, None),
    "balls_seen_by_moving_camera.mp4": ("pan", 5, None),
    "box_vanishes.mp4": ("slide", 3, "vanish"),
    "disc_teleports.mp4": ("billiards", 5, "teleport"),
    "ball_bounces_too_high.mp4": ("bounce", 8, "super_elastic"),
    "time_stands_still.mp4": ("bounce", 6, "freeze"),
}
"""Scene, seed and violation of every file."""


def write_demo(out: Path) -> list[Path]:
    """Write four lawful clips, four that break a law, and their `prompts.csv` (columns file, prompt).

    Args:
        out: The folder; made if missing, files of the same names are replaced.

    Returns:
        The paths of the eight clips, the lawful ones first.

    Raises:
        OSError: The folder cannot be written.
    """
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(("file", "prompt"))
    paths = []
    for name, (scene, seed, violation) in _CLIPS.items():
        clip = make_clip(
            scene,
            seed,
            violation=violation,
            duration_s=2.5,
            fps=24,
            width_px=320,
            height_px=240,
            noise=1.0,
        )
        write_video(out / name, clip.frames)
        rows.writerow((name, clip.caption))
        paths.append(out / name)
    write_atomic(out / "prompts.csv", table.getvalue())
    return paths


def main(arguments: list[str]) -> None:
    """Write the clips into the folder that is the one argument."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise SystemExit("usage: python -m lawful.generators.worlds.demo FOLDER")
    write_demo(Path(arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
