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
from collections.abc import Callable, Iterator
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
from lawful.generators.tiny.picture import PALETTE, grounds
from lawful.generators.tiny.prompt import COLOURS, FAMILIES
from lawful.generators.tiny.reader import ROUND, read_frame
from lawful.generators.tiny.scenes import SIDE_PX
from lawful.generators.tiny.weights_file import VARIANTS
from lawful.reports.stats.categorical import proportion

SHAPES: dict[str, tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], float]] = {
    "disc": (lambda x, y: x**2 + y**2 < 1, np.pi),
    "ellipse, 1.5 to 1": (lambda x, y: (x / 1.5) ** 2 + y**2 < 1, 1.5 * np.pi),
    "half disc": (lambda x, y: (x**2 + y**2 < 1) & (y > 0), np.pi / 2),
    "ring, half as wide inside": (lambda x, y: (x**2 + y**2 < 1) & (x**2 + y**2 > 0.25), 0.75 * np.pi),
    "square": (lambda x, y: np.maximum(abs(x), abs(y)) < 0.5, 1.0),
    "bar, 2 to 1": (lambda x, y: np.maximum(abs(x) / 2, abs(y)) < 0.5, 2.0),
    "bar, 4 to 1": (lambda x, y: np.maximum(abs(x) / 4, abs(y)) < 0.5, 4.0),
}
"""What is inside of each shape, and its area."""
FINER = 8
"""Points for each pixel, along and across, that shapes are drawn with."""


def share(hits: np.ndarray) -> str:
    """A share with its interval and n."""
    found = proportion(hits)
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}] n={found.n}" if found.n else "none, n=0"


def continuation_rows(clips: TestClips, videos: np.ndarray) -> Iterator[tuple[str, str]]:
    """What continuations show."""
    kept = kept_things(clips, videos)
    for frame in (12, 24, 48):
        yield f"intact at frame {frame}", share(kept.intact[:, frame - 1])
    for frame in (12, 24, 48):
        yield f"there, of any shape, at frame {frame}", share(kept.there[:, frame - 1])
    for count in (1, 2):
        yield f"  of {count}, there at frame 24", share(kept.there[clips.states.count == count, 23])
    for index, family in enumerate(FAMILIES):
        yield f"  {family}, there at frame 24", share(kept.there[clips.states.family == index, 23])
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
    wrong, unreadable, places, radii, roundness = [], [], [], [], []
    for crop, video in zip(clips.crops, clips.videos, strict=True):
        for frame in range(0, len(video), 6):
            reading = read_frame(with_noise(video[frame], noise, rng))
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
                    roundness.append(things[0].roundness)
    yield "frames with a wrong count or colour", share(np.array(wrong))
    yield "frames that cannot be read", share(np.array(unreadable))
    yield "discs that are read as no discs", share(np.array(roundness) < ROUND)
    yield "roundness of discs", f"median {np.median(roundness):.3f}, least {min(roundness):.3f}"
    for name, values in (("error of centres", places), ("error of radii", radii)):
        yield (
            name,
            f"median {np.median(values):.3f}, 95 % below {np.quantile(values, 0.95):.3f} px n={len(values)}",
        )


def painted(shape: str, radius: float, turn_rad: float, centre: tuple[float, float]) -> np.ndarray:
    """A frame (uint8, 64x64x3) with a red shape of `SHAPES`, of the area of a disc of that radius, before the wall."""
    fine = (np.arange(SIDE_PX * FINER) + 0.5) / FINER
    x, y = np.meshgrid(fine - centre[0], fine - centre[1])
    along = x * np.cos(turn_rad) + y * np.sin(turn_rad)
    across = y * np.cos(turn_rad) - x * np.sin(turn_rad)
    inside, area = SHAPES[shape]
    scale = radius * np.sqrt(np.pi / area)
    cover = inside(along / scale, across / scale).reshape(SIDE_PX, FINER, SIDE_PX, FINER).mean(axis=(1, 3))
    ground = grounds()[FAMILIES.index("fall")].permute(1, 2, 0).numpy()
    return (ground + cover[..., None] * (PALETTE["red"] - ground)).round().astype(np.uint8)


def shape_rows(noise: float) -> Iterator[tuple[str, str]]:
    """How often shapes of a disc's size are taken for discs, at random places and turns."""
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        taken = []
        for _ in range(100):
            x, y = rng.uniform(18, 36, 2)
            frame = painted(shape, rng.uniform(7, 9), rng.uniform(0, np.pi), (x, y))
            things = read_frame(with_noise(frame, noise, rng)).of("red")
            taken.append(len(things) == 1 and things[0].round)
        yield f"{shape}: read as a disc", share(np.array(taken))


def with_noise(frame: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """A frame with independent noise of so many grey levels."""
    return (frame + rng.normal(0, noise, frame.shape)).clip(0, 255).round().astype(np.uint8)


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
            show(f"reader, noise of {noise:g} grey levels, 100 of each shape", shape_rows(noise))
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
