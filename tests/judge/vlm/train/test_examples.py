"""Examples from simulated clips and from files of labels, and how they are parted and drawn."""

import csv
import json
import re
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from lawful.checklists.load import load_suite
from lawful.core.errors import InputError
from lawful.judge.vlm.train.data import read_data
from lawful.judge.vlm.train.draws import draws_of
from lawful.judge.vlm.train.examples import (
    check_apart,
    held_out,
    labelled_examples,
    summary_of,
    world_examples,
)
from lawful.judge.vlm.train.measure import telling


def test_worlds_give_known_answers_of_twins(pairs):
    examples = world_examples(pairs(), ("way.",), "train")
    assert {one.way for one in examples} == {"vanish", "colour_change"}
    for one in examples:
        assert one.question.id.startswith("way.")
        assert one.value == one.question.scale.values[one.label]
    wrong = [one for one in examples if one.label == "no"]
    assert {one.question.id for one in wrong} == {"way.vanish", "way.colour_change"}
    assert len(wrong) == 4
    assert summary_of(examples)["groups"] == 4


def test_clips_of_other_splits_are_not_learnt_from(pairs):
    with pytest.raises(
        InputError, match=r"belongs to the split dev; clips that are learnt from must be of the split train"
    ):
        world_examples(pairs("dev", 2), ("law.",), "train")
    with pytest.raises(InputError, match=r"no question whose id begins with nothing\. has a known answer"):
        world_examples(pairs(), ("nothing.",), None)


@pytest.fixture
def labels(pairs, tmp_path):
    """Writes a file of labels of some simulated clips."""
    clips = sorted((pairs() / "clips").glob("*.mp4"))

    def write(rows, name="labels.csv"):
        path = tmp_path / name
        rows = [{"file": str(clips[at % len(clips)]), **row} for at, row in enumerate(rows)]
        if name.endswith(".jsonl"):
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
            return path
        names = list(dict.fromkeys(key for row in rows for key in row))
        with path.open("w", newline="") as file:
            table = csv.DictWriter(file, names)
            table.writeheader()
            table.writerows(rows)
        return path

    return write


@pytest.mark.parametrize("name", ["labels.csv", "labels.jsonl"])
def test_labels_are_read_from_either_kind_of_file(labels, name):
    rows = [
        {"question": "law.gravity", "label": "no", "group": "a", "prompt": "A ball falls.", "value": 0.25},
        {"question": "law.time", "label": "yes", "group": "a", "prompt": "", "value": ""},
    ]
    first, second = labelled_examples(labels(rows, name), load_suite("worlds"))
    assert (first.about, first.label, first.value, first.group) == ("gravity", "no", 0.25, "a")
    assert first.given == {"prompt": "A ball falls."}
    assert (second.value, second.given) == (1.0, {})


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"question": "law.time"}, "label is missing. Needed: file, question, label."),
        ({"question": "law.nothing", "label": "yes"}, "suite worlds has no question 'law.nothing'"),
        ({"question": "law.time", "label": "maybe"}, "'maybe' is none of the labels yes, no"),
        (
            {"question": "law.time", "label": "yes", "value": "2"},
            "value should be a number from 0 to 1, found '2'",
        ),
        ({"question": "law.time", "label": "yes", "case": "x"}, "suite worlds has no case 'x'"),
        ({"question": "law.time", "label": "yes", "file": "nowhere.mp4"}, "nowhere.mp4"),
    ],
)
def test_rows_that_cannot_be_used_are_named(labels, row, message):
    with pytest.raises(InputError, match=r"labels\.csv, .*2.*" + re.escape(message)):
        labelled_examples(labels([row]), load_suite("worlds"))


def test_a_question_of_a_video_has_one_label(labels, pairs):
    clip = min((pairs() / "clips").glob("*.mp4"))
    rows = [
        {"file": str(clip), "question": "law.time", "label": "yes"},
        {"file": str(clip), "question": "law.gravity", "label": "yes"},
        {
            "file": str(clip.parent / "." / ".." / clip.parent.name / clip.name),
            "question": "law.time",
            "label": "no",
        },
    ]
    with pytest.raises(
        InputError, match=r"row 4: row 2 has a label of this video under this question already"
    ):
        labelled_examples(labels(rows), load_suite("worlds"))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [("seed", None, "seed is missing"), ("seed", "x", "seed is no whole number"), ("violation", None, "violation is missing")],
)  # fmt: skip
def test_a_folder_that_worlds_did_not_write_is_refused(column, value, message, pairs, tmp_path):
    folder = shutil.copytree(pairs(), tmp_path / "copy")
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.pop(column) if value is None else row.update({column: value})
    with (folder / "labels.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    with pytest.raises(InputError, match=rf"labels\.csv: is not as lawful worlds make writes it: {message}"):
        world_examples(folder, ("way.",), None)


def test_a_clip_that_is_gone_is_named(pairs, tmp_path):
    folder = shutil.copytree(pairs(), tmp_path / "copy")
    gone = min((folder / "clips").glob("*.mp4"))
    gone.unlink()
    with pytest.raises(InputError, match=rf"copy: clips/{gone.name} is not there\. Make the folder again"):
        world_examples(folder, ("way.",), None)


def test_digests_that_cannot_be_read_are_made_again(config, data, tmp_path):
    for content in ("[1]", "{"):
        (tmp_path / "digests.json").write_text(content)
        assert read_data(config().data, tmp_path).digests == data.digests


def test_groups_are_held_out_whole_whatever_the_order(pairs):
    examples = world_examples(pairs(), ("way.",), None)
    kept, aside = held_out(examples, 0.5, 0)
    assert not {one.group for one in kept} & {one.group for one in aside}
    again, _ = held_out(examples[::-1], 0.5, 0)
    assert {one.group for one in again} == {one.group for one in kept}
    with pytest.raises(InputError, match="do not part into a share of 1e-06 and the rest"):
        held_out(examples, 1e-6, 0)


def test_a_clip_in_two_parts_is_refused(pairs):
    examples = world_examples(pairs(), ("way.",), None)
    digests = {one.clip: str(one.clip) for one in examples}
    check_apart({"train": examples[:1], "dev": examples[-1:]}, digests)
    with pytest.raises(InputError, match=r"of dev is the same video as .* of train"):
        check_apart({"train": examples, "dev": examples[:1]}, digests)


@pytest.mark.parametrize("other_laws", [0.0, 0.5, 1.0])
def test_batches_are_balanced_over_laws_and_labels(pairs, other_laws):
    examples = world_examples(pairs(), ("way.",), None)
    draws = draws_of(examples, other_laws)
    drawn = [examples[at] for at in draws.batch(np.random.default_rng(0), 400)]
    assert Counter((one.about, one.label) for one in drawn) == {
        (law, label): 100 for law in ("permanence", "identity") for label in ("yes", "no")
    }
    assert draws.left_out
    assert set(draws.pools) == {"permanence", "identity"}


def test_twins_are_drawn_together(pairs):
    examples = world_examples(pairs(), ("way.",), None)
    drawn = [examples[at] for at in draws_of(examples, 0.0).batch(np.random.default_rng(1), 40)]
    for one, other in zip(drawn[::2], drawn[1::2], strict=True):
        assert (one.group, one.question.id) == (other.group, other.question.id)
        assert {one.label, other.label} == {"yes", "no"}


def test_every_clip_of_a_group_is_drawn(pairs):
    examples = [replace(one, group="all") for one in world_examples(pairs(), ("way.vanish",), None)]
    chosen = draws_of(examples, 0.0).batch(np.random.default_rng(2), 200)
    assert set(chosen) == set(range(len(examples)))
    labels = Counter(examples[at].label for at in chosen)
    assert labels == {"yes": 100, "no": 100}


def test_chance_alone_decides_what_is_drawn(pairs):
    examples = world_examples(pairs(), ("way.",), None)
    draws = draws_of(examples, 0.5)
    first, again, other = (draws.batch(np.random.default_rng(seed), 16) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_one_label_alone_is_nothing_to_learn_from(pairs):
    examples = [replace(one, label="yes") for one in world_examples(pairs(), ("way.",), None)]
    with pytest.raises(InputError, match="one label alone is known, so there is nothing to tell apart"):
        draws_of(examples, 0.0)


def test_what_people_said_is_measured_whole_and_of_twins_what_tells_them_apart(pairs):
    examples = world_examples(pairs(), ("way.",), None)
    told = telling(examples)
    assert Counter(one.label for one in told) == {"yes": 4, "no": 4}
    assert len({(one.group, one.question.id) for one in told}) == 4
    rated = [replace(one, way="") for one in examples]
    assert telling(rated) == rated
    alike = [one for one in examples if one.label == "yes"]
    assert telling(alike) == alike
