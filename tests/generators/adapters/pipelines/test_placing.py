"""Where and how a pipeline runs: each setting reaches the pipeline that diffusers has loaded."""

import re

import numpy as np
import pytest
import torch
from diffusers.models.attention_dispatch import _AttentionBackendRegistry

from lawful.core.errors import AbsentError, InputError
from lawful.generators.make import make_generator
from lawful.generators.protocol import fingerprint
from lawful.generators.records import GenerationRequest, always

pytestmark = [  # of libraries: a scheduler with numpy 2, and attention that is not compiled on a CPU
    pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:flex_attention called without:UserWarning"),
]
FAMILIES = ("anyflow-far", "skyreels-v2", "helios", "helios-distilled", "framepack")


@pytest.fixture
def made(saved):
    def make(family, **settings):
        steps = 1 if family == "framepack" else 2
        return make_generator(f"{family}:{saved(family)}", {"device": "cpu", "steps": steps} | settings)

    return make


def video(generator):
    """Nine frames, by their indices."""
    first = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    asked = {"first_frame": first} if generator.name.startswith("framepack") else {}
    request = GenerationRequest(always("a ball"), 9, width_px=32, height_px=32, **asked)
    frames = {}
    for chunk in generator.rollout(request):
        frames |= dict(zip(chunk.frames.indices.tolist(), chunk.frames.rgb, strict=True))
    return np.stack([frames[index] for index in range(9)])


def processors(transformer):
    """Of the attention in the transformer's own blocks."""
    return [
        part.processor
        for name, part in transformer.named_modules()
        if re.match(r"(single_)?(transformer_)?blocks\.", name) and hasattr(part, "processor")
    ]


def taking_turns(transformer):
    """Names of the parts that diffusers brings to the device and takes away again."""
    hooks = {name: getattr(part, "_diffusers_hook", None) for name, part in transformer.named_modules()}
    return [name for name, hook in hooks.items() if hook and hook.get_hook("group_offloading")]


def differ(one, other):
    return np.abs(one.astype(int) - other.astype(int)).max()


@pytest.mark.parametrize("family", FAMILIES)
def test_an_attention_backend_is_that_of_the_transformer_and_of_no_other(made, family):
    backend = "flex" if family == "anyflow-far" else "_native_math"
    plain, chosen = made(family), made(family, attention=backend)
    frames = video(chosen)
    held = [one._attention_backend for one in processors(chosen._loaded.transformer)]
    assert held
    assert {one.value for one in held} == {backend}
    assert _AttentionBackendRegistry._active_backend.value == "native"
    assert differ(frames, video(plain)) <= 1  # sums in another order
    assert all(one._attention_backend in (None, "flex") for one in processors(plain._loaded.transformer))
    assert fingerprint(chosen) != fingerprint(plain)


@pytest.mark.parametrize("family", FAMILIES)
def test_blocks_that_take_turns_change_nothing_but_memory(made, family):
    plain, offloaded = made(family), made(family, offload="blocks")
    assert (video(offloaded) == video(plain)).all()
    assert fingerprint(offloaded) == fingerprint(plain)
    hooked = taking_turns(offloaded._loaded.transformer)
    blocks = [name for name in hooked if re.fullmatch(r"\w*blocks\.\d+", name)]
    config = offloaded._loaded.transformer.config
    assert len(blocks) == config["num_layers"] + config.get("num_single_layers", 0)
    assert taking_turns(plain._loaded.transformer) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_a_number_format_is_that_of_the_weights(made, family):
    generator = made(family, dtype="bfloat16")
    frames = video(generator)
    pipeline = generator._loaded
    assert (pipeline.transformer.dtype, pipeline.vae.dtype) == (torch.bfloat16, torch.bfloat16)
    for part in generator.family.own_text:
        assert getattr(pipeline, part).dtype == torch.bfloat16
    assert generator.dtype == "bfloat16"
    assert fingerprint(generator) != fingerprint(made(family))
    assert frames.std() > 1
    if not generator.family.own_text:
        assert generator._texts(["a ball"]).dtype == torch.bfloat16


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_lie_where_the_device_is_said_to_be(made, family):
    generator = made(family)
    video(generator)
    pipeline = generator._loaded
    for part in ("transformer", "vae", *generator.family.own_text):
        module = getattr(pipeline, part)
        assert {str(weight.device) for weight in module.parameters()} == {generator.device} == {"cpu"}
        assert not module.training
        assert not any(weight.requires_grad for weight in module.parameters())
    if not generator.family.own_text:
        assert pipeline.text_encoder is None  # prompts were embedded without the pipeline, and it is gone


@pytest.mark.parametrize("family", FAMILIES)
def test_a_backend_that_there_is_not_is_refused_with_those_that_are(made, family):
    known = "flex" if family == "anyflow-far" else "flash, flash_hub, .*flex, native, .*xformers"
    with pytest.raises(InputError, match=rf"attention should be one of {known}, found 'none_such'"):
        made(family, attention="none_such")


def test_a_backend_whose_package_is_not_here_is_refused_with_what_is_needed(made):
    generator = made("helios", attention="sage")
    message = r"attention = 'sage' cannot be used here: .*Please install `sageattention"
    with pytest.raises(InputError, match=message):
        video(generator)
    assert generator._loaded is None
    assert _AttentionBackendRegistry._active_backend.value == "native"


def test_a_mask_that_no_other_backend_takes_is_known_before_anything_is_loaded(made):
    with pytest.raises(InputError, match="attention should be one of flex, found 'native'"):
        made("anyflow-far", attention="native")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"offload": "all"}, InputError, "offload should be one of none, blocks, found 'all'"),
        ({"dtype": "int8"}, InputError, "dtype should be one of float32, bfloat16, float16, found 'int8'"),
        ({"device": "gpu"}, InputError, "'gpu' is no device; write cpu or cuda:0"),
        ({"text_device": "cuda:9"}, AbsentError, "cuda:9 is asked for and"),
    ],
)
def test_places_that_there_are_not_are_refused(made, settings, error, message):
    with pytest.raises(error, match=re.escape(message)):
        made("helios", **settings)
