"""Video in, verdicts out: judges, the fold over a clip, the store, the workers."""

from lawful.judge.api import ScoredVideo, score_video, score_videos

__all__ = ["ScoredVideo", "score_video", "score_videos"]
