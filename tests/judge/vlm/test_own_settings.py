"""Settings beside a model: taken where the user says nothing, refused where they are not usable."""

import json
import re

import pytest

from lawful.core.errors import InputError
from lawful.judge.vlm.own_settings import NAME, SCHEMA, save_own_settings, with_own_settings

POLICY = {"kind": "fps", "fps": 4.0}


def test_settings_come_back_without_those_of_the_machine(tmp_path):
    given = {"policy": POLICY, "device": "cuda", "dtype": "bfloat16", "tracks": {"text": {"most_objects": 2}}}
    save_own_settings(tmp_path, given, trajectory=True)
    assert with_own_settings(tmp_path, {}) == {
        "policy": POLICY,
        "tracks": {"text": {"most_objects": 2}, "attention": str(tmp_path)},
    }


def test_the_user_goes_before_setting_by_setting(tmp_path):
    save_own_settings(tmp_path, {"policy": POLICY, "protocol": "one_key"}, trajectory=True)
    found = with_own_settings(tmp_path, {"policy": {"kind": "count"}, "tracks": {"truth": "t"}})
    assert found == {
        "policy": {"kind": "count"},
        "protocol": "one_key",
        "tracks": {"attention": str(tmp_path), "truth": "t"},
    }


def test_a_model_without_the_file_has_the_users_settings(tmp_path):
    assert with_own_settings(tmp_path, {"policy": POLICY}) == {"policy": POLICY}


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"schema": "x", "settings": {}, "tracks": {}}, f"schema should be {SCHEMA!r}, found 'x'"),
        ({"schema": SCHEMA, "settings": {}, "tracks": {}, "run": "x"}, "unknown 'run'"),
        ({"schema": SCHEMA, "settings": {"device": "cuda"}, "tracks": {}}, "settings: unknown 'device'"),
        ({"schema": SCHEMA, "settings": {"polcy": {}}, "tracks": {}}, "settings: unknown 'polcy'"),
        ({"schema": SCHEMA, "settings": {}, "tracks": {"truth": "/"}}, "tracks: unknown 'truth'"),
        (
            {"schema": SCHEMA, "settings": {}, "tracks": {"attention": "/x"}},
            "attention should be true or false",
        ),
    ],
)
def test_files_that_are_not_usable_are_refused(told, message, tmp_path):
    (tmp_path / NAME).write_text(json.dumps(told))
    with pytest.raises(InputError, match=re.escape(message)):
        with_own_settings(tmp_path, {})
