"""A server that others wrote: `transformers serve` with a tiny model that answers every prompt with one label."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from lawful.judge.make import make_judge
from lawful.judge.records import Verdict
from lawful.judge.task import JudgeSpec
from lawful.judge.vlm.train.tiny_vlm import checklist_tokenizer

SAYS = {"text": "yes", "schema": '{"label": "yes"}'}
"""What is answered to every prompt, by the form that is asked for: the server takes no notice of a schema."""
CHAT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}"
    "{% if c.type == 'image' %}<|image_pad|>{% else %}{{ c.text }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(params=sorted(SAYS))
def output(request):
    """The form of the answers."""
    return request.param


@pytest.fixture
def model(output, tmp_path):
    """A LLaVA of toy size. Its layers add nothing, so the last token alone decides the next."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    folder = tmp_path / "model"
    tokenizer = checklist_tokenizer(512)
    tokenizer.add_tokens([SAYS[output]])
    says, end = tokenizer.convert_tokens_to_ids(SAYS[output]), tokenizer.eos_token_id
    last = tokenizer("<|im_start|>assistant\n").input_ids[-1]
    tower = {"num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32, "patch_size": 16}
    text = {
        "vocab_size": len(tokenizer), "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 1,
        "num_attention_heads": 2, "eos_token_id": end, "bos_token_id": None,
    }  # fmt: skip
    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(hidden_size=16, intermediate_size=16, **tower),
        text_config=transformers.LlamaConfig(**text),
        image_token_index=tokenizer.convert_tokens_to_ids("<|image_pad|>"),
        image_seq_length=4,
    )
    made = transformers.LlavaForConditionalGeneration(config)
    with torch.no_grad():
        for layer in made.model.language_model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        tokens, next_of = made.get_input_embeddings().weight, made.get_output_embeddings().weight
        next_of.zero_()
        next_of[says], next_of[end] = 1000 * tokens[last], 1000 * tokens[says]
    made.save_pretrained(folder)
    pictures = transformers.CLIPImageProcessorPil(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    )
    transformers.LlavaProcessor(
        image_processor=pictures, tokenizer=tokenizer, patch_size=16, vision_feature_select_strategy="default",
        num_additional_image_tokens=1, image_token="<|image_pad|>", chat_template=CHAT,
    ).save_pretrained(folder)  # fmt: skip
    return folder


@pytest.fixture
def served(model, tmp_path, monkeypatch):
    """The server's address is in the environment while it runs."""
    for name in ("fastapi", "uvicorn"):
        pytest.importorskip(name, reason=f"transformers serve needs {name}, which is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        Path(sys.executable).with_name("transformers"),
        "serve",
        model,
        "--device",
        "cpu",
        "--port",
        port,
    ]
    own = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(list(map(str, command)), env=os.environ | own, stdout=log, stderr=log)
        try:
            limit_s = time.monotonic() + 120
            while process.poll() is None and time.monotonic() < limit_s:
                try:
                    direct.open(f"http://127.0.0.1:{port}/health", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.2)
            monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
            yield tmp_path / "log"
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.mark.long
def test_it_is_asked_and_its_label_is_the_score(output, served, model, ask, questions, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    settings = {"output": output, "access": {"timeout_s": 60, "attempts": 1}}
    outcomes = ask(make_judge(JudgeSpec(f"openai:{model}", settings)), questions(2))
    log = served.read_text()
    for outcome in outcomes:
        assert isinstance(outcome, Verdict), (outcome, log)
        assert (outcome.label, outcome.score) == ("yes", 1.0)
        assert "yes (the label alone: no probabilities are given)" in str(outcome.evidence)
    assert log.count('"POST /v1/chat/completions HTTP/1.1" 200') == 2
