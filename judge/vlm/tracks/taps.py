"""Where each family of models holds its vision tokens before the projector, and in which order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int64
from torch import nn

from lawful.core.errors import InputError
from lawful.judge.vlm.tracks.form import FAMILIES


@dataclass(frozen=True)
class TokenOrder:
    """How the tokens of a step are ordered: from top left, row by row, unless something groups them."""

    merge: int = 1
    """Tokens of so many rows and columns stand together, since the projector merges them."""
    window: int = 0
    """So many rows and columns of merged groups stand together; 0 where there are no windows."""

    def tokens(self, rows: int, columns: int) -> Int64[np.ndarray, " cells"]:
        """The token of every cell, for cells counted row by row.

        >>> TokenOrder(merge=2).tokens(2, 4).tolist()
        [0, 1, 4, 5, 2, 3, 6, 7]

        Raises:
            ValueError: Rows or columns cannot be grouped.
        """
        if rows % self.merge or columns % self.merge:
            raise ValueError(f"{rows} x {columns} cells cannot be grouped by {self.merge} x {self.merge}")
        row, column = np.divmod(np.arange(rows * columns), columns)
        group_row, group_column = row // self.merge, column // self.merge
        keys = [column % self.merge, row % self.merge, group_column, group_row]
        if self.window:
            keys += [group_column // self.window, group_row // self.window]
        tokens = np.empty(rows * columns, np.int64)
        tokens[np.lexsort(keys)] = np.arange(rows * columns)
        return tokens


@dataclass(frozen=True)
class Taps:
    """The places of one model at which attention is attached."""

    family: str
    """The model's family."""
    inner: nn.Module
    """The part that takes pixels of stills and videos."""
    tower: nn.Module | None
    """The module whose call holds the grids; None where the tokens' shape is enough."""
    modules: Mapping[str, nn.Module]
    """Modules by name; their first input are the tokens."""
    width: int
    """Width of the tokens."""
    order: TokenOrder
    """Order of the tokens in a step."""
    frames_per_step: int
    """Frames in a temporal step."""
    side: int
    """Rows and columns of a step; 0 where they differ from clip to clip."""
    takes_stills: bool
    """Whether stills pass the places too."""


def taps_of(model: nn.Module) -> Taps:
    """The places of a model.

    Args:
        model: A model of transformers for conditional generation, maybe inside a wrapper.

    Raises:
        InputError: The model is of no family that is known here.
    """
    config: Any = getattr(model, "config", None)
    family = getattr(config, "model_type", type(model).__name__)
    if family not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise InputError(
            f"trajectory attention cannot be attached to a model of type {family!r}; known are {known}. "
            "Use track evidence as text or trails with other models."
        )
    found = [part for part in model.modules() if type(part).__name__ == FAMILIES[family]]
    if len(found) != 1:
        raise InputError(
            f"a model of type {family!r} should hold one {FAMILIES[family]}, and this one holds {len(found)}. "
            "Load it with AutoModelForImageTextToText of transformers."
        )
    return _qwen(family, found[0]) if family.startswith("qwen") else _llava(family, found[0])


def _qwen(family: str, inner: Any) -> Taps:
    visual = inner.visual
    modules = {"merger": visual.merger}
    window = 0
    if family == "qwen3_vl":
        modules |= {f"deepstack_{place}": part for place, part in enumerate(visual.deepstack_merger_list)}
    else:
        window = visual.window_size // visual.spatial_merge_size // visual.patch_size
    return Taps(
        family=family,
        inner=inner,
        tower=visual,
        modules=modules,
        width=visual.config.hidden_size,
        order=TokenOrder(visual.spatial_merge_size, window),
        frames_per_step=visual.config.temporal_patch_size,
        side=0,
        takes_stills=True,
    )


def _llava(family: str, inner: Any) -> Taps:
    config = inner.config
    layers = config.vision_feature_layer
    one_vision = family == "llava_onevision"
    return Taps(
        family=family,
        inner=inner,
        tower=None,
        modules={"projector": inner.multi_modal_projector}
        if one_vision
        else {"pooler": inner.vision_resampler},
        width=config.vision_config.hidden_size * (1 if isinstance(layers, int) else len(layers)),
        order=TokenOrder(),
        frames_per_step=1,
        side=config.vision_config.image_size // config.vision_config.patch_size,
        takes_stills=one_vision,
    )
