"""Families of sound trainings: growth that ends, comes back, or is too slow to matter.

Each function changes a training and returns where its growth shows.
"""

from __future__ import annotations

import numpy as np
from growing import HORIZON_S, LIMIT_BYTES, Family
from training import MB, Training
from verdict import Array


def ok_plain(training: Training) -> str:
    return "nothing"


def _ends(training: Training, amount: Array, where: str) -> str:
    """Growth that is real for a while; until 95 % of it is there, an alarm counts apart."""
    training.put(amount, where)
    final = float(np.max(amount))
    reached = training.t[amount >= 0.95 * final]
    training.growth_until_s = float(reached[0]) if len(reached) and final > 0 else 0.0
    return where


def _amount(training: Training) -> float:
    return float(np.exp(training.rng.uniform(np.log(4 * training.sigma), np.log(0.5 * training.scale))))


def ok_cache(training: Training) -> str:
    """A cache that fills to its bound: fast at first, since new keys become rare; or straight and then full."""
    rng = training.rng
    where = str(rng.choice(["tensor", "python", "native", "workers"]))
    full_s = float(rng.uniform(0.1, 0.75)) * training.length_s
    since = training.after(training.first_s) * training.step_s
    if rng.random() < 0.6:
        filled = np.minimum(1 - np.exp(-3 * since / full_s), 0.97)
    else:
        filled = np.minimum(since / full_s, 1.0)
    return _ends(training, filled * _amount(training), where)


def ok_replay(training: Training) -> str:
    """A replay buffer: constant bytes per step up to its bound."""
    rng = training.rng
    full_s = rng.uniform(0.1, 0.7) * training.length_s
    filled = np.minimum(training.after(training.first_s) * training.step_s / full_s, 1.0)
    training.tensor_bytes = 1e5
    return _ends(training, filled * _amount(training), str(rng.choice(["tensor", "device", "python"])))


def ok_stages(training: Training) -> str:
    """A curriculum, larger batches or unfrozen layers: a few steps up, then level."""
    rng = training.rng
    count = int(rng.integers(1, 6))
    at = np.sort(rng.uniform(0.05, 0.75, count)) * training.length_s
    heights = rng.uniform(0.3, 1.0, count)
    amount = sum(h * (training.t > a) for h, a in zip(heights, at, strict=True)) * _amount(training) / count
    return _ends(training, np.asarray(amount), str(rng.choice(["device", "host"])))


def ok_second_optimizer(training: Training) -> str:
    at = float(rng_between(training, 0.1, 0.7))
    grows = 1 - np.exp(-np.maximum(training.t - at, 0) / training.rng.uniform(0.2, 3.0))
    return _ends(training, grows * _amount(training), "device")


def rng_between(training: Training, low: float, high: float) -> float:
    """A time between two shares of the length."""
    return float(training.rng.uniform(low, high) * training.length_s)


def ok_records(training: Training) -> str:
    """Longer batches than ever: the allocator, or the heap, keeps the record. Steps ever rarer."""
    rng = training.rng
    on, at = training.step >= 0, np.maximum(training.step, 0).astype(int)
    count = int(training.step.max()) + 2
    sizes = rng.lognormal(0, rng.uniform(0.2, 0.6), count)
    if rng.random() < 0.4:
        sizes = rng.uniform(0.2, 1.0, count) ** 0.5
    record = np.maximum.accumulate(sizes) / sizes.max()
    amount = record[at] * on * rng.uniform(0.05, 0.5) * training.scale
    if training.gpu:
        training.extra_reserved = np.ceil(amount / (2 * MB)) * 2 * MB
        training.alloc += on * sizes[at] / sizes.max() * amount.max() * 0.9 * rng.uniform(0, 1, len(training.t))
        training.growth_until_s = rng_between(training, 0.3, 0.3)
        return "records"
    training.kept += amount * 0.7
    _ends(training, amount, "host")
    return "records"


def ok_saturating(training: Training) -> str:
    """Drift that saturates, over minutes to hours: fragmentation finding its level, tables that stop to grow."""
    tau = rng_between(training, 0.03, 0.22)
    since = np.maximum(training.t - training.first_s, 0)
    form = training.rng.random()
    if form < 0.6:
        shape = 1 - np.exp(-since / tau)
    else:
        shape = np.log1p(since / (tau / 8)) / np.log1p(training.length_s / (tau / 8))
        shape = np.minimum(shape, np.quantile(shape, 0.8))
    where = str(training.rng.choice(["native", "device", "arenas", "python"]))
    return _ends(training, shape * _amount(training) * 0.4, where)


def ok_copy_on_write(training: Training) -> str:
    """Workers unshare the parent's pages: their own memory rises, the parent's unique memory falls."""
    rng = training.rng
    if training.n_kids.max() == 0:
        training.workers()
    age = np.maximum(training.t - training.first_s, 0)
    if rng.random() < 0.5:
        age = np.mod(age, training.epoch_s)
    amount = (1 - np.exp(-age / rng.uniform(0.03, 0.18) / training.length_s)) * rng.uniform(20, 400) * MB
    training.put(amount * training.n_kids.max(), "workers")
    training.growth_until_s = 0.5 * training.length_s
    return "workers"


def ok_page_cache(training: Training) -> str:
    """Mapped data becomes resident: file pages only."""
    seen = np.minimum(np.maximum(training.t - training.first_s, 0) / rng_between(training, 0.2, 1.5), 1.0)
    training.put(seen * training.rng.uniform(0.1, 2.0) * training.scale, "file")
    return "page cache"


def ok_arenas(training: Training) -> str:
    """The heap keeps what it once needed: a ratchet that loses its teeth."""
    need = np.abs(training.slow_noise(1.0, training.length_s / 60 + 1))
    return _ends(training, np.maximum.accumulate(need) * _amount(training) * 0.3, "arenas")


def ok_gc_zigzag(training: Training) -> str:
    """Cycles that the collector takes; the troughs are level, the period may be long."""
    every = rng_between(training, 0.02, 0.33)
    wait = np.mod(np.maximum(training.t - training.first_s, 0), every) / every
    training.put(wait * _amount(training) * 0.5, "gc")
    training.growth_until_s = training.first_s + every
    return "gc"


def ok_epoch_lists(training: Training) -> str:
    every = rng_between(training, 0.05, 0.35)
    frac = np.mod(np.maximum(training.t - training.first_s, 0), every) / every
    training.put(frac * _amount(training), str(training.rng.choice(["tensor", "python", "device"])))
    training.growth_until_s = training.first_s + every
    return "lists"


def ok_rotating_log(training: Training) -> str:
    every = rng_between(training, 0.03, 0.25)
    frac = np.mod(np.maximum(training.t - training.first_s, 0) + training.rng.uniform(0, every), every) / every
    training.put(frac * training.rng.uniform(1, 30) * MB, "python")
    training.growth_until_s = training.first_s + every
    return "python"


def ok_averages(training: Training) -> str:
    """Averaged weights from some step on."""
    at = rng_between(training, 0.05, 0.8)
    training.growth_until_s = at
    training.put((training.t > at) * training.rng.uniform(0.1, 0.35) * training.scale, "device")
    return "device"


def ok_wander(training: Training) -> str:
    """No trend, but a memory as long as a quarter of what is seen."""
    tau = rng_between(training, 0.05, 0.25)
    training.put((training.step >= 0) * training.slow_noise(training.rng.uniform(1, 5) * training.sigma, tau), "host")
    return "host"


def ok_slow_growth(training: Training) -> str:
    """Real growth, but too slow to fill the machine within the horizon."""
    rate = training.rng.uniform(0.02, 0.35) * LIMIT_BYTES / HORIZON_S
    training.put(np.maximum(training.t - training.first_s, 0) * rate, str(training.rng.choice(["native", "python"])))
    training.notes.append(f"grows by {rate:.0f} B/s")
    return "slow"


def ok_compile(training: Training) -> str:
    """Recompilations and captures in the first part: steps up that end."""
    rng = training.rng
    count = int(rng.integers(2, 10))
    at = training.first_s + np.cumsum(rng.exponential(1.0, count)) / count * rng_between(training, 0.05, 0.3)
    amount = np.asarray(sum((training.t > a) * rng.uniform(2, 40) * MB for a in at))
    return _ends(training, amount, "host")


# By name, with how often each is drawn.
SOUND: dict[str, tuple[Family, float]] = {
    "plain": (ok_plain, 1.2), "cache": (ok_cache, 1.5), "replay": (ok_replay, 0.8), "stages": (ok_stages, 1.0),
    "second optimizer": (ok_second_optimizer, 0.6), "records": (ok_records, 1.2), "saturating": (ok_saturating, 1.2),
    "copy-on-write": (ok_copy_on_write, 0.8), "page cache": (ok_page_cache, 0.6), "arenas": (ok_arenas, 0.6),
    "gc zigzag": (ok_gc_zigzag, 0.8), "epoch lists": (ok_epoch_lists, 0.8), "rotating log": (ok_rotating_log, 0.5),
    "averages": (ok_averages, 0.4), "wander": (ok_wander, 0.6), "slow growth": (ok_slow_growth, 0.5),
    "compile": (ok_compile, 0.6),
}  # fmt: skip
