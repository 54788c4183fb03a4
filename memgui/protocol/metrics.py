"""The catalogue of metrics: their one source, for hover texts, the exporter's HELP lines and docs/metrics.md.

Names are dotted and carry their unit as the last word. Names of accelerators carry backend and index
(`cuda.0.allocated_bytes`); the catalogue has them once, as `{device}.allocated_bytes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Dict, Optional, Tuple

_DEVICE = re.compile(r"(cuda|xpu|mps|mtia|hpu|npu)\.(\d+)\.(.+)\Z")
_POOL = re.compile(r"pool\.(.+)\.(used_bytes|held_bytes)\Z")


@dataclass(frozen=True)
class Metric:
    """One catalogue entry.

    Attributes:
        unit: "bytes", "count", "s" or "ratio"; the last word of the name.
        kind: "gauge" (a level), "counter" (only rises), "peak" (highest level since it was reset).
        group: "host", "workers", "limit", "machine", "python", "composition", "accelerator", "pools", "step" or
            "agent".
        source: "agent" (read inside the process), "collect" (read from outside) or "both".
        text: what it contains and leaves out.
    """

    name: str
    title: str
    unit: str
    kind: str
    group: str
    source: str
    text: str


def _metric(name: str, title: str, group: str, source: str, text: str, kind: str = "gauge") -> Metric:
    return Metric(name, title, name.rsplit("_", 1)[1], kind, group, source, text)


CATALOGUE: Tuple[Metric, ...] = (
    _metric(
        "host.rss_bytes",
        "Resident",
        "host",
        "both",
        "Memory of the process that is in RAM: anonymous, file and shared pages. "
        "Leaves out swap and the loader workers.",
    ),
    _metric(
        "host.anon_bytes",
        "Anonymous",
        "host",
        "both",
        "Resident private pages that no file backs: heaps, stacks, CPU tensors. "
        "Leaves out shared memory, file pages and swap. Source: RssAnon.",
    ),
    _metric(
        "host.file_bytes",
        "File pages",
        "host",
        "both",
        "Resident pages mapped from files: libraries, mmapped data. The system can drop most of them. Source: RssFile.",
    ),
    _metric(
        "host.shmem_bytes",
        "Shared memory",
        "host",
        "both",
        "Resident pages of shared memory: tensors handed over by loader workers, /dev/shm. Counted in full in every "
        "process that maps them. Source: RssShmem.",
    ),
    _metric(
        "host.swap_bytes",
        "Swapped out",
        "host",
        "both",
        "Anonymous memory of the process that lies in swap. Leaves out shared memory. Source: VmSwap.",
    ),
    _metric(
        "host.pss_bytes",
        "Proportional",
        "host",
        "collect",
        "Resident memory with each shared page divided by the number of processes that map it. Read rarely, since the "
        "reading is dear. Source: smaps_rollup.",
    ),
    _metric(
        "host.uss_bytes",
        "Unique",
        "host",
        "collect",
        "Resident pages that no other process maps. Jumps when another process that maps the same libraries starts or "
        "ends, so no trend is built on it. Source: smaps_rollup.",
    ),
    _metric(
        "host.heap_used_bytes",
        "Heap in use",
        "host",
        "agent",
        "What the C heap has handed out and not got back, large mmapped blocks included. Leaves out Python's small "
        "objects and other allocators. Source: mallinfo2, uordblks + hblkhd.",
    ),
    _metric(
        "host.heap_kept_bytes",
        "Heap kept",
        "host",
        "agent",
        "Freed memory that the C heap keeps instead of giving it back to the system; trim_heap returns most of it. "
        "Source: mallinfo2, fordblks.",
    ),
    _metric(
        "host.held_bytes",
        "Held",
        "host",
        "agent",
        "Anonymous, shared and swapped out memory less what the C heap keeps. While steps run, it and the heap are "
        "read in one moment at the end of a step, so that what a step takes and gives back is not in it.",
    ),
    _metric("host.threads_count", "Threads", "host", "both", "Threads of the process, native ones included."),
    _metric(
        "children.rss_bytes",
        "Workers",
        "workers",
        "collect",
        "Sum of the resident memory of all descendants, such as loader workers. Pages they share with each other or "
        "with the parent count in each.",
    ),
    _metric(
        "children.anon_bytes",
        "Workers, anonymous",
        "workers",
        "collect",
        "Sum of the anonymous resident memory of all descendants. Pages still shared copy-on-write after a fork "
        "count in each.",
    ),
    _metric("children.processes_count", "Worker processes", "workers", "collect", "Number of live descendants."),
    _metric(
        "cgroup.used_bytes",
        "Cgroup used",
        "limit",
        "collect",
        "Memory charged to the control group of the process: all its processes, page cache and kernel memory included.",
    ),
    _metric(
        "cgroup.working_set_bytes",
        "Cgroup working set",
        "limit",
        "collect",
        "Charged memory without the page cache that the system can drop at once; what Kubernetes compares with "
        "the limit.",
    ),
    _metric(
        "cgroup.limit_bytes",
        "Cgroup limit",
        "limit",
        "collect",
        "The lowest memory limit on the way up from the control group of the process. Absent where none is set.",
    ),
    _metric(
        "cgroup.oom_kills_count",
        "Cgroup OOM kills",
        "limit",
        "collect",
        "Processes of the control group that the kernel has killed for lack of memory.",
        "counter",
    ),
    _metric(
        "machine.total_bytes", "Machine memory", "machine", "collect", "RAM of the machine that the kernel can use."
    ),
    _metric(
        "machine.available_bytes",
        "Machine available",
        "machine",
        "collect",
        "Memory that new work can get without swapping, by the kernel's estimate. Source: MemAvailable.",
    ),
    _metric(
        "machine.swap_used_bytes",
        "Machine swap used",
        "machine",
        "collect",
        "Swap in use on the machine, by everybody.",
    ),
    _metric(
        "python.blocks_count",
        "Python blocks",
        "python",
        "agent",
        "Blocks that Python's small-object allocator has handed out; rises by about one per live small object. "
        "Source: sys.getallocatedblocks.",
    ),
    _metric(
        "python.gc_collections_count",
        "Garbage collections",
        "python",
        "agent",
        "Runs of the garbage collector, all generations. Source: gc.get_stats.",
        "counter",
    ),
    _metric(
        "python.gc_uncollectable_count",
        "Uncollectable objects",
        "python",
        "agent",
        "Objects that the collector found and could not free. Source: gc.get_stats.",
        "counter",
    ),
    _metric(
        "python.gc_pending_count",
        "Pending for collection",
        "python",
        "agent",
        "Objects made since the youngest generation was last collected, less those freed. Source: gc.get_count.",
    ),
    _metric(
        "composition.parameters_bytes",
        "Parameters",
        "composition",
        "agent",
        "Parameters of the models that the optimizers train, frozen ones included; host memory, each storage "
        "once. Looked at every 5 s or more seldom, at a step boundary, while somebody is connected.",
    ),
    _metric(
        "composition.gradients_bytes",
        "Gradients",
        "composition",
        "agent",
        "Gradients of these parameters, as they are right after an optimizer step; host memory, each storage "
        "once. Looked at every 5 s or more seldom, at a step boundary, while somebody is connected.",
    ),
    _metric(
        "composition.optimizer_bytes",
        "Optimizer state",
        "composition",
        "agent",
        "Tensors in the state of the optimizers that were seen stepping; host memory, each storage "
        "once. Looked at every 5 s or more seldom, at a step boundary, while somebody is connected.",
    ),
    _metric(
        "composition.buffers_bytes",
        "Buffers",
        "composition",
        "agent",
        "Buffers of the models that the optimizers train; host memory, each storage "
        "once. Looked at every 5 s or more seldom, at a step boundary, while somebody is connected.",
    ),
    _metric(
        "{device}.allocated_bytes",
        "Allocated",
        "accelerator",
        "agent",
        "Device memory in live tensors, by the caching allocator. Leaves out its cache, the context and libraries.",
    ),
    _metric(
        "{device}.allocated_peak_bytes",
        "Allocated peak",
        "accelerator",
        "agent",
        "Highest allocated memory since the peaks were last reset.",
        "peak",
    ),
    _metric(
        "{device}.reserved_bytes",
        "Reserved",
        "accelerator",
        "agent",
        "Device memory that the caching allocator holds: allocated memory and its cache.",
    ),
    _metric(
        "{device}.reserved_peak_bytes",
        "Reserved peak",
        "accelerator",
        "agent",
        "Highest reserved memory since the peaks were last reset.",
        "peak",
    ),
    _metric(
        "{device}.active_bytes",
        "Active",
        "accelerator",
        "agent",
        "Allocated memory and blocks that were freed but still wait for a stream.",
    ),
    _metric(
        "{device}.inactive_split_bytes",
        "Inactive split",
        "accelerator",
        "agent",
        "Free parts of segments of which other parts are in use; emptying the cache cannot return them. A measure of "
        "fragmentation.",
    ),
    _metric(
        "{device}.retries_count",
        "Allocation retries",
        "accelerator",
        "agent",
        "Allocations that succeeded only after the cache was flushed.",
        "counter",
    ),
    _metric(
        "{device}.ooms_count",
        "Out-of-memory errors",
        "accelerator",
        "agent",
        "Out-of-memory errors that the caching allocator has raised.",
        "counter",
    ),
    _metric(
        "{device}.device_used_bytes",
        "Device used",
        "accelerator",
        "both",
        "Memory of the whole device in use, by all processes, contexts and libraries included. Source: cudaMemGetInfo "
        "or NVML.",
    ),
    _metric("{device}.device_total_bytes", "Device capacity", "accelerator", "both", "Memory that the device has."),
    _metric(
        "{device}.process_used_bytes",
        "Process on device",
        "accelerator",
        "collect",
        "Device memory of this process and its descendants as the driver counts it, context included. Source: NVML.",
    ),
    _metric(
        "{device}.utilization_ratio",
        "Device utilization",
        "accelerator",
        "collect",
        "Share of the last sample period in which a kernel ran on the device. Source: NVML.",
    ),
    _metric(
        "{device}.parameters_bytes",
        "Parameters",
        "accelerator",
        "agent",
        "Parameters of the models that the optimizers train, frozen ones included; on this device, each "
        "storage once. Looked at as its counterpart on the host is.",
    ),
    _metric(
        "{device}.gradients_bytes",
        "Gradients",
        "accelerator",
        "agent",
        "Gradients of these parameters, as they are right after an optimizer step; on this device, each "
        "storage once. Looked at as its counterpart on the host is.",
    ),
    _metric(
        "{device}.optimizer_bytes",
        "Optimizer state",
        "accelerator",
        "agent",
        "Tensors in the state of the optimizers that were seen stepping; on this device, each "
        "storage once. Looked at as its counterpart on the host is.",
    ),
    _metric(
        "{device}.buffers_bytes",
        "Buffers",
        "accelerator",
        "agent",
        "Buffers of the models that the optimizers train; on this device, each "
        "storage once. Looked at as its counterpart on the host is.",
    ),
    _metric(
        "pinned.allocated_bytes",
        "Pinned in use",
        "accelerator",
        "agent",
        "Page-locked host memory in live tensors, by the caching host allocator.",
    ),
    _metric(
        "pinned.reserved_bytes",
        "Pinned held",
        "accelerator",
        "agent",
        "Page-locked host memory that the caching host allocator holds, its free blocks included.",
    ),
    _metric(
        "pool.{name}.used_bytes",
        "Pool in use",
        "pools",
        "agent",
        "Bytes of a pool, cache or buffer of memgui.runtime that somebody needs now.",
    ),
    _metric(
        "pool.{name}.held_bytes",
        "Pool held",
        "pools",
        "agent",
        "Bytes that a pool, cache or buffer of memgui.runtime keeps: in use, and kept for reuse.",
    ),
    _metric(
        "step.duration_s",
        "Step time",
        "step",
        "agent",
        "Mean time from one optimizer step to the next, over the steps since the last sample.",
    ),
    _metric(
        "agent.sample_cpu_s",
        "Agent cost",
        "agent",
        "agent",
        "Processor time that the agent's thread used for the last sample, sending it included.",
    ),
    _metric(
        "agent.held_bytes",
        "Agent memory",
        "agent",
        "agent",
        "Memory that the agent's ring and queues hold inside the target. Leaves out its code.",
    ),
)

_BY_NAME: Dict[str, Metric] = {metric.name: metric for metric in CATALOGUE}


def find(name: str) -> Optional[Metric]:
    """The catalogue entry of a metric as it is on the wire, None for a name that this version does not know.

    `find("cuda.0.allocated_bytes")` gives the entry `{device}.allocated_bytes`.
    """
    match = _DEVICE.match(name)
    if match:
        return _BY_NAME.get(f"{{device}}.{match[3]}")
    match = _POOL.match(name)
    return _BY_NAME.get(f"pool.{{name}}.{match[2]}" if match else name)


def pool_of(name: str) -> Optional[str]:
    """The pool's name in a metric's name: "features" for "pool.features.used_bytes"; None where it has none."""
    match = _POOL.match(name)
    return match[1] if match else None


@lru_cache(maxsize=4096)
def device_of(name: str) -> Optional[Tuple[str, int]]:
    """Backend and index in a metric's name: ("cuda", 0) for "cuda.0.allocated_bytes"; None where it has none."""
    match = _DEVICE.match(name)
    return (match[1], int(match[2])) if match else None
