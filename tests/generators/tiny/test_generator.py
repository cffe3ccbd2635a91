import numpy as np
import pytest

from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.core.registry import registered
from lawful.generators.make import make_generator
from lawful.generators.protocol import Checked, fingerprint
from lawful.generators.records import GenerationRequest, PromptAt, always
from lawful.generators.tiny.measure import held_out_clips
from lawful.generators.tiny.weights_file import VARIANTS
from lawful.video.frames import Frames, PointTracks

TEXT = "A red ball on the left falls and bounces, the first moving to the right."


@pytest.fixture(scope="module")
def generator():
    return make_generator("tiny-causal", {})


def frames_of(chunks):
    return np.concatenate([chunk.frames.rgb for chunk in chunks])


def test_the_variants_are_registered_and_differ():
    assert set(VARIANTS) <= {entry.name for entry in registered("generator")}
    prints = {name: fingerprint(make_generator(name, {})) for name in VARIANTS}
    assert len(set(prints.values())) == len(VARIANTS)


def test_a_rollout_is_the_same_again_and_goes_on_the_same_when_longer(generator):
    short, again, longer = (
        frames_of(generator.rollout(GenerationRequest(always(TEXT), n_frames, seed=3)))
        for n_frames in (6, 6, 10)
    )
    assert short.shape == (6, 64, 64, 3)
    assert np.array_equal(short, again)
    assert np.array_equal(short, longer[:6])
    other = frames_of(generator.rollout(GenerationRequest(always(TEXT), 6, seed=4)))
    assert not np.array_equal(short, other)


def test_prompt_prefix_and_tracks_change_the_video(generator):
    clips = held_out_clips(1)
    prefix = Frames(clips.videos[0, :4], np.arange(4) / 10, np.arange(4))
    times = np.arange(8) / 10
    xy = np.full((1, 8, 2), 0.7, np.float32)
    tracks = PointTracks(np.array([0]), times, xy, np.ones((1, 8), bool))
    asked = {
        "text": GenerationRequest(always(TEXT), 8),
        "other text": GenerationRequest(always("two blue discs collide"), 8),
        "nothing": GenerationRequest(always(""), 8),
        "prefix": GenerationRequest(always(TEXT), 8, prefix=prefix),
        "tracks": GenerationRequest(always(TEXT), 8, tracks=tracks),
    }
    made = {name: frames_of(generator.rollout(request)) for name, request in asked.items()}
    assert np.array_equal(made["prefix"][:4], clips.videos[0, :4])
    ends = {frames[4:].tobytes() for frames in made.values()}
    assert len(ends) == len(asked)


def test_what_it_was_not_trained_for_is_refused(generator):
    picture = np.zeros((64, 64, 3), np.uint8)
    first = GenerationRequest(always(TEXT), 8, first_frame=picture)
    with pytest.raises(
        LawfulError, match="tiny-causal: the request uses first_frame; this generator follows"
    ):
        generator.rollout(first)
    switched = GenerationRequest((PromptAt(0, TEXT), PromptAt(4, "a blue ball falls")), 8)
    with pytest.raises(LawfulError, match="the request uses prompt_switch"):
        generator.rollout(switched)
    with pytest.raises(LawfulError, match=r"the request uses size; .* and makes 64x64 px at 10 frames"):
        generator.rollout(GenerationRequest(always(TEXT), 8, width_px=128, height_px=128))
    odd = Frames(picture[None].repeat(3, 0), np.arange(3) / 10, np.arange(3))
    with pytest.raises(InputError, match="what is given has 3 frames"):
        generator.rollout(GenerationRequest(always(TEXT), 8, prefix=odd))
    with pytest.raises(InputError, match="words that the embedded generator was never told: cat"):
        generator.rollout(GenerationRequest(always("a red cat falls"), 8))


def test_what_cannot_be_followed_is_known_without_making_it(generator):
    """Before a rollout, and by the same words as from it."""
    assert isinstance(generator, Checked)
    generator.check(GenerationRequest(always(TEXT), 8))
    picture = np.zeros((3, 64, 64, 3), np.uint8)
    prefix = Frames(picture, np.arange(3) / 10, np.arange(3))
    for request in (
        GenerationRequest(always("a red cat falls"), 8),
        GenerationRequest(always("a red ball slides and swings"), 8),
        GenerationRequest(always(TEXT), 8, fps=25.0),
        GenerationRequest(always(TEXT), 8, prefix=prefix),
        GenerationRequest(always(TEXT), 8, settings={"speed": 1}),
    ):
        with pytest.raises(LawfulError) as before:
            generator.check(request)
        with pytest.raises(LawfulError) as then:
            generator.rollout(request)
        assert str(before.value) == str(then.value)


def test_unknown_settings_and_devices_are_refused():
    with pytest.raises(InputError, match="tiny-causal: settings: unknown 'speed'; known: device, dtype"):
        make_generator("tiny-causal", {"speed": 1})
    with pytest.raises(InputError, match="tiny-causal: 'toaster' is no device; write cpu or cuda:0"):
        make_generator("tiny-causal", {"device": "toaster"})
    with pytest.raises(AbsentError, match="cuda:7 is asked for and no CUDA device is here"):
        make_generator("tiny-causal", {"device": "cuda:7"})


def test_half_precision_is_another_generator(generator):
    half = make_generator("tiny-causal", {"dtype": "bfloat16"})
    assert half.dtype == "bfloat16"
    assert fingerprint(half) != fingerprint(generator)
    made = frames_of(half.rollout(GenerationRequest(always(TEXT), 4, seed=3)))
    exact = frames_of(generator.rollout(GenerationRequest(always(TEXT), 4, seed=3)))
    assert np.abs(made.astype(float) - exact).mean() < 8
