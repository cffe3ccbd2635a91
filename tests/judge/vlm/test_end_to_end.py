"""`lawful score --judge vlm:FOLDER` on real clips, in this process and in workers."""

import json
import shutil

import pytest
from click.testing import CliRunner

from lawful.checklists.load import load_suite
from lawful.cli.main import lawful
from lawful.core.registry import registered
from lawful.generators.worlds.demo import write_demo
from lawful.judge import run, score_video
from lawful.judge.arguments import RunRequest
from lawful.judge.reading import read_run
from lawful.judge.records import Unscored, Verdict
from lawful.judge.vlm import model


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two simulated clips as files."""
    folder = tmp_path_factory.mktemp("clips")
    written = [path for path in write_demo(folder) if path.suffix == ".mp4"]
    for path in written[2:]:
        path.unlink()
    return folder


@pytest.fixture
def score(clips, model_folder, tmp_path):
    """Runs `lawful score` with a tiny model, its settings in a file."""
    judge = f"vlm:{model_folder('qwen3_vl')}"

    def run(*arguments, settings="policy = {fps = 4, long_side_px = 64}", suite="physics"):
        config = tmp_path / "judges.toml"
        config.write_text(f'["{judge}"]\n{settings}\n')
        command = ["score", str(clips), "--judge", judge, "--judge-config", str(config), "--suite", suite]
        return CliRunner().invoke(lawful, [*command, "--out", str(tmp_path / "run"), *arguments])

    return run


def test_clips_are_scored_with_evidence_and_resumed(score, tmp_path):
    result = score("--workers", "0")
    assert result.exit_code == 0, result.output
    assert "2 judged now, 0 from the store" in result.stdout
    n_questions = len(load_suite("physics").questions)
    for clip in read_run(tmp_path / "run"):
        (outcomes,) = clip.repeats
        assert any(isinstance(outcome, Verdict) for outcome in outcomes)
        assert len(outcomes) == n_questions
        for outcome in outcomes:
            if isinstance(outcome, Unscored):
                assert outcome.reason == "premise_not_met"
                continue
            (evidence,) = outcome.evidence
            assert "frames shown, every 0.25 s from 0.00" in evidence.text
            assert all((tmp_path / "run" / str(frame.file)).is_file() for frame in evidence.frames)
            assert outcome.tokens > 0
            assert outcome.seconds > 0
    # The same three frames stand for all answers of a clip.
    assert len(list((tmp_path / "run" / "evidence").rglob("*.webp"))) == 6
    assert "0 judged now, 2 from the store" in score("--workers", "0").stdout


def test_workers_say_the_same(score, tmp_path):
    inline = score("--workers", "0", "--limit", "1", "--out", str(tmp_path / "inline"))
    workers = score("--workers", "1", "--limit", "1", "--out", str(tmp_path / "workers"))
    assert inline.exit_code == workers.exit_code == 0, workers.output
    one, other = (
        [getattr(outcome, "score", None) for clip in read_run(tmp_path / name) for outcome in clip.repeats[0]]
        for name in ("inline", "workers")
    )
    assert one == other


def test_rates_and_wordings_are_looked_at_with_one_model(score, tmp_path, monkeypatch):
    from lawful.judge.vlm import asking

    loads = []
    load = asking.load_model
    monkeypatch.setattr(asking, "load_model", lambda *args: loads.append(args) or load(*args))
    wordings = (
        'policy = {long_side_px = 64}\nwordings = ["{question} {labels}", "Look well. {question} {labels}"]'
    )
    arguments = ("--workers", "0", "--limit", "1", "--fps", "2,8", "--repeat", "2")
    result = score(*arguments, settings=wordings)
    assert result.exit_code == 0, result.output
    assert len(loads) == 1
    (clip,) = read_run(tmp_path / "run")
    assert [(way.fps, way.wording, way.rerun) for way in clip.ways] == [
        (2.0, 0, 0), (2.0, 1, 0), (8.0, 0, 0), (8.0, 1, 0),
    ]  # fmt: skip
    shown = [outcomes[0].evidence[0].text for outcomes in clip.repeats]
    assert ["every 0.5 s" in text for text in shown] == [True, True, False, False]
    assert len({outcomes[0].score for outcomes in clip.repeats if isinstance(outcomes[0], Verdict)}) == 4
    assert "over wordings (1 clip)" in result.stdout
    assert "over frame rates (1 clip)" in result.stdout
    report = CliRunner().invoke(lawful, ["report", str(tmp_path / "run"), "--format", "jsonl", "--out", "-"])
    line = json.loads(report.stdout)
    assert (line["fps"], line["repeats"]) == ([2.0, 8.0], 4)
    assert min(line["score_sd_wording"], line["score_sd_rate"]) > 0
    assert line["score_sd_rerun"] is None
    assert line["n_rate_compared"] > 0
    page = CliRunner().invoke(
        lawful, ["report", str(tmp_path / "run"), "--format", "html", "--out", str(tmp_path / "p")]
    )
    assert page.exit_code == 0, page.output
    (written,) = (tmp_path / "p").rglob("*.html") if (tmp_path / "p").is_dir() else [tmp_path / "p"]
    assert "questions change their label with the frame rate" in written.read_text()
    assert "sd over frame rates" in written.read_text()


def test_a_fixed_number_of_frames_has_no_rate(score):
    result = score("--fps", "2,4", settings="policy = {kind = 'count', count = 3}")
    assert result.exit_code == 1
    assert "was asked to look at 2 frames a second, and does not choose its frames by a rate" in result.output


def test_what_is_unscored_is_counted(score, tmp_path):
    result = score(
        "--workers",
        "0",
        "--limit",
        "1",
        settings="min_label_share = 0.99\npolicy = {kind = 'count', count = 3}",
    )
    assert result.exit_code == 0, result.output
    assert f"questions: 0 scored, {len(load_suite('physics').questions)} unscored" in result.stdout
    (clip,) = read_run(tmp_path / "run")
    assert all(isinstance(one, Unscored) and one.reason == "unparsed" for one in clip.repeats[0])
    report = CliRunner().invoke(lawful, ["report", str(tmp_path / "run"), "--format", "jsonl", "--out", "-"])
    (line,) = [json.loads(row) for row in report.stdout.splitlines()]
    assert line["answer"] == "not_sure"
    assert line["verdicts"][0]["unscored"].startswith("unparsed")


def test_a_damaged_model_ends_the_run_with_a_message(score, model_folder, monkeypatch, tmp_path):
    result = CliRunner().invoke(lawful, ["score", str(tmp_path), "--judge", "vlm:/no/such/model"])
    assert result.exit_code == 2 or result.exit_code == 1
    assert "there is no folder '/no/such/model'" in result.output


def test_python_takes_the_judge_by_name(model_folder, frames):
    result = score_video(
        frames(6), judge=f"vlm:{model_folder('qwen2_5_vl')}", suite="physics", config={"policy": {"fps": 2.0}}
    )
    assert result.n_scored + result.n_unscored == len(load_suite("physics").questions)
    assert result.n_scored > 0
    assert result.n_not_asked == 0
    assert 0 <= result.score <= 1


def test_the_judge_is_listed():
    (entry,) = [entry for entry in registered("judge") if entry.name == "vlm:"]
    assert "vision-language model" in entry.summary


@pytest.mark.parametrize(("device", "asked", "expected"), [("cuda", None, 0), ("cuda", 2, 2), ("cpu", 1, 1)])
def test_a_judge_on_a_device_runs_in_this_process_unless_told_otherwise(
    device, asked, expected, clips, model_folder, tmp_path, monkeypatch
):
    class EngineChosenError(Exception):
        pass

    def choose(workers):
        raise EngineChosenError(workers)

    monkeypatch.setattr(model, "check_device", lambda name: None)
    monkeypatch.setattr(run, "engine_for", choose)
    judge = f"vlm:{model_folder('qwen3_vl')}"
    request = RunRequest(
        (str(clips),),
        judges=(judge,),
        judge_config={judge: {"device": device}},
        out=str(tmp_path),
        workers=asked,
    )
    with pytest.raises(EngineChosenError) as chosen:
        run.score_paths(request)
    assert chosen.value.args == (expected,)


def _without_weights(folder):
    (folder / "model.safetensors").unlink()


def _of_another_kind(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "mamba"}))


def _without_tokenizer(folder):
    (folder / "tokenizer.json").unlink()


def _without_template(folder):
    (folder / "chat_template.jinja").unlink()


def _as_it_is(folder):
    pass


@pytest.mark.parametrize(
    ("spoil", "settings", "message"),
    [
        (_without_weights, "", "holds no weights. Needed: model.safetensors"),
        (_of_another_kind, "", "is of type 'mamba'"),
        (_without_tokenizer, "", "its tokenizer cannot be loaded"),
        (_without_template, "", 'has no chat template. Set chat = "family"'),
        (_as_it_is, 'device = "cuda"', "device cuda is asked for and there are 0 GPUs"),
    ],
)
def test_what_a_model_lacks_ends_the_run_with_a_message(
    spoil, settings, message, clips, model_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(model.torch.cuda, "is_available", lambda: False)
    shutil.copytree(model_folder("qwen3_vl"), tmp_path / "model")
    spoil(tmp_path / "model")
    judge = f"vlm:{tmp_path / 'model'}"
    config = tmp_path / "judges.toml"
    config.write_text(f'["{judge}"]\n{settings}\n')
    command = ["score", str(clips), "--judge", judge, "--judge-config", str(config), "--workers", "0"]
    result = CliRunner().invoke(lawful, [*command, "--out", str(tmp_path / "run")])
    assert result.exit_code == 1 or result.exit_code == 2
    said = " ".join(result.output.split())
    assert said.count(message) == 1
    assert "failed in close" not in said
    assert "Traceback" not in said


def test_memory_that_runs_out_fails_the_clip_and_says_what_to_do(score, monkeypatch):
    from lawful.judge.vlm import prefix

    def full(*_args, **_kwargs):
        raise model.torch.OutOfMemoryError("no room")

    monkeypatch.setattr(prefix, "_on", full)
    result = score("--workers", "0")
    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert said.count("ran out of memory while") == 2
    assert "Show fewer or smaller frames (policy.fps, policy.count, policy.long_side_px)" in said
