"""The memory that `wan-causal` presets take at 832x480 in bfloat16, by arithmetic; nothing is loaded or run.

    python benchmarks/generate_memory.py

Weights, keys and values and decoder are counted from shapes; a pass is an estimate (see the code).
"""

import json

import torch

from lawful.generators.adapters.codec_wan import AutoencoderKLWan
from lawful.generators.adapters.wan_causal.checkpoint import WAN_1_3B
from lawful.generators.adapters.wan_causal.need import decoder_bytes, network_need
from lawful.generators.adapters.wan_causal.presets import CLOCK, presets

SIZE = (60, 104)
GIB = 2**30


def main() -> None:
    """Print a table."""
    with torch.device("meta"):
        vae = AutoencoderKLWan()
    config = {name: value for name, value in vae.config.items() if not name.startswith("_")}
    decoder = decoder_bytes(json.loads(json.dumps(config)), SIZE, torch.bfloat16) / GIB
    print(
        "| preset | frames | weights | keys and values | a pass | decoder | together, GiB |\n|---|---|---|---|---|---|---|"
    )
    for preset in presets().values():
        n_latents = preset.trained
        need = network_need(WAN_1_3B, preset.spec, n_latents, SIZE, torch.bfloat16, offloaded=False)
        parts = [part / GIB for part in (need.weights, need.cache, need.work)] + [decoder]
        cells = " | ".join(f"{part:.2f}" for part in [*parts, sum(parts)])
        print(f"| {preset.name} | {CLOCK.start(n_latents)} | {cells} |")


if __name__ == "__main__":
    main()
