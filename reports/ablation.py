"""The ablation of a judge's training as tables: both classes, bias, balance, pairs, laws, with intervals."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Shaped

from lawful.judge.vlm.train.ablation import Ablation
from lawful.judge.vlm.train.config import Arm
from lawful.judge.vlm.train.measure import Answered
from lawful.reports.results import Cell, ResultDocument, ResultSection, ResultTable
from lawful.reports.stats.inputs import Labels
from lawful.reports.stats.resample import bootstrap
from lawful.reports.stats.result import Estimate, without_spread
from lawful.reports.stats.weighted import WeightedStatistic, difference_of, weighted_difference, weighted_mean
from lawful.reports.stats.weighted_classes import weighted_balanced, weighted_class_accuracy

SCHEMA = "lawful.judge-ablation/1"
_COMPARED_WITH: Arm = "sft"
_RESAMPLES = 2000
_NAMES: dict[Arm, str] = {
    "base": "as it is",
    "sft": "SFT",
    "sft_spatial": "SFT + spatial",
    "sft_trajectory": "SFT + trajectory",
    "sft_text": "SFT + track text",
    "sft_no_video": "SFT, no video",
    "sft_one_frame": "SFT, one frame",
    "sft_shuffled": "SFT, shuffled",
}


@dataclass(frozen=True, eq=False)
class _Answers:
    """The answers of one arm, seed after seed, in one order of questions."""

    right: Float64[np.ndarray, " answers"]
    """1 where the best label is right, 0 where another is."""
    said: Float64[np.ndarray, " answers"]
    """1 where the best label was said."""
    score: Float64[np.ndarray, " answers"]
    """The score."""
    group: Shaped[np.ndarray, " answers"]
    """Group of the clip: twins share one."""
    about: Shaped[np.ndarray, " answers"]
    """The law."""
    way: Shaped[np.ndarray, " answers"]
    """The violation family of the group."""
    twins: Sequence[tuple[int, ...]]
    """Places of the answers of each set of twins under one question and one seed."""


def ablation_document(ablation: Ablation) -> ResultDocument:
    """All tables of an ablation."""
    arms: dict[Arm, list[Sequence[Answered]]] = defaultdict(list)
    for run in ablation.runs:
        arms[run.arm].append(run.answers)
    gathered: dict[Arm, _Answers] = {arm: _gathered(seeds) for arm, seeds in arms.items()}
    tables = [_arms_table(ablation, gathered)]
    if _COMPARED_WITH in gathered and len(gathered) > 1:
        tables.append(_differences_table(gathered))
    tables.append(_parts_table("laws", "law", gathered, lambda one: one.about))
    tables.append(_parts_table("ways", "way to break it", gathered, lambda one: one.way))
    section = ResultSection("Arms", (), tuple(tables))
    note = (
        "Intervals are of 95 %, by a bootstrap that draws groups of clips (twins, with all their questions and seeds), so they "
        "are for other clips under these trainings; what seeds change is told by the least and the greatest of them."
    )
    return ResultDocument(SCHEMA, "Ablation of a judge's training", ablation.facts, (section,), (note,))


def _gathered(seeds: Sequence[Sequence[Answered]]) -> _Answers:
    every = [one for answers in seeds for one in answers]
    twins: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    place = 0
    for seed, answers in enumerate(seeds):
        for one in answers:
            twins[seed, one.group, one.question].append(place)
            place += 1
    right = np.array([float(one.is_best) for one in every])
    return _Answers(
        right=right,
        said=np.array([float(one.said_best) for one in every]),
        score=np.array([one.score for one in every]),
        group=np.array([one.group for one in every]),
        about=np.array([one.about for one in every]),
        way=np.array([one.way for one in every]),
        twins=[tuple(places) for places in twins.values() if len({*right[places]}) > 1],
    )


def _arms_table(ablation: Ablation, gathered: dict[Arm, _Answers]) -> ResultTable:
    columns = (
        "arm", "seeds", "lawful", "broken", "balanced", "least seed", "greatest seed", "paired", "ranked", "bias",
        "weights", "kept at step",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for arm, answers in gathered.items():
        runs = [run for run in ablation.runs if run.arm == arm]
        by_seed = [_balanced(_gathered([run.answers])).value for run in runs]
        groups = answers.group
        rows.append((
            _NAMES[arm],
            len(runs),
            _with_interval(weighted_class_accuracy(answers.right, answers.said, 1.0), groups),
            _with_interval(weighted_class_accuracy(answers.right, answers.said, 0.0), groups),
            _with_interval(_balanced(answers), groups),
            min(by_seed),
            max(by_seed),
            _with_interval(weighted_mean(_paired(answers)), _twin_groups(answers)),
            _with_interval(weighted_mean(_ranked(answers)), _twin_groups(answers)),
            _with_interval(weighted_difference(answers.said, answers.right), groups),
            runs[0].weights,
            ", ".join(str(run.kept_step) for run in runs),
        ))  # fmt: skip
    notes = (
        "Lawful and broken are the shares of right answers where nothing is wrong and where something is; balanced is their "
        "mean, 0.5 by any rule that does not look. Paired is the share of twins under one question of which both are answered "
        "rightly, ranked that of twins of which the lawful one has the higher score, ties half: it does not hang on a threshold.",
        "Bias is the share of answers that say that nothing is wrong less the share of those of which it is right: above 0 "
        "the judge is lenient.",
        "The last three arms are trained and measured blind: as many grey frames, the middle frame in the place of all, all "
        "frames in another order. What they reach needs no look at motion.",
    )
    return ResultTable("ablation", "Arms", columns, tuple(rows), notes)


def _differences_table(gathered: dict[Arm, _Answers]) -> ResultTable:
    """Each arm less plain training, on the same clips and seeds."""
    rows: list[tuple[Cell, ...]] = []
    plain = gathered[_COMPARED_WITH]
    for arm, answers in gathered.items():
        if arm == _COMPARED_WITH or len(answers.right) != len(plain.right):
            continue
        balanced = difference_of(_balanced(answers), _balanced(plain))
        ranked = weighted_difference(_ranked(answers), _ranked(plain))
        paired = weighted_difference(_paired(answers), _paired(plain))
        twins = _twin_groups(answers)
        rows.append((
            _NAMES[arm],
            _with_interval(balanced, answers.group),
            _with_interval(paired, twins),
            _with_interval(ranked, twins),
        ))  # fmt: skip
    return ResultTable(
        "ablation_differences",
        f"Arms less {_NAMES[_COMPARED_WITH]}",
        ("arm", "balanced", "paired", "ranked"),
        tuple(rows),
    )


def _parts_table(
    name: str, head: str, gathered: dict[Arm, _Answers], part_of: Callable[[_Answers], Labels]
) -> ResultTable:
    """Balanced accuracy of every arm on the answers about one law, or on twins that break a law in one way."""
    parts = sorted({str(part) for answers in gathered.values() for part in part_of(answers) if part})
    rows: list[tuple[Cell, ...]] = []
    for part in parts:
        cells: list[Cell] = []
        for answers in gathered.values():
            chosen = part_of(answers) == part
            right = np.where(chosen, answers.right, np.nan)
            cells.append(_with_interval(weighted_balanced(right, answers.said), answers.group))
        rows.append((part, *cells))
    columns = (head, *(_NAMES[arm] for arm in gathered))
    return ResultTable(f"ablation_{name}", f"Balanced accuracy by {head}", columns, tuple(rows))


def _balanced(answers: _Answers) -> WeightedStatistic:
    return weighted_balanced(answers.right, answers.said)


def _paired(answers: _Answers) -> Float64[np.ndarray, " twins"]:
    hits = answers.right == answers.said
    return np.array([float(hits[list(places)].all()) for places in answers.twins])


def _ranked(answers: _Answers) -> Float64[np.ndarray, " twins"]:
    found = []
    for places in answers.twins:
        lawful = [answers.score[at] for at in places if answers.right[at]]
        broken = [answers.score[at] for at in places if not answers.right[at]]
        wins = [(one > other) + (one == other) / 2 for one in lawful for other in broken]
        found.append(float(np.mean(wins)))
    return np.array(found)


def _twin_groups(answers: _Answers) -> Labels:
    return np.array([answers.group[places[0]] for places in answers.twins])


def _with_interval(statistic: WeightedStatistic, groups: Labels) -> Estimate:
    return without_spread(
        bootstrap(statistic, np.random.default_rng(0), clusters=groups, n_resamples=_RESAMPLES)
    )
