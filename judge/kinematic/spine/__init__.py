"""The learned part of the kinematic judge: a small net that sees where and when something is amiss."""
