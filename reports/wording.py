"""What every format says in the same words."""

ANSWERS = {"violation": "violation", "none_found": "none found", "not_sure": "not sure"}

COVERAGE = (
    "Coverage is the share of all clips, failed ones included, that were answered with “violation” or "
    "“none found”. Means are over answered clips only; their n stands beside them."
)
NOT_SURE = (
    "“Not sure” means that the judge looked and could not decide, and says why. It is neither a pass nor a "
    "violation. “None found” means that nothing was found by what was asked; it is no proof that the video "
    "is lawful."
)
SCORE = (
    "The score (0–1, 1 = best) is a judge's own ranking of clips. It is not a probability, not comparable "
    "between judges, and means nothing without the judge's agreement with people."
)
STANDINGS = {
    "violation": "evidence of a violation",
    "weak": "seen, but the verdict that rests on it is no violation",
    "not_judged": "seen all the same; the question that it belongs to got no verdict",
}
