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
    probe = HeapProbe(heap)
    before = values(probe)["host.heap_used_bytes"]
    block = bytearray(50_000_000)
    after = values(probe)["host.heap_used_bytes"]
    assert before is not None
    assert after is not None
    assert after - before == pytest.approx(len(block), rel=0.02)


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
    probes = [ResidentProbe(), StatusProbe(), BlocksProbe(), CollectorProbe(), HeapProbe(lambda: (0, 0))]
    names = [name for probe in (*probes, *AcceleratorFinder(fake_modules).find()) for name in probe.names]
    assert [name for name in names if metrics.find(name) is None] == []
    for probe in probes:
        probe.close()
