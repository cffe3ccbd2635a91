import numpy as np
import pytest

from lawful.generators.tiny.measure import GIVEN, LONG, SAID, held_out_clips, kept_things, obeyed
from lawful.generators.tiny.picture import PALETTE, as_uint8, grounds
from lawful.generators.tiny.prompt import COLOURS, FAMILIES
from lawful.generators.tiny.scenes import SIDE_PX


@pytest.fixture(scope="module")
def clips():
    return held_out_clips(16)


@pytest.fixture(scope="module")
def truth(clips):
    return kept_things(clips, clips.videos)


def test_true_clips_pass(clips, truth):
    assert truth.intact.all()
    assert not truth.unreadable.any()
    assert truth.error_px.max() < 0.1
    assert truth.gravity[np.isfinite(truth.gravity)] == pytest.approx(1, abs=0.03)
    assert (truth.bounces_right[np.isfinite(truth.bounces_right)] == 1).all()
    falling = np.isin(clips.states.family, [FAMILIES.index("fall"), FAMILIES.index("throw")])
    assert not np.isfinite(truth.gravity[~falling]).any()
    assert np.isfinite(truth.bounces_right[falling]).mean() > 0.5


def test_true_clips_obey_their_prompts(clips):
    right = obeyed([crop.prompt for crop in clips.crops], clips.videos)
    assert right.shape == (16, len(SAID))
    # Which way is told from other frames than the prompt's: something may be hit in between.
    assert right[:, :4].all()
    assert right[:, 4].mean() >= 0.9


def test_prompts_of_other_clips_are_not_obeyed(clips):
    shifted = [clips.crops[number - 1].prompt for number in range(len(clips.crops))]
    assert obeyed(shifted, clips.videos).all(axis=1).mean() < 0.2


def test_reversed_clips_fall_as_well_but_bounce_higher(clips, truth):
    """Free flight is the same both ways; the loss of energy in bounces is not."""
    videos = clips.videos.copy()
    videos[:, GIVEN:] = videos[:, GIVEN:][:, ::-1]
    kept = kept_things(clips, videos)
    both = np.isfinite(kept.gravity) & np.isfinite(truth.gravity)
    assert kept.gravity[both] == pytest.approx(1, abs=0.05)
    bounced = np.isfinite(kept.bounces_right)
    assert kept.bounces_right[bounced].mean() < 0.8


def test_what_vanishes_is_not_intact(clips):
    videos = clips.videos.copy()
    empty = as_uint8(grounds())
    videos[:, 20:] = empty[clips.states.family][:, None]
    kept = kept_things(clips, videos)
    assert kept.intact[:, :20].all()
    assert not kept.intact[:, 20:].any()
    assert np.isinf(kept.error_px[:, 20:]).all()


@pytest.mark.parametrize(("hole", "intact"), [(0.0, True), (0.5, False)])
def test_a_ring_in_the_place_of_a_disc_is_there_and_not_intact(clips, hole, intact):
    """Colour, place and area are those of the clip's thing."""
    videos = clips.videos.copy()
    alone = np.flatnonzero((clips.states.count == 1) & (clips.states.family != FAMILIES.index("swing")))
    ticks = np.arange(SIDE_PX) + 0.5
    for clip in alone:
        crop = clips.crops[clip]
        radius = float(clips.states.radius[clip, 0]) / np.sqrt(1 - hole**2)
        colour = np.array(PALETTE[COLOURS[crop.colour[0]]])
        ground = as_uint8(grounds())[clips.states.family[clip]]
        for frame in range(20, LONG):
            x, y = clips.states.centre[clip, frame, 0]
            away = np.hypot(ticks[None] - x, ticks[:, None] - y)
            cover = np.clip(radius + 0.5 - away, 0, 1) - np.clip(hole * radius + 0.5 - away, 0, 1) * (
                hole > 0
            )
            videos[clip, frame] = (ground + cover[..., None] * (colour - ground)).round()
    kept = kept_things(clips, videos)
    assert len(alone) > 3
    assert kept.intact[:, :20].all()
    assert kept.there.all()
    assert (kept.intact[alone, 20:] == intact).all()
    assert kept.error_px.max() < 0.5
