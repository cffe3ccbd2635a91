"""What a video of a pipeline takes in memory, worked out from shapes before anything is loaded.

Weights are counted from their files; what the decoder takes, by a run of the true one on tensors without values; what a
pass of the network takes is a formula that is held from above to what torch's allocator counts (see `pass_need`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import diffusers
import torch

from lawful.core.errors import InputError
from lawful.generators.adapters.decoder_need import decoder_bytes, tiled_decoder_bytes
from lawful.generators.adapters.device import Place
from lawful.generators.adapters.pass_need import FLOAT32, prompt_bytes, token_bytes, width
from lawful.generators.adapters.source import read_json, weight_files
from lawful.generators.records import GenerationRequest

Decoder = Literal["wan", "tiled"]
"""Latent frame by latent frame, or many at once in tiles of time."""
_SCORES = 3
"""Copies of whole attention scores in float32: as they are, masked, and as weights."""
_PUT_TOGETHER = 8
"""Float32 tensors of a token's width for each token that is looked at, where keys and values are put together."""
_LATENTS = 12
"""Float32 copies of the latents of a video that pipeline and scheduler keep."""
_BLOCK = re.compile(r"(\w+\.\d+)\.")


@dataclass(frozen=True, eq=False)
class Planned:
    """A video that is to be made, as far as it tells how much memory it takes."""

    request: GenerationRequest
    """What is asked."""
    settings: Mapping[str, int | float]
    """All settings of the family, those of the request put in."""
    network: Mapping[str, Any]
    """Sizes of the transformer, as its `config.json` says them."""
    size: tuple[int, int]
    """Rows and columns of a latent frame."""

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of tokens of a latent frame."""
        patch = self.network["patch_size"]
        rows, columns = (patch, patch) if isinstance(patch, int) else patch[1:]
        return self.size[0] // rows, self.size[1] // columns

    @property
    def frame_tokens(self) -> int:
        """Tokens of a latent frame."""
        return self.grid[0] * self.grid[1]

    def coarse_tokens(self, n_latents: int, coarse: int) -> int:
        """Tokens of some latent frames in patches that are so many times longer in time, height and width."""
        rows, columns = self.grid
        return -(-n_latents // coarse) * -(-rows // coarse) * -(-columns // coarse)


@dataclass(frozen=True)
class Pass:
    """The pass of the network that takes most, and what is there beside it."""

    tokens: int
    """Tokens that go through the layers, those of a history and of a joined prompt included."""
    own_levels: bool
    """Whether tokens have noise levels of their own."""
    n_latents: int
    """Latent frames of the video that the pipeline keeps."""
    batch: int = 1
    """Videos side by side, twice as many where both halves of guidance pass at once."""
    looked_at: int = 0
    """Tokens that each one looks at, where attention keeps all scores; 0: it never has them all."""
    kept_tokens: int = 0
    """Tokens whose keys and values are kept in every layer, in float32."""
    decoded_latents: int = 1
    """Latent frames that are decoded at once."""


def pass_bytes(network: Mapping[str, Any], planned: Pass, dtype: torch.dtype) -> int:
    """What a pass takes beside weights, and the keys and values that it leaves.

    batch x (tokens x `token_bytes` + `prompt_bytes`), and, where attention keeps all scores, batch x heads x tokens x
    looked_at x 3 x 4 for these and batch x looked_at x 8 width x 4 for keys and values put together for them.

    Args:
        network: Sizes of the transformer.
        planned: The largest pass.
        dtype: Format of the weights.
    """
    looked, tokens = planned.looked_at, planned.tokens
    scores = network["num_attention_heads"] * tokens * looked * _SCORES * FLOAT32
    scores += looked * _PUT_TOGETHER * width(network) * FLOAT32
    passing = tokens * token_bytes(network, planned.own_levels, dtype)
    return planned.batch * (passing + prompt_bytes(network) + scores)


def kept_bytes(network: Mapping[str, Any], planned: Pass, channels: int, size: tuple[int, int]) -> int:
    """What lives from pass to pass: keys and values of all layers, and latents with what the scheduler keeps of them."""
    keys = 2 * network["num_layers"] * planned.batch * planned.kept_tokens * width(network)
    return FLOAT32 * (keys + _LATENTS * planned.n_latents * channels * size[0] * size[1])


def decoding_bytes(
    decoder: Decoder, vae: Mapping[str, Any], planned: Pass, size: tuple[int, int], place: Place
) -> int:
    """What the autoencoder takes, weights included, and the frames of one decoding on their way to pixels.

    Frames come in the format of the weights, twice where they are put together; as pixels they are three times there in
    float32. Encoding given frames comes before the first pass and takes less.
    """
    if decoder == "tiled":
        held = tiled_decoder_bytes(vae, planned.decoded_latents, size, place.dtype, place.device)
    else:
        held = decoder_bytes(vae, size, place.dtype, place.device)
    values = 3 * 4 * planned.decoded_latents * size[0] * size[1] * 64
    return held + values * (2 * place.dtype.itemsize + 3 * FLOAT32)


def weight_bytes(folder: Path, dtype: torch.dtype, what: str) -> int:
    """Bytes of a part's weights as diffusers loads them: some stay in float32."""
    kept = _kept_in_float32(folder)
    return sum(count * _stored(name, dtype, kept).itemsize for name, count in _weights(folder, what).items())


def offloaded_bytes(folder: Path, dtype: torch.dtype, what: str) -> int:
    """The same of a transformer whose blocks take turns: all that is in no block, and its two largest blocks."""
    kept, blocks, rest = _kept_in_float32(folder), dict[str, int](), 0
    for name, count in _weights(folder, what).items():
        size = count * _stored(name, dtype, kept).itemsize
        block = _BLOCK.match(name)
        if block is None:
            rest += size
        else:
            blocks[block[1]] = blocks.get(block[1], 0) + size
    return rest + sum(sorted(blocks.values())[-2:])


def sizes_of(folder: Path, where: str) -> dict[str, Any]:
    """The sizes of a part by its `config.json`, those that it leaves out as its class has them.

    Raises:
        InputError: They are none that the class can be built with.
    """
    path = folder / "config.json"
    said = read_json(path)
    kind = getattr(diffusers, str(said.get("_class_name")), None)
    if kind is None:
        raise InputError(
            f"{where}: {path} says _class_name = {said.get('_class_name')!r}, which diffusers has not"
        )
    try:
        with torch.device("meta"):
            part = kind(**{name: value for name, value in said.items() if not name.startswith("_")})
    except (TypeError, ValueError, IndexError, ZeroDivisionError, RuntimeError) as error:
        raise InputError(f"{where}: {path}: no sizes of {kind.__name__}: {error}") from error
    return dict(part.config)


def _weights(folder: Path, what: str) -> dict[str, int]:
    """Numbers of each weight, read from the heads of the files."""
    from safetensors import safe_open

    found: dict[str, int] = {}
    for path in weight_files(folder, what):
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 - it is no mapping
                found[name] = torch.Size(file.get_slice(name).get_shape()).numel()
    return found


def _stored(name: str, dtype: torch.dtype, kept: Sequence[str]) -> torch.dtype:
    return torch.float32 if any(part in kept for part in name.split(".")) else dtype


def _kept_in_float32(folder: Path) -> Sequence[str]:
    """Names of the parts that diffusers leaves in float32, by the class that the folder says it is of."""
    kind = getattr(diffusers, str(read_json(folder / "config.json").get("_class_name")), None)
    return getattr(kind, "_keep_in_fp32_modules", None) or ()
