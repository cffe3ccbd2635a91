"""Benchmarks of generators: what of their files is asked, kept, counted and left out."""

import re

import pytest

from lawful.checklists.importers.formats import FORMATS
from lawful.checklists.importers.make import import_suite
from lawful.checklists.importers.physics_iq import ADDED, LATER_TAKE
from lawful.core.errors import AbsentError, InputError
from lawful.reports.aggregate.registry import aggregate

MME = {
    "idx": 3, "image": "images/maze.png", "category": "visual trace reasoning",
    "question": "Which way out?", "reasoning_prompt": "A dot goes from the door to the exit.",
}  # fmt: skip
VIDEOPHY = {
    "caption": "A cup tips over.", "video_url": "https://example.test/1.mp4", "sa": "5", "pc": "2", "joint": "0",
    "physics_rules_followed": "['The cup falls.']", "physics_rules_unfollowed": '["Water runs out."]',
    "physics_rules_cannot_be_determined": "[]", "human_violated_rules": "[]",
}  # fmt: skip
PHYGROUND = {
    "video": "roll_1", "dataset": "own", "prompt": "A ball rolls into a box.",
    "physical_laws": ["collision", "shadow"], "first_frame": "frames/roll_1.png",
    "expected_outcome": "The box moves.", "difficulty": {"n_models": 1}, "per_model_scores": {"wan": 2.0},
}  # fmt: skip
PHYSICS_IQ = {
    "scenario": "0007_perspective-left_take-1_trimmed-roll.mp4", "description": "A ball rolls, then stops.",
    "category": "Solid Mechanics", "generated_video_name": "0007_perspective-left_trimmed-roll.mp4",
}  # fmt: skip
WORLDMODELBENCH = {
    "domain": "human", "subdomain": "Cooking & more", "text_first_frame": "A pan stands on a stove.",
    "text_instruction": "The pan is lifted.", "first_frame": "images/-pan.jpg",
}  # fmt: skip


def five(label):
    return lambda case, question: label


class TestMmeCof:
    def test_five_ratings(self, write_json, imported, scored, rng) -> None:
        rows = [MME, {**MME, "idx": 4, "category": "gui reasoning", "image": None}]
        found = imported("mme-cof", write_json(rows))
        assert list(found.suite.cases) == ["visual trace reasoning/3", "gui reasoning/4"]
        case = found.suite.cases["visual trace reasoning/3"]
        assert (case.prompt, case.first_frame) == (MME["reasoning_prompt"], "images/maze.png")
        asked = found.suite.questions_for(case.id)
        assert sorted(question.axis for question in asked) == [
            "content_fidelity", "focus_relevance", "instruction_alignment", "temporal_consistency",
            "visual_stability",
        ]  # fmt: skip
        assert MME["reasoning_prompt"] in asked[-1].text
        assert found.notes == {"question: a suite has no place for it": 2}
        assert found.videos == {"visual trace reasoning/3": "maze.mp4"}
        (table,) = aggregate("mme-cof", scored(found.suite, five("3")), rng)
        assert table.rows[0][1:8][0] == "overall"
        assert [cell.value for cell in table.rows[0][2:8]] == [3, 3, 3, 3, 3, 3]

    def test_what_is_wrong(self, write_json, imported) -> None:
        bad = [{**MME, "category": "art"}, {**MME, "idx": None}, {**MME, "reasoning_prompt": "x" * 9_990}, 7]
        left = imported("mme-cof", write_json([*bad, MME])).left_out
        assert [one.place for one in left] == ["/0", "/1", "/2", "/3"]
        assert left[0].text.startswith('category: "art" is none of visual trace reasoning, 2D geometry')
        assert left[1].text == "idx: a whole number from 0 is wanted, found null"
        assert left[2].text.startswith("reasoning_prompt with its question: 10,1")
        assert left[3].text == "an object is wanted, found 7"


class TestVideoPhy2:
    def test_a_caption_is_a_case_however_many_videos_it_has(self, write_csv, imported, scored, rng) -> None:
        again = {
            **VIDEOPHY,
            "video_url": "2",
            "physics_rules_unfollowed": "['The cup falls.', 'It\\'s wet.']",
        }
        found = imported(
            "videophy2", write_csv([VIDEOPHY, again, {**VIDEOPHY, "caption": "A bat hits a ball."}])
        )
        cup, bat = found.suite.cases.values()
        assert (cup.id, cup.prompt, bat.id) == ("videophy2/1", "A cup tips over.", "videophy2/2")
        asked = found.suite.questions_for("videophy2/1")
        assert [question.axis for question in asked] == ["pc", "sa", "rule", "rule", "rule"]
        rules = [question.text.split('"')[1] for question in asked[2:]]
        assert rules == ["The cup falls.", "Water runs out.", "It's wet."]
        assert asked[2].scale.values == {"followed": 1.0, "not groundable": 0.5, "violated": 0.0}
        assert found.notes["sa: a suite has no place for it"] == 3
        (table,) = aggregate("videophy2", scored(found.suite, lambda _, q: list(q.scale.values)[-1]), rng)
        assert [cell.value for cell in table.rows[0][1:6]] == [5, 5, 1, 1, 1]

    def test_one_rule_a_row(self, write_csv, imported) -> None:
        rows = [
            {"caption": "A cup.", "videopath": "a.mp4", "rule": rule} for rule in ("It falls.", "It breaks.")
        ]
        (case,) = imported("videophy2", write_csv(rows)).suite.cases.values()
        assert len(case.questions) == 3

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"caption": ""}, r"caption is missing or empty; found caption, video_url"),
            (
                {"physics_rules_followed": "not a list"},
                r'physics_rules_followed: a list of texts .* "not a list"',
            ),
            (
                {"physics_rules_followed": "{'a': 1}"},
                r"physics_rules_followed: a list of texts is wanted, found",
            ),
            ({"physics_rules_followed": "[1]"}, r"physics_rules_followed: text is wanted, found 1"),
            ({"physics_rules_followed": "[" * 5000}, r"physics_rules_followed: a list of texts is wanted"),
            ({"caption": "x" * 9_990}, r"caption with its question: 10,\d+ characters"),
        ],
    )
    def test_what_is_wrong(self, change, why, write_csv, imported) -> None:
        (left,) = imported("videophy2", write_csv([VIDEOPHY, {**VIDEOPHY, **change}])).left_out
        assert left.place == "row 3"
        assert re.search(why, left.text), left.text

    def test_more_cells_than_columns(self, tmp_path, imported) -> None:
        path = tmp_path / "file.csv"
        path.write_text("caption,rule\nA cup.,It falls.\nA,b,c\n")
        (left,) = imported("videophy2", path).left_out
        assert (left.place, left.text) == ("row 3", "3 cells, and the header has 2")


class TestPhyGround:
    def test_the_laws_that_are_tagged_are_asked_about(self, write_json, imported, scored, rng) -> None:
        prompts = write_json({"description": "?", "prompts": [PHYGROUND]}, "prompts.json")
        found = imported("phyground", prompts)
        (case,) = found.suite.cases.values()
        assert (case.id, case.first_frame, case.expected) == (
            "own/roll_1",
            "frames/roll_1.png",
            "The box moves.",
        )
        assert [(q.axis, q.law) for q in case.questions] == [
            ("SA", None), ("PTV", None), ("persistence", None), ("physics", "collision"), ("physics", "shadow"),
        ]  # fmt: skip
        assert found.notes == {
            "difficulty: a suite has no place for it": 1,
            "per_model_scores: a suite has no place for it": 1,
        }
        first, by_law = aggregate("phyground", scored(found.suite, five("4")), rng)
        assert [cell.value for cell in first.rows[0][1:4]] == [4, 4, 4]
        known = {line[2]: line[3].value for line in by_law.rows if line[3].n}
        assert known == {"collision": 4, "shadow": 4}

    def test_sub_questions_stand_in_the_question_of_their_law(self, write_json, imported) -> None:
        prompts = write_json([PHYGROUND], "prompts.json")
        asked = write_json(
            {"collision": ["Do they touch?", {"question": "Then part?"}], "SA": ["Is it a ball?"]}
        )
        (case,) = imported("phyground", asked, prompts).suite.cases.values()
        assert "Think of these first:\n- Do they touch?\n- Then part?\nRate it" in case.questions[3].text
        assert "- Is it a ball?" in case.questions[0].text
        assert "Think of" not in case.questions[4].text

    def test_what_is_wrong(self, write_json, imported) -> None:
        rows = [PHYGROUND, {**PHYGROUND, "physical_laws": ["magic"]}, {**PHYGROUND, "physical_laws": []}]
        asked = write_json({"gravity": 3, "shadow": ["?"]}, "a.json")
        twice = write_json({"shadow": ["!"]}, "b.json")
        left = imported("phyground", asked, twice, write_json(rows, "prompts.json")).left_out
        assert [one.place for one in left] == ["/gravity", "/shadow", "/1", "/2"]
        assert left[0].text == "gravity: a list with entries is wanted, found 3"
        assert left[1].text == "sub-questions of shadow are already there"
        assert left[2].text.startswith('physical_laws: "magic" is none of gravity, inertia')
        assert left[3].text == "physical_laws: a list with entries is wanted, found []"


class TestPromptsAlone:
    def test_physics_iq(self, write_csv, imported) -> None:
        rows = [PHYSICS_IQ, {**PHYSICS_IQ, "scenario": "7_roll.mp4"}, {**PHYSICS_IQ, "category": "!"}]
        rows.append({**PHYSICS_IQ, "scenario": "0205_perspective-left_take-2_trimmed-roll.mp4"})
        found = imported("physics-iq", write_csv(rows))
        (case,) = found.suite.cases.values()
        assert (case.id, case.prompt) == ("Solid Mechanics/0007", "A ball rolls, then stops.")
        assert [question.axis for question in case.questions] == ["prompt"]
        assert found.videos == {"Solid Mechanics/0007": "0007_perspective-left_trimmed-roll.mp4"}
        assert found.notes == {ADDED: 1, LATER_TAKE: 1}
        assert [one.text for one in found.left_out] == [
            'scenario: a file that begins with four digits is wanted, found "7_roll.mp4"',
            '"!" cannot be a part of a name',
        ]

    def test_vbench(self, write_json, imported) -> None:
        rows = [
            {"prompt_en": "A still sign.", "dimension": ["temporal_flickering"]},
            {"prompt_en": "Two cats.", "dimension": ["multiple_objects", "color"], "auxiliary_info": {"color": {}}, "image_name": "cats.jpg", "image_type": "animal"},
            {
                "prompt_en": "A spoon on water.", "dimension": "Mechanics",
                "auxiliary_info": ["Is there a spoon? (yes or no)", "Does it float? (Yes or No) "],
            },
            {"prompt_en": "?", "dimension": []},
        ]  # fmt: skip
        found = imported("vbench", write_json(rows))
        assert list(found.suite.cases) == [
            "temporal_flickering/0001",
            "multiple_objects/0002",
            "Mechanics/0003",
        ]
        assert found.suite.cases["multiple_objects/0002"].first_frame == "cats.jpg"
        spoon = found.suite.cases["Mechanics/0003"].questions
        assert [(q.text, q.axis) for q in spoon] == [
            ("Is there a spoon?", "Mechanics"), ("Does it float?", "Mechanics"),
        ]  # fmt: skip
        assert found.notes == {
            "the benchmark asks nothing: whether the video shows what was asked for was added": 2,
            "auxiliary_info without yes-no questions: a suite has no place for it": 1,
            "dimension: a case stands under the first of several": 1,
            "image_type: a suite has no place for it": 1,
        }
        (left,) = found.left_out
        assert (left.place, left.text) == ("/3", "dimension: a name or a list of names is wanted, found []")

    def test_vbench_text_files(self, tmp_path, imported) -> None:
        path = tmp_path / "human_action.txt"
        path.write_text("A person runs.\n\nA person eats.\n", encoding="utf-8")
        assert list(imported("vbench", path).suite.cases) == ["human_action/0001", "human_action/0002"]

    def test_worldmodelbench(self, write_json, imported) -> None:
        rows = [WORLDMODELBENCH, {**WORLDMODELBENCH, "first_frame": ""}, {**WORLDMODELBENCH, "domain": 1}]
        found = imported("worldmodelbench", write_json(rows))
        (case,) = found.suite.cases.values()
        assert case.id == "human/Cooking more/x-pan"
        assert case.prompt == "A pan stands on a stove. The pan is lifted."
        asked = found.suite.questions_for(case.id)
        assert [q.law for q in asked[:5]] == [
            "inertia",
            "rigidity",
            "flow_dynamics",
            "impenetrability",
            "gravity",
        ]
        assert asked[-1].scale.values == {"0": 0.0, "1": 1 / 3, "2": 2 / 3, "3": 1.0}
        assert found.videos == {case.id: "-pan.mp4"}
        assert [one.text for one in found.left_out] == [
            "first_frame is missing; it names the instance", "domain: text is wanted, found 1",
        ]  # fmt: skip


class TestWholeFiles:
    def test_an_unknown_format_lists_the_known_ones(self, tmp_path) -> None:
        with pytest.raises(AbsentError, match=f"no format is called 'x'. Known: {', '.join(FORMATS)}"):
            import_suite("x", [tmp_path])

    @pytest.mark.parametrize(
        ("name", "content", "why"),
        [
            (
                "a.txt",
                b"",
                r"a\.txt: the ending '\.txt' is not one of this format: \.jsonl, \.json, \.parquet",
            ),
            ("a.jsonl", b"\xff", r"a\.jsonl: no UTF-8 text: byte 0 does not fit"),
            ("a.jsonl", b"", r"nothing can be imported as ruler, which wants data\.jsonl, or its Parquet$"),
            ("a.jsonl", b"{\n{", r"nothing can be imported as ruler.*\n  .*a\.jsonl, line 1: no JSON"),
            ("a.json", b"{", r"a\.json: no JSON: Expecting property name"),
            ("a.json", b'{"rows": []}', r'a\.json: a list of objects is wanted; found \{"rows"'),
        ],
    )
    def test_a_file_that_is_of_no_use_at_all(self, name, content, why, tmp_path) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=why):
            import_suite("ruler", [tmp_path / name])

    def test_a_file_that_is_not_there_and_a_folder(self, tmp_path) -> None:
        with pytest.raises(InputError, match=r"absent\.jsonl: cannot be read: No such file"):
            import_suite("ruler", [tmp_path / "absent.jsonl"])
        (tmp_path / "folder.jsonl").mkdir()
        with pytest.raises(InputError, match=r"folder\.jsonl: a file is wanted, and this is none"):
            import_suite("ruler", [tmp_path / "folder.jsonl"])

    def test_csv_that_is_damaged_as_a_whole(self, tmp_path) -> None:
        path = tmp_path / "a.csv"
        for content, why in (
            ('caption\n"open', r"a\.csv, row 2: not valid CSV"),
            ("caption,caption\n", r"a\.csv: the column 'caption' is there twice"),
            ("", r"a\.csv: the file is empty; its first row must name the columns"),
            (",".join(map(str, range(1001))), r"a\.csv: 1,001 columns\. Allowed: 1,000"),
        ):
            path.write_text(content)
            with pytest.raises(InputError, match=why):
                import_suite("videophy2", [path])
