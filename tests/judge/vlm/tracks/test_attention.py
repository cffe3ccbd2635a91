import math

import numpy as np
import pytest
import torch

from lawful.judge.vlm.tracks import layout
from lawful.judge.vlm.tracks.attention import TrajectoryAttention
from lawful.judge.vlm.tracks.cells import TrackCells, place_tracks, temporal_edges, token_grid
from lawful.judge.vlm.tracks.form import AttentionSettings
from lawful.judge.vlm.tracks.layout import layout_of
from lawful.video.frames import PointTracks

STEPS, ROWS, COLUMNS, WIDTH = 6, 3, 4, 20


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def tracks_of(seed: int, tracks: int = 9, steps: int = STEPS) -> PointTracks:
    rng = np.random.default_rng(seed)
    xy = rng.uniform(-0.1, 1.1, (tracks, steps, 2)).astype(np.float32)
    ids = np.arange(tracks, dtype=np.int64)
    return PointTracks(ids, np.arange(steps) / 4, xy, rng.random((tracks, steps)) < 0.7)


def placed_of(tracks: PointTracks) -> TrackCells:
    return place_tracks(tracks, token_grid(tracks.times_s, ROWS, COLUMNS))


def module_of(gate: float = 1.0, seed: int = 0, **form: object) -> TrajectoryAttention:
    settings = AttentionSettings(**{"heads": 2, "head_width": 6, **form})  # type: ignore[arg-type]
    module = TrajectoryAttention(WIDTH, settings, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if name.endswith("gate"):
                parameter.fill_(gate)
            if name == "relative.out.weight":
                parameter.normal_(generator=torch.Generator().manual_seed(seed + 1))
    return module


def tokens_of(seed: int = 0, steps: int = STEPS) -> torch.Tensor:
    return torch.randn(steps, ROWS * COLUMNS, WIDTH, generator=torch.Generator().manual_seed(seed))


def nothing_placed(steps: int = STEPS) -> TrackCells:
    shape = (0, steps)
    xy = np.zeros((*shape, 2), np.float32)
    return TrackCells(np.zeros(shape, np.int64), np.zeros(shape), xy, ROWS * COLUMNS)


def dense(module: TrajectoryAttention, tokens: torch.Tensor, placed: TrackCells) -> torch.Tensor:
    """The temporal part by one mask over all tokens of the clip for each track."""
    heads, flat = module.temporal, tokens.flatten(0, 1)
    count, cells = len(flat), tokens.shape[1]
    normed = heads.norm(flat)
    query, key, value = (
        part(normed).view(count, heads.heads, -1).transpose(0, 1)
        for part in (heads.query, heads.key, heads.value)
    )
    logits = query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])
    sums, times = torch.zeros(count, query.shape[-1] * heads.heads), torch.zeros(count)
    for track in range(len(placed.cells)):
        mask = torch.zeros(count, count, dtype=torch.bool)
        apart = torch.zeros(count, count, 3)
        steps = np.nonzero(placed.seen[track])[0]
        where = np.concatenate([placed.times_s[track][:, None], placed.xy[track]], axis=1)
        for one in steps:
            for other in steps:
                if module.settings.causal and other > one:
                    continue
                pair = one * cells + placed.cells[track, one], other * cells + placed.cells[track, other]
                mask[pair] = True
                apart[pair] = torch.from_numpy(where[other] - where[one]).float()
        bias = logits if module.relative is None else logits + module.relative(apart[None])[0]
        shares = bias.masked_fill(~mask, -math.inf).softmax(-1).nan_to_num()
        linked = mask.sum(1) > 1
        sums[linked] += (shares @ value).transpose(0, 1).flatten(1)[linked]
        times[linked] += 1
    touched = times > 0
    moved = flat.clone()
    moved[touched] += module.temporal_gate * heads.out(sums[touched] / times[touched, None])
    return moved.view_as(tokens)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("relative", [False, True])
def test_gathering_along_tracks_equals_a_dense_mask(causal: bool, relative: bool) -> None:
    module = module_of(causal=causal, relative=relative, spatial=False)
    for seed in range(3):
        placed, tokens = placed_of(tracks_of(seed)), tokens_of(seed)
        assert torch.allclose(module(tokens, placed), dense(module, tokens, placed), atol=2e-6)


def test_where_tracks_share_no_token_one_mask_for_all_is_the_same() -> None:
    cells = np.array([[0, 1, 2, -1, 3, 4], [5, 6, -1, 7, 8, 9], [10, -1, 11, -1, 10, -1]])
    xy = np.zeros((3, STEPS, 2), np.float32)
    placed = TrackCells(cells, np.zeros((3, STEPS)), xy, ROWS * COLUMNS)
    module, tokens = module_of(spatial=False, relative=False), tokens_of()
    flat, heads = tokens.flatten(0, 1), module.temporal
    mask = torch.eye(len(flat), dtype=torch.bool)
    for track in cells:
        on = [step * ROWS * COLUMNS + cell for step, cell in enumerate(track) if cell >= 0]
        mask[np.ix_(on, on)] = True
    found = heads.out(heads.looked(flat[None], mask[None, None]))[0]
    expected = torch.where(mask.sum(1, keepdim=True) > 1, flat + found, flat)
    assert torch.allclose(module(tokens, placed).flatten(0, 1), expected, atol=2e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_fresh_module_is_the_identity(dtype: torch.dtype) -> None:
    module = TrajectoryAttention(WIDTH, AttentionSettings(), torch.Generator().manual_seed(3))
    tokens = tokens_of().to(dtype)
    after = module(tokens, placed_of(tracks_of(0)))
    assert after.dtype == dtype
    assert torch.equal(after, tokens)


def test_order_and_names_of_tracks_change_nothing() -> None:
    module, tokens, tracks = module_of(), tokens_of(), tracks_of(1, tracks=40)
    order = np.random.default_rng(0).permutation(40)
    other = PointTracks(tracks.ids[order] * 7, tracks.times_s, tracks.xy[order], tracks.visible[order])
    assert torch.equal(module(tokens, placed_of(tracks)), module(tokens, placed_of(other)))


def test_every_track_twice_changes_nothing() -> None:
    module, tokens, tracks = module_of(), tokens_of(), tracks_of(1)
    twice = PointTracks(
        np.arange(18, dtype=np.int64),
        tracks.times_s,
        np.concatenate([tracks.xy, tracks.xy]),
        np.concatenate([tracks.visible, tracks.visible]),
    )
    assert torch.allclose(module(tokens, placed_of(tracks)), module(tokens, placed_of(twice)), atol=1e-6)


def test_blocks_of_tracks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    module, tokens, placed = module_of(), tokens_of(), placed_of(tracks_of(1, tracks=40))
    whole = module(tokens, placed)
    monkeypatch.setattr(layout, "TRACKS_AT_ONCE", 7)
    assert len(layout_of(placed, False).blocks) > 4
    assert torch.allclose(module(tokens, placed), whole, atol=1e-6)


def test_without_tracks_the_spatial_part_alone_is_left() -> None:
    module, tokens = module_of(), tokens_of()
    spatial = tokens + module.spatial(tokens)
    assert torch.equal(module(tokens, nothing_placed()), spatial)
    assert not torch.equal(spatial, tokens)


def test_the_spatial_part_stays_within_a_step() -> None:
    module, tokens = module_of(), tokens_of()
    other = tokens.clone()
    other[2] += 1
    differs = (module(tokens, nothing_placed()) != module(other, nothing_placed())).flatten(1).any(1)
    assert differs.tolist() == [False, False, True, False, False, False]


def test_tokens_without_a_link_to_another_step_are_left_alone() -> None:
    xy = np.array([[[0.1, 0.1]] * STEPS, [[0.9, 0.9]] * STEPS], np.float32)
    visible = np.zeros((2, STEPS), bool)
    visible[0, [1, 4]] = True
    visible[1, 3] = True
    tracks = PointTracks(np.arange(2), np.arange(STEPS) / 4, xy, visible)
    module, tokens = module_of(spatial=False), tokens_of()
    changed = (module(tokens, placed_of(tracks)) != tokens).any(-1)
    assert torch.nonzero(changed).tolist() == [[1, 0], [4, 0]]


def test_hidden_points_bring_and_take_nothing() -> None:
    """What stands where a point is hidden changes no other token of its track."""
    xy = np.full((1, STEPS, 2), 0.1, np.float32)
    visible = np.array([[True, True, False, False, True, True]])
    placed = placed_of(PointTracks(np.arange(1), np.arange(STEPS) / 4, xy, visible))
    module, tokens = module_of(spatial=False), tokens_of()
    other = tokens.clone()
    other[2:4, 0] += 5
    same = (module(tokens, placed) == module(other, placed)).all(-1)
    assert torch.nonzero(~same).tolist() == [[2, 0], [3, 0]]


@pytest.mark.parametrize("spatial", [False, True])
def test_causal_outputs_do_not_change_with_later_frames(spatial: bool) -> None:
    module = module_of(causal=True, spatial=spatial)
    tracks, tokens = tracks_of(4, tracks=30), tokens_of()
    whole = module(tokens, placed_of(tracks))
    for now in range(1, STEPS):
        early = PointTracks(tracks.ids, tracks.times_s[:now], tracks.xy[:, :now], tracks.visible[:, :now])
        assert torch.allclose(module(tokens[:now], placed_of(early)), whole[:now], atol=1e-6)
    both_ways = module_of(spatial=spatial)(tokens, placed_of(tracks))
    assert not torch.allclose(both_ways[:1], whole[:1], atol=1e-3)


def test_gradients_reach_what_should_train() -> None:
    placed, tokens = placed_of(tracks_of(0)), tokens_of()
    fresh = module_of(gate=0.0)
    fresh(tokens, placed).square().sum().backward()
    reached = {name for name, part in fresh.named_parameters() if part.grad is not None and part.grad.any()}
    assert reached == {"spatial_gate", "temporal_gate"}
    opened = module_of(gate=1.0)
    opened(tokens, placed).square().sum().backward()
    # A bias of the keys, and one added to all logits, shifts all logits of a softmax and can do nothing.
    idle = {name for name, part in opened.named_parameters() if part.grad.abs().max() < 1e-4}
    assert idle == {"spatial.key.bias", "temporal.key.bias", "relative.out.bias"}
    assert not tokens.requires_grad


def test_relative_time_and_place_matter_only_with_the_switch() -> None:
    tracks, tokens = tracks_of(2), tokens_of()
    placed = placed_of(tracks)
    later = TrackCells(placed.cells, placed.times_s * 3, placed.xy, placed.cells_per_step)
    assert not torch.allclose(module_of()(tokens, placed), module_of()(tokens, later), atol=1e-4)
    without = module_of(relative=False)
    assert torch.equal(without(tokens, placed), without(tokens, later))


def test_weights_come_from_the_generator_alone() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    one, two, other = (module_of(seed=seed).state_dict() for seed in (5, 5, 6))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not torch.equal(one["temporal.key.weight"], other["temporal.key.weight"])


def test_edges_of_a_track_that_breaks() -> None:
    xy = np.full((1, STEPS, 2), 0.1, np.float32)
    seen = np.ones((1, STEPS), bool)
    whole = PointTracks(np.arange(1), np.arange(STEPS) / 4, xy, seen)
    early = np.arange(STEPS)[None] < 3
    parts = np.concatenate([early, ~early])
    broken = PointTracks(np.arange(2), whole.times_s, np.concatenate([xy, xy + 0.5]), parts)
    assert temporal_edges(placed_of(whole)) == 30
    assert temporal_edges(placed_of(broken)) == 12


def test_tokens_that_do_not_fit_the_tracks_are_refused() -> None:
    with pytest.raises(ValueError, match="the tokens have 5 steps of 12 cells, the tracks 6 of 12"):
        module_of()(tokens_of(steps=5), nothing_placed())
    with pytest.raises(ValueError, match="heads and their width must be 1 or more, got 0 and 64"):
        AttentionSettings(heads=0)
