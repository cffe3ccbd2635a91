from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from lawful.core.errors import InputError
from lawful.generators.worlds.breaking.violations import NO_SHARED_PREFIX
from lawful.generators.worlds.clip_files import clip_name, even_sizes
from lawful.generators.worlds.degrade import DEGRADATIONS
from lawful.generators.worlds.families import FAMILIES
from lawful.generators.worlds.leaks import NEUTRAL, PHYSICAL, leak_table, trivial_features
from lawful.generators.worlds.pairs import make_pairs
from lawful.generators.worlds.variety import RICH
from lawful.video.frames import Frames
from lawful.video.write import write_video

SMALL = {"duration_s": 2.0, "width_px": 80, "height_px": 64}
# A splash has dozens of bodies and takes its time.
FLAT = [name for name, family in FAMILIES.items() if not family.solid and name != "splash"]
AS_MUCH_TO_SEE = ("kink", "changed_behind", "size_change", "reversal")
"""What breaks the law here neither adds bodies nor takes them, and makes none faster or slower."""


@pytest.fixture(scope="module", params=[50, pytest.param(200, marks=pytest.mark.long)])
def pairs(request, tmp_path_factory):
    """Violation and features of the files of both twins, of pairs that may look like anything."""
    folder = tmp_path_factory.mktemp("pairs")
    variety = replace(RICH, degradations=DEGRADATIONS)
    made = []
    for number, twins in enumerate(make_pairs(request.param, 5, scenes=FLAT, variety=variety, **SMALL)):
        videos = [folder / f"{clip_name(number, clip)}.mp4" for clip in twins]
        for video, clip in zip(videos, twins, strict=True):
            write_video(video, clip.frames)
        even_sizes(videos)
        made.append((twins[1].violation, tuple(trivial_features(video) for video in videos)))
    return made


def rows_of(pairs, keep):
    return {row.feature: row for row in leak_table([both for violation, both in pairs if keep(violation)])}


def test_name_length_rate_and_size_tell_nothing(pairs):
    rows = rows_of(pairs, lambda violation: True)
    assert set(rows) == {*NEUTRAL, *PHYSICAL}
    letter = rows.pop("name_letter")
    assert letter.n_ties == 0
    assert letter.low < 0.5 < letter.high
    for name in NEUTRAL:
        if name in rows and not name.startswith("first_"):
            assert (name, rows[name].accuracy, rows[name].n_ties) == (name, 0.5, len(pairs))


def test_the_first_frame_tells_nothing_where_twins_share_it(pairs):
    rows = rows_of(pairs, lambda violation: violation not in NO_SHARED_PREFIX)
    for name in ("first_brightness", "first_contrast", "first_coded_bytes"):
        assert rows[name].n_ties == rows[name].n_pairs


def test_motion_and_coding_tell_nothing_where_there_is_as_much_to_see(pairs):
    rows = rows_of(pairs, lambda violation: violation in AS_MUCH_TO_SEE)
    for name in PHYSICAL:
        assert rows[name].low <= 0.5 <= rows[name].high


def test_motion_tells_where_physics_itself_does(pairs):
    """The features are not blind: a body that stops moves less, and one that is added moves besides."""
    less = rows_of(pairs, lambda violation: violation in {"stop_in_mid_air", "freeze", "lost_behind"})
    more = rows_of(pairs, lambda violation: violation in {"duplicate", "spontaneous_start", "appear"})
    for name in ("mean_motion", "coded_bytes"):
        assert less[name].accuracy < 0.5 < more[name].accuracy


def test_features_are_what_they_say(tmp_path):
    rgb = np.zeros((4, 32, 48, 3), np.uint8)
    rgb[0, :16] = 200
    rgb[1:] = 40
    write_video(tmp_path / "000123-b.mp4", Frames(rgb, np.arange(4) / 8, np.arange(4)), qp=4)
    found = trivial_features(tmp_path / "000123-b.mp4")
    assert set(found) == {*NEUTRAL, *PHYSICAL}
    assert (found["n_frames"], found["width_px"], found["height_px"]) == (4, 48, 32)
    assert (found["name_length"], found["name_number"], found["name_letter"]) == (8, 123, ord("b"))
    assert found["fps"] == pytest.approx(8)
    assert found["duration_s"] == pytest.approx(0.5)
    assert found["first_brightness"] == pytest.approx(100, abs=2)
    assert found["first_contrast"] == pytest.approx(100, abs=2)
    assert found["mean_motion"] == pytest.approx((160 + 40) / 2 / 3, abs=2)
    assert found["brightness"] == pytest.approx((100 + 3 * 40) / 4, abs=2)
    assert 0 < found["first_coded_bytes"] < found["coded_bytes"] < found["file_bytes"]
    write_video(tmp_path / "one.mp4", Frames(rgb[:1], np.zeros(1), np.arange(1)))
    lone = trivial_features(tmp_path / "one.mp4")
    assert (lone["mean_motion"], lone["name_number"]) == (0.0, -1.0)


def test_the_table_counts_pairs_in_a_direction_that_is_fixed():
    """Nine of twelve pairs go up, one goes down and two are even: (9 + 1) / 12; the interval is scipy's."""
    pairs = [({"x": 0.0}, {"x": 1.0})] * 9 + [({"x": 1.0}, {"x": 0.0})] + [({"x": 5.0}, {"x": 5.0})] * 2
    (row,) = leak_table(pairs)
    assert (row.feature, row.n_pairs, row.n_ties) == ("x", 12, 2)
    assert row.accuracy == pytest.approx(10 / 12)
    interval = binomtest(9, 10).proportion_ci(0.95, method="exact")
    assert row.low == pytest.approx((1 + 10 * interval.low) / 12)
    assert row.high == pytest.approx((1 + 10 * interval.high) / 12)
    assert row.p == pytest.approx(22 / 1024)  # 2 * (10 + 1) / 2**10
    # Broken: 9 ones, 1 zero, 2 fives; lawful: 9 zeros, 1 one, 2 fives. Of 144 pairs of clips
    # 9*9 + 2*10 are above and 9*1 + 1*9 + 2*2 are even.
    assert row.auroc == pytest.approx((101 + 22 / 2) / 144)
    (turned,) = leak_table([(broken, lawful) for lawful, broken in pairs])
    assert turned.accuracy == pytest.approx(1 - row.accuracy)
    assert (turned.low, turned.high) == pytest.approx((1 - row.high, 1 - row.low))
    assert turned.auroc == pytest.approx(1 - row.auroc)


def test_what_never_differs_is_at_chance_exactly():
    (row,) = leak_table([({"x": 3.0}, {"x": 3.0})] * 5)
    assert (row.accuracy, row.low, row.high, row.auroc, row.p) == (0.5, 0.5, 0.5, 0.5, 1.0)


def test_what_cannot_be_told_is_refused_in_words(tmp_path):
    with pytest.raises(InputError, match=r"leak_table needs at least one pair of twins\."):
        leak_table([])
    (tmp_path / "x.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match=r"x\.mp4"):
        trivial_features(tmp_path / "x.mp4")
