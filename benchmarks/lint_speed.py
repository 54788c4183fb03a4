"""What `memgui lint` costs per 50,000 lines, beside reading and parsing alone, bytecode, and ruff, in one run.

The lines are real: files of the torch that is installed here, as many as are needed, and one long training script that
is made of the rules' own examples, so that every rule has work to do. Processor time, the least of several rounds, in
which the ways take turns. Seconds do not travel between machines, the ratios do.

    python benchmarks/lint_speed.py [--quick] [--json]
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from memgui.analysis.lint.files import check_files
from memgui.analysis.lint.options import Options
from memgui.analysis.lint.rules import RULES

LINES = 50_000
BUDGET_S = 2.0


def collect(folder: Path, lines: int) -> tuple[list[Path], int]:
    """Copies of torch's files with so many lines in all; a tenth of them are made of the rules' examples."""
    examples = "".join(
        f"def part_{number}_{code}():\n" + "".join(f"    {line}\n" for line in (rule.bad + rule.good).splitlines())
        for number in range(lines // 10 // 400)
        for code, rule in RULES.items()
    )
    script = folder / "examples.py"
    script.write_text("import torch\n" + examples)
    files, count = [script], examples.count("\n")
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        raise SystemExit("torch is not installed: pip install memgui[torch]")
    for source in sorted(Path(spec.origin).parent.rglob("*.py")):
        if count >= lines:
            break
        text = source.read_text(encoding="utf-8")
        files.append(folder / f"file_{len(files)}.py")
        files[-1].write_text(text)
        count += text.count("\n")
    return files, count


def processor_s(work: Callable[[], object]) -> float:
    """Processor time of this process and of those that it starts."""
    began = time.process_time() + _children_s()
    work()
    return time.process_time() + _children_s() - began


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(lines: int, rounds: int) -> dict[str, float | int | None]:
    """Seconds per 50,000 lines, by way."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files, count = collect(folder, lines)
        ruff = shutil.which("ruff") or shutil.which("ruff", path=str(Path(sys.executable).parent))
        options = Options(memory=64 * 2**30)
        found = len(check_files(files, options).hits)
        ways: dict[str, Callable[[], object]] = {
            "lint": lambda: check_files(files, options),
            "parse": lambda: deque((ast.parse(file.read_bytes()) for file in files), maxlen=0),
            "bytecode": lambda: deque((compile(file.read_bytes(), file.name, "exec") for file in files), maxlen=0),
        }
        if ruff is not None:
            command = [
                ruff,
                "check",
                "--isolated",
                "--no-cache",
                "--quiet",
                "--exit-zero",
                "--select",
                "B,SIM115",
                name,
            ]
            ways["ruff"] = lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(rounds):
            for way, work in ways.items():
                best[way] = min(best[way], processor_s(work))
    scale = LINES / count
    result: dict[str, float | int | None] = {"files": len(files), "lines": count, "findings": found}
    result |= {f"{way}_s": None for way in ("lint", "parse", "bytecode", "ruff")}
    return result | {f"{way}_s": seconds * scale for way, seconds in best.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a fifth of the lines, one round")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    chosen = parser.parse_args()
    result = measure(LINES // 5 if chosen.quick else LINES, 1 if chosen.quick else 5)
    lint_s = float(result["lint_s"] or 0)
    ratios = {f"{way}_ratio": lint_s / float(value) if (value := result[f"{way}_s"]) else None
              for way in ("parse", "bytecode", "ruff")}  # fmt: skip
    if chosen.json:
        print(json.dumps({**result, **ratios, "budget_s": BUDGET_S}))
        return
    print(f"{result['lines']} lines in {result['files']} files, {result['findings']} findings")
    for way in ("lint", "parse", "bytecode", "ruff"):
        seconds, ratio = result[f"{way}_s"], ratios.get(f"{way}_ratio")
        words = "not installed" if seconds is None else f"{seconds:6.2f} s per 50,000 lines"
        print(f"{way:9} {words}" + (f"   lint costs {ratio:.1f} times as much" if ratio else ""))
    print(f"budget    {BUDGET_S:6.2f} s, of which {lint_s / BUDGET_S:.0%} is used")


if __name__ == "__main__":
    main()
