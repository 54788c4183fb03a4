"""How long a look at the objects of a training makes it stand still.

One training in a process of its own, which is then given a million containers, or sixteen thousand tensors, more. Each
pause stands beside that of one `gc.collect()` in the same process: what Python itself does to all objects. The census
is what the slow timer does; its share is of the time from one to the next.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys

TRAINING = """
import gc, json, sys, time
import torch
from memgui.agent.actions.action import Point
from memgui.agent.allocator import find_allocator
from memgui.agent.inspect.birthplaces import Birthplaces
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.census import COST_SHARE, PERIOD_S
from memgui.agent.inspect.composition import InspectComposition
from memgui.agent.inspect.models import Models
from memgui.agent.inspect.modules import InspectModules
from memgui.agent.inspect.tensors import InspectTensors
from memgui.agent.inspect.walk import Walker
from memgui.agent.optimizers import Optimizers
from memgui.protocol.inspection import CompositionParams, ModulesParams, TensorsParams

layers, containers, tries = (int(word) for word in sys.argv[1:])
torch.set_num_threads(1)
model = torch.nn.Sequential(*[torch.nn.Linear(16, 16) for _ in range(layers)])
optimizer = torch.optim.AdamW(model.parameters(), foreach=False)
model(torch.randn(4, 16)).square().mean().backward()
optimizer.step()
ballast = [[] for _ in range(containers)]
optimizers = Optimizers()
optimizers.saw(optimizer)
models = Models(optimizers)
walker = Walker(optimizers, models)
at = Point("optimizer", 1, optimizer)
looks = {
    "composition": (InspectComposition(walker, dict, None), CompositionParams()),
    "tensors": (InspectTensors(walker, Birthplaces()), TensorsParams()),
    "modules": (InspectModules(optimizers, models), ModulesParams()),
}

def timed(function):
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin

pauses = {name: [] for name in ("gc.collect", "census", *looks)}
for _ in range(tries):
    pauses["gc.collect"].append(timed(gc.collect))
    gc.disable()
    pauses["census"].append(timed(lambda: walker.look_at_known(Budget(60.0))))
    for name, (look, params) in looks.items():
        pauses[name].append(timed(lambda: look.task(params).visit(at, Budget(60.0))))
    gc.enable()
counts = {"objects": len(gc.get_objects()), "tensors": 5 * 2 * layers}
print(json.dumps({"counts": counts, "period_s": PERIOD_S, "share": COST_SHARE, "pauses_s": pauses}))
"""


def measure(layers: int, containers: int, tries: int) -> dict[str, object]:
    words = [sys.executable, "-c", TRAINING, str(layers), str(containers), str(tries)]
    told = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    medians = {name: statistics.median(values) for name, values in told["pauses_s"].items()}
    base = medians["gc.collect"]
    return {
        **told["counts"],
        "pause_ms": {name: round(1e3 * value, 2) for name, value in medians.items()},
        "ratio_to_collect": {name: round(value / base, 2) for name, value in medians.items()},
        "census_share": round(medians["census"] / max(told["period_s"], medians["census"] / told["share"]), 5),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    tries = 1 if chosen.quick else 9
    scale = 50 if chosen.quick else 1
    table = {
        "small model": measure(4, 0, tries),
        "1 M containers more": measure(4, 1_000_000 // scale, tries),
        "16 k tensors": measure(1600 // scale, 0, tries),
    }
    if chosen.json:
        print(json.dumps(table))
        return
    for name, row in table.items():
        print(f"{name}: {row['objects']:,} objects, {row['tensors']:,} tensors; census takes {row['census_share']:.2%}")
        pauses, ratios = row["pause_ms"], row["ratio_to_collect"]
        assert isinstance(pauses, dict)
        assert isinstance(ratios, dict)
        for kind, pause in pauses.items():
            print(f"    {kind:14}{pause:9.1f} ms {ratios[kind]:7.2f} ×")


if __name__ == "__main__":
    main()
