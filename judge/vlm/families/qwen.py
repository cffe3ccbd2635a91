"""Qwen2.5-VL, Qwen3-VL and Qwen3.5: frames of any shape, two a step, positions with three axes."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from lawful.judge.vlm.families.protocol import THOUSANDTHS, PackedVideo, Positions, Still
from lawful.judge.vlm.families.sizes import CLIP_MEAN, CLIP_STD, HALF, Colours, colours, inner, whole
from lawful.video.frames import Box, Frames

_START, _PAD, _END = "<|vision_start|>", "<|video_pad|>", "<|vision_end|>"
_LATE = 0.25
"""A frame may have come on screen so much before the tick that it stands for, in positions of time."""


@dataclass(frozen=True)
class QwenVl:
    """A model of the Qwen-VL line."""

    model_type: Literal["qwen2_5_vl", "qwen3_vl", "qwen3_5"]
    """The `model_type` of its `config.json`."""
    model_class: str
    """Name of its class in transformers."""
    patch_px: int
    """Side of a patch."""
    merge: int
    """Patches that become one visual token, along each side."""
    frames_per_step: int
    """Frames that become one step in time."""
    min_pixels: int
    """Fewest pixels: of a frame in Qwen2.5-VL, of the whole clip in the others."""
    max_pixels: int
    """Most pixels, likewise."""
    colours: Colours
    """How bytes become numbers."""
    own_chat: str = "<|im_start|>user\n{video}{text}<|im_end|>\n<|im_start|>assistant\n"
    """Plain dialogue."""
    slot: str = _START + _PAD + _END
    """What its chat template puts where the video goes."""
    after_video: str = ""
    """Plain text that follows the video."""
    closing_token: str = _END
    """Ends the video's text."""
    visual_token: str = _PAD
    """Stands for one visual token."""

    @property
    def tells_times(self) -> bool:
        """Whether every step has its time in words before it; Qwen2.5-VL has times in its positions instead."""
        return self.model_type != "qwen2_5_vl"

    @property
    def two_sizes(self) -> bool:
        """Where steps stand in the prompt one by one, each with its time; not where one grid holds all times."""
        return self.tells_times

    def size_of(self, frames: Frames) -> tuple[int, int]:
        """Height and width to which frames are resized, all alike."""
        return self._fitting(frames, len(frames))

    def pack(self, frames: Frames, still: Still | None = None) -> PackedVideo:
        """Frames as the model reads them.

        With still frames, a step is small where all of its frames are still. The two sizes together keep the model's
        limit on the pixels of a clip, so the others are larger than they would be if all were of their size; a small
        frame has one visual token at least.
        """
        import torch

        from lawful.judge.vlm.packing import as_bytes, in_patches, normalised, resized

        n_steps = -(-len(frames) // self.frames_per_step)
        small = self._small_steps(frames, still)
        size, small_size = self._two_sizes(frames, small, still)
        pictures = as_bytes(frames.rgb)
        patches, grids, tokens = [], [], []
        for is_small, stretch in itertools.groupby(range(n_steps), key=lambda step: bool(small[step])):
            steps = list(stretch)
            height, width = small_size if is_small else size
            shown = pictures[steps[0] * self.frames_per_step : (steps[-1] + 1) * self.frames_per_step]
            pixels = normalised(resized(shown, height, width), self.colours.mean, self.colours.std)
            patches.append(in_patches(pixels, self.patch_px, self.merge, self.frames_per_step))
            grids.append((len(steps), height // self.patch_px, width // self.patch_px))
            tokens += [grids[-1][1] * grids[-1][2] // self.merge**2] * len(steps)
        times = _step_times(frames, self.frames_per_step)
        if self.tells_times:
            told = [
                f"<{time_s:.1f} seconds>{_START}{_PAD * n}{_END}"
                for time_s, n in zip(times, tokens, strict=True)
            ]
            # The steps take the place of the one placeholder within the template's own start and end.
            text = _START + "".join(told) + _END
        else:
            text = _START + _PAD * sum(tokens) + _END
        inputs = {"pixel_values_videos": torch.cat(patches), "video_grid_thw": torch.tensor(grids)}
        starts = tuple(float(time_s) for time_s in frames.times_s[:: self.frames_per_step])
        return PackedVideo(inputs, text, sum(tokens), tuple(grids), times, starts, size)

    def _fitting(self, frames: Frames, n_frames: int) -> tuple[int, int]:
        """The size of frames where so many of them share the model's limits."""
        from lawful.judge.vlm.packing import fitting_size

        height, width = frames.rgb.shape[1:3]
        counted = (n_frames, self.frames_per_step) if self.tells_times else (1, 1)
        multiple = self.patch_px * self.merge
        return fitting_size((height, width), multiple, self.min_pixels, self.max_pixels, *counted)

    def _small_steps(self, frames: Frames, still: Still | None) -> np.ndarray:
        """Which steps are small."""
        if still is None:
            return np.zeros(-(-len(frames) // self.frames_per_step), bool)
        if not self.two_sizes:
            raise ValueError(f"frames of {self.model_type} have one size")
        firsts = range(0, len(frames), self.frames_per_step)
        return np.array([still.frames[at : at + self.frames_per_step].all() for at in firsts])

    def _two_sizes(
        self, frames: Frames, small: np.ndarray, still: Still | None
    ) -> tuple[tuple[int, int], tuple[int, int]]:
        """Height and width of the frames of large and of small steps."""
        if still is None or not small.any():
            size = self.size_of(frames)
            return size, size
        # Small steps count by their area among those that share the limits.
        as_large = math.ceil((~small).sum() + small.sum() * still.scale**2)
        size = self._fitting(frames, as_large * self.frames_per_step)
        multiple = self.patch_px * self.merge
        small_height, small_width = (
            max(multiple, int(side * still.scale) // multiple * multiple) for side in size
        )
        return size, (small_height, small_width)

    def seen(self, frames: Frames) -> Box:
        """The whole frame."""
        return Box(0.0, 0.0, 1.0, 1.0)

    def box_unit(self, frames: Frames) -> tuple[float, float]:
        """Pixels of the resized frames in Qwen2.5-VL, thousandths in the others."""
        height, width = self.size_of(frames)
        return THOUSANDTHS if self.tells_times else (float(width), float(height))

    def positions(self, model: Any, input_ids: Any, packed: PackedVideo) -> Positions:
        """Positions in time, row and column; what follows a video starts after the largest of its positions.

        They are set here, as versions of transformers differ: some cut the time of a step to whole seconds, and some
        have the text after a long video start amid the video's times.
        """
        import torch

        sides = [
            (rows // self.merge, columns // self.merge)
            for steps, rows, columns in packed.grids
            for _ in range(steps)
        ]
        times = [0] * len(sides)
        if not self.tells_times:
            rate = model.config.vision_config.tokens_per_second
            since = (start_s - packed.step_starts_s[0] for start_s in packed.step_starts_s)
            times = [math.floor(rate * after_s + _LATE) for after_s in since]
        placed, following, n_steps = [], 0, 0
        is_video = (input_ids[0] == model.config.video_token_id).tolist()
        for video, run in itertools.groupby(is_video):
            n_tokens = len(list(run))
            block = torch.arange(n_tokens).expand(3, -1)
            if video:
                rows, columns = sides[n_steps]
                here = times[n_steps : n_steps + n_tokens // (rows * columns)]
                n_steps += len(here)
                axes = (torch.tensor(here), torch.arange(rows), torch.arange(columns))
                block = torch.stack(torch.meshgrid(*axes, indexing="ij")).reshape(3, -1)
            placed.append(block + following)
            following += int(block.max()) + 1
        ids = torch.cat(placed, 1)[:, None].to(input_ids.device)
        return Positions(ids, following - input_ids.shape[1], 3)


def qwen2_5_vl(config: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> QwenVl:
    """Qwen2.5-VL by its files."""
    limits = (128 * 28 * 28, 768 * 28 * 28)
    made = "Qwen2_5_VLForConditionalGeneration"
    return _qwen("qwen2_5_vl", made, config, preprocessing, limits, Colours(CLIP_MEAN, CLIP_STD))


def qwen3_vl(config: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> QwenVl:
    """Qwen3-VL by its files."""
    limits = (128 * 32 * 32, 768 * 32 * 32)
    made = "Qwen3VLForConditionalGeneration"
    return _qwen("qwen3_vl", made, config, preprocessing, limits, Colours(HALF, HALF))


def qwen3_5(config: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> QwenVl:
    """Qwen3.5 by its files."""
    limits = (128 * 32 * 32, 768 * 32 * 32)
    made = "Qwen3_5ForConditionalGeneration"
    return _qwen("qwen3_5", made, config, preprocessing, limits, Colours(HALF, HALF))


def _qwen(
    model_type: Literal["qwen2_5_vl", "qwen3_vl", "qwen3_5"],
    model_class: str,
    config: Mapping[str, Any],
    preprocessing: Mapping[str, Any],
    limits: tuple[int, int],
    default: Colours,
) -> QwenVl:
    vision = inner(config, "vision_config")
    size = preprocessing.get("size") or {}
    named = {
        "min_pixels": preprocessing.get("min_pixels") or size.get("shortest_edge") or limits[0],
        "max_pixels": preprocessing.get("max_pixels") or size.get("longest_edge") or limits[1],
    }
    return QwenVl(
        model_type=model_type,
        model_class=model_class,
        patch_px=whole(vision, "patch_size", 14 if model_type == "qwen2_5_vl" else 16),
        merge=whole(vision, "spatial_merge_size", 2),
        frames_per_step=whole(vision, "temporal_patch_size", 2),
        min_pixels=whole(named, "min_pixels", where="preprocessor files"),
        max_pixels=whole(named, "max_pixels", where="preprocessor files"),
        colours=colours(preprocessing, default),
    )


def _step_times(frames: Frames, frames_per_step: int) -> tuple[float, ...]:
    """Time of each step: halfway between its first and its last frame."""
    times = [float(time_s) for time_s in frames.times_s]
    times += times[-1:] * (-len(times) % frames_per_step)
    groups = [times[at : at + frames_per_step] for at in range(0, len(times), frames_per_step)]
    return tuple((group[0] + group[-1]) / 2 for group in groups)
