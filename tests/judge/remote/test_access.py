"""Keys and addresses are told to nobody, and settings that cannot be are refused."""

import sys
import traceback

import pytest

from lawful.core.errors import AbsentError, InputError
from lawful.judge.make import make_judge
from lawful.judge.protocol import fingerprint
from lawful.judge.records import Verdict
from lawful.judge.remote.access import Address, find_address
from lawful.judge.remote.settings import Access, read_settings
from lawful.judge.task import JudgeSpec


def made(**config):
    return make_judge(JudgeSpec("openai:m", config))


def test_without_the_client_the_message_says_how_to_install_it(monkeypatch, stub):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(
        AbsentError, match=r"openai is needed for judges openai: .* Run: pip install 'lawful\[openai\]'"
    ):
        made()


def test_a_key_is_needed_unless_a_server_is_named(monkeypatch, stub):
    monkeypatch.delenv("OPENAI_API_KEY")
    assert made().address.key == "none"
    monkeypatch.delenv("OPENAI_BASE_URL")
    with pytest.raises(
        AbsentError,
        match="openai:m needs a key: set the environment variable OPENAI_API_KEY, or give --api-key-file",
    ):
        made()


def test_other_variables_may_hold_them(monkeypatch):
    monkeypatch.setenv("MY_URL", "https://models.example.org/v1/")
    monkeypatch.setenv("MY_KEY", " a-key-of-mine \n")
    address = find_address(Access(api_key_env="MY_KEY", base_url_env="MY_URL"), "openai:m")
    assert (address.base_url, address.key) == ("https://models.example.org/v1", "a-key-of-mine")
    assert repr(address) == "Address()"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("example.org/v1", "it is no address of a web server"),
        ("ftp://example.org", "it is no address of a web server"),
        ("https://me:secret@example.org/v1", "it holds a user or password"),
        ("https://example.org/v1?key=secret", r"it goes on after a \? or #"),
        ("https://example.org:secret/v1", "it is no address"),
        ("https://[secret/v1", "it is no address"),
    ],
)
def test_an_address_that_cannot_be_used_is_not_in_the_message(monkeypatch, url, words):
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    with pytest.raises(InputError, match=words) as caught:
        made()
    shown = "".join(traceback.format_exception(caught.value))
    assert "secret" not in shown
    assert "example.org:" not in shown


def test_a_key_with_a_line_break_is_refused_unseen(monkeypatch, stub):
    monkeypatch.setenv("OPENAI_API_KEY", "two\nlines")
    with pytest.raises(InputError, match=r"^the key in OPENAI_API_KEY holds characters that no key has$"):
        made()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"api_key": "sk-hunter2"}, "api_key cannot be set here, for settings are stored in the run folder"),
        ({"base_url": "https://hunter2"}, "base_url cannot be set here"),
        ({"access": {"api_key": "sk-hunter2"}}, r"openai:m.access: api_key cannot be set here"),
        (
            {"access": {"api_key_env": "sk-hunter2"}},
            "api_key_env should be the name of an environment variable in capitals",
        ),
        (
            {"access": {"api_key_env": "gsk_hunter2"}},
            "api_key_env should be the name of an environment variable in capitals",
        ),
        ({"nonsense": 1}, "unknown 'nonsense'"),
        ({"access": {"at_once": 0}}, "at_once must be above 0, got 0"),
        ({"access": {"timeout_s": -1}}, "timeout_s must be above 0, got -1"),
        ({"access": {"backoff_s": -1}}, "backoff_s must be 0 or more, got -1"),
        ({"access": {"prices": {"input": -1, "output": 1}}}, "prices are 0 or more, got -1 and 1"),
        ({"jpeg_quality": 101}, "jpeg_quality must be 1 to 100, got 101"),
        ({"top_logprobs": 21}, "top_logprobs must be 0 to 20, got 21"),
        ({"max_tokens": 0}, "max_tokens must be 1 or more, got 0"),
        ({"temperature": 3}, 'temperature must be 0 to 2, or "server", got 3'),
        ({"temperature": "hot"}, "temperature should be a number, found 'hot'"),
        ({"wordings": []}, "wordings is empty"),
        ({"wordings": ["Is it?"]}, r"the wording 'Is it\?' has no \{question\} in it"),
        ({"wordings": ["{question}", "{question}"]}, "a wording is given twice"),
        ({"wordings": ["{question}"], "protocol": "ruler"}, 'protocol = "ruler" has words of its own'),
        ({"violation_at": 0.6}, "violation_at must be below clear_at, got 0.6 and 0.5"),
        ({"endpoint": ""}, "endpoint is empty"),
        ({"extra": {"model": "x"}}, "extra.model is set by the judge itself"),
        ({"extra": {"api_key": "sk-hunter2"}}, "extra: api_key cannot be set here, for settings are stored"),
        ({"extra": {"x": float("nan")}}, r"extra.x should hold numbers that JSON can carry, found nan"),
        ({"extra": {"x": [object]}}, r"extra.x should hold JSON, found a type"),
        ({"policy": {"kind": "slow_fast", "still_scale": 0.5}}, "policy.still_scale is for vlm: judges"),
    ],
)
def test_settings_that_cannot_be_are_refused_and_show_no_key(config, words):
    with pytest.raises(InputError, match=words) as caught:
        read_settings(config, "the settings of openai:m")
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_how_the_server_is_reached_is_no_part_of_the_fingerprint(monkeypatch, stub):
    one = fingerprint(made())
    monkeypatch.setenv("OPENAI_API_KEY", "another-key-altogether")
    assert (
        fingerprint(made(access={"at_once": 2, "timeout_s": 5, "prices": {"input": 1, "output": 1}})) == one
    )
    assert fingerprint(made(temperature="server")) != one
    assert fingerprint(made(extra={"reasoning_effort": "low"})) != one
    named = fingerprint(made(endpoint="mine"))
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert fingerprint(made()) != one
    assert fingerprint(made(endpoint="mine")) == named


@pytest.mark.parametrize(
    ("url", "notice"),
    [
        ("http://127.0.0.1:8000/v1", None),
        ("http://localhost:8000/v1", None),
        ("http://[::1]/v1", None),
        ("https://models.example.org/v1", "leave this machine: they are sent to a server"),
        ("http://10.0.0.7/v1", r"leave this machine, unencrypted (http): they are sent"),
    ],
)
def test_frames_that_leave_the_machine_are_told_of(monkeypatch, url, notice):
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    found = made().notices()
    assert len(found) == (notice is not None)
    for line in found:
        assert notice in line
        assert "example" not in line
        assert "10.0.0.7" not in line


def test_without_a_run_the_notice_is_a_warning_once(monkeypatch, stub, judge, ask, questions):
    one = judge({"attempts": 1})
    monkeypatch.setattr(Address, "is_local", property(lambda self: False))
    with pytest.warns(UserWarning, match="openai:stub: frames of the videos, .* leave this machine"):
        ask(one, questions(1))
    ask(one, questions(1))


def test_what_stays_on_this_machine_goes_through_no_proxy(monkeypatch, stub, judge, ask, questions):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    one = judge({"attempts": 1})
    assert one.notices() == ()
    (outcome,) = ask(one, questions(1))
    assert isinstance(outcome, Verdict)
    assert len(stub.seen) == 1


def test_an_account_in_the_path_of_an_address_is_shown_to_nobody(monkeypatch, stub, judge, ask, questions):
    monkeypatch.setenv("OPENAI_BASE_URL", f"{stub.url}/accounts/hunter2hunter2/")
    stub.fault = lambda text, n, is_repair: "401:no model at /v1/accounts/hunter2hunter2/chat/completions"
    with pytest.raises(AbsentError, match=r"401: no model at /\[server\]/chat/completions$"):
        ask(judge(), questions(1))


def test_a_server_that_shows_the_key_has_it_taken_out_of_all_that_is_kept(stub, judge, ask, questions):
    def answer(body):
        return f"{stub.key} is asked at {stub.url}", None

    stub.answer = answer
    stub.headers = {"openai-version": f"2026 {stub.key}"}
    (outcome,) = ask(judge(), questions(1))
    assert outcome.reason == "unparsed"
    assert "[key] is asked at [server]" in outcome.evidence[0].text
    stub.fault = lambda text, n, is_repair: f"401:{stub.key} is wrong for {stub.url}"
    with pytest.raises(AbsentError) as caught:
        ask(judge(), questions(1))
    for text in (repr(outcome), "".join(traceback.format_exception(caught.value))):
        assert stub.key not in text
        assert stub.url not in text
    assert r"401: [key] is wrong for [server]" in str(caught.value)
