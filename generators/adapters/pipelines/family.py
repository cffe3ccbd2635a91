"""What tells one family of pipelines from another."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from lawful.generators.adapters.network import BACKENDS
from lawful.generators.adapters.pipelines.need import Decoder, Pass, Planned
from lawful.generators.protocol import Capabilities
from lawful.generators.records import Chunk, GenerationRequest

Setting = int | float


@dataclass(frozen=True, eq=False)
class Job:
    """One video that a loaded pipeline is to make."""

    pipeline: Any
    """The pipeline; its text encoder is left out unless it is its own."""
    request: GenerationRequest
    """What is asked."""
    settings: Mapping[str, Setting]
    """All settings of the family, those of the request put in."""
    embedded: Tensor
    """The embedded prompt (1 x words x channels); without words where the pipeline embeds it itself."""
    unguided: Tensor
    """The same of the empty prompt."""
    size_px: tuple[int, int]
    """Height and width."""
    device: torch.device
    """Where the pipeline runs."""


@dataclass(frozen=True, eq=False)
class Family:
    """A family of checkpoints that one kind of pipeline runs."""

    name: str
    """What stands before the colon."""
    pipeline: str
    """Class of diffusers that the folder is loaded as."""
    accepts: tuple[str, ...]
    """Classes that the folder may say it is of."""
    title: str
    """The family's name."""
    weights: str
    """Where its weights are published."""
    can: Capabilities
    """What it can be asked for."""
    defaults: Mapping[str, Setting]
    """Settings of its own and what they are otherwise."""
    chunks: Callable[[Job], Iterator[Chunk]]
    """Makes the video."""
    largest: Callable[[Planned], Pass]
    """The pass of the network that takes most memory."""
    streams: bool
    """Whether chunks come while later ones are still to be made."""
    check: Callable[[Planned], None] = lambda planned: None
    """Refuses (`InputError`) a video that the family cannot make though its controls do not tell."""
    note: str = ""
    """What else there is to know, in a line."""
    marks: Mapping[str, bool] = field(default_factory=dict)
    """What the folder must say of itself besides its class."""
    own_text: tuple[str, ...] = ()
    """Parts that embed prompts and pictures, where these are the pipeline's own; empty: prompts are embedded by umT5."""
    decoder: Decoder = "wan"
    """How its autoencoder decodes, which tells what that takes."""
    attention: tuple[str, ...] = BACKENDS
    """Attention backends that its transformer takes."""
