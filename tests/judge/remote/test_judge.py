"""What is sent, in every mode, and what verdicts hold."""

import base64
import io
import json

import av
import numpy as np
import pytest
from PIL import Image

from lawful.checklists.importers.scales import GOOD_MEDIUM_POOR
from lawful.checklists.suite import Question, Scale
from lawful.core.errors import InputError, LawfulError
from lawful.judge.protocol import Remote, Varied, fingerprint
from lawful.judge.records import Unscored, Verdict
from lawful.judge.remote.answers import Form
from lawful.judge.remote.asking import RAW_CHARS
from lawful.judge.remote.settings import RemoteSettings
from lawful.judge.remote.sights import video_parts
from lawful.judge.ruler import ruler_messages
from lawful.judge.vlm.prompts import asked_text
from lawful.video.frames import Frames

RULER = [Question(f"r{at}", f"Is part {at} right?", "Rule Coherence", GOOD_MEDIUM_POOR) for at in range(3)]
FIVE = Scale("five", {"1": 0.0, "2": 0.25, "3": 0.5, "4": 0.75, "5": 1.0})


def bodies(stub):
    return [body for body, _ in stub.seen]


def texts(body):
    return [part["text"] for part in body["messages"][-1]["content"] if part["type"] == "text"]


def test_it_is_a_judge_that_asks_a_server(judge):
    one = judge()
    assert isinstance(one, Remote)
    assert isinstance(one, Varied)
    assert (one.name, one.runs_on, one.fps, one.n_wordings) == ("openai:stub", "network", 2.0, 1)
    assert one.at_fps(4.0).fps == 4.0
    assert one.at_fps(4.0).line is one.line
    counted = judge(policy={"kind": "count", "count": 3})
    assert counted.fps is None
    with pytest.raises(InputError, match=r'policy.kind = "count" shows 3 frames at any rate'):
        counted.at_fps(1.0)


def test_one_question_a_call_video_first_then_the_question_and_the_form(stub, judge, ask, questions):
    asked = questions(2)
    ask(judge({"at_once": 1}), asked, {"prompt": "A ball falls."})
    body = bodies(stub)[1]
    assert {name: body[name] for name in ("model", "max_tokens", "temperature", "logprobs", "top_logprobs")} == {
        "model": "stub", "max_tokens": 1024, "temperature": 0.0, "logprobs": True, "top_logprobs": 10,
    }  # fmt: skip
    assert "seed" not in body
    form = Form("schema", reasons=False, as_list=False)
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": form.schema(asked[1:])},
    }
    (message,) = body["messages"]
    kinds = [part["type"] for part in message["content"]]
    assert kinds == ["text", *["text", "image_url"] * 4, "text"]
    assert texts(body) == [
        "The video, as frames in order:", "0.00 s", "0.50 s", "1.00 s", "1.50 s",
        f"{asked_text(asked[1], '{question}' + chr(10) + 'Answer with one of these labels: {labels}.', {}, 'never')}\n{form.told}",
    ]  # fmt: skip
    (_, headers) = stub.seen[0]
    assert headers["authorization" if "authorization" in headers else "Authorization"] == f"Bearer {stub.key}"


def test_pictures_are_the_frames(stub, judge, ask, questions, clip):
    ask(judge(frame_times=False, jpeg_quality=100), questions(1))
    content = bodies(stub)[0]["messages"][0]["content"]
    pictures = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    _, frames = clip
    for url, rgb in zip(pictures, frames.rgb, strict=True):
        kind, _, packed = url.partition(",")
        assert kind == "data:image/jpeg;base64"
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(packed))), np.int16)
        smooth = rgb.mean((0, 1))
        assert shown.shape == rgb.shape
        assert np.abs(shown.mean((0, 1)) - smooth).max() < 4
    assert [part["type"] for part in content] == ["text", *["image_url"] * 4, "text"]


def test_frames_may_be_sent_as_one_video(stub, judge, ask, questions):
    ask(judge(frames_as="video"), questions(1))
    (part,) = [one for one in bodies(stub)[0]["messages"][0]["content"] if one["type"] == "video_url"]
    kind, _, packed = part["video_url"]["url"].partition(",")
    assert kind == "data:video/mp4;base64"
    with av.open(io.BytesIO(base64.b64decode(packed))) as video:
        times = [frame.time for frame in video.decode(video=0)]
    assert times == pytest.approx([0.0, 0.5, 1.0, 1.5], abs=0.01)


@pytest.mark.parametrize(("n", "height", "width"), [(1, 24, 32), (3, 25, 33), (2, 17, 480)])
def test_clips_of_any_size_can_be_sent_as_a_video(n, height, width):
    rgb = np.random.default_rng(0).integers(0, 255, (n, height, width, 3), dtype=np.uint8)
    frames = Frames(rgb, np.arange(n) / 2.0, np.arange(n, dtype=np.int64))
    (part,) = video_parts(frames, RemoteSettings(frames_as="video"))
    with av.open(io.BytesIO(base64.b64decode(part["video_url"]["url"].partition(",")[2]))) as video:
        assert len(list(video.decode(video=0))) == n


def test_a_verdict_holds_probabilities_times_and_who_answered(stub, judge, ask, questions):
    stub.headers = {"openai-version": "2026-05-01"}
    (verdict,) = ask(judge(), questions(1))
    share = stub.oracle("Is number 0 as it should be?")
    assert verdict.probabilities == pytest.approx({"yes": share, "no": 1 - share})
    assert verdict.score == pytest.approx(share)
    assert verdict.tokens == 107
    shown, said = sorted(verdict.evidence, key=lambda one: one.text.startswith("answered: "))
    assert "4 frames shown, every 0.5 s from 0.00 to 1.50 s" in shown.text
    assert shown.text.endswith(
        "served by model stub-2026-01-01, system_fingerprint fp_1, openai-version 2026-05-01"
    )
    assert said.text == f'answered: {{"label": "{verdict.label}"}}'
    assert (shown.law, shown.start_s, shown.end_s) == ("gravity", 0.0, 1.5)


def test_without_log_probabilities_the_label_alone_counts(stub, judge, ask, questions):
    stub.with_logprobs = False
    (verdict,) = ask(judge(), questions(1))
    assert verdict.score in (0.0, 1.0)
    assert set(verdict.probabilities.values()) == {0.0, 1.0}
    assert "(the label alone: no probabilities are given)" in verdict.evidence[0].text
    stub.seen.clear()
    ask(judge(logprobs=False), questions(1))
    assert "logprobs" not in bodies(stub)[0]


def test_labels_that_hold_too_little_are_no_answer(stub, judge, ask, questions):
    stub.answer = lambda body: ('{"label": "yes"}', {"yes": {"yes": 0.05, "maybe": 0.95}})
    (outcome,) = ask(judge(min_label_share=0.1), questions(1))
    assert (outcome.reason, outcome.leaning) == ("unparsed", 1.0)
    assert outcome.detail == "the labels hold 0.05 of what the model might say, less than 0.1"


def test_reasons_are_evidence_with_their_times(stub, judge, ask, questions):
    why = "It stops in the air at <t>1.0</t>. That is odd."
    stub.answer = lambda body: (json.dumps({"why": why, "label": "no"}), {"no": {"no": 0.9, "yes": 0.1}})
    (verdict,) = ask(judge(rationale=True), questions(1))
    assert verdict.score == pytest.approx(0.1)
    cited = [one for one in verdict.evidence if one.text.startswith("It stops")]
    assert [(one.start_s, one.end_s, one.probability) for one in cited] == [(1.0, 1.0, pytest.approx(0.9))]
    assert 'Answer as JSON: {"why": "...", "label": "..."}. Under "why": Say in' in texts(bodies(stub)[0])[-1]


def test_answers_in_words_are_asked_for_without_a_schema(stub, judge, ask, questions):
    stub.answer = lambda body: ("Yes.", {"Yes": {"Yes": 0.6, "yes": 0.1, "No": 0.3}})
    (verdict,) = ask(judge(output="text"), questions(1))
    assert verdict.score == pytest.approx(0.7)
    assert "response_format" not in bodies(stub)[0]
    assert texts(bodies(stub)[0])[-1].endswith("Write the label and nothing else.")


def test_a_temperature_takes_its_seed_from_the_repeat_and_wordings_take_turns(stub, judge, ask, questions):
    one = judge(temperature=0.7, wordings=["{question} One of {labels}.", "Say {labels}: {question}"], token_limit="max_completion_tokens", extra={"reasoning_effort": "low"})  # fmt: skip
    ask(one, questions(1), repeat=3)
    (body,) = bodies(stub)
    assert (body["seed"], body["temperature"], body["reasoning_effort"]) == (3, 0.7, "low")
    assert (body["max_completion_tokens"], "max_tokens" in body) == (1024, False)
    assert texts(body)[-1].startswith("Say yes or no: Is number 0")
    stub.seen.clear()
    ask(judge(temperature="server"), questions(1))
    assert not {"temperature", "seed"} & set(bodies(stub)[0])


def test_questions_whose_premise_fails_are_not_asked(stub, judge, ask):
    scale = Scale("yes_no", {"yes": 1.0, "no": 0.0})
    base, high, top = (
        Question(name, f"Is {name} so?", "facts", scale, depends_on=after)
        for name, after in (("base", ()), ("high", ("base",)), ("top", ("high",)))
    )
    stub.answer = lambda body: ('{"label": "no"}', None)
    outcomes = ask(judge(), [top, high, base])
    assert [getattr(one, "reason", None) for one in outcomes] == ["premise_not_met", "premise_not_met", None]
    assert len(stub.seen) == 1
    stub.answer = lambda body: ('{"label": "yes"}', None)
    assert [one.label for one in ask(judge(), [top, high, base])] == ["yes"] * 3
    stub.seen.clear()
    stub.fault = lambda text, n, is_repair: "500"
    outcomes = ask(judge({"attempts": 1}), [top, high, base])
    assert [one.reason for one in outcomes] == ["no_answer"] * 3
    assert len(stub.seen) == 1


def ruler_answer(labels, tops=None):
    return lambda body: (json.dumps({"labels": list(labels)}), tops)


def test_ruler_asks_all_questions_at_once_in_the_protocols_messages(stub, judge, ask):
    tops = {"Good": {"Good": 0.8, "Medium": 0.2}, "Poor": {"Poor": 0.5, "Good": 0.25, "Medium": 0.25}}
    stub.answer = ruler_answer(["Good", "Poor", "Good"], tops)
    outcomes = ask(judge(protocol="ruler"), RULER, {"prompt": "A ball falls.", "expected": "It bounces."})
    assert [one.score for one in outcomes] == pytest.approx([0.9, 0.375, 0.9])
    assert [one.tokens for one in outcomes] == [36, 36, 35]
    (body,) = bodies(stub)
    system, user = ruler_messages(RULER, "A ball falls.", "It bounces.", (), "json")
    assert body["messages"][0] == {"role": "system", "content": system.parts[0].text}
    said = [part.text for part in user.parts if hasattr(part, "text")]
    assert [text for text in texts(body) if not text.endswith(" s")] == said
    schema = body["response_format"]["json_schema"]["schema"]
    assert (schema["properties"]["labels"]["minItems"], schema["properties"]["labels"]["maxItems"]) == (3, 3)


def test_ruler_shows_the_first_frame_where_it_is_given(stub, judge, ask, tmp_path):
    path = tmp_path / "first.png"
    Image.fromarray(np.full((48, 1024, 3), 200, np.uint8)).save(path)
    stub.answer = ruler_answer(["Good"])
    one = judge(protocol="ruler_each")
    assert one.given == {"prompt", "expected", "first_frame"}
    assert judge(protocol="ruler").given == {"prompt", "expected", "first_frame", "questions"}
    assert judge(protocol="ruler", prompt_with="never").given == {"questions"}
    assert judge().given == {"prompt", "expected"}
    ask(one, RULER[:1], {"prompt": "p", "first_frame": str(path)})
    content = bodies(stub)[0]["messages"][1]["content"]
    assert [content[0]["text"], content[1]["type"]] == ["Input image:", "image_url"]
    packed = content[1]["image_url"]["url"].partition(",")[2]
    assert Image.open(io.BytesIO(base64.b64decode(packed))).size == (512, 24)
    with pytest.raises(LawfulError, match=r"absent.png: the first frame cannot be read"):
        ask(one, RULER[:1], {"prompt": "p", "first_frame": str(tmp_path / "absent.png")})


def test_ruler_needs_the_prompt_unless_it_is_not_told(stub, judge, ask):
    stub.answer = ruler_answer(["Good"])
    with pytest.raises(LawfulError, match="tells what the video was made for, and its prompt is not known"):
        ask(judge(protocol="ruler"), RULER[:1])
    (outcome,) = ask(judge(protocol="ruler", prompt_with="never"), RULER[:1])
    assert isinstance(outcome, Verdict)


def test_ruler_with_a_list_of_another_length_scores_nothing(stub, judge, ask):
    stub.answer = ruler_answer(["Good", "Poor"])
    outcomes = ask(judge(protocol="ruler"), RULER, {"prompt": "p"})
    assert {(type(one), one.reason) for one in outcomes} == {(Unscored, "unparsed")}
    assert outcomes[0].detail == "the answer has 2 labels for 3 questions; asked twice"
    assert len(stub.seen) == 2
    assert [one.tokens for one in outcomes] == [72, 71, 71]


def test_ruler_answers_its_own_scale_alone(judge, questions):
    one = judge(protocol="ruler")
    assert one.answers(RULER[0])
    assert not one.answers(questions(1)[0])
    assert judge().answers(questions(1)[0])
    assert not judge().answers(Question("q", "?", "a", Scale("one", {"yes": 1.0})))


def test_long_answers_are_kept_in_part(stub, judge, ask, questions):
    stub.answer = lambda body: ("x" * 10_000, None)
    (outcome,) = ask(judge(), questions(1))
    assert len(outcome.evidence[0].text) < 2 * RAW_CHARS + 100
    assert f"{'x' * RAW_CHARS}... (10,000 characters)" in outcome.evidence[0].text


def test_every_verdict_is_under_the_judges_fingerprint(judge, ask, questions):
    one = judge()
    assert {outcome.fingerprint for outcome in ask(one, questions(3))} == {fingerprint(one)}


def test_what_no_terminal_should_be_sent_is_not_kept(stub, judge, ask, questions):
    stub.answer = lambda body: ("\x1b[2J\ud800", None)
    (outcome,) = ask(judge(), questions(1))
    for text in (outcome.detail, outcome.evidence[0].text):
        assert "\ufffd[2J\ufffd" in text
        assert text.isprintable()
