"""How good the embedded generator is, by a pixel reader, on clips and prompts that no training saw.

    python benchmarks/tiny_generator.py                          # the variants that ship, 100 rollouts each
    python benchmarks/tiny_generator.py --weights runs/x/weights.safetensors --clips 50
    python benchmarks/tiny_generator.py --reader                 # the reader itself, on rendered clips

Continuations go on from 4 true frames and the clip's prompt for 48 frames; clips from text alone have 8 frames.
Shares have Wilson's 95 % intervals. "truth" measures the simulated clips themselves, "frozen" their last given frame.
Speed is that of one video on one thread.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from lawful.generators.causal.generator import CausalGenerator
from lawful.generators.records import GenerationRequest, always
from lawful.generators.tiny.generator import generator_from, make_tiny
from lawful.generators.tiny.measure import (
    GIVEN,
    GRAVITY_SLACK,
    SAID,
    TestClips,
    continued,
    held_out_clips,
    kept_things,
    obeyed,
    told,
)
from lawful.generators.tiny.prompt import COLOURS, FAMILIES
from lawful.generators.tiny.reader import read_frame
from lawful.generators.tiny.weights_file import VARIANTS
from lawful.reports.stats.categorical import proportion


def share(hits: np.ndarray) -> str:
    """A share with its interval and n."""
    found = proportion(hits)
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}] n={found.n}" if found.n else "none, n=0"


def continuation_rows(clips: TestClips, videos: np.ndarray) -> Iterator[tuple[str, str]]:
    """What continuations show."""
    kept = kept_things(clips, videos)
    for frame in (12, 24, 48):
        yield f"intact at frame {frame}", share(kept.intact[:, frame - 1])
    for count in (1, 2):
        yield f"  of {count}, at frame 24", share(kept.intact[clips.states.count == count, 23])
    for index, family in enumerate(FAMILIES):
        yield f"  {family}, at frame 24", share(kept.intact[clips.states.family == index, 23])
    for frame in (8, 12, 24):
        whole = kept.error_px[:, frame - 1][np.isfinite(kept.error_px[:, frame - 1])]
        middle = f"{np.median(whole):.1f} px n={len(whole)}" if len(whole) else "none, n=0"
        yield f"median error at frame {frame}, of those there", middle
    gravity = kept.gravity[np.isfinite(kept.gravity)]
    yield "falls as gravity says", share(np.abs(gravity - 1) <= GRAVITY_SLACK)
    quartiles = np.quantile(gravity, [0.25, 0.5, 0.75]).round(2).tolist() if len(gravity) else []
    yield "  gravity, quartiles, times the true", f"{quartiles} n={len(gravity)}"
    bounces = kept.bounces_right[np.isfinite(kept.bounces_right)]
    yield "bounces no higher", share(bounces > 0)
    yield "frames that cannot be read", f"{kept.unreadable[:, GIVEN:].mean():.3f}"


def prompt_rows(clips: TestClips, videos: np.ndarray) -> Iterator[tuple[str, str]]:
    """What clips from text alone show of their prompts."""
    right = obeyed([crop.prompt for crop in clips.crops], videos)
    for column, name in enumerate(SAID):
        yield f"prompt: {name}", share(right[:, column])
    yield "prompt: all", share(right.all(axis=1))


def speed_rows(generator: CausalGenerator, clips: TestClips) -> Iterator[tuple[str, str]]:
    """How fast one video is made on one thread, first chunk and frames a second; the best and the median of 5."""
    first_s, rates = [], []
    for seed in range(6):
        request = GenerationRequest(always(clips.crops[0].prompt.text), 48, seed=seed)
        start_s = time.perf_counter()
        rollout = generator.rollout(request)
        next(rollout)
        first_s.append(time.perf_counter() - start_s)
        rest = sum(len(chunk.frames) for chunk in rollout)
        rates.append(rest / (time.perf_counter() - start_s - first_s[-1]))
    first_s, rates = first_s[1:], rates[1:]
    yield "first chunk", f"{min(first_s):.3f} s best, {np.median(first_s):.3f} s median"
    yield "frames a second after it", f"{max(rates):.0f} best, {np.median(rates):.0f} median"


def reader_rows(clips: TestClips, noise: float) -> Iterator[tuple[str, str]]:
    """How well the reader reads rendered clips."""
    rng = np.random.default_rng(0)
    wrong, unreadable, places, radii = [], [], [], []
    for crop, video in zip(clips.crops, clips.videos, strict=True):
        for frame in range(0, len(video), 6):
            noisy = video[frame] + rng.normal(0, noise, video[frame].shape)
            reading = read_frame(noisy.clip(0, 255).round().astype(np.uint8))
            count = int(clips.states.count[crop.clip])
            colours = [COLOURS[colour] for colour in crop.colour[:count]]
            found = [reading.of(colour) for colour in colours]
            wrong.append(len(reading.things) != count or any(len(things) != 1 for things in found))
            unreadable.append(not reading.readable)
            for body, things in enumerate(found):
                if len(things) == 1:
                    x, y = clips.states.centre[crop.clip, frame, body]
                    places.append(np.hypot(things[0].x - x, things[0].y - y))
                    radii.append(abs(things[0].radius - clips.states.radius[crop.clip, body]))
    yield "frames with a wrong count or colour", share(np.array(wrong))
    yield "frames that cannot be read", share(np.array(unreadable))
    for name, values in (("error of centres", places), ("error of radii", radii)):
        yield (
            name,
            f"median {np.median(values):.3f}, 95 % below {np.quantile(values, 0.95):.3f} px n={len(values)}",
        )


def show(title: str, rows: Iterator[tuple[str, str]]) -> None:
    """Print rows as they come."""
    print(f"\n{title}", flush=True)
    for name, value in rows:
        print(f"  {name:44} {value}", flush=True)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=100, help="rollouts of each kind")
    parser.add_argument("--weights", type=Path, nargs="*", help="files of weights instead of what ships")
    parser.add_argument("--reader", action="store_true", help="measure the reader alone")
    parser.add_argument("--no-speed", action="store_true", help="leave the speed out")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    clips = held_out_clips(asked.clips)
    if asked.reader:
        for noise in (0.0, 6.0, 15.0):
            show(f"reader, noise of {noise:g} grey levels, {asked.clips} clips", reader_rows(clips, noise))
        return
    show(f"truth, {asked.clips} clips", continuation_rows(clips, clips.videos))
    show("truth: prompts", prompt_rows(clips, clips.videos))
    frozen = clips.videos.copy()
    frozen[:, GIVEN:] = frozen[:, GIVEN - 1 : GIVEN]
    show("frozen", continuation_rows(clips, frozen))
    if asked.weights:
        generators = [generator_from(path, str(path)) for path in asked.weights]
    else:
        generators = [make_tiny(name, {}) for name in VARIANTS]
    for generator in generators:
        show(f"{generator.name}: continuations", continuation_rows(clips, continued(generator, clips)))
        show(f"{generator.name}: text alone", prompt_rows(clips, told(generator, clips)))
        if not asked.no_speed:
            show(f"{generator.name}: speed, one thread", speed_rows(generator, clips))


if __name__ == "__main__":
    main()
