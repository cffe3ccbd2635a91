"""The prompt is, token by token, what the models' own processors make of the same video.

Their processors cannot be made without torchvision, and what they write for a video needs nothing of it: it is called
here on a processor that is given no more than the sizes it asks for.
"""

from types import SimpleNamespace

import pytest

from lawful.judge.vlm.families.table import family_of
from lawful.judge.vlm.files import find_model
from lawful.judge.vlm.prompts import own_dialogue, prefix_tokens, suffix_tokens

QUESTION = "Does it fall?"


def processor_of(made, family, tokenizer):
    """A processor of a class, without what reads pixels."""
    import transformers

    processor = object.__new__(getattr(transformers, made))
    processor.tokenizer = tokenizer
    processor.image_processor = None
    processor.video_processor = SimpleNamespace(merge_size=2, temporal_patch_size=2)
    processor.image_token, processor.video_token = "<|image_pad|>", family.slot
    if "qwen" in family.model_type:
        processor.video_token = family.visual_token
        processor.vision_start_token, processor.vision_end_token = "<|vision_start|>", "<|vision_end|>"
    elif family.model_type == "internvl":
        processor.image_token, processor.image_seq_length = "<IMG_CONTEXT>", family.tokens_per_frame
        processor.start_image_token, processor.end_image_token = "<img>", "</img>"
    elif family.model_type == "llava_onevision":
        processor.num_image_tokens = family.patches_per_side**2
    else:
        processor.patch_size = family.side_px // family.patches_per_side
    return processor


def of_the_processor(processor, rendered, packed, frames):
    """Tokens of a rendered prompt after the processor has put the video in."""
    fps = 24.0
    videos = dict(packed.inputs)
    indices = (frames.times_s * fps).round().astype(int).tolist()
    videos["video_metadata"] = [SimpleNamespace(fps=fps, frames_indices=indices)]
    if "pixel_values" in videos:
        videos["pixel_values_videos"] = videos["pixel_values"][None]
    text = processor.replace_video_token(videos, video_idx=0)
    (whole,), _ = processor.get_text_with_replacements([rendered], videos_replacements=[text])
    return processor.tokenizer(whole, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("qwen3_vl", "Qwen3VLProcessor"),
        ("qwen3_5", "Qwen3VLProcessor"),
        ("qwen2_5_vl", "Qwen2_5_VLProcessor"),
        ("internvl", "InternVLProcessor"),
        ("llava_onevision", "LlavaOnevisionProcessor"),
        ("llava_next_video", "LlavaNextVideoProcessor"),
    ],
)
@pytest.mark.parametrize("n_frames", [4, 5])
def test_the_prompt_is_that_of_the_models_own_processor(
    name, made, n_frames, tokenizer, model_folder, frames
):
    files = find_model(str(model_folder(name)))
    family = family_of(files.config, files.preprocessing, name)
    shown = frames(n_frames)
    packed = family.pack(shown)
    dialogue = own_dialogue(family)
    ours = prefix_tokens(tokenizer, dialogue, packed.text)
    ours += suffix_tokens(tokenizer, dialogue, family.closing_token, QUESTION)
    rendered = dialogue.before + family.slot + dialogue.between + QUESTION + dialogue.after
    theirs = of_the_processor(processor_of(made, family, tokenizer), rendered, packed, shown)
    assert ours == theirs
