"""The agent: one daemon thread that sleeps in poll, samples when somebody is due, and answers; wired together here."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Callable, List, Optional, Tuple, Union

from memgui.agent import identity
from memgui.agent.actions.caches import ClearCache
from memgui.agent.actions.device import EmptyDeviceCache, EmptyPinnedCache, ResetPeaks
from memgui.agent.actions.diagnose import Diagnose
from memgui.agent.actions.gradients import ReleaseGradients
from memgui.agent.actions.host import CollectGarbage, TrimHeap
from memgui.agent.actions.pools import SetPool, TrimPool
from memgui.agent.actions.registry import Registry, ScriptActions
from memgui.agent.actions.shrinking import Shrinking
from memgui.agent.allocator import Allocator, find_allocator
from memgui.agent.black_box import BlackBox
from memgui.agent.connection import Connection
from memgui.agent.declared import Declared
from memgui.agent.errands import Errands
from memgui.agent.events import Events
from memgui.agent.explain.watcher import Watcher
from memgui.agent.inspect.birthplaces import Birthplaces
from memgui.agent.inspect.catalogue import looking_at
from memgui.agent.inspect.deferred import Deferred
from memgui.agent.inspect.models import Models
from memgui.agent.meetings import Meetings
from memgui.agent.methods import Methods
from memgui.agent.pools.blocks import probes as pool_probes
from memgui.agent.pools.pools import Pools
from memgui.agent.probes.accelerators import AcceleratorFinder
from memgui.agent.probes.agent import ObservedProbe, StepProbe, ValueProbe
from memgui.agent.probes.heap import HeapProbe
from memgui.agent.probes.host import ResidentProbe, StatusProbe
from memgui.agent.probes.probe import Probe
from memgui.agent.probes.python import BlocksProbe, CollectorProbe
from memgui.agent.ring import Ring
from memgui.agent.safepoint import SafePoints
from memgui.agent.sampler import Sampler
from memgui.agent.server import Server
from memgui.agent.steps import StepClock
from memgui.protocol import jsonrpc
from memgui.protocol.endpoints import Endpoint
from memgui.protocol.payloads import Hello
from memgui.protocol.wire import to_wire

_FLIGHT_S = 1.0
_WAITING_S = 0.25
_TOGETHER_S = 0.002
_LAST_WORDS_S = 0.5
_ACTION_GRACE_S = 5.0
_FAILURES_ALLOWED = 10


class Agent:
    """Everything that one process's agent is made of.

    `start` and `stop` are called from outside; `clock`, `events` and the script's actions take calls of training
    threads; all else belongs to the agent's thread.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        listener: socket.socket,
        script_actions: ScriptActions,
        declared: Declared,
        black_box: Optional[Path] = None,
    ) -> None:
        self.endpoint = endpoint
        self.pid = os.getpid()
        self._wake_read, self._wake_write = _wake_pipe()
        # Guards the write end against being closed, and its number used again, while somebody is about to write.
        # Reentrant, since a collection inside may end a script's action, which wakes too.
        self._wake_lock = threading.RLock()
        self._script_actions = script_actions
        self._safe_points = SafePoints(self.wake)
        self.clock = StepClock(self._safe_points.visit, self._nothing_waits)
        self.events = Events(self.clock, self.wake)
        allocator = find_allocator()
        self._sampler = Sampler(self._probes(allocator), AcceleratorFinder().find)
        self._black_box: Optional[BlackBox] = None
        if black_box is not None:
            self._black_box = BlackBox(black_box, self._who, self._tell_of_black_box)
        self._ring = Ring(keep=self._black_box.keep if self._black_box is not None else None)
        self._server = Server(listener, self._wake_read, self._handle, self._peer_gone)
        self._errands = Errands(self._safe_points, self.clock, self._sampler, self.events, self._server.connection)
        collect, trim = CollectGarbage(), TrimHeap(allocator)
        device_cache, pinned_cache = EmptyDeviceCache(), EmptyPinnedCache()
        pools = Pools(self._safe_points.submit)
        own = (
            collect,
            trim,
            ReleaseGradients(self.clock.optimizers.live),
            device_cache,
            pinned_cache,
            ClearCache(),
            ResetPeaks(),
            Diagnose((collect, device_cache, pinned_cache, trim), self._sampler.bytes_now, self._last_step_s),
            SetPool(pools, self.clock, self.events.post),
            TrimPool(pools, self.clock, self.events.post),
        )
        shrinking = Shrinking(self.clock, allocator.trim, self._sampler.bytes_now, self._safe_points.submit)
        registry = Registry(own, script_actions, shrinking.actions)
        package = "memgui.agent.explain"
        births = Birthplaces()
        # Explaining takes three looks, and a few more passes over all objects for the chains.
        explaining = (
            Deferred(
                "inspect.explain", f"{package}.explain:Explain", allocator.heap, self.events, births, declared, looks=5
            ),
            Deferred("inspect.holders", f"{package}.holders:FindHolders", looks=3),
            Deferred("inspect.generations", f"{package}.generations:CompareGenerations", looks=4),
        )
        models = Models(self.clock.optimizers)
        inspections, self._census = looking_at(
            self.clock.optimizers,
            models,
            births,
            self._sampler.bytes_now,
            allocator.mapped,
            self._safe_points,
            self.events,
            explaining,
        )
        self._meetings = Meetings(endpoint.path.parent, self.clock, self.wake)
        self._methods = Methods(
            endpoint.start_time,
            self.clock,
            self._sampler,
            self._ring,
            self.events,
            registry,
            self._errands,
            inspections,
            Watcher(self._safe_points, self.events, models.belongings, declared.tensors, births),
            pools,
            shrinking,
            self._safe_points,
            self._meetings,
        )
        self._flight_due_s = 0.0
        self._sample_cpu_s: Optional[float] = None
        self._stopping = False
        self._reason = ""
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="memgui-agent", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._script_actions.tell(self._actions_changed)
        self.clock.attach()
        self._sampler.discover()
        self._thread.start()

    def stop(self, timeout_s: float = 10.0, reason: str = "") -> None:
        """Ask the thread to end, and wait for it; `reason` is for the black box."""
        self._reason = reason
        self._stopping = True
        self.wake()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    @property
    def is_running(self) -> bool:
        """The thread lives and was not asked to end."""
        return self._thread.is_alive() and not self._stopping

    def wake(self) -> None:
        """End the thread's sleep; from any thread."""
        with self._wake_lock, suppress(OSError):
            if self._wake_write >= 0:
                os.write(self._wake_write, b"\0")

    def abandon(self) -> None:
        """In a forked child, which has no agent thread: close what was inherited, and tell nobody."""
        self._script_actions.tell(None)
        self._server.abandon()
        self._sampler.close()
        if self._black_box is not None:
            self._black_box.close()
        self._close_pipe()

    def _close_pipe(self) -> None:
        """Each end once: a child forked amid the agent's end comes here, and a number may be the training's."""
        ends = self._wake_read, self._wake_write
        self._wake_read = self._wake_write = -1
        for end in ends:
            if end >= 0:
                os.close(end)

    def _probes(self, allocator: Allocator) -> List[Probe]:
        probes: List[Probe] = []
        taken: Callable[[], Optional[int]] = _unknown
        with suppress(OSError):
            resident, status = ResidentProbe(), StatusProbe()
            probes += [resident, status]
            taken = status.taken
        if allocator.heap is not None:
            probes.append(HeapProbe(allocator.heap, taken, self.clock))
        probes += [BlocksProbe(), CollectorProbe(), StepProbe(self.clock)]
        probes.append(ValueProbe("agent.sample_cpu_s", self._last_cost))
        probes.append(ValueProbe("agent.held_bytes", self._held_bytes, period_s=1.0))
        return probes

    def _who(self) -> Hello:
        return identity.hello(self.endpoint.start_time, self.clock)

    def _tell_of_black_box(self, reason: str) -> None:
        # Asked for by whoever started the run, who may look at nothing but its output.
        sys.stderr.write(f"memgui: {reason}; the training goes on without it\n")
        self.events.post("black_box", reason)

    def _last_cost(self) -> Optional[float]:
        return self._sample_cpu_s

    def _last_step_s(self) -> float:
        return self.clock.recent_step_s(1) or 0.0

    def _held_bytes(self) -> int:
        return self._ring.held_bytes + sum(peer.outbox.held_bytes for peer in self._server.connections)

    def _nothing_waits(self) -> bool:
        return self._safe_points.is_empty

    def _actions_changed(self) -> None:
        self.events.post("actions", "the list of actions changed")

    def _peer_gone(self, number: int) -> None:
        self._meetings.cancel(number)
        self._errands.cancel(number)

    def _handle(self, peer: Connection, message: Union[jsonrpc.Message, jsonrpc.Malformed]) -> None:
        if isinstance(message, jsonrpc.Malformed):
            peer.outbox.put(jsonrpc.encode(message.failure()))
        else:
            self._methods.handle(peer, message)

    def _run(self) -> None:
        # Signals belong to the threads of the run: one that this thread took would not interrupt their system calls.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            while not self._stopping and self._failures < _FAILURES_ALLOWED:
                try:
                    self._turn()
                    self._failures = 0
                except Exception:  # noqa: BLE001 - the border of the thread: counted, and given up after a few in a row
                    self._failures += 1
                    time.sleep(0.1)
        finally:
            self._finish()

    def _turn(self) -> None:
        ready = self._server.wait(self._due_s() - time.monotonic())
        begin_cpu_s = time.thread_time()
        now_s = time.monotonic()
        if ready:
            self._server.serve(ready, now_s)
        sampled = self._sample(now_s)
        if not self._errands.are_quiet:
            self._errands.follow(now_s)
        self._meetings.follow(self._server.connection)
        if self.events.waits:
            self._send_events()
        self._server.flush(now_s)
        if sampled:
            self._sample_cpu_s = time.thread_time() - begin_cpu_s

    def _due_s(self) -> float:
        now_s = time.monotonic()
        due_s = min(self._flight_due_s, self._server.due_s)
        for peer in self._server.connections:
            if peer.hz is not None:
                due_s = min(due_s, peer.due_s)
        deadlines = [run.deadline_s for run in self._safe_points.waiting]
        return min(due_s, now_s + _WAITING_S, *deadlines) if deadlines else due_s

    def _sample(self, now_s: float) -> bool:
        peers = [peer for peer in self._server.connections if peer.hz is not None and peer.due_s <= now_s + _TOGETHER_S]
        flight = now_s >= self._flight_due_s
        if flight:
            self._look_around(now_s)
        if not peers and not flight:
            return False
        # Before the values are read: what is told of a step's end has its number or that of the step before.
        step = self.clock.step
        self._sampler.sample()
        self._ring.append(now_s, step, self._sampler.values())
        if peers:
            # The line up to what differs from peer to peer.
            head = (
                f'{{"jsonrpc":"2.0","method":"sample","params":{{"t_s":{now_s!r},"step":{step},'
                f'"generation":{self._sampler.generation},"v":[{self._sampler.text()}],"dropped":'
            )
            for peer in peers:
                peer.outbox.put(f"{head}{peer.outbox.dropped}}}}}\n".encode("ascii"), is_sample=True)
                period_s = 1.0 / (peer.hz or 1.0)
                peer.due_s = max(peer.due_s + period_s, now_s + period_s / 2)
        return True

    def _look_around(self, now_s: float) -> None:
        """Once a second: what has come into use?"""
        self._flight_due_s = now_s + _FLIGHT_S
        self.clock.attach()
        fresh = self._sampler.discover()
        observed = [ObservedProbe(self.clock, name) for name in self.clock.observed]
        fresh = self._sampler.add(observed) or fresh
        self._census.follow(now_s, is_watched=any(peer.hz is not None for peer in self._server.connections))
        fresh = self._sampler.add(self._census.probes()) or fresh
        fresh = self._sampler.add(pool_probes()) or fresh
        if fresh:
            data = {"generation": self._sampler.generation, "names": list(self._sampler.names)}
            self.events.post("metrics", "the set of metrics changed", data)
            self._send_events()
        if self._black_box is not None:
            self._black_box.follow(now_s, self._sampler.generation, self._sampler.names)
        for probe, error in self._sampler.take_switched_off():
            self.events.post(
                "probe", f"the probe {probe} failed repeatedly and was switched off: {error}", {"probe": probe}
            )

    def _send_events(self) -> None:
        for event in self.events.take():
            if self._black_box is not None:
                self._black_box.note(event)
            line = jsonrpc.encode(jsonrpc.Notification("event", to_wire(event)))
            for peer in self._server.connections:
                if peer.greeted:
                    peer.outbox.put(line)

    def _finish(self) -> None:
        """Last words; then nothing of the agent is left."""
        self.clock.detach()
        self._script_actions.tell(None)
        self._meetings.stop()
        deadline_s = time.monotonic() + _ACTION_GRACE_S
        while self._safe_points.is_running and time.monotonic() < deadline_s:
            self._server.wait(0.05)
        with suppress(Exception):
            self._errands.stop()
            self.events.post("exit", "the agent ends")
            self._send_events()
            if self._black_box is not None:
                self._black_box.finish(self._reason)
            deadline_s = time.monotonic() + _LAST_WORDS_S
            self._server.flush(time.monotonic())
            while any(len(peer.outbox) for peer in self._server.connections) and time.monotonic() < deadline_s:
                self._server.serve(self._server.wait(0.05), time.monotonic())
                self._server.flush(time.monotonic())
        if os.getpid() == self.pid:
            with suppress(OSError):
                self.endpoint.path.unlink()
        self._server.close()
        self._sampler.close()
        with self._wake_lock:
            self._close_pipe()


def _unknown() -> None:
    """What the kernel does not tell."""


def _wake_pipe() -> Tuple[int, int]:
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    return read, write
