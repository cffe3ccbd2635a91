"""LLaVA-OneVision, LLaVA-NeXT-Video, SmolVLM and InternVL: every frame a square picture, positions with one axis."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lawful.core.errors import InputError
from lawful.judge.vlm.families.protocol import THOUSANDTHS, PackedVideo, Positions, Still
from lawful.judge.vlm.families.sizes import (
    CLIP_MEAN,
    CLIP_STD,
    HALF,
    Colours,
    colours,
    inner,
    square_side,
    whole,
)
from lawful.video.frames import Box, Frames


@dataclass(frozen=True)
class Squares:
    """A model whose frames are squares of one size."""

    model_type: Literal["llava_onevision", "llava_next_video", "smolvlm", "internvl"]
    """The `model_type` of its `config.json`."""
    model_class: str
    """Name of its class in transformers."""
    side_px: int
    """Side of the square."""
    fit: Literal["stretch", "crop"]
    """stretch: the whole frame, its aspect lost; crop: its middle, the shorter side made to fit."""
    patches_per_side: int
    """Patches along a side."""
    tokens_per_frame: int
    """Visual tokens of a frame."""
    extra_tokens: int
    """Visual tokens after the last frame."""
    colours: Colours
    """How bytes become numbers."""
    own_chat: str
    """Plain dialogue."""
    slot: str
    """What its chat template puts where the video goes."""
    visual_token: str
    """Stands for one visual token."""
    before_frames: str = ""
    """Text before the first frame."""
    frame_text: str = "{tokens}"
    """Text of a frame: {tokens}, {number} from 1 and {clock} (minutes and seconds)."""
    between_frames: str = ""
    """Text between two frames."""
    via_long_px: int | None = None
    """Longer side to which frames are brought before they are stretched, both with Lanczos' filter; None where they
    are stretched at once, bicubic."""
    after_video: str = ""
    """Plain text that follows the video."""
    closing_token: str = "<video>"
    """Ends the video's text."""

    @property
    def two_sizes(self) -> bool:
        """All frames are squares of one size."""
        return False

    def pack(self, frames: Frames, still: Still | None = None) -> PackedVideo:
        """Frames as the model reads them, all in one size."""
        if still is not None:
            raise ValueError(f"frames of {self.model_type} have one size")
        from lawful.judge.vlm.packing import as_bytes, centre_crop, normalised, resized, resized_lanczos

        pictures = as_bytes(frames.rgb)
        if self.via_long_px is not None:
            sizes = [_even_size(pictures.shape[-2:], self.via_long_px), (self.side_px, self.side_px)]
            pictures = resized_lanczos(pictures, sizes)
        elif self.fit == "stretch":
            pictures = resized(pictures, self.side_px, self.side_px)
        else:
            height, width = pictures.shape[-2:]
            long_px = int(self.side_px * max(height, width) / min(height, width))
            size = (self.side_px, long_px) if height <= width else (long_px, self.side_px)
            pictures = centre_crop(resized(pictures, *size), self.side_px, self.side_px)
        pixels = normalised(pictures, self.colours.mean, self.colours.std)
        inputs = {
            "llava_onevision": {"pixel_values_videos": pixels[None]},
            "llava_next_video": {"pixel_values_videos": pixels[None]},
            "smolvlm": {"pixel_values": pixels[None]},
            "internvl": {"pixel_values": pixels},
        }[self.model_type]
        times = tuple(float(time_s) for time_s in frames.times_s)
        n_tokens = self.tokens_per_frame * len(frames) + self.extra_tokens
        grid = (len(frames), self.patches_per_side, self.patches_per_side)
        size = (self.side_px, self.side_px)
        return PackedVideo(inputs, self._text(times), n_tokens, (grid,), times, times, size)

    def _text(self, times_s: tuple[float, ...]) -> str:
        tokens = self.visual_token * self.tokens_per_frame
        parts = [
            self.frame_text.format(
                tokens=tokens, number=number, clock=f"{int(time_s // 60):02d}:{int(time_s % 60):02d}"
            )
            for number, time_s in enumerate(times_s, start=1)
        ]
        return self.before_frames + self.between_frames.join(parts) + self.visual_token * self.extra_tokens

    def seen(self, frames: Frames) -> Box:
        """The whole frame, or its middle square."""
        from lawful.judge.vlm.tracks.cells import middle_square

        height, width = frames.rgb.shape[1:3]
        return middle_square(width, height) if self.fit == "crop" else Box(0.0, 0.0, 1.0, 1.0)

    def box_unit(self, frames: Frames) -> tuple[float, float]:
        """Thousandths."""
        return THOUSANDTHS

    def positions(self, model: Any, input_ids: Any, packed: PackedVideo) -> Positions:
        """Positions are the tokens' places."""
        import torch

        return Positions(torch.arange(input_ids.shape[1], device=input_ids.device)[None], 0, None)


def llava_onevision(config: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> Squares:
    """LLaVA-OneVision by its files."""
    vision = inner(config, "vision_config")
    side = square_side(config, vision)
    per_side = side // whole(vision, "patch_size")
    token = "<video>"
    return Squares(
        model_type="llava_onevision",
        model_class="LlavaOnevisionForConditionalGeneration",
        side_px=_asked_side(preprocessing, side),
        fit="stretch",
        patches_per_side=per_side,
        tokens_per_frame=math.ceil(per_side / 2) ** 2,
        extra_tokens=1,
        colours=colours(preprocessing, Colours(CLIP_MEAN, CLIP_STD)),
        own_chat="<|im_start|>user {video}\n{text}<|im_end|><|im_start|>assistant\n",
        slot=token,
        visual_token=token,
    )


def llava_next_video(config: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> Squares:
    """LLaVA-NeXT-Video by its files."""
    vision = inner(config, "vision_config")
    side = square_side(config, vision)
    per_side = side // whole(vision, "patch_size")
    token = "<video>"
    return Squares(
        model_type="llava_next_video",
        model_class="LlavaNextVideoForConditionalGeneration",
        side_px=_asked_side(preprocessing, side),
        fit="crop",
        patches_per_side=per_side,
        tokens_per_frame=(per_side // whole(config, "spatial_pool_stride", 2)) ** 2,
        extra_tokens=0,
        colours=colours(preprocessing, Colours(CLIP_MEAN, CLIP_STD)),
        own_chat="USER: {video}\n{text} ASSISTANT:",
        slot=token,
        visual_token=token,
    )


def smolvlm(config: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> Squares:
    """SmolVLM by its files."""
    vision = inner(config, "vision_config")
    side = square_side(config, vision)
    per_side = side // whole(vision, "patch_size")
    fake = "<fake_token_around_image>"
    return Squares(
        model_type="smolvlm",
        model_class="SmolVLMForConditionalGeneration",
        side_px=_asked_side(preprocessing, side),
        fit="stretch",
        patches_per_side=per_side,
        tokens_per_frame=(per_side // whole(config, "scale_factor", 2)) ** 2,
        extra_tokens=0,
        colours=colours(preprocessing, Colours(HALF, HALF)),
        own_chat="<|im_start|>User: {video}{text}<end_of_utterance>\nAssistant:",
        slot="<video>",
        visual_token="<image>",
        frame_text="\nFrame from {clock}:" + fake + "<global-img>{tokens}" + fake,
        after_video="\n\n",
        closing_token=fake,
        via_long_px=(preprocessing.get("size") or {}).get("longest_edge") or 4 * side,
    )


def internvl(config: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> Squares:
    """InternVL (the transformers form of its weights) by its files."""
    vision = inner(config, "vision_config")
    side = square_side(config, vision)
    patch = vision.get("patch_size")
    per_side = side // whole(
        {"patch_size": patch[0] if isinstance(patch, list | tuple) else patch}, "patch_size"
    )
    ratio = config.get("downsample_ratio", 0.5)
    return Squares(
        model_type="internvl",
        model_class="InternVLForConditionalGeneration",
        side_px=_asked_side(preprocessing, side),
        fit="stretch",
        patches_per_side=per_side,
        tokens_per_frame=int((per_side * ratio) ** 2),
        extra_tokens=0,
        colours=colours(preprocessing, Colours(CLIP_MEAN, CLIP_STD)),
        own_chat="<|im_start|>user\n{video}\n{text}<|im_end|>\n<|im_start|>assistant\n",
        slot="<video>",
        visual_token="<IMG_CONTEXT>",
        frame_text="Frame{number}: <img>{tokens}</img>",
        between_frames="\n",
        closing_token="</img>",
    )


def _even_size(size_px: Sequence[int], long_px: int) -> tuple[int, int]:
    """Height and width with the aspect of a size, the longer one `long_px` and the shorter one even."""
    height, width = size_px
    if width >= height:
        short = int(long_px / (width / height))
        return short + short % 2, long_px
    short = int(long_px * (width / height))
    return long_px, short + short % 2


def _asked_side(preprocessing: Mapping[str, Any], tower_px: int) -> int:
    """The side that the model's preprocessor files ask for.

    Raises:
        InputError: It is not the one that the vision tower reads.
    """
    asked = (
        preprocessing.get("max_image_size")
        or preprocessing.get("crop_size")
        or preprocessing.get("size")
        or {}
    )
    if isinstance(asked, int):
        asked = {"height": asked}
    sides = {value for value in asked.values() if value is not None}
    if sides and sides != {tower_px}:
        raise InputError(
            f"the model's preprocessor files ask for frames of {sorted(sides)} px, its vision tower reads "
            f"{tower_px} px. Needed: a model whose files agree."
        )
    return tower_px
