"""The judge on clips: verdicts, settings, prompts, and what enters the fingerprint."""

import dataclasses

import numpy as np
import pytest

from lawful.checklists.suite import Question
from lawful.core.errors import InputError, LawfulError
from lawful.judge.fold import judge_clip
from lawful.judge.make import make_judge
from lawful.judge.protocol import Judge, fingerprint
from lawful.judge.records import Unscored, Verdict
from lawful.judge.task import JudgeSpec
from lawful.judge.vlm.families.table import family_of
from lawful.judge.vlm.prompts import asked_text, model_dialogue, own_dialogue, prefix_tokens, suffix_tokens
from lawful.judge.vlm.settings import WORDING, read_settings
from lawful.video.frames import ClipMeta

FAMILY_NAMES = (
    "qwen3_vl", "qwen2_5_vl", "llava_onevision", "llava_next_video", "smolvlm", "internvl", "qwen3_5",
)  # fmt: skip
META = ClipMeta("ab" * 32, "clip", 64, 48, 2.0)


@pytest.fixture(scope="module")
def judge(model_folder):
    """Makes the judge of a family's tiny model, once for the same settings."""
    held = {}

    def make(name="qwen3_vl", **settings):
        key = (name, repr(sorted(settings.items())))
        if key not in held:
            config = settings if "qwen" in name else {"chat": "family", **settings}
            held[key] = make_judge(JudgeSpec(f"vlm:{model_folder(name)}", config))
        return held[key]

    return make


def verdicts(judge, frames, questions, given=None, repeat=0, sizes=(3,)):
    chunks, start = [], 0
    while start < len(frames):
        chunks += [frames[start : start + size] for size in sizes if frames[start : start + size]]
        start += sum(sizes)
    return judge_clip(judge, META, chunks, questions, given or {}, repeat)


def scores(outcomes):
    return [outcome.score for outcome in outcomes]


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_every_family_answers_every_question(name, judge, frames, questions):
    one = judge(name)
    assert isinstance(one, Judge)
    found = verdicts(one, frames(6), questions)
    assert [type(outcome) for outcome in found] == [Verdict] * 4
    for outcome, question in zip(found, questions, strict=True):
        assert set(outcome.probabilities) == set(question.scale.values)
        (evidence,) = outcome.evidence
        assert (evidence.start_s, evidence.end_s, evidence.law) == (0.0, 2.5, question.law)
        assert evidence.text.endswith("6 frames shown, every 0.5 s from 0.00 to 2.50 s")
        assert evidence.probability == pytest.approx(1 - outcome.score)
        leans = outcome.score < 0.5 or outcome.score == min(scores(found))
        assert [frame.time_s for frame in evidence.frames] == ([0.0, 1.0, 2.5] if leans else [])
        assert outcome.tokens > 0
    assert len({round(score, 9) for score in scores(found)}) == 4


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_order_batches_and_chunks_change_no_score(name, judge, frames, questions):
    one = judge(name)
    expected = scores(verdicts(one, frames(6), questions))
    assert scores(verdicts(one, frames(6), questions, sizes=(1,))) == expected
    assert scores(verdicts(one, frames(6), questions, sizes=(64,))) == expected
    assert scores(verdicts(one, frames(6), questions[::-1]))[::-1] == expected
    assert [scores(verdicts(one, frames(6), [question]))[0] for question in questions] == expected
    batched = verdicts(judge(name, batch_size=3), frames(6), questions)
    assert scores(batched) == pytest.approx(expected, abs=1e-5)
    assert [one.label for one in batched] == [one.label for one in verdicts(one, frames(6), questions)]


def test_tokens_are_shared_out_and_read_once(judge, frames, questions):
    one = judge()
    found = verdicts(one, frames(6), questions)
    alone = verdicts(one, frames(6), questions[:1])[0]
    prefix = one.asker.look(frames(6)).n_tokens
    rows = [one.asker.tokens_of(asked_text(question, WORDING, {}, "no_law")) for question in questions]
    assert alone.tokens == prefix + len(rows[0])
    assert sum(outcome.tokens for outcome in found) < 2 * prefix + sum(map(len, rows)) * 3


def test_frames_decide(judge, frames, questions):
    one = judge()
    assert scores(verdicts(one, frames(6), questions)) != scores(verdicts(one, frames(6, seed=5), questions))


def test_wordings_go_by_repeat(judge, frames, questions):
    one = judge(wordings=["{question} {labels}?", "Tell me: {question}"])
    first, second, third = (scores(verdicts(one, frames(3), questions, repeat=look)) for look in range(3))
    assert first == third
    assert first != second


def test_labels_with_too_little_share_are_unparsed(judge, frames, questions):
    found = verdicts(judge(min_label_share=0.9), frames(3), questions[:1])[0]
    assert isinstance(found, Unscored)
    assert found.reason == "unparsed"
    assert found.detail.endswith("of what the model might say, less than 0.9")
    assert found.leaning is not None
    assert found.evidence


def test_premises_void_what_depends_on_them(judge, frames, questions):
    sure = dataclasses.replace(
        questions[0], scale=dataclasses.replace(questions[0].scale, values={"no": 1.0, "yes": 0.0})
    )
    both = [questions[0], dataclasses.replace(sure, id="unlike")]
    after = dataclasses.replace(questions[3], depends_on=("falls", "unlike"))
    found = verdicts(judge(), frames(3), [*both, after])
    assert isinstance(found[2], Unscored)
    assert found[2].reason == "premise_not_met"


def test_a_rationale_is_kept_and_changes_no_verdict(judge, frames, questions):
    plain = verdicts(judge(), frames(3), questions[:2])
    told = verdicts(judge(rationale=True, rationale_tokens=12), frames(3), questions[:2])
    assert scores(told) == scores(plain)
    assert all(len(outcome.evidence) >= 1 for outcome in told)
    assert all(one.tokens > other.tokens for one, other in zip(told, plain, strict=True))


def test_half_precision_answers_nearly_alike(judge, frames, questions):
    exact, half = (scores(verdicts(judge(**s), frames(4), questions)) for s in ({}, {"dtype": "bfloat16"}))
    assert half == pytest.approx(exact, abs=0.1)


def test_all_that_may_change_a_verdict_is_in_the_fingerprint(judge):
    marks = {
        fingerprint(judge(**settings))
        for settings in (
            {},
            {"policy": {"fps": 4.0}},
            {"policy": {"kind": "count"}},
            {"batch_size": 2},
            {"attention": "eager"},
            {"dtype": "bfloat16"},
            {"wordings": ["{question}"]},
            {"prompt_with": "always"},
            {"chat": "family"},
            {"violation_at": 0.1},
            {"min_label_share": 0.1},
            {"rationale": True},
        )
    }
    assert len(marks) == 12
    assert fingerprint(judge()) == fingerprint(judge(dtype="float32"))


def test_large_files_are_hashed_once_for_all_clips(judge, frames, questions, monkeypatch):
    from lawful.judge.vlm import judge as module

    one = dataclasses.replace(judge(chat="family"))
    asked = []
    monkeypatch.setattr(module, "fingerprint", lambda made: asked.append(made) or "f" * 64)
    marks = {
        one.close(one.push(one.open(META, questions[:1], {}), frames(2)))[0].fingerprint for _ in range(3)
    }
    assert marks == {"f" * 64}
    assert asked == [one]


def test_the_prompt_stands_before_questions_that_name_no_law(questions):
    given = {"prompt": "A ball {falls}.", "expected": "It lands."}
    lawful, free = questions[0], questions[3]
    asked = "Does the ball fall?\nAnswer with one of these and nothing else: yes or no."
    assert asked_text(lawful, WORDING, given, "no_law") == asked
    known = "The video was made for this prompt: A ball {falls}.\nWhat should happen in it: It lands.\n"
    assert asked_text(lawful, WORDING, given, "always") == known + asked
    assert asked_text(free, WORDING, given, "no_law").startswith(known)
    assert asked_text(free, WORDING, given, "never").startswith("Is it what")
    assert "1, 2, 3, 4 or 5" in asked_text(questions[1], WORDING, {}, "never")


def test_given_is_declared(judge):
    assert judge().given == {"prompt", "expected"}
    assert judge(prompt_with="never").given == frozenset()
    assert judge().runs_on == "cpu"


def test_prefix_and_suffix_are_the_whole_prompt_cut_in_two(tokenizer, model_folder, frames):
    for name in FAMILY_NAMES:
        family = family_of(*_files(model_folder(name)), name)
        dialogue = own_dialogue(family)
        text = family.pack(frames(3)).text
        question = " How's that?\n\nYes"
        parts = prefix_tokens(tokenizer, dialogue, text)
        parts += suffix_tokens(tokenizer, dialogue, family.closing_token, question)
        whole = dialogue.before + text + dialogue.between + question + dialogue.after
        assert parts == tokenizer(whole, add_special_tokens=False)["input_ids"]


def _files(folder):
    from lawful.judge.vlm.files import find_model

    files = find_model(str(folder))
    return files.config, files.preprocessing


def test_a_text_starts_as_the_tokenizer_has_it(tokenizer, model_folder, frames):
    family = family_of(*_files(model_folder("llava_next_video")), "m")
    dialogue = own_dialogue(family)
    text = family.pack(frames(2)).text
    plain = prefix_tokens(tokenizer, dialogue, text)

    class Starting:
        bos_token_id = 1

        def __call__(self, text, add_special_tokens=True):
            ids = tokenizer(text, add_special_tokens=False)["input_ids"]
            return {"input_ids": [1, *ids] if add_special_tokens else ids}

    assert prefix_tokens(Starting(), dialogue, text) == [1, *plain]
    written = dataclasses.replace(dialogue, before="<|im_start|>" + dialogue.before)
    assert prefix_tokens(Starting(), written, text) == [1, *plain]


def test_smolvlm_has_an_empty_line_after_the_video(model_folder):
    family = family_of(*_files(model_folder("smolvlm")), "m")
    assert own_dialogue(family).between == "\n\n"


def test_a_models_own_template_is_followed(tokenizer, model_folder, monkeypatch):
    family = family_of(*_files(model_folder("qwen3_vl")), "m")
    template = "{% for m in messages %}SYS {{ m.role }} {% for c in m.content %}"
    template += (
        "{% if c.type == 'video' %}<|vision_start|><|video_pad|><|vision_end|>\n{% else %}{{ c.text }}"
    )
    template += "{% endif %}{% endfor %} END{% endfor %}{% if not enable_thinking %} GO{% endif %}"
    monkeypatch.setattr(tokenizer, "chat_template", template)
    dialogue = model_dialogue(family, tokenizer, "m")
    assert (dialogue.before, dialogue.between, dialogue.after) == ("SYS user ", "\n", " END GO")


def test_thoughts_that_are_over_are_no_hindrance(tokenizer, model_folder, monkeypatch):
    family = family_of(*_files(model_folder("qwen3_5")), "m")
    template = (
        "<|vision_start|><|video_pad|><|vision_end|>{{ messages[0].content[1].text }}<think>\n\n</think>\n\n"
    )
    monkeypatch.setattr(tokenizer, "chat_template", template)
    assert model_dialogue(family, tokenizer, "m").after == "<think>\n\n</think>\n"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (None, r'm has no chat template\. Set chat = "family" to use the plain dialogue'),
        ("{{ messages[0].content[1].text }}", "the chat template of m does not say where a video goes"),
        (
            "{{ messages[0].content[1].text }}<|vision_start|><|video_pad|><|vision_end|>",
            "puts the text before the video",
        ),
        (
            "<|vision_start|><|video_pad|><|vision_end|>{{ messages[0].content[1].text }}\n<think>\n",
            r"has the model think before it answers.*Needed: a model that answers at once, such as the Instruct",
        ),
        (
            "{{ raise_exception('no video here') }}",
            r'the chat template of m cannot be used: TemplateError: no video here\. Set chat = "family"',
        ),
        (
            "{{ 'USER: ' + messages[0].content }}",
            "the chat template of m cannot be used: TypeError: can only concatenate str",
        ),
    ],
)
def test_templates_that_cannot_be_followed_are_refused(
    template, message, tokenizer, model_folder, monkeypatch
):
    family = family_of(*_files(model_folder("qwen3_vl")), "m")
    monkeypatch.setattr(tokenizer, "chat_template", template)
    with pytest.raises(InputError, match=message):
        model_dialogue(family, tokenizer, "m")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fps": 2}, r"m: unknown 'fps'; known: policy, device, dtype.*, tracks$"),
        ({"policy": {"fps": 0}}, r"m\.policy: fps must be above 0, got 0"),
        ({"policy": {"max_frames": 1}}, r"max_frames must be 2 or more, got 1"),
        (
            {"policy": {"kind": "random"}},
            r"kind should be one of fps, count, slow_fast, key_clips, found 'random'",
        ),
        ({"policy": {"count": 2.5}}, "count should be a whole number, found 2.5"),
        (
            {"policy": {"kind": "count", "count": 65}},
            r"m\.policy: count is 65, and no more than max_frames = 64 are ever shown",
        ),
        (
            {"policy": {"kind": "key_clips", "count": 9, "max_frames": 8}},
            r"count is 9, and no more than max_f",
        ),
        ({"policy": 3}, "policy should be an object, found 3"),
        ({"device": "tpu"}, "device should be cpu, cuda or cuda:N, found 'tpu'"),
        ({"device": "cuda:first"}, "device should be cpu, cuda or cuda:N, found 'cuda:first'"),
        ({"device": "cuda:"}, "device should be cpu, cuda or cuda:N, found 'cuda:'"),
        ({"dtype": "int8"}, "dtype should be one of float32, bfloat16, float16, found 'int8'"),
        ({"batch_size": 0}, "batch_size must be 1 or more, got 0"),
        ({"rationale_tokens": 0}, "rationale_tokens must be 1 or more, got 0"),
        ({"wordings": []}, r"wordings is empty\. Needed: at least one text with {question} in it"),
        ({"wordings": ["yes?"]}, r"the wording 'yes\?' has no {question} in it"),
        (
            {"wordings": ["{question}", "{question}"]},
            r"a wording is given twice\. More looks .* with --repeat",
        ),
        ({"violation_at": 0.5}, "violation_at must be below clear_at, got 0.5 and 0.5"),
        ({"rationale": "yes"}, "rationale should be true or false, found 'yes'"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        read_settings(settings, "m")


def test_a_clip_without_frames_is_an_error(judge, questions):
    one = judge()
    with pytest.raises(LawfulError, match="clip: no frame was pushed"):
        one.close(one.open(META, questions, {}))


def test_a_question_with_one_label_is_not_asked(judge, frames, questions):
    only = dataclasses.replace(questions[0].scale, values={"yes": 1.0})
    lone = Question("lone", "?", "physics", only)
    (found,) = verdicts(judge(), frames(3), [lone])
    assert found.reason == "not_asked"


def test_uneven_times_are_all_told(judge, frames, questions):
    uneven = dataclasses.replace(frames(3), times_s=np.array([0.0, 0.5, 2.0]))
    (found,) = verdicts(judge(), uneven, questions[:1])
    assert found.evidence[0].text.endswith("3 frames shown, at 0.00 0.50 2.00 s")
