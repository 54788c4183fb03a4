"""The injector while the main thread spins on known values in every vector register: not one bit may change."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memgui.attach import ptrace
from memgui.attach.inject import inject_text
from memgui.attach.process import ProcessView

# Fills x87, vector and mask registers, runs a loop that touches none of them, and counts what differs afterwards.
PROGRAM = r"""
#include <stdint.h>
#include <string.h>
#if defined(__AVX512F__)
#define BYTES 64
#define COUNT 32
#define MOVE "vmovdqu64"
#define REGISTER "zmm"
#elif defined(__AVX__)
#define BYTES 32
#define COUNT 16
#define MOVE "vmovdqu"
#define REGISTER "ymm"
#else
#define BYTES 16
#define COUNT 16
#define MOVE "movdqu"
#define REGISTER "xmm"
#endif
#define STRING_(x) #x
#define STRING(x) STRING_(x)
#define LOAD(n)  MOVE " " STRING(BYTES) "*" #n "(%[in]), %%" REGISTER #n "\n\t"
#define STORE(n) MOVE " %%" REGISTER #n ", " STRING(BYTES) "*" #n "(%[out])\n\t"
#define LOW(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15)
#define HIGH(M) M(16) M(17) M(18) M(19) M(20) M(21) M(22) M(23) M(24) M(25) M(26) M(27) M(28) M(29) M(30) M(31)
#if defined(__AVX512F__)
#define ALL(M) LOW(M) HIGH(M)
#define MASK_IN(n) "kmovw " STRING(2) "*" #n "(%[masks]), %%k" #n "\n\t"
#define MASK_OUT(n) "kmovw %%k" #n ", " STRING(2) "*" #n "(%[seen])\n\t"
#define MASKS(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7)
#define MASKS_IN MASKS(MASK_IN)
#define MASKS_OUT MASKS(MASK_OUT)
#else
#define ALL(M) LOW(M)
#define MASKS_IN ""
#define MASKS_OUT ""
#endif

static uint8_t in[COUNT * BYTES], out[COUNT * BYTES];
static uint16_t masks[8], seen[8];

int vector_bits(void) { return BYTES * 8; }

long spin(long turns, unsigned seed)
{
    long wrong = 0;
    double number = 1.0 / (seed + 3.0), back = 0;
    uint32_t control = 0x1f80 | ((seed & 3) << 13), old_control, seen_control;
    for (unsigned i = 0; i < sizeof in; i++) in[i] = (uint8_t)(i * 31 + seed * 7 + 1);
    for (unsigned i = 0; i < 8; i++) masks[i] = (uint16_t)(0xa5a5 + i * 257 + seed);
    memset(out, 0, sizeof out);
    __asm__ volatile(
        "stmxcsr %[old]\n\t"
        "ldmxcsr %[control]\n\t"
        "fldl %[number]\n\t"
        ALL(LOAD) MASKS_IN
        "1:\n\tdec %[turns]\n\tjnz 1b\n\t"
        ALL(STORE) MASKS_OUT
        "fstpl %[back]\n\t"
        "stmxcsr %[seen_control]\n\t"
        "ldmxcsr %[old]\n\t"
        : [turns] "+r"(turns), [back] "=m"(back), [old] "=m"(old_control), [seen_control] "=m"(seen_control)
        : [in] "r"(in), [out] "r"(out), [masks] "r"(masks), [seen] "r"(seen), [number] "m"(number),
          [control] "m"(control)
        : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
          "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    for (unsigned i = 0; i < sizeof in; i++) wrong += in[i] != out[i];
#if defined(__AVX512F__)
    for (unsigned i = 0; i < 8; i++) wrong += masks[i] != seen[i];
#endif
    wrong += back != number;
    wrong += control != seen_control;
    return wrong;
}
"""

# About 20 ms a turn of the loop, so nearly every stop falls between loading and comparing.
SPINNER = """
import ctypes, sys
spin = ctypes.CDLL(sys.argv[1]).spin
spin.restype, spin.argtypes = ctypes.c_long, [ctypes.c_long, ctypes.c_uint]
seen, wrong, seed = [], 0, 0
print("up", flush=True)
while not seen or seen[-1] != "end":
    seed += 1
    wrong += spin(20_000_000, seed)
print(wrong, len(seen) - 1, flush=True)
"""


@pytest.fixture(scope="session")
def spin_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vectors")
    source, library = folder / "spin.c", folder / "spin.so"
    source.write_text(PROGRAM)
    flags = Path("/proc/cpuinfo").read_text()
    wide = "-mavx512f" if "avx512f" in flags else "-mavx" if " avx " in flags else "-msse2"
    subprocess.run(["gcc", "-O1", wide, "-shared", "-fPIC", "-o", library, source], check=True, timeout=60)
    return library


@pytest.fixture
def spinner(spin_library: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", SPINNER, str(spin_library)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
        process.kill()


def visit(pid: int, times: int) -> None:
    """Inject `times` times, each time waiting until the one before has run."""
    view = ProcessView(pid)
    for number in range(times):
        sent = inject_text(view, f"seen.append({number})\n")
        _wait_until_run(sent.has_run)
    inject_text(view, "seen.append('end')\n")


def _wait_until_run(has_run: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(2000):
        if has_run():
            return
        pause.wait(0.005)
    raise AssertionError("the text was never run")


def result(process: subprocess.Popen[str]) -> tuple[int, int]:
    """Registers that differed, and texts that were run."""
    assert process.stdout is not None
    wrong, seen = process.stdout.readline().split()
    assert process.wait(10) == 0
    return int(wrong), int(seen)


def test_no_vector_register_changes_while_the_injector_works(spinner: subprocess.Popen[str]) -> None:
    visit(spinner.pid, 40)
    assert result(spinner) == (0, 40)


def test_another_block_put_back_would_be_noticed(
    spinner: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Holds the test above to its word: the loop counts a changed register."""

    def scribble(self: ptrace.Tracee, block: bytes) -> None:
        original(self, bytes([*block[:160], *(byte ^ 0xFF for byte in block[160:416]), *block[416:]]))

    original = ptrace.Tracee.set_extended_state
    monkeypatch.setattr(ptrace.Tracee, "set_extended_state", scribble)
    visit(spinner.pid, 3)
    wrong, seen = result(spinner)
    assert seen == 3
    assert wrong > 0


def test_nothing_is_left_mapped_by_an_injection(spinner: subprocess.Popen[str]) -> None:
    def pages() -> set[str]:
        lines = Path(f"/proc/{spinner.pid}/maps").read_text().splitlines()
        return {line for line in lines if " r-xp " in line and line.split()[4] == "0"}

    before = pages()
    for _ in range(5):
        _wait_until_run(inject_text(ProcessView(spinner.pid), "seen.append(0)\n").has_run)
    assert pages() <= before
    assert spinner.poll() is None
