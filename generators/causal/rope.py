"""Rotary position tables for latent frames at any places in time."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from lawful.core.errors import LawfulError
from lawful.generators.causal.stock import WanRotaryPosEmbed, get_1d_rotary_pos_embed

Table = Float[Tensor, "1 _ 1 half"]
_TABLES_KEPT = 64


class FrameRope(nn.Module):
    """Takes the place of the stock table: tells the cosines and sines of frames at given places.

    The stock module numbers the frames of its input from 0; the engine asks for places instead, and its attention
    turns queries and keys itself, so a forward pass gets empty tables.
    """

    def __init__(self, stock: WanRotaryPosEmbed) -> None:
        super().__init__()
        self._sizes = [stock.t_dim, stock.h_dim, stock.w_dim]
        # Space is read from the stock table; time is worked out, by the same function, for any place. In a tuple
        # and not as buffers: they stay in float32 when the weights do not.
        tables = (stock.get_buffer("freqs_cos"), stock.get_buffer("freqs_sin"))
        self._space = tuple(
            table[:, stock.t_dim :: 2].to("cpu", torch.float32, copy=True) for table in tables
        )
        self._kept: dict[tuple[object, ...], tuple[Tensor, Tensor]] = {}

    def forward(self, hidden_states: Tensor) -> tuple[Tensor, Tensor]:
        """Nothing: see the class."""
        empty = hidden_states.new_empty(0)
        return empty, empty

    def table(
        self, places: Sequence[int], height: int, width: int, device: torch.device
    ) -> tuple[Table, Table]:
        """Cosines and sines of all tokens of frames, row by row, one value a pair of channels.

        Args:
            places: Where in time each frame stands.
            height: Tokens in a column of a frame.
            width: Tokens in a row.
            device: Where the tables are to be.

        Raises:
            LawfulError: The frame is larger than the checkpoint's tables.
        """
        asked = (tuple(places), height, width, device)
        found = self._kept.pop(asked, None)
        if found is None:
            cos, sin = self._made(asked[0], height, width)
            found = cos.to(device), sin.to(device)
        self._kept[asked] = found  # the one asked for last is the last to go
        if len(self._kept) > _TABLES_KEPT:
            del self._kept[next(iter(self._kept))]
        return found

    def _made(self, places: tuple[int, ...], height: int, width: int) -> list[Tensor]:
        largest = self._space[0].shape[0]
        if max(height, width) > largest:
            message = (
                f"frames of {width}x{height} tokens are asked for, this checkpoint knows {largest} places"
            )
            raise LawfulError(message)
        times = np.array(places, np.float64)
        in_time = get_1d_rotary_pos_embed(
            self._sizes[0], times, use_real=True, repeat_interleave_real=True, freqs_dtype=torch.float64
        )
        shape = (len(places), height, width)
        tables = []
        for time_part, space in zip(in_time, self._space, strict=True):
            rows, columns = space.split([self._sizes[1] // 2, self._sizes[2] // 2], dim=1)
            parts = (
                time_part[:, ::2].float().view(len(places), 1, 1, -1).expand(*shape, -1),
                rows[:height].view(1, height, 1, -1).expand(*shape, -1),
                columns[:width].view(1, 1, width, -1).expand(*shape, -1),
            )
            tables.append(torch.cat(parts, dim=-1).reshape(1, len(places) * height * width, 1, -1))
        return tables


def turned(
    channels: Float[Tensor, "batch tokens heads channels"], table: tuple[Table, Table]
) -> Float[Tensor, "batch tokens heads channels"]:
    """Queries or keys turned by their places: neighbouring channels are the two sides of an angle."""
    cos, sin = table
    first, second = channels.unflatten(-1, (-1, 2)).unbind(-1)
    pairs = torch.stack((first * cos - second * sin, first * sin + second * cos), dim=-1)
    return pairs.flatten(-2).type_as(channels)
