"""The memory that `wan-causal` presets and pipelines take in bfloat16 on a GPU, by arithmetic; nothing is loaded or run.

    python benchmarks/generate_memory.py

Weights, keys and values and decoder are counted from shapes; a pass is an estimate (see the code). Presets are at
832x480, pipelines at their own sizes and trained lengths, with the sizes that their papers tell for their transformers.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import torch

from lawful.generators.adapters.codec_wan import AutoencoderKLWan
from lawful.generators.adapters.decoder_need import decoder_bytes
from lawful.generators.adapters.device import Place
from lawful.generators.adapters.pipelines import anyflow_far, helios, skyreels_v2
from lawful.generators.adapters.pipelines.family import Family
from lawful.generators.adapters.pipelines.need import Planned, decoding_bytes, kept_bytes, pass_bytes
from lawful.generators.adapters.wan_causal.checkpoint import WAN_1_3B
from lawful.generators.adapters.wan_causal.need import network_need
from lawful.generators.adapters.wan_causal.presets import CLOCK, presets
from lawful.generators.records import GenerationRequest, always

SIZE = (60, 104)
GIB = 2**30
FAR = {"compressed_patch_size": (1, 4, 4), "full_chunk_limit": 3, "chunk_partition": (1, 3, 3, 3, 3, 3, 3, 2)}
WAN_14B = {
    "num_attention_heads": 40, "attention_head_dim": 128, "ffn_dim": 13824, "num_layers": 40, "patch_size": (1, 2, 2),
}  # fmt: skip
PIPELINES: tuple[tuple[Family, Mapping[str, Any], int], ...] = (
    (skyreels_v2.FAMILY, WAN_1_3B, 97),
    (anyflow_far.FAMILY, {**WAN_1_3B, **FAR}, 81),
    (helios.FAMILY, WAN_14B, 132),
)


def main() -> None:
    """Print a table."""
    decoder = decoder_bytes(_vae(), SIZE, torch.bfloat16, torch.device("cuda")) / GIB
    print(
        "| preset | frames | weights | keys and values | a pass | decoder | together, GiB |\n|---|---|---|---|---|---|---|"
    )
    for preset in presets().values():
        n_latents = preset.trained
        need = network_need(WAN_1_3B, preset.spec, n_latents, SIZE, torch.bfloat16, offloaded=False)
        parts = [part / GIB for part in (need.weights, need.cache, need.work)] + [decoder]
        cells = " | ".join(f"{part:.2f}" for part in [*parts, sum(parts)])
        print(f"| {preset.name} | {CLOCK.start(n_latents)} | {cells} |")
    print(
        "\n| pipeline | frames | kept from pass to pass | a pass | decoder | beside the weights, GiB |\n|---|---|---|---|---|---|"
    )
    for family, network, n_frames in PIPELINES:
        print(_row(family, network, n_frames))


def _row(family: Family, network: Mapping[str, Any], n_frames: int) -> str:
    """A pipeline's parts beside its weights."""
    can, place = family.can, Place(torch.device("cuda"), torch.bfloat16)
    size = can.height_px // 8, can.width_px // 8
    asked = GenerationRequest(always("a ball"), n_frames)
    largest = family.largest(Planned(asked, family.defaults, network, size))
    parts = (
        kept_bytes(network, largest, 16, size),
        pass_bytes(network, largest, torch.bfloat16),
        decoding_bytes(family.decoder, _vae(), largest, size, place),
    )
    cells = " | ".join(f"{part / GIB:.2f}" for part in (*parts, sum(parts)))
    return f"| {family.name} | {n_frames} | {cells} |"


@cache
def _vae() -> dict[str, Any]:
    """Sizes of Wan's autoencoder."""
    with torch.device("meta"):
        vae = AutoencoderKLWan()
    config = {name: value for name, value in vae.config.items() if not name.startswith("_")}
    return json.loads(json.dumps(config))


if __name__ == "__main__":
    main()
