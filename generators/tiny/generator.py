"""The embedded generator as a `Generator`: prompts of known words, given frames, point tracks; run by the engine."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from lawful.core.fields import Fields
from lawful.generators.adapters.device import DTYPES, device_of
from lawful.generators.causal.generator import CausalGenerator
from lawful.generators.protocol import Capabilities
from lawful.generators.records import GenerationRequest
from lawful.generators.tiny.model import CODEC, TinyModel
from lawful.generators.tiny.prompt import read_prompt
from lawful.generators.tiny.scenes import FPS, SIDE_PX
from lawful.generators.tiny.weights_file import read_weights, shipped_weights

TRAINED_FRAMES = 16
"""Frames of the crops of training; rollouts go on for as long as is asked."""
CPU_THREADS = 1
"""Its steps are so small that threads wait for each other, the more the busier the machine is."""
_DTYPES = ("float32", "bfloat16")


def make_tiny(name: str, config: Mapping[str, Any]) -> CausalGenerator:
    """A variant that ships, by its name.

    Args:
        name: A name of `VARIANTS`.
        config: `device`, such as "cpu" or "cuda:0", and `dtype`, float32 or bfloat16.

    Raises:
        InputError: A setting is unknown or out of range.
        AbsentError: The device is not here.
    """
    fields = Fields(config, f"{name}: settings")
    fields.only("device", "dtype")
    dtype = fields.choice("dtype", _DTYPES) if "dtype" in config else "float32"
    device = fields.text("device") if "device" in config else "cpu"
    model, sha256 = shipped_weights(name)
    return generator_of(name, model.to(device_of(device, name), DTYPES[dtype]), sha256)


def generator_from(path: Path, name: str = "tiny") -> CausalGenerator:
    """A generator of the weights of a file, such as a training's `weights.safetensors`."""
    model, sha256 = read_weights(path)
    return generator_of(name, model, sha256)


def generator_of(name: str, model: TinyModel, weights_sha256: str) -> CausalGenerator:
    """A generator of a network."""
    controls = frozenset({"text", "prefix", "tracks", "branch"})
    can = Capabilities(
        controls=controls,  # pyright: ignore[reportArgumentType]
        width_px=SIDE_PX,
        height_px=SIDE_PX,
        fps=FPS,
        trained_frames=TRAINED_FRAMES,
        licence="Apache-2.0",
    )
    return CausalGenerator(
        name, model.causal, CODEC, Embedding(model), can, weights_sha256, cpu_threads=CPU_THREADS
    )


def whole_videos(
    generator: CausalGenerator, requests: Sequence[GenerationRequest]
) -> UInt8[np.ndarray, "videos frames height width 3"]:
    """The frames of several videos of one length, made side by side."""
    chunks = list(generator.rollout_batch(requests))
    parts = [[chunk.frames.rgb for chunk in made] for made in chunks]
    return np.stack([np.concatenate(video) for video in zip(*parts, strict=True)])


class Embedding:
    """From prompts to what the network is told of them."""

    def __init__(self, model: TinyModel) -> None:
        self._model = model

    def check(self, text: str) -> None:
        """Refuse a prompt that says what the generator was never told.

        Raises:
            InputError: It has an unknown word, or contradicts itself.
        """
        read_prompt(text)

    def __call__(self, texts: Sequence[str]) -> Float[Tensor, "texts slots text"]:
        """Embedded prompts.

        Raises:
            InputError: A prompt has a word that the generator was never told.
        """
        device = self._model.words.weight.device
        return self._model.context(torch.tensor([read_prompt(text).tokens for text in texts], device=device))
