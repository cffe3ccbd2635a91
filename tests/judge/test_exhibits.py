"""Evidence that is saved to be looked at."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lawful.core.errors import InputError
from lawful.judge.exhibits import load_tracks, save_exhibits
from lawful.judge.fold import judge_clip
from lawful.judge.records import Evidence, EvidenceFrame, Unscored


def with_evidence(*evidence, question="q", fingerprint="f" * 64):
    return Unscored("ab" * 32, question, "abstained", "", fingerprint, evidence=evidence)


def evidence_of(*pictures):
    frames = tuple(EvidenceFrame(0.1 * i, rgb) for i, rgb in enumerate(pictures))
    return Evidence(0.0, 1.0, None, "time", None, None, "text", frames=frames)


def files_under(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def picture(height=48, width=64, seed=0):
    coarse = np.random.default_rng(seed).integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8)
    return np.kron(coarse, np.ones((8, 8, 1), np.uint8))


def test_frames_and_tracks_become_files_in_the_run_folder(toy, ask, clip, tmp_path):
    meta, frames = clip()
    verdicts = judge_clip(toy, meta, [frames], [ask("a"), ask("b", axis="prompt")], {})
    run = tmp_path / "run"
    saved, not_asked = save_exhibits(verdicts, run)
    strong = saved.evidence[0]
    assert re.fullmatch(r"evidence/ab/(ab){8}-[0-9a-f]{8}-a-0-0-[0-9a-f]{8}\.webp", strong.frames[0].file)
    assert re.fullmatch(r"evidence/ab/(ab){8}-[0-9a-f]{8}-a-0-tracks-[0-9a-f]{8}\.json", strong.tracks_file)
    assert strong.frames[0].rgb is None
    assert strong.tracks is None
    assert strong.frames[0].time_s == verdicts[0].evidence[0].frames[0].time_s
    assert files_under(run) == sorted([strong.frames[0].file, strong.tracks_file])
    assert not_asked.evidence == ()

    tracks, original = load_tracks(run / strong.tracks_file), verdicts[0].evidence[0].tracks
    assert tracks.ids.tolist() == [7, 8]
    assert tracks.times_s.tolist() == original.times_s.tolist()
    np.testing.assert_allclose(tracks.xy, original.xy, atol=1e-5)
    assert (tracks.visible == original.visible).all()


def test_a_saved_frame_looks_like_the_frame(tmp_path):
    rgb = picture()
    (saved,) = save_exhibits([with_evidence(evidence_of(rgb))], tmp_path)
    with Image.open(tmp_path / saved.evidence[0].frames[0].file) as image:
        read = np.asarray(image.convert("RGB"))
    assert read.shape == rgb.shape
    assert np.abs(read.astype(int) - rgb).mean() < 12


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [
        (1080, 1920, (640, 360)),
        (1920, 1080, (360, 640)),
        (48, 64, (64, 48)),
        (2, 4000, (640, 1)),
        (1, 1, (1, 1)),
    ],
)
def test_large_frames_are_shrunk_and_small_ones_kept(tmp_path, height, width, size):
    rgb = np.full((height, width, 3), 90, np.uint8)
    (saved,) = save_exhibits([with_evidence(evidence_of(rgb))], tmp_path)
    with Image.open(tmp_path / saved.evidence[0].frames[0].file) as image:
        assert image.size == size


def test_what_several_questions_cite_is_saved_once(tmp_path):
    shared = evidence_of(picture(), picture(seed=1))
    saved = save_exhibits([with_evidence(shared), with_evidence(shared, question="r")], tmp_path)
    assert len(files_under(tmp_path)) == 2
    assert [f.file for f in saved[0].evidence[0].frames] == [f.file for f in saved[1].evidence[0].frames]


def test_a_second_run_writes_the_same_files_again(tmp_path):
    verdicts = [with_evidence(evidence_of(picture()))]
    first = save_exhibits(verdicts, tmp_path)
    content = {name: (tmp_path / name).read_bytes() for name in files_under(tmp_path)}
    second = save_exhibits(verdicts, tmp_path)
    assert second[0].evidence[0].frames[0].file == first[0].evidence[0].frames[0].file
    assert {name: (tmp_path / name).read_bytes() for name in files_under(tmp_path)} == content


def test_other_content_never_takes_the_place_of_what_a_stored_verdict_shows(tmp_path):
    save_exhibits([with_evidence(evidence_of(picture(seed=1)))], tmp_path)
    save_exhibits([with_evidence(evidence_of(picture(seed=2)))], tmp_path)
    assert len(files_under(tmp_path)) == 2


@pytest.mark.parametrize(
    "question", ["../../../etc/passwd", "a/b\\c d\n\x00", "q" * 500, "Überraschung 物理", ".."]
)
def test_any_question_id_gives_a_file_name_in_the_folder(tmp_path, question):
    (saved,) = save_exhibits([with_evidence(evidence_of(picture()), question=question)], tmp_path)
    (file,) = files_under(tmp_path)
    assert file == saved.evidence[0].frames[0].file
    assert re.fullmatch(r"evidence/ab/[A-Za-z0-9_.-]{1,120}\.webp", file)


def test_what_is_saved_already_stays_as_it_is(tmp_path):
    kept = replace(
        evidence_of(), frames=(EvidenceFrame(1.0, None, "evidence/x.webp"),), tracks_file="evidence/x.json"
    )
    (saved,) = save_exhibits([with_evidence(kept)], tmp_path)
    assert saved.evidence[0].frames[0].file == "evidence/x.webp"
    assert saved.evidence[0].tracks_file == "evidence/x.json"
    assert files_under(tmp_path) == []


GOOD = {
    "schema": "lawful.tracks/1",
    "ids": [1],
    "times_s": [0.0, 0.1],
    "xy": [[[0, 1], None]],
    "visible": ["10"],
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps(GOOD | {"schema": "lawful.tracks/9"}),
        json.dumps(GOOD | {"ids": [1, 2]}),
        json.dumps(GOOD | {"ids": ["a"]}),
        json.dumps(GOOD | {"xy": [[[0, 1]]]}),
        json.dumps(GOOD | {"xy": 3}),
        json.dumps(GOOD | {"visible": [None]}),
        json.dumps(GOOD | {"ids": [2**70]}),
    ],
)
def test_tracks_that_are_none_are_refused(tmp_path, text):
    path = tmp_path / "tracks.json"
    path.write_text(json.dumps(GOOD))
    assert load_tracks(path).visible.tolist() == [[True, False]]
    path.write_text(text)
    with pytest.raises(InputError, match=r"tracks\.json: (no saved tracks|schema)"):
        load_tracks(path)


def test_tracks_of_an_absent_file_are_refused(tmp_path):
    with pytest.raises(InputError, match="no saved tracks: FileNotFoundError"):
        load_tracks(tmp_path / "absent.json")
