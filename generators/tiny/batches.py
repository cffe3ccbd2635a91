"""Batches of training: crops of simulated clips, painted in colours drawn anew, with prompts, tracks and noise levels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int
from torch import Tensor

from lawful.generators.causal.tracks import track_signal
from lawful.generators.tiny.levels import draw_levels
from lawful.generators.tiny.model import CELLS, CODEC, TRACK_CHANNELS, TUBELET, to_latents
from lawful.generators.tiny.picture import paint_states
from lawful.generators.tiny.prompt import COLOURS, FAMILIES, SLOTS, Prompt, Side, Way
from lawful.generators.tiny.scenes import FPS, SIDE_PX, States
from lawful.video.frames import PointTracks

SLOT_DROPPED = 0.1
"""Share of clips whose prompt says nothing of a slot, for each slot on its own."""
PROMPT_DROPPED = 0.1
"""Share of clips without any prompt."""
FROM_START = 0.5
"""Share of crops that begin where the clip begins, where nothing else is asked."""
TRACKED = 0.25
"""Share of clips that come with point tracks."""
MOST_TRACKS = 32
"""Ids of tracks are below this."""
OTHER: dict[str, str] = {"left": "right", "right": "left"}


@dataclass(frozen=True, eq=False)
class Batch:
    """What a step of training sees."""

    latents: Float[Tensor, "batch channels latents rows columns"]
    """The clips."""
    tokens: Int[Tensor, "batch slots"]
    """Their prompts."""
    tracks: Float[Tensor, "batch track_channels latents rows columns"]
    """Point tracks."""
    sigmas: Float[Tensor, "batch latents"]
    """Noise levels."""
    weights: Float[Tensor, "batch latents"]
    """What each latent frame counts in the loss: 0 or 1."""
    noise: Float[Tensor, "batch channels latents rows columns"]
    """Standard normal noise."""


@dataclass(frozen=True, eq=False)
class Crop:
    """A piece of a clip, as it will be painted."""

    clip: int
    """Which clip."""
    start: int
    """Its first frame."""
    mirrored: bool
    """Whether left and right change places."""
    colour: tuple[int, int]
    """Indices of the colours of both bodies."""
    prompt: Prompt
    """What the clip shows at its start."""


def prompt_of(states: States, clip: int, colour: Sequence[int], mirrored: bool = False) -> Prompt:
    """The full prompt of a clip from its start."""
    side: Side = states.side(clip)
    way: Way = states.way(clip)
    two = int(states.count[clip]) == 2
    return Prompt(
        family=FAMILIES[int(states.family[clip])],
        count=2 if two else 1,
        colour=COLOURS[colour[0]],
        other_colour=COLOURS[colour[1]] if two else None,
        side=OTHER.get(side, side) if mirrored else side,  # pyright: ignore[reportArgumentType]
        way=OTHER.get(way, way) if mirrored else way,  # pyright: ignore[reportArgumentType]
    )


def draw_batch(
    states: States,
    key: tuple[int, ...],
    size: int,
    n_frames: int,
    from_start: float = FROM_START,
    from_noise: float = 0.0,
) -> Batch:
    """The batch of a key, such as (seed, step): nothing else decides what is in it.

    Args:
        states: The clips.
        key: Decides all that is random.
        size: Clips of the batch.
        n_frames: Frames of each.
        from_start: Share of crops that begin where the clip begins.
        from_noise: Share of those whose first frame is nearly all noise (`draw_levels`).
    """
    rng = np.random.default_rng(key)
    crops = [draw_crop(states, rng, n_frames, from_start) for _ in range(size)]
    n_latents = n_frames // TUBELET
    levels = np.stack([draw_levels(rng, n_latents, crop.start == 0, from_noise) for crop in crops])
    weights = np.ones((size, n_latents))
    for row, crop in enumerate(crops):
        # What a later frame looks like without those before it is not to be learnt.
        weights[row, 0] = crop.start == 0
    tokens = [dropped(crop.prompt, rng).tokens for crop in crops]
    pictures, centre = paint_crops(states, crops, n_frames)
    tracks = [some_tracks(one, rng) for one in centre]
    latents = to_latents(pictures)
    noise = torch.from_numpy(rng.standard_normal(latents.shape, dtype=np.float32))
    return Batch(
        latents,
        torch.tensor(tokens),
        signals(tracks, n_latents),
        torch.from_numpy(levels).float(),
        torch.from_numpy(weights).float(),
        noise,
    )


def draw_crop(
    states: States, rng: np.random.Generator, n_frames: int, from_start: float = FROM_START
) -> Crop:
    """A crop of a random clip."""
    clip = int(rng.integers(len(states)))
    latest = (states.centre.shape[1] - n_frames) // TUBELET
    start = 0 if rng.random() < from_start else TUBELET * int(rng.integers(latest + 1))
    first, second = (int(index) for index in rng.permutation(len(COLOURS))[:2])
    mirrored = bool(rng.random() < 0.5)
    return Crop(clip, start, mirrored, (first, second), prompt_of(states, clip, (first, second), mirrored))


def paint_crops(
    states: States, crops: Sequence[Crop], n_frames: int
) -> tuple[Float[Tensor, "batch frames 3 height width"], Float32[np.ndarray, "batch frames bodies 2"]]:
    """Pictures (0-255) of crops, and the centres of their bodies in pixels."""
    rows = np.array([crop.clip for crop in crops])
    centre = np.stack([states.centre[crop.clip, crop.start : crop.start + n_frames] for crop in crops])
    pivot = states.pivot[rows].copy()
    flip = np.array([crop.mirrored for crop in crops])
    centre[flip, ..., 0] = SIDE_PX - centre[flip, ..., 0]
    pivot[flip, 0] = SIDE_PX - pivot[flip, 0]
    pictures = paint_states(
        torch.from_numpy(states.family[rows]),
        torch.from_numpy(states.radius[rows]),
        torch.from_numpy(pivot),
        torch.from_numpy(centre),
        torch.tensor([crop.colour for crop in crops]),
    )
    return pictures, centre


def dropped(prompt: Prompt, rng: np.random.Generator) -> Prompt:
    """A prompt that leaves some slots open."""
    gone = rng.random(len(SLOTS)) < SLOT_DROPPED
    if rng.random() < PROMPT_DROPPED:
        return Prompt()
    said = {name: getattr(prompt, name) for (name, _), hide in zip(SLOTS, gone, strict=True) if not hide}
    return Prompt(**said)


def some_tracks(
    centre: Float32[np.ndarray, "frames bodies 2"], rng: np.random.Generator
) -> PointTracks | None:
    """Tracks of the centres of some of a clip's bodies, over all frames or a stretch of them; or none at all."""
    if rng.random() >= TRACKED:
        return None
    n_frames, bodies = centre.shape[:2]
    seen: Bool[np.ndarray, "bodies frames"] = np.array(np.isfinite(centre).all(axis=2).T)
    for body in range(bodies):
        if rng.random() < 0.3:
            start, stop = np.sort(rng.integers(0, n_frames + 1, 2))
            seen[body, :start] = False
            seen[body, stop:] = False
        seen[body] &= rng.random() < 0.7
    ids = rng.permutation(MOST_TRACKS)[:bodies]
    return PointTracks(ids, np.arange(n_frames) / FPS, np.swapaxes(centre, 0, 1) / SIDE_PX, seen)


def signals(
    tracks: Sequence[PointTracks | None], n_latents: int
) -> Float[Tensor, "batch track_channels latents rows columns"]:
    """What the network is told of the tracks of some clips."""
    size = (TRACK_CHANNELS, CELLS, CELLS)
    told = np.zeros((len(tracks), TRACK_CHANNELS, n_latents, CELLS, CELLS), np.float32)
    for row, one in enumerate(tracks):
        if one is not None:
            told[row] = track_signal(one, range(n_latents), CODEC.clock, FPS, size)
    return torch.from_numpy(told)
