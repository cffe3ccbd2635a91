"""Which video of the runs a rating speaks of."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lawful.core.errors import InputError
from lawful.reports.ratings.videos import KnownVideos
from lawful.reports.scores import ScoredClip

Miss = Literal["unknown_generator", "unknown_video", "ambiguous"]
"""Why a name finds no video: its generator is in no run; no video bears the name; more than one does."""
UNNAMED = "(not named)"
"""The generator of videos of which nobody said who made them."""


@dataclass(frozen=True, order=True)
class Video:
    """A video of the runs."""

    subject: str
    """What was asked of the generator: videos of one subject belong together."""
    generator: str
    """Who made it; `UNNAMED` where that is not known."""
    name: str
    """Its name in the runs."""
    seed: int
    """Its seed, -1 where that is not known."""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it one video: generator and name."""
        return self.generator, self.name


def videos_of(clips: Iterable[ScoredClip]) -> tuple[tuple[Video, ...], dict[tuple[str, str], int]]:
    """The videos of some clips, sorted, and the place of each by generator and name.

    Raises:
        InputError: Two different videos have one generator and one name.
    """
    held: dict[tuple[str, str], list[ScoredClip]] = defaultdict(list)
    for clip in clips:
        held[clip.generator or UNNAMED, clip.video].append(clip)
    found = []
    for (generator, name), same in held.items():
        digests = {clip.sha256: clip.run for clip in same if clip.sha256 is not None}
        if len(digests) > 1:
            runs = " and ".join(sorted(set(digests.values())))
            raise InputError(
                f"{name} of {generator} is not the same video in {runs}. Score the runs with the names of "
                "their generators, so that their videos are told apart."
            )
        cases, prompts = ({getattr(clip, what) for clip in same} - {None} for what in ("case", "prompt"))
        subject = min(cases or prompts, default=same[0].subject)
        seeds = [clip.seed for clip in same if clip.seed is not None]
        found.append(Video(subject, generator, name, min(seeds, default=-1)))
    found.sort()
    return tuple(found), {video.key: number for number, video in enumerate(found)}


class Names:
    """Finds videos by the names that ratings use."""

    def __init__(self, videos: Sequence[Video]) -> None:
        self.generators = tuple(sorted({video.generator for video in videos}))
        """The generators of the videos, sorted."""
        self._place = {video.key: number for number, video in enumerate(videos)}
        self._known = {
            one: KnownVideos(video.name for video in videos if video.generator == one)
            for one in self.generators
        }
        self._all = KnownVideos(video.name for video in videos)
        self._with_name: dict[str, list[int]] = defaultdict(list)
        self._with_subject: dict[tuple[str | None, str], list[int]] = defaultdict(list)
        for number, video in enumerate(videos):
            self._with_name[video.name].append(number)
            self._with_subject[video.generator, video.subject].append(number)
            self._with_subject[None, video.subject].append(number)

    def find(self, name: str, generator: str | None = None, case: str | None = None) -> int | Miss:
        """The place of a video.

        A name is found whole, without its ending, or as the end of one path, among the videos of the
        generator. What no name finds is found by its case, where one video has it.
        """
        if generator is None or (generator not in self._known and UNNAMED in self._known):
            return self._anywhere(name, generator, case)
        if generator not in self._known:
            return "unknown_generator"
        found = self._known[generator].find(name, generator)
        if found is not None:
            return self._place[generator, found]
        return self._by_subject(generator, case)

    def _anywhere(self, name: str, generator: str | None, case: str | None) -> int | Miss:
        known = self._all if generator is None else self._known[UNNAMED]
        # "wan/1.mp4" goes before "1.mp4", which may be another generator's.
        found = None if generator is None else known.find(f"{generator}/{name}")
        found = known.find(name) if found is None else found
        if found is None:
            return self._by_subject(None if generator is None else UNNAMED, case)
        if generator is not None:
            return self._place[UNNAMED, found]
        places = self._with_name[found]
        return places[0] if len(places) == 1 else "ambiguous"

    def _by_subject(self, generator: str | None, case: str | None) -> int | Miss:
        places = [] if case is None else self._with_subject[generator, case]
        if len(places) == 1:
            return places[0]
        return "ambiguous" if places else "unknown_video"
