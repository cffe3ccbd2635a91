"""Scoring files: from paths to a run folder, going on from what is there."""

import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, get_args

from lawful.checklists.suite import Question
from lawful.core.errors import InputError
from lawful.judge.arguments import RunRequest
from lawful.judge.bill import Bill, SpentError
from lawful.judge.engines import engine_for
from lawful.judge.folder import check_folder, keep_arguments
from lawful.judge.plan import (
    Gift,
    Plan,
    PlannedInput,
    PlannedJudge,
    PlannedSuite,
    clip_sha256,
    gift,
    make_plan,
    stamp,
)
from lawful.judge.progress import Forecast, Listener, Looked, Note, RunSummary, Started, silent
from lawful.judge.protocol import Remote
from lawful.judge.records import Answer
from lawful.judge.request import with_premises
from lawful.judge.runfile import RUN_FILE
from lawful.judge.schema import DATABASE
from lawful.judge.spending import begin_remote, declared_meta
from lawful.judge.store import Look, Sheet, Store, open_copy, open_store
from lawful.judge.summary import summarise, without_say
from lawful.judge.task import Engine, Outcome, Task
from lawful.judge.tiers import gate_of, gated
from lawful.video.picking import lasts_until

_Source = Literal["judged", "stored", "failed", "too_short"]
_Cell = tuple[str, int, int, int]
"""Video, judge, given and repeat: two looks of one cell are not taken at the same time."""


def score_paths(request: RunRequest, on_event: Listener = silent, engine: Engine | None = None) -> RunSummary:
    """Judge all that is asked for and not in the store yet.

    Each look at a clip is stored in one transaction when it is done; whatever ends the process, the same request
    goes on from there. Identical videos are judged once. What failed before is tried again.

    Args:
        request: What is asked for.
        on_event: Is told of every look; called in this thread.
        engine: Runs the tasks; None for the engine that `request.workers` says.

    Raises:
        InputError: A path, file or setting is not usable, or no video is found.
        AbsentError: A suite, a judge, or something that it needs is not here.
        LawfulError: The run folder is in use, holds a run with other arguments, or cannot be written.
        KeyboardInterrupt: The user stopped the run; what is done is stored.
    """
    plan = make_plan(request)
    remote = [planned for planned in plan.judges if isinstance(planned.judge, Remote)]
    notices = begin_remote(remote, request.budget)
    for line in (*plan.notes, *check_folder(plan.folder, request), *notices):
        on_event(Note(line))
    with open_store(plan.folder) as store:
        keep_arguments(plan.folder / RUN_FILE, request)
        if store.journal != "wal":
            on_event(Note(f"{plan.folder} is on a shared file system: storing is safe there, but slower"))
        on_event(Started(plan.folder, len(plan.inputs), plan.n_looks))
        driver = _Driver(plan, store, request.force, on_event)
        stopped = None
        try:
            if engine is None:
                _run_each(driver, request, plan)
            else:
                driver.run(engine, plan.judges)
        except SpentError as error:
            stopped = str(error)
        for line in dict.fromkeys(
            line for one in remote if isinstance(one.judge, Remote) for line in one.judge.remarks()
        ):
            on_event(Note(line))
        return RunSummary(
            folder=plan.folder,
            names=tuple(planned.record.name for planned in plan.inputs),
            n_judged=driver.n["judged"],
            n_stored=driver.n["stored"],
            n_failed=driver.n["failed"],
            n_too_short=driver.n["too_short"],
            failed=driver.failed,
            skipped=plan.skipped,
            prompts_without_video=plan.prompts_without_video,
            videos_without_prompt=plan.videos_without_prompt,
            spent={one.spec.name: one.judge.spent() for one in remote if isinstance(one.judge, Remote)},
            stopped=stopped,
        )


def forecast(request: RunRequest) -> Forecast:
    """What `score_paths` would do; nothing is written. Videos are read only to look for them in the store.

    Raises:
        LawfulError: As `score_paths`, as far as it can be known before.
    """
    plan = make_plan(request)
    check_folder(plan.folder, request)
    failed = {p.record.name: p.clip.error for p in plan.inputs if p.clip.error is not None}
    n_questions = n_stored = n_too_short = 0
    bills: dict[str, Bill] = {}
    with open_copy(plan.folder) as store:
        driver = _Driver(plan, store, request.force, silent)
        for planned in plan.inputs:
            sha256 = None
            if planned.clip.error is None and (plan.folder / DATABASE).exists():
                try:
                    sha256 = driver.sha256_of(planned)
                except InputError as error:
                    failed[planned.record.name] = str(error)
            meta = None if planned.record.name in failed else declared_meta(planned)
            for look, judge, wanted in driver.looks(planned, sha256, (None, *plan.until_s), plan.judges):
                if driver.is_too_short(look):
                    n_too_short += 1
                    continue
                n_questions += len(look.sheet.questions)
                if not request.force:
                    n_stored += len(look.sheet.questions) - len(store.missing(look))
                if isinstance(judge.judge, Remote) and meta is not None:
                    asked = driver.to_ask(_Item(planned, look, judge, wanted), again=request.force)
                    asked = tuple(question for question in asked if judge.judge.answers(question))
                    bill = judge.judge.estimate(meta, asked, wanted.given, look.until_s)
                    bills[judge.spec.name] = bills.get(judge.spec.name, Bill()) + bill
    return Forecast(
        plan.folder,
        tuple(planned.record.name for planned in plan.inputs),
        plan.n_looks - n_too_short,
        n_questions,
        n_stored,
        failed,
        plan.skipped,
        plan.prompts_without_video,
        plan.videos_without_prompt,
        n_too_short,
        bills,
    )


@dataclass(frozen=True, eq=False)
class _Item:
    """A look on its way."""

    planned: PlannedInput
    look: Look
    judge: PlannedJudge
    gift: Gift
    asked: tuple[Question, ...] = ()

    @property
    def cell(self) -> _Cell:
        assert self.look.video_sha256 is not None
        return self.look.video_sha256, self.look.judge, self.look.given, self.look.repeat


@dataclass(eq=False)
class _Driver:
    """Makes tasks of a plan, as far as the store does not answer them, and stores what comes back."""

    plan: Plan
    store: Store
    force: bool
    on_event: Listener
    n: dict[str, int] = field(default_factory=lambda: dict.fromkeys(get_args(_Source), 0))
    failed: dict[str, str] = field(default_factory=dict)
    _in_flight: dict[int, _Item] = field(default_factory=dict)
    _busy: set[_Cell] = field(default_factory=set)
    _judged: set[tuple[_Cell, int]] = field(default_factory=set)
    _lost: dict[tuple[_Cell, int], str] = field(default_factory=dict)
    _waiting: list[_Item] = field(default_factory=list)
    _sheets: dict[tuple[str, str | None], Sheet] = field(default_factory=dict)
    _judges: dict[str, int] = field(default_factory=dict)
    _next_key: int = 0

    def run(self, engine: Engine, judges: Sequence[PlannedJudge]) -> None:
        """Take all looks of some judges. Those at a video that is being looked at under another name wait for a second pass."""
        items = self._items(judges)
        while True:
            tasks = self._tasks(items)
            first = next(tasks, None)
            if first is not None:
                outcomes = engine.run(chain((first,), tasks))
                try:
                    for outcome in outcomes:
                        self._take(outcome)
                finally:
                    if isinstance(outcomes, Generator):
                        outcomes.close()
            if not self._waiting:
                return
            items, self._waiting = iter(self._waiting), []

    def looks(
        self,
        planned: PlannedInput,
        sha256: str | None,
        ends: Sequence[float | None],
        judges: Sequence[PlannedJudge],
    ) -> Iterator[tuple[Look, PlannedJudge, Gift]]:
        """All looks of some judges at an input.

        Args:
            planned: The input.
            sha256: Its digest; None if it cannot be read.
            ends: Where the looks end, in seconds; None for the whole clip.
            judges: Who looks.

        Raises:
            InputError: A first frame cannot be read.
        """
        for suite in self.plan.suites:
            sheet = self._sheet(suite, planned.record.case)
            for judge in judges:
                if judge.fingerprint not in self._judges:
                    self._judges[judge.fingerprint] = self.store.judge(judge.judge)
                number = self._judges[judge.fingerprint]
                for until_s in ends:
                    wanted = gift(judge, planned.record, suite, until_s)
                    given = self.store.given(wanted.key)
                    for repeat in range(self.plan.repeat):
                        look = Look(sheet, number, judge.fingerprint, given, sha256, repeat, until_s)
                        yield look, judge, wanted

    def is_too_short(self, look: Look) -> bool:
        """Whether the clip is known to end before the look does."""
        if look.until_s is None or look.video_sha256 is None:
            return False
        duration_s = self.store.duration_s(look.video_sha256)
        return duration_s is not None and not lasts_until(duration_s, look.until_s)

    def sha256_of(self, planned: PlannedInput) -> str:
        """The digest of an input's bytes, read again only if its size or time changed.

        Raises:
            InputError: It cannot be read.
        """
        clip = planned.clip
        if clip.error is not None:
            raise InputError(clip.error)
        try:
            mark = stamp(clip.path, clip.image_fps)
        except OSError as error:
            raise InputError(f"{clip.path}: cannot be read: {error.strerror}") from error
        known = self.store.known_sha256(clip.path, mark)
        if known is None:
            known = clip_sha256(clip)
            self.store.remember_sha256(clip.path, mark, known)
        return known

    def _items(self, judges: Sequence[PlannedJudge]) -> Iterator[_Item]:
        # The whole clips come first: from then on it is known which of them are too short for a time.
        yield from self._items_to((None,), judges)
        if self.plan.until_s:
            yield from self._items_to(self.plan.until_s, judges)

    def _items_to(self, ends: Sequence[float | None], judges: Sequence[PlannedJudge]) -> Iterator[_Item]:
        for planned in self.plan.inputs:
            try:
                sha256, error = self.sha256_of(planned), None
            except InputError as unreadable:
                sha256, error = None, str(unreadable)
            for look, judge, wanted in self.looks(planned, sha256, ends, judges):
                item = _Item(planned, look, judge, wanted)
                if error is None:
                    yield item
                else:
                    self._fail(item, error)

    def _tasks(self, items: Iterator[_Item]) -> Iterator[Task]:
        for item in items:
            if item.cell in self._busy:
                self._waiting.append(item)
                continue
            if self.is_too_short(item.look):
                self._tell(item, "too_short")
                continue
            seen = (item.cell, item.look.sheet.id)
            if seen in self._lost:
                self._fail(item, self._lost[seen])
                continue
            asked = self.to_ask(item, again=self.force and seen not in self._judged)
            if not asked:
                self.store.record(item.planned.record, item.look, None, ())
                self._tell(item, "stored")
                continue
            yield self._task(item, asked)

    def to_ask(self, item: _Item, again: bool) -> tuple[Question, ...]:
        """The questions of a look to ask: those without an answer and what they stand on, or all of them again."""
        questions = item.look.sheet.questions
        missing = questions if again else self.store.missing(item.look)
        at_once = "questions" in item.judge.judge.given
        return questions if missing and at_once else with_premises(missing, questions)

    def _task(self, item: _Item, asked: tuple[Question, ...]) -> Task:
        key = self._next_key
        self._next_key += 1
        self._in_flight[key] = _Item(item.planned, item.look, item.judge, item.gift, asked)
        self._busy.add(item.cell)
        assert item.look.video_sha256 is not None
        return Task(
            key=key,
            path=str(item.planned.clip.path),
            name=item.planned.record.name,
            video_sha256=item.look.video_sha256,
            judge=item.judge.spec,
            questions=asked,
            image_fps=item.planned.clip.image_fps,
            given=item.gift.given,
            repeat=item.look.repeat,
            run_folder=str(self.plan.folder),
            until_s=item.look.until_s,
        )

    def _take(self, outcome: Outcome) -> None:
        item = self._in_flight.pop(outcome.key)
        seen = (item.cell, item.look.sheet.id)
        self._busy.discard(item.cell)
        if outcome.error is not None:
            self._lost[seen] = outcome.error
            self._fail(item, outcome.error)
            return
        self.store.record(item.planned.record, item.look, outcome, item.asked)
        if outcome.too_short:
            self._tell(item, "too_short")
            return
        self._judged.add(seen)
        outcomes = gated(outcome.verdicts, gate_of(item.asked, item.look.sheet.gate_at))
        result = summarise(outcomes, item.judge.judge.rule, without_say(item.asked))
        self._tell(item, "judged", result.answer)

    def _fail(self, item: _Item, error: str) -> None:
        self.store.record(item.planned.record, item.look, Outcome(-1, error=error), ())
        until_s = item.look.until_s
        told = error if until_s is None else f"as far as {until_s:g} s: {error}"
        self.failed.setdefault(item.planned.record.name, told)
        self._tell(item, "failed", error=error)

    def _tell(
        self,
        item: _Item,
        source: _Source,
        answer: Answer | None = None,
        error: str | None = None,
    ) -> None:
        self.n[source] += 1
        name, judge, look = item.planned.record.name, item.judge.spec.name, item.look
        self.on_event(Looked(name, look.sheet.suite, judge, source, answer, error, look.until_s))

    def _sheet(self, suite: PlannedSuite, case: str | None) -> Sheet:
        key = (suite.suite.id, case if case in suite.suite.cases else None)
        if key not in self._sheets:
            one = suite.suite
            self._sheets[key] = self.store.sheet(one.id, one.version, suite.questions(case), one.gate_at)
        return self._sheets[key]


def _run_each(driver: _Driver, request: RunRequest, plan: Plan) -> None:
    """Take the looks of judges that work here, then of those that ask a server, each by the engine for them."""
    here = [planned for planned in plan.judges if not isinstance(planned.judge, Remote)]
    away = [planned for planned in plan.judges if isinstance(planned.judge, Remote)]
    if here:
        driver.run(engine_for(_workers(request, plan)), here)
    if away:
        driver.run(engine_for(0, [(planned.spec, planned.judge) for planned in away]), away)


def _workers(request: RunRequest, plan: Plan) -> int:
    """As many as are asked for, but no more than there are looks to take.

    If nothing is said, one a CPU; none where a judge runs on a device, of which each worker would take its share.
    """
    if request.workers is None and any(planned.judge.runs_on == "device" for planned in plan.judges):
        return 0
    return min((os.cpu_count() or 1) if request.workers is None else request.workers, max(1, plan.n_looks))
