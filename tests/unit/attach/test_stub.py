"""The machine code, run for real in this process where it is x86-64."""

from __future__ import annotations

import ctypes
import mmap
import platform
import struct
from dataclasses import astuple

import pytest

from memgui.attach.cpython import Addresses
from memgui.attach.stub import PAGE, assemble

ADDRESSES = Addresses(*(0x1111111111111111 * nth for nth in range(1, 7)), 0)


def test_entry_stub_and_text_lie_apart_and_fill_whole_pages() -> None:
    code = assemble(ADDRESSES, "pass\n" * 2000)
    assert code.length % PAGE == 0
    assert len(code.image) <= code.length < len(code.image) + PAGE
    assert code.image.endswith(b"pass\n\0")
    for trap in code.traps:
        assert code.image[trap - 1] == 0xCC


def test_every_function_is_called_by_its_address() -> None:
    image = assemble(ADDRESSES, "pass").image
    called = astuple(ADDRESSES)[:5]
    for address in called:
        assert b"\x48\xb8" + struct.pack("<Q", address) + b"\xff\xd0" in image
    assert b"\x48\xb8" + struct.pack("<Q", ADDRESSES.munmap) + b"\xff\xe0" in image


@pytest.mark.parametrize("text", ["a\0b", "\0"])
def test_a_text_with_a_zero_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="zero"):
        assemble(ADDRESSES, text)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="runs x86-64 code")
@pytest.mark.parametrize(("main", "result", "answer"), [(0x10, 77, 0), (0x10, None, -1), (None, 77, -1)])
def test_the_stub_gives_its_own_pages_back_unless_something_raises(
    main: int | None, result: int | None, answer: int
) -> None:
    seen: list[object] = []
    freed: list[tuple[int, int]] = []

    @ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p)
    def add_module(name: bytes) -> int | None:
        seen.append(name)
        return main

    @ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
    def get_dict(module: int) -> int:
        return module + 1

    @ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    def run_string(text: bytes, kind: int, names: int, local_names: int) -> int | None:
        seen.extend((text, kind, names, local_names))
        return result

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_size_t, ctypes.c_size_t)
    def munmap(address: int, length: int) -> int:
        freed.append((address, length))
        return 0

    def address(function: object) -> int:
        return ctypes.cast(function, ctypes.c_void_p).value or 0  # type: ignore[arg-type]

    python = (address(function) for function in (add_module, get_dict, run_string))
    code = assemble(Addresses(0, 0, *python, address(munmap), 0), "print('hello')\n")
    with mmap.mmap(-1, code.length, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as area:
        area.write(code.image)
        anchor = ctypes.c_char.from_buffer(area)
        start = ctypes.addressof(anchor)
        stub = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(start + 64)
        assert stub(None) == answer
        del anchor
    assert seen == [b"__main__", *([b"print('hello')\n", 257, 0x11, 0x11] if main else [])]
    assert freed == ([] if answer else [(start, code.length)])
