"""Runs with a judge behind a server: nothing of key and address in them, budgets, going on, estimates."""

import json
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from lawful.cli.main import Lawful
from lawful.core.errors import InputError, LawfulError
from lawful.judge.api import score_videos
from lawful.judge.arguments import RunRequest
from lawful.judge.progress import Note
from lawful.judge.reading import read_run
from lawful.judge.records import Unscored
from lawful.judge.run import forecast, score_paths

PRICES = {"input": 1000.0, "output": 1000.0}
"""A call of the stub, 107 tokens, is 0.107 then."""


@pytest.fixture
def clips(tmp_path):
    """A folder with five clips of a second."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for at in range(5):
        rgb = np.random.default_rng(at).integers(0, 255, (10, 24, 32, 3), dtype=np.uint8)
        first, *rest = (Image.fromarray(frame) for frame in rgb)
        first.save(folder / f"{at}.webp", save_all=True, append_images=rest, duration=100, lossless=True)
    return folder


@pytest.fixture
def suite(tmp_path):
    """A suite of three questions."""
    questions = [
        {"id": f"q{at}", "text": f"Is number {at} so?", "axis": "physics", "scale": "yes_no", "law": "time"}
        for at in range(3)
    ]
    document = {
        "schema": "lawful.suite/1", "id": "three", "version": "1", "title": "For tests", "licence": "CC0-1.0",
        "scales": {"yes_no": {"labels": {"yes": 1, "no": 0}}}, "questions": questions,
    }  # fmt: skip
    path = tmp_path / "three.json"
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def request_of(clips, suite, tmp_path, quick):
    """Makes a request."""

    def make(access=None, budget=None, judges=("openai:stub",), **others):
        config = {name: quick(access, **others) for name in judges if name.startswith("openai:")}
        return RunRequest(
            (str(clips),), (str(suite),), judges, config, out=str(tmp_path / "run"), budget=budget, workers=0
        )

    return make


def outcomes(folder):
    return [one for clip in list(read_run(folder)) for repeat in clip.repeats for one in repeat]


def test_a_run_holds_verdicts_and_neither_key_nor_address(stub, request_of, tmp_path):
    stub.fault = lambda text, n, is_repair: "500" if n == 0 else None
    heard = []
    summary = score_paths(request_of({"attempts": 3}), heard.append)
    assert (summary.n_judged, summary.n_failed, summary.stopped) == (5, 0, None)
    assert summary.spent["openai:stub"].n_calls == 15
    found = outcomes(tmp_path / "run")
    assert len(found) == 15
    for outcome in found:
        assert outcome.score > 0
    _hold_no_secret(tmp_path / "run", stub)
    assert stub.key not in repr(heard)
    stub.seen.clear()
    assert score_paths(request_of({"attempts": 3})).n_stored == 5
    assert not stub.seen


def _hold_no_secret(folder, stub):
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"run.toml", "lawful.db"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes()
        assert stub.key.encode() not in content
        assert stub.url.encode() not in content


def test_how_a_server_is_reached_may_change_when_a_run_goes_on(stub, request_of, tmp_path):
    score_paths(request_of())
    assert score_paths(request_of({"at_once": 2, "attempts": 9})).n_stored == 5
    with pytest.raises(LawfulError, match="holds a run with other arguments: judge_config"):
        score_paths(request_of(temperature=0.5))


def test_what_got_no_answer_is_asked_again_by_the_same_command(stub, request_of, tmp_path):
    stub.fault = lambda text, n, is_repair: "500" if "number 1" in text else None
    score_paths(request_of({"attempts": 1}))
    open_ones = [one for one in outcomes(tmp_path / "run") if isinstance(one, Unscored)]
    assert {(one.question_id, one.reason) for one in open_ones} == {("q1", "no_answer")}
    stub.fault = lambda text, n, is_repair: None
    stub.seen.clear()
    score_paths(request_of({"attempts": 1}))
    assert len(stub.seen) == 5
    assert not any(isinstance(one, Unscored) for one in outcomes(tmp_path / "run"))


def test_a_budget_ends_a_run_cleanly_and_the_same_command_goes_on(stub, request_of, tmp_path):
    asked = request_of({"prices": PRICES, "at_once": 1}, budget=0.9, max_tokens=50)
    summary = score_paths(asked)
    spent = summary.spent["openai:stub"]
    assert 0 < spent.cost <= 0.9
    assert spent.n_calls == len(stub.seen)
    assert re.match(
        r"the budget of 0.9 USD does not cover another call, which may cost 0\.\d+ USD$", summary.stopped
    )
    kept = [one for one in outcomes(tmp_path / "run") if not isinstance(one, Unscored)]
    assert len(kept) == spent.n_calls
    n_calls = spent.n_calls
    while summary.stopped is not None:
        summary = score_paths(asked)
        assert 0 < summary.spent["openai:stub"].cost <= 0.9
        n_calls += summary.spent["openai:stub"].n_calls
    assert n_calls == len(stub.seen) == 15
    assert not any(isinstance(one, Unscored) for one in outcomes(tmp_path / "run"))


def test_no_budget_is_overrun_by_calls_at_once(stub, request_of, tmp_path):
    summary = score_paths(request_of({"prices": PRICES, "at_once": 8}, budget=0.75, max_tokens=50))
    assert summary.stopped is not None
    assert 0 < summary.spent["openai:stub"].cost <= 0.75


def test_a_budget_that_leaves_a_part_of_every_clip_is_told_of_too(stub, request_of, clips, tmp_path):
    for clip in sorted(clips.iterdir())[1:]:
        clip.unlink()
    summary = score_paths(request_of({"prices": PRICES, "at_once": 1}, budget=0.3, max_tokens=50))
    answered = [one for one in outcomes(tmp_path / "run") if not isinstance(one, Unscored)]
    assert 0 < len(answered) < 3
    assert "does not cover another call" in summary.stopped


def test_a_budget_needs_prices_and_a_judge_that_costs(stub, request_of):
    with pytest.raises(InputError, match="openai:stub: a budget needs prices, which are not known here"):
        score_paths(request_of(budget=1.0))
    with pytest.raises(
        InputError, match="a budget is for judges that ask a server, such as openai:, and none is asked"
    ):
        score_paths(request_of(budget=1.0, judges=("frame-difference",)))
    with pytest.raises(InputError, match="budget must be above 0, got 0"):
        request_of(budget=0)


def test_judges_here_and_judges_behind_servers_share_a_run(stub, request_of, tmp_path):
    summary = score_paths(request_of(judges=("frame-difference", "openai:stub", "openai:other")))
    assert summary.n_judged == 15
    assert {body["model"] for body, _ in stub.seen} == {"stub", "other"}
    assert summary.spent.keys() == {"openai:stub", "openai:other"}


def test_a_notice_is_given_once_a_run(stub, request_of, monkeypatch):
    from lawful.judge.remote.access import Address

    monkeypatch.setattr(Address, "is_local", property(lambda self: False))
    heard = []
    score_paths(request_of(), heard.append)
    notes = [one.text for one in heard if isinstance(one, Note)]
    assert [text for text in notes if "leave this machine" in text] == [
        "openai:stub: frames of the videos, and what is asked of them, leave this machine, unencrypted (http): they "
        "are sent to a server"
    ]


def test_a_server_that_denies_ends_the_run_with_what_it_answered_kept(stub, request_of, tmp_path):
    stub.fault = lambda text, n, is_repair: "401:expired" if len(stub.seen) > 7 else None
    with pytest.raises(LawfulError, match="openai:stub cannot be asked: the server answers 401: expired"):
        score_paths(request_of({"at_once": 1}))
    kept = [one for one in outcomes(tmp_path / "run") if not isinstance(one, Unscored)]
    assert len(kept) == 7


def test_an_estimate_counts_calls_tokens_and_cost_and_asks_nothing(stub, request_of, tmp_path):
    bill = forecast(
        request_of({"prices": {"input": 2.0, "output": 8.0, "currency": "EUR"}, "tokens_per_frame": 100})
    ).bills["openai:stub"]
    assert bill.n_calls == 15
    assert 15 * 2 * 100 < bill.tokens_in < 15 * (2 * 106 + 400)
    assert bill.tokens_out == 15 * 12
    assert bill.cost == pytest.approx((bill.tokens_in * 2 + bill.tokens_out * 8) / 1e6)
    assert bill.currency == "EUR"
    assert not stub.seen
    assert not (tmp_path / "run").exists()
    score_paths(request_of())
    again = forecast(request_of()).bills["openai:stub"]
    assert (again.n_calls, again.cost) == (0, None)


def test_score_videos_asks_several_clips_at_once(stub, clips, suite, quick):
    def with_company(body):
        """The answer once another call is there too, or has been; alone for long, it is given all the same."""
        until_s = time.monotonic() + 0.3
        while stub.most_at_once < 2 and time.monotonic() < until_s:
            time.sleep(0.01)
        return stub.yes_or_no(body)

    stub.answer = with_company
    for video in score_videos(
        sorted(clips.iterdir()), judge="openai:stub", suite=suite, config=quick(), workers=2
    ):
        assert video.error is None
        assert video.result.n_scored == 3
    assert stub.most_at_once > 1


@pytest.fixture
def command(stub, clips, suite, quick, tmp_path, monkeypatch):
    """Runs `lawful score` without key and address in the environment."""
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    key = tmp_path / "key.txt"
    key.write_text(f"{stub.key}\n")
    settings = tmp_path / "judges.toml"
    settings.write_text(
        f'["openai:stub"]\nmax_tokens = 50\naccess = {{timeout_s = {stub.timeout_s}, at_once = 1, prices = {{input = 1000, output = 1000}}}}\n'
    )

    def run(*arguments, server=True):
        given = ["--base-url", stub.url, "--api-key-file", str(key)] if server else []
        line = [
            "score",
            str(clips),
            "--suite",
            str(suite),
            "--judge",
            "openai:stub",
            "--judge-config",
            str(settings),
        ]
        return CliRunner().invoke(
            Lawful(name="lawful"), [*line, "--out", str(tmp_path / "cli"), *given, *arguments]
        )

    return run


def test_the_command_takes_key_and_address_and_stores_neither(stub, command, tmp_path, monkeypatch):
    result = command()
    assert result.exit_code == 0, result.output
    assert "openai:stub: 15 calls, 1,500 tokens sent, 105 answered, 1.605 USD" in result.output
    assert stub.url not in result.output
    assert stub.key not in result.output
    _hold_no_secret(tmp_path / "cli", stub)
    assert "base_url" not in (tmp_path / "cli" / "run.toml").read_text()
    assert "key.txt" not in (tmp_path / "cli" / "run.toml").read_text()
    denied = command(server=False)
    assert denied.exit_code != 0
    assert "openai:stub needs a key" in str(denied.output) + str(denied.exception)


def test_the_command_says_what_it_would_cost(command, stub):
    result = command("--dry-run")
    assert re.search(
        r"^openai:stub: about 15 calls, [\d,]+ tokens sent, 180 answered, [\d.]+ USD, if every answer can be used; "
        r"an answer that cannot is asked for once more$",
        result.output,
        re.MULTILINE,
    )
    assert not stub.seen


def test_the_command_stops_at_its_budget(command):
    result = command("--budget", "0.9")
    assert result.exit_code == 1
    assert "stopped: the budget of 0.9 USD does not cover another call" in result.output
    assert "The same command goes on from here." in result.output


def test_a_server_is_for_judges_that_ask_one(clips, tmp_path):
    empty = tmp_path / "empty"
    empty.write_text("\n")
    run = lambda *more: CliRunner().invoke(Lawful(name="lawful"), ["score", str(clips), *more])  # noqa: E731
    assert "are for openai: judges, and none is asked" in run("--base-url", "http://x").output
    assert "holds no key" in run("--judge", "openai:m", "--api-key-file", str(empty)).output


def test_ctrl_c_in_the_midst_of_calls_and_pauses_ends_at_once(stub, clips, suite, tmp_path):
    stub.fault = lambda text, n, is_repair: "hang" if "number 2" in text else None
    settings = tmp_path / "judges.toml"
    settings.write_text('["openai:stub"]\naccess = {timeout_s = 60, at_once = 2, backoff_s = 30}\n')
    line = [
        sys.executable,
        "-m",
        "lawful.cli.main",
        "score",
        str(clips),
        "--suite",
        str(suite),
        "--judge",
        "openai:stub",
    ]
    line = [*line[:1], "-c", "from lawful.cli.main import main; main()", *line[3:]]
    process = subprocess.Popen(
        [*line, "--judge-config", str(settings), "--out", str(tmp_path / "stopped")], stderr=subprocess.PIPE
    )
    ends_s = time.monotonic() + 60
    while len(stub.seen) < 4 and time.monotonic() < ends_s:
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    asked_s = time.monotonic()
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - asked_s < 10
    found = outcomes(tmp_path / "stopped")
    assert {(one.question_id, getattr(one, "reason", None)) for one in found} >= {
        ("q0", None),
        ("q2", "no_answer"),
    }


def test_a_server_that_counts_more_than_is_estimated_overruns_a_budget_by_the_first_calls_alone(
    stub, request_of
):
    plain = stub.reply

    def dear(*arguments, **others):
        return plain(*arguments, **others) | {"usage": {"prompt_tokens": 5000, "completion_tokens": 7}}

    stub.reply = dear
    summary = score_paths(
        request_of({"prices": {"input": 100.0, "output": 100.0}, "at_once": 1}, budget=1.2, max_tokens=50)
    )
    # A call costs 0.5007: two are paid, and a third one is known not to be covered before it is made.
    assert summary.spent["openai:stub"].n_calls == 2
    assert summary.spent["openai:stub"].cost == pytest.approx(1.0014)
    assert re.search(r"which may cost 0\.5\d? USD$", summary.stopped)


def test_a_run_says_so_if_the_model_changed_under_its_name(stub, request_of):
    heard = []
    plain = stub.reply
    stub.reply = lambda *arguments, **others: (
        plain(*arguments, **others) | {"system_fingerprint": f"fp_{len(stub.seen) > 6}"}
    )
    score_paths(request_of({"at_once": 1}), heard.append)
    assert heard[-1] == Note(
        "openai:stub: 2 versions of the model answered: model stub-2026-01-01, system_fingerprint fp_False; "
        "model stub-2026-01-01, system_fingerprint fp_True"
    )
