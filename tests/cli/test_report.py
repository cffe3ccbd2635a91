"""The command `lawful report`."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from lawful.checklists.suite import Question, Scale
from lawful.cli.main import lawful
from lawful.judge.exhibits import save_exhibits
from lawful.judge.protocol import fingerprint
from lawful.judge.records import Evidence, EvidenceFrame, Unscored, Verdict
from lawful.judge.store import Look, StoredInput, open_store
from lawful.judge.summary import SummaryRule
from lawful.judge.task import Outcome
from lawful.video.frames import Box

YES_NO = Scale("yes_no", {"yes": 1.0, "no": 0.0})
QUESTIONS = (
    Question("permanence", "Does every object stay in existence?", "physics", YES_NO, "permanence"),
    Question("mirror", "Do mirrors show what is before them?", "physics", YES_NO, "reflection"),
)


class Looker:
    """As much of a judge as the store asks for."""

    name = "looker"
    rule = SummaryRule("worst", "min", 0.3, 0.7)

    def identity(self):
        return {"version": 1}


@pytest.fixture
def run_folder(tmp_path):
    """A run with a violation, whose evidence is saved, and an input that is no video."""
    run = tmp_path / "run"
    judge = Looker()
    known = {"video_sha256": "a" * 64, "fingerprint": fingerprint(judge)}
    frame = EvidenceFrame(0.5, np.full((36, 64, 3), 90, np.uint8))
    evidence = Evidence(
        0.5, 0.75, Box(0.25, 0.25, 0.5, 0.5), "permanence", 12.5, "px", "A ball is gone.", frames=(frame,)
    )
    verdicts = (
        Verdict(
            question_id="permanence",
            label="no",
            probabilities={"yes": 0.0625, "no": 0.9375},
            score=0.0625,
            evidence=(evidence,),
            **known,
        ),
        Unscored(question_id="mirror", reason="not_asked", detail="", **known),
    )
    with open_store(run) as store:
        sheet = store.sheet("physics", "1", QUESTIONS)
        for name, sha256, outcome in (
            ("é.mp4", "a" * 64, Outcome(0, save_exhibits(verdicts, run), None, 2.0, 64, 36, 48)),
            ("text.mp4", None, Outcome(1, error="no video stream")),
        ):
            look = Look(sheet, store.judge(judge), fingerprint(judge), store.given({}), sha256, 0)
            store.record(StoredInput(name, f"/videos/{name}"), look, outcome, QUESTIONS)
    return run


def call(*arguments):
    return CliRunner().invoke(lawful, ["report", *map(str, arguments)])


def test_the_page_is_the_default(run_folder):
    result = call(run_folder)
    assert result.exit_code == 0, result.output
    page = run_folder / "report" / "index.html"
    assert result.output == f"{page}\n"
    text = page.read_text()
    assert "no video stream" in text
    assert "A ball is gone." in text
    assert text.count("data:image/webp;base64,") == 1


def test_one_format_to_standard_output(run_folder):
    result = call(run_folder, "--format", "jsonl", "--out", "-")
    assert result.exit_code == 0
    failed, gone = (json.loads(line) for line in result.stdout_bytes.decode().splitlines())
    assert (gone["video"], gone["answer"], gone["score"]) == ("é.mp4", "violation", 0.0625)
    assert (failed["video"], failed["answer"], failed["error"]) == ("text.mp4", None, "no video stream")
    assert not (run_folder / "report").exists()


def test_nothing_but_lines_goes_where_lines_go(run_folder, tmp_path):
    result = call(run_folder, "--format", "jsonl", "--out", "-", "--overlay", tmp_path / "overlay")
    assert len([json.loads(line) for line in result.stdout.splitlines()]) == 2
    assert "0 overlay videos, 1 clips without evidence" in result.stderr


def test_one_format_to_a_file_and_into_a_folder(run_folder, tmp_path):
    assert call(run_folder, "--format", "csv", "--out", tmp_path / "new" / "table.csv").exit_code == 0
    assert (tmp_path / "new" / "table.csv").is_file()
    assert call(run_folder, "--format", "csv", "--out", tmp_path / "new").exit_code == 0
    assert (tmp_path / "new" / "report.csv").is_file()
    assert call(run_folder, "--format", "csv", "--out", f"{tmp_path}/other/").exit_code == 0
    assert (tmp_path / "other" / "report.csv").is_file()


def test_several_formats_make_a_folder(run_folder, tmp_path):
    result = call(run_folder, "--format", "md, csv,json,jsonl", "--out", tmp_path / "all")
    assert result.exit_code == 0
    names = {path.name for path in (tmp_path / "all").iterdir()}
    assert names == {"report.md", "report.csv", "report.json", "report.jsonl"}
    assert len(result.output.splitlines()) == 4


def test_wrong_usage_is_explained(run_folder, tmp_path):
    unknown = call(run_folder, "--format", "pdf")
    assert (unknown.exit_code, "'pdf' is no format. Known: html, md, csv" in unknown.output) == (2, True)
    several = call(run_folder, "--format", "md,csv", "--out", "-")
    assert (several.exit_code, "--out - prints one format, 2 were asked for" in several.output) == (2, True)
    (tmp_path / "file").write_text("kept")
    a_file = call(run_folder, "--format", "md,csv", "--out", tmp_path / "file")
    assert (a_file.exit_code, "is a file; several formats need a folder" in a_file.output) == (2, True)
    assert (tmp_path / "file").read_text() == "kept"


def test_no_run_folder(tmp_path):
    result = call(tmp_path / "nothing")
    assert result.exit_code == 1
    assert "no run folder. Name the folder that `lawful score --out` wrote" in result.output


def test_a_video_that_is_gone_cannot_be_overlaid(run_folder, tmp_path):
    result = call(run_folder, "--overlay", tmp_path / "overlay")
    assert result.exit_code == 1
    assert "é.mp4: the video is not at /videos/é.mp4 any more" in result.output
    assert "1 overlay videos could not be made; the reasons are above." in result.output
    assert "0 overlay videos, 1 clips without evidence" in result.output
    assert (run_folder / "report" / "index.html").is_file()


@pytest.fixture
def two_generators(tmp_path):
    """A run of two generators on six prompts, of which one is better, and what people say of them."""
    run, judge = tmp_path / "both", Looker()
    votes = ["video,generator,rater,axis,value"]
    with open_store(run) as store:
        sheet = store.sheet("physics", "1", QUESTIONS)
        for generator, score in (("wan", 0.75), ("kling", 0.5)):
            for number in range(6):
                sha256 = f"{number + (10 if generator == 'wan' else 0):064x}"
                known = {"video_sha256": sha256, "fingerprint": fingerprint(judge)}
                share = score + 0.03125 * number
                verdicts = tuple(
                    Verdict(
                        question_id=question.id,
                        label="yes",
                        probabilities={"yes": share, "no": 1 - share},
                        score=share,
                        **known,
                    )
                    for question in QUESTIONS
                )
                name = f"{generator}/{number}.mp4"
                look = Look(sheet, store.judge(judge), fingerprint(judge), store.given({}), sha256, 0)
                record = StoredInput(name, f"/videos/{name}", f"prompt {number}", None, generator, 0)
                store.record(record, look, Outcome(0, verdicts, None, 2.0, 64, 36, 48), QUESTIONS)
                votes += [
                    f"{name},{generator},{rater},permanence,{1 + number // 2 + bonus}"
                    for rater, bonus in (("ann", 0), ("ben", 1))
                ]
    (tmp_path / "votes.csv").write_text("\n".join(votes) + "\n")
    return run


def test_the_page_compares_generators(two_generators):
    result = call(two_generators, "--format", "html,json,csv")
    assert result.exit_code == 0, result.output
    page = (two_generators / "report" / "index.html").read_text()
    assert "Suite physics, judge looker: generators" in page
    assert "Strengths from wins" in page
    document = json.loads((two_generators / "report" / "report.json").read_text())
    (section,) = document["sections"]
    assert section["keys"] == {"part": "generators", "suite": "physics", "judge": "looker"}
    best = next(row for row in section["tables"][0]["rows"] if row["measure"] == "axis physics")
    assert (best["generator"], best["mean"]["n"]) == ("wan", 6)


def test_the_comparison_can_be_left_out(two_generators, run_folder):
    assert call(two_generators, "--format", "json", "--no-comparison").exit_code == 0
    assert "sections" not in json.loads((two_generators / "report" / "report.json").read_text())
    # One generator is not compared with anything.
    assert call(run_folder, "--format", "json").exit_code == 0
    assert "sections" not in json.loads((run_folder / "report" / "report.json").read_text())


def test_the_page_says_how_far_the_judge_agrees_with_people(two_generators, tmp_path):
    (tmp_path / "how.toml").write_text('scale = "1-5"\n')
    result = call(
        two_generators,
        "--ratings",
        tmp_path / "votes.csv",
        "--mapping",
        tmp_path / "how.toml",
        "--match",
        "permanence=law:permanence",
    )
    assert result.exit_code == 0, result.output
    page = (two_generators / "report" / "index.html").read_text()
    assert "physics by looker: agreement with people" in page
    assert "spearman" in page


def test_ratings_are_for_pages(two_generators, tmp_path):
    result = call(two_generators, "--format", "csv", "--ratings", tmp_path / "votes.csv")
    assert result.exit_code == 2
    assert "--ratings is for html, md and json; see `lawful agree` for tables." in result.output
