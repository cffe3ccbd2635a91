"""Tiny random models of every family, saved as folders, and clips to show them."""

import os

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import pytest

from lawful.checklists.suite import Question, Scale
from lawful.judge.vlm.families.table import family_of
from lawful.judge.vlm.files import find_model
from lawful.judge.vlm.settings import VlmSettings
from lawful.video.frames import Frames

SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|video_pad|>",
    "<|image_pad|>", "<video>", "<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>",
    "<img>", "</img>", "<IMG_CONTEXT>",
)  # fmt: skip
TEXT = ["Does the ball fall? Answer yes or no. Yes, No, 1 2 3 4 5 USER ASSISTANT: seconds Frame from"] * 20
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}"
    "{% if c.type == 'video' %}<|vision_start|><|video_pad|><|vision_end|>{% else %}{{ c.text }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
YES_NO = Scale("yes_no", {"yes": 1.0, "no": 0.0})
FIVE = Scale("five", {"1": 0.0, "2": 0.25, "3": 0.5, "4": 0.75, "5": 1.0})
LONG = Scale("long", {"quite lawful": 1.0, "not sure at all": 0.5, "broken": 0.0})
FAMILY_NAMES = (
    "qwen3_vl", "qwen2_5_vl", "llava_onevision", "llava_next_video", "smolvlm", "internvl", "qwen3_5",
)  # fmt: skip


@pytest.fixture(scope="session")
def tokenizer():
    """A byte-level tokenizer trained in memory."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=340,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(TEXT, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=list(SPECIAL[3:]),
    )


TEXT_SIZE = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


def _qwen3_vl(token, size):
    from transformers import Qwen3VLConfig

    vision = {
        "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 4, "patch_size": 8, "out_hidden_size": 32,
        "deepstack_visual_indexes": [0], "num_position_embeddings": 64,
    }  # fmt: skip
    rope = {
        "rope_type": "default",
        "rope_theta": 10000.0,
        "mrope_section": [2, 1, 1],
        "mrope_interleaved": True,
    }
    text = TEXT_SIZE | {"vocab_size": size, "head_dim": 8, "rope_parameters": rope}
    return Qwen3VLConfig(
        vision_config=vision, text_config=text, video_token_id=token("<|video_pad|>"),
        image_token_id=token("<|image_pad|>"), vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
    )  # fmt: skip


def _qwen3_5(token, size):
    from transformers import Qwen3_5Config

    vision = {
        "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 4, "patch_size": 8, "out_hidden_size": 32,
        "num_position_embeddings": 64,
    }  # fmt: skip
    rope = {
        "rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1], "mrope_interleaved": True,
        "partial_rotary_factor": 1.0,
    }  # fmt: skip
    text = TEXT_SIZE | {
        "vocab_size": size, "head_dim": 8, "rope_parameters": rope, "layer_types": ["linear_attention", "full_attention"],
        "linear_num_key_heads": 2, "linear_num_value_heads": 2, "linear_key_head_dim": 8, "linear_value_head_dim": 8,
    }  # fmt: skip
    return Qwen3_5Config(
        vision_config=vision, text_config=text, video_token_id=token("<|video_pad|>"),
        image_token_id=token("<|image_pad|>"), vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
    )  # fmt: skip


def _qwen2_5_vl(token, size):
    from transformers import Qwen2_5_VLConfig

    vision = {
        "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 4, "patch_size": 8, "out_hidden_size": 32,
        "window_size": 32, "fullatt_block_indexes": [1], "tokens_per_second": 2,
    }  # fmt: skip
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]}
    text = TEXT_SIZE | {"vocab_size": size, "rope_parameters": rope}
    return Qwen2_5_VLConfig(
        vision_config=vision, text_config=text, video_token_id=token("<|video_pad|>"),
        image_token_id=token("<|image_pad|>"), vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
    )  # fmt: skip


TOWER = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 32,
    "patch_size": 8,
}


def _llava_onevision(token, size):
    from transformers import LlavaOnevisionConfig, Qwen2Config, SiglipVisionConfig

    return LlavaOnevisionConfig(
        vision_config=SiglipVisionConfig(**TOWER, vision_use_head=False),
        text_config=Qwen2Config(**TEXT_SIZE, vocab_size=size),
        video_token_index=token("<video>"), video_token_id=token("<video>"), image_token_id=token("<image>"),
        vision_feature_select_strategy="full", vision_feature_layer=-1,
    )  # fmt: skip


def _llava_next_video(token, size):
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaNextVideoConfig

    return LlavaNextVideoConfig(
        vision_config=CLIPVisionConfig(**TOWER),
        text_config=LlamaConfig(**TEXT_SIZE, vocab_size=size),
        video_token_id=token("<video>"), image_token_id=token("<image>"),
        image_grid_pinpoints=[[32, 32]], vision_feature_layer=-2,
    )  # fmt: skip


def _smolvlm(token, size):
    from transformers import LlamaConfig, SmolVLMConfig

    return SmolVLMConfig(
        vision_config=TOWER, text_config=LlamaConfig(**TEXT_SIZE, vocab_size=size, pad_token_id=0),
        image_token_id=token("<image>"), scale_factor=2, pad_token_id=0,
    )  # fmt: skip


def _internvl(token, size):
    from transformers import InternVLConfig, InternVLVisionConfig, Qwen2Config

    tower = TOWER | {"image_size": [32, 32], "patch_size": [8, 8]}
    return InternVLConfig(
        vision_config=InternVLVisionConfig(**tower), text_config=Qwen2Config(**TEXT_SIZE, vocab_size=size),
        image_token_id=token("<IMG_CONTEXT>"),
    )  # fmt: skip


CONFIGS = {name: globals()[f"_{name}"] for name in FAMILY_NAMES}
VIDEO_SIZES = {"size": {"shortest_edge": 16 * 16, "longest_edge": 96 * 96 * 64}}


@pytest.fixture(scope="session")
def model_folder(tokenizer, tmp_path_factory):
    """Makes the folder of a family's tiny model, once each."""
    import json

    import torch
    import transformers

    made = {}

    def make(name):
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            torch.manual_seed(7)
            config = CONFIGS[name](tokenizer.convert_tokens_to_ids, len(tokenizer))
            family = family_of(config.to_dict(), {}, name)
            model = getattr(transformers, family.model_class)(config)
            for parameter in model.parameters():
                if parameter.ndim > 1:
                    torch.nn.init.normal_(parameter, std=0.15)
            model.save_pretrained(folder)
            tokenizer.chat_template = TEMPLATE if "qwen" in name else None
            tokenizer.save_pretrained(folder)
            if "qwen" in name:
                (folder / "video_preprocessor_config.json").write_text(json.dumps(VIDEO_SIZES))
            made[name] = folder
        return made[name]

    return make


@pytest.fixture(scope="session")
def loaded(model_folder):
    """Loads a family's tiny model with some attention, once each."""
    from lawful.judge.vlm.model import load_model

    held = {}

    def load(name, attention="eager"):
        if (name, attention) not in held:
            files = find_model(str(model_folder(name)))
            family = family_of(files.config, files.preprocessing, name)
            held[name, attention] = load_model(files, family, VlmSettings(attention=attention))
        return held[name, attention]

    return load


@pytest.fixture(autouse=True)
def cache_of_its_own(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def frames():
    """Makes frames of a bright square that moves over noise."""

    def make(n_frames=5, height=48, width=64, seed=0):
        rng = np.random.default_rng(seed)
        rgb = rng.integers(0, 60, (n_frames, height, width, 3), dtype=np.uint8)
        for at in range(n_frames):
            rgb[at, 10:22, 4 * at : 4 * at + 12] = (250, 200, 40)
        return Frames(rgb, np.arange(n_frames) / 2.0, np.arange(n_frames, dtype=np.int64) * 12)

    return make


@pytest.fixture(scope="session")
def questions():
    """Questions on three scales, of which one has labels of several tokens."""
    return (
        Question("falls", "Does the ball fall?", "physics", YES_NO, "gravity"),
        Question("lawful", "How lawful is it, from one to five?", "physics", FIVE, "inertia"),
        Question(
            "whole", "Does the ball stay whole until the end of the video?", "physics", LONG, "identity"
        ),
        Question("prompt", "Is it what was asked for?", "prompt", YES_NO),
    )
