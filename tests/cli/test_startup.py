import json
import subprocess
import sys

import pytest

HEAVY = {"torch", "torchvision", "transformers", "diffusers", "cv2", "av", "scipy", "PIL", "pymunk", "jinja2"}
PROBE = """
import sys, json
sys.argv = ["lawful", *json.loads(sys.argv[1])]
from lawful.cli.main import main
try:
    main()
except SystemExit as stop:
    code = stop.code
print("\\n" + json.dumps([code, sorted(name for name in sys.modules if "." not in name)]))
"""


@pytest.mark.parametrize(
    ("arguments", "also"),
    [
        (["--help"], {"numpy", "jsonschema", "rich", "jaxtyping", "sqlite3"}),
        (["--version"], {"numpy", "jsonschema", "rich", "jaxtyping", "sqlite3"}),
        (["list", "--help"], {"numpy", "jsonschema", "rich", "jaxtyping", "sqlite3"}),
        (["list", "judges"], {"jsonschema", "rich"}),
        (["list", "generators"], {"jsonschema", "rich"}),
        (["list", "suites", "--json"], {"jsonschema", "rich"}),
        (["checklists", "list"], {"rich"}),
        (["nope"], {"numpy", "jsonschema", "rich", "jaxtyping", "sqlite3"}),
    ],
)
def test_little_is_loaded(arguments: list[str], also: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(arguments)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    code, loaded = json.loads(done.stdout.splitlines()[-1])
    assert code == (2 if arguments == ["nope"] else 0)
    assert (HEAVY | also) & set(loaded) == set()
    bare = {"core", "video", "checklists", "generators", "judge", "reports", "configs", "cli"}
    assert bare & set(loaded) == set()
