"""The machine code, run for real in this process where it is x86-64."""

from __future__ import annotations

import ctypes
import mmap
import platform
import struct

import pytest

from memgui.attach.cpython import Addresses
from memgui.attach.stub import PAGE, assemble

ADDRESSES = Addresses(0x1111111111111111, 0x2222222222222222, 0x3333333333333333, 0x4444444444444444, 0)


def test_entry_stub_and_text_lie_apart_and_fill_whole_pages() -> None:
    code = assemble(ADDRESSES, "pass\n" * 2000)
    assert code.length % PAGE == 0
    assert len(code.image) <= code.length < len(code.image) + PAGE
    assert code.image.endswith(b"pass\n\0")
    for trap in code.traps:
        assert code.image[trap - 1] == 0xCC


def test_every_function_is_called_by_its_address() -> None:
    image = assemble(ADDRESSES, "pass").image
    for address in (ADDRESSES.add_pending_call, ADDRESSES.run_simple_string, ADDRESSES.is_initialized):
        assert b"\x48\xb8" + struct.pack("<Q", address) + b"\xff\xd0" in image
    assert b"\x48\xb8" + struct.pack("<Q", ADDRESSES.munmap) + b"\xff\xe0" in image


@pytest.mark.parametrize("text", ["a\0b", "\0"])
def test_a_text_with_a_zero_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="zero"):
        assemble(ADDRESSES, text)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="runs x86-64 code")
def test_the_stub_runs_the_text_gives_its_own_pages_back_and_returns_zero() -> None:
    seen: list[bytes] = []
    freed: list[tuple[int, int]] = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p)
    def run_simple_string(text: bytes) -> int:
        seen.append(text)
        return -1

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_size_t, ctypes.c_size_t)
    def munmap(address: int, length: int) -> int:
        freed.append((address, length))
        return 0

    def address(function: object) -> int:
        return ctypes.cast(function, ctypes.c_void_p).value or 0  # type: ignore[arg-type]

    code = assemble(Addresses(0, address(run_simple_string), 0, address(munmap), 0), "print('hello')\n")
    with mmap.mmap(-1, code.length, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as area:
        area.write(code.image)
        anchor = ctypes.c_char.from_buffer(area)
        start = ctypes.addressof(anchor)
        stub = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(start + 64)
        assert stub(None) == 0
        del anchor
    assert seen == [b"print('hello')\n"]
    assert freed == [(start, code.length)]
