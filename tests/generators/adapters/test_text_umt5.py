"""Prompts encoded once and then read."""

import shutil
import weakref

import pytest
import torch

from lawful.core.errors import AbsentError
from lawful.generators.adapters import text_umt5
from lawful.generators.adapters.text_umt5 import WORDS, PromptEmbeddings, cleaned

CPU = torch.device("cpu")


@pytest.fixture
def made(text_folder, tmp_path):
    return lambda folder=text_folder, dtype=torch.float32: PromptEmbeddings(
        folder, CPU, dtype, tmp_path / "kept"
    )


def test_a_prompt_is_what_the_pipeline_of_diffusers_makes_of_it(made, text_folder):
    from diffusers import WanPipeline
    from transformers import AutoTokenizer, UMT5EncoderModel

    pipeline = WanPipeline.__new__(WanPipeline)
    pipeline.tokenizer = AutoTokenizer.from_pretrained(text_folder / "tokenizer")
    pipeline.text_encoder = UMT5EncoderModel.from_pretrained(text_folder / "text_encoder")
    text = "a red ball  falls &amp; it rises ."
    with torch.no_grad():
        theirs = pipeline._get_t5_prompt_embeds(text, max_sequence_length=WORDS, device=CPU)
    ours = made()([text])
    assert ours.shape == (1, WORDS, 32)
    assert torch.equal(ours, theirs)
    assert not ours[0, 10:].any()


def test_what_was_encoded_is_read(made, monkeypatch):
    first = made()(["a ball", ""])
    monkeypatch.setattr(PromptEmbeddings, "_loaded", lambda self: pytest.fail("encoded again"))
    again = made()
    assert again.missing(["a ball", "a box", "a box", ""]) == ["a box"]
    assert torch.equal(again(["", "a ball"]), first[[1, 0]])


def test_the_encoder_is_gone_when_prompts_are_embedded(made, monkeypatch):
    encoders, loaded = [], PromptEmbeddings._loaded

    def watched(self):
        encoder, tokenizer = loaded(self)
        encoders.append(weakref.ref(encoder))
        return encoder, tokenizer

    monkeypatch.setattr(PromptEmbeddings, "_loaded", watched)
    embeddings = made()
    embeddings.prepare(["a ball", "a box"])
    (encoder,) = encoders
    assert encoder() is None
    monkeypatch.setattr(text_umt5, "_encoded", lambda *some: 1 / 0)
    with pytest.raises(ZeroDivisionError):  # and when embedding fails
        embeddings.prepare(["it"])
    assert encoders[1]() is None


def test_what_is_kept_hangs_on_the_encoder_and_its_format(made, text_folder, tmp_path):
    made().prepare(["a ball"])
    other = tmp_path / "other"
    shutil.copytree(text_folder, other)
    config = other / "tokenizer" / "tokenizer_config.json"
    config.write_text(config.read_text() + " ")
    assert made().missing(["a ball"]) == []
    assert made(other).missing(["a ball"]) == ["a ball"]
    assert made(dtype=torch.bfloat16).missing(["a ball"]) == ["a ball"]


def test_a_broken_file_is_made_anew(made, tmp_path):
    first = made()(["a ball"])
    (path,) = (tmp_path / "kept").rglob("*.safetensors")
    path.write_bytes(path.read_bytes()[:50])
    assert torch.equal(made()(["a ball"]), first)
    assert made().missing(["a ball"]) == []


def test_the_encoder_counts_in_the_format_it_is_loaded_in(made):
    assert made(dtype=torch.bfloat16).encoder_bytes * 2 == made().encoder_bytes > 1000


def test_without_weights_or_the_package_it_says_so(made, tmp_path, monkeypatch):
    with pytest.raises(AbsentError, match=r"text encoder: .* holds no \*\.safetensors"):
        made(tmp_path)(["a ball"])
    monkeypatch.setitem(__import__("sys").modules, "ftfy", None)
    with pytest.raises(AbsentError, match="ftfy is needed for embedding prompts and is not installed"):
        cleaned("a ball")
    assert text_umt5.WORDS == 512
