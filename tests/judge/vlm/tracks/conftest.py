"""Tiny random models of the four families, and calls that show them a clip."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from lawful.judge.vlm.tracks.attach import SentClip
from lawful.video.frames import PointTracks

VIDEO, IMAGE, START, END = 60, 61, 62, 63
FRAMES = 6
TIMES_S = np.arange(FRAMES) / 2


@dataclass(frozen=True)
class Tiny:
    """A model, and how to call it with frames of values 0-1, [frames, height, width]."""

    model: Any
    rows: int
    columns: int
    patch_px: int
    frames_per_step: int
    call: Callable[[np.ndarray], dict[str, Any]]

    def frames(self, seed: int = 0) -> np.ndarray:
        shape = (FRAMES, self.rows * self.patch_px, self.columns * self.patch_px)
        return np.random.default_rng(seed).random(shape).astype(np.float32) * 0.1

    def logits(self, frames: np.ndarray) -> torch.Tensor:
        with torch.no_grad():
            return self.model(**self.call(frames)).logits


def packed(frames: np.ndarray, patch: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Frames as Qwen takes them: pairs of frames, patches in groups of 2 x 2."""
    x = torch.from_numpy(frames)[:, None].expand(-1, 3, -1, -1)
    steps, rows, columns = len(frames) // 2, frames.shape[1] // patch, frames.shape[2] // patch
    x = x.reshape(steps, 2, 3, rows // 2, 2, patch, columns // 2, 2, patch).permute(0, 3, 6, 4, 7, 2, 1, 5, 8)
    return x.reshape(steps * rows * columns, -1), torch.tensor([[steps, rows, columns]])


def text(**more: Any) -> dict[str, Any]:
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
    ends = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    return {
        **sizes,
        **ends,
        "num_key_value_heads": 2,
        "vocab_size": 64,
        "max_position_embeddings": 2048,
        **more,
    }


def ready(model: Any) -> Any:
    torch.set_num_threads(1)
    return model.eval().requires_grad_(False)


def qwen_call(frames: np.ndarray, patch: int, blocks: bool) -> dict[str, Any]:
    pixels, grid = packed(frames, patch)
    steps, tokens = int(grid[0, 0]), int(grid[0].prod()) // 4
    each = tokens // steps if blocks else tokens
    vision = [START, *[VIDEO] * each, END] * (steps if blocks else 1)
    ids = torch.tensor([[1, 2, *vision, 3, 4, 5]])
    return {
        "input_ids": ids,
        "pixel_values_videos": pixels,
        "video_grid_thw": grid,
        "mm_token_type_ids": (ids == VIDEO) * 2,
    }


def llava_call(frames: np.ndarray, tokens: int) -> dict[str, Any]:
    pixels = torch.from_numpy(frames)[None, :, None].expand(-1, -1, 3, -1, -1)
    return {"input_ids": torch.tensor([[1, 2, *[VIDEO] * tokens, 3, 4, 5]]), "pixel_values_videos": pixels}


def qwen2_5_vl() -> Tiny:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    torch.manual_seed(0)
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]}
    vision = {
        "depth": 2,
        "hidden_size": 16,
        "num_heads": 2,
        "intermediate_size": 32,
        "out_hidden_size": 32,
        "patch_size": 4,
        "window_size": 16,
        "fullatt_block_indexes": [1],
    }
    config = Qwen2_5_VLConfig(
        text_config=text(rope_parameters=rope),
        vision_config=vision,
        video_token_id=VIDEO,
        image_token_id=IMAGE,
        vision_start_token_id=START,
        vision_end_token_id=END,
    )
    model = ready(Qwen2_5_VLForConditionalGeneration(config))
    return Tiny(model, 6, 10, 4, 2, lambda frames: qwen_call(frames, 4, blocks=False))


def qwen3_vl() -> Tiny:
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    torch.manual_seed(0)
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]}
    vision = {
        "depth": 3,
        "hidden_size": 16,
        "num_heads": 2,
        "intermediate_size": 32,
        "out_hidden_size": 32,
        "patch_size": 4,
        "num_position_embeddings": 64,
        "deepstack_visual_indexes": [0, 1],
    }
    config = Qwen3VLConfig(
        text_config=text(rope_parameters=rope, head_dim=16),
        vision_config=vision,
        video_token_id=VIDEO,
        image_token_id=IMAGE,
        vision_start_token_id=START,
        vision_end_token_id=END,
    )
    model = ready(Qwen3VLForConditionalGeneration(config))
    return Tiny(model, 6, 10, 4, 2, lambda frames: qwen_call(frames, 4, blocks=True))


def llava_onevision() -> Tiny:
    from transformers import LlavaOnevisionConfig, LlavaOnevisionForConditionalGeneration

    torch.manual_seed(0)
    vision = {
        "model_type": "siglip_vision_model",
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 24,
        "patch_size": 4,
        "vision_use_head": False,
    }
    config = LlavaOnevisionConfig(
        vision_config=vision,
        text_config=text(model_type="qwen2"),
        video_token_index=VIDEO,
        image_token_index=IMAGE,
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        image_grid_pinpoints=[[24, 24]],
    )
    model = ready(LlavaOnevisionForConditionalGeneration(config))
    return Tiny(model, 6, 6, 4, 1, lambda frames: llava_call(frames, FRAMES * 9 + 1))


def llava_next_video() -> Tiny:
    from transformers import LlavaNextVideoConfig, LlavaNextVideoForConditionalGeneration

    torch.manual_seed(0)
    vision = {
        "model_type": "clip_vision_model",
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 24,
        "patch_size": 4,
    }
    config = LlavaNextVideoConfig(
        vision_config=vision,
        text_config=text(model_type="llama"),
        video_token_index=VIDEO,
        image_token_index=IMAGE,
        image_grid_pinpoints=[[24, 24]],
    )
    model = ready(LlavaNextVideoForConditionalGeneration(config))
    return Tiny(model, 6, 6, 4, 1, lambda frames: llava_call(frames, FRAMES * 9))


MAKERS = {maker.__name__: maker for maker in (qwen2_5_vl, qwen3_vl, llava_onevision, llava_next_video)}


@pytest.fixture(scope="session", params=sorted(MAKERS))
def tiny(request: pytest.FixtureRequest) -> Tiny:
    """Each of the four."""
    return MAKERS[request.param]()


@pytest.fixture(scope="session")
def clip() -> SentClip:
    """Points that wander over the whole of a clip."""
    rng = np.random.default_rng(1)
    xy = (rng.random((12, 1, 2)) + rng.normal(0, 0.05, (12, FRAMES, 2)).cumsum(1)).astype(np.float32)
    return SentClip(PointTracks(np.arange(12), TIMES_S, xy, rng.random((12, FRAMES)) < 0.8), TIMES_S)
