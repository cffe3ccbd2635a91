"""Folders of generated videos: whole or absent, the same whatever the order, and gone on with."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.core.files import folder_lock
from lawful.generators.generate import produce
from lawful.generators.generate.asked import GenerateRequest
from lawful.generators.generate.film import NOT_STATED
from lawful.generators.generate.produce import forecast, generate
from lawful.generators.generate.progress import ChunkMade, Remarked, Started, VideoDone
from lawful.generators.manifest import MANIFEST, read_manifest, told_prompt
from lawful.video.read import open_video
from lawful.video.sampling import Sampling

pytestmark = pytest.mark.usefixtures("painter_site")


@pytest.fixture
def ask(tmp_path, prompts_suite):
    """Makes a request for two cases and two seeds with one generator."""
    suite = prompts_suite("a square moves", "a square moves to the right")

    def make(out="videos", **changes):
        values = {"suite": suite, "generators": ("painter",), "out": tmp_path / out, "seeds": (0, 1)}
        return GenerateRequest(**values | changes)

    return make


def rows(folder):
    return read_manifest(folder / MANIFEST)


def untimed(folder):
    """What is the same whenever and in whatever order the videos are made."""
    timed = {"first_chunk_s": 0.0, "chunk_s": (), "model_s": 0.0, "decode_s": 0.0, "total_s": 0.0}
    return {file: dataclasses.replace(row, **timed) for file, row in rows(folder).items()}


def frames_of(path):
    with open_video(path) as reader:
        return np.concatenate([frames.rgb for frames in reader.chunks(Sampling())])


def test_each_video_has_a_row_that_says_how_it_was_made(ask, tmp_path):
    summary = generate(ask())
    assert (summary.n_made, summary.n_kept, summary.failed) == (4, 0, {})
    found = rows(tmp_path / "videos")
    assert list(found) == [f"painter/c{case}-{seed}.mp4" for case in (0, 1) for seed in (0, 1)]
    row = found["painter/c1-1.mp4"]
    assert (row.generator, row.suite, row.case, row.seed) == ("painter", "asks", "c1", 1)
    assert told_prompt(row) == "a square moves to the right"
    assert (row.n_frames, row.n_given, row.trained_frames, row.fps) == (7, 0, 7, 8.0)
    assert (row.width_px, row.height_px, row.device, row.dtype) == (48, 32, "cpu", "uint8")
    assert (row.licence, row.model_s, row.decode_s, len(row.chunk_s)) == ("CC0-1.0", 0.75, 0.375, 3)
    assert 0 < row.first_chunk_s <= row.total_s
    assert sum(row.chunk_s) <= row.total_s
    assert {"python", "lawful", "numpy", "av"} <= set(row.versions)
    assert frames_of(tmp_path / "videos" / row.file).shape == (7, 32, 48, 3)


def test_the_order_of_generators_seeds_and_cases_changes_no_video(ask, tmp_path):
    generate(ask("one", generators=("painter", "echo:b"), seeds=(0, 1, 2)))
    generate(ask("two", generators=("echo:b", "painter"), seeds=(2, 0, 1)))
    for cases in (("c1",), ("c0",)):
        for seed in (1, 0, 2):
            generate(ask("three", generators=("painter", "echo:b"), seeds=(seed,), cases=cases))
    one = untimed(tmp_path / "one")
    assert len(one) == 12
    assert one == untimed(tmp_path / "two") == untimed(tmp_path / "three")


def test_what_is_there_is_kept_and_more_may_be_added(ask, tmp_path):
    generate(ask(seeds=(0,)))
    before = (tmp_path / "videos" / MANIFEST).read_bytes()
    heard = []
    summary = generate(ask(seeds=(0, 1), generators=("painter", "mute"), n_frames=7), heard.append)
    assert (summary.n_made, summary.n_kept) == (6, 2)
    assert (tmp_path / "videos" / MANIFEST).read_bytes().startswith(before)
    (started,) = (event for event in heard if isinstance(event, Started))
    assert (started.n_videos, started.n_frames) == (8, 6 * 7)
    assert sum(isinstance(event, VideoDone) and event.source == "kept" for event in heard) == 2
    assert sum(event.n_frames for event in heard if isinstance(event, ChunkMade)) == 6 * 7


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_frames": 5}, "its number of frames was 7 and is now 5"),
        ({"fps": 4.0}, "its frames a second was 8.0 and is now 4.0"),
        ({"width_px": 64}, "its width was 48 and is now 64"),
        ({"config": {"painter": {"tint": 1}}}, "'painter' has other weights, settings or code than it had"),
        ({"width_px": 48}, "another part of the request differs"),
    ],
)
def test_the_same_video_made_in_another_way_is_refused(ask, tmp_path, changes, message):
    generate(ask())
    before = untimed(tmp_path / "videos")
    with pytest.raises(
        LawfulError, match=rf"holds painter/c0-0\.mp4 made in another way: .*{re.escape(message)}"
    ):
        generate(ask(**changes))
    with pytest.raises(LawfulError, match="made in another way"):
        forecast(ask(**changes))
    assert untimed(tmp_path / "videos") == before


def test_another_prompt_of_the_same_case_is_refused(ask, prompts_suite):
    generate(ask())
    prompts_suite("a ball moves", "a square moves to the right")
    with pytest.raises(LawfulError, match="its prompt was 'a square moves' and is now 'a ball moves'"):
        generate(ask())


def test_a_video_that_is_gone_or_changed_is_made_again(ask, tmp_path):
    generate(ask())
    whole, folder = untimed(tmp_path / "videos"), tmp_path / "videos"
    (folder / "painter/c0-0.mp4").unlink()
    (folder / "painter/c1-0.mp4").write_bytes(b"")
    heard = []
    summary = generate(ask(), heard.append)
    assert (summary.n_made, summary.n_kept) == (2, 2)
    assert untimed(folder) == whole
    told = [event.text for event in heard if isinstance(event, Remarked) and "licence" not in event.text]
    assert told == ["2 videos that are in manifest.jsonl are gone or were changed, and are made again"]


@pytest.mark.parametrize("moment", ["while a video is made", "before its row", "in its row"])
def test_what_ends_the_process_costs_one_video_at_most(ask, tmp_path, monkeypatch, moment):
    generate(ask("whole"))
    n_done = 0

    def stop(event):
        nonlocal n_done
        n_done += isinstance(event, VideoDone)
        if moment == "while a video is made" and n_done == 2 and isinstance(event, ChunkMade):
            raise KeyboardInterrupt

    appended = produce.append_record

    def torn(path, record):
        if n_done == 2 and moment != "while a video is made":
            if moment == "in its row":
                line = path.read_bytes().splitlines()[0]
                path.write_bytes(path.read_bytes() + line[:100])
            raise KeyboardInterrupt
        appended(path, record)

    monkeypatch.setattr(produce, "append_record", torn)
    with pytest.raises(KeyboardInterrupt):
        generate(ask(), stop)
    monkeypatch.setattr(produce, "append_record", appended)
    folder = tmp_path / "videos"
    assert len(rows(folder)) == 2
    files = [path for path in folder.rglob("*") if path.suffix == ".mp4"]
    assert len(files) == (2 if moment == "while a video is made" else 3)
    left = folder / "painter" / ".c1-0.abcdefgh.mp4"  # what a kill -9 leaves
    left.write_bytes(b"half")
    summary = generate(ask())
    assert (summary.n_made, summary.n_kept) == (2, 2)
    assert untimed(folder) == untimed(tmp_path / "whole")
    assert not left.exists()


def test_a_generator_that_fails_at_one_video_goes_on_with_the_others(ask, prompts_suite, tmp_path):
    suite = prompts_suite("a square", "it fails here", "a circle")
    summary = generate(ask(suite=suite, seeds=(0,)))
    assert summary.n_made == 2
    assert summary.failed == {
        "painter/c1-0.mp4": "generator 'painter' failed: ZeroDivisionError: no good\nat all"
    }
    assert [row.case for row in rows(tmp_path / "videos").values()] == ["c0", "c2"]
    assert not (tmp_path / "videos" / "painter" / "c1-0.mp4").exists()
    assert len(generate(ask(suite=suite, seeds=(0,))).failed) == 1


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("a short one", "6 of 7 frames were made without a gap"),
        ("a backwards short one", "0 of 7 frames were made without a gap"),
        ("frames twice", "frame 0 comes twice or is none of the 7 that were asked for"),
        ("an empty chunk", "chunk 0 has no frames"),
    ],
)
def test_what_is_no_video_is_the_generators_error(ask, prompts_suite, tmp_path, prompt, message):
    summary = generate(ask(suite=prompts_suite(prompt), seeds=(0,)))
    assert summary.failed == {"painter/c0-0.mp4": f"generator 'painter' is unsound: {message}"}
    assert not list((tmp_path / "videos").rglob("*.mp4"))


def test_frames_of_another_size_than_asked_are_the_generators_error(ask, prompts_suite):
    summary = generate(ask(suite=prompts_suite("narrow"), seeds=(0,), width_px=64, height_px=32))
    assert (
        "its frames are 62x32 px and not of the size that was asked for" in summary.failed["painter/c0-0.mp4"]
    )


def test_chunks_may_come_backwards_and_as_drafts(ask, prompts_suite, tmp_path):
    prompts = ("a square moves", "backwards", "a draft.")
    generate(ask(suite=prompts_suite(*prompts), seeds=(0,)))
    for number in (1, 2):
        words = "x" * len(prompts[number])
        generate(ask(f"plain{number}", suite=prompts_suite(words, name=f"p{number}"), seeds=(0,)))
        made = frames_of(tmp_path / "videos" / f"painter/c{number}-0.mp4")
        assert np.array_equal(made, frames_of(tmp_path / f"plain{number}" / "painter/c0-0.mp4"))


def test_first_frames_go_to_the_generators_that_take_them(ask, prompts_suite, tmp_path):
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, 32:] = (200, 100, 50)
    Image.fromarray(picture).save(tmp_path / "start.png")
    suite = prompts_suite("a square", "a circle", c1="start.png")
    heard = []
    generate(ask(suite=suite, generators=("painter", "mute"), seeds=(0,), n_frames=6), heard.append)
    found = rows(tmp_path / "videos")
    assert {file: row.n_given for file, row in found.items()} == {
        "painter/c0-0.mp4": 0, "painter/c1-0.mp4": 1, "mute/c0-0.mp4": 0, "mute/c1-0.mp4": 0,
    }  # fmt: skip
    assert found["painter/c1-0.mp4"].model_s == 0.5
    first = frames_of(tmp_path / "videos" / "painter/c1-0.mp4")[0].astype(int)
    assert np.abs(first[:, :20]).max() < 20
    assert np.abs(first[:, 28:] - (200, 100, 50)).max() < 20
    told = [event.text for event in heard if isinstance(event, Remarked) and "licence" not in event.text]
    assert "mute takes no first frame: 1 cases with one are made from their prompts alone" in told
    Image.fromarray(picture[::-1, ::-1]).save(tmp_path / "start.png")
    with pytest.raises(LawfulError, match=r"painter/c1-0\.mp4 made in another way: its first frame"):
        generate(ask(suite=suite, seeds=(0,), n_frames=6))


def test_a_first_frame_that_cannot_be_read_is_told_before_anything_is_made(ask, prompts_suite, tmp_path):
    (tmp_path / "start.png").write_bytes(b"no picture")
    suite = prompts_suite("a square", "a circle", c1="start.png")
    with pytest.raises(InputError, match=r"start\.png: the picture cannot be read: "):
        generate(ask(suite=suite))
    assert not (tmp_path / "videos").exists()
    generate(ask(suite=suite, generators=("mute",)))


def test_the_licence_of_weights_is_told_before_they_are_used(ask):
    heard = []
    generate(ask(generators=("painter", "mute"), seeds=(0,)), heard.append)
    told = [event.text for event in heard[: heard.index(next(e for e in heard if isinstance(e, Started)))]]
    assert told[0] == "painter: licence of its weights: CC0-1.0"
    assert "mute: licence of its weights: CC0-1.0" in told


def test_prompts_are_made_ready_at_once_before_the_first_video(ask, monkeypatch):
    import painter

    ready = []
    monkeypatch.setattr(
        painter.Painter, "prepare", lambda self, prompts: ready.append(list(prompts)), raising=False
    )
    generate(ask(seeds=(0, 1)))
    assert ready == [["a square moves", "a square moves to the right"]]
    generate(ask(seeds=(0, 1)))
    assert len(ready) == 1


def test_videos_of_different_lengths_are_remarked_on(ask):
    heard = []
    generate(ask(generators=("painter", "mute"), seeds=(0,)), heard.append)
    told = [event.text for event in heard if isinstance(event, Remarked) and "licence" not in event.text]
    assert told == [
        "videos differ in length: painter 0.88 s, mute 2.00 s. More can go wrong in a longer video: "
        "use --duration to compare"
    ]
    heard.clear()
    generate(ask("even", generators=("painter", "mute"), seeds=(0,), duration_s=1.0), heard.append)
    told = [event.text for event in heard if isinstance(event, Remarked) and "licence" not in event.text]
    assert told == ["painter was trained on at most 7 frames and is asked for 8"]
    assert {row.n_frames / row.fps for row in rows(Path(ask("even").out)).values()} == {1.0}


def test_a_generator_that_does_not_say_where_it_runs_is_not_guessed_at(ask, monkeypatch, tmp_path):
    import painter

    @dataclasses.dataclass(frozen=True)
    class Plain:
        inner: painter.Painter
        name: str = "plain"

        @property
        def capabilities(self):
            return self.inner.capabilities

        def identity(self):
            return {}

        def rollout(self, request):
            return self.inner.rollout(request)

    painter.register("generator", "plain", "for tests")(lambda argument, config: Plain(painter.made("x", {})))
    generate(ask(generators=("plain",), seeds=(0,)))
    row = rows(tmp_path / "videos")["plain/c0-0.mp4"]
    assert (row.device, row.dtype) == (NOT_STATED, NOT_STATED) == ("not stated", "not stated")
    assert forecast(ask("other", generators=("plain",))).lines[0].memory_bytes is None


def test_device_and_dtype_are_settings_of_the_generator(ask, tmp_path):
    generate(ask(device="cuda:1", dtype="bfloat16", seeds=(0,)))
    row = rows(tmp_path / "videos")["painter/c0-0.mp4"]
    assert (row.device, row.dtype) == ("cuda:1", "bfloat16")


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"generators": ("nobody",)}, AbsentError, "no generator is called 'nobody'. Known: "),
        ({"suite": "nothing"}, AbsentError, "no suite is called 'nothing'. Known: "),
        ({"suite": "physics"}, InputError, "suite 'physics' has questions for any video and no cases"),
        ({"cases": ("c0", "d*")}, AbsentError, "suite 'asks' has no case 'd*'. Its cases: c0, c1"),
        (
            {"generators": ("blind",)},
            LawfulError,
            "blind: 2 of 2 cases of suite 'asks' cannot be made:\n  c0, c1: blind: the request uses text; this "
            "generator follows none and makes",
        ),
        ({"generators": ("mute",), "fps": 12.0}, LawfulError, "mute: the request uses fps; this generator"),
        ({"generators": ("mute",), "n_frames": 9}, LawfulError, "at most 8 can be made; ask for 8"),
        ({"config": {"painter": {"hue": 1}}}, InputError, "ValueError: unknown setting 'hue'"),
        ({"generators": ("unsound",)}, LawfulError, "made a str, which is no generator"),
        (
            {"generators": ("misnamed",)},
            LawfulError,
            "calls itself 'other'. A generator's name is what users type",
        ),
        ({"generators": ("broken",)}, LawfulError, "failed when it was made: RuntimeError: out of order"),
    ],
)
def test_what_cannot_be_made_is_told_before_anything_is(ask, tmp_path, changes, error, message):
    for work in (generate, forecast):
        with pytest.raises(error, match=re.escape(message)):
            work(ask(**changes))
    assert not (tmp_path / "videos").exists()


def test_something_that_is_absent_stops_all(ask, prompts_suite):
    with pytest.raises(AbsentError, match="the weights of painter are not here: fetch them"):
        generate(ask(suite=prompts_suite("absent", "a square")))


def test_a_folder_of_something_else_and_one_in_use_are_refused(ask, tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "mine.mp4").touch()
    with pytest.raises(LawfulError, match=r"holds other files \('mine\.mp4' \.\.\.\) and no manifest\.jsonl"):
        generate(ask())
    (tmp_path / "file").touch()
    with pytest.raises(LawfulError, match="file: is a file, not a folder"):
        generate(ask("file"))
    with folder_lock(tmp_path / "used"), pytest.raises(LawfulError, match="in use by another process"):
        generate(ask("used"))


def test_cases_bring_their_own_seeds(ask, tmp_path):
    kitchen = Path(__file__).parents[3] / "docs" / "examples" / "kitchen.json"
    generate(ask(suite=str(kitchen), seeds=None))
    assert list(rows(tmp_path / "videos")) == [f"painter/cup-{seed}.mp4" for seed in (0, 1, 2)]


def test_names_that_files_cannot_have_stay_apart_whatever_is_asked_for(ask, tmp_path):
    path = Path(ask().suite)
    document = json.loads(path.read_text())
    ids = ["x y", "x:y", "x_y", "A", "a", "group/x y"]
    document["cases"] = [{"id": name, "prompt": f"prompt {number}"} for number, name in enumerate(ids)]
    path.write_text(json.dumps(document))
    generate(ask("all", seeds=(0,)))
    found = {row.case: row.file for row in rows(tmp_path / "all").values()}
    for name in ("x y", "x:y", "x_y"):
        assert re.fullmatch(r"painter/x_y-[0-9a-f]{8}-0\.mp4", found[name])
    assert re.fullmatch(r"painter/group/x_y-[0-9a-f]{8}-0\.mp4", found["group/x y"])
    assert len({file.casefold() for file in found.values()}) == len(ids)
    for name in ids:
        generate(ask("each", seeds=(0,), cases=(name,)))
    assert {row.case: row.file for row in rows(tmp_path / "each").values()} == found


def test_a_forecast_writes_nothing_and_tells_what_is_left(ask, tmp_path):
    found = forecast(ask(generators=("painter", "mute"), n_frames=8))
    assert not (tmp_path / "videos").exists()
    assert len(found.files) == 8
    one, other = found.lines
    assert (one.generator, one.n_videos, one.n_kept, one.n_frames, one.memory_bytes) == (
        "painter",
        4,
        0,
        8,
        2**31,
    )
    assert (other.generator, other.width_px, other.height_px, other.fps) == ("mute", 48, 32, 4.0)
    generate(ask(seeds=(0,)))
    found = forecast(ask())
    assert found.files == ("painter/c0-1.mp4", "painter/c1-1.mp4")
    assert found.lines[0].n_kept == 2


def test_chunks_lie_in_files_of_their_own_until_the_video_is_whole(ask, tmp_path):
    pieces = []

    def look(event):
        if isinstance(event, ChunkMade):
            assert event.piece is not None
            pieces.append(len(frames_of(event.piece)))

    generate(ask(keep_chunks=True, seeds=(0,), cases=("c0",)), look)
    assert pieces == [3, 3, 1]
    assert not list((tmp_path / "videos").rglob(".chunks"))
    assert untimed(tmp_path / "videos").keys() == {"painter/c0-0.mp4"}


def test_a_full_disk_stops_with_an_error_and_leaves_no_half_video(ask, tmp_path, monkeypatch):
    from lawful.video.write import VideoWriter

    generate(ask("whole"))
    n_left = 2

    def close(self):
        nonlocal n_left
        n_left -= 1
        if n_left < 0:
            import av

            raise av.error.OSError(28, "No space left on device")
        whole(self)

    whole = VideoWriter._finish
    monkeypatch.setattr(VideoWriter, "_finish", close)
    with pytest.raises(LawfulError, match=r"c1-0\.mp4: cannot be written: No space left on device"):
        generate(ask())
    monkeypatch.undo()
    assert len(rows(tmp_path / "videos")) == 2
    assert len(list((tmp_path / "videos").rglob("*.mp4"))) == 2
