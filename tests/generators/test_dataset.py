"""Folders of clips with truth, questions and labels."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from lawful.checklists.load import read_suite
from lawful.core.errors import InputError
from lawful.core.files import folder_lock
from lawful.generators.worlds import dataset
from lawful.generators.worlds.dataset import DatasetRequest, make_dataset
from lawful.generators.worlds.make import Format
from lawful.generators.worlds.pairs import Pools, make_pair
from lawful.generators.worlds.truth_files import read_truth
from lawful.generators.worlds.variety import RICH
from lawful.video.read import open_video, read_frames

FORM = Format(duration_s=2.0, fps=10, width_px=64, height_px=64)
POOLS = Pools(("bounce", "billiards"), ("vanish", "kink"), RICH)


@pytest.fixture
def request_for(tmp_path):
    def make(count, **changes):
        return replace(DatasetRequest(tmp_path / "set", POOLS, count, 5, FORM, workers=0), **changes)

    return make


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_folder_holds_clips_truth_questions_and_labels(request_for):
    heard = []
    summary = make_dataset(request_for(3), lambda done, total: heard.append((done, total)))
    assert (summary.n_clips, summary.n_made) == (6, 3)
    assert heard == [(k, 3) for k in range(4)]
    labels, prompts = rows(summary.folder / "labels.csv"), rows(summary.folder / "prompts.csv")
    assert [row["file"] for row in labels] == [row["file"] for row in prompts]
    assert [row["violation"] != "" for row in labels].count(True) == 3
    suite = read_suite(summary.folder / "suite.json")
    assert suite.id == "worlds"
    assert [row["case"] for row in prompts] == list(suite.cases)
    for label, prompt in zip(labels, prompts, strict=True):
        number = int(label["number"])
        lawful, broken = make_pair(number, 5, POOLS, FORM)
        clip = broken if label["violation"] else lawful
        with open_video(summary.folder / label["file"]) as reader:
            assert len(read_frames(reader)) == len(clip.frames)
        truth = read_truth(summary.folder / "truth" / f"{label['file'][6:-4]}.truth.json")
        assert truth.violation == (label["violation"] or None)
        assert label["onset_frame"] == ("" if clip.onset_frame is None else str(clip.onset_frame))
        assert prompt["prompt"] == suite.cases[prompt["case"]].prompt
        assert "violation" not in prompt["prompt"].lower()


def test_the_names_and_the_order_tell_nothing(request_for):
    summary = make_dataset(request_for(16, pools=Pools(("still",), ("vanish",)), asked=replace(FORM, fps=3)))
    labels = rows(summary.folder / "labels.csv")
    files = [row["file"] for row in labels]
    assert files == sorted(files)
    first = [labels[k]["violation"] != "" for k in range(0, 32, 2)]
    assert 3 <= sum(first) <= 13


def test_what_was_stopped_goes_on_and_a_larger_count_adds(request_for, monkeypatch):
    whole = contents(make_dataset(request_for(3, out=request_for(3).out.with_name("whole"))).folder)
    made = []

    def stop_after_one(request, number):
        if made:
            raise KeyboardInterrupt
        made.append(number)
        make_entry(request, number)

    make_entry = dataset.make_entry
    monkeypatch.setattr(dataset, "make_entry", stop_after_one)
    with pytest.raises(KeyboardInterrupt):
        make_dataset(request_for(2))
    monkeypatch.undo()
    assert make_dataset(request_for(2)).n_made == 1
    assert make_dataset(request_for(2)).n_made == 0
    assert make_dataset(request_for(3)).n_made == 1
    assert contents(request_for(3).out) == whole


def test_what_was_taken_away_is_made_again(request_for):
    whole = contents(make_dataset(request_for(2)).folder)
    for lost in ("clips/000000-a.mp4", "truth/000001-b.truth.npz"):
        (request_for(2).out / lost).unlink()
        assert make_dataset(request_for(2)).n_made == 1
    assert contents(request_for(2).out) == whole


def test_any_number_of_workers_makes_the_same_bytes(request_for):
    alone = make_dataset(request_for(3))
    together = make_dataset(request_for(3, out=alone.folder.with_name("together"), workers=2))
    assert contents(alone.folder) == contents(together.folder)


def test_lawful_clips_alone(request_for):
    summary = make_dataset(request_for(3, pools=replace(POOLS, violations=())))
    assert summary.n_clips == 3
    assert {row["violation"] for row in rows(summary.folder / "labels.csv")} == {""}


def test_another_request_in_the_same_folder_is_refused(request_for):
    make_dataset(request_for(1))
    with pytest.raises(InputError, match=r"holds clips of another request \(its seed differ"):
        make_dataset(request_for(1, seed=6))
    with pytest.raises(InputError, match=r"its pools, format differ\). Choose another folder with --out"):
        make_dataset(request_for(1, pools=Pools(), asked=Format()))
    (request_for(1).out / "dataset.json").write_text("{")
    with pytest.raises(InputError, match=r"dataset.json: cannot be read \(.*\). Choose another folder"):
        make_dataset(request_for(1))


def test_a_damaged_entry_is_told_and_made_again_once_it_is_gone(request_for):
    whole = contents(make_dataset(request_for(2)).folder)
    entry = request_for(2).out / "pairs" / "000001.json"
    entry.write_text("[{")
    with pytest.raises(
        InputError, match=r"000001\.json: cannot be read \(.*\)\. Delete it, and the same command"
    ):
        make_dataset(request_for(2))
    entry.unlink()
    assert make_dataset(request_for(2)).n_made == 1
    assert contents(request_for(2).out) == whole


def test_neither_twin_is_always_the_last_to_be_written(request_for, monkeypatch):
    written = []
    monkeypatch.setattr(dataset, "even_sizes", lambda paths: written.append([path.name for path in paths]))
    make_dataset(request_for(4))
    assert written == [sorted(names) for names in written]


def test_pools_are_checked_before_anything_is_written(request_for):
    request = request_for(1, pools=Pools(("still",), ("freeze",)))
    with pytest.raises(InputError, match="freeze cannot happen in still"):
        make_dataset(request)
    assert not request.out.exists()


def test_a_folder_in_use_is_refused(request_for):
    request = request_for(1)
    with folder_lock(request.out), pytest.raises(Exception, match="in use by another process"):
        make_dataset(request)


def test_a_dead_worker_is_told(request_for, monkeypatch):
    class Broken:
        def __init__(self, **settings):
            pass

        def submit(self, *call):
            raise dataset.BrokenProcessPool

        def shutdown(self, **settings):
            pass

    monkeypatch.setattr(dataset, "ProcessPoolExecutor", Broken)
    with pytest.raises(
        Exception, match=r"a worker died, perhaps for want of memory. What is finished is kept"
    ):
        make_dataset(request_for(1, workers=2))


def test_the_request_is_written_as_it_was(request_for):
    make_dataset(request_for(1))
    held = json.loads((request_for(1).out / "dataset.json").read_text())
    assert held["pools"]["scenes"] == ["bounce", "billiards"]
    assert held["format"]["fps"] == 10
    assert np.isfinite(held["seed"])
