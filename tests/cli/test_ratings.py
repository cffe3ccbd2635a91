import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lawful.cli.main import lawful
from lawful.cli.rating_options import RATING_FORMATS
from lawful.reports.ratings.read import FORMATS

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"

GOLDEN = """\
23 ratings, 12 items, 2 axes, 2 raters, 1 generators, 2 files

axis     scale     ratings  items  raters  cannot judge  alone  empty  alpha   n   weighs    equal  pairs
gravity  no,yes    20       10     2       0             0      0      -0.520  10  ordinal   0.200  10
realism  0.5-4.75  2        2      2       1             2      1      -       0   interval  -      0

careless raters (one answer in 95%, or 50% under 3 s, or Spearman with the others below 0; from 10 answers on):
axis     rater  n   why
gravity  ann    10  against the others: Spearman -0.60
gravity  ben    10  too fast: 100% of the timed answers; against the others: Spearman -0.60

names that differ:
what  name               where
axis  gravity            in a.csv, not in b.csv
axis  realism            in b.csv, not in a.csv
item  new/00 and 9 more  in a.csv, not in b.csv
item  new/x and 1 more   in b.csv, not in a.csv

all rows are usable
"""


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(lawful, ["ratings", "check", *map(str, arguments)])


def _two_files() -> list[str]:
    """Ann says yes to odd clips and ben to even ones, but for clips 8 and 9: they agree on 2 of 10."""
    rows = ["video,rater,axis,value,seconds,generator"]
    for n in range(10):
        rows.append(f"{n:02},ann,gravity,{'yes' if n % 2 else 'no'},9,old")
        rows.append(f"{n:02},ben,gravity,{'yes' if n in (0, 2, 4, 6, 9) else 'no'},1,new")
    Path("a.csv").write_text("\n".join(rows))
    Path("b.csv").write_text(
        "video,rater,value,generator\nx,ann,4.5,old\ny,ben,1,old\ny,ann,cannot_judge,old\n"
    )
    return ["a.csv", "b.csv", "--axis", "realism", "--rename", "old=new"]


def test_the_whole_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--scale", "gravity=no,yes", "--scale", "0.5-4.75", "--min-seconds", "3"]
    result = _run(*_two_files(), *options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == GOLDEN


def test_the_documented_example_is_told_by_flags_too() -> None:
    file = EXAMPLES / "ratings.csv"
    flags = ["--map", "video=clip", "--map", "rater=annotator", "--wide", "axis", "--scale", "1-5"]
    flagged = _run(file, *flags, "--value", "gravity", "--value", "permanence")
    mapped = _run(file, "--mapping", EXAMPLES / "ratings.toml")
    assert flagged.exit_code == mapped.exit_code == 1
    assert flagged.stdout == mapped.stdout
    # Another scale typed beside the mapping file goes before what the file says.
    assert "off_scale" not in _run(file, "--mapping", EXAMPLES / "ratings.toml", "--scale", "0-5").stdout


def test_json_has_everything() -> None:
    result = _run(EXAMPLES / "ratings.csv", "--mapping", EXAMPLES / "ratings.toml", "--json")
    assert result.exit_code == 1
    body = json.loads(result.stdout)
    assert list(body) == [
        *("schema", "ratings", "items", "raters", "generators", "sources", "axes", "careless", "names"),
        *("unrated", "left_out", "problems"),
    ]
    assert (body["schema"], body["ratings"], body["items"]) == ("lawful.ratings-check/1", 21, 6)
    assert [axis["axis"] for axis in body["axes"]] == ["gravity", "permanence"]
    assert body["axes"][1]["alpha"] == {"value": 1.0, "n": 4, "reason": ""}
    assert body["problems"]["counts"] == {"bad_number": 1, "off_scale": 1}
    assert {row["kind"] for row in body["problems"]["rows"]} == {"bad_number", "off_scale"}


def test_undefined_figures_are_null(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("video,rater,value\na,ann,1\n")
    (axis,) = json.loads(_run(path, "--json").stdout)["axes"]
    assert axis["alpha"] == {"value": None, "n": 0, "reason": "no item has two ratings"}
    assert axis["agreement"] == {"value": None, "n": 0, "reason": "no item has two ratings"}


def test_videos_that_were_to_be_rated(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.mp4").touch()
    path = tmp_path / "r.csv"
    path.write_text("video,value\n0.mp4,1\n1,2\nother.mp4,1\n")
    result = _run(path, "--rater", "ann", "--videos", folder)
    assert result.exit_code == 1
    assert "videos without a rating: 2.mp4, 3.mp4, 4.mp4, 5.mp4, 6.mp4 and 1 more\n" in result.stdout
    assert f'unknown_video  1  {path}, row 4: "other.mp4" is none of the 8 videos\n' in result.stdout


def test_a_file_without_usable_rows(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("video,rater,value\n" + "a,,1\n" * 9)
    result = _run(path)
    assert result.exit_code == 1
    assert result.stdout.startswith(
        "0 ratings, 0 items, 0 axes, 0 raters, 0 generators, 0 files\n\nnot usable:\n"
    )
    assert (
        result.stdout.count("no rater is named") == 5
    )  # the first ones; the number of all stands before them
    assert "missing_cell  9  " in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["absent.csv"], 1, "Error: absent.csv: cannot be read: No such file or directory\n"),
        (["r.csv", "--map", "rater"], 1, "Error: --map rater: write it as NAME=VALUE\n"),
        (["r.csv", "--map", "who=x"], 1, "Error: --map: there is no field 'who'. Known: video, pair, left, "),
        (["r.csv", "--rename", "a"], 1, "Error: --rename a: write it as NAME=VALUE\n"),
        (["r.csv", "--scale", "9"], 1, "Error: scale '9' is not understood. Write it as 1-5, or as no,partly,yes.\n"),
        (["r.csv", "--scale", "1-5", "--scale", "1-3"], 1, "Error: --scale 1-3: the scale is given twice\n"),
        (["r.csv", "--scale", "a=1-5", "--scale", "a=1-3"], 1, "Error: --scale a=1-3: the axis a is given twice\n"),
        (["r.csv", "--videos", "nowhere"], 1, "Error: nowhere: no such file or folder\n"),
        (["r.csv", "--format", "xls"], 2, "Invalid value for '--format'"),
        ([], 2, "Missing argument 'FILE...'"),
    ],
)  # fmt: skip
def test_wrong_usage(
    arguments: list[str], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.csv").write_text("video,rater,value\na,ann,1\n")
    result = _run(*arguments)
    assert result.exit_code == code
    assert message in result.stderr


def test_the_help_knows_all_formats() -> None:
    assert RATING_FORMATS == FORMATS
