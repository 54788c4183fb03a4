"""A made-up training: the parts of its memory along time, before anything grows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from verdict import Array

MB = 1e6
PAGE = 4096.0


class Training:
    """A training without growth, on which families add theirs; all parts are arrays along `t`."""

    def __init__(self, length_s: float, dt: float, rng: np.random.Generator) -> None:
        self.rng = rng
        n = int(length_s / dt)
        self.t = np.arange(n) * dt + rng.uniform(0, dt * 0.1, n)
        self.length_s, self.dt = length_s, dt
        self.gpu = rng.random() < 0.5
        self.step_s = float(np.exp(rng.uniform(np.log(0.02), np.log(0.4 if length_s < 1000 else 4.0))))
        self.first_s = float(rng.uniform(1.0, min(20.0, length_s * 0.12)))
        # Bytes by part of memory.
        self.scale = float(np.exp(rng.uniform(np.log(150), np.log(2000 if length_s < 1000 else 8000)))) * MB
        zero = np.zeros(n)
        self.anon, self.shm, self.file = zero.copy(), zero.copy(), zero.copy()
        self.kids, self.kids_shared, self.n_kids = zero.copy(), zero.copy(), zero.copy()
        self.alloc, self.res, self.pinned = zero.copy(), zero.copy(), zero.copy()
        self.kept, self.py_heap = zero.copy(), zero.copy()
        self.blocks, self.objects, self.tensors = zero.copy(), zero.copy(), zero.copy()
        self.threads = zero + float(rng.integers(2, 40))
        self.ledger, self.onset_s, self.growth_until_s = zero.copy(), 0.0, 0.0
        # Ordinary parts that grow at first: a first epoch's lists, workers that unshare their pages.
        self.ordinary_until_s = 0.0
        self.notes: list[str] = []
        self._clock()

    # ---- the course of the training

    def _clock(self) -> None:
        """Steps, with pauses for evaluations and checkpoints."""
        rng, t, length = self.rng, self.t, self.length_s
        self.eval_every_s = float(np.exp(rng.uniform(np.log(max(length / 40, 3 * self.step_s)), np.log(length / 3))))
        self.eval_s = self.eval_every_s * float(rng.uniform(0.03, 0.25)) if rng.random() < 0.55 else 0.0
        self.save_every_s = float(np.exp(rng.uniform(np.log(max(length / 30, 3 * self.step_s)), np.log(length / 3))))
        self.save_s = float(min(rng.uniform(0.2, 8.0), self.save_every_s * 0.2)) if rng.random() < 0.5 else 0.0
        self.epoch_s = float(np.exp(rng.uniform(np.log(max(length / 50, 5 * self.step_s)), np.log(length / 2.5))))
        since = t - self.first_s
        self.in_eval = (since > self.eval_every_s) & (np.mod(since, self.eval_every_s) < self.eval_s)
        self.in_save = (since > self.save_every_s) & (np.mod(since, self.save_every_s) < self.save_s)
        runs = (since >= 0) & ~self.in_eval & ~self.in_save
        pace = 1.0 + 0.1 * rng.standard_normal() * np.sin(2 * np.pi * since / max(length / 3, 10.0))
        busy = np.cumsum(np.where(runs, np.diff(t, prepend=t[0]) * pace, 0.0))
        self.exact = busy / self.step_s
        self.step = np.where(since >= 0, np.floor(self.exact), -1.0)

    def after(self, at_s: float) -> Array:
        """Steps done since a time, a float for the part of a step."""
        return np.maximum(self.exact - np.interp(at_s, self.t, self.exact), 0.0)

    def events(self, every_s: float, from_s: float = 0.0) -> Array:
        """How often an event that comes every so often has happened, along t."""
        return np.floor(np.maximum(self.t - self.first_s - from_s, 0.0) / every_s)

    # ---- ordinary parts

    def start_up(self) -> None:
        """Imports, the model, the data, optimizer state at the first step, and what warms up in the first steps."""
        rng, t, scale = self.rng, self.t, self.scale
        done = np.clip(t / self.first_s, 0.0, 1.0)
        stairs = np.sort(rng.uniform(0, 1, 6))
        build = 0.5 * done**0.7 + 0.5 * np.searchsorted(stairs, done) / 6
        model = 0.35 * scale
        started = (self.step >= 0).astype(float)
        state = rng.uniform(0.2, 0.9) * model * (self.step >= 1)
        warm = rng.uniform(0.0, 0.08) * scale * (1 - np.exp(-np.maximum(self.exact, 0) / rng.uniform(2, 12)))
        host = 180 * MB + (0.15 * scale if self.gpu else 0.0)
        self.file += np.clip(done * 3, 0, 1) * rng.uniform(60, 400) * MB
        if self.gpu:
            self.anon += build * host + 250 * MB * (done > 0.7) + warm * 0.3
            self.alloc += started * model + state
            self.res += started * model * 1.1 + state
            self.res += started * rng.uniform(0.2, 0.6) * scale * (1 - np.exp(-np.maximum(self.exact, 0) / 3))
        else:
            self.anon += build * (host + model) + state + warm
            self.alloc += started * model + state
        self.blocks += 120e3 + 500e3 * np.clip(done * 1.2, 0, 1) + 3e3 * (1 - np.exp(-np.maximum(self.exact, 0) / 8))
        self.objects += rng.uniform(200, 5000)
        self.tensors += started * rng.integers(20, 2000)
        if rng.random() < 0.35:
            self.workers()

    def workers(self) -> None:
        """Loader workers: copies of the parent that unshare their pages up to a bound."""
        rng = self.rng
        count = int(rng.integers(1, 9))
        on = self.step >= 0
        tau = rng.uniform(3.0, max(self.length_s / 12, 4.0))
        age = np.maximum(self.t - self.first_s, 0.0)
        if rng.random() < 0.4:
            age = np.mod(age, self.epoch_s)
        self.ordinary_until_s = max(self.ordinary_until_s, self.first_s + 3 * tau)
        self.n_kids += on * count
        self.kids += on * count * (rng.uniform(40, 200) * MB + rng.uniform(5, 60) * MB * (1 - np.exp(-age / tau)))
        self.kids += on * self.slow_noise(rng.uniform(0.1, 2) * MB * count, rng.uniform(0.5, 5.0))
        self.shm += on * np.abs(self.rng.standard_normal(len(self.t))) * rng.uniform(0.2, 6) * MB

    def ordinary(self) -> None:
        """Noise of several kinds, and what evaluations, checkpoints and epochs add and give back."""
        rng, n = self.rng, len(self.t)
        on = (self.step >= 0).astype(float)
        self.sigma = float(np.exp(rng.uniform(np.log(0.05), np.log(0.012 * self.scale / MB + 0.2)))) * MB
        kind = rng.integers(0, 4)
        if kind == 0:
            noise = rng.standard_normal(n) * self.sigma
        elif kind == 1:
            noise = self.slow_noise(self.sigma, float(np.exp(rng.uniform(np.log(0.3), np.log(self.length_s / 25)))))
        elif kind == 2:
            levels = np.sort(rng.uniform(0, 3.5, 4)) * self.sigma
            held = rng.integers(0, 4, n)
            noise = levels[np.repeat(held, max(1, int(rng.integers(1, 20))))[:n]]
        else:
            noise = np.mod(self.t / self.step_s + rng.uniform(), 1.0) * 3.4 * self.sigma
        self.anon += on * noise
        act = rng.uniform(0.02, 0.5) * self.scale
        phase = np.mod(self.t / self.step_s, 1.0)
        if self.gpu:
            synced = rng.random() < 0.4
            self.alloc += on * (rng.uniform(0, 0.002, n) * act if synced else act * np.sin(np.pi * phase) ** 2)
        self.blocks += on * rng.standard_normal(n) * np.exp(rng.uniform(np.log(5), np.log(800)))
        self.objects += on * np.abs(rng.standard_normal(n)) * 60
        if self.eval_s:
            self._bump(self.in_eval, rng.uniform(0.01, 0.25) * self.scale)
        if self.save_s:
            self._bump(self.in_save, rng.uniform(0.02, 0.4) * self.scale, host=True)
        if rng.random() < 0.3:
            frac = np.mod(np.maximum(self.t - self.first_s, 0), self.epoch_s) / self.epoch_s
            self.put(on * frac * rng.uniform(0.005, 0.1) * self.scale, rng.choice(["host", "device", "python"]))
            self.ordinary_until_s = max(self.ordinary_until_s, self.first_s + self.epoch_s)
            self.notes.append("epoch-list")
        if rng.random() < 0.3:
            every = float(np.exp(rng.uniform(np.log(max(0.4, 4 * self.dt)), np.log(self.length_s / 15))))
            zig = np.mod(self.t + rng.uniform(0, every), every) / every
            self.put(on * zig * rng.uniform(0.5, 8) * self.sigma, "gc")
            self.notes.append("gc-zigzag")
        if rng.random() < 0.5:
            self.kept += on * np.abs(self.slow_noise(self.sigma, self.length_s / 40 + 1))
        if rng.random() < 0.4:
            # The C heap keeps what it once needed: each new height stays.
            wanted = on * np.abs(self.slow_noise(rng.uniform(0.3, 1.5) * self.sigma, self.length_s / 80 + 0.5))
            self.put(np.maximum.accumulate(wanted), "arenas")

    def _bump(self, mask: NDArray[np.bool_], amount: float, *, host: bool = False) -> None:
        height = amount * (1 + 0.03 * self.rng.standard_normal())
        if self.gpu and not host:
            self.alloc += mask * height
        else:
            self.anon += mask * height

    def slow_noise(self, sigma: float, tau_s: float) -> Array:
        """AR(1): stationary, forgets with `tau_s`."""
        n = len(self.t)
        a = float(np.exp(-self.dt / tau_s))
        white = self.rng.standard_normal(n) * sigma * np.sqrt(1 - a * a)
        white[0] = self.rng.standard_normal() * sigma
        # One pole by blocks: exact enough, and fast without scipy.
        out = np.empty(n)
        level, block = 0.0, 512
        for at in range(0, n, block):
            part = white[at : at + block]
            powers = a ** np.arange(1, len(part) + 1)
            with np.errstate(over="ignore", invalid="ignore"):
                sums = np.cumsum(part / powers) if powers[-1] > 1e-200 else None
            if sums is not None:
                out[at : at + block] = powers * (level + sums)
            else:
                for inner, value in enumerate(part):
                    level = a * level + value
                    out[at + inner] = level
            level = float(out[at + len(part) - 1])
        return out

    # ---- growth

    def put(self, amount: Array, where: str) -> None:
        """Add bytes to the part of memory where that kind shows."""
        if where == "device" and not self.gpu:
            where = "tensor"
        if where in ("host", "native", "graph") and not (where == "graph" and self.gpu):
            self.anon += amount
        elif where in ("tensor", "device", "graph"):
            self.alloc += amount
            self.tensors += 0 if where == "graph" else amount / max(self.tensor_bytes, 1.0)
            if not self.gpu:
                self.anon += amount
        elif where in ("python", "gc"):
            self.anon += amount
            self.py_heap += amount
            self.blocks += amount / 80.0
            self.objects += amount / 400.0
        elif where == "shm":
            self.shm += amount
        elif where == "workers":
            self.kids += amount
        elif where == "pinned":
            self.anon += amount
            self.pinned += amount
        elif where == "arenas":
            self.anon += amount
            self.kept += amount
        elif where == "threads":
            self.anon += amount
            self.threads += np.floor(amount / (0.3 * MB))
        else:
            self.file += amount

    tensor_bytes = 40e3

    def columns(self) -> dict[str, Array]:
        """Samples by leakbench's names, with memgui's further ones."""
        rng, n = self.rng, len(self.t)
        anon = np.maximum(np.round(np.maximum(self.anon, 1 * MB) / PAGE) * PAGE, PAGE)
        shm = np.round(np.maximum(self.shm, 0) / PAGE) * PAGE
        file = np.round(np.maximum(self.file, 0) / PAGE) * PAGE
        kids = np.round(np.maximum(self.kids, 0) / PAGE) * PAGE
        # Unique pages jump when a neighbour with the same libraries starts or ends.
        jumps = np.zeros(n)
        for _ in range(rng.poisson(0.7)):
            begin, end = np.sort(rng.uniform(0, self.length_s, 2))
            jumps += ((self.t > begin) & (self.t < end)) * rng.uniform(52, 78) * MB
        alloc = np.maximum(self.alloc, 0)
        if not self.gpu:
            # A census on the CPU is taken every half second.
            held = (np.arange(n) // max(1, int(0.5 / self.dt))) * max(1, int(0.5 / self.dt))
            alloc = alloc[held]
        out = {
            "t_seconds": self.t, "step": self.step, "rss": anon + shm + file, "uss": anon + 0.1 * file + jumps,
            "shm": shm, "children_rss": kids * 1.0 + self.n_kids * 60 * MB, "children_uss": kids * 0.8,
            "n_children": self.n_kids, "n_threads": np.round(self.threads), "n_fds": np.full(n, 12.0),
            "py_blocks": np.round(np.maximum(self.blocks, 0)), "gc_objects": np.round(np.maximum(self.objects, 0)),
            "live_tensors": np.round(self.tensors), "torch_allocated": np.round(alloc / 512) * 512,
            "rss_anon": anon, "private_dirty": anon, "children_anon": kids, "file": file,
            "heap_used": np.maximum(anon - self.py_heap - np.maximum(self.kept, 0) - 30 * MB, MB),
            "heap_kept": np.maximum(self.kept, 0) + 2 * MB,
        }  # fmt: skip
        if self.gpu:
            segment = 2 * MB if self.scale < 1e9 else 20 * MB
            high = np.maximum.accumulate(alloc)
            reserved = np.ceil(np.maximum(high * 1.03, self.res) / segment) * segment + self.extra_reserved
            out["torch_reserved"] = np.maximum.accumulate(np.where(self.step >= 0, reserved, 0.0))
            if rng.random() < 0.35:
                out["torch_allocated_peak"] = np.round(high / 512) * 512
                out["torch_reserved_peak"] = np.maximum.accumulate(out["torch_reserved"])
            out["pinned_allocated"] = np.round(self.pinned) + 3 * MB
            out["pinned_reserved"] = 2.0 ** np.ceil(np.log2(np.maximum(self.pinned, 0) + 4 * MB))
        return out

    extra_reserved: Array | float = 0.0
