"""Probes against files of /proc, a recorded torch, and the catalogue."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from memgui.agent.allocator import Allocator, find_allocator
from memgui.agent.probes.accelerators import AcceleratorFinder, relaxed_capture
from memgui.agent.probes.heap import HeapProbe
from memgui.agent.probes.host import ResidentProbe, StatusProbe
from memgui.agent.probes.probe import Probe
from memgui.agent.probes.python import BlocksProbe, CollectorProbe
from memgui.agent.steps import StepClock
from memgui.protocol import metrics

STATUS = """Name:\tVmSwap: 9 kB
Umask:\t0022
VmRSS:\t  284388 kB
RssAnon:\t  190004 kB
RssFile:\t   94380 kB
RssShmem:\t       4 kB
VmSwap:\t       8 kB
Threads:\t5
"""


def values(probe: Probe) -> dict[str, float | None]:
    return dict(zip(probe.names, probe.read(), strict=True))


def test_status_gives_kernel_sizes_in_bytes(tmp_path: Path) -> None:
    (tmp_path / "status").write_text(STATUS)
    probe = StatusProbe(str(tmp_path / "status"))
    assert values(probe) == {
        "host.file_bytes": 94380 * 1024,
        "host.shmem_bytes": 4096,
        "host.swap_bytes": 8192,
        "host.threads_count": 5,
    }
    probe.close()


def test_a_field_that_the_kernel_lacks_is_absent_and_not_zero(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("Name:\tx\nVmRSS:\t 1 kB\n")
    probe = StatusProbe(str(tmp_path / "status"))
    assert probe.read() == [None, None, None, None]
    probe.close()


def test_anonymous_memory_by_statm_is_what_status_tells(tmp_path: Path) -> None:
    probe = ResidentProbe()
    found = values(probe)
    probe.close()
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    for name, field in (("host.rss_bytes", "VmRSS"), ("host.anon_bytes", "RssAnon")):
        told = int(fields[field].split()[0]) * 1024
        assert found[name] == pytest.approx(told, rel=0.05)


def test_the_heap_in_use_grows_by_what_is_allocated() -> None:
    heap = find_allocator().heap
    if heap is None:
        pytest.skip("no mallinfo2")
    probe = HeapProbe(heap, lambda: 0, _clock(None))
    before = values(probe)["host.heap_used_bytes"]
    block = bytearray(50_000_000)
    after = values(probe)["host.heap_used_bytes"]
    assert before is not None
    assert after is not None
    assert after - before == pytest.approx(len(block), rel=0.02)


def _clock(step_s: float | None) -> StepClock:
    """A clock of steps that take so long, as far as it knows."""
    clock = StepClock(lambda _point: None, lambda: True)
    clock.recent_step_s = lambda steps=33: step_s  # type: ignore[method-assign]
    return clock


class Heap:
    """A heap in which a step takes 60 bytes and gives them back; reading it costs CPU time."""

    def __init__(self, step_s: float | None, *, cost_s: float = 0.0) -> None:
        self.clock = _clock(step_s)
        self.now = self.cpu = self.cpu_once = 0.0
        self.used, self.reads = 100, 0
        self._cost_s = cost_s
        self.probe = HeapProbe(
            self._read, lambda: self.used + 40 + 7, self.clock, now=lambda: self.now, cpu_now=lambda: self.cpu
        )

    def _read(self) -> tuple[int, int]:
        self.reads += 1
        self.cpu += self._cost_s + self.cpu_once
        self.cpu_once = 0.0
        return self.used, 40

    def run(self, seconds: float, *, steps: bool) -> list[float | None]:
        """Steps of 0.1 s, in the midst of each a sample; tells what was held."""
        held = []
        for _ in range(round(seconds * 10)):
            self.used += 60
            self.now += 0.1
            held.append(self.probe.sample()[2])
            self.used -= 60
            if steps:
                self.clock.script_stepped({})
        return held


def test_one_dear_reading_does_not_keep_the_heap_from_being_read_again() -> None:
    heap = Heap(0.1, cost_s=0.0002)
    heap.run(2.0, steps=True)
    heap.cpu_once = 0.06  # a garbage collection, which would be worth a minute
    heap.run(1.0, steps=True)
    assert heap.cpu_once == 0.0
    reads = heap.reads
    heap.run(2.0, steps=True)
    assert heap.reads - reads >= 4


def test_while_steps_run_the_heap_is_read_where_one_ends() -> None:
    heap = Heap(0.1)
    heap.run(1.0, steps=True)
    assert set(heap.run(5.0, steps=True)) == {100 + 7}
    # What a receipt asks for is read on the spot.
    heap.used += 60
    assert list(heap.probe.read()) == [160, 40, 160 + 7]


def test_nothing_is_read_where_a_step_ends_before_somebody_asks() -> None:
    heap = Heap(0.1)
    for _ in range(100):
        heap.clock.script_stepped({})
    assert heap.reads == 0


def test_where_no_step_ends_the_heap_is_read_in_between() -> None:
    heap = Heap(0.1)
    heap.run(1.0, steps=True)
    assert set(heap.run(0.5, steps=False)) == {107}
    assert set(heap.run(5.0, steps=False)[10:]) == {167}
    assert set(heap.run(5.0, steps=True)[2:]) == {107}
    stepless = Heap(None)
    assert set(stepless.run(2.0, steps=False)) == {167}


def test_a_long_step_is_waited_for() -> None:
    heap = Heap(3.0)
    heap.run(1.0, steps=True)
    assert set(heap.run(8.0, steps=False)) == {107}
    assert heap.run(3.0, steps=False)[-1] == 167
    # The first sample after its end tells what it has left.
    heap.used += 5
    heap.clock.script_stepped({})
    assert heap.probe.sample()[2] == 112


def test_a_heap_that_is_slow_to_read_takes_a_thousandth_of_the_time() -> None:
    heap = Heap(0.1, cost_s=0.004)
    heap.run(100.0, steps=True)
    assert 20 <= heap.reads <= 27
    assert heap.cpu <= 0.11


def test_a_heap_that_cannot_be_read_at_the_end_of_a_step_harms_no_step() -> None:
    heap = Heap(0.1)
    heap.run(1.0, steps=True)

    def fails() -> tuple[int, int]:
        raise OSError("gone")

    heap.probe._heap = fails
    with pytest.raises(OSError, match="gone"):
        heap.run(5.0, steps=True)
    assert heap.clock.step > 12


def test_what_is_held_is_not_known_where_the_kernel_does_not_tell_what_is_taken(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("Name:\tx\nVmRSS:\t 1 kB\n")
    status = StatusProbe(str(tmp_path / "status"))
    assert status.taken() is None
    assert list(HeapProbe(lambda: (5, 3), status.taken, _clock(None)).read()) == [5, 3, None]
    (tmp_path / "status").write_text(STATUS)
    assert status.taken() == (190004 + 4 + 8) * 1024
    status.close()


def test_the_allocator_of_a_usual_python_is_glibc_or_named() -> None:
    found = find_allocator()
    assert isinstance(found, Allocator)
    assert found.name
    assert (found.heap is None) or found.name == "glibc"


def test_python_counts_are_there() -> None:
    assert all(value is not None for probe in (BlocksProbe(), CollectorProbe()) for value in probe.read())


def test_a_device_in_use_is_found_once_with_all_its_counters(fake_modules: dict[str, Any]) -> None:
    finder = AcceleratorFinder(fake_modules, lambda: True)
    found: dict[str, float | None] = {}
    for probe in finder.find():
        found.update(values(probe))
    assert found == {
        "cuda.0.allocated_bytes": 25_362_944,
        "cuda.0.allocated_peak_bytes": 33_554_432,
        "cuda.0.reserved_bytes": 48_234_496,
        "cuda.0.reserved_peak_bytes": 50_331_648,
        "cuda.0.active_bytes": 25_362_944,
        "cuda.0.inactive_split_bytes": 7_143_424,
        "cuda.0.retries_count": 1,
        "cuda.0.ooms_count": 0,
        "cuda.0.device_used_bytes": 5_000_000_000,
        "cuda.0.device_total_bytes": 85_000_000_000,
        "pinned.allocated_bytes": 4_194_304,
        "pinned.reserved_bytes": 8_388_608,
    }
    assert finder.find() == ()


def test_a_device_that_comes_into_use_later_is_found_then(fake_modules: dict[str, Any], backend: Any) -> None:
    finder = AcceleratorFinder(fake_modules, lambda: True)
    finder.find()
    backend.reserved[1] = 2_097_152
    assert {name.split(".")[1] for probe in finder.find() for name in probe.names} == {"1"}


def test_nothing_is_asked_of_a_backend_that_is_not_initialised(fake_modules: dict[str, Any], backend: Any) -> None:
    backend.initialised = False
    assert AcceleratorFinder(fake_modules).find() == ()


def test_a_torch_that_is_still_being_imported_is_left_alone(fake_modules: dict[str, Any]) -> None:
    fake_modules["torch"].__spec__ = SimpleNamespace(_initializing=True)
    assert AcceleratorFinder(fake_modules).find() == ()


def test_the_driver_is_not_asked_where_it_could_break_a_graph_capture(fake_modules: dict[str, Any]) -> None:
    found: dict[str, float | None] = {}
    for probe in AcceleratorFinder(fake_modules, lambda: False).find():
        found.update(values(probe))
    assert found["cuda.0.device_used_bytes"] is None
    assert found["cuda.0.device_total_bytes"] == 85_000_000_000


def test_older_counters_of_pinned_memory_are_read_too(fake_modules: dict[str, Any], backend: Any) -> None:
    backend.host_stats = {
        "allocated_bytes": {"all": {"current": 10}},
        "reserved_bytes": {"all": {"current": 30}},
    }
    pinned = AcceleratorFinder(fake_modules, lambda: True).find()[-1]
    assert values(pinned) == {"pinned.allocated_bytes": 10, "pinned.reserved_bytes": 30}


def test_a_counter_that_this_torch_lacks_is_absent(fake_modules: dict[str, Any], backend: Any) -> None:
    backend.memory_stats_as_nested_dict = lambda _index: {"reserved_bytes": {"all": {"current": 5}}}
    allocator = AcceleratorFinder(fake_modules, lambda: True).find()[0]
    assert values(allocator)["cuda.0.allocated_bytes"] is None
    assert values(allocator)["cuda.0.reserved_bytes"] == 5


def test_apples_backend_is_read_where_it_is_available() -> None:
    metal = SimpleNamespace(
        current_allocated_memory=lambda: 1, driver_allocated_memory=lambda: 2, recommended_max_memory=lambda: 3
    )
    backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: True))
    (probe,) = AcceleratorFinder({"torch": SimpleNamespace(mps=metal, backends=backends)}).find()
    assert list(values(probe).values()) == [1, 2, 3]


def test_captures_cannot_be_left_alone_without_a_runtime() -> None:
    assert relaxed_capture() in (True, False)


def test_every_name_is_in_the_catalogue(fake_modules: dict[str, Any]) -> None:
    probes = [
        ResidentProbe(),
        StatusProbe(),
        BlocksProbe(),
        CollectorProbe(),
        HeapProbe(lambda: (0, 0), lambda: 0, _clock(None)),
    ]
    names = [name for probe in (*probes, *AcceleratorFinder(fake_modules).find()) for name in probe.names]
    assert [name for name in names if metrics.find(name) is None] == []
    for probe in probes:
        probe.close()
