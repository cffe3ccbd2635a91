"""A generator gets the threads that it runs best with while it makes a video, and no longer."""

import pytest
import torch

from lawful.generators.generate.asked import GenerateRequest
from lawful.generators.generate.produce import generate
from lawful.generators.make import make_generator
from lawful.generators.protocol import Threaded

pytestmark = pytest.mark.usefixtures("painter_site")


@pytest.fixture
def seen(monkeypatch):
    """Threads of torch in each rollout of the painter, which wants three."""
    import painter

    found, sound = [], painter.Painter.rollout

    def rollout(self, request):
        found.append(torch.get_num_threads())
        yield from sound(self, request)

    monkeypatch.setattr(painter.Painter, "rollout", rollout)
    monkeypatch.setattr(painter.Painter, "cpu_threads", 3, raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield found
    torch.set_num_threads(before)


@pytest.fixture
def ask(tmp_path, prompts_suite):
    return GenerateRequest(prompts_suite("a square", "it fails"), ("painter",), tmp_path / "videos")


def test_as_many_as_it_wants_while_it_works_whatever_comes_of_it(seen, ask):
    summary = generate(ask)
    assert (summary.n_made, len(summary.failed)) == (1, 1)
    assert seen == [3, 3]
    assert torch.get_num_threads() == 2


def test_the_users_number_comes_first(seen, ask, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    generate(ask)
    assert seen == [2, 2]


def test_who_wants_nothing_gets_what_there_is(seen, ask, monkeypatch):
    import painter

    monkeypatch.setattr(painter.Painter, "cpu_threads", None)
    generate(ask)
    assert seen == [2, 2]


def test_the_embedded_generator_wants_one():
    generator = make_generator("tiny-causal", {})
    assert isinstance(generator, Threaded)
    assert generator.cpu_threads == 1
