"""What is settled with judges that ask a server before they are asked: notices, the budget, estimates."""

from collections.abc import Sequence

from lawful.core.errors import InputError, LawfulError
from lawful.judge.bill import Allowance
from lawful.judge.plan import PlannedInput, PlannedJudge
from lawful.judge.protocol import Remote
from lawful.video.frames import ClipMeta


def begin_remote(remote: Sequence[PlannedJudge], budget: float | None) -> list[str]:
    """Have judges that ask a server begin, with one budget for all; what the user should know before.

    Raises:
        InputError: There is a budget, and no such judge, or one whose prices are not known or in another currency.
    """
    if budget is not None and not remote:
        raise InputError("a budget is for judges that ask a server, such as openai:, and none is asked")
    allowance = None if budget is None else Allowance(budget)
    notices: list[str] = []
    for planned in remote:
        assert isinstance(planned.judge, Remote)
        planned.judge.begin(allowance)
        notices += [line for line in planned.judge.notices() if line not in notices]
    currencies = {one.judge.spent().currency for one in remote if isinstance(one.judge, Remote)}
    if allowance is not None and len(currencies) > 1:
        raise InputError(f"one budget cannot be for prices in {' and '.join(sorted(map(str, currencies)))}")
    return notices


def declared_meta(planned: PlannedInput) -> ClipMeta | None:
    """What the file of an input declares; None if it cannot be read."""
    from lawful.video.read import open_video

    try:
        clip = planned.clip
        with open_video(clip.path, image_fps=clip.image_fps, sha256="", name=planned.record.name) as video:
            return video.meta
    except LawfulError:
        return None
