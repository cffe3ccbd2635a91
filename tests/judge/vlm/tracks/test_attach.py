import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lawful.core.errors import InputError, LawfulError
from lawful.judge.vlm.tracks.attach import Attached, SentClip, attach
from lawful.judge.vlm.tracks.attention import AttentionSettings
from lawful.judge.vlm.tracks.form import TrajectoryConfig
from lawful.judge.vlm.tracks.taps import TokenOrder, taps_of
from lawful.judge.vlm.tracks.weights import TrajectoryModule, new_trajectory_module
from lawful.video.frames import Box, PointTracks

SMALL = AttentionSettings(heads=2, head_width=4)
Tiny = Any


def module_for(tiny: Tiny, gate: float = 0.0, settings: AttentionSettings = SMALL) -> TrajectoryModule:
    module = new_trajectory_module(tiny.model, settings, seed=1)
    with torch.no_grad():
        for name, part in module.named_parameters():
            if name.endswith("gate"):
                part.fill_(gate)
    return module


def logits(tiny: Tiny, module: TrajectoryModule, clip: SentClip, frames: np.ndarray) -> torch.Tensor:
    with attach(tiny.model, module) as attached, attached.following([clip]):
        return tiny.logits(frames)


def still_clip(tiny: Tiny, row: int, column: int, times_s: np.ndarray) -> SentClip:
    """One point that rests in the middle of a cell."""
    at = np.array([(column + 0.5) / tiny.columns, (row + 0.5) / tiny.rows], np.float32)
    xy = np.broadcast_to(at, (1, len(times_s), 2)).astype(np.float32)
    return SentClip(PointTracks(np.arange(1), times_s, xy, np.ones((1, len(times_s)), bool)), times_s)


def test_a_fresh_module_changes_no_logit(tiny: Tiny, clip: SentClip) -> None:
    frames = tiny.frames()
    before = tiny.logits(frames)
    assert (logits(tiny, module_for(tiny), clip, frames) - before).abs().max() == 0.0
    assert torch.equal(tiny.logits(frames), before)


def test_open_gates_change_logits_and_removal_brings_them_back(tiny: Tiny, clip: SentClip) -> None:
    frames = tiny.frames()
    before = tiny.logits(frames)
    hooks = sum(len(part._forward_pre_hooks) for part in tiny.model.modules())
    assert (logits(tiny, module_for(tiny, 1.0), clip, frames) - before).abs().max() > 1e-4
    assert sum(len(part._forward_pre_hooks) for part in tiny.model.modules()) == hooks
    assert torch.equal(tiny.logits(frames), before)


def test_the_tracks_matter_and_their_order_and_names_do_not(tiny: Tiny, clip: SentClip) -> None:
    frames, module = tiny.frames(), module_for(tiny, 1.0, AttentionSettings(2, 4, spatial=False))
    tracks = clip.tracks
    order = np.random.default_rng(0).permutation(len(tracks.ids))
    other = PointTracks(order * 3, tracks.times_s, tracks.xy[order], tracks.visible[order])
    hidden = PointTracks(tracks.ids, tracks.times_s, tracks.xy, np.zeros_like(tracks.visible))
    first = logits(tiny, module, clip, frames)
    assert torch.equal(logits(tiny, module, SentClip(other, clip.times_s), frames), first)
    without = logits(tiny, module, SentClip(hidden, clip.times_s), frames)
    assert torch.equal(without, tiny.logits(frames))
    assert not torch.allclose(without, first, atol=1e-4)


def test_gradients_reach_the_module_alone(tiny: Tiny, clip: SentClip) -> None:
    module = module_for(tiny, 1.0)
    with attach(tiny.model, module) as attached, attached.following([clip]):
        tiny.model(**tiny.call(tiny.frames())).logits.square().sum().backward()
    assert all(part.grad is None for part in tiny.model.parameters())
    for name, place in module.at.items():
        for gate in (place.spatial_gate, place.temporal_gate, place.temporal.value.weight):
            assert gate.grad.abs().max() > 0, name
    assert len(tiny.model.state_dict()) == len(copy.deepcopy(tiny.model).state_dict())
    assert not any("temporal_gate" in name for name in tiny.model.state_dict())


class _Recorder(nn.Module):
    """Takes the place of an attention and keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[torch.Tensor] = []
        self.placed: list[Any] = []

    def forward(self, tokens: torch.Tensor, placed: Any) -> torch.Tensor:
        self.tokens.append(tokens.detach().clone())
        self.placed.append(placed)
        return tokens


@pytest.mark.parametrize("place", [(0, 0), (0, 3), (1, 2), (3, 5), (4, 1), (5, 4)])
def test_one_bright_patch_is_found_at_its_token(tiny: Tiny, place: tuple[int, int]) -> None:
    """The token that a track on the patch is placed on is the one that the patch changes most."""
    row, column = place
    column += 4 if tiny.columns > 6 and column > 2 else 0
    times_s = np.arange(6) / 2
    clip = still_clip(tiny, row, column, times_s)
    module = module_for(tiny)
    for name in module.at:
        module.at[name] = _Recorder()
    frames = tiny.frames()
    lit = frames.copy()
    patch = tiny.patch_px
    frame = 3
    lit[frame, row * patch : (row + 1) * patch, column * patch : (column + 1) * patch] = 1.0
    with attach(tiny.model, module) as attached, attached.following([clip]):
        tiny.logits(frames)
        tiny.logits(lit)
    step = frame // tiny.frames_per_step
    for recorder in module.at.values():
        change = (recorder.tokens[1] - recorder.tokens[0]).norm(dim=-1)
        found = int(change.argmax())
        assert found == step * tiny.rows * tiny.columns + recorder.placed[0].cells[0, step]


def test_every_place_before_the_projector_is_covered(tiny: Tiny) -> None:
    places = {
        "qwen2_5_vl": ("merger",),
        "qwen3_vl": ("merger", "deepstack_0", "deepstack_1"),
        "llava_onevision": ("projector",),
        "llava_next_video": ("pooler",),
    }
    config = module_for(tiny).config
    assert config.places == places[config.family]
    assert config.width == 16


def test_deepstack_matters_by_itself(tiny: Tiny, clip: SentClip) -> None:
    module = module_for(tiny)
    for name in module.config.places[1:]:
        module.at[name].temporal_gate.data.fill_(1.0)
        frames = tiny.frames()
        assert not torch.allclose(logits(tiny, module, clip, frames), tiny.logits(frames), atol=1e-5)
        module.at[name].temporal_gate.data.fill_(0.0)


def test_questions_after_a_shared_prefix_run_no_hook(tiny: Tiny, clip: SentClip) -> None:
    from transformers import DynamicCache

    frames, module = tiny.frames(), module_for(tiny, 1.0)
    tiny.model.set_attn_implementation("eager")
    call = tiny.call(frames)
    tail = 3
    with attach(tiny.model, module) as attached, torch.no_grad():
        with attached.following([clip]):
            whole = tiny.model(**call).logits[:, -tail:]
            short = {
                name: value[:, :-tail] if name in ("input_ids", "mm_token_type_ids") else value
                for name, value in call.items()
            }
            cache = DynamicCache(config=tiny.model.config.get_text_config())
            tiny.model(**short, past_key_values=cache, use_cache=True)
        positions = {}
        if "video_grid_thw" in call:
            ways = {name: call[name] for name in ("input_ids", "mm_token_type_ids", "video_grid_thw")}
            # Time may run ahead of the text after it, so that only the whole prompt tells the positions.
            positions = {"position_ids": tiny.model.model.get_rope_index(**ways)[0][..., -tail:]}
        end = tiny.model(input_ids=call["input_ids"][:, -tail:], past_key_values=cache, **positions).logits
    assert (end - whole).abs().max() <= 1e-6


def test_two_videos_of_one_call_keep_apart(tiny: Tiny, clip: SentClip) -> None:
    module = module_for(tiny, 1.0, AttentionSettings(2, 4))
    one, two = tiny.call(tiny.frames(1)), tiny.call(tiny.frames(2))
    taps = taps_of(tiny.model)
    grid = one.get("video_grid_thw")
    both = {"pixel_values_videos": torch.cat([one["pixel_values_videos"], two["pixel_values_videos"]])}
    if grid is not None:
        both["video_grid_thw"] = torch.cat([grid, grid])

    def features(attached: Attached, call: dict[str, Any], clips: list[SentClip]) -> torch.Tensor:
        given = {name: call[name] for name in both}
        with attached.following(clips), torch.no_grad():
            return torch.cat([*taps.inner.get_video_features(**given).pooler_output])

    other = SentClip(
        PointTracks(clip.tracks.ids, clip.times_s, 1 - clip.tracks.xy, clip.tracks.visible), clip.times_s
    )
    with attach(tiny.model, module) as attached:
        parts = [features(attached, one, [clip]), features(attached, two, [other])]
        assert torch.allclose(features(attached, both, [clip, other]), torch.cat(parts), atol=1e-5)


def test_stills_pass_untouched(tiny: Tiny, clip: SentClip) -> None:
    """A reference picture that is sent along goes through the tower first, and is no part of the video."""
    module, call = module_for(tiny, 1.0), tiny.call(tiny.frames())
    taps = taps_of(tiny.model)
    seen: list[torch.Tensor] = []
    projector = tiny.model.model.multi_modal_projector if taps.tower is None else taps.modules["merger"]
    if taps.tower is None:
        still = torch.rand(1, 2, 3, 24, 24)
        call |= {"pixel_values": still, "image_sizes": torch.tensor([[24, 24]])}
        count = tiny.model.model.get_image_features(still, torch.tensor([[24, 24]])).pooler_output[0].shape[0]
    else:
        grid = torch.tensor([[1, 4, 4]])
        call |= {"pixel_values": torch.rand(16, call["pixel_values_videos"].shape[1]), "image_grid_thw": grid}
        count = 4
    ids = torch.cat([torch.tensor([[1, 62, *[61] * count, 63]]), call["input_ids"]], dim=1)
    call["input_ids"] = ids
    if "mm_token_type_ids" in call:
        call["mm_token_type_ids"] = (ids == 60) * 2 + (ids == 61)
    handle = projector.register_forward_pre_hook(lambda part, args: seen.append(args[0].clone()))
    with torch.no_grad():
        tiny.model(**call)
        handle.remove()
        with attach(tiny.model, module) as attached:
            handle = projector.register_forward_pre_hook(lambda part, args: seen.append(args[0].clone()))
            with attached.following([clip]):
                tiny.model(**call)
    handle.remove()
    assert len(seen) == 4
    assert torch.equal(seen[0], seen[2])
    assert not torch.allclose(seen[1], seen[3], atol=1e-4)


def test_bfloat16_models_stay_what_they_are(tiny: Tiny, clip: SentClip) -> None:
    model = copy.deepcopy(tiny.model).to(torch.bfloat16)
    frames = tiny.frames()
    call = {
        name: value.to(torch.bfloat16) if value.is_floating_point() else value
        for name, value in tiny.call(frames).items()
    }
    with torch.no_grad():
        before = model(**call).logits
        for dtype in (None, torch.float32):
            with attach(model, module_for(tiny), dtype) as attached, attached.following([clip]):
                after = model(**call).logits
                assert next(attached.module.parameters()).dtype == (dtype or torch.bfloat16)
            assert after.dtype == torch.bfloat16
            assert torch.equal(after, before)


def test_what_does_not_fit_is_refused(tiny: Tiny, clip: SentClip) -> None:
    model, module = tiny.model, module_for(tiny)
    with attach(model, module) as attached:
        with pytest.raises(
            InputError, match=r"this model has trajectory attention already\. Remove that first"
        ):
            attach(model, module)
        with pytest.raises(LawfulError, match=r"and no tracks were given\. Call the model within"):
            tiny.logits(tiny.frames())
        with (
            pytest.raises(LawfulError, match="no video went through the model's vision tower"),
            attached.following([clip]),
        ):
            pass
        few = SentClip(clip.tracks, clip.times_s[:2])
        with (
            pytest.raises(
                InputError,
                match=r"sent \d steps, and 2 times were given, which make \d\. Give the times of the frames",
            ),
            attached.following([few]),
        ):
            tiny.logits(tiny.frames())
    wide = TrajectoryModule(
        TrajectoryConfig(module.config.family, 24, module.config.places, SMALL), torch.Generator()
    )
    with pytest.raises(InputError, match=r"with tokens of width 24 at .*, and the model has 16 at"):
        attach(model, wide)
    families = [name for name in ("qwen2_5_vl", "qwen3_vl") if name != module.config.family]
    other = TrajectoryModule(
        TrajectoryConfig(families[0], 16, module.config.places, SMALL), torch.Generator()
    )
    with pytest.raises(InputError, match=rf"made for {families[0]} and the model is {module.config.family}"):
        attach(model, other)
    attach(model, module).remove()


def test_a_wrong_number_of_videos_is_refused(tiny: Tiny, clip: SentClip) -> None:
    message = {
        True: "sent 1 videos, tracks were given of 4",
        False: "4 videos of 6 x 6 tokens a frame were awaited",
    }
    tower = taps_of(tiny.model).tower is not None
    with (
        attach(tiny.model, module_for(tiny)) as attached,
        pytest.raises(InputError, match=message[tower]),
        attached.following([clip] * 4),
    ):
        tiny.logits(tiny.frames())


def test_other_models_are_refused() -> None:
    with pytest.raises(
        InputError,
        match=r"cannot be attached to a model of type 'Linear'; known are qwen2_5_vl, .*text or trails",
    ):
        taps_of(nn.Linear(2, 2))

    class Other(nn.Module):
        class config:
            model_type = "qwen3_vl"

    with pytest.raises(InputError, match="should hold one Qwen3VLModel, and this one holds 0"):
        taps_of(Other())


def test_orders_worked_by_hand() -> None:
    assert TokenOrder().tokens(2, 3).tolist() == [0, 1, 2, 3, 4, 5]
    merged = [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15]
    assert TokenOrder(merge=2).tokens(4, 4).tolist() == merged
    windows = TokenOrder(merge=1, window=2).tokens(2, 3)
    assert windows.tolist() == [0, 1, 4, 2, 3, 5]
    with pytest.raises(ValueError, match="3 x 4 cells cannot be grouped by 2 x 2"):
        TokenOrder(merge=2).tokens(3, 4)


@pytest.mark.parametrize(("rows", "columns"), [(6, 10), (8, 8), (14, 4), (2, 2)])
def test_windows_are_those_of_transformers(rows: int, columns: int) -> None:
    from transformers.vision_utils import get_vision_window_index

    index, _ = get_vision_window_index(torch.tensor([[1, rows, columns]]), 2, 16, 4)
    plain, windowed = (TokenOrder(2, window).tokens(rows, columns) for window in (0, 2))
    moved = (index[:, None] * 4 + torch.arange(4)).flatten()
    assert moved[windowed].tolist() == plain.tolist()


def test_a_crop_moves_the_cells(tiny: Tiny, clip: SentClip) -> None:
    cropped = SentClip(clip.tracks, clip.times_s, Box(0.25, 0.0, 0.75, 1.0))
    frames, module = tiny.frames(), module_for(tiny, 1.0)
    assert not torch.equal(logits(tiny, module, cropped, frames), logits(tiny, module, clip, frames))
