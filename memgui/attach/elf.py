"""The little of ELF that finding a function in a running program takes: header, segments, `.dynsym`.

Source: System V ABI, chapters 4 and 5, and its AMD64 supplement.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass

EM_X86_64 = 62
_MACHINES = {3: "x86", 40: "arm", EM_X86_64: "x86-64", 183: "arm64", 243: "riscv", 21: "ppc64", 22: "s390"}
_SECTION_DYNSYM = 11
_SEGMENT_LOAD = 1
_PAGE = 4096


class ElfError(ValueError):
    """Not an ELF file, or one that this parser cannot read."""


@dataclass(frozen=True)
class ElfHeader:
    """What program the file is for."""

    bits: int
    machine: int

    @property
    def architecture(self) -> str:
        """For people."""
        return _MACHINES.get(self.machine, f"machine {self.machine}") + (
            "" if self.bits == 64 else f", {self.bits} bit"
        )


@dataclass(frozen=True)
class _Segment:
    offset: int
    address: int
    file_bytes: int


class ElfFile:
    """A 64-bit little-endian ELF file behind an open descriptor, which stays the caller's."""

    def __init__(self, descriptor: int) -> None:
        """Read header and segments.

        Raises:
            ElfError: the file is something else, or cut.
            OSError: it cannot be read.
        """
        self._descriptor = descriptor
        self.header = read_header(descriptor)
        if self.header.bits != 64:
            raise ElfError("not a 64-bit ELF file")
        fields = struct.unpack("<HHIQQQIHHHHHH", self._read(16, 48))
        self._sections_at, self._section_count = fields[5], fields[11]
        segments_at, segment_count = fields[4], fields[9]
        table = self._read(segments_at, segment_count * 56)
        self._segments = [
            _Segment(offset, address, size)
            for kind, _, offset, address, _, size, _, _ in struct.iter_unpack("<IIQQQQQQ", table)
            if kind == _SEGMENT_LOAD
        ]
        if not self._segments:
            raise ElfError("no segment to load")

    def load_bias(self, start: int, offset: int) -> int:
        """What to add to the file's addresses where its part at `offset` is mapped at `start`.

        Raises:
            ElfError: no segment lies there.
        """
        for segment in self._segments:
            if segment.offset // _PAGE * _PAGE == offset:
                return start - segment.address // _PAGE * _PAGE
        raise ElfError(f"no segment at offset {offset:#x}")

    def read_at(self, address: int, size: int) -> bytes:
        """Bytes at one of the file's own addresses.

        Raises:
            ElfError: they are not in the file.
        """
        for segment in self._segments:
            if segment.address <= address and address + size <= segment.address + segment.file_bytes:
                return self._read(segment.offset + address - segment.address, size)
        raise ElfError(f"address {address:#x} is not in the file")

    def symbols(self, wanted: Collection[str]) -> Mapping[str, int]:
        """Addresses of those of `wanted` that the file defines and exports.

        Raises:
            ElfError: the tables are broken.
        """
        table = self._read(self._sections_at, self._section_count * 64)
        sections = list(struct.iter_unpack("<IIQQQQIIQQ", table))
        found: dict[str, int] = {}
        for section in sections:
            if section[1] == _SECTION_DYNSYM:
                strings = sections[section[6]]
                names = self._read(strings[4], strings[5])
                found.update(_pick(self._read(section[4], section[5] // 24 * 24), names, wanted))
        return found

    def _read(self, offset: int, size: int) -> bytes:
        data = os.pread(self._descriptor, size, offset)
        if len(data) != size:
            raise ElfError("the file is cut short")
        return data


def read_header(descriptor: int) -> ElfHeader:
    """The header's words on the architecture.

    Raises:
        ElfError: it is no ELF file.
        OSError: it cannot be read.
    """
    data = os.pread(descriptor, 20, 0)
    if len(data) < 20 or data[:4] != b"\x7fELF":
        raise ElfError("not an ELF file")
    order = "<H" if data[5] == 1 else ">H"
    return ElfHeader(64 if data[4] == 2 else 32, struct.unpack(order, data[18:20])[0])


def _pick(entries: bytes, names: bytes, wanted: Collection[str]) -> Mapping[str, int]:
    # Linkers let a name share the tail of a longer one, so every place where it ends counts.
    places: dict[int, str] = {}
    for name in wanted:
        text = name.encode() + b"\0"
        at = names.find(text)
        while at >= 0:
            places[at] = name
            at = names.find(text, at + 1)
    return {
        places[name_at]: value
        for name_at, _, _, section, value, _ in struct.iter_unpack("<IBBHQQ", entries)
        if section and name_at in places
    }
