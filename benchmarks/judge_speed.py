"""Speed and memory of a judge on one core, beside plain decoding; workers; the store and its report.

python benchmarks/judge_speed.py [--judge kinematic] [--runs 7] [--parts clip,workers,store]

Beside another version, in turn on the same clips, for example the first version of the kinematic judge (5abb222)::

    git worktree add /tmp/first 5abb222
    pip install --no-deps --target /tmp/first_site /tmp/first
    python benchmarks/judge_speed.py --parts against --against /tmp/first_site
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WIDTH_PX, HEIGHT_PX, FPS, DURATION_S = 832, 480, 24.0, 5.0
PARTS = ("clip", "workers", "store", "against")
SCENES = ("bounce", "billiards", "screen", "pan")

ONE_CLIP = """
import json, os, resource, sys, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
start = time.perf_counter()
from pathlib import Path
from lawful.checklists.load import load_suite
from lawful.judge.inline import run_task
from lawful.judge.make import make_judge
from lawful.judge.task import JudgeSpec, Task
from lawful.video.read import open_video, source_sha256
from lawful.video.sampling import Sampling
import cv2
cv2.setNumThreads(1)
path, name, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
spec = JudgeSpec(name)
judge = make_judge(spec)
task = Task(0, path, path, source_sha256(Path(path)), spec, load_suite("physics").questions)
imports_s = time.perf_counter() - start
def decode():
    with open_video(Path(path)) as video:
        for chunk in video.chunks(Sampling()):
            pass
def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
def score():
    outcome = run_task(task, judge)
    assert outcome.error is None, outcome.error
rows = [(seconds(decode), seconds(score)) for _ in range(runs + 1)]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20)
print(json.dumps({"imports_s": imports_s, "first_s": rows[0][1], "rows": rows[1:], "peak_mb": peak}))
"""


def make_clips(folder: Path, count: int) -> None:
    """Write lawful scenes of the benchmark's size."""
    from lawful.generators.worlds.make import make_clip
    from lawful.video.write import write_video

    for seed in range(count):
        clip = make_clip(
            "bounce", seed, width_px=WIDTH_PX, height_px=HEIGHT_PX, fps=FPS, duration_s=DURATION_S
        )
        write_video(folder / f"bounce-{seed}.mp4", clip.frames)


def spread(values: list[float], digits: int = 2) -> str:
    """Median and range of some values."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def measure_clip(judge: str, runs: int, folder: Path) -> None:
    """One clip on one core in a fresh process."""
    make_clips(folder, 1)
    command = [sys.executable, "-c", ONE_CLIP, str(folder / "bounce-0.mp4"), judge, str(runs)]
    done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    decode, score = (list(column) for column in zip(*done["rows"], strict=True))
    ratio = [one / other for other, one in done["rows"]]
    print(f"\n{judge}: {DURATION_S:g} s of {WIDTH_PX}x{HEIGHT_PX} at {FPS:g} fps, one core, n = {runs}\n")
    print("| what | median (min-max) |\n|---|---|")
    print(f"| plain decoding to RGB, s | {spread(decode)} |")
    print(f"| scoring, decoding included, s | {spread(score)} |")
    print(f"| scoring over decoding, pair by pair | {spread(ratio, 1)} |")
    print(f"| imports, s (once) | {done['imports_s']:.2f} |")
    print(f"| first scoring in a fresh process, s (once) | {done['first_s']:.2f} |")
    print(f"| peak memory of the process, MB | {done['peak_mb']:.0f} |")


TWO_VERSIONS = """
import cv2, lawful.judge.make, sys, time
from pathlib import Path
from lawful.checklists.load import load_suite
from lawful.judge.inline import run_task
from lawful.judge.task import JudgeSpec, Task
from lawful.video.read import source_sha256
cv2.setNumThreads(1)
spec = JudgeSpec(sys.argv[1])
judge = lawful.judge.make.make_judge(spec)
times = []
for path in sys.argv[2:] * 2:
    task = Task(0, path, path, source_sha256(Path(path)), spec, load_suite("physics").questions)
    start = time.process_time()
    outcome = run_task(task, judge)
    assert outcome.error is None, outcome.error
    times.append(time.process_time() - start)
print(lawful.judge.make.__file__, sum(times[len(times) // 2:]))
"""


def measure_against(judge: str, runs: int, folder: Path, other: Path) -> None:
    """CPU time of this version and of another on the same clips, in turn; each clip is judged twice, the second counts."""
    from lawful.generators.worlds.make import make_clip
    from lawful.video.write import write_video

    for scene in SCENES:
        clip = make_clip(scene, 0, width_px=WIDTH_PX, height_px=HEIGHT_PX, fps=FPS, duration_s=DURATION_S)
        write_video(folder / f"{scene}.mp4", clip.frames)
    paths = [str(folder / f"{scene}.mp4") for scene in SCENES]
    times: dict[str, list[float]] = {"this": [], "other": []}
    for _ in range(runs):
        for name, path in (("this", None), ("other", other)):
            environment = dict(os.environ) | ({} if path is None else {"PYTHONPATH": str(path)})
            command = [sys.executable, "-c", TWO_VERSIONS, judge, *paths]
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            place, seconds = done.stdout.split()
            if (path is not None) != place.startswith(str(other)):
                sys.exit(f"{name} version: it was imported from {place}; install the other one into {other}")
            times[name].append(float(seconds) / len(paths))
    ratio = [one / two for one, two in zip(times["this"], times["other"], strict=True)]
    print(
        f"\n{judge}: CPU seconds a clip of {DURATION_S:g} s, {', '.join(SCENES)}, beside {other}, n = {runs}\n"
    )
    print("| what | median (min-max) |\n|---|---|")
    print(f"| this version, s | {spread(times['this'])} |\n| the other, s | {spread(times['other'])} |")
    print(f"| this over the other, pair by pair | {spread(ratio)} |")


def measure_workers(judge: str, runs: int, folder: Path, count: int = 24) -> None:
    """The same clips by one worker and by two, in turn; the workers' start-up is counted in."""
    from lawful.judge.run import RunRequest, score_paths

    make_clips(folder, count)
    times: dict[int, list[float]] = {1: [], 2: []}
    for run in range(runs):
        for workers, values in times.items():
            out = folder.parent / f"run-{run}-{workers}"
            start = time.perf_counter()
            score_paths(RunRequest(paths=(str(folder),), judges=(judge,), workers=workers, out=str(out)))
            values.append(time.perf_counter() - start)
    ratio = [one / two for one, two in zip(times[1], times[2], strict=True)]
    print(f"\n{judge}: {count} such clips by worker processes, start-up counted in, n = {runs}\n")
    print("| what | median (min-max) |\n|---|---|")
    print(f"| one worker, s | {spread(times[1], 1)} |\n| two workers, s | {spread(times[2], 1)} |")
    print(f"| one over two, pair by pair | {spread(ratio)} |")


def main() -> None:
    """Measure the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--judge", default="kinematic")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--parts", default="clip,workers,store")
    parser.add_argument("--against", type=Path, help="folder that another version is installed into")
    arguments = parser.parse_args()
    parts = arguments.parts.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"unknown parts {sorted(unknown)}; known: {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory() as name:
        if "clip" in parts:
            measure_clip(arguments.judge, arguments.runs, Path(name) / "one")
        if "against" in parts:
            if arguments.against is None:
                parser.error("--parts against needs --against FOLDER")
            measure_against(arguments.judge, arguments.runs, Path(name), arguments.against.resolve())
        if "workers" in parts:
            measure_workers(arguments.judge, min(arguments.runs, 3), Path(name) / "many")
        if "store" in parts:
            from store_speed import measure_store

            measure_store(Path(name) / "store")


if __name__ == "__main__":
    main()
