"""Writes packed.npz: what the models' own preprocessing in transformers makes of a small clip.

Run in an environment of its own, as that preprocessing needs torchvision and this project does not:

    pip install -c constraints.txt torch transformers && pip install --no-deps torchvision==0.28.0
    python tests/judge/vlm/golden/make.py

Only the parts that differ between the families are kept: sizes, and every 7th number as float32.
"""

import sys
import types
from pathlib import Path

# A torchvision built for CUDA registers an operator here that a torch without CUDA has not.
sys.modules.setdefault("torchvision._meta_registrations", types.ModuleType("torchvision._meta_registrations"))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from transformers import (  # noqa: E402
    InternVLVideoProcessor,
    LlavaNextVideoVideoProcessor,
    LlavaOnevisionVideoProcessor,
    Qwen2VLVideoProcessor,
    Qwen3VLVideoProcessor,
    SmolVLMVideoProcessor,
)

KEEP_EVERY = 7


def clip(n_frames: int, height: int, width: int) -> np.ndarray:
    """A clip of waves, the same wherever it is made."""
    t, y, x = np.meshgrid(np.arange(n_frames), np.arange(height), np.arange(width), indexing="ij")
    waves = [(x * (3 + c) + y * (5 - c) + t * 11 + (x * y) // 7) % 256 for c in range(3)]
    return np.stack(waves, -1).astype(np.uint8)


def main() -> None:
    """Write the file."""
    small = {"shortest_edge": 28 * 28, "longest_edge": 70 * 70}
    processors = {
        "qwen2_5_vl": Qwen2VLVideoProcessor(size=small, cap_pixels_per_frame=False),
        "qwen3_vl": Qwen3VLVideoProcessor(
            size={"shortest_edge": 32 * 32, "longest_edge": 4 * 96 * 64}, cap_pixels_per_frame=False
        ),
        "llava_onevision": LlavaOnevisionVideoProcessor(size={"height": 42, "width": 42}),
        "llava_next_video": LlavaNextVideoVideoProcessor(
            size={"shortest_edge": 42}, crop_size={"height": 42, "width": 42}
        ),
        "smolvlm": SmolVLMVideoProcessor(size={"longest_edge": 64}, max_image_size={"longest_edge": 42}),
        "internvl": InternVLVideoProcessor(size={"height": 42, "width": 42}),
    }
    held: dict[str, np.ndarray] = {}
    for n_frames, height, width in ((5, 50, 90), (4, 96, 40)):
        video = torch.from_numpy(clip(n_frames, height, width)).permute(0, 3, 1, 2)
        for name, processor in processors.items():
            made = processor(videos=[video], return_tensors="pt", do_sample_frames=False)
            pixels = made["pixel_values" if name == "smolvlm" else "pixel_values_videos"]
            key = f"{name}.{n_frames}x{height}x{width}"
            held[f"{key}.numbers"] = pixels.numpy().reshape(-1)[::KEEP_EVERY].astype(np.float32)
            held[f"{key}.shape"] = np.array(pixels.shape)
            if "video_grid_thw" in made:
                held[f"{key}.grid"] = made["video_grid_thw"].numpy()[0]
    np.savez_compressed(Path(__file__).with_name("packed.npz"), **held)


if __name__ == "__main__":
    main()
