"""RULER-Bench's protocol put to a model: its prompt, its answers in turn, and the way from its file to its figures."""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from lawful.checklists.importers.scales import GOOD_MEDIUM_POOR, YES_NO
from lawful.checklists.suite import Question
from lawful.cli.main import lawful
from lawful.core.errors import InputError
from lawful.generators.worlds.demo import write_demo
from lawful.judge.fold import judge_clip
from lawful.judge.make import make_judge
from lawful.judge.messages import Message, Sight, Text
from lawful.judge.protocol import fingerprint
from lawful.judge.reading import read_run
from lawful.judge.records import Unscored, Verdict
from lawful.judge.ruler import ruler_messages
from lawful.judge.task import JudgeSpec
from lawful.judge.vlm import asking
from lawful.judge.vlm.labels import LabelShares, label_tokens
from lawful.judge.vlm.protocols import begun, framing
from lawful.video.frames import ClipMeta

GOLDEN = Path(__file__).parent / "golden" / "ruler_prompt.txt"
ASKED = tuple(
    Question(name, text, "Rule Coherence", GOOD_MEDIUM_POOR)
    for name, text in (("q1", "Does the ball fall?"), ("q2", "Does it stay whole?"), ("q3", "Is it sharp?"))
)
KNOWN = {"prompt": "A ball is let go.", "expected": "It falls faster and faster."}


@pytest.fixture
def judge(model_folder):
    """Makes a judge with a protocol."""

    def make(protocol, family="qwen3_vl", **settings):
        return make_judge(JudgeSpec(f"vlm:{model_folder(family)}", {"protocol": protocol, **settings}))

    return make


@pytest.fixture
def verdicts(frames):
    """What a judge says of the frames."""

    def look(judge, questions=ASKED, given=KNOWN):
        meta = ClipMeta("ab" * 32, "clip", 64, 48, 2.0)
        return judge_clip(judge, meta, [frames(5)], questions, given)

    return look


@pytest.fixture
def read(monkeypatch):
    """The tokens that a model reads: those up to the video's end, and each row after them."""
    seen = {"prefix": [], "rows": []}
    read_prefix, next_logits = asking.read_prefix, asking.next_logits

    def prefix(loaded, tokens, packed):
        seen["prefix"].append(list(tokens))
        return read_prefix(loaded, tokens, packed)

    def logits(loaded, prefix, rows, *rest):
        seen["rows"] += [list(row) for row in rows]
        return next_logits(loaded, prefix, rows, *rest)

    monkeypatch.setattr(asking, "read_prefix", prefix)
    monkeypatch.setattr(asking, "next_logits", logits)
    return seen


@pytest.fixture
def mixed(monkeypatch):
    """Has every question get another label than the one before, which random models do not give of themselves."""
    wanted = itertools.cycle(("Medium", "Good", "Poor", "Good", "Poor"))

    def one_of(tokens, logits):
        label = next(wanted)
        return LabelShares({other: 0.8 if other == label else 0.1 for other in tokens.whole}, 1.0)

    monkeypatch.setattr(asking, "shares_of_whole", one_of)


def shares(outcomes):
    return [outcome.probabilities for outcome in outcomes]


def test_the_prompt_is_that_of_the_file(judge, verdicts, read, mixed, tokenizer) -> None:
    outcomes = verdicts(judge("ruler"))
    (prefix,) = read["prefix"]
    text = tokenizer.decode(prefix).replace("<|video_pad|>", "")
    # The labels take several tokens here: the first row of each question is that of the label Good.
    begins = [tokenizer.decode(row) for row in read["rows"][::3]]
    assert text + begins[0].removesuffix("Good") == GOLDEN.read_text(encoding="utf-8")
    labels = [outcome.label for outcome in outcomes]
    assert labels == ["Medium", "Good", "Poor"]
    for number, row in enumerate(begins):
        assert row.partition("assistant\n")[2] == begun(labels[:number]) + "Good"
    assert len({row.partition("assistant\n")[0] for row in begins}) == 1


def test_each_label_is_read_off_after_those_before_it(judge, verdicts, frames) -> None:
    made = judge("ruler")
    outcomes = verdicts(made)
    asker, labels = made.asker, []
    framed = framing(ruler_messages(ASKED, *KNOWN.values()))
    prefix = asker.look(frames(5), None, framed.before)
    for question, outcome in zip(ASKED, outcomes, strict=True):
        (answer,) = asker.answers(prefix, [question], [framed.after], begun(labels))
        assert answer.shares.probabilities == outcome.probabilities
        labels.append(outcome.label)


def test_one_question_is_the_same_at_once_and_alone(judge, verdicts) -> None:
    for question in ASKED:
        assert shares(verdicts(judge("ruler"), [question])) == shares(
            verdicts(judge("ruler_each"), [question])
        )


def test_alone_no_question_sees_another(judge, verdicts) -> None:
    each = judge("ruler_each")
    forward, back = verdicts(each), verdicts(each, ASKED[::-1])
    assert shares(forward) == shares(back)[::-1]
    assert shares(forward) != shares(verdicts(judge("ruler")))
    assert shares(verdicts(each, ASKED[1:])) == shares(forward)[1:]


@pytest.mark.parametrize("family", ["llava_next_video", "smolvlm", "internvl"])
def test_it_is_put_to_models_without_a_chat_template(judge, verdicts, family) -> None:
    outcomes = verdicts(judge("ruler", family, chat="family"))
    assert all(isinstance(outcome, Verdict) for outcome in outcomes)
    assert all(outcome.probabilities.keys() == {"Good", "Medium", "Poor"} for outcome in outcomes)


def test_what_is_told_changes_the_answer_and_can_be_left_out(judge, verdicts, read, tokenizer) -> None:
    told = shares(verdicts(judge("ruler")))
    assert told != shares(verdicts(judge("ruler"), given={**KNOWN, "expected": "It flies up."}))
    read["prefix"].clear()
    blind = verdicts(judge("ruler", prompt_with="never"))
    assert shares(blind) != told
    text = tokenizer.decode(read["prefix"][0])
    assert "let go" not in text
    assert "faster" not in text
    with pytest.raises(
        Exception, match=r'failed in open: InputError: protocol = "ruler" tells what the video was made'
    ):
        verdicts(judge("ruler"), given={})


def test_a_prompt_that_would_end_the_turn_is_refused(judge, verdicts) -> None:
    with pytest.raises(
        Exception, match=r"holds '<\|im_end\|>', which the model's tokenizer takes for a sign"
    ):
        verdicts(judge("ruler"), given={"prompt": "A ball.<|im_end|>"})


def test_questions_of_other_labels_are_not_asked(judge, verdicts) -> None:
    seen = Question("seen", "Is a ball there?", "facts", YES_NO)
    needs = replace(ASKED[1], depends_on=("seen",))
    outcomes = verdicts(judge("ruler"), [seen, ASKED[0], needs])
    assert isinstance(outcomes[0], Unscored)
    assert outcomes[0].reason == "not_asked"
    assert all(isinstance(outcome, Verdict) for outcome in outcomes[1:])


def test_a_question_whose_premise_failed_is_unscored(judge, verdicts) -> None:
    made = judge("ruler")
    needs = [replace(question, depends_on=("q1",)) for question in ASKED[1:]]
    first, *rest = verdicts(made, [ASKED[0], *needs])
    assert first.label != "Good"
    assert [outcome.reason for outcome in rest] == ["premise_not_met"] * 2


def test_labels_in_an_answer_that_was_begun_end_with_its_quotation_mark(tokenizer) -> None:
    tokens = label_tokens(tokenizer, GOOD_MEDIUM_POOR, '"')
    (close,) = tokenizer('"')["input_ids"]
    assert {label: tokenizer.decode(ids) for label, ids in tokens.whole.items()} == {
        label: f'{label}"' for label in GOOD_MEDIUM_POOR.values
    }
    assert all(ids[-1] == close for ids in tokens.whole.values())


def test_the_protocol_is_part_of_the_fingerprint_and_of_what_is_given(judge) -> None:
    made = [judge(protocol) for protocol in ("own", "ruler", "ruler_each")]
    assert len({fingerprint(one) for one in made}) == 3
    assert [sorted(one.given) for one in made] == [
        ["expected", "prompt"],
        ["expected", "prompt", "questions"],
        ["expected", "prompt"],
    ]


def test_settings_and_messages_that_do_not_fit(judge) -> None:
    with pytest.raises(
        InputError, match=r"protocol should be one of own, one_key, ruler, ruler_each, found 'mme'"
    ):
        judge("mme")
    with pytest.raises(InputError, match=r'protocol = "ruler" has words of its own\. Leave out wordings'):
        judge("ruler", wordings=["{question}?"])
    with pytest.raises(InputError, match=r"these messages show first_frame, video"):
        framing(ruler_messages(ASKED, "A ball.", None, ["first_frame"]))
    with pytest.raises(InputError, match=r"these messages show nothing"):
        framing([Message("user", (Text("Hello"),))])
    assert framing([Message("user", (Text("See:"), Sight("video"), Text("Well?")))]).after == "Well?"


METRICS = ("Instruction Following", "Visual Consistency", "Visual Fidelity", "Rule Coherence")


def rows(last="Does it come up lower each time?"):
    """Rows as RULER-Bench publishes them."""
    texts = ("Is a ball let go?", "Is it the same ball?", "Is it sharp?", last)
    checklist = [{metric: text} for metric, text in zip(METRICS, texts, strict=True)]
    kept = {"checklist": checklist, "prompt": "A ball is let go above a net."}
    return [
        {
            "category": "science",
            "task_name": "physics",
            "index": 1,
            "implicit_explanation": "It slows.",
            **kept,
        },
        {
            "category": "humanity",
            "task_name": "sport",
            "index": 2,
            **kept,
            "checklist": json.dumps(checklist),
        },
    ]


@pytest.fixture
def cli(model_folder, tmp_path):
    """Runs commands on two clips of two rows."""
    clips = tmp_path / "clips"
    written = [path for path in write_demo(clips) if path.suffix == ".mp4"]
    for path in written[2:]:
        path.unlink()
    names = [path.relative_to(clips) for path in written[:2]]
    cases = ("science/physics/1", "humanity/sport/2")
    table = "".join(f"{name},,{case}\n" for name, case in zip(names, cases, strict=True))
    (tmp_path / "prompts.csv").write_text(f"file,prompt,case\n{table}")
    judge = f"vlm:{model_folder('qwen3_vl')}"

    def run(*arguments):
        result = CliRunner().invoke(lawful, [str(one) for one in arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    def score(protocol, suite, out):
        (tmp_path / "judges.toml").write_text(
            f'["{judge}"]\nprotocol = "{protocol}"\npolicy = {{long_side_px = 64}}\n'
        )
        return run(
            "score", clips, "--judge", judge, "--judge-config", tmp_path / "judges.toml", "--suite", suite,
            "--prompts", tmp_path / "prompts.csv", "--out", out, "--workers", "0", "--generator", "tiny",
        )  # fmt: skip

    def imported(name, lines):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in lines))
        run(
            "checklists",
            "import",
            "ruler",
            tmp_path / f"{name}.jsonl",
            "--out",
            tmp_path / f"{name}.json",
            "--force",
        )
        return tmp_path / f"{name}.json"

    return run, score, imported


def test_from_the_published_file_to_the_published_figures(cli, mixed, tmp_path) -> None:
    run, score, imported = cli
    assert "2 judged now" in score("ruler", imported("data", rows()), tmp_path / "run")
    values, by_metric = {"Good": 100.0, "Medium": 50.0, "Poor": 0.0}, {metric: [] for metric in METRICS}
    for clip in read_run(tmp_path / "run"):
        (outcomes,) = clip.repeats
        assert [type(outcome) for outcome in outcomes] == [Verdict] * 4
        for outcome in outcomes:
            number = int(outcome.question_id.rpartition("q")[2])
            by_metric[METRICS[number - 1]].append(values[outcome.label])
    told = run("compare", tmp_path / "run", "--aggregate", "ruler", "--format", "json", "--out", "-")
    (section,) = json.loads(told)["sections"]
    (table,) = [one for one in section["tables"] if one["id"] == "ruler_compat"]
    (overall,) = [one for one in table["rows"] if one["category"] == "overall"]
    mean = {metric: sum(numbers) / 2 for metric, numbers in by_metric.items()}
    assert len(set(mean.values())) > 1
    assert {metric: overall[metric.lower()]["value"] for metric in METRICS} == pytest.approx(mean)
    assert overall["average"]["value"] == pytest.approx(sum(mean.values()) / 4)


@pytest.mark.parametrize(("protocol", "n_anew"), [("ruler", 4), ("ruler_each", 1)])
def test_at_once_a_changed_question_asks_all_anew(protocol, n_anew, cli, tmp_path, monkeypatch) -> None:
    _, score, imported = cli
    asked, ask = [], asking.Asker.ask

    def counted(self, frames, questions, *rest):
        asked.append(len(questions))
        return ask(self, frames, questions, *rest)

    monkeypatch.setattr(asking.Asker, "ask", counted)
    score(protocol, imported("data", rows()), tmp_path / "run")
    assert "0 judged now" in score(protocol, imported("data", rows()), tmp_path / "run")
    assert asked == [4, 4]
    score(protocol, imported("data", rows("Does it stop in the net?")), tmp_path / "run")
    assert asked[2:] == [n_anew, n_anew]
