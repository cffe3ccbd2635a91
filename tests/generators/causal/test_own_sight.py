"""What a finished block sees when it is shown once more: a whole window that ends with itself."""

import numpy as np
import pytest
import torch

from lawful.generators.causal.codec import PixelCodec
from lawful.generators.records import GenerationRequest, always

WAVE = {
    "block": 2,
    "window": 8,
    "sink": 2,
    "rope": "sink_slides",
    "lag": 1,
    "joint": True,
    "sigmas": (1.0, 0.9, 0.8),
}
N_FRAMES = 24


def rolled(generator, n_frames=N_FRAMES):
    """Pixels of a video, and the rollout's cache at its end."""
    rollout = generator.rollout(GenerationRequest(always("a"), n_frames))
    pixels = np.concatenate([chunk.frames.rgb for chunk in rollout])
    return pixels, rollout._batch._cache


@pytest.fixture
def results(monkeypatch):
    """Latents as they are decoded."""
    kept = []
    decode = PixelCodec.decode
    monkeypatch.setattr(
        PixelCodec,
        "decode",
        lambda self, state, latents: kept.append(latents) or decode(self, state, latents),
    )
    return kept


def shown_in_turn(generator, latents):
    """The cache after these latent frames were shown block by block, none of them in the making."""
    model = generator.model
    cache = model.new_cache(latents.shape[2], 1, *latents.shape[3:])
    for start in range(0, latents.shape[2], 2):
        part = latents[:, :, start : start + 2]
        model.step(cache, part, torch.zeros(1), generator.embed(["a"]), range(start, start + 2))
    return cache


def held(cache, part, frame):
    size = cache.shape.frame_tokens
    return getattr(cache, part)[:, :, cache.slot(frame) * size : (cache.slot(frame) + 1) * size]


@pytest.mark.parametrize("rope", ["sink_slides", "absolute"])
def test_the_past_of_a_wave_is_that_of_blocks_one_after_the_other(make_generator, results, rope):
    """Keys and values that a wave leaves are those of its frames, shown by a model without a wave."""
    wave, own, alone = (
        make_generator(**(WAVE | change | {"rope": rope}))
        for change in ({}, {"own_sight": True}, {"lag": None, "joint": False})
    )
    differences = []
    for generator in (own, wave):
        results.clear()
        _, cache = rolled(generator)
        shown = torch.cat(results, dim=2)[:, :, : N_FRAMES - 2]  # the last block is shown to nobody
        in_turn = shown_in_turn(alone, shown)
        both = sorted(set(cache.frames) & set(in_turn.frames) - {None, N_FRAMES - 2, N_FRAMES - 1})
        assert both[:2] == [0, 1]  # the sink
        assert both[-1] == N_FRAMES - 3
        for part in ("values",) if rope == "sink_slides" else ("values", "seen"):
            differences.append(
                max((held(cache, part, f) - held(in_turn, part, f)).abs().max() for f in both[2:])
            )
    half = len(differences) // 2
    assert max(differences[:half]) < 5e-6
    assert min(differences[half:]) > 1e-3


def test_it_changes_nothing_where_one_block_is_in_the_making(make_generator):
    one = WAVE | {"lag": 3, "joint": False}
    plain, own = (make_generator(**one, own_sight=sees) for sees in (False, True))
    assert (rolled(plain)[0] == rolled(own)[0]).all()


def test_it_changes_no_more_than_rounding_before_anything_is_out_of_sight(make_generator):
    wide = WAVE | {"window": 40}
    plain, own = (rolled(make_generator(**wide, own_sight=sees))[0].astype(int) for sees in (False, True))
    assert np.abs(plain - own).max() <= 1
    narrow, seen = (rolled(make_generator(**WAVE, own_sight=sees))[0].astype(int) for sees in (False, True))
    assert (narrow != seen).mean() > 0.05


def test_the_cache_has_slots_for_what_is_in_the_making_besides(make_generator):
    plain, own = (rolled(make_generator(**WAVE, own_sight=sees))[1] for sees in (False, True))
    assert (plain.n_slots, own.n_slots) == (8, 8 + 2 * 2)
    long = rolled(make_generator(**WAVE, own_sight=True), 2 * N_FRAMES)[1]
    assert long.bytes == own.bytes
