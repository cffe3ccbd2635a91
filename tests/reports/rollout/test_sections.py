"""From runs with looks at the beginnings of clips to tables and plots."""

import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lawful.judge.arguments import RunRequest
from lawful.judge.inline import InlineEngine
from lawful.judge.merge import merge_runs
from lawful.judge.records import Verdict
from lawful.judge.run import score_paths
from lawful.reports.results import ResultSection
from lawful.reports.rollout.gather import gather
from lawful.reports.rollout.sections import rollout_sections
from lawful.reports.stats.result import Estimate

FPS = 12.0


class ScoringEngine:
    """Judges here, and takes the leanings of a judge that only ranks for its scores."""

    def run(self, tasks):
        for task in tasks:
            scales = {question.id: question.scale for question in task.questions}
            for outcome in InlineEngine().run([task]):
                yield replace(outcome, verdicts=tuple(_scored(one, scales) for one in outcome.verdicts))


def _scored(outcome, scales):
    if outcome.leaning is None:
        return outcome
    scale = scales[outcome.question_id]
    shares = {scale.best: outcome.leaning, scale.worst: 1 - outcome.leaning}
    return Verdict(
        outcome.video_sha256, outcome.question_id, max(shares, key=shares.__getitem__), shares, outcome.leaning,
        outcome.fingerprint,
    )  # fmt: skip


def write(path, n_frames, seed, frozen_from=None):
    """A bright square on a dark ground that jumps about, until it does so no more."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    frames = []
    for at in range(n_frames):
        rgb = np.full((32, 48, 3), (60, 20, 20), np.uint8)
        top, left = rng.integers(0, 20, 2)
        rgb[top : top + 12, left : left + 12] = 220
        still = frozen_from is not None and at >= frozen_from
        frames.append(frames[-1] if still else Image.fromarray(rgb))
    path.mkdir()
    for at, frame in enumerate(frames):
        frame.save(path / f"{at:03d}.png")


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two generators of five clips, one of which freezes after a second; one clip is short, one very long."""
    folder = tmp_path_factory.mktemp("clips")
    for prompt in range(5):
        write(folder / "mover" / f"p{prompt}", {4: 9, 3: 50}.get(prompt, 30), prompt)
        write(folder / "freezer" / f"p{prompt}", 30, prompt, frozen_from=12)
    return folder


@pytest.fixture(scope="module")
def make_run(clips, tmp_path_factory):
    def make(*, times_s=(1.0, 2.0, 4.0), paths=(str(clips),), engine=None, **changes):
        out = tmp_path_factory.mktemp("runs") / "run"
        request = RunRequest(
            paths=paths, judges=("frame-difference",), image_fps=FPS, until_s=times_s, generator_from_folder=True,
            workers=0, out=str(out), **changes,
        )  # fmt: skip
        assert score_paths(request, engine=engine).failed == {}
        return out

    return make


@pytest.fixture(scope="module")
def run(make_run):
    return make_run(engine=ScoringEngine())


def rows_of(section, table):
    found = next(one for one in section.tables if one.id == table)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def test_only_clips_with_a_look_at_every_time_are_in_a_curve(run):
    groups = {group.generator: group for group in gather([run])}
    mover, freezer = groups["mover"], groups["freezer"]
    # One of five videos is 4 s long: that time is on no curve. One is 0.75 s short.
    assert (mover.until_s, dict(mover.too_late)) == ((1.0, 2.0), {4.0: 1})
    assert ([clip.whole.subject for clip in mover.clips], mover.n_left_out) == (["p0", "p1", "p2", "p3"], 1)
    assert (len(freezer.clips), freezer.n_left_out, dict(freezer.too_late)) == (5, 0, {})
    assert [clip.duration_s for clip in mover.clips] == pytest.approx([2.5, 2.5, 2.5, 50 / 12])


def test_the_section_has_curves_drift_and_who_may_be_gaming(run):
    (section,) = rollout_sections([run])
    assert section.keys == (("suite", "physics"), ("judge", "frame-difference"))
    scores = rows_of(section, "rollout")
    assert {(row["measure"], row["generator"]) for row in scores} >= {
        ("axis physics", "mover"), ("axis physics", "freezer"), ("law time", "mover"),
    }  # fmt: skip
    freezing = [row for row in scores if (row["measure"], row["generator"]) == ("axis physics", "freezer")]
    assert [(row["look"], row["seconds"], row["videos"]) for row in freezing] == [
        ("1 s", 1.0, 5), ("2 s", 2.0, 5), ("whole", 2.5, 5),
    ]  # fmt: skip
    assert freezing[0]["change"] is None
    assert freezing[1]["change"].value == pytest.approx(freezing[1]["mean"].value - freezing[0]["mean"].value)
    drift = {(row["what"], row["generator"], row["seconds"]): row for row in rows_of(section, "drift")}
    assert drift["motion", "freezer", 2.0]["with the first"].value == 0.0
    assert drift["motion", "mover", 2.0]["with the first"].value > 0.7
    assert drift["sharpness", "freezer", 2.0]["with the first"].value > 0.5
    assert drift["brightness", "freezer", 2.0]["compared by"] == "difference"
    suspicious = rows_of(section, "suspicions")
    assert {(row["generator"], row["measure"], row["fell"]) for row in suspicious} == {
        ("freezer", "axis physics", "motion")
    }
    assert any(note.startswith("freezer may be gaming axis physics by freezing: ") for note in section.notes)
    assert (
        "mover: 4 of 5 videos are in its curves; the others have no look at one of its times (1, 2 s): they are "
        "shorter, or not judged there yet."
    ) in section.notes
    assert "mover: times that few of its 5 videos reach are not on its curves (1 at 4 s)." in section.notes


def test_plots_hold_what_can_be_drawn(run):
    (section,) = rollout_sections([run])
    plots = {plot.id: plot for plot in section.plots}
    assert {"rollout_axis_physics", "drift_motion", "drift_brightness", "drift_sharpness"} <= set(plots)
    for plot in section.plots:
        assert plot.kind == "lines"
        for series in plot.series:
            places = [point.x for point in series.points]
            assert places == sorted(places)
            assert not any(math.isnan(point.y.value) for point in series.points)
    assert [series.name for series in plots["drift_motion"].series] == ["freezer", "mover"]
    assert plots["drift_motion"].y_name == "motion, as a share of the first"
    assert plots["drift_brightness"].y_name == "brightness, less the first"


def test_tables_have_one_cell_a_column_and_unique_ids(run):
    (section,) = rollout_sections([run])
    assert isinstance(section, ResultSection)
    assert len({table.id for table in section.tables}) == len(section.tables)
    assert len({plot.id for plot in section.plots}) == len(section.plots)
    for table in section.tables:
        assert all(len(row) == len(table.columns) for row in table.rows)
    means = [row["mean"] for row in rows_of(section, "rollout")]
    assert all(isinstance(mean, Estimate) and mean.level == 0.95 for mean in means if mean.n > 1)


def test_runs_without_such_looks_have_no_section(make_run, clips):
    plain = make_run(times_s=(), paths=(str(clips / "freezer"),))
    assert rollout_sections([plain]) == ()
    assert rollout_sections([]) == ()


def test_a_judge_that_only_ranks_has_drift_and_no_scores(make_run, clips):
    (section,) = rollout_sections([make_run(times_s=(1.0,), paths=(str(clips / "freezer"),))])
    assert rows_of(section, "rollout") == rows_of(section, "suspicions") == []
    assert len(rows_of(section, "drift")) == 4
    assert "No look has a score, so there is drift alone." in section.notes


def test_merged_runs_and_runs_side_by_side_say_the_same(make_run, run, clips, tmp_path):
    once = rollout_sections([run])
    merge_runs([run], tmp_path / "run")
    assert repr(rollout_sections([tmp_path / "run"])) == repr(once)
    # The same videos twice count once.
    (both,) = rollout_sections([run, tmp_path / "run"])
    assert repr(both.tables) == repr(once[0].tables)


def test_suites_and_judges_can_be_chosen_and_runs_compared(run):
    assert rollout_sections([run], suites=("physics",), judges=("frame-difference",)) != ()
    assert rollout_sections([run], suites=("other",)) == ()
    assert rollout_sections([run], judges=("kinematic",)) == ()
    (section,) = rollout_sections([run], by="run")
    assert {row["generator"] for row in rows_of(section, "rollout")} == {"run"}
