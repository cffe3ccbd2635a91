import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lawful.core.errors import InputError
from lawful.reports.ratings.cells import Rules
from lawful.reports.ratings.check import check_ratings
from lawful.reports.ratings.columns import Columns
from lawful.reports.ratings.read import PUBLISHED, read_ratings
from lawful.reports.ratings.record import RatingTable


def _write(folder: Path, files: Mapping[str, Any]) -> Path:
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
    return folder


def _told(table: RatingTable) -> list[tuple[str, str, str]]:
    return [(p.kind, p.row, p.text) for p in table.problems]


def test_genai_bench(tmp_path: Path) -> None:
    def entry(number: int, judge: str, human: str) -> dict[str, Any]:
        return {
            "idx": number,
            "prompt": "a",
            "model_vote": judge,
            "human_vote": human,
            "correct": judge == human,
        }

    files = {
        "gpt4o/pairwise.json": [entry(0, "[[A>B]]", "leftvote"), entry(1, "[[A=B=Bad]]", "tievote")],
        "blip2/pairwise.json": [entry(0, "dunno", "leftvote"), entry(1, "[[B>A]]", "rightvote"), 7],
    }
    table = read_ratings([_write(tmp_path, files)], "genai-bench")
    assert [(r.item, r.rater, r.choice) for r in table.ratings] == [
        ("0", "gpt4o", "left"),
        ("0", "human", "left"),
        ("1", "blip2", "right"),
        ("1", "gpt4o", "both_bad"),
    ]
    assert table.notes == (("human votes that stand in several files, with one answer", 1),)
    text = "human rated 1 on preference 2 times with different answers; none is used"
    assert sorted(_told(table)) == [
        ("bad_choice", "/0/model_vote", '"dunno" is none of left, right, tie, both_bad'),
        ("broken_row", "/2", "an object is wanted"),
        ("contradiction", "/1/human_vote", text),
        ("contradiction", "/1/human_vote", text),
    ]


def test_video_bench(tmp_path: Path) -> None:
    entries = [
        {
            "prompt_en": "A red ball",
            "videos": {"lavie": "lavie/1.mp4", "kling": "kling/1.mp4", "pika": "pika/1.mp4"},
            "human_anno": {"lavie": [3, 2, 3, 4], "kling": [1, 1, 0, None], "gen3": [1, 1, 1, 1]},
        },
        {"prompt_en": "x", "videos": []},
    ]
    files = {"color.json": entries, "motion_effects.json": entries[:1]}
    table = read_ratings([_write(tmp_path, files)], "video-bench")
    color = [(r.generator, r.item, r.rater, r.value) for r in table.on("color")]
    assert color == [
        ("kling", "kling/1.mp4", "r0", 1.0),
        ("kling", "kling/1.mp4", "r1", 1.0),
        ("lavie", "lavie/1.mp4", "r0", 3.0),
        ("lavie", "lavie/1.mp4", "r1", 2.0),
        ("lavie", "lavie/1.mp4", "r2", 3.0),
    ]
    assert table.on("motion_effects")[-1].value == 4.0
    assert set(_told(table)) == {
        ("missing_cell", "/0/human_anno/pika", 'human_anno has no "pika"'),
        ("missing_cell", "/0/human_anno/gen3", 'videos has no "gen3"'),
        ("missing_cell", "/0/human_anno/kling/3", "no answer on color"),
        ("missing_cell", "/0/human_anno/kling/3", "no answer on motion_effects"),
        ("broken_row", "/1", "videos and human_anno must be objects, one key a generator"),
        ("off_scale", "/0/human_anno/lavie/3", "color: 4 is not on the scale 1-3"),
        ("off_scale", "/0/human_anno/kling/2", "color: 0 is not on the scale 1-3"),
        ("off_scale", "/0/human_anno/kling/2", "motion_effects: 0 is not on the scale 1-5"),
    }
    assert table.counts() == {"missing_cell": 6, "off_scale": 3, "broken_row": 1}


def test_tc_bench(tmp_path: Path) -> None:
    body = {
        "dynamic_crafter_00012-00000": [[5, 4, 3], [4, 4, None]],
        "seine_00012-00000": [[1, 1], [2, 2, 6]],
        "nameless": [[1, 1, 1]],
        "seine_1-1": 3,
        "seine_2-1": [3],
    }
    table = read_ratings([_write(tmp_path, {"human.json": body})], "tc-bench")
    assert [(r.generator, r.item, r.rater, r.value) for r in table.on("q2")] == [
        ("dynamic_crafter", "00012-00000", "r0", 3.0)
    ]
    wanted = 'wanted: "<model>_<id>-<sample>": a list of scores a rater'
    assert sorted(_told(table)) == [
        ("broken_row", "/nameless", wanted),
        ("broken_row", "/seine_1-1", wanted),
        ("broken_row", "/seine_2-1/0", "a list of three scores is wanted"),
        ("missing_cell", "/dynamic_crafter_00012-00000/1/2", "no answer on q2"),
        ("missing_cell", "/seine_00012-00000/0/2", "no answer on q2"),
        ("off_scale", "/seine_00012-00000/1/2", "q2: 6 is not on the scale 1-5"),
    ]


def test_fetv(tmp_path: Path) -> None:
    def line(item: int, *scores: int, fine: int | None = None) -> str:
        names = ("static_quality", "temporal_quality", "alignment")
        said = {"video_id": item, **dict(zip(names, scores, strict=True))}
        return json.dumps({str(item): said | ({} if fine is None else {"fine-grained_alignment": fine})})

    files = {
        f"manual_eval_results/human{n}/manual_eval_results_{model}.json": "\n".join(
            [line(0, 3, 4, 5), line(1, 1, 2, 3 + n, fine=2)]
        )
        for n in range(3)
        for model in ("cogvideo", "damo-text2video")
    }
    files["manual_eval_results/human0/manual_eval_results_cogvideo.json"] += "\n[]\n"
    score = "auto_eval_results/CLIPScore/auto_eval_results_modelscope-t2v.json"
    table = read_ratings(
        [_write(tmp_path, {**files, score: {"0": 0.31, "1": 0.29}, "readme.json": {}})],
        "fetv",
        rules=Rules(rename={"damo-text2video": "modelscope-t2v"}),
    )
    human = [r for r in table.on("alignment") if r.key == ("modelscope-t2v", "1")]
    assert [(r.rater, r.value, r.case, r.source) for r in human] == [
        ("human0", 3.0, "1", "human0"),
        ("human1", 4.0, "1", "human1"),
        ("human2", 5.0, "1", "human2"),
    ]
    metric = [(r.rater, r.key, r.value) for r in table.on("metric")]
    assert metric == [
        ("CLIPScore", ("modelscope-t2v", "0"), 0.31),
        ("CLIPScore", ("modelscope-t2v", "1"), 0.29),
    ]
    assert len(table.on("fine-grained_alignment")) == 6
    assert table.notes == (("files that are no results of FETV (readme.json)", 1),)
    assert _told(table) == [("broken_row", "row 3", 'no JSON object {"<item>": {"static_quality": ...}}')]
    names = [(d.what, d.name, d.text) for d in check_ratings(table).names if d.what == "generator"]
    assert names == [("generator", "cogvideo", "in human0, human1, human2, not in CLIPScore")]


def test_videophy2(tmp_path: Path) -> None:
    rows = (
        "videopath,caption,sa,pc,joint,rule_1,rule_2\n"
        "a.mp4,A ball,5,3,0,1,2\n"
        "b.mp4,A cup,4,6,1,0,3\n"
    )  # fmt: skip
    table = read_ratings([_write(tmp_path, {"ratings.csv": rows})], "videophy2")
    shown = [(r.axis, r.item, r.value, r.cannot_judge) for r in table.ratings]
    assert shown == [
        ("joint", "a.mp4", 0.0, False),
        ("joint", "b.mp4", 1.0, False),
        ("pc", "a.mp4", 3.0, False),
        ("rule_1", "a.mp4", 1.0, False),
        ("rule_1", "b.mp4", 0.0, False),
        ("rule_2", "a.mp4", None, True),
        ("sa", "a.mp4", 5.0, False),
        ("sa", "b.mp4", 4.0, False),
    ]
    assert {r.rater for r in table.ratings} == {"ratings"}
    assert _told(table) == [
        ("off_scale", "row 3, pc", "pc: 6 is not on the scale 1-5"),
        ("off_scale", "row 3, rule_2", 'rule_2: "3" is not on the scale 0,1'),
    ]
    long = _write(tmp_path / "long", {"rules.csv": "videopath,rule,score,rater\na.mp4,it falls,2,ann\n"})
    (rating,) = read_ratings([long], "videophy2").ratings
    assert (rating.axis, rating.rater, rating.cannot_judge) == ("rule: it falls", "ann", True)


def test_phyground(tmp_path: Path) -> None:
    laws = {"gravity": {"score": 4, "status": "scored"}, "shadow": {"score": None, "status": "missing"}}
    body = {
        "meta": {"video_model": "veo", "evaluator": "gemini"},
        "results": [
            {
                "video": "1.mp4",
                "prompt": "p",
                "SA": 5,
                "PTV": 4,
                "persistence": 3,
                "physical": {"laws": laws, "coverage": 0.5, "missing_laws": ["shadow"]},
            },
            {"video": "2.mp4", "SA": 5, "PTV": 4, "physical": {"laws": {"gravity": {"score": 9}}}},
            {"video": "3.mp4", "SA": 5, "PTV": 4, "persistence": 1},
            "x",
        ],
    }
    table = read_ratings([_write(tmp_path, {"veo.json": body})], "phyground")
    shown = [(r.axis, r.value, r.cannot_judge) for r in table.ratings if r.item == "1.mp4"]
    assert shown == [
        ("PTV", 4.0, False),
        ("SA", 5.0, False),
        ("gravity", 4.0, False),
        ("persistence", 3.0, False),
        ("shadow", None, True),
    ]
    assert {(r.generator, r.rater, r.source) for r in table.ratings} == {("veo", "gemini", "gemini")}
    assert sorted(_told(table)) == [
        ("broken_row", "/results/1/physical/laws/gravity", 'wanted: a "score" and a "status", "scored" or "missing"'),
        ("broken_row", "/results/2/physical/laws", "an object is wanted, one key a law"),
        ("broken_row", "/results/3", "an object is wanted"),
        ("missing_cell", "/results/1/persistence", "no answer on persistence"),
    ]  # fmt: skip


def test_label_studio(tmp_path: Path) -> None:
    def result(name: str, kind: str, **value: Any) -> dict[str, Any]:
        return {"from_name": name, "to_name": "video", "type": kind, "value": value}

    def annotation(by: Any, *results: Any, **more: Any) -> dict[str, Any]:
        return {
            "completed_by": by,
            "lead_time": 4.5,
            "created_at": "2025-01-02T03:04:05.6Z",
            "result": results,
            **more,
        }

    tasks = [
        {
            "id": 1,
            "data": {"video": "a.mp4", "generator": "veo"},
            "annotations": [
                annotation(1, result("gravity", "rating", rating=4), result("why", "textarea", text=["hm"])),
                annotation({"id": 2, "email": "ben@x"}, result("gravity", "number", number=3)),
                annotation(3, was_cancelled=True),
                annotation(4, result("gravity", "choices", choices=["4", "5"]), {"type": "rating"}),
                7,
            ],
        },
        {"id": 2, "data": {"video1": "a", "video2": "b"}, "annotations": [annotation(1, result("better", "pairwise", selected="left"))]},
        {"id": 3, "data": {"clip": "c.mp4"}, "annotations": [annotation(1, result("gravity", "choices", choices=["5"]))]},
        {"id": 4},
    ]  # fmt: skip
    path = _write(tmp_path, {"export.json": tasks})
    table = read_ratings([path], "label-studio")
    assert [
        (r.axis, r.item, r.rater, r.choice or r.value, r.seconds, r.generator) for r in table.ratings
    ] == [
        ("better", "a | b", "1", "left", 4.5, None),
        ("gravity", "a.mp4", "1", 4.0, 4.5, "veo"),
        ("gravity", "a.mp4", "ben@x", 3.0, 4.5, "veo"),
    ]
    assert table.ratings[0].time == "2025-01-02T03:04:05.600000+00:00"
    assert table.notes == (("results of the type textarea, which are no ratings", 1),)
    assert sorted(_told(table)) == [
        ("bad_number", "/0/annotations/3/result/0", 'gravity: a number is wanted, found "4 + 5"'),
        ("broken_row", "/0/annotations/3/result/1", 'wanted: an object with "type" and "value"'),
        ("broken_row", "/0/annotations/4", 'wanted: an object with a list "result"'),
        ("broken_row", "/3", 'wanted: an object with "data" and a list of "annotations"'),
        ("missing_cell", "/0/annotations/2", "the annotation of 3 was skipped or is empty"),
        ("missing_cell", "/2/annotations/0/result/0", "no video is named, nor a generator and a case"),
    ]
    mapped = read_ratings([path], "label-studio", Columns(map={"video": "clip"}))
    assert [r.item for r in mapped.on("gravity")] == ["c.mp4"]


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("genai-bench", {}, "a list of objects is wanted, found {}"),
        ("video-bench", 1, "a list of objects is wanted, found 1"),
        ("tc-bench", [], "an object is wanted, found []"),
        ("phyground", {"meta": {}}, 'no score file of PhyGround: wanted are "meta" and a list "results"'),
        ("label-studio", {}, "no export of Label Studio: a list of tasks is wanted"),
        ("videophy2", "video,sa\na,1\n", "there is no column 'videopath'. Found: video, sa."),
    ],
)
def test_files_of_another_shape(name: str, body: Any, message: str, tmp_path: Path) -> None:
    path = _write(tmp_path, {"file.json": body}) / "file.json"
    with pytest.raises(InputError) as caught:
        read_ratings([path], name)
    assert str(caught.value) == f"{path}: {message}"


@pytest.mark.parametrize("name", [*PUBLISHED, "label-studio", "csv", "jsonl"])
@pytest.mark.parametrize(
    "body", ["", "{", "\x00", "[[[[", '[{"idx": [1], "videos": {"a": 1}}]', '{"a": {"b": []}}']
)
def test_nonsense_is_an_error_or_a_problem(name: str, body: str, tmp_path: Path) -> None:
    path = tmp_path / "manual_eval_results_x.json"
    path.write_text(body)
    failed = ""
    try:
        table = read_ratings([path], name)
    except InputError as error:
        failed = str(error)
    assert str(path) in failed if failed else table.ratings == ()
