"""Families of leaks for made-up trainings: what is leaked goes into the ledger and into the memory where it shows.

Each function changes a training and returns the kind of its leak.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from training import MB, Training

# What fills the machine within a week is a leak, slower growth is not: the horizon of docs/verdicts.md on 24 GB.
LIMIT_BYTES, HORIZON_S = 24e9, 7 * 86400.0
Family = Callable[[Training], str]


def _rate(training: Training, from_s: float) -> float:
    """Bytes a second: enough to matter, from hard to see to plain."""
    rng = training.rng
    seen_s = training.length_s - from_s
    times = float(np.exp(rng.uniform(np.log(3.0), np.log(600.0))))
    floor = float(rng.uniform(1.3, 4.0)) * LIMIT_BYTES / HORIZON_S
    rate = times * max(training.sigma, 0.3 * MB) / seen_s
    return float(np.clip(rate, floor, min(6e9 / seen_s, 60 * MB)))


def _onset(training: Training) -> float:
    rng = training.rng
    if rng.random() < 0.6:
        return training.first_s
    return training.first_s + float(rng.uniform(0.05, 0.55)) * (training.length_s - training.first_s)


def _leak_per_step(training: Training, where: str) -> str:
    rng = training.rng
    training.onset_s = _onset(training)
    rate = _rate(training, training.onset_s)
    steps = training.after(training.onset_s)
    per_step = rate * training.step_s
    shape = rng.random()
    if shape < 0.55:
        amount = np.floor(steps) * per_step
    elif shape < 0.8:
        # Batches of unequal length.
        sizes = rng.lognormal(-0.32, 0.8, int(steps[-1]) + 2)
        amount = np.concatenate([[0.0], np.cumsum(sizes)])[np.floor(steps).astype(int)] * per_step
    else:
        # One step in so many leaks a lot: an exception kept, a recompile, a hook piled up.
        chance = float(np.clip(rng.uniform(8, 60) / max(steps[-1], 1), 0.02, 1.0))
        hits = rng.random(int(steps[-1]) + 2) < chance
        amount = np.concatenate([[0.0], np.cumsum(hits)])[np.floor(steps).astype(int)] * per_step / chance
    training.tensor_bytes = max(per_step, 4096.0)
    training.ledger = amount
    training.put(amount, where)
    return where


def leak_tensor(training: Training) -> str:
    return _leak_per_step(training, "tensor")


def leak_graph(training: Training) -> str:
    return _leak_per_step(training, "graph")


def leak_native(training: Training) -> str:
    return _leak_per_step(training, "native")


def leak_python(training: Training) -> str:
    return _leak_per_step(training, "python")


def leak_shm(training: Training) -> str:
    if training.n_kids.max() == 0:
        training.workers()
    return _leak_per_step(training, "shm")


def leak_workers(training: Training) -> str:
    if training.n_kids.max() == 0:
        training.workers()
    return _leak_per_step(training, "workers")


def leak_pinned(training: Training) -> str:
    return _leak_per_step(training, "pinned")


def leak_arenas(training: Training) -> str:
    return _leak_per_step(training, "arenas")


def leak_threads(training: Training) -> str:
    return _leak_per_step(training, "threads")


def leak_fragmentation(training: Training) -> str:
    """Reserved drifts up by segments while the floor of allocated memory stays."""
    rng = training.rng
    _make_gpu(training)
    training.onset_s = _onset(training)
    rate = max(_rate(training, training.onset_s), 25 * 2 * MB / training.length_s)
    segment = 2 * MB if rate * training.length_s < 400 * MB else 20 * MB
    expected = training.after(training.onset_s) * training.step_s * rate / segment
    count = rng.poisson(np.maximum(np.diff(expected, prepend=0.0), 0.0)).cumsum()
    training.ledger = count * segment
    training.extra_reserved = training.ledger.copy()
    # Unequal batches are what fragments: allocated memory moves, its floor does not.
    on = training.step >= 0
    training.alloc += on * rng.uniform(0, 0.15 * training.scale, len(training.t)) ** 1.0
    return "fragmentation"


def leak_gc(training: Training) -> str:
    """Cycles that wait for a collector that is off, or that leaves some each time."""
    kind = _leak_per_step(training, "gc")
    if training.rng.random() < 0.5:
        every = float(training.rng.uniform(2.0, max(training.length_s / 12, 3.0)))
        wait = np.mod(training.t, every) / every * training.rng.uniform(1, 5) * training.sigma
        training.put(wait * (training.step >= 0), "gc")
    return kind


def _make_gpu(training: Training) -> None:
    if training.gpu:
        return
    training.gpu = True
    on = (training.step >= 0).astype(float)
    act = training.rng.uniform(0.02, 0.4) * training.scale
    training.alloc += on * act * np.sin(np.pi * np.mod(training.t / training.step_s, 1.0)) ** 2
    training.res += on * (training.alloc.max() * 1.1 + act)


def _leak_per_event(training: Training, every_s: float, width_s: float) -> str:
    rng = training.rng
    where = str(rng.choice(["tensor", "python", "native", "graph"]))
    training.onset_s = training.first_s + every_s
    rate = _rate(training, training.onset_s)
    # Large enough to be more than the noise each time, or it is a matter of many events.
    each = max(rate * every_s, 0.8 * training.sigma, 0.3 * MB)
    amount = training.events(every_s) * each
    training.ledger = amount
    training.tensor_bytes = max(each / 20, 4096.0)
    training.put(amount, where)
    training.notes.append(f"event every {every_s:.1f} s, lasting {width_s:.1f} s")
    return where


def leak_per_checkpoint(training: Training) -> str:
    every = training.length_s / training.rng.uniform(7, 40)
    spike = training.rng.uniform(0.02, 0.3) * training.scale
    width = min(training.rng.uniform(0.3, 6.0), every / 3)
    since = training.t - training.first_s
    training.put(((since > every) & (np.mod(since, every) < width)) * spike, "host")
    return _leak_per_event(training, every, width)


def leak_per_evaluation(training: Training) -> str:
    every = training.length_s / training.rng.uniform(7, 30)
    width = every * training.rng.uniform(0.03, 0.3)
    since = training.t - training.first_s
    inside = (since > every) & (np.mod(since, every) < width)
    training.put(inside * training.rng.uniform(0.02, 0.2) * training.scale, "device")
    return _leak_per_event(training, every, width)


def leak_per_epoch(training: Training) -> str:
    """Lists of an epoch that are dropped at its end, but for a part."""
    every = training.length_s / training.rng.uniform(7, 30)
    frac = np.mod(np.maximum(training.t - training.first_s, 0), every) / every
    training.put((training.step >= 0) * frac * training.rng.uniform(1, 8) * training.sigma, "tensor")
    return _leak_per_event(training, every, 0.0)


# By name, with how often each is drawn.
LEAKS: dict[str, tuple[Family, float]] = {
    "tensor": (leak_tensor, 1.5), "graph": (leak_graph, 1.5), "native": (leak_native, 1.2),
    "python": (leak_python, 1.2), "shm": (leak_shm, 0.8), "workers": (leak_workers, 1.0),
    "fragmentation": (leak_fragmentation, 0.8), "pinned": (leak_pinned, 0.3),
    "gc": (leak_gc, 0.6), "arenas": (leak_arenas, 0.3), "threads": (leak_threads, 0.2),
    "per checkpoint": (leak_per_checkpoint, 0.9), "per evaluation": (leak_per_evaluation, 0.7),
    "per epoch": (leak_per_epoch, 0.7),
}  # fmt: skip
