"""A million verdicts: stored by the driver's code, then reported as JSON lines by the command's code.

python benchmarks/store_speed.py [--clips 25000] [--questions 40]
"""

import argparse
import tempfile
import time
from pathlib import Path

from lawful.checklists.load import load_suite
from lawful.checklists.suite import Question, Scale
from lawful.judge.make import make_judge
from lawful.judge.protocol import fingerprint
from lawful.judge.records import Evidence, Unscored, Verdict
from lawful.judge.store import Look, StoredInput, open_store
from lawful.judge.task import JudgeSpec, Outcome
from lawful.video.frames import Box


def verdicts_on(sha256: str, questions: list[Question], judge: str, clip: int) -> list[Verdict | Unscored]:
    """Outcomes as a real run has them: most clear, one in ten unscored, one in forty with evidence."""
    outcomes: list[Verdict | Unscored] = []
    for at, question in enumerate(questions):
        number = clip * len(questions) + at
        if number % 10 == 3:
            outcomes.append(
                Unscored(sha256, question.id, "abstained", "too short: 5 frames", judge, leaning=0.5)
            )
            continue
        bad = (number * 7919 % 1000) / 1000
        found = ()
        if number % 40 == 0:
            box = Box(0.1, 0.2, 0.3, 0.4)
            text = "a 34 px wide object was gone from one frame to the next at 1.20 s"
            found = (Evidence(1.2, 1.24, box, question.law, 34.0, "px", text, probability=bad),)
        label = question.scale.worst if bad > 0.5 else question.scale.best
        probabilities = {question.scale.best: 1 - bad, question.scale.worst: bad}
        outcomes.append(
            Verdict(sha256, question.id, label, probabilities, 1 - bad, judge, found, seconds=0.01)
        )
    return outcomes


def measure_store(run: Path, clips: int = 25_000, count: int = 40) -> None:
    """Store and report, each timed once from an empty folder."""
    from lawful.judge.reading import read_run
    from lawful.reports.head import read_head
    from lawful.reports.write import write_report

    scale = Scale("yes_no", {"yes": 1.0, "no": 0.0})
    laws = [question.law for question in load_suite("physics").questions]
    questions = [
        Question(f"q{at}", f"Is thing {at} as it should be?", "physics", scale, laws[at % len(laws)])
        for at in range(count)
    ]
    judge = make_judge(JudgeSpec("frame-difference"))
    key = fingerprint(judge)
    start = time.perf_counter()
    with open_store(run) as store:
        sheet, judge_row, given = store.sheet("bench", "1", questions), store.judge(judge), store.given({})
        for clip in range(clips):
            sha256 = f"{clip:064x}"
            outcome = Outcome(
                clip, tuple(verdicts_on(sha256, questions, key, clip)), None, 5.0, 832, 480, 120
            )
            look = Look(sheet, judge_row, key, given, sha256, 0)
            store.record(StoredInput(f"clip-{clip}.mp4", f"/clips/clip-{clip}.mp4"), look, outcome, questions)
    stored_s = time.perf_counter() - start
    start = time.perf_counter()
    write_report(read_run(run), read_head(run), {"jsonl": run / "report.jsonl"})
    reported_s = time.perf_counter() - start
    lines = sum(1 for _ in (run / "report.jsonl").open())
    print(f"\n{clips * count:,} verdicts ({clips:,} clips x {count} questions), n = 1\n")
    print("| what | s |\n|---|---|")
    print(f"| made and stored, one transaction a clip | {stored_s:.1f} |")
    print(f"| read and reported as {lines:,} JSON lines | {reported_s:.1f} |")
    print(f"\nstore {(run / 'lawful.db').stat().st_size / 1e6:.0f} MB")


def main() -> None:
    """Measure in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clips", type=int, default=25_000)
    parser.add_argument("--questions", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measure_store(Path(name), arguments.clips, arguments.questions)


if __name__ == "__main__":
    main()
