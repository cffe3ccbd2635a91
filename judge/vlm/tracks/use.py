"""Which uses of tracks a judge makes, and one call for each.

For a judge that shows a clip to a model::

    uses = TrackUses(source=KinematicTracks(), text=TextSettings(), trails=None, attention=Path("weights"))
    identity = {..., "tracks": uses.identity()}          # into the fingerprint

    state = uses.source.open(meta)                       # all frames go to the source, as they are pushed
    state = uses.source.push(state, frames)              # the judge itself may keep the sampled ones alone
    tracked = uses.source.close(state)

    block = uses.text_for(tracked, width_px, height_px, count_tokens)      # into the prompt; None if off
    shown = uses.frames_for(sent, tracked)                                 # the sampled frames, with trails if on
    attached = uses.attached_to(model)                   # once a model; None if off, otherwise `remove()` at the end
    with uses.showing(attached, [SentClip(tracked.points, sent.times_s)]):
        model(**prefix)                                  # the call in which the video goes through the tower

Questions after a shared prefix are asked outside of the last block. Tracks must be given at the times of the
frames that are sent: push the source all frames, or at least those. `SentClip` wants the times before a last frame
is repeated to fill a step, and the part of the frame that the model sees, where it is cropped (`middle_square`).
`lawful.judge.vlm.tracks.settings.read_uses` makes the switches from a table.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lawful.judge.vlm.tracks.form import trajectory_digest
from lawful.judge.vlm.tracks.source import TrackSource
from lawful.judge.vlm.tracks.text import TextSettings, track_text
from lawful.judge.vlm.tracks.tracked import Tracked
from lawful.judge.vlm.tracks.trails import TrailSettings, with_trails
from lawful.video.frames import Frames

if TYPE_CHECKING:
    from torch import nn

    from lawful.judge.vlm.tracks.attach import Attached, SentClip


@dataclass(frozen=True)
class TrackUses:
    """The switches: what is None is off."""

    source: TrackSource
    """Where tracks come from."""
    text: TextSettings | None = None
    """Track evidence as text."""
    trails: TrailSettings | None = None
    """Trails drawn on the frames."""
    attention: Path | None = None
    """Folder of the weights of trajectory attention."""

    def __post_init__(self) -> None:
        if self.text is None and self.trails is None and self.attention is None:
            raise ValueError("tracks are of no use if text, trails and attention are all off")

    def identity(self) -> dict[str, Any]:
        """All that may change what a model is shown or does, as JSON.

        Raises:
            AbsentError: A file of the attention is not there.
        """
        return {
            "source": dict(self.source.identity()),
            "text": None if self.text is None else self.text.identity(),
            "trails": None if self.trails is None else self.trails.identity(),
            "attention": None if self.attention is None else trajectory_digest(self.attention),
        }

    def text_for(
        self, tracked: Tracked, width_px: int, height_px: int, count_tokens: Callable[[str], int]
    ) -> str | None:
        """Lines for the prompt: see `track_text`; None if they are off.

        Raises:
            InputError: The budget is too small for any text.
        """
        if self.text is None:
            return None
        return track_text(tracked, width_px, height_px, self.text, count_tokens)

    def frames_for(self, sent: Frames, tracked: Tracked) -> Frames:
        """The frames to send: with trails, or as they are if trails are off."""
        return sent if self.trails is None else with_trails(sent, tracked, self.trails)

    def attached_to(self, model: "nn.Module") -> "Attached | None":
        """The attention attached to a model; None if it is off.

        Raises:
            AbsentError: A file is not there.
            InputError: A file is not usable, or the attention was made for another model.
        """
        if self.attention is None:
            return None
        from lawful.judge.vlm.tracks.attach import attach
        from lawful.judge.vlm.tracks.weights import load_trajectory

        return attach(model, load_trajectory(self.attention).eval())

    @staticmethod
    def showing(attached: "Attached | None", clips: "Sequence[SentClip]") -> AbstractContextManager[None]:
        """The block in which a model is shown clips: see `Attached.following`; nothing if attention is off."""
        return nullcontext() if attached is None else attached.following(clips)
