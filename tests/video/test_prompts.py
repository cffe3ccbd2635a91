import re
from pathlib import Path

import pytest

from lawful.core.errors import InputError
from lawful.video.collect import ClipInput
from lawful.video.prompts import match, read_prompts


def table(folder: Path, text: str | bytes):
    path = folder / "prompts.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_prompts(path)


def clip(path: Path, name: str | None = None) -> ClipInput:
    return ClipInput(path, name or path.name)


def test_all_columns_are_read(tmp_path):
    got = table(
        tmp_path,
        "seed,file,prompt,case,generator,note,fps\n"
        '7,a.mp4,"A ball, red, falls",ball,wan,x,8\n\n,b.mp4,"two\nlines",,,,\n-3,"c d.mp4",ü,,,,\n',
    )
    assert got.ignored_columns == ("note", "fps")
    first, second, third = got.rows
    assert (first.file, first.prompt, first.case, first.generator, first.seed) == (
        "a.mp4", "A ball, red, falls", "ball", "wan", 7,
    )  # fmt: skip
    assert (second.prompt, second.case, second.generator, second.seed) == ("two\nlines", None, None, None)
    assert (third.file, third.prompt, third.seed) == ("c d.mp4", "ü", -3)
    assert (first.line, second.line, third.line) == (2, 5, 6)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    assert table(tmp_path, b"\xef\xbb\xbffile,prompt\r\na.mp4,x\r\n").rows[0].file == "a.mp4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty; its first line must be file,prompt"),
        (
            "file,text\na,b\n",
            "the column 'prompt' is missing; found file, text. The first line must name file, prompt",
        ),
        ("prompt\na\n", "the column 'file' is missing"),
        ("file,prompt,file\na,b,c\n", "the column 'file' stands there twice"),
        ("file,prompt\na.mp4,x\na.mp4,y\n", "line 3: 'a.mp4' was named already in line 2"),
        ("file,prompt\n ,x\n", "line 2: the cell 'file' is empty"),
        ("file,prompt,seed\na,x,1.5\n", "line 2: the seed must be a whole number, got '1.5'"),
        ("file,prompt,seed\na,x,1_0\n", "line 2: the seed must be a whole number, got '1_0'"),
        (
            "file,prompt,seed\na,x,99999999999999999999\n",
            "line 2: the seed must lie between -2^63 and 2^63 - 1",
        ),
        ("file,prompt\na,x,y\n", "line 2: 3 cells where the header has 2. Quote cells that hold a comma."),
        ("file,prompt\na\n", "line 2: 1 cells where the header has 2"),
        ('file,prompt\na,"x\nb,y\n', "line 3: not valid CSV: unexpected end of data"),
        ('file,prompt\na,"x"y\n', "line 2: not valid CSV"),
        ("file,prompt\na,x\0y\n", "line 2: "),
        (b"file,prompt\na,\xff\xfe\n", "not UTF-8 (byte 0xff at 14). Save it as UTF-8."),
        ("file,prompt\na," + "x" * 200_000, "line 2: not valid CSV: field larger than field limit"),
    ],
)
def test_errors_give_file_and_line(text, message, tmp_path):
    with pytest.raises(InputError, match=f"{re.escape(str(tmp_path))}/prompts.csv[:,] ?{re.escape(message)}"):
        table(tmp_path, text)


def test_an_absent_file_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"prompts.csv: cannot be read: No such file or directory"):
        read_prompts(tmp_path / "prompts.csv")


def test_rows_find_clips_by_path_name_and_base_name(tmp_path):
    inputs = [
        clip(tmp_path / "wan" / "a.mp4", "wan/a.mp4"),
        clip(tmp_path / "ltx" / "a.mp4", "ltx/a.mp4"),
        clip(tmp_path / "wan" / "b.mp4", "shown.mp4"),
        clip(tmp_path / "wan" / "c.mp4", "wan/c.mp4"),
        clip(tmp_path / "wan" / "d.mp4", "wan/d.mp4"),
    ]
    got = match(
        table(
            tmp_path,
            f"file,prompt\nwan/a.mp4,1\n{tmp_path}/ltx/a.mp4,2\nshown.mp4,3\nc.mp4,4\ngone.mp4,5\n/x/d.mp4,6\n",
        ),
        inputs,
    )
    assert {path.relative_to(tmp_path).as_posix(): row.prompt for path, row in got.rows.items()} == {
        "wan/a.mp4": "1", "ltx/a.mp4": "2", "wan/b.mp4": "3", "wan/c.mp4": "4",
    }  # fmt: skip
    assert [found.name for found in got.inputs_without_row] == ["wan/d.mp4"]
    assert [row.file for row in got.rows_without_input] == ["gone.mp4", "/x/d.mp4"]


def test_links_in_a_circle_name_no_clip(tmp_path):
    (tmp_path / "round").symlink_to("round")
    got = match(table(tmp_path, "file,prompt\nround/a.mp4,1\n"), [clip(tmp_path / "x" / "a.mp4")])
    assert [row.file for row in got.rows_without_input] == ["round/a.mp4"]


def test_columns_without_a_name_are_ignored_and_told(tmp_path):
    assert table(tmp_path, "file,prompt,,\na.mp4,x,,\n").ignored_columns == ("(no name)", "(no name)")


def test_a_row_that_fits_two_clips_is_an_error(tmp_path):
    inputs = [
        clip(tmp_path / "x" / "wan" / "a.mp4", "wan/a.mp4"),
        clip(tmp_path / "x" / "ltx" / "a.mp4", "ltx/a.mp4"),
    ]
    rows = table(tmp_path, "file,prompt\na.mp4,1\n")
    with pytest.raises(
        InputError, match=r"line 2: 'a.mp4' fits 2 videos, wan/a.mp4 and ltx/a.mp4. Write more"
    ):
        match(rows, inputs)


def test_two_rows_for_one_clip_are_an_error(tmp_path):
    rows = table(tmp_path, "file,prompt\na.mp4,1\n./a.mp4,2\n")
    with pytest.raises(InputError, match=r"lines 2 and 3 name the same video, a.mp4"):
        match(rows, [clip(tmp_path / "a.mp4")])
