"""How much a video may be changed before the judge `outcome` errs on it: `python benchmarks/outcome_tolerance.py`.

All 32 drawn tasks that ship, each with its example of a right outcome and two of wrong ones, changed as a generator or a
codec might: printed is how many right ones are Good, how many wrong ones Poor, and how many of each are abstained from.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from lawful.checklists.tasks.make import MAKERS, SHIPPED_EACH, draw_task
from lawful.judge.api import score_video
from lawful.judge.outcome import OutcomeJudge
from lawful.judge.records import Verdict
from lawful.video.frames import Frames
from lawful.video.read import open_video
from lawful.video.sampling import Sampling
from lawful.video.write import write_video

FPS = 8.0
Change = Callable[[np.ndarray], np.ndarray]


def each(change: Change) -> Change:
    """A change of single frames, for a whole clip."""
    return lambda clip: np.stack([change(one) for one in clip])


def shifted(pixels: int) -> Change:
    """Moved to the right and down, the edge repeated."""
    matrix = np.array([[1, 0, pixels], [0, 1, pixels]], np.float32)
    return each(lambda one: cv2.warpAffine(one, matrix, one.shape[1::-1], borderMode=cv2.BORDER_REPLICATE))


def brighter(levels: int) -> Change:
    """So many levels of 255 brighter, or darker."""
    return lambda clip: np.clip(clip.astype(np.int16) + levels, 0, 255).astype(np.uint8)


def blurred(sigma: float) -> Change:
    """Gaussian blur, sigma in pixels."""
    return each(lambda one: cv2.GaussianBlur(one, (0, 0), sigma))


def noisy(sigma: float) -> Change:
    """Gaussian noise, sigma in levels of 255."""
    rng = np.random.default_rng(0)
    return lambda clip: np.clip(clip + rng.normal(0, sigma, clip.shape), 0, 255).astype(np.uint8)


def sized(height: int) -> Change:
    """Another number of lines."""
    return each(lambda one: cv2.resize(one, (height * 16 // 9, height), interpolation=cv2.INTER_AREA))


def coded(qp: int) -> Change:
    """Written as mp4 (H.264) and read again."""

    def change(clip: np.ndarray) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clip.mp4"
            write_video(path, Frames(clip, np.arange(len(clip)) / FPS, np.arange(len(clip))), qp=qp)
            with open_video(path) as video:
                return np.concatenate([chunk.rgb for chunk in video.chunks(Sampling(), 64)])

    return change


CHANGES: dict[str, Change] = {
    "none": lambda clip: clip,
    "180 lines": sized(180),
    "1080 lines": sized(1080),
    "mp4, qp 30": coded(30),
    "mp4, qp 45": coded(45),
    "noise, sigma 10": noisy(10),
    "noise, sigma 25": noisy(25),
    "blur, sigma 2": blurred(2),
    "blur, sigma 4": blurred(4),
    "20 levels darker": brighter(-20),
    "40 levels darker": brighter(-40),
    "moved by 4 pixels": shifted(4),
    "moved by 8 pixels": shifted(8),
    "moved by 16 pixels": shifted(16),
}


def main() -> None:
    """Print the table."""
    judge = OutcomeJudge()
    tasks = [draw_task(f"{kind}/{index}") for kind in MAKERS for index in range(1, SHIPPED_EACH + 1)]
    print("| change | right: Good | abstained | wrong: Poor | abstained |\n|---|---|---|---|---|")
    for name, change in CHANGES.items():
        right = wrong = 0
        abstained = [0, 0]
        n_wrong = 0
        for task in tasks:
            for label, clips in (("Good", [task.done]), ("Poor", list(task.undone.values())[:2])):
                for clip in clips:
                    result = score_video(change(clip), fps=FPS, judge=judge, suite="rules", case=task.case)
                    verdict = next(one for one in result.verdicts if one.question_id.endswith(".rule"))
                    n_wrong += label == "Poor"
                    if not isinstance(verdict, Verdict):
                        abstained[label == "Poor"] += 1
                    elif verdict.label == label:
                        right, wrong = right + (label == "Good"), wrong + (label == "Poor")
        print(
            f"| {name} | {right} of {len(tasks)} | {abstained[0]} | {wrong} of {n_wrong} | {abstained[1]} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
