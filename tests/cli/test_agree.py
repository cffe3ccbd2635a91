"""The command `lawful agree`."""

import csv
import json
import math
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from lawful.checklists.suite import Question, Scale
from lawful.cli.main import lawful
from lawful.judge.protocol import fingerprint
from lawful.judge.records import Verdict
from lawful.judge.store import Look, StoredInput, open_store
from lawful.judge.summary import SummaryRule
from lawful.judge.task import Outcome

YES_NO = Scale("yes_no", {"yes": 1.0, "no": 0.0})
QUESTIONS = (
    Question("falls", "Does what is let go fall?", "physics", YES_NO, "gravity"),
    Question("stays", "Does every object stay in existence?", "physics", YES_NO, "permanence"),
)


@dataclass
class Looker:
    """As much of a judge as the store asks for."""

    name: str = "looker"
    rule = SummaryRule("worst", "min", 0.3, 0.7)

    def identity(self):
        return {"version": 1}


def make_run(folder, judges=("looker",), generators=("kling", "wan"), n=8, looks=2):
    """A run with clips of some generators; clip number k of generator g scores by both."""
    with open_store(folder) as store:
        sheet = store.sheet("physics", "1", QUESTIONS)
        for shift, judge in enumerate(map(Looker, judges)):
            for which, generator in enumerate(generators):
                for number in range(n):
                    name = f"{generator}/{number:02}.mp4"
                    sha256 = f"{which}{number:02}".ljust(64, "0")
                    given = StoredInput(name, f"/videos/{name}", case=f"case {number}", generator=generator)
                    for repeat in range(looks):
                        score = ((number * 5 + which * 3 + shift * number + repeat) % 16) / 16
                        outcome = Outcome(0, tuple(verdicts(score, judge, sha256)), None, 2.0, 64, 36, 48)
                        look = Look(
                            sheet, store.judge(judge), fingerprint(judge), store.given({}), sha256, repeat
                        )
                        store.record(given, look, outcome, QUESTIONS)
    return folder


def verdicts(score, judge, sha256):
    for question, value in (("falls", score), ("stays", 1 - score)):
        yield Verdict(
            video_sha256=sha256, question_id=question, label="yes" if value >= 0.5 else "no",
            probabilities={"yes": value, "no": 1 - value}, score=value, fingerprint=fingerprint(judge),
        )  # fmt: skip


def write_ratings(path, generators=("kling", "wan"), n=8, axes=("gravity", "overall")):
    rows = ["video,generator,rater,axis,value"]
    for which, generator in enumerate(generators):
        for number in range(n):
            for rater, lean in (("ann", 0), ("ben", 1)):
                value = 1 + (number * 5 + which * 3 + lean) % 16 * 4 // 15
                rows += [f"{number:02},{generator},{rater},{axis},{value}" for axis in axes]
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("agree")
    make_run(place / "run", ("looker", "other"))
    write_ratings(place / "ratings.csv")
    return place


def call(*arguments):
    return CliRunner().invoke(lawful, ["agree", *map(str, arguments)])


def told(folder, *arguments):
    """The document of a call as JSON."""
    result = call(
        folder / "run", "--ratings", folder / "ratings.csv", "--scale", "1-5", "--resamples", 100,
        "--format", "json", "--out", "-", *arguments,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout_bytes.decode())


def test_tables_are_printed_and_files_written(folder, tmp_path):
    result = call(
        folder / "run", "--ratings", folder / "ratings.csv", "--scale", "1-5", "--match", "overall=clip",
        "--by", "law,clip,generator", "--resamples", 100, "--out", tmp_path / "found",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "physics by looker" in result.stdout
    assert "physics by other" in result.stdout
    assert "Agreement with people, video by video" in result.stdout
    assert {path.name for path in (tmp_path / "found").iterdir()} >= {"results.json", "results.md", "tables"}
    with (tmp_path / "found" / "tables" / "agreement.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["axis"], row["measure"]) for row in rows} == {
        ("gravity", "law gravity"),
        ("overall", "clip score"),
    }
    assert {row["generator"] for row in rows} == {"all", "kling", "wan"}
    assert {row["judge"] for row in rows} == {"looker", "other"}


def test_what_is_not_compared_is_listed(folder):
    document = told(folder)
    text = json.dumps(document)
    assert document["schema"] == "lawful.agree/1"
    assert "a rating axis that is no measure of the judge" in text
    assert ["seed", "0"] in [
        list(fact.values()) if isinstance(fact, dict) else fact for fact in facts(document)
    ]


def facts(document):
    found = document["facts"]
    return [list(pair) for pair in found.items()] if isinstance(found, dict) else found


def test_the_same_seed_gives_the_same_numbers(folder):
    first, again, other = (told(folder, "--seed", seed, "--by", "law") for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_a_threshold_and_a_second_name_of_a_generator(folder, tmp_path):
    path = write_ratings(tmp_path / "other.csv", ("kling-video", "wan"))
    arguments = [
        "--ratings",
        path,
        "--scale",
        "1-5",
        "--threshold",
        "gravity=2",
        "--format",
        "json",
        "--out",
        "-",
    ]
    arguments += ["--resamples", 100, "--by", "law"]
    renamed = call(folder / "run", *arguments, "--rename", "kling-video=kling")
    assert renamed.exit_code == 0, renamed.output
    assert "rated videos of a generator that is not in the runs" not in renamed.output
    assert "rated videos of a generator that is not in the runs" in call(folder / "run", *arguments).output


def test_quiet_writes_files_alone(folder, tmp_path):
    result = call(
        folder / "run", "--ratings", folder / "ratings.csv", "--scale", "1-5", "--resamples", 100, "--quiet",
        "--format", "json", "--out", tmp_path / "found.json",
    )  # fmt: skip
    assert (result.exit_code, result.output) == (0, f"{tmp_path / 'found.json'}\n")
    assert math.isfinite(len(json.loads((tmp_path / "found.json").read_text())["sections"]))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "Missing option '--ratings'"),
        (("--ratings", "absent.csv"), 1, "Error: absent.csv: cannot be read: No such file or directory\n"),
        (("--by", "colour"), 2, "'colour' is not one of axis, law, question, clip, answer, generator."),
        (("--match", "gravity"), 1, "Error: --match gravity: write it as NAME=VALUE\n"),
        (("--match", "speed=physics"), 1, "Error: match speed=physics: no rating is on speed. Rated: gravity, overall.\n"),
        (("--match", "overall=colour"), 1, "Error: match overall=colour: no judge has such a measure. Measures: axes physics;"),
        (("--by", "question"), 1, "Error: no rating axis is a measure of the judges. Rated: gravity, overall. "),
        (("--threshold", "high"), 1, "Error: --threshold high: write it as 3, or for one axis as gravity=3\n"),
        (("--threshold", "2", "--threshold", "3"), 1, "Error: --threshold 3: the threshold is given twice\n"),
        (("--threshold", "a=2", "--threshold", "a=3"), 1, "Error: --threshold a=3: that of a is given twice\n"),
        (("--threshold", "speed=2"), 1, "Error: threshold of speed: no rating is on it. Rated: gravity, overall.\n"),
        (("--threshold", "9", "--scale", "1-5"), 1, "Error: the threshold 9 of gravity lies outside its scale 1-5\n"),
        (("--format", "json"), 2, "--format json needs --out"),
    ],
)  # fmt: skip
def test_wrong_usage(folder, arguments, code, message):
    ratings = () if not arguments or "--ratings" in arguments else ("--ratings", folder / "ratings.csv")
    result = call(folder / "run", *ratings, *arguments)
    assert (result.exit_code, message in result.output) == (code, True), result.output


def test_ratings_of_other_videos(folder, tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text("video,rater,axis,value\nnowhere,ann,gravity,1\n")
    result = call(folder / "run", "--ratings", path)
    assert result.exit_code == 1
    assert result.output == (
        "Error: no rated video is in the runs. Rated: nowhere. In the runs: kling/00.mp4, kling/01.mp4, "
        "kling/02.mp4, kling/03.mp4, kling/04.mp4 and 11 more, by kling, wan. Names are compared whole, without "
        "ending, or as the end of a path; a generator that bears two names: "
        "--rename OLD=NEW.\n"
    )


def test_ratings_without_a_usable_row(folder, tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text("video,rater,value\na,,1\n")
    result = call(folder / "run", "--ratings", path)
    assert result.exit_code == 1
    assert result.output == (
        "Error: there is no usable rating (1 rows are not usable; `lawful ratings check` says why)\n"
    )


def test_no_run_folder(folder, tmp_path):
    result = call(tmp_path / "nothing", "--ratings", folder / "ratings.csv")
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {tmp_path / 'nothing'}")
