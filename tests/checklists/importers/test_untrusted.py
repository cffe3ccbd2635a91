"""Whatever stands in a file, what comes of it is a suite that is right, or an error that is told."""

import copy
import itertools
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.checklists.importers.make import MAX_SCALES, import_suite, write_import
from lawful.core.errors import InputError

OPTIONS = {letter: f"{'Real' if letter in 'ACE' else 'Implausible'}: {letter}" for letter in "ABCDEF"} | {
    "G": "No."
}
ROWS = {
    "ruler": {
        "category": "game", "task_name": "maze", "index": 1, "prompt": "?", "implicit_explanation": "?",
        "checklist": [{"Rule Coherence": "?"}], "input_image_path": "a.png", "gt_image_path": "b.png",
    },
    "mme-cof": {"idx": 1, "image": "a.png", "category": "gui reasoning", "question": "?", "reasoning_prompt": "?"},
    "implausibench": {
        "implausible_video": "a_implausible.mp4", "real_video": "a_real.mp4", "question": "?", "options": OPTIONS,
        "real_answer": "A", "implausible_answer": "B",
    },
    "videophy2": {"caption": "?", "rule": "?", "physics_rules_followed": "['a']", "sa": 3},
    "phyground": {
        "video": "a", "dataset": "b", "prompt": "?", "physical_laws": ["gravity"], "first_frame": "a.png",
        "expected_outcome": "?", "difficulty": {},
    },
    "vbench": {"prompt_en": "?", "dimension": ["color"], "auxiliary_info": ["? (yes or no)"]},
    "worldmodelbench": {
        "domain": "a", "subdomain": "b", "text_first_frame": "?", "text_instruction": "?", "first_frame": "c.jpg",
    },
    "vcrbench": {"qid": 1, "question": "?", "answer": [2, 1], "video_file": "a.mp4", "goal": "?"},
    "v-star": {
        "vid": "a", "domain": "b", "fps": 10, "width": 100, "frame_count": 100, "temporal_question": "?",
        "timestamps": [1, 2], "spatial_question": "?", "bboxes": [{"xmin": 1, "xmax": 2}],
    },
    "ovo-bench": {
        "id": 1, "task": "SSR", "video": "a.mp4", "realtime": 3, "question": "?", "options": ["a", "b"], "gt": 1,
        "test_info": [{"realtime": 2, "type": 1, "step": "?", "count": 2}], "activity": "?",
    },
}  # fmt: skip

ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20), st.sampled_from(["../x", "/", "a\u0000b", "x" * 10_001, "\u2028", "[[", "{'a': 1}"]),
    st.sampled_from(["REC", "CRR", "EPM", "SA", "science", "[1]", "1e999", "-", "A"]),
    st.recursive(st.integers(-3, 3), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=6),
)  # fmt: skip


@st.composite
def spoilt(draw, row):
    """A row of which one place, at any depth, holds something else or nothing."""
    value = copy.deepcopy(row)
    here, key = value, draw(st.sampled_from(sorted(value)))
    while isinstance(here[key], dict | list) and here[key] and draw(st.booleans()):
        here = here[key]
        key = draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
    if draw(st.integers(0, 4)) == 0:
        del here[key]
    else:
        here[key] = draw(ODD)
    return value


def try_to_import(name, rows):
    with tempfile.TemporaryDirectory() as folder:
        ending = {"worldmodelbench": ".json", "vbench": ".json"}.get(name, ".jsonl")
        path, out = Path(folder) / f"file{ending}", Path(folder) / "suite.json"
        path.write_text(json.dumps(rows) if ending == ".json" else "\n".join(map(json.dumps, rows)))
        try:
            found = import_suite(name, [path])
        except InputError:
            return None
        write_import(found, out)
        return found


@pytest.mark.parametrize("name", ROWS)
def test_the_rows_as_they_are_can_be_imported(name) -> None:
    found = try_to_import(name, [ROWS[name]])
    assert found is not None
    assert found.left_out == ()


@pytest.mark.parametrize("name", ROWS)
def test_a_spoilt_row_spoils_nothing_else(name) -> None:
    @settings(max_examples=80, deadline=None)
    @given(spoilt(ROWS[name]))
    def check(row) -> None:
        found = try_to_import(name, [ROWS[name], row, {}])
        # JSON as a whole is refused where one of its texts is no text; lines are left out one by one.
        assert found is not None or name in ("vbench", "worldmodelbench")
        if found is not None:
            assert found.left_out[-1].place in ("line 3", "/2")

    check()


def test_a_suite_of_too_many_scales_is_told(tmp_path) -> None:
    words = ("Real", "Implausible", "None")
    kinds = [("Real", "Implausible", *rest) for rest in itertools.product(words, repeat=5)][: MAX_SCALES + 1]
    rows = [
        {
            **ROWS["implausibench"],
            "options": {letter: f"{word}: {letter}" for letter, word in zip("ABCDEFG", kind, strict=True)},
            "real_video": f"{number}_real.mp4",
            "implausible_video": f"{number}_implausible.mp4",
        }
        for number, kind in enumerate(kinds)
    ]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    with pytest.raises(InputError, match=r"101 scales come of these files\. Allowed in a suite: 100"):
        import_suite("implausibench", [tmp_path / "a.json"])
