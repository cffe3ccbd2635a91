"""A judge is tuned to what people said: scores from 1 to 5, sub-questions in the prompt, one key in the answer."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lawful.checklists.document import suite_document
from lawful.checklists.importers.scales import ONE_TO_FIVE
from lawful.checklists.suite import Question, Suite
from lawful.cli.main import lawful
from lawful.judge.fold import judge_clip
from lawful.judge.make import make_judge
from lawful.judge.task import JudgeSpec
from lawful.video.read import open_video

ASKED = Question(
    "gravity",
    "Does it fall as it should?\nThink of these first:\n- Is there a ball?",
    "physics",
    ONE_TO_FIVE,
    "gravity",
)
CONFIG = """
[data]
train = {{ labels = "{labels}" }}
dev_share = 0.3
suite = "{suite}"
{model}
[judge]
protocol = "one_key"
policy = {{ kind = "fps", fps = 4, long_side_px = 32, max_frames = 4 }}
[train]
full = true
steps = 12
batch = 4
learning_rate = 3e-3
warmup = 1
decay = 0
score_weight = 1.0
metric = "error"
evaluate_every = 12
"""


@pytest.fixture
def rated(pairs, model_table, tmp_path):
    """A file of labels as `lawful ratings labels` writes it: broken clips have 1 or 2, lawful ones 4 or 5."""
    suite = tmp_path / "suite.json"
    suite.write_text(json.dumps(suite_document(Suite("some", "1", "For tests", "CC0-1.0", (ASKED,)))))
    with (pairs() / "labels.csv").open(newline="") as file:
        clips = list(csv.DictReader(file))
    rows = [
        {
            "file": str(pairs() / clip["file"]), "question": "gravity", "group": clip["number"],
            "label": str((1 if clip["violation"] else 4) + at % 2), "value": (0.1 if clip["violation"] else 0.8) + 0.1 * (at % 2),
        }
        for at, clip in enumerate(sorted(clips, key=lambda clip: (clip["violation"] != "", clip["number"])))
    ]  # fmt: skip
    labels = tmp_path / "labels.jsonl"
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = tmp_path / "judge.toml"
    path.write_text(CONFIG.format(labels=labels, suite=suite, model=model_table))
    return path, rows


def test_a_judge_of_scores_is_trained_and_asked_as_it_was_trained(rated, tmp_path):
    path, rows = rated
    asked = [
        "train",
        "judge",
        "--config",
        str(path),
        "--out",
        str(tmp_path / "out"),
        "--from-config",
        "--quiet",
    ]
    done = CliRunner().invoke(lawful, asked)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "out" / "model"
    told = json.loads((folder / "training.json").read_text())
    assert told["data"]["train"]["examples"] + told["data"]["dev"]["examples"] == len(rows)
    assert told["measured_on"]["dev"] == told["data"]["dev"]["examples"]
    # To know which labels there are is learnt at once.
    first, last = told["dev"]
    assert last["loss"] < 0.95 * first["loss"]
    judge = make_judge(JudgeSpec(f"vlm:{folder}", {}))
    assert judge.settings.protocol == "one_key"
    with open_video(Path(rows[0]["file"])) as video:
        (outcome,) = judge_clip(
            judge, video.meta, video.chunks(judge.sampling, 3), [ASKED], {"prompt": "A ball falls."}
        )
    assert outcome.label in ONE_TO_FIVE.values
    assert 0 <= outcome.score <= 1
