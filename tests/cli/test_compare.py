"""The command `lawful compare`."""

import csv
import json
import zlib

import numpy as np
import pytest
from click.testing import CliRunner

from lawful.checklists.suite import Question, Scale
from lawful.cli.main import lawful
from lawful.judge.protocol import fingerprint
from lawful.judge.records import Unscored, Verdict
from lawful.judge.store import Look, StoredInput, open_store
from lawful.judge.summary import SummaryRule
from lawful.judge.task import Outcome

YES_NO = Scale("yes_no", {"yes": 1.0, "no": 0.0})
QUESTIONS = (
    Question("permanence", "Does every object stay in existence?", "physics", YES_NO, "permanence"),
    Question("fall", "Does what is let go fall?", "physics", YES_NO, "gravity"),
)


class Looker:
    """As much of a judge as the store asks for."""

    name = "looker"
    rule = SummaryRule("worst", "min", 0.3, 0.7)

    def __init__(self, version=1):
        self.version = version

    def identity(self):
        return {"version": self.version}


def write_run(folder, generators, judge=None, n_prompts=12, shift=0.0, first_seed=0):
    """A run of some generators, by name and mean score; scores are drawn, the first prompt is unscored."""
    judge = judge or Looker()
    with open_store(folder) as store:
        sheet = store.sheet("physics", "1", QUESTIONS)
        for generator, mean in generators.items():
            for prompt in range(n_prompts):
                rng = np.random.default_rng([prompt, sum(map(ord, generator))])
                name = f"{generator}/p{prompt:02d}.mp4"
                sha256 = f"{zlib.crc32(name.encode()):064x}"
                known = {"video_sha256": sha256, "fingerprint": fingerprint(judge)}
                verdicts = []
                for question in QUESTIONS:
                    score = float(np.clip(mean + shift + rng.normal(0, 0.05), 0.01, 0.99))
                    verdicts.append(
                        Verdict(
                            question_id=question.id,
                            label="yes" if score >= 0.5 else "no",
                            probabilities={"yes": score, "no": 1 - score},
                            score=score,
                            **known,
                        )
                        if prompt
                        else Unscored(question_id=question.id, reason="abstained", detail="dark", **known)
                    )
                look = Look(sheet, store.judge(judge), fingerprint(judge), store.given({}), sha256, 0)
                record = StoredInput(name, f"/videos/{name}", f"prompt {prompt}", None, generator, first_seed)
                outcome = Outcome(0, tuple(verdicts), None, 2.0, 64, 36, 48)
                store.record(record, look, outcome, QUESTIONS)
    return folder


@pytest.fixture
def run_folder(tmp_path):
    return write_run(tmp_path / "mine", {"alpha": 0.85, "beta": 0.75, "gamma": 0.2})


def call(*arguments):
    return CliRunner().invoke(lawful, ["compare", *map(str, arguments), "--resamples", "200"])


def test_the_leaderboard_is_printed(run_folder):
    result = call(run_folder)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "Generators compared"
    rows = [line.split() for line in lines if line.startswith("axis physics")][:3]
    assert [row[2] for row in rows] == ["alpha", "beta", "gamma"]
    # 12 videos each, one of them without a score.
    assert [row[3:5] for row in rows] == [["12", "11"]] * 3
    assert "3 generators, 12 prompts" in result.output


def test_files_are_written_in_every_format(run_folder, tmp_path):
    result = call(run_folder, "--out", f"{tmp_path}/out/", "--quiet")
    assert result.exit_code == 0, result.output
    names = {
        str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()
    }
    assert names == {
        "index.html",
        "results.md",
        "results.json",
        "results.tex",
        "tables/leaderboard.csv",
        "tables/pairs.csv",
        "tables/strengths.csv",
    }
    assert result.output.splitlines()[0] == f"{tmp_path}/out/index.html"
    with (tmp_path / "out" / "tables" / "pairs.csv").open(newline="") as stream:
        pairs = [row for row in csv.DictReader(stream) if row["measure"] == "law gravity"]
    assert [(row["first"], row["second"]) for row in pairs] == [
        ("alpha", "beta"),
        ("alpha", "gamma"),
        ("beta", "gamma"),
    ]
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<svg" in page
    assert "gamma" in page


def test_one_format_goes_to_standard_output(run_folder):
    result = call(run_folder, "--format", "json", "--out", "-")
    assert result.exit_code == 0, result.output
    document = json.loads(result.output)
    assert document["schema"] == "lawful.compare/1"
    assert document["sections"][0]["keys"] == {"suite": "physics", "judge": "looker"}


def test_the_same_runs_give_the_same_bytes_in_any_order(tmp_path):
    one = write_run(tmp_path / "one", {"alpha": 0.85})
    two = write_run(tmp_path / "two", {"beta": 0.6})
    outputs = [call(*runs, "--format", "md", "--out", "-").output for runs in ((one, two), (two, one))]
    assert outputs[0].replace("one, two", "two, one") == outputs[1]
    assert "beta" in outputs[0]


def test_runs_are_compared_with_each_other(tmp_path):
    before = write_run(tmp_path / "before", {"alpha": 0.6})
    after = write_run(tmp_path / "after", {"alpha": 0.6}, Looker(2), shift=0.2)
    result = call(before, after, "--changes")
    assert result.exit_code == 0, result.output
    assert "Run against run" in result.output
    assert "12 videos are in both runs, 12 of them with the same bytes" in result.output
    assert "different versions of the judge" in result.output
    row = next(line.split() for line in result.output.splitlines() if line.startswith("axis physics"))
    assert float(row[5]) == pytest.approx(0.2, abs=0.01)


def test_generators_may_be_runs(tmp_path):
    runs = [
        write_run(tmp_path / name, {"alpha": mean}, first_seed=7)
        for name, mean in (("old", 0.4), ("new", 0.8))
    ]
    result = call(*runs, "--systems", "run", "--by", "axis")
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.output.splitlines() if line.startswith("axis physics")]
    assert [row[2] for row in rows[:2]] == ["new", "old"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--by", "colour"], 2, "'colour' is not one of axis, law, question."),
        (["--format", "doc"], 2, "'doc' is no format. Known: html, md, csv, json, tex."),
        (["--format", "json"], 2, "--format json needs --out: where to write."),
        (["--quiet"], 2, "--quiet prints nothing, and without --out nothing is written either: give --out."),
        (
            ["--out", "-", "--format", "csv"],
            2,
            "--out - prints one text, and csv is a file a table: give a folder to --out.",
        ),
        (["--out", "-"], 2, "--out - prints one format; name it with --format, such as json."),
        (["--suite", "rules"], 1, "the runs hold no suite 'rules'; they hold physics"),
        (["--judge", "me"], 1, "the runs hold no judge 'me'; they hold looker"),
        (["--changes"], 1, "--changes compares two runs, before and after; 1 were named"),
        (
            ["--aggregate", "best"],
            1,
            "there is no aggregation best; there are ruler, phyground, mme-cof, pyramid, videophy2",
        ),
        (["--aggregate", "mme-cof"], 1, "aggregation mme-cof does not fit suite physics: it needs "),
    ],
)
def test_wrong_usage_says_what_to_do(run_folder, arguments, code, message):
    result = call(run_folder, *arguments)
    assert result.exit_code == code, result.output
    assert message in result.output


def test_a_folder_that_is_no_run_is_named(tmp_path):
    result = call(tmp_path)
    assert result.exit_code == 1
    assert f"{tmp_path}: no run is here (lawful.db is missing). Make one with: lawful score" in result.output


def test_a_file_cannot_take_several_formats(run_folder, tmp_path):
    (tmp_path / "file").write_text("")
    result = call(run_folder, "--out", tmp_path / "file")
    assert result.exit_code == 2
    assert f"--out {tmp_path / 'file'} is a file; several formats need a folder." in result.output
