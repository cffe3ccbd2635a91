"""Start-up time of the commands that must stay light, as a ratio to a bare interpreter.

python benchmarks/startup.py [--runs 7]
"""

import argparse
import statistics
import subprocess
import sys
import time

BARE = [sys.executable, "-c", "pass"]
COMMANDS = {
    "lawful --help": ["--help"],
    "lawful list judges": ["list", "judges"],
    "lawful score --help": ["score", "--help"],
}


def seconds(command: list[str]) -> float:
    """Wall time of one run of a command."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Measure in turn, so that a change of the machine's speed hits all alike."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    script = "import sys; from lawful.cli.main import main; sys.argv[0] = 'lawful'; main()"
    commands = {"python -c pass": BARE} | {
        name: [sys.executable, "-c", script, *arguments] for name, arguments in COMMANDS.items()
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(seconds(command))
    bare = times["python -c pass"]
    print(f"| command | median s (min-max), n = {runs} | ratio to a bare interpreter |")
    print("|---|---|---|")
    for name, values in times.items():
        ratio = statistics.median(value / base for value, base in zip(values, bare, strict=True))
        print(
            f"| `{name}` | {statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f}) | {ratio:.1f} |"
        )


if __name__ == "__main__":
    main()
