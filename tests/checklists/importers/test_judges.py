"""Benchmarks of judges: clips with questions whose answers are known."""

import re

import pytest

from lawful.checklists.importers.make import import_suite
from lawful.core.errors import InputError
from lawful.judge.request import request_of
from lawful.judge.summary import without_say

OPTIONS = {
    "A": "Real, because the ball rolls down.", "B": "Implausible, because it rolls up.",
    "C": "Real, because it stays.", "D": "Implausible, because it vanishes.",
    "E": "Real, because it is pushed.", "F": "Implausible, because it splits.",
    "G": "None of these is right.",
}  # fmt: skip


def scenario(name="ramp", real="A", implausible="B", **changes):
    values = {
        "implausible_video": f"clips/implausible/{name}_implausible.mp4", "real_video": f"clips/real/{name}_real.mp4",
        "question": "Does this clip follow physics, and why?", "options": OPTIONS, "real_answer": real,
        "implausible_answer": implausible,
    }  # fmt: skip
    return {**values, **changes}


class TestImplausiBench:
    def test_a_scenario_is_two_cases_under_one_question(self, write_json, imported) -> None:
        found = imported("implausibench", write_json([scenario()]))
        real, implausible = found.suite.cases.values()
        assert (real.id, implausible.id) == ("ramp/real", "ramp/implausible")
        (one,), (other,) = real.questions, implausible.questions
        assert real.answers == {one.id: "A"}
        assert implausible.answers == {other.id: "B"}
        assert one.text == other.text
        assert one.text.splitlines()[1:3] == ["A. Real, because the ball rolls down.", f"B. {OPTIONS['B']}"]
        assert one.scale.values == {"A": 1.0, "B": 0.0, "C": 0.75, "D": 0.25, "E": 0.75, "F": 0.25, "G": 0.5}
        assert found.videos["ramp/real"] == "clips/real/ramp_real.mp4"

    def test_nothing_that_a_judge_gets_tells_the_clips_apart(self, write_json, imported) -> None:
        for case, other in [imported("implausibench", write_json([scenario()])).suite.cases.values()]:
            (mine,), (theirs,) = case.questions, other.questions
            assert request_of(mine, case.questions) == request_of(theirs, other.questions)
            assert (case.prompt, case.expected, case.first_frame) == (other.prompt, None, None)
            assert not re.search("real|impl|ramp", mine.id)

    def test_scenarios_with_the_same_right_letters_share_a_scale(self, write_json, imported) -> None:
        rows = [scenario(f"s{number}", "ACE"[number % 3], "BDF"[number % 2]) for number in range(150)]
        found = imported("implausibench", write_json(rows))
        scales = {question.scale.id for case in found.suite.cases.values() for question in case.questions}
        assert len(found.suite.cases) == 300
        assert scales == {f"RIRIRIN_{real}_{other}" for real in "ACE" for other in "BD"}

    @pytest.mark.parametrize(
        ("bad", "why"),
        [
            (scenario(real="B"), r"real_answer: option B does not begin with 'Real', so it cannot be right"),
            (scenario(implausible="G"), r"implausible_answer: option G does not begin with 'Implausible'"),
            (scenario(real="H"), r'real_answer: a letter from A to G is wanted, found "H"'),
            (scenario(options={"A": "Real"}), r"options: an object with the keys A to G is wanted, found A$"),
            (scenario(options=["A"]), r'options: an object with the keys A to G is wanted, found \["A"\]'),
            (scenario(options={**OPTIONS, "C": 3}), r"option C: text is wanted, found 3"),
            (scenario(question=None), r"question is missing or empty"),
            (scenario(real_video="b_real.mp4"), r'are of two scenarios: "b", "ramp"'),
        ],
    )
    def test_what_is_wrong(self, bad, why, write_json, imported) -> None:
        found = imported("implausibench", write_json([scenario("first"), bad]))
        (left,) = found.left_out
        assert (left.place, len(found.suite.cases)) == ("/1", 2)
        assert re.search(why, left.text), left.text


class TestVcrBench:
    def test_a_question_a_place(self, write_json, imported) -> None:
        rows = [
            {"qid": 12, "question": "Order the clips.", "answer": [3, 1, 2], "video_file": "a.mp4"},
            {"qid": "13", "goal": "make tea", "ground_truth": [1, 0], "video_file": "b.mp4"},
        ]
        found = imported("vcrbench", write_json(rows))
        one, other = found.suite.cases.values()
        assert (one.id, other.id) == ("vcrbench/3/12", "vcrbench/2/13")
        assert list(one.answers.values()) == ["Clip 3", "Clip 1", "Clip 2"]
        assert list(other.answers.values()) == ["Clip 2", "Clip 1"]
        assert one.questions[1].text == "Order the clips.\nWhich clip comes at place 2 of the right order?"
        assert "make tea" in other.questions[0].text
        assert [q.scale.id for q in one.questions] == ["clip_of_3"] * 3
        assert found.videos == {"vcrbench/3/12": "a.mp4", "vcrbench/2/13": "b.mp4"}

    @pytest.mark.parametrize(
        "answer", [[1, 1], [0, 1], [1], [1, "2"], [True, 2], list(range(1, 22)), {"a": 1}, "text"]
    )
    def test_no_order(self, answer, write_json) -> None:
        row = {"qid": 1, "question": "?", "answer": answer, "video_file": "a.mp4"}
        with pytest.raises(InputError, match=r"answer: (2 to 20 clips, each once, counted from 1|a list)"):
            import_suite("vcrbench", [write_json([row])])


VSTAR = {
    "vid": "v1", "domain": "sports", "fps": 25.0, "width": 640, "height": 360, "frame_count": 500, "chain": "...",
    "question": "Who jumps?", "object": "cat", "answer": "a cat", "temporal_question": "When does the cat jump?",
    "timestamps": [11.0, 14.5], "spatial_question": "Where is the cat?", "spatial_question_2": "Where?",
    "bboxes": [{"timestamp": 11, "xmin": 10, "ymin": 5, "xmax": 300, "ymax": 90}, {"12_300": {"xmin": 0, "xmax": 320}}],
}  # fmt: skip


class TestVStar:
    def test_halves_are_asked_and_the_rest_is_counted(self, write_json, imported) -> None:
        both = {**VSTAR, "timestamps": [9, 11]}
        right = {**VSTAR, "timestamps": [1, 10], "bboxes": [{"xmin": 320, "xmax": 400}]}
        neither = {**both, "bboxes": [{"xmin": 300, "xmax": 400}]}
        found = imported("v-star", write_json([VSTAR, both, right, neither]))
        assert list(found.suite.cases) == [
            "v-star/sports/00001",
            "v-star/sports/00002",
            "v-star/sports/00003",
        ]
        answers = [tuple(case.answers.values()) for case in found.suite.cases.values()]
        assert answers == [("second half", "left half"), ("left half",), ("first half", "right half")]
        (left,) = found.left_out
        assert (left.place, left.text) == ("/3", "nothing that is asked has an answer which is a label")
        assert found.notes["what: the answer is a free text, which no label can say"] == 4
        assert found.notes["when: the truth lies in no one half, so no label can say it"] == 2
        assert found.notes["chain: a suite has no place for it"] == 4
        seen = [q.text + case.prompt for case in found.suite.cases.values() for q in case.questions]
        assert not any("a cat" in text for text in seen)

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"timestamps": [3]}, r"timestamps, fps, frame_count: a start, an end and a duration are wanted"),
            ({"timestamps": [5, 3]}, r"timestamps, fps, frame_count: a start"),
            ({"fps": 0}, r"timestamps, fps, frame_count: a start"),
            ({"frame_count": "many"}, r'frame_count: a number from 0 is wanted, found "many"'),
            ({"bboxes": [{"xmin": 1}]}, r"bboxes: objects with xmin and xmax are wanted"),
            ({"vid": None}, r"vid is missing or empty"),
        ],
    )
    def test_what_is_wrong(self, change, why, write_json, imported) -> None:
        (left,) = imported("v-star", write_json([VSTAR, {**VSTAR, **change}])).left_out
        assert re.search(why, left.text), left.text


OVO = {
    "id": 5, "task": "EPM", "video": "v/5.mp4", "realtime": 12.5, "question": "What was cut?",
    "options": ["bread", "an onion"], "gt": 1,
}  # fmt: skip
REC = {
    "id": 6, "task": "REC", "video": "v/6.mp4", "activity": "clap",
    "test_info": [{"realtime": 4, "type": 0, "count": 0}, {"realtime": 9, "type": 1, "count": 2}],
}  # fmt: skip
CRR = {
    "id": 7, "task": "CRR", "video": "v/7.mp4", "question": "Who came in?", "answer": "a man", "ask_time": 3,
    "clue_time": 8, "test_info": [{"realtime": 4, "type": 0}, {"realtime": 9, "type": 1}],
}  # fmt: skip
SSR = {"id": 8, "task": "SSR", "video": "v/8.mp4", "test_info": [{"realtime": 4, "type": 1, "step": "stir"}]}


class TestOvoBench:
    def test_each_query_is_a_case_that_ends_in_its_moment(self, write_json, imported) -> None:
        found = imported("ovo-bench", write_json([OVO, REC, CRR, SSR]))
        answers = {case.id: next(iter(case.answers.values())) for case in found.suite.cases.values()}
        assert answers == {
            "backward/EPM/5/12.5s": "B", "forward/REC/6/4s": "0", "forward/REC/6/9s": "2",
            "forward/CRR/7/4s": "no", "forward/CRR/7/9s": "yes", "forward/SSR/8/4s": "yes",
        }  # fmt: skip
        asked = {case.id: case.questions[0] for case in found.suite.cases.values()}
        assert asked["backward/EPM/5/12.5s"].text == "What was cut?\nA. bread\nB. an onion"
        assert "clap" in asked["forward/REC/6/9s"].text
        assert "Who came in?" in asked["forward/CRR/7/4s"].text
        assert "stir" in asked["forward/SSR/8/4s"].text
        assert {q.axis for q in asked.values()} == {"facts"}
        assert found.notes["answer: a suite has no place for it"] == 1
        assert sum(n for text, n in found.notes.items() if text.startswith("realtime: ")) == 6

    @pytest.mark.parametrize(
        ("bad", "place", "why"),
        [
            ({**OVO, "task": "XYZ"}, "/1", r'task: "XYZ" is none of EPM, ASI, HLD, OCR'),
            ({**OVO, "gt": 2}, "/1", r"options, gt: 2 to 26 options .* found 2 and 2"),
            ({**OVO, "options": ["one"]}, "/1", r"options, gt: 2 to 26 options .* found 1 and 1"),
            ({**OVO, "realtime": None}, "/1", r"realtime: a number from 0 is wanted, found null"),
            (
                {**REC, "test_info": [{"realtime": 4, "count": 51}]},
                "/1/test_info/0",
                r"count: 51 is more than 50",
            ),
            ({**SSR, "test_info": [3]}, "/1/test_info/0", r"an object is wanted, found 3"),
            ({**CRR, "test_info": [{"realtime": 4, "type": 2}]}, "/1/test_info/0", r"type: 0 or 1 is wanted"),
            (OVO, "/1", r"the case backward/EPM/5/12\.5s is already there: .*, /0"),
        ],
    )
    def test_what_is_wrong(self, bad, place, why, write_json, imported) -> None:
        (left,) = imported("ovo-bench", write_json([OVO, bad])).left_out
        assert left.place == place
        assert re.search(why, left.text), left.text


def test_neutral_scales_are_shared_and_their_values_do_not_tell_the_answer(write_json, imported) -> None:
    rows = [{**OVO, "id": number, "gt": number % 2} for number in range(10)]
    found = imported("ovo-bench", write_json(rows))
    questions = [question for case in found.suite.cases.values() for question in case.questions]
    assert {question.scale.id for question in questions} == {"choice_2"}
    assert without_say(questions) == {question.id for question in questions}
    assert {label for case in found.suite.cases.values() for label in case.answers.values()} == {"A", "B"}
