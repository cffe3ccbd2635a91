"""What generators cannot follow is told of all cases at once, before the first video is made."""

import re

import pytest

from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.generators.generate.asked import GenerateRequest
from lawful.generators.generate.produce import forecast, generate
from lawful.generators.generate.refusals import SHOWN_CASES, SHOWN_REASONS
from lawful.generators.protocol import RefusedError

pytestmark = pytest.mark.usefixtures("painter_site")


@pytest.fixture
def ask(tmp_path, prompts_suite):
    """Makes a request for cases with some prompts."""

    def make(*prompts, **changes):
        values = {"suite": prompts_suite(*prompts), "generators": ("painter",), "out": tmp_path / "videos"}
        return GenerateRequest(**values | changes)

    return make


@pytest.fixture
def picky(monkeypatch):
    """The painter knows no cat, and takes no two squares."""
    import painter

    def check(self, request):
        prompt = request.prompt_at(0)
        if "cat" in prompt:
            raise RefusedError(f"the prompt {prompt!r} has a cat", "It knows squares.")
        if "two" in prompt:
            raise InputError("one square is all that there is")

    monkeypatch.setattr(painter.Painter, "check", check, raising=False)


def test_all_that_is_refused_is_told_once_and_what_could_be_made(ask, picky, tmp_path):
    request = ask("a cat", "a square", "two squares", "a black cat", "two more squares", "a square again")
    message = """painter: 4 of 6 cases of suite 'asks' cannot be made:
  c0: the prompt 'a cat' has a cat
  c2, c4: one square is all that there is
  c3: the prompt 'a black cat' has a cat
It knows squares.
Nothing was made: leave these out by naming the other 2, --cases c1,c5, or name another suite or generator."""
    for work in (generate, forecast):
        with pytest.raises(LawfulError, match=f"^{re.escape(message)}$"):
            work(request)
    assert not (tmp_path / "videos").exists()


def test_what_it_says_to_do_works(ask, picky):
    prompts = ("a cat", "a square", "two squares")
    with pytest.raises(LawfulError) as refused:
        generate(ask(*prompts))
    cases = re.findall(r"--cases (\S+),", str(refused.value))
    assert cases == ["c1"]
    assert generate(ask(*prompts, cases=tuple(cases))).n_made == 1


def test_generators_that_refuse_for_one_reason_are_told_of_together(ask, picky):
    with pytest.raises(
        LawfulError, match=r"^painter, echo:a: 1 of 1 cases of suite 'asks' cannot be made:"
    ) as refused:
        generate(ask("a cat", generators=("painter", "echo:a")))
    assert str(refused.value).count("has a cat") == 1
    assert str(refused.value).endswith("Nothing was made: name another suite or another generator.")


def test_what_one_generator_refuses_is_not_among_the_cases_to_name(ask, picky):
    with pytest.raises(LawfulError, match="blind: 2 of 2 cases") as refused:
        generate(ask("a cat", "a square", generators=("painter", "blind")))
    assert "painter: 1 of 2 cases" in str(refused.value)
    assert "--cases" not in str(refused.value)


def test_a_long_list_is_cut_and_counted(ask, picky):
    with pytest.raises(LawfulError) as refused:
        generate(ask(*(f"cat {number}" for number in range(SHOWN_REASONS + 3))))
    assert f"cat {SHOWN_REASONS - 1}'" in str(refused.value)
    assert "\n  and 3 more\nIt knows squares." in str(refused.value)
    with pytest.raises(LawfulError, match=rf"c{SHOWN_CASES - 1} and 4 more: one square"):
        generate(ask(*(f"two {number}" for number in range(SHOWN_CASES + 4))))


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (AbsentError("its words are not here"), AbsentError, "^its words are not here$"),
        (
            OverflowError("too much"),
            LawfulError,
            "^generator 'painter' failed when it was asked whether it can make 'c0': OverflowError: too much$",
        ),
    ],
)
def test_a_check_that_fails_is_no_refusal(ask, monkeypatch, error, kind, message):
    import painter

    def failing(self, request):
        raise error

    monkeypatch.setattr(painter.Painter, "check", failing, raising=False)
    with pytest.raises(kind, match=message):
        generate(ask("a square"))


def test_the_embedded_generator_names_every_prompt_with_words_that_it_does_not_know(ask, tmp_path):
    request = ask(
        "a red cat falls",
        "a red ball falls",
        "a green dog swings",
        generators=("tiny-causal", "tiny-causal-early"),
    )
    with pytest.raises(LawfulError) as refused:
        generate(request)
    told = str(refused.value)
    assert told.startswith("tiny-causal, tiny-causal-early: 2 of 3 cases of suite 'asks' cannot be made:\n")
    assert (
        "  c0: the prompt 'a red cat falls' has words that the embedded generator was never told: cat\n"
        in told
    )
    assert (
        "  c2: the prompt 'a green dog swings' has words that the embedded generator was never told: dog\n"
        in told
    )
    assert told.count("It knows: a, an, ") == 1
    assert "--cases c1, or name another suite" in told
    assert not (tmp_path / "videos").exists()
