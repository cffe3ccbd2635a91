"""Ratings as labels of a judge's training: matched, averaged, and read back by the training."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from lawful.checklists.importers.scales import ONE_TO_FIVE
from lawful.checklists.suite import Case, Question, Suite
from lawful.cli.main import lawful
from lawful.core.errors import InputError
from lawful.generators.worlds.demo import write_demo
from lawful.judge.vlm.train.examples import labelled_examples
from lawful.reports.ratings.record import Rating, RatingTable, Scale
from lawful.reports.ratings.training_labels import training_labels

ASKED = (
    Question(
        "a/SA", "Is it what was asked for?\nThink of these first:\n- Is there a ball?", "SA", ONE_TO_FIVE
    ),
    Question("a/gravity", "Does it fall?", "physics", ONE_TO_FIVE, "gravity"),
)
SUITE = Suite("some", "1", "For tests", "CC0-1.0", cases={"a": Case("a", "A ball falls.", questions=ASKED)})


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    clips = sorted(path for path in write_demo(folder) if path.suffix == ".mp4")
    return folder, [clip.name for clip in clips]


def rating(item, axis, value, rater="r", **more):
    fields = {"scale": Scale(1.0, 5.0), "prompt": "A ball falls.", **more}
    return Rating(item=item, axis=axis, value=value, rater=rater, **fields)


def test_raters_are_averaged_and_the_nearest_label_is_taken(videos, tmp_path):
    folder, (first, second, *_) = videos
    ratings = (
        rating(first, "SA", 4.0, "r1"), rating(first, "SA", 3.0, "r2"), rating(first, "gravity", 1.0),
        rating(second.removesuffix(".mp4"), "gravity", 5.0), rating(second, "gravity", None, "r2", cannot_judge=True),
        rating("nowhere", "SA", 3.0), rating(first, "taste", 3.0), rating(first, "SA", 3.0, "r3", scale=Scale()),
    )  # fmt: skip
    found = training_labels(RatingTable(ratings), SUITE, folder, tmp_path)
    rows = {(row["file"].rpartition("/")[2], row["question"]): row for row in found.rows}
    # Of two labels at the same distance the worse one: 3.5 is 3.
    assert (rows[first, "a/SA"]["label"], rows[first, "a/SA"]["value"]) == ("3", 0.625)
    assert rows[first, "a/gravity"]["label"] == "1"
    assert rows[second, "a/gravity"]["label"] == "5"
    assert {row["group"] for row in found.rows} == {"a"}
    assert dict(found.left_out) == {
        "the rater could not judge": 1,
        "the video is not in the folder": 1,
        "no single question of suite some is about the axis taste": 1,
        "the scale has no ends; give --scale": 1,
    }
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(dict(row)) + "\n" for row in found.rows))
    examples = labelled_examples(path, SUITE)
    assert [one.value for one in examples] == [row["value"] for row in found.rows]
    assert all(one.clip.exists() and one.given["prompt"] == "A ball falls." for one in examples)


def test_a_video_is_in_one_group_and_a_prompts_file_says_its_case(videos, tmp_path):
    folder, (first, *_) = videos
    ratings = RatingTable(
        (rating(first, "SA", 4.0, prompt="one"), rating(first, "gravity", 2.0, prompt="other"))
    )
    suite = replace(SUITE, cases={}, questions=ASKED)
    assert {row["group"] for row in training_labels(ratings, suite, folder, tmp_path).rows} == {"one"}
    prompts = tmp_path / "prompts.csv"
    prompts.write_text(f"file,prompt,case\n{first},A ball falls.,a\n")
    rows = training_labels(ratings, SUITE, folder, tmp_path, prompts).rows
    assert [(row["group"], row["case"], row["question"]) for row in rows] == [
        ("a", "a", "a/SA"),
        ("a", "a", "a/gravity"),
    ]


def test_ratings_that_come_to_no_label_are_told(videos, tmp_path):
    with pytest.raises(InputError, match="no rating comes to a label: 1 the video is not in the folder"):
        training_labels(RatingTable((rating("x", "SA", 3.0),)), SUITE, videos[0], tmp_path)
    with pytest.raises(InputError, match="no rating comes to a label: there are no ratings"):
        training_labels(RatingTable(()), SUITE, videos[0], tmp_path)


def test_the_command_writes_labels(videos, tmp_path):
    folder, (first, *_) = videos
    ratings = tmp_path / "ratings.csv"
    ratings.write_text(f"video,rater,axis,value\n{first},r,law.gravity,no\n")
    out = tmp_path / "labels.jsonl"
    arguments = ["--suite", "worlds", "--videos", str(folder), "--scale", "no,yes", "--out", str(out)]
    done = CliRunner().invoke(lawful, ["ratings", "labels", str(ratings), *arguments])
    assert done.exit_code == 0, done.output
    (row,) = map(json.loads, out.read_text().splitlines())
    assert (row["question"], row["label"], row["value"]) == ("law.gravity", "no", 0.0)
    assert "1 label in" in done.stdout
