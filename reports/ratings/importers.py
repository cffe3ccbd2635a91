"""Ratings of published benchmarks, read from the files as they were published; one function a format."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lawful.checklists.json_file import pointer, read_json, shown_text
from lawful.core.errors import InputError
from lawful.reports.ratings.cells import Cell, Entry, Note
from lawful.reports.ratings.record import Problem, Scale, parse_scale
from lawful.reports.ratings.sources import Row, json_line, read_rows, text_of

ONE_TO_FIVE = Scale(1, 5)
VIDEO_BENCH_TO_THREE = ("action", "color", "object_class", "scene")
"""The dimensions of Video-Bench that are rated from 1 to 3; the others go to 5."""
PHYGROUND_GENERAL = ("SA", "PTV", "persistence")
_FETV_AXES = ("static_quality", "temporal_quality", "alignment", "fine-grained_alignment")
_FETV_PREFIXES = ("manual_eval_results_", "auto_eval_results_")
_RULE_ANSWERS = parse_scale("0,1")
_NOT_GROUNDABLE = "2"
_VIDEOPHY_AXES = {"sa": ONE_TO_FIVE, "pc": ONE_TO_FIVE, "joint": _RULE_ANSWERS}


def genai_bench(paths: Sequence[Path]) -> Iterator[Entry]:
    """GenAI-Bench `<judge>/pairwise.json`: the human vote and the judge's, on one axis `preference`.

    The judge is the name of the folder. The human vote stands in every judge's file again: it counts once, and
    where two files differ in it both are reported.
    """
    votes: dict[str, str] = {}
    for path in paths:
        for place, entry in _objects(path):
            if isinstance(entry, Problem):
                yield entry
                continue
            item = shown_text(entry.get("idx"), quotes=False)
            fields = {"pair": entry.get("idx"), "prompt": entry.get("prompt"), "axis": "preference"}
            human = entry.get("human_vote")
            if votes.get(item) == human and item in votes:
                yield Note("human votes that stand in several files, with one answer")
            else:
                votes.setdefault(item, human if isinstance(human, str) else "")
                yield _cell(path, (*place, "human_vote"), {**fields, "rater": "human", "value": human})
            judge = path.resolve().parent.name
            vote = entry.get("model_vote")
            yield _cell(path, (*place, "model_vote"), {**fields, "rater": judge, "value": vote})


def video_bench(paths: Sequence[Path]) -> Iterator[Entry]:
    """Video-Bench `<dimension>.json`: four raters `r0` to `r3`; the axis is the name of the file."""
    for path in paths:
        axis = path.stem
        scale = Scale(1, 3) if axis in VIDEO_BENCH_TO_THREE else ONE_TO_FIVE
        for place, entry in _objects(path):
            if isinstance(entry, Problem):
                yield entry
                continue
            videos, answers = entry.get("videos"), entry.get("human_anno")
            if not isinstance(videos, dict) or not isinstance(answers, dict):
                yield _broken(path, place, "videos and human_anno must be objects, one key a generator")
                continue
            for generator in [*videos, *(name for name in answers if name not in videos)]:
                scores = answers.get(generator)
                at = (*place, "human_anno", generator)
                if generator not in videos or not isinstance(scores, list):
                    lacks = "videos" if generator not in videos else "human_anno"
                    yield Problem(
                        "missing_cell", str(path), pointer(at), f"{lacks} has no {shown_text(generator)}"
                    )
                    continue
                fields = {
                    "video": videos[generator],
                    "generator": generator,
                    "prompt": entry.get("prompt_en"),
                }
                for number, score in enumerate(scores):
                    told = {**fields, "axis": axis, "rater": f"r{number}", "value": score}
                    yield _cell(path, (*at, number), told, scale)


def tc_bench(paths: Sequence[Path]) -> Iterator[Entry]:
    """TC-Bench `{"<model>_<id>-<sample>": [[q0, q1, q2], [q0, q1, q2]]}`: a list a rater, three questions."""
    for path in paths:
        for name, raters in _object(path).items():
            generator, underscore, video = name.rpartition("_")
            if not underscore or not isinstance(raters, list):
                yield _broken(path, (name,), 'wanted: "<model>_<id>-<sample>": a list of scores a rater')
                continue
            for number, scores in enumerate(raters):
                if not isinstance(scores, list):
                    yield _broken(path, (name, number), "a list of three scores is wanted")
                    continue
                for question in range(max(3, len(scores))):
                    value = scores[question] if question < len(scores) else None
                    fields = {"video": video, "generator": generator, "rater": f"r{number}", "value": value}
                    place = (name, number, question)
                    yield _cell(path, place, {**fields, "axis": f"q{question}"}, ONE_TO_FIVE)


def fetv(paths: Sequence[Path]) -> Iterator[Entry]:
    """FETV: `human<n>/manual_eval_results_<model>.json` and `<metric>/auto_eval_results_<model>.json`.

    The rater, or the metric on an axis `metric`, is the name of the folder; the case is the item's number. A
    generator that bears two names is renamed by `Rules.rename`.
    """
    for path in paths:
        prefix = next((prefix for prefix in _FETV_PREFIXES if path.name.startswith(prefix)), None)
        if prefix is None:
            yield Note(f"files that are no results of FETV ({path.name})")
            continue
        model, folder = path.stem.removeprefix(prefix), path.resolve().parent.name
        fields = {"generator": model, "rater": folder}
        if prefix == _FETV_PREFIXES[1]:
            for item, score in _object(path).items():
                told = {**fields, "video": item, "case": item, "axis": "metric", "value": score}
                yield Cell(str(path), pointer((item,)), told, Scale(), folder)
            continue
        for number, line in enumerate(text_of(path).split("\n"), start=1):
            if not line.strip():
                continue
            value = json_line(line)
            if not isinstance(value, dict) or not all(
                isinstance(answers, dict) for answers in value.values()
            ):
                text = 'no JSON object {"<item>": {"static_quality": ...}}'
                yield Problem("broken_row", str(path), f"row {number}", text)
                continue
            for item, answers in value.items():
                for axis in _FETV_AXES[:3] + tuple(name for name in _FETV_AXES[3:] if name in answers):
                    told = {**fields, "video": item, "case": item, "axis": axis, "value": answers.get(axis)}
                    yield Cell(str(path), f"row {number}, {axis}", told, ONE_TO_FIVE, folder)


def videophy2(paths: Sequence[Path]) -> Iterator[Entry]:
    """VideoPhy-2 CSV: `videopath, caption` and any of `sa`, `pc` (1-5), `joint` (0, 1), rules in further columns.

    A rule is a column whose name begins with "rule", or the column `rule` beside `score`: 0 violated, 1 followed,
    2 not groundable, which counts as "cannot be judged". The rater is the file's name.
    """
    for path in paths:
        for row in read_rows(path, ".csv"):
            if not isinstance(row, Row):
                yield row
                continue
            if "videopath" not in row.cells:
                raise InputError(f"{path}: there is no column 'videopath'. Found: {', '.join(row.cells)}.")
            fields = {"video": row.cells["videopath"], "prompt": row.cells.get("caption")}
            fields |= {"generator": row.cells.get("model_name"), "rater": row.cells.get("rater") or path.stem}
            answers = [(axis, axis, scale) for axis, scale in _VIDEOPHY_AXES.items() if axis in row.cells]
            if "rule" in row.cells:
                answers.append((f"rule: {row.cells['rule']}", "score", _RULE_ANSWERS))
            answers += [(c, c, _RULE_ANSWERS) for c in row.cells if c.startswith("rule") and c != "rule"]
            for axis, column, scale in answers:
                value = row.cells.get(column)
                unsure = scale is _RULE_ANSWERS and axis != "joint" and str(value).strip() == _NOT_GROUNDABLE
                told = {**fields, "axis": axis, "value": value, "cannot_judge": "yes" if unsure else ""}
                yield Cell(row.file, f"{row.place}, {column}", told, scale)


def phyground(paths: Sequence[Path]) -> Iterator[Entry]:
    """PhyGround score files: SA, PTV, persistence and the laws; a law with status "missing" cannot be judged."""
    for path in paths:
        body = _object(path)
        meta, results = body.get("meta"), body.get("results")
        if not isinstance(meta, dict) or not isinstance(results, list):
            raise InputError(f'{path}: no score file of PhyGround: wanted are "meta" and a list "results"')
        evaluator = meta.get("evaluator")
        source = str(evaluator) if evaluator else str(path)
        for number, entry in enumerate(results):
            place = ("results", number)
            if not isinstance(entry, dict):
                yield _broken(path, place, "an object is wanted")
                continue
            fields = {"video": entry.get("video"), "prompt": entry.get("prompt"), "rater": evaluator}
            fields |= {"generator": meta.get("video_model")}
            for axis in PHYGROUND_GENERAL:
                told = {**fields, "axis": axis, "value": entry.get(axis)}
                yield Cell(str(path), pointer((*place, axis)), told, ONE_TO_FIVE, source)
            physical = entry.get("physical")
            laws = physical.get("laws") if isinstance(physical, dict) else None
            if not isinstance(laws, dict):
                yield _broken(path, (*place, "physical", "laws"), "an object is wanted, one key a law")
                continue
            for law, said in laws.items():
                at = (*place, "physical", "laws", law)
                if not isinstance(said, dict) or said.get("status") not in ("scored", "missing"):
                    yield _broken(path, at, 'wanted: a "score" and a "status", "scored" or "missing"')
                    continue
                unsure = "yes" if said["status"] == "missing" else ""
                told = {**fields, "axis": law, "value": said.get("score"), "cannot_judge": unsure}
                yield Cell(str(path), pointer(at), told, ONE_TO_FIVE, source)


def _cell(path: Path, place: Sequence[str | int], fields: dict[str, Any], scale: Scale | None = None) -> Cell:
    return Cell(str(path), pointer(place), fields, scale)


def _broken(path: Path, place: Sequence[str | int], text: str) -> Problem:
    return Problem("broken_row", str(path), pointer(place), text)


def _objects(path: Path) -> Iterator[tuple[tuple[int], dict[str, Any] | Problem]]:
    body = read_json(path)
    if not isinstance(body, list):
        raise InputError(f"{path}: a list of objects is wanted, found {shown_text(body)}")
    for number, entry in enumerate(body):
        yield (number,), entry if isinstance(entry, dict) else _broken(path, (number,), "an object is wanted")


def _object(path: Path) -> dict[str, Any]:
    body = read_json(path)
    if not isinstance(body, dict):
        raise InputError(f"{path}: an object is wanted, found {shown_text(body)}")
    return body
