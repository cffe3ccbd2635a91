import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lawful.checklists.document import suite_document
from lawful.checklists.load import load_suite, read_suite
from lawful.checklists.suite import Scale
from lawful.core.errors import AbsentError, InputError

Write = Callable[[Any], Path]


def test_a_suite_is_read_whole(document: dict[str, Any], write: Write) -> None:
    suite = read_suite(write(document))
    assert (suite.id, suite.version, suite.licence) == ("kitchen", "2", "CC-BY-4.0")
    seen, falls = suite.questions
    assert falls.scale == Scale("three", {"right": 1.0, "in part": 0.5, "wrong": 0.0})
    assert (falls.law, falls.families, falls.tier) == ("gravity", ("hover", "wrong_gravity"), 2)
    assert (seen.law, seen.families, seen.depends_on, seen.tier) == (None, (), (), None)
    cup = suite.cases["cup-1"]
    assert (cup.first_frame, cup.seeds, cup.expected) == ("frames/cup.png", (0, 7), "It falls and breaks.")
    assert [question.id for question in suite.questions_for("cup-1")] == ["cup_seen", "cup_falls", "breaks"]
    assert suite.questions_for("pan-1") == suite.questions
    assert cup.answers == {"cup_falls": "in part", "breaks": "no"}
    assert suite.cases["pan-1"].answers == {}


def test_writing_and_reading_gives_the_suite_again(document: dict[str, Any], write: Write) -> None:
    for suite in (read_suite(write(document)), load_suite("physics"), load_suite("pyramid")):
        assert read_suite(write(suite_document(suite))) == suite


def test_two_scales_of_one_name_cannot_be_written(document: dict[str, Any], write: Write) -> None:
    from dataclasses import replace

    suite = read_suite(write(document))
    other = replace(suite.questions[1], scale=Scale("yes_no", {"a": 1.0, "b": 0.0}))
    with pytest.raises(ValueError, match="two different scales are called 'yes_no'"):
        suite_document(replace(suite, questions=(suite.questions[0], other)))


def test_names_and_paths(document: dict[str, Any], write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(document)
    assert load_suite(path) == load_suite(str(path)) == read_suite(path)
    monkeypatch.chdir(path.parent)
    assert load_suite("suite.json").id == "kitchen"
    assert load_suite("physics").id == "physics"
    with pytest.raises(
        AbsentError, match=r"no suite is called 'phisics'\. Known: .*physics.*path of its \.json"
    ):
        load_suite("phisics")
    with pytest.raises(InputError, match=r"absent\.json: cannot be read: No such file"):
        load_suite("absent.json")


def _set(*steps: Any) -> Callable[[Any], None]:
    *way, key, value = steps

    def change(document: Any) -> None:
        for step in way:
            document = document[step]
        document[key] = value

    return change


def _drop(*steps: Any) -> Callable[[Any], None]:
    *way, key = steps

    def change(document: Any) -> None:
        for step in way:
            document = document[step]
        del document[key]

    return change


FAULTS: list[tuple[str, Callable[[Any], None], str]] = [
    ("no id", _drop("id"), r"\(the whole file\): lacks id\. Needed: schema, id, version"),
    ("unknown key", _set("colour", 1), r'has no place for "colour"\. Allowed: schema, id, version'),
    ("wrong format", _set("schema", "x/2"), r'/schema: is "x/2"\. Allowed: "lawful\.suite/1"'),
    ("id with space", _set("id", "a b"), r'/id: is "a b"\. Allowed: 1 to 128 letters, digits'),
    ("id with newline", _set("id", "a\n"), r"/id: is \"a\\n\"\. Allowed: 1 to 128 letters"),
    ("case before a slash", _set("cases", 0, "id", "a/"), r'/cases/0/id: is "a/"\. Allowed: 1 to 128 char'),
    ("case with two slashes", _set("cases", 0, "id", "a//b"), r'/cases/0/id: is "a//b"\. Allowed: 1 to 128'),
    ("case up a folder", _set("cases", 0, "id", "../b"), r'/cases/0/id: is "\.\./b"\. Allowed: 1 to 128'),
    ("long case", _set("cases", 0, "id", "a/" * 64 + "a"), r"/cases/0/id: is .*Allowed: 1 to 128 char"),
    ("axis with two spaces", _set("questions", 0, "axis", "a  b"), r'/axis: is "a  b"\. Allowed: 1 to 128'),
    ("blank title", _set("title", "  "), r"/title: is \"  \"\. Allowed: one line"),
    ("two lines", _set("title", "a\nb"), r"/title: .*Allowed: one line"),
    ("version number", _set("version", 1), r"/version: is a number: 1\. Allowed: text"),
    ("questions object", _set("questions", {}), r"/questions: is an object\. Allowed: a list"),
    ("tier text", _set("questions", 0, "tier", "1"), r'/questions/0/tier: is text: "1"\. Allowed: a whole'),
    ("tier true", _set("questions", 0, "tier", True), r"/questions/0/tier: is true or false: true\. Allowed"),
    ("tier zero", _set("questions", 0, "tier", 0), r"/questions/0/tier: is 0\. Allowed: 1 to 100"),
    ("label value", _set("scales", "yes_no", "labels", "maybe", 1.5), r"/maybe: is 1\.5\. Allowed: 0 to 1"),
    ("one label", _set("scales", "yes_no", "labels", {"yes": 1}), r"has 1 entries\. Allowed: 2 or more"),
    ("no scales", _set("scales", {}), r"/scales: has 0 entries\. Allowed: 1 or more"),
    ("many laws", _set("questions", 1, "families", ["a"] * 101), r"has 101 entries\. Allowed: 100 or fewer"),
    (
        "long text",
        _set("questions", 0, "text", "x" * 10001),
        r"/questions/0/text: is \"x+\.\.\.\. Allowed: text",
    ),
    (
        "bad scale",
        _set("scales", "yes_no", "labels", {"a": 0.9, "b": 0}),
        r"has \"a\" 0\.9, \"b\" 0\. Needed",
    ),
    ("no worst", _set("scales", "yes_no", "labels", {"a": 1, "b": 0.2}), r"Needed: the best label has 1 and"),
    (
        "two best",
        _set("scales", "yes_no", "labels", {"a": 1, "b": 0, "c": 1}),
        r'value 1: "a", "c"\. Needed: one',
    ),
    (
        "law",
        _set("questions", 1, "law", "x"),
        r'/questions/1/law: there is no law "x"\. Known: gravity, inertia',
    ),
    (
        "family",
        _set("questions", 1, "families", ["x"]),
        r'/questions/1/families/0: there is no violation family "x"\. Known: hover',
    ),
    (
        "family of another law",
        _set("questions", 1, "families", ["hover", "kink"]),
        r"/questions/1/families/1: kink does not break gravity\. It breaks inertia or momentum or causality",
    ),
    (
        "family without law",
        _set("questions", 0, "families", ["hover"]),
        r"/questions/0/families/0: the question names no law\. Needed for hover: gravity",
    ),
    (
        "no scale",
        _set("questions", 1, "scale", "x"),
        r"/questions/1/scale: the suite has no scale x\. Known: yes_no",
    ),
    (
        "same question",
        _set("questions", 1, "id", "cup_seen"),
        r"/questions/1/id: the question cup_seen is already at /questions/0",
    ),
    (
        "same question in a case",
        _set("cases", 0, "questions", 0, "id", "cup_seen"),
        r"/cases/0/questions/0/id: the question cup_seen is already at /questions/0",
    ),
    ("same case", _set("cases", 1, "id", "cup-1"), r"/cases/1/id: the case cup-1 is already at /cases/0"),
    (
        "unknown premise",
        _set("questions", 1, "depends_on", ["x"]),
        r"/questions/1/depends_on/0: no question x is asked together with this one",
    ),
    (
        "premise in a case",
        _set("questions", 1, "depends_on", ["breaks"]),
        r"/questions/1/depends_on/0: no question breaks is asked together",
    ),
    ("gate of nothing", _set("gate_at", 0), r"/gate_at: is 0\. Allowed: 0\.01 to 1"),
    ("gate above all", _set("gate_at", 1.5), r"/gate_at: is 1\.5\. Allowed: 0\.01 to 1"),
    (
        "gate of one tier",
        _set("gate_at", 0.5),
        r"/gate_at: gates tiers, and the questions have tier 2 alone\. Needed: two tiers or more",
    ),
    (
        "own premise",
        _set("questions", 1, "depends_on", ["cup_falls"]),
        r"/questions/1/depends_on: cup_falls is its own premise",
    ),
    (
        "circle",
        _set("questions", 0, "depends_on", ["cup_falls"]),
        r"/questions/0/depends_on: cup_seen is its own premise(?s:.*)/questions/1/depends_on: cup_falls is its own",
    ),
    (
        "premise twice",
        _set("questions", 1, "depends_on", ["cup_seen", "cup_seen"]),
        r'/questions/1/depends_on: holds "cup_seen" 2 times\. Allowed: once',
    ),
    ("seed twice", _set("cases", 0, "seeds", [3, 3]), r"/cases/0/seeds: holds 3 2 times"),
    (
        "seed below zero",
        _set("cases", 0, "seeds", [-1]),
        r"/cases/0/seeds/0: is -1\. Allowed: 0 to 9223372036854775807",
    ),
    (
        "answer to no question",
        _set("cases", 0, "answers", "x", "yes"),
        r"/cases/0/answers/x: no question x is asked of this case\. Asked: cup_seen, cup_falls, breaks\.",
    ),
    (
        "answer to another case's question",
        _set("cases", 1, "answers", {"breaks": "yes"}),
        r"/cases/1/answers/breaks: no question breaks is asked of this case\. Asked: cup_seen, cup_falls\.",
    ),
    (
        "label of another scale",
        _set("cases", 0, "answers", "breaks", "in part"),
        r'/cases/0/answers/breaks: the scale yes_no has no label "in part"\. Allowed: "yes", "no"\.',
    ),
    (
        "answer as a number",
        _set("cases", 0, "answers", "breaks", 1),
        r"/cases/0/answers/breaks: is a number: 1\. Allowed: text",
    ),
    ("answers in a list", _set("cases", 0, "answers", []), r"/cases/0/answers: is a list\. Allowed: an obj"),
    (
        "answer to what is no id",
        _set("cases", 0, "answers", {"a b": "yes"}),
        r'/cases/0/answers: is "a b"\. Allowed: 1 to 128 letters',
    ),
    (
        "blank answer",
        _set("cases", 0, "answers", "breaks", " "),
        r'/answers/breaks: is " "\. Allowed: one line',
    ),
    ("parent", _set("cases", 0, "first_frame", "../a.png"), r'/cases/0/first_frame: "\.\./a\.png" leaves'),
    ("inner parent", _set("cases", 0, "first_frame", "a/../../b.png"), r"leaves the suite's folder"),
    (
        "absolute",
        _set("cases", 0, "first_frame", "/etc/passwd"),
        r"leaves the suite's folder\. Allowed: a path",
    ),
    ("windows", _set("cases", 0, "first_frame", "C:\\a.png"), r"leaves the suite's folder"),
    ("backslash", _set("cases", 0, "first_frame", "a\\..\\..\\b"), r"leaves the suite's folder"),
    (
        "escape",
        _set("questions", 0, "text", "a\x1b[2J"),
        r"/questions/0/text: holds the control character U\+001B",
    ),
    ("surrogate", _set("title", "a\ud800"), r"/title: holds half a surrogate pair, U\+D800"),
    ("NaN", _set("scales", "yes_no", "labels", "no", float("nan")), r"/labels/no: not a finite number"),
    ("infinity", _set("scales", "yes_no", "labels", "no", float("inf")), r"/labels/no: not a finite number"),
]


@pytest.mark.parametrize(("change", "message"), [fault[1:] for fault in FAULTS], ids=[f[0] for f in FAULTS])
def test_faults_are_named_with_file_place_and_what_is_allowed(
    change: Callable[[Any], None], message: str, document: dict[str, Any], write: Write
) -> None:
    change(document)
    path = write(document)
    with pytest.raises(InputError, match=message) as caught:
        read_suite(path)
    assert str(caught.value).startswith(f"{path}: not usable as it is:\n")


def test_a_suite_that_asks_nothing(document: dict[str, Any], write: Write) -> None:
    document |= {"questions": [], "cases": []}
    with pytest.raises(InputError, match=r"\(the whole file\): asks nothing\. Needed: a question"):
        read_suite(write(document))


def test_answers_of_a_suite_with_no_general_questions(document: dict[str, Any], write: Write) -> None:
    del document["questions"], document["cases"][0]["questions"][0]["depends_on"]
    document["cases"][0]["answers"] = {"breaks": "yes"}
    assert read_suite(write(document)).cases["cup-1"].answers == {"breaks": "yes"}
    document["cases"][1]["answers"] = {"breaks": "yes"}
    with pytest.raises(InputError, match=r"/cases/1/answers/breaks: .* of this case\. Asked: none\."):
        read_suite(write(document))


def test_a_question_behind_a_circle_is_no_part_of_it(document: dict[str, Any], write: Write) -> None:
    base = {"text": "?", "axis": "physics", "scale": "yes_no"}
    premises = {"a": ["b"], "b": ["c"], "c": ["b"], "d": ["a"], "e": []}
    document["cases"] = []
    document["questions"] = [{**base, "id": name, "depends_on": p} for name, p in premises.items()]
    with pytest.raises(InputError) as caught:
        read_suite(write(document))
    assert "/questions/1/" in str(caught.value)
    assert "/questions/2/" in str(caught.value)
    assert str(caught.value).count("own premise") == 2


def test_premises_that_would_not_fit_when_spelled_out(document: dict[str, Any], write: Write) -> None:
    base = {"text": "?", "axis": "physics", "scale": "yes_no"}
    chain = [{**base, "id": f"q{i}", "depends_on": [f"q{i - 1}"] if i else []} for i in range(101)]
    ladder = [
        {**base, "id": f"{side}{i}", "depends_on": [f"l{i - 1}", f"r{i - 1}"] if i else []}
        for i in range(60)
        for side in "lr"
    ]
    document["cases"] = []
    document["questions"] = chain
    assert len(read_suite(write(document)).questions) == 101
    document["questions"] = [*chain, {**base, "id": "last", "depends_on": ["q100"]}]
    with pytest.raises(
        InputError, match=r"/questions/101/depends_on: more than 100 premises with theirs\. Allowed: 100"
    ):
        read_suite(write(document))
    document["questions"] = chain
    document["cases"] = [
        {"id": "c", "prompt": "p", "questions": [{**base, "id": "far", "depends_on": ["q100"]}]}
    ]
    with pytest.raises(InputError, match=r"/cases/0/questions/0/depends_on: more than 100 premises"):
        read_suite(write(document))
    document["cases"] = []
    document["questions"] = ladder
    with pytest.raises(InputError, match=r"/questions/12/depends_on: more than 100 premises"):
        read_suite(write(document))


def test_all_faults_are_named_at_once_up_to_twenty(document: dict[str, Any], write: Write) -> None:
    document["questions"][0]["law"] = "x"
    document["cases"][1]["id"] = "cup-1"
    with pytest.raises(InputError, match=r"(?s)/cases/1/id.*/questions/0/law") as caught:
        read_suite(write(document))
    assert "and more" not in str(caught.value)
    document["questions"] = [{}] * 50
    with pytest.raises(InputError, match="and more: mend these first") as caught:
        read_suite(write(document))
    assert len(str(caught.value).splitlines()) == 22


def test_a_link_out_of_the_folder_is_refused(document: dict[str, Any], write: Write, tmp_path: Path) -> None:
    path = write(document)
    (tmp_path / "frames").symlink_to(tmp_path.parent)
    with pytest.raises(InputError, match="leaves the suite's folder"):
        read_suite(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"no JSON: Expecting value in line 1, column 1"),
        (b"{", r"no JSON: .* in line 1, column 2"),
        (b"\xff\xfe{}", r"no UTF-8 text: byte 0 does not fit"),
        (b"[]", r"\(the whole file\): is a list\. Allowed: an object"),
        (b'{"id": 1, "id": 2}', r'\(the whole file\): the key "id" is there more than once'),
        (b'{"cases": [{"a": {"b/c": 1, "b/c": 2}}]}', r'/cases/0/a: the key "b/c" is there more than once'),
        (b'{"a/b~": NaN}', r"/a~1b~0: not a finite number"),
        (b'{"a": 1e999}', r"/a: not a finite number"),
        (b'{"a": ' + b"9" * 5000 + b"}", r"a number has too many digits"),
        (b"[" * 100_000, r"nested too deeply\. Allowed: 32 levels"),
        (b"[" * 40 + b"]" * 40, r"nested too deeply\. Allowed: 32 levels"),
    ],
)
def test_files_that_are_no_usable_json(content: bytes, message: str, write: Write) -> None:
    with pytest.raises(InputError, match=message):
        read_suite(write(content))


def test_a_byte_order_mark_does_no_harm(document: dict[str, Any], write: Write) -> None:
    assert read_suite(write(b"\xef\xbb\xbf" + json.dumps(document).encode())).id == "kitchen"


def test_large_files_and_folders_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(20_000_001)
    with pytest.raises(InputError, match=r"large\.json: 20,000,001 bytes\. Allowed: 20,000,000"):
        read_suite(path)
    with pytest.raises(InputError, match="a JSON file is wanted, and this is none"):
        read_suite(tmp_path)
    with pytest.raises(InputError, match=r"cannot be read: .*null"):
        read_suite(Path("a\0b"))


def test_cases_may_have_groups_and_axes_several_words(document, write) -> None:
    document["cases"][0]["id"] = "vision rule/color/1"
    document["questions"][0]["axis"] = "Rule Coherence"
    suite = read_suite(write(document))
    assert next(iter(suite.cases)) == "vision rule/color/1"
    assert suite.questions[0].axis == "Rule Coherence"
