"""Bands are disjoint, and add up to what the system reports."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memgui.analysis.composition import PYTHON_BLOCK_BYTES, ROLES, Bands, bands, document, host_bands, title_of
from memgui.protocol.inspection import Composition, RoleBytes

MIB = 2**20
COUNTERS = {
    "host.rss_bytes": 400.0 * MIB,
    "host.anon_bytes": 300.0 * MIB,
    "host.file_bytes": 90.0 * MIB,
    "host.shmem_bytes": 10.0 * MIB,
    "host.heap_used_bytes": 150.0 * MIB,
    "host.heap_kept_bytes": 30.0 * MIB,
    "host.libraries_bytes": 6.0 * MIB,
    "python.blocks_count": 96.0 * MIB / PYTHON_BLOCK_BYTES,
}


def adds_up(found: Bands) -> bool:
    told = sum(found.parts.values()) + found.unexplained_bytes - found.not_resident_bytes
    return abs(told - found.total_bytes) <= len(found.parts) + 1


def test_each_page_is_in_one_band() -> None:
    roles = {"host": {"parameters": 20.0 * MIB, "optimizer": 40.0 * MIB}, "shared": {"other_tensors": 4.0 * MIB}}
    found = host_bands(roles, COUNTERS)
    assert found is not None
    assert {name: size // MIB for name, size in found.parts.items()} == {
        "parameters": 20,
        "optimizer": 40,
        "other_tensors": 4,
        "python_heap": 96,
        "libraries": 6,
        "native_heap": 90,
        "heap_kept": 30,
        "shared_memory": 6,
        "file_pages": 90,
    }
    assert found.unexplained_bytes == 18 * MIB
    assert adds_up(found)


def test_kept_memory_that_is_not_resident_is_no_band() -> None:
    found = host_bands({}, {**COUNTERS, "host.heap_kept_bytes": 5000.0 * MIB})
    assert found is not None
    assert found.parts["heap_kept"] == 48 * MIB
    assert found.unexplained_bytes == 0


def test_tensors_that_were_never_written_to_are_told_as_such() -> None:
    found = host_bands({"host": {"parameters": 350.0 * MIB}}, COUNTERS)
    assert found is not None
    assert found.not_resident_bytes == 50 * MIB
    assert adds_up(found)


def test_without_the_heaps_counters_its_memory_is_not_explained() -> None:
    counters = {name: value for name, value in COUNTERS.items() if "heap" not in name}
    found = host_bands({}, counters)
    assert found is not None
    assert "native_heap" not in found.parts
    assert found.unexplained_bytes == 198 * MIB


def test_without_resident_memory_there_are_no_bands() -> None:
    assert host_bands({}, {}) is None


sizes = st.floats(0, 1e12)


@given(
    st.dictionaries(st.sampled_from(ROLES), sizes),
    st.dictionaries(st.sampled_from(ROLES), sizes),
    st.dictionaries(st.sampled_from([name for name in COUNTERS if name != "host.rss_bytes"]), sizes),
)
def test_whatever_is_read_adds_up(own: dict[str, float], shared: dict[str, float], read: dict[str, float]) -> None:
    pages = [read.setdefault(f"host.{name}_bytes", 0.0) for name in ("anon", "file", "shmem")]
    found = host_bands({"host": own, "shared": shared}, {**read, "host.rss_bytes": sum(pages)})
    assert found is not None
    assert adds_up(found)
    assert all(size >= 0 for size in found.parts.values())


def test_a_devices_bands_add_up_to_what_the_driver_counts() -> None:
    composition = Composition(
        roles=(RoleBytes("cuda.0", "parameters", 30 * MIB, 4), RoleBytes("cuda.0", "activations", 10 * MIB, 2)),
        counters={
            "cuda.0.allocated_bytes": 45.0 * MIB,
            "cuda.0.reserved_bytes": 100.0 * MIB,
            "cuda.0.private_pools_bytes": 15.0 * MIB,
        },
    )
    (found,) = bands(composition, {"cuda.0.process_used_bytes": 500.0 * MIB})
    assert {name: size // MIB for name, size in found.parts.items()} == {
        "parameters": 30,
        "activations": 10,
        "private_pools": 15,
        "reserved_free": 40,
        "context": 400,
    }
    assert (found.unexplained_bytes, found.total_bytes) == (5 * MIB, 500 * MIB)
    assert adds_up(found)


def test_the_document_sums_over_all_places() -> None:
    composition = Composition(
        roles=(RoleBytes("cuda.0", "parameters", 30 * MIB, 4), RoleBytes("host", "parameters", 10 * MIB, 2)),
        counters={**COUNTERS, "cuda.0.allocated_bytes": 30.0 * MIB, "cuda.0.reserved_bytes": 30.0 * MIB},
    )
    told = document(composition, bands(composition))
    assert told["parameters_bytes"] == 40 * MIB
    assert told["activations_bytes"] == 0
    assert told["total_bytes"] == 430 * MIB


def test_every_band_has_words() -> None:
    found = host_bands({"host": dict.fromkeys(ROLES, 1.0)}, COUNTERS)
    assert found is not None
    assert all(title_of(name) != name for name in found.parts)
