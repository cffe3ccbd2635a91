import json
import random
import sys
from pathlib import Path

import pytest

from lawful.core.errors import AbsentError, InputError
from lawful.reports.ratings.cells import Rules
from lawful.reports.ratings.check import check_ratings
from lawful.reports.ratings.columns import Columns, pairs, read_mapping
from lawful.reports.ratings.read import read_ratings
from lawful.reports.ratings.record import Pair, RatingTable, Scale, parse_scale
from lawful.reports.ratings.videos import KnownVideos, known_videos

FIVE = Rules(scales={"": Scale(1, 5)})


def _read(folder: Path, text: str, name: str = "r.csv", **how: object) -> RatingTable:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_ratings([path], **how)  # type: ignore[arg-type]


def _kinds(table: RatingTable) -> list[tuple[str, str, str]]:
    return [(problem.kind, problem.row, problem.text) for problem in table.problems]


def test_a_long_file(tmp_path: Path) -> None:
    text = (
        "video,annotator,axis,score,seconds,time,generator,case,prompt,cannot_judge\n"
        "a.mp4,ann,gravity,4,3.5,2025-01-02T03:04:05Z,alpha,c1,A ball falls,\n"
        "b.mp4,ann,gravity,,,,alpha,c2,,yes\n"
    )
    columns = Columns(map={"rater": "annotator", "value": "score"})
    table = _read(tmp_path, text, columns=columns, rules=FIVE)
    first, second = table.ratings
    assert (first.item, first.rater, first.axis, first.value) == ("a.mp4", "ann", "gravity", 4.0)
    assert (first.seconds, first.time, first.scale) == (3.5, "2025-01-02T03:04:05+00:00", Scale(1, 5))
    assert (first.generator, first.case, first.prompt) == ("alpha", "c1", "A ball falls")
    assert (second.cannot_judge, second.value, second.seconds) == (True, None, None)
    assert table.problems == ()


def test_the_same_ratings_long_wide_as_json_lines_and_as_parquet(tmp_path: Path) -> None:
    rows = [("a", "ann", 4, 2), ("a", "ben", 5, 1), ("b", "ann", 1, 3)]
    wide = "video,rater,x,y\n" + "".join(f"{v},{r},{x},{y}\n" for v, r, x, y in rows)
    long = "video,rater,axis,value\n" + "".join(f"{v},{r},x,{x}\n{v},{r},y,{y}\n" for v, r, x, y in rows)
    lines = [
        {"video": v, "rater": r, "axis": axis, "value": value}
        for v, r, x, y in rows
        for axis, value in (("x", x), ("y", y))
    ]
    tables = [
        _read(tmp_path, wide, columns=Columns(wide="axis")),
        _read(tmp_path, long),
        _read(tmp_path, long.replace(",", "\t"), "r.tsv"),
        _read(tmp_path, "\n".join(map(json.dumps, lines)), "r.jsonl"),
    ]
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.Table.from_pylist(lines), tmp_path / "r.parquet")
    tables.append(read_ratings([tmp_path / "r.parquet"]))
    shown = [[(r.item, r.rater, r.axis, r.value) for r in table.ratings] for table in tables]
    assert len(shown[0]) == 6
    assert all(found == shown[0] for found in shown)
    assert all(table.problems == () for table in tables)


def test_one_column_a_rater_and_pairs(tmp_path: Path) -> None:
    text = "left,right,ann,ben\na,b,left,[[A>B]]\nb,a,right,bothbad_vote\nc,d,,better\n"
    table = _read(tmp_path, text, columns=Columns(wide="rater", axis="preference"))
    assert [(r.item, r.pair, r.rater, r.choice, r.code) for r in table.ratings] == [
        ("a | b", Pair("a", "b"), "ann", "left", -1.0)
    ]
    # Ann saw one pair twice, the other way round, and answered the same; ben changed his mind.
    assert [kind for kind, _, _ in _kinds(table)] == [
        "bad_choice",
        "duplicate",
        "contradiction",
        "contradiction",
    ]
    assert table.notes == (("empty cells in the column ann", 1),)
    assert _kinds(table)[0][1:] == ("row 4, ben", '"better" is none of left, right, tie, both_bad')


BAD_ROWS = [
    ("a,,x,3,", "missing_cell", "no rater is named"),
    (",ann,x,3,", "missing_cell", "no video is named, nor a generator and a case"),
    ("a,ann,x,,", "missing_cell", "no answer on x"),
    ("a,ann,x", "missing_cell", "no answer on x"),
    ("a,ann,x,three,", "bad_number", 'x: a number is wanted, found "three"'),
    ("a,ann,x,nan,", "bad_number", 'x: a number is wanted, found "nan"'),
    ("a,ann,x,1e999,", "bad_number", 'x: a number is wanted, found "1e999"'),
    ("a,ann,x,3,-1", "bad_number", 'seconds: a number from 0 is wanted, found "-1"'),
    ("a,ann,x,6,", "off_scale", "x: 6 is not on the scale 1-5"),
    ("a,ann,x,3,,maybe", "bad_value", 'cannot_judge: yes or no is wanted, found "maybe"'),
    ("a,ann,x,3,,,noon", "bad_value", 'time: ISO 8601 is wanted, found "noon"'),
    ("a\x07,ann,x,3,", "bad_value", 'video: holds what cannot be printed: "a\\u0007"'),
    ("a,ann,x,3,,,,,l,", "missing_cell", "the right video of the pair is not named"),
    ("a,ann,x,3,,,,,,r", "missing_cell", "the left video of the pair is not named"),
    ("a,ann,x,3,,,,,l,r", "bad_choice", '"3" is none of left, right, tie, both_bad'),
    ("a,ann,x,3,,,,,,,one,two", "broken_row", "12 cells, and the header has 10"),
]


@pytest.mark.parametrize(("row", "kind", "text"), BAD_ROWS)
def test_every_row_that_is_not_usable_is_told(row: str, kind: str, text: str, tmp_path: Path) -> None:
    head = "video,rater,axis,value,seconds,cannot_judge,time,case,left,right\n"
    table = _read(tmp_path, f"{head}good,ann,x,1\n{row}\n", rules=FIVE)
    assert [rating.item for rating in table.ratings] == ["good"]
    file = str(tmp_path / "r.csv")
    assert [(p.kind, p.row, p.text, p.file) for p in table.problems] == [(kind, "row 3", text, file)]
    assert table.counts() == {kind: 1}


def test_json_values_of_a_wrong_type_are_told(tmp_path: Path) -> None:
    lines = [
        '{"video": ["a"], "rater": "ann", "value": 1}',
        '{"video": "a", "rater": true, "value": 1}',
        '{"video": "a", "rater": "ann", "value": true}',
        '{"video": "a", "rater": "ann", "value": [1]}',
        '{"video": "a", "rater": "ann", "value": 1e400}',
        "[1]",
        "{",
        "[" * 100_000,
        '{"video": "' + "a" * 1_000_001 + '"}',
    ]
    table = _read(tmp_path, "\n".join(lines), "r.jsonl")
    assert _kinds(table) == [
        ("bad_value", "row 1", 'video: text is wanted, found ["a"]'),
        ("bad_value", "row 2", "rater: text is wanted, found true"),
        ("bad_number", "row 3", 'score: a number is wanted, found "True"'),
        ("bad_number", "row 4", 'score: a number is wanted, found "[1]"'),
        ("bad_number", "row 5", 'score: a number is wanted, found "inf"'),
        ("broken_row", "row 6", "no JSON object"),
        ("broken_row", "row 7", "no JSON object"),
        ("broken_row", "row 8", "no JSON object"),
        ("broken_row", "row 9", "longer than 1,000,000 characters"),
    ]
    assert table.ratings == ()


def test_what_is_there_twice(tmp_path: Path) -> None:
    rows = ["a,ann,3", "a,ann,3", "b,ann,1", "b,ann,2", "c,ann,5", "a,ben,4"]
    found = set()
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        table = _read(tmp_path, "video,rater,value\n" + "\n".join(rows))
        assert table.counts() == {"duplicate": 1, "contradiction": 2}
        found.add(table.ratings)
        again = [p for p in table.problems if p.kind == "duplicate"]
        assert again[0].text.startswith(f"ann rated a on score already ({tmp_path / 'r.csv'}, row ")
        assert again[0].text.endswith("); counted once")
        assert "ann rated b on score 2 times with different answers; none is used" in {
            p.text for p in table.problems
        }
    assert len(found) == 1


def test_scales() -> None:
    assert parse_scale("1-5") == Scale(1, 5)
    assert [parse_scale("0,1,2").value(text) for text in ("2", "2.0", "3", "x")] == [2.0, 2.0, None, None]
    assert str(parse_scale("no,in part,yes")) == "no,in part,yes"
    assert (str(Scale()), str(Scale(1, 5))) == ("any number", "1-5")
    for text in ("5-1", "5", "a-b", "1-2-3", ""):
        with pytest.raises(
            InputError, match=f"^scale '{text}' is not understood. Write it as 1-5, or as no,partly,yes.$"
        ):
            parse_scale(text)
    with pytest.raises(
        InputError, match=r"^scale 'a,a': an answer is empty or there twice. Write it as no,partly,yes.$"
    ):
        parse_scale("a,a")


def test_words_and_single_numbers_on_a_scale(tmp_path: Path) -> None:
    rules = Rules(scales={"x": parse_scale("no,yes"), "": parse_scale("0,1")})
    text = "video,rater,axis,value\na,ann,x,yes\na,ben,x,maybe\na,ann,y,1\na,ben,y,2\na,cat,y,0.5\n"
    table = _read(tmp_path, text, rules=rules)
    assert [(r.axis, r.value) for r in table.ratings] == [("x", 1.0), ("y", 1.0)]
    assert [text for _, _, text in _kinds(table)] == [
        'x: "maybe" is not on the scale no,yes',
        'y: "2" is not on the scale 0,1',
        'y: "0.5" is not on the scale 0,1',
    ]


FILE_ERRORS = [
    ("r.csv", "", "the file is empty; its first row must name the columns"),
    ("r.csv", "video,video\n", "the column 'video' is there twice"),
    ("r.csv", "video,rater\na,b\n", "there is no column 'value'. Found: 'video', 'rater'. Name it by --map value=COLUMN, "
     "or say that there is one column an axis or a rater by --wide."),
    ("r.csv", 'video,value\n"a"b,1\n', "not valid CSV: ',' expected after '\"'"),
    ("r.csv", "a" + "," * 1000 + "\n", "1,001 columns. Allowed: 1,000."),
    ("r.txt", "video", "the ending '.txt' is not known. Known: .csv, .tsv, .jsonl, .ndjson, .parquet; or give --format."),
    ("r.parquet", "PAR1", "no Parquet file that can be read: "),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "message"), FILE_ERRORS)
def test_files_that_cannot_be_read(name: str, text: str, message: str, tmp_path: Path) -> None:
    if name == "r.parquet":
        pytest.importorskip("pyarrow")
    with pytest.raises(InputError) as caught:
        _read(tmp_path, text, name)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert message in str(caught.value)


def test_places_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = tmp_path / "absent.csv"
    with pytest.raises(InputError, match=f"^{absent}: cannot be read: No such file or directory$"):
        read_ratings([absent])
    with pytest.raises(InputError, match=f"^{tmp_path}: holds no file that ends in .json, "):
        read_ratings([tmp_path])
    path = tmp_path / "r.csv"
    path.write_bytes(b"video,value\n\xff,1\n")
    with pytest.raises(InputError, match=f"^{path}: no UTF-8 text: byte 12 does not fit$"):
        read_ratings([path])
    with pytest.raises(AbsentError, match=r"^there is no format 'xls' of ratings. Known: csv, tsv, jsonl, "):
        read_ratings([path], "xls")
    path.write_text("video,rater,value\na,b,1\na,c,1\n")
    with pytest.raises(
        InputError, match=f"^{path}: there is no column 'who'. Found: 'video', 'rater', 'value'.$"
    ):
        read_ratings([path], columns=Columns(map={"rater": "who"}))
    monkeypatch.setattr("lawful.reports.ratings.cells.MAX_RATINGS", 1)
    with pytest.raises(InputError, match=f"^{path}: more than 1 ratings. Read the file in parts.$"):
        read_ratings([path])
    monkeypatch.setattr("lawful.reports.ratings.sources.MAX_BYTES", 5)
    with pytest.raises(InputError, match=f"^{path}: 30 bytes. Allowed: 5. Read it in parts.$"):
        read_ratings([path])
    (tmp_path / "link.csv").symlink_to("/dev/null")
    with pytest.raises(InputError, match=r"link.csv: a file is wanted, and this is none$"):
        read_ratings([tmp_path / "link.csv"])
    monkeypatch.setattr("lawful.reports.ratings.read.MAX_FILES", 0)
    with pytest.raises(InputError, match=r"^1 files. Allowed: 0.$"):
        read_ratings([path])


def test_parquet_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(AbsentError, match=r"pip install 'lawful\[parquet\]'"):
        _read(tmp_path, "PAR1", "r.parquet")


MAPPING_ERRORS = [
    ("=", "no TOML: "),
    ("column = 1", "there is no key 'column'. Known: map, wide, values, axis, rater, scale, scales, rename, choices, cannot_judge."),
    ("[map]\nwho = 'x'", "map: there is no field 'who'. Known: video, pair, left, "),
    ("[map]\nrater = 1", "map must be a table of texts"),
    ("wide = 'both'", "wide = 'both'. Allowed: axis, rater."),
    ("axis = 1", "axis must be text"),
    ("values = 'a'", "values must be a list of texts"),
    ("[choices]\nx = 'up'", "choices: 'x' = 'up'. Allowed: left, right, tie, both_bad."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MAPPING_ERRORS)
def test_mapping_files_that_are_wrong(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_mapping(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_mapping_file_says_everything(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(
        "wide = 'rater'\nvalues = ['ann', 'ben']\naxis = 'better'\nscale = '1-5'\ncannot_judge = ['n/a']\n"
        "[map]\npair = 'id'\n[scales]\nx = '0,1'\n[rename]\nold = 'new'\n[choices]\none = 'left'\n"
    )
    mapped = read_mapping(path)
    assert mapped.rules.scales == {"": Scale(1, 5), "x": Scale(0, 1, ("0", "1"))}
    table = _read(
        tmp_path, "id,ann,ben,generator\n1,one,n/a,old\n", columns=mapped.columns, rules=mapped.rules
    )
    assert [(r.rater, r.choice, r.cannot_judge, r.generator) for r in table.ratings] == [
        ("ann", "left", False, "new"),
        ("ben", None, True, "new"),
    ]


def test_names_typed_as_pairs() -> None:
    assert pairs(["a=b=c", "d=e"], "--map") == {"a": "b=c", "d": "e"}
    for text in ("a", "=b", "a="):
        with pytest.raises(InputError, match=f"^--map {text}: write it as NAME=VALUE$"):
            pairs([text], "--map")
    with pytest.raises(InputError, match=r"^--map a=c: a is given twice$"):
        pairs(["a=b", "a=c"], "--map")


def test_videos_are_known_by_as_much_of_a_name_as_is_clear(tmp_path: Path) -> None:
    known = KnownVideos(["alpha/a.mp4", "beta/a.mp4", "beta/b.mp4", "c.gif", "x/c.gif"])
    asked = ["alpha/a.mp4", "alpha/a", "a.mp4", "b", "b.mp4", "c.gif", "other/b.mp4", ""]
    assert [known.find(name) for name in asked] == [
        *("alpha/a.mp4", "alpha/a.mp4", None, "beta/b.mp4", "beta/b.mp4", "c.gif", None, None)
    ]
    assert known.find("a", "beta") == "beta/a.mp4"
    rules = Rules(videos=known)
    text = "video,rater,value\nb,ann,1\nz.mp4,ann,1\n"
    table = _read(tmp_path, text, rules=rules)
    assert [r.item for r in table.ratings] == ["beta/b.mp4"]
    assert _kinds(table) == [("unknown_video", "row 3", '"z.mp4" is none of the 5 videos')]
    assert check_ratings(table, known).unrated == ("alpha/a.mp4", "beta/a.mp4", "c.gif", "x/c.gif")
    # A video that only its generator and case name is looked for as GENERATOR/CASE.
    table = _read(tmp_path, "generator,case,rater,value\nbeta,a,ann,1\nbeta,z,ann,1\n", rules=rules)
    assert [r.item for r in table.ratings] == ["beta/a.mp4"]
    assert _kinds(table) == [("unknown_video", "row 3", '"z" is none of the 5 videos')]
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(
        InputError, match=f"^{empty}: holds no video. Give a run folder, or a folder of videos.$"
    ):
        known_videos(empty)
    (empty / "a.mp4").touch()
    assert known_videos(empty).names == ("a.mp4",)
