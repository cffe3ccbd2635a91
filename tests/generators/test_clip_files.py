import doctest
import io
import json
import math
import zipfile
from dataclasses import fields, replace

import numpy as np
import pytest

from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.generators.worlds import clip_files
from lawful.generators.worlds.array_files import pack, unpack
from lawful.generators.worlds.breaking.violations import NO_SHARED_PREFIX, VIOLATIONS
from lawful.generators.worlds.clip_files import clip_name, even_sizes, read_truth, write_clip
from lawful.generators.worlds.degrade import DEGRADATIONS, Degradation, degrade
from lawful.generators.worlds.families import FAMILIES
from lawful.generators.worlds.make import make_clip
from lawful.generators.worlds.masks import masks
from lawful.generators.worlds.pairs import make_pairs
from lawful.generators.worlds.truth import true_tracks
from lawful.generators.worlds.variety import PLAIN, RICH, Variety
from lawful.video.read import open_video, read_frames

SMALL = {"duration_s": 2.0, "fps": 12, "width_px": 80, "height_px": 64}
FLAT = [name for name, family in FAMILIES.items() if not family.solid]
SOLID = [name for name, family in FAMILIES.items() if family.solid]
SHARED = [violation for violation in VIOLATIONS if violation not in NO_SHARED_PREFIX]


def read_video(path):
    with open_video(path) as reader:
        frames = read_frames(reader)
        assert reader.damage is None
        return frames


def assert_same(one, two):
    """Equal to the last bit, whatever records, tuples and arrays it is made of."""
    if isinstance(one, np.ndarray):
        assert one.dtype == two.dtype
        assert np.array_equal(one, two, equal_nan=one.dtype.kind == "f")
    elif hasattr(one, "__dataclass_fields__"):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(two, field.name))
    elif isinstance(one, tuple):
        assert len(one) == len(two)
        for left, right in zip(one, two, strict=True):
            assert_same(left, right)
    else:
        assert one == two
        assert isinstance(two, type(one))


def degraded(clip, *steps):
    return replace(clip, frames=degrade(clip.frames, steps), degradations=steps)


def assert_kept(clip, truth):
    for name in ("scene", "seed", "violation", "onset_s", "onset_frame", "subject", "box", "laws", "caption"):
        assert_same(getattr(clip, name), getattr(truth, name))
    for name in ("fps", "noise", "renderer", "degradations", "objects", "contacts", "view"):
        assert_same(getattr(clip, name), getattr(truth, name))
    assert_same(clip.frames.times_s, truth.times_s)
    assert_same(true_tracks(clip), truth.tracks)
    assert_same(masks(clip), truth.masks)
    assert (truth.height_px, truth.width_px) == clip.frames.rgb.shape[1:3]
    assert truth.world["gravity_m_s2"] == clip.world.gravity_m_s2
    assert [body["name"] for body in truth.world["bodies"]] == [body.name for body in clip.world.bodies]


@pytest.mark.parametrize("scene", FLAT)
def test_the_truth_is_read_as_it_was_written(scene, tmp_path):
    clip = make_clip(scene, 3, variety=RICH, **{**SMALL, "duration_s": 1.0})
    check_kept(tmp_path, clip)
    facts = json.loads((tmp_path / "truth" / "x.truth.json").read_text())
    assert {facts[key] for key in ("violation", "onset_s", "onset_frame", "subject", "box")} == {None}


@pytest.mark.parametrize("violation", ["shape_change", "teleport", "appear", "freeze"])
def test_the_truth_of_a_broken_clip_is_kept_too(violation, tmp_path):
    clip = make_clip("slide", 3, violation=violation, **SMALL)
    check_kept(tmp_path, degraded(clip, Degradation("blur", 0.4, 9), Degradation("gif", 1.0, 2)))


def check_kept(folder, clip):
    video, facts, arrays = write_clip(folder, "x", clip)
    assert [path.relative_to(folder).as_posix() for path in (video, facts, arrays)] == [
        "clips/x.mp4",
        "truth/x.truth.json",
        "truth/x.truth.npz",
    ]
    assert_kept(clip, read_truth(facts))
    shown = read_video(video)
    assert shown.rgb.shape == clip.frames.rgb.shape
    assert np.abs(shown.rgb.astype(int) - clip.frames.rgb).mean() < 8


@pytest.mark.parametrize("scene", SOLID[:1])
def test_the_truth_of_solid_scenes_is_kept_too(scene, tmp_path):
    try:
        clip = make_clip(scene, 3, violation="vanish", variety=Variety(renderers=("rays",)), **SMALL)
    except AbsentError as error:
        pytest.skip(str(error))
    assert_kept(clip, read_truth(write_clip(tmp_path, "a", clip)[1]))


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for folder in ("one", "two"):
        clip = make_clip("pan", 5, violation="teleport", variety=RICH, **SMALL)
        write_clip(tmp_path / folder, "x", clip)
    for path in sorted((tmp_path / "one").rglob("x*")):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


def test_arrays_are_read_by_numpy_without_pickles(tmp_path):
    clip = make_clip("bounce", 3, **SMALL)
    arrays = write_clip(tmp_path, "x", clip)[2]
    with np.load(arrays, allow_pickle=False) as read:
        assert np.array_equal(read["object_box"][0], clip.objects[0].box, equal_nan=True)
    with zipfile.ZipFile(arrays) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_is_infinite_is_null_in_the_facts(tmp_path):
    clip = make_clip("still", 3, variety=Variety(lightings=("switch",)), **SMALL)
    assert clip.world.lights[0].end_s == math.inf
    assert read_truth(write_clip(tmp_path, "x", clip)[1]).world["lights"][0]["end_s"] is None


def test_names_tell_nothing():
    clip = make_clip("still", 3, duration_s=0.5, fps=8, width_px=16, height_px=16)
    letters = []
    for number in range(400):
        lawful = replace(clip, seed=1000 + 7 * number)
        broken = replace(lawful, violation="vanish")
        names = [clip_name(number, lawful), clip_name(number, broken)]
        assert sorted(names) == [f"{number:06d}-a", f"{number:06d}-b"]
        letters.append(names[1][-1])
    assert 170 < letters.count("a") < 230
    assert doctest.testmod(clip_files).failed == 0


@pytest.mark.parametrize("made", ["plain", "degraded"])
@pytest.mark.parametrize("violation", SHARED)
def test_twins_are_equal_as_decoded_files_up_to_the_onset(violation, made, tmp_path):
    number = SHARED.index(violation)
    variety = PLAIN if made == "plain" else replace(RICH, shadows=1.0)
    twins = next(
        make_pairs(1, number, scenes=able(violation), violations=[violation], variety=variety, **SMALL)
    )
    if made == "degraded":
        names = (DEGRADATIONS[number % len(DEGRADATIONS)], DEGRADATIONS[(3 * number + 4) % len(DEGRADATIONS)])
        steps = [Degradation(name, 0.5, 10 * number + at) for at, name in enumerate(names)]
        twins = tuple(degraded(clip, *steps) for clip in twins)
    paths = [write_clip(tmp_path, clip_name(number, clip), clip)[0] for clip in twins]
    even_sizes(paths)
    one, two = (read_video(path).rgb for path in paths)
    onset = twins[1].onset_frame
    assert onset >= 1
    assert np.array_equal(twins[0].frames.rgb[:onset], twins[1].frames.rgb[:onset])
    assert np.array_equal(one[:onset], two[:onset])
    assert not np.array_equal(one, two)


def able(violation):
    # A splash has dozens of bodies and takes its time.
    return [scene for scene in FLAT if violation in FAMILIES[scene].possible and scene != "splash"]


@pytest.mark.parametrize("difference", [1, 7, 8, 5000])
def test_twins_are_made_equally_long(difference, tmp_path):
    clip = make_clip("still", 3, **SMALL)
    paths = [write_clip(tmp_path, name, clip)[0] for name in "ab"]
    before = read_video(paths[0]).rgb
    plain = paths[0].read_bytes()
    paths[1].write_bytes(plain + (8 + difference).to_bytes(4, "big") + b"free" + bytes(difference))
    even_sizes(paths)
    assert len({path.stat().st_size for path in paths}) == 1
    assert paths[0].read_bytes().startswith(plain)
    for path in paths:
        assert np.array_equal(read_video(path).rgb, before)
    evened = paths[0].read_bytes()
    even_sizes(paths)
    assert paths[0].read_bytes() == evened


def test_nothing_is_left_half_written(tmp_path):
    clip = make_clip("bounce", 3, **SMALL)
    with pytest.raises(ValueError, match="Out of range float values"):
        write_clip(tmp_path, "x", replace(clip, fps=float("nan")))
    assert sorted(path.name for path in tmp_path.rglob("*x*")) == ["x.mp4", "x.truth.npz"]
    (tmp_path / "file").write_text("")
    with pytest.raises(LawfulError, match=r"is no folder\. Name another place"):
        write_clip(tmp_path / "file", "x", clip)


@pytest.fixture
def truth(tmp_path):
    """The facts of a written clip and a function that changes them."""
    clip = make_clip("billiards", 3, violation="vanish", **SMALL)
    path = write_clip(tmp_path, "x", clip)[1]

    def change(edit):
        facts = json.loads(path.read_text())
        edit(facts)
        path.write_text(json.dumps(facts))

    return path, change


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda f: f.pop("fps"), r"x.truth.json: not usable as it is:\n  \(the whole file\): 'fps' is a req"),
        (lambda f: f.update(fps=-1), "/fps: -1 is less than or equal to the minimum of 0"),
        (lambda f: f.update(schema="lawful.world-truth/9"), "/schema: 'lawful.world-truth/1' was expected"),
        (lambda f: f.update(more=1), r"Additional properties are not allowed \('more' was"),
        (lambda f: f.update(n_frames=10**9), "/n_frames: 1000000000 is greater than the maximum"),
        (lambda f: f.update(seed="one"), "/seed: 'one' is not of type 'integer'"),
        (lambda f: f["objects"][1].update(shapes=["cube"]), "/objects/1/shapes/0: 'cube' is not one of"),
        (lambda f: f["objects"][1].update(name="disc 1"), "/objects: two objects have one name"),
        (lambda f: f.update(subject="nobody"), '/subject: is "nobody", which is none of the objects'),
        (lambda f: f.update(onset_frame=99), "/onset_frame: is 99; there are 24 frames"),
        (lambda f: f.update(violation=None), "violation, onset_s and onset_frame are given together"),
        (lambda f: f.update(box=[0.5, 0, 0.2, 1]), "/box: needs x0 <= x1 and y0 <= y1"),
        (lambda f: f.update(contact_names=["disc 1"]), "/contact_first: there are 1 contact_names, told are"),
        (
            lambda f: f.update(dimensions=3),
            r"x.truth.npz: object_half_size_m is <f8 \[\d, 24, 2\]; its facts ask for <f8 \[\d, 24, 3\]",
        ),
        (lambda f: f.update(n_frames=23), r"x.truth.npz: .* its facts ask for"),
        (
            lambda f: f.update(n_frames=10**6, tracks_per_object=1000),
            r"x.truth.npz: its facts ask for [\d,]+ bytes of arrays. Allowed: 2,147,483,648",
        ),
    ],
)
def test_wrong_facts_are_refused_in_words(edit, message, truth):
    path, change = truth
    change(edit)
    with pytest.raises(InputError, match=message):
        read_truth(path)


def test_facts_that_are_no_json_or_not_there_are_refused_in_words(truth):
    path, _ = truth
    with pytest.raises(
        InputError, match=r"x.mp4: the truth of a clip is asked for by its file NAME.truth.json"
    ):
        read_truth(path.with_name("x.mp4"))
    with pytest.raises(InputError, match=r"y.truth.json: cannot be read: No such file or directory"):
        read_truth(path.with_name("y.truth.json"))
    path.with_name("x.truth.npz").unlink()
    with pytest.raises(InputError, match=r"x.truth.npz: cannot be read: No such file or directory"):
        read_truth(path)
    path.write_text("{")
    with pytest.raises(InputError, match="no JSON"):
        read_truth(path)


def test_wrong_arrays_are_refused_in_words(truth):
    path, _ = truth
    beside = path.with_name("x.truth.npz")
    with np.load(beside) as read:
        arrays = {name: read[name] for name in read.files}

    def refused(message, **changed):
        beside.write_bytes(pack({**arrays, **changed}))
        with pytest.raises(InputError, match=message):
            read_truth(path)

    refused("times must be 0 or more and increase", times_s=arrays["times_s"][::-1])
    refused("times must be 0 or more and increase", times_s=np.full(24, np.nan))
    refused("/object_look_index: object 0 has 1 of them", object_look_index=arrays["object_look_index"] + 1)
    refused("/masks: there are [0-9]+ objects, told are others", masks=arrays["masks"] + np.uint8(100))
    refused("view_scale is <f4 .* its facts ask for <f8", view_scale=arrays["view_scale"].astype("f4"))
    refused("track_visible holds other values", track_visible=raw_bool(arrays["track_visible"], 7))
    refused(r'holds "extra.npy", which has no place here', extra=np.zeros(3))
    del arrays["times_s"], arrays["view_axes"]
    refused(r"lacks times_s.npy, view_axes.npy\.")


def raw_bool(array, value):
    return np.full(array.shape, value, np.uint8).view(np.bool_)


def test_a_pickle_in_the_place_of_an_array_is_not_loaded(tmp_path):
    content = io.BytesIO()
    np.save(content, np.array([print], dtype=object), allow_pickle=True)
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", content.getvalue())
    with pytest.raises(InputError, match="a is no plain array"):
        unpack(path, {"a": ((1,), np.dtype(np.float64))})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", pack_one(np.zeros(3))[:-8])
    with pytest.raises(InputError, match="a has 16 bytes; its header tells 24"):
        unpack(path, {"a": ((3,), np.dtype(np.float64))})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", pack_one(np.zeros(3)))
        archive.writestr("b.npy", pack_one(np.zeros(3)))
    path.write_bytes(path.read_bytes().replace(b"b.npy", b"a.npy"))
    with pytest.raises(InputError, match="holds an array twice"):
        unpack(path, {"a": ((3,), np.dtype(np.float64))})


def pack_one(array):
    with zipfile.ZipFile(io.BytesIO(pack({"a": array}))) as archive:
        return archive.read("a.npy")


def test_damaged_arrays_are_refused_and_nothing_else_happens(truth):
    path, _ = truth
    beside = path.with_name("x.truth.npz")
    whole = beside.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for trial in range(150):
        damaged = bytearray(whole)
        if trial % 3 == 0:
            del damaged[rng.integers(len(damaged)) :]
        # The directory at the end steers the reading, so it is hit as often as all before it.
        first = len(damaged) - 2500 if trial % 2 and len(damaged) > 2500 else 0
        for _ in range(rng.integers(1, 6)):
            if damaged:
                damaged[rng.integers(first, len(damaged))] = rng.integers(256)
        beside.write_bytes(damaged)
        try:
            read_truth(path)
        except InputError:
            refused += 1
    assert refused > 100
