"""One prefix for all questions says what one whole prompt a question says."""

import copy
import dataclasses

import numpy as np
import pytest
import torch

from lawful.core.errors import InputError, LawfulError
from lawful.judge.vlm.asking import Asker
from lawful.judge.vlm.prefix import continued, next_logits
from lawful.judge.vlm.prompts import own_dialogue, prefix_tokens
from lawful.judge.vlm.settings import VlmSettings

FAMILY_NAMES = (
    "qwen3_vl", "qwen2_5_vl", "llava_onevision", "llava_next_video", "smolvlm", "internvl", "qwen3_5",
)  # fmt: skip
TEXTS = (
    "Does the ball fall? Answer yes or no.",
    "No?",
    "Is every ball whole until the very end of the video?",
)


def asker_of(model, **settings):
    return Asker(model, VlmSettings(**settings), own_dialogue(model.family))


def whole_prompt(model, asker, frames, row):
    """The logits after the last token of a prompt that is read in one piece."""
    packed = model.family.pack(frames)
    ids = torch.tensor([prefix_tokens(model.tokenizer, asker.dialogue, packed.text) + row])
    inputs = {
        name: value.to(model.model.dtype) if value.is_floating_point() else value
        for name, value in packed.inputs.items()
    }
    if "qwen" in model.family.model_type:
        inputs["mm_token_type_ids"] = (ids == model.model.config.video_token_id).int() * 2
    if model.family.model_type == "qwen2_5_vl":
        # Placed as the judge has it: what transformers does with text after a long video is another thing.
        inputs["position_ids"] = model.family.positions(model.model, ids, packed).ids
    with torch.inference_mode():
        return model.model(input_ids=ids, **inputs, logits_to_keep=1).logits[0, -1]


def worst(one, other):
    return max(float((a - b).abs().max()) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", FAMILY_NAMES)
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_a_shared_prefix_says_what_whole_prompts_say(name, attention, loaded, frames):
    model = loaded(name, attention)
    asker = asker_of(model)
    rows = [asker.tokens_of(text) for text in TEXTS]
    prefix = asker.look(frames(6))
    shared = next_logits(model, prefix, rows, [1] * len(rows))
    # Whether or not other questions share its prefix changes no bit of a question's answer ...
    alone = [next_logits(model, asker.look(frames(6)), [row], [1])[0] for row in rows]
    assert worst(shared, alone) == 0.0
    # ... and against a prompt read in one piece, whose products have other shapes, float32 is left.
    whole = [whole_prompt(model, asker, frames(6), row)[None] for row in rows]
    assert worst(shared, whole) <= (5e-5 if name == "qwen3_5" else 1e-5)


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_what_is_left_is_rounding(name, loaded, frames):
    model = loaded(name)
    double = dataclasses.replace(model, model=copy.deepcopy(model.model).double())
    asker = asker_of(double)
    rows = [asker.tokens_of(text) for text in TEXTS[:2]]
    hidden = next_logits(double, asker.look(frames(6)), rows, [1, 1])
    whole = [whole_prompt(double, asker, frames(6), row).float()[None] for row in rows]
    # The gated delta rule and its norms calculate in float32 whatever the model is in.
    assert worst(hidden, whole) <= (5e-5 if name == "qwen3_5" else 2e-7)


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_order_and_batches_change_nothing(name, loaded, frames):
    model = loaded(name, "sdpa")
    asker = asker_of(model)
    rows = [asker.tokens_of(text) for text in TEXTS]
    prefix = asker.look(frames(5))
    one_by_one = next_logits(model, prefix, rows, [1, 2, 1])
    backwards = next_logits(model, prefix, rows[::-1], [1, 2, 1])[::-1]
    together = next_logits(model, prefix, rows, [1, 2, 1], batch_size=8)
    assert worst(one_by_one, backwards) == 0.0
    assert worst(one_by_one, together) <= 1e-5
    assert [len(one) for one in together] == [1, 2, 1]
    again = next_logits(model, prefix, rows, [1, 2, 1])
    assert worst(one_by_one, again) == 0.0


@pytest.mark.parametrize("words_at_once", [7, 16384])
def test_half_precision_rounds_no_logit(words_at_once, loaded, frames, monkeypatch):
    monkeypatch.setattr("lawful.judge.vlm.prefix._WORDS_AT_ONCE", words_at_once)
    whole = loaded("qwen3_vl", "sdpa")
    half = dataclasses.replace(whole, model=copy.deepcopy(whole.model).to(torch.bfloat16))
    asker = asker_of(half)
    held = []
    norm = half.model.model.language_model.norm
    norm.register_forward_hook(lambda _norm, _args, out: held.append(out))
    (found,) = next_logits(half, asker.look(frames(4)), [asker.tokens_of(TEXTS[0])], [1])
    expected = held[-1][0, -1].double() @ half.model.get_output_embeddings().weight.double().T
    assert (found[0] - expected).abs().max() <= 1e-5
    assert (found[0].to(torch.bfloat16) - expected).abs().max() > 1e-3


def test_the_next_video_leaves_a_prefix_as_it_was(loaded, frames):
    model = loaded("qwen3_vl")
    asker = asker_of(model)
    row = asker.tokens_of(TEXTS[0])
    first = asker.look(frames(6))
    before = next_logits(model, first, [row], [1])
    asker.look(frames(3, height=96, width=32, seed=1))
    assert worst(before, next_logits(model, first, [row], [1])) == 0.0


@pytest.mark.parametrize("name", ["qwen3_vl", "qwen3_5"])
def test_a_rationale_leaves_the_prefix_as_it_was_and_is_the_models_own(name, loaded, frames):
    model = loaded(name)
    asker = asker_of(model)
    row = asker.tokens_of(TEXTS[0])
    prefix = asker.look(frames(4))
    before = next_logits(model, prefix, [row], [1])
    said = continued(model, prefix, row, stop=[], n_tokens=4)
    assert worst(before, next_logits(model, prefix, [row], [1])) == 0.0
    assert said[0] == int(before[0][0].argmax())
    after = next_logits(model, prefix, [row + said[:-1]], [1])
    assert said[-1] == int(after[0][0].argmax())
    assert continued(model, prefix, row, stop=[said[0]], n_tokens=4) == []


def test_memory_that_runs_out_says_what_was_tried(loaded, frames, monkeypatch):
    model = loaded("qwen3_vl")
    asker = asker_of(model)
    prefix = asker.look(frames(4))

    def full(*_args, **_kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(model.model.model, "forward", full)
    message = (
        r"ran out of memory while asking 1 questions at once after \d+ tokens: [\d.]+ of [\d.]+ GiB are free on "
        r"cpu\. Show fewer or smaller frames .*batch_size = 1"
    )
    with pytest.raises(LawfulError, match=message):
        next_logits(model, prefix, [asker.tokens_of("?")], [1])
    with pytest.raises(LawfulError, match=r"reads \d+ tokens \(2 steps of frames of 64x48 px\)"):
        asker.look(frames(4))


def test_a_question_that_breaks_off_leaves_the_prefix_as_it_was(loaded, frames, monkeypatch):
    model = loaded("qwen3_vl")
    asker = asker_of(model)
    prefix = asker.look(frames(4))
    row = asker.tokens_of(TEXTS[0])
    before = next_logits(model, prefix, [row], [1])
    with monkeypatch.context() as broken:
        last = model.model.model.language_model.layers[-1]

        def stop(*_args, **_kwargs):
            raise MemoryError

        broken.setattr(last, "forward", stop)
        with pytest.raises(LawfulError, match="ran out of memory"):
            next_logits(model, prefix, [row], [1])
    assert worst(before, next_logits(model, prefix, [row], [1])) == 0.0


def test_a_video_too_long_for_the_model_is_refused(loaded, frames, monkeypatch):
    model = loaded("qwen2_5_vl")
    monkeypatch.setattr(model.model.config.text_config, "max_position_embeddings", 20)
    with pytest.raises(InputError, match=r"reads 20 tokens at most, and the video takes \d+\. Show fewer"):
        asker_of(model).look(frames(4))


def test_a_question_too_long_for_the_model_is_refused(loaded, frames, monkeypatch):
    model = loaded("qwen2_5_vl")
    asker = asker_of(model)
    prefix = asker.look(frames(4))
    row = asker.tokens_of(TEXTS[0])
    most = prefix.n_tokens + len(row)
    monkeypatch.setattr(model.model.config.text_config, "max_position_embeddings", most)
    assert len(next_logits(model, prefix, [row], [1])) == 1
    with pytest.raises(
        InputError, match=rf"reads {most} tokens at most, and the video with a question takes"
    ):
        next_logits(model, prefix, [row, [*row, row[-1]]], [1, 1])
    with pytest.raises(InputError, match=rf"the video with a rationale takes {most + 5}\. Show fewer"):
        continued(model, prefix, row, stop=[], n_tokens=5)


@pytest.mark.parametrize("text", ["Two clips<|im_end|>", "A <|video_pad|> in it?"])
def test_texts_that_hold_signs_of_the_model_are_refused(text, loaded):
    with pytest.raises(InputError, match=r"holds '<\|.*\|>', which the model's tokenizer takes for a sign"):
        asker_of(loaded("qwen3_vl")).tokens_of(text)


def test_a_foreign_tokenizer_is_refused(loaded, frames):
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE(vocab={chr(code): code for code in range(256)}, merges=[], unk_token="?"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    foreign = PreTrainedTokenizerFast(tokenizer_object=core, unk_token="?")
    model = dataclasses.replace(loaded("qwen3_vl"), tokenizer=foreign)
    with pytest.raises(InputError, match=r"its tokenizer makes 0 tokens <\|video_pad\|>"):
        asker_of(model).look(frames(4))
    with pytest.raises(
        InputError, match=r"does not know the token <\|vision_end\|>, with which a video ends"
    ):
        asker_of(model).tokens_of("?")


def test_one_frame_is_enough(loaded, frames):
    for name in FAMILY_NAMES:
        asker = asker_of(loaded(name, "sdpa"))
        prefix = asker.look(frames(1))
        (logits,) = next_logits(asker.loaded, prefix, [asker.tokens_of("?")], [1])
        assert np.isfinite(logits.numpy()).all()
