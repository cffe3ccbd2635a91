"""What the ray caster casts: things, rays through the samples of a picture, and where they meet."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, Float64

from lawful.generators.worlds.camera import View
from lawful.generators.worlds.motion import Motion
from lawful.generators.worlds.scene import Block, Shape
from lawful.generators.worlds.solid.geometry import entry, turned
from lawful.generators.worlds.solid.surface import screen_limits

Region = tuple[slice, slice]
"""Rows and columns of a picture."""


@dataclass(frozen=True, eq=False)
class Thing:
    """A ball, box or cylinder at one time."""

    shape: Shape
    """Ball, box or cylinder."""
    centre_m: Float64[np.ndarray, " 3"]
    """Where."""
    rotation: Float64[np.ndarray, "3 3"]
    """From its own axes to the world's."""
    half_size_m: Float64[np.ndarray, " 3"]
    """Half its extent along each of its own axes."""

    @cached_property
    def matrix(self) -> Float64[np.ndarray, "3 3"]:
        """From the world's axes to its own, in half sizes."""
        return self.rotation.T / self.half_size_m[:, None]

    @cached_property
    def reach_m(self) -> float:
        """Radius of the sphere that holds it."""
        round_shape = self.shape == "ball"
        return float(self.half_size_m.max() if round_shape else np.linalg.norm(self.half_size_m))


def thing_of(block: Block) -> Thing:
    """A solid scene's block as a thing."""
    low, high = np.array(block.low), np.array(block.high)
    return Thing("box", (low + high) / 2, turned(block.turn_rad), (high - low) / 2)


def thing_at(motion: Motion, frame: int) -> Thing:
    """A solid body as it is in a frame, in which it is present."""
    place, turn, half = motion.position_m[frame], motion.rotation[frame], motion.half_size_m[frame]
    return Thing(motion.shape(frame), place, turn, half)


@dataclass(frozen=True, eq=False)
class Lens:
    """A camera at one time, and how finely it sees."""

    eye_m: Float64[np.ndarray, " 3"]
    """The pin-hole; or, of one from which all rays are parallel, the middle of the plane that they start from."""
    axes: Float64[np.ndarray, "3 3"]
    """Columns: unit vectors to the right, upwards and back from what is seen."""
    scale: float
    """Focal length in picture heights, or picture heights a metre."""
    aspect: float
    """Width over height."""
    pinhole: bool
    """False where all rays are parallel."""
    width: int
    """Samples across."""
    height: int
    """Samples down."""

    @cached_property
    def across(self) -> Float32[np.ndarray, " width"]:
        """How far right each column is, per metre ahead or in metres."""
        shares = (np.arange(self.width) + 0.5) / self.width - 0.5
        return (shares * self.aspect / self.scale).astype(np.float32)

    @cached_property
    def up(self) -> Float32[np.ndarray, " height"]:
        """How far up each row is."""
        return ((0.5 - (np.arange(self.height) + 0.5) / self.height) / self.scale).astype(np.float32)

    @property
    def whole(self) -> Region:
        """All samples."""
        return slice(0, self.height), slice(0, self.width)

    def rays(
        self, region: Region, matrix: Float64[np.ndarray, "3 3"], centre_m: Float64[np.ndarray, " 3"]
    ) -> tuple[Float32[np.ndarray, "3 rows columns"], Float32[np.ndarray, "3 rows columns"]]:
        """Starts and ways of the rays of a region in some axes about a centre; a way's length is 1 m ahead."""
        start = (matrix @ (self.eye_m - centre_m)).astype(np.float32)[:, None, None]
        right, up, back = (matrix @ self.axes).T.astype(np.float32)[..., None, None]
        grid = right * self.across[region[1]] + up * self.up[region[0]][:, None]
        if self.pinhole:
            return np.broadcast_to(start, grid.shape), grid - back
        return start + grid, np.broadcast_to(-back, grid.shape)

    def points(
        self,
        region: Region,
        ahead_m: Float32[np.ndarray, "rows columns"],
        where: Bool[np.ndarray, "rows columns"],
    ) -> Float32[np.ndarray, "3 points"]:
        """The points of the world at some distances ahead."""
        start, way = self.rays(region, np.eye(3), np.zeros(3))
        return start[:, where] + ahead_m[where] * way[:, where]

    def region(self, thing: Thing) -> Region | None:
        """The samples in which a thing can be seen; None where it cannot be."""
        ahead = self.axes * np.array([1, 1, -1])
        centre = (thing.centre_m - self.eye_m) @ ahead
        spread = ahead.T @ thing.rotation * thing.half_size_m
        if self.pinhole:
            limits = screen_limits(thing.shape, centre[None], spread[None])[0]
            if np.isnan(limits).any():
                return None
        else:
            reach = np.linalg.norm(spread, axis=1) if thing.shape == "ball" else np.abs(spread).sum(axis=1)
            limits = centre[:2] + np.array([[-1], [1]]) * reach[:2]
        size = np.array([self.width, self.height])
        share = 0.5 + limits * np.array([1, -1]) * self.scale / (self.aspect, 1)
        # A part that goes past the camera is told by points, so it is given some more room.
        low = np.clip(np.floor(share.min(axis=0) * size) - 2, 0, size).astype(int)
        high = np.clip(np.ceil(share.max(axis=0) * size) + 2, 0, size).astype(int)
        if (high <= low).any():
            return None
        return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))

    def ahead(self, thing: Thing, region: Region) -> Float32[np.ndarray, "rows columns"]:
        """How far ahead each ray of a region meets a thing; infinite where it misses."""
        return entry(thing.shape, *self.rays(region, thing.matrix, thing.centre_m))


def lens_of(view: View, frame: int, width: int, height: int) -> Lens:
    """The camera of a solid or a flat world at a frame; a flat world stands upright, x right and z up, at y = 0."""
    if view.axes.shape[-1] == 3:
        place, axes = view.position_m[frame], view.axes[frame]
    else:
        place, axes = upright(view.position_m[frame], -FAR_M), np.zeros((3, 3))
        axes[0, :2], axes[2, :2] = view.axes[frame]
        axes[1, 2] = -1
    pinhole = view.axes.shape[-1] == 3
    return Lens(place, axes, float(view.scale[frame]), view.aspect, pinhole, width, height)


def same_view(view: View, one: int, other: int) -> bool:
    """Whether the camera stands still from one frame to another."""
    return all(np.array_equal(row[one], row[other]) for row in (view.position_m, view.axes, view.scale))


FAR_M = 100.0
"""From how far before a flat world its rays start."""


def upright(point: Float64[np.ndarray, " 2"], away_m: float) -> Float64[np.ndarray, " 3"]:
    """A point of a flat world in the upright one."""
    return np.array([point[0], away_m, point[1]])
