"""Rollout training: the model's own rollouts as history, and as target what would follow from where they have come to.

A rollout that has drifted is not asked to be where the simulated clip is; its last frames are read, and the
simulation goes on from there. So the targets are on the policy's own states (as in DAgger), and sharp.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64, UInt8
from torch import Tensor

from lawful.generators.records import GenerationRequest, always
from lawful.generators.tiny.batches import Batch, Crop, draw_crop, dropped, paint_crops, signals
from lawful.generators.tiny.generator import generator_of, whole_videos
from lawful.generators.tiny.levels import draw_levels
from lawful.generators.tiny.model import TUBELET, TinyModel, to_latents
from lawful.generators.tiny.picture import as_uint8, paint_states
from lawful.generators.tiny.prompt import COLOURS, FAMILIES, N_TOKENS, Family, read_prompt
from lawful.generators.tiny.reader import Thing, read_frame
from lawful.generators.tiny.scenes import FPS, PX_PER_M, SIDE_PX, States, run_scene, scene_of
from lawful.video.frames import Frames

HISTORY = 8
"""Frames of a rollout that are kept."""
TARGET = 8
"""Frames of what should follow."""
GIVEN = 4
"""True frames that a rollout goes on from."""
GRAVITY_PX = 9.81 * PX_PER_M / FPS**2
"""Gain of speed downwards, pixels a frame, in a frame."""
_ALIKE = (0.75, 1.3)
"""A disc whose radius is read within these shares of its own is still itself."""
_BENT_PX = 1.5
"""Steps of two frames that differ by more than this, gravity aside, have a hit between them."""
_ROD_SLACK_PX = 3.0


@dataclass(frozen=True, eq=False)
class Corrected:
    """Clips whose first frames are the model's and whose last are simulated from there, as stored."""

    pictures: UInt8[np.ndarray, "clips frames 64 64 3"]
    """The frames."""
    tokens: Int64[np.ndarray, "clips slots"]
    """The prompts."""
    drawn: int
    """Rollouts that were made for them; those that could not be read are left out."""

    def __len__(self) -> int:
        """Number of clips."""
        return len(self.tokens)


def corrected_rollouts(
    model: TinyModel, states: States, key: tuple[int, ...], count: int, longest: int = 32
) -> Corrected:
    """Let the model go on from true frames, read where its rollouts have come to, and simulate on.

    Args:
        model: The network that is trained, or the mean of its weights; its attention is the engine's.
        states: Clips to begin from.
        key: Decides all that is random.
        count: How many rollouts; all are of one length, which is random.
        longest: Most frames of a rollout.
    """
    rng = np.random.default_rng(key)
    n_frames = TUBELET * int(rng.integers((GIVEN + HISTORY) // TUBELET, longest // TUBELET + 1))
    crops = [draw_crop(states, rng, GIVEN) for _ in range(count)]
    pictures, _ = paint_crops(states, crops, GIVEN)
    texts = [dropped(crop.prompt, rng).text for crop in crops]
    times = np.arange(GIVEN) / FPS
    requests = [
        GenerationRequest(
            always(text),
            n_frames,
            seed=int(rng.integers(2**62)),
            prefix=Frames(as_uint8(picture), times, np.arange(GIVEN)),
        )
        for text, picture in zip(texts, pictures, strict=True)
    ]
    made = whole_videos(generator_of("rollouts", model, ""), requests)[:, -HISTORY:]
    prompts = [read_prompt(text).tokens for text in texts]
    clips, rows = [], []
    for row, crop in enumerate(crops):
        follows = what_follows(states, crop, made[row])
        if follows is not None:
            clips.append(np.concatenate([made[row], follows]))
            rows.append(prompts[row])
    shape = (0, HISTORY + TARGET, SIDE_PX, SIDE_PX, 3)
    stacked = np.stack(clips) if clips else np.zeros(shape, np.uint8)
    return Corrected(stacked, np.array(rows, np.int64).reshape(-1, N_TOKENS), count)


def what_follows(
    states: States, crop: Crop, made: UInt8[np.ndarray, "frames 64 64 3"]
) -> UInt8[np.ndarray, "frames 64 64 3"] | None:
    """The frames that lawfully follow some of a rollout; None where these do not show the bodies of the clip."""
    family: Family = FAMILIES[int(states.family[crop.clip])]
    bodies = range(int(states.count[crop.clip]))
    radii = states.radius[crop.clip]
    seen: list[list[Thing]] = []
    for frame in made[-3:]:
        reading = read_frame(frame)
        things = [reading.of(COLOURS[crop.colour[body]]) for body in bodies]
        whole = all(
            len(found) == 1 and _ALIKE[0] < found[0].radius / radii[body] < _ALIKE[1]
            for body, found in zip(bodies, things, strict=True)
        )
        if not (reading.readable and whole and len(reading.things) == len(things)):
            return None
        seen.append([found[0] for found in things])
    centres = [(thing.x, thing.y) for thing in seen[-1]]
    read = [_velocity([step[body] for step in seen], family) for body in bodies]
    velocities = [velocity for velocity in read if velocity is not None]
    if len(velocities) < len(read):
        return None
    pivot = None
    if family == "swing":
        x, y = (float(value) for value in states.pivot[crop.clip])
        pivot = (SIDE_PX - x if crop.mirrored else x, y)
        true = states.centre[crop.clip, 0, 0] - states.pivot[crop.clip]
        if abs(math.dist(pivot, centres[0]) - math.hypot(*true)) > _ROD_SLACK_PX:
            return None
    scene = scene_of(family, centres, [float(radii[body]) for body in bodies], velocities, pivot)
    index, count, radius, held, centre = run_scene(family, scene, TARGET + 1)
    after = States(
        np.array([index]),
        np.array([count]),
        np.array([radius], np.float32),
        np.array([held], np.float32),
        np.array([centre[1:]], np.float32),
    )
    return as_uint8(_painted(after, crop.colour))[0]


def _painted(states: States, colour: tuple[int, int]) -> Float[Tensor, "1 frames 3 height width"]:
    return paint_states(
        torch.from_numpy(states.family),
        torch.from_numpy(states.radius),
        torch.from_numpy(states.pivot),
        torch.from_numpy(states.centre),
        torch.tensor([colour]),
    )


def _velocity(steps: Sequence[Thing], family: Family) -> tuple[float, float] | None:
    """Velocity in the last of three frames; None where something hit in between, and so it is not known."""
    one, two, three = ((thing.x, thing.y) for thing in steps)
    early, late = np.subtract(two, one), np.subtract(three, two)
    if family == "swing":
        x, y = late + (late - early) / 2
        return float(x), float(y)
    gravity = np.array([0.0, 0.0 if family == "slide" else GRAVITY_PX])
    if np.hypot(*(late - early - gravity)) > _BENT_PX:
        return None
    x, y = (early + late) / 2 + gravity
    return float(x), float(y)


def corrected_batch(pool: Sequence[Corrected], key: tuple[int, ...], size: int) -> Batch:
    """A batch of corrected rollouts: history as it was made, loss on what follows alone."""
    rng = np.random.default_rng(key)
    sizes = np.array([len(part) for part in pool])
    pictures, tokens = [], []
    for number in rng.integers(sizes.sum(), size=size):
        part = int(np.searchsorted(np.cumsum(sizes), number, side="right"))
        row = int(number - sizes[:part].sum())
        pictures.append(pool[part].pictures[row])
        tokens.append(pool[part].tokens[row])
    past = HISTORY // TUBELET
    levels = np.stack(
        [draw_levels(rng, (HISTORY + TARGET) // TUBELET, from_start=False) for _ in range(size)]
    )
    levels[:, :past] = 0.0
    weights = np.ones_like(levels, dtype=np.float32)
    weights[:, :past] = 0.0
    latents = to_latents(torch.from_numpy(np.stack(pictures)).movedim(-1, 2).float())
    noise: Float32[np.ndarray, ...] = rng.standard_normal(latents.shape, dtype=np.float32)
    return Batch(
        latents,
        torch.from_numpy(np.stack(tokens)),
        signals([None] * size, (HISTORY + TARGET) // TUBELET),
        torch.from_numpy(levels).float(),
        torch.from_numpy(weights),
        torch.from_numpy(noise),
    )


def joined(one: Batch, other: Batch) -> Batch:
    """Two batches as one."""
    parts = zip(vars(one).values(), vars(other).values(), strict=True)
    return Batch(*(torch.cat([first, second]) for first, second in parts))
