"""What is free, and what does not fit."""

import re

import pytest
import torch

from lawful.core.errors import LawfulError
from lawful.generators.adapters import memory
from lawful.generators.adapters.memory import MemoryNeed, check_fits, free_bytes

GPU = torch.device("cuda:1")


def test_what_torch_keeps_ready_of_an_earlier_video_is_free(monkeypatch):
    asked = []
    for name, value in (("mem_get_info", (10, 100)), ("memory_reserved", 7), ("memory_allocated", 3)):
        monkeypatch.setattr(torch.cuda, name, lambda device, value=value: asked.append(device) or value)
    assert free_bytes(GPU) == 10 + 7 - 3
    assert asked == [GPU] * 3


def test_the_encoder_of_prompts_and_the_rest_are_not_there_at_once(monkeypatch):
    need = MemoryNeed(weights=4 << 30, cache=2 << 30, work=1 << 30, decoder=1 << 30, text=11 << 30)
    assert need.total == 11 << 30
    monkeypatch.setattr(memory, "free_bytes", lambda device: 11 << 30)
    check_fits(need, GPU, "less", "here")
    monkeypatch.setattr(memory, "free_bytes", lambda device: 10 << 30)
    message = (
        "here: 11.00 GiB of memory are needed on cuda:1 and 10.00 GiB are free (weights 4.00 GiB, keys and values "
        "2.00 GiB, a pass 1.00 GiB, decoder 1.00 GiB; before them the text encoder 11.00 GiB). It takes less with less"
    )
    with pytest.raises(LawfulError, match=re.escape(message)):
        check_fits(need, GPU, "less", "here")
