import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lawful.core.errors import InputError
from lawful.video.collect import NO_RATE, Collection, collect, printable


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def still(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(path)


def names(found: Collection) -> list[str]:
    return [clip.name for clip in found.inputs]


def reasons(found: Collection) -> dict[str, str]:
    return {item.path.name: item.why for item in found.skipped}


def test_a_folder_is_walked_in_order_and_the_rest_is_counted(tmp_path):
    touch(
        *(
            tmp_path / name
            for name in ("b.mp4", "a.MOV", "notes.txt", ".hidden.mp4", "wan/b.mp4", "wan/x/c.gif")
        )
    )
    touch(tmp_path / ".git" / "a.mp4")
    found = collect([tmp_path])
    assert names(found) == ["a.MOV", "b.mp4", "wan/b.mp4", "wan/x/c.gif"]
    assert [clip.folder for clip in found.inputs] == [None, None, "wan", "wan"]
    assert all(clip.path.is_absolute() and clip.error is None for clip in found.inputs)
    assert reasons(found) == {
        "notes.txt": "not a video by its ending",
        ".hidden.mp4": "hidden",
        ".git": "hidden",
    }


def test_a_named_file_is_always_tried(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    touch(Path("clips/strange.dat"), Path("clips/.hidden.mp4"))
    found = collect([Path("clips/strange.dat"), Path("clips/.hidden.mp4")])
    assert names(found) == ["clips/strange.dat", "clips/.hidden.mp4"]
    assert found.inputs[0].path == tmp_path / "clips/strange.dat"


def test_a_path_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"absent\.mp4: no such file or folder"):
        collect([tmp_path / "absent.mp4"])


def test_a_folder_of_numbered_images_is_one_clip(tmp_path):
    still(
        *(tmp_path / "wan" / "clip" / f"f_{k:03d}.png" for k in (1, 2, 4)),
        tmp_path / "wan" / "clip" / "thumb.png",
    )
    touch(tmp_path / "wan" / "clip" / "meta.json")
    found = collect([tmp_path], image_fps=8.0)
    (clip,) = found.inputs
    assert (clip.name, clip.folder, clip.image_fps, clip.error) == ("wan/clip", "wan", 8.0, None)
    assert reasons(found) == {
        "thumb.png": "an image that is not one of the folder's numbered images",
        "meta.json": "not a video by its ending",
    }
    (clip,) = collect([tmp_path]).inputs
    assert clip.error == NO_RATE
    assert "give --image-fps" in clip.error
    assert names(collect([tmp_path / "wan" / "clip"], image_fps=8.0)) == ["clip"]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (["1.png"], "it holds a single numbered image"),
        (["a.png", "b.png"], "it holds no numbered images"),
        (
            ["l_1.png", "r_1.png"],
            r"its numbered images have more than one prefix or ending (l_*.png, r_*.png)",
        ),
        (["1.png", "2.jpg"], "its numbered images have more than one prefix or ending (*.jpg, *.png)"),
        (["1.png", "01.png"], "01.png and 1.png have the same number"),
    ],
)
def test_other_images_are_no_clip(files, why, tmp_path):
    still(*(tmp_path / name for name in files))
    found = collect([tmp_path], image_fps=8.0)
    assert found.inputs == ()
    assert set(reasons(found).values()) == {f"an image, and no clip: {why}"}


def test_images_beside_videos_are_no_clip(tmp_path):
    still(tmp_path / "1.png", tmp_path / "2.png")
    touch(tmp_path / "a.mp4")
    found = collect([tmp_path], image_fps=8.0)
    assert names(found) == ["a.mp4"]
    assert reasons(found)["1.png"] == "an image, and no clip: the folder holds videos too"


def test_webp_is_told_by_its_header(tmp_path, make_frames, save_webp):
    save_webp(tmp_path / "moving.webp", make_frames(3))
    still(tmp_path / "still.webp")
    found = collect([tmp_path])
    assert names(found) == ["moving.webp"]
    assert reasons(found) == {"still.webp": "an image, and no clip: the folder holds videos too"}


def test_same_names_and_same_bytes_in_two_folders_are_two_inputs(tmp_path):
    touch(tmp_path / "a" / "clip.mp4", tmp_path / "b" / "clip.mp4")
    assert names(collect([tmp_path])) == ["a/clip.mp4", "b/clip.mp4"]
    found = collect([tmp_path / "a", tmp_path / "b"])
    assert names(found) == [str(tmp_path / "a" / "clip.mp4"), str(tmp_path / "b" / "clip.mp4")]


def test_the_same_file_given_twice_is_one_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    touch(tmp_path / "a" / "x.mp4", tmp_path / "a" / "b" / "y.mp4")
    assert len(collect([Path("a"), tmp_path / "a", Path("a/x.mp4"), Path("a/../a/b")]).inputs) == 2
    assert len(collect([Path("a/b"), Path("a")]).inputs) == 2
    assert collect([Path("a/b"), Path("a")]).skipped == ()


def test_linked_files_are_inputs_and_broken_links_are_errors(tmp_path):
    touch(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").symlink_to(tmp_path / "a.mp4")
    (tmp_path / "c.mp4").symlink_to(tmp_path / "gone.mp4")
    (tmp_path / "d.mp4").symlink_to(tmp_path / "d.mp4")
    (tmp_path / "e.txt").symlink_to(tmp_path / "gone.txt")
    found = collect([tmp_path])
    assert [(clip.name, clip.error) for clip in found.inputs] == [
        ("a.mp4", None),
        ("b.mp4", None),
        ("c.mp4", "a broken link"),
        ("d.mp4", "a broken link"),
    ]
    assert reasons(found) == {"e.txt": "not a video by its ending"}
    assert collect([tmp_path / "c.mp4"]).inputs[0].error == "a broken link"


def test_linked_folders_are_walked_once_and_cycles_are_cut(tmp_path):
    touch(tmp_path / "root" / "a" / "x.mp4", tmp_path / "outside" / "y.mp4")
    (tmp_path / "root" / "a" / "up").symlink_to(tmp_path / "root")
    (tmp_path / "root" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "root" / "again").symlink_to(tmp_path / "outside")
    found = collect([tmp_path / "root"])
    assert names(found) == ["a/x.mp4", "again/y.mp4"]
    assert reasons(found) == dict.fromkeys(("up", "link"), "a link to a folder that was walked already")


def test_what_cannot_be_read_is_an_input_with_an_error(tmp_path, monkeypatch):
    touch(tmp_path / "a.mp4", tmp_path / "closed" / "b.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    scandir = os.scandir

    def guarded(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "a.mp4")
    found = collect([tmp_path])
    assert {clip.name: clip.error for clip in found.inputs} == {
        "a.mp4": "permission denied",
        "pipe.mp4": "not a regular file",
        "closed": "Permission denied",
    }


def test_a_pipe_called_webp_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.webp")
    (clip,) = collect([tmp_path]).inputs
    assert (clip.name, clip.error) == ("pipe.webp", "not a regular file")


def test_a_folder_that_can_be_listed_and_not_entered_stops_nothing(tmp_path, monkeypatch):
    touch(tmp_path / "a.mp4", tmp_path / "listed" / "b.mp4", tmp_path / "listed" / "sub" / "c.mp4")
    (tmp_path / "listed" / "link.mp4").symlink_to(tmp_path / "a.mp4")
    (tmp_path / "listed" / "still.webp").symlink_to(tmp_path / "a.mp4")
    stat = os.stat

    def guarded(path, **options):
        if not isinstance(path, int) and Path(path).parent.name == "listed":
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **options)

    monkeypatch.setattr(os, "stat", guarded)
    found = collect([tmp_path])
    assert {clip.name: clip.error for clip in found.inputs} == {
        "a.mp4": None,
        "listed/b.mp4": "Permission denied",
        "listed/link.mp4": "Permission denied",
        "listed/still.webp": "Permission denied",
        "listed/sub": "Permission denied",
    }


def test_names_fit_on_a_line(tmp_path):
    touch(tmp_path / "a\nb.mp4", tmp_path / "ü 日本.mp4")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.mp4")).write_bytes(b"x")
    found = collect([tmp_path])
    assert names(found) == ["a\\nb.mp4", "bad\\udcff.mp4", "ü 日本.mp4"]
    assert [clip.error for clip in found.inputs] == [None, "its name is not valid UTF-8: rename it", None]
    assert printable("plain") == "plain"


@pytest.mark.long
def test_deep_folders_are_walked(tmp_path):
    folders = [tmp_path]
    for _ in range(1100):
        folders.append(folders[-1] / "d")
        folders[-1].mkdir()
    touch(folders[-1] / "a.mp4")
    assert len(collect([tmp_path]).inputs) == 1
    (folders[-1] / "a.mp4").unlink()
    for folder in reversed(folders[1:]):  # pytest's own cleaning recurses
        folder.rmdir()


def test_an_empty_folder_is_an_empty_collection(tmp_path):
    assert collect([tmp_path]) == Collection((), ())


@pytest.mark.long
def test_many_files_take_little_time(tmp_path):
    for k in range(2000):
        (tmp_path / f"{k:04d}.mp4").write_bytes(b"x")
    start = time.monotonic()
    assert len(collect([tmp_path]).inputs) == 2000
    assert time.monotonic() - start < 5
