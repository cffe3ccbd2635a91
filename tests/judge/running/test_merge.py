"""Merging runs: a union, in any order and any number of times the same."""

import itertools
import sqlite3
from pathlib import Path

import pytest

from lawful.core.errors import InputError, LawfulError
from lawful.judge.merge import merge_runs
from lawful.judge.reading import read_run, run_info
from lawful.judge.run import score_paths


@pytest.fixture
def runs(make_engine, request_for, videos, suite, tmp_path):
    """Three runs that share some videos: other suites, a failure, a name with other bytes, another prompt."""
    other = suite(("a", "Is a so?"), ("d", "Is d so?"), name="other")
    first, second, third = (tmp_path / f"run{n}" for n in range(3))
    score_paths(request_for(out=str(first), limit=4), engine=make_engine(fails=("2.mp4",)))
    (videos / "1.mp4").write_bytes(b"other bytes under this name")
    score_paths(request_for(out=str(second), suites=(request_for().suites[0], other)), engine=make_engine())
    prompts = tmp_path / "prompts.csv"
    prompts.write_text("file,prompt\n3.mp4,a ball falls\n")
    score_paths(request_for(out=str(third), prompts=str(prompts), repeat=2), engine=make_engine())
    for run in (first, second, third):
        (run / "evidence").mkdir()
        (run / "evidence" / f"{run.name}.webp").write_bytes(run.name.encode())
        (run / "evidence" / "shared.webp").write_bytes(b"picture")
    return [first, second, third]


def test_the_order_of_the_runs_does_not_matter(rows, runs, tmp_path):
    first, *others = itertools.permutations(runs)
    merge_runs(first, tmp_path / "first")
    for number, order in enumerate(others):
        merge_runs(order, tmp_path / str(number))
        assert rows(tmp_path / str(number)) == rows(tmp_path / "first")


def test_merging_again_changes_nothing(rows, runs, tmp_path):
    one, two, three = tmp_path / "one", tmp_path / "two", tmp_path / "three"
    merge_runs(runs, one)
    (runs[0] / "evidence" / ".half.webp").write_bytes(b"cut off")
    merge_runs([one, *runs, one], two)
    merge_runs([one], three)
    assert rows(one) == rows(two) == rows(three)
    assert {file.name for file in (two / "evidence").iterdir()} == {
        "run0.webp", "run1.webp", "run2.webp", "shared.webp",
    }  # fmt: skip


def test_merging_in_steps_equals_merging_at_once(rows, runs, tmp_path):
    merge_runs(runs, tmp_path / "once")
    merge_runs(runs[1:], tmp_path / "part")
    merge_runs([runs[0], tmp_path / "part"], tmp_path / "steps")
    assert rows(tmp_path / "once") == rows(tmp_path / "steps")


def test_a_merged_run_holds_all_that_its_runs_hold(runs, tmp_path):
    merge_runs(runs, tmp_path / "merged")
    merged = list(read_run(tmp_path / "merged"))
    known = {(clip.sha256, clip.suite, clip.prompt): clip for clip in merged}
    for run in runs:
        for clip in read_run(run):
            if clip.error is None:
                kept = known[clip.sha256, clip.suite, clip.prompt]
                assert repr(clip.repeats[0]) == repr(kept.repeats[0])
                assert len(kept.repeats) >= len(clip.repeats)
    assert run_info(tmp_path / "merged").file.command == "merge"


def test_names_that_stand_for_different_inputs_get_marks(runs, tmp_path):
    summary = merge_runs(runs, tmp_path / "merged")
    assert summary.renamed == ("1.mp4", "3.mp4")
    names = sorted({clip.video for clip in read_run(tmp_path / "merged")})
    assert [name.partition(" ")[0] for name in names] == [
        "0.mp4", "1.mp4", "1.mp4", "2.mp4", "3.mp4", "3.mp4", "4.mp4", "5.mp4",
    ]  # fmt: skip
    assert summary.n_inputs == 8


def test_what_failed_in_one_run_and_not_in_another_has_not_failed(runs, tmp_path):
    failed = [clip.video for clip in read_run(runs[0]) if clip.error is not None]
    assert failed == ["2.mp4"]
    merge_runs(runs, tmp_path / "merged")
    assert {clip.error for clip in read_run(tmp_path / "merged")} == {None}


def test_an_input_that_one_run_could_not_read_is_one_input(make_engine, request_for, videos, tmp_path):
    content = (videos / "4.mp4").read_bytes()
    (videos / "4.mp4").write_bytes(b"")
    score_paths(request_for(out=str(tmp_path / "a")), engine=make_engine())
    (videos / "4.mp4").write_bytes(content)
    score_paths(request_for(out=str(tmp_path / "b")), engine=make_engine())
    summary = merge_runs([tmp_path / "a", tmp_path / "b"], tmp_path / "merged")
    assert summary.renamed == ()
    assert {clip.video: clip.error for clip in read_run(tmp_path / "merged")}["4.mp4"] is None


def test_runs_are_left_as_they_are(runs, tmp_path):
    before = [(run / "lawful.db").read_bytes() for run in runs]
    merge_runs(runs, tmp_path / "merged")
    assert [(run / "lawful.db").read_bytes() for run in runs] == before
    assert sorted(path.name for path in (tmp_path / "merged").iterdir()) == [
        ".lock", "evidence", "lawful.db", "run.toml",
    ]  # fmt: skip


def test_a_folder_with_something_in_it_is_refused(runs, tmp_path):
    with pytest.raises(LawfulError, match=r"run1: is not empty\. Choose a new folder"):
        merge_runs(runs[:1], runs[1])


def test_a_folder_without_a_run_is_refused(runs, tmp_path):
    with pytest.raises(InputError, match=r"no run is here \(lawful\.db is missing\)"):
        merge_runs([runs[0], tmp_path], tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_a_merged_run_takes_no_more_videos(make_engine, request_for, runs, tmp_path):
    merge_runs(runs, tmp_path / "merged")
    with pytest.raises(LawfulError, match="was made by `lawful merge` and takes no more videos"):
        score_paths(request_for(out=str(tmp_path / "merged")), engine=make_engine())


def test_a_damaged_store_is_refused(runs, tmp_path):
    connection = sqlite3.connect(runs[1] / "lawful.db")
    connection.execute("DELETE FROM question")
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match=r"run1/lawful\.db: is damaged"):
        merge_runs(runs, tmp_path / "merged")
    merge_runs([runs[0], runs[2]], tmp_path / "merged")
    assert run_info(tmp_path / "merged").n_inputs


def test_a_link_among_the_evidence_is_refused(runs, tmp_path):
    (runs[0] / "evidence" / "x.webp").symlink_to(Path("/etc/hostname"))
    with pytest.raises(InputError, match=r"x\.webp: is a link; evidence is made of plain files"):
        merge_runs(runs, tmp_path / "merged")
