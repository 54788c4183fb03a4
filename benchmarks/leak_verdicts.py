"""How good the verdicts on leaks are, beside the rules that others use: benchmarks/leaks/score.py on made-up curves.

The real programs take an hour to record; benchmarks/leaks/README.md tells how, and RESULTS.md what came of it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    leaks = Path(__file__).with_name("leaks")
    words = [str(leaks / "sample"), "--synthetic", "8" if chosen.quick else "400", "--seed", "1000000"]
    status = subprocess.call([sys.executable, str(leaks / "score.py"), *words, *(["--json"] if chosen.json else [])])
    sys.exit(status)


if __name__ == "__main__":
    main()
