"""Trajectory attention attached to a model of transformers, whose code is left as it is.

Hooks on the vision tower see the grid of each call and hand the tokens before the projector to the attention.
Calls without video, such as those for the questions after a shared prefix, run no hook.
"""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from weakref import WeakSet

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor, nn

from lawful.core.errors import InputError, LawfulError
from lawful.judge.vlm.tracks.cells import WHOLE_FRAME, TrackCells, place_tracks, token_grid
from lawful.judge.vlm.tracks.taps import Taps, taps_of
from lawful.judge.vlm.tracks.weights import TrajectoryModule
from lawful.video.frames import Box, PointTracks

_attached: "WeakSet[nn.Module]" = WeakSet()


@dataclass(frozen=True, eq=False)
class SentClip:
    """One video of a call: the frames that are sent, and the tracks through them."""

    tracks: PointTracks
    """Tracks that are given at least at `times_s`."""
    times_s: Float64[np.ndarray, " frames"]
    """Times of the frames that are sent, in order, before any is repeated to fill a step."""
    seen: Box = WHOLE_FRAME
    """The part of the frames that the model is shown: less than the whole where they are cropped."""


@dataclass(frozen=True, eq=False)
class _Placed:
    """One video of the call that runs: its tracks on its tokens."""

    steps: int
    cells: TrackCells


class Attached:
    """Attention that is attached to a model; `remove` or the end of a `with` block takes it off.

    ```python
    with attach(model, module) as attached:
        with attached.following([SentClip(tracks, times_s)]):
            model(**prefix)
    ```
    """

    def __init__(self, model: nn.Module, module: TrajectoryModule, dtype: torch.dtype | None = None) -> None:
        """See `attach`."""
        taps = taps_of(model)
        _check_fits(taps, module)
        if taps.inner in _attached:
            raise InputError("this model has trajectory attention already. Remove that first.")
        like = next(part for part in taps.inner.parameters() if part.is_floating_point())
        self.module = module.to(device=like.device, dtype=dtype or like.dtype)
        self._taps = taps
        self._clips: Sequence[SentClip] | None = None
        self._placed: list[_Placed] | None = None
        self._stills_come = False
        self._calls = 0
        self._handles = [
            taps.inner.register_forward_pre_hook(self._on_forward, with_kwargs=True),
            *(
                tap.register_forward_pre_hook(self._on_tap(name), with_kwargs=True)
                for name, tap in taps.modules.items()
            ),
        ]
        if taps.tower is not None:
            self._handles.append(taps.tower.register_forward_pre_hook(self._on_tower, with_kwargs=True))
        _attached.add(taps.inner)

    def remove(self) -> None:
        """Take the attention off; the model is as it was before."""
        for handle in self._handles:
            handle.remove()
        self._handles = []
        _attached.discard(self._taps.inner)

    def __enter__(self) -> "Attached":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    @contextmanager
    def following(self, clips: Sequence[SentClip]) -> Iterator[None]:
        """Say what the model is about to be shown.

        Args:
            clips: The videos of every call within the block, in the call's order.

        Raises:
            LawfulError: No video went through the vision tower in the block.
            InputError: In a call: the videos are not those that were said.
        """
        self._clips, self._calls = clips, 0
        try:
            yield
            if not self._calls:
                raise LawfulError(
                    "tracks were given and no video went through the model's vision tower. "
                    "Call the model with the video's pixels within the block."
                )
        finally:
            self._clips = self._placed = None

    def _on_forward(self, inner: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Stills go through the tower before videos."""
        given = inspect.signature(inner.forward).bind_partial(*args, **kwargs).arguments
        self._stills_come = self._taps.takes_stills and given.get("pixel_values") is not None

    def _on_tower(self, tower: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        grids = kwargs["grid_thw"] if "grid_thw" in kwargs else args[1]
        self._start([(int(steps), int(rows), int(columns)) for steps, rows, columns in grids.tolist()])

    def _on_tap(self, name: str) -> Any:
        attention = self.module.at[name]

        def hook(tap: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            (key, tokens), *_ = [*enumerate(args), *kwargs.items()]
            if self._taps.tower is None:
                self._start(self._square_grids(tokens))
            if self._placed is None:
                return None
            changed = self._changed(attention, tokens, self._placed)
            if isinstance(key, int):
                return (changed, *args[1:]), kwargs
            return args, {**kwargs, key: changed}

        return hook

    def _start(self, grids: list[tuple[int, int, int]]) -> None:
        """Place the tracks on the tokens of the call that starts; none where it is for stills."""
        self._placed = None
        if self._stills_come:
            self._stills_come = False
            return
        if self._clips is None:
            raise LawfulError(
                "a video goes through a model with trajectory attention and no tracks were given. "
                "Call the model within attached.following(...), or remove the attention."
            )
        if len(grids) != len(self._clips):
            raise InputError(
                f"the model is sent {len(grids)} videos, tracks were given of {len(self._clips)}."
            )
        self._calls += 1
        self._placed = [self._place(clip, *grid) for clip, grid in zip(self._clips, grids, strict=True)]

    def _place(self, clip: SentClip, steps: int, rows: int, columns: int) -> _Placed:
        grid = token_grid(clip.times_s, rows, columns, self._taps.frames_per_step, clip.seen)
        if grid.steps != steps:
            raise InputError(
                f"the model is sent {steps} steps, and {len(clip.times_s)} times were given, which make "
                f"{grid.steps}. Give the times of the frames that are sent."
            )
        placed = place_tracks(clip.tracks, grid)
        token = self._taps.order.tokens(rows, columns)
        tokens = np.where(placed.seen, token[placed.cells], -1)
        return _Placed(steps, TrackCells(tokens, placed.times_s, placed.xy, placed.cells_per_step))

    def _square_grids(self, tokens: Tensor) -> list[tuple[int, int, int]]:
        """The grids of a call whose frames follow each other, all videos being of one length."""
        side, (frames, cells) = self._taps.side, tokens.shape[:2]
        videos = 1 if self._clips is None else max(1, len(self._clips))
        if not self._stills_come and (cells != side * side or frames % videos):
            raise InputError(
                f"{videos} videos of {side} x {side} tokens a frame were awaited, and the model has "
                f"{frames} frames of {cells} tokens."
            )
        return [(frames // videos, side, side)] * videos

    @staticmethod
    def _changed(attention: nn.Module, tokens: Tensor, placed: Sequence[_Placed]) -> Tensor:
        flat = tokens.flatten(0, -2)
        sizes = [one.steps * one.cells.cells_per_step for one in placed]
        parts = [
            attention(part.view(one.steps, one.cells.cells_per_step, -1), one.cells).flatten(0, 1)
            for one, part in zip(placed, flat.split(sizes), strict=True)
        ]
        return torch.cat(parts).view_as(tokens)


def attach(model: nn.Module, module: TrajectoryModule, dtype: torch.dtype | None = None) -> Attached:
    """Attach attention to a model.

    Args:
        model: A model of transformers of a family in `lawful.judge.vlm.tracks.form.FAMILIES`.
        module: The attention; it is moved to the model's device.
        dtype: Type that the attention computes in; None takes the model's.

    Raises:
        InputError: The model is of no known family, the attention was made for another, or the model has
            some already.
    """
    return Attached(model, module, dtype)


def _check_fits(taps: Taps, module: TrajectoryModule) -> None:
    config = module.config
    if config.family != taps.family:
        raise InputError(
            f"the attention was made for {config.family} and the model is {taps.family}. Attach it to a model "
            "of its own family."
        )
    if config.width != taps.width or config.places != tuple(taps.modules):
        raise InputError(
            f"the attention was made for {taps.family} with tokens of width {config.width} at "
            f"{', '.join(config.places)}, and the model has {taps.width} at {', '.join(taps.modules)}. "
            "Attach it to the size of model that it was made for."
        )
