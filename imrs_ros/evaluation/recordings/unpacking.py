# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Compressed messages, chunks and files of bags, unpacked up to a limit.

A few kilobytes of zstd can hold gigabytes of zeros, and rosbags unpacks without a limit.
"""

from bz2 import BZ2Decompressor
from collections.abc import Callable
from pathlib import Path
import shutil
import sys
from typing import Any

from lz4.frame import LZ4FrameDecompressor  # type: ignore[import-untyped]

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_BYTES = 512 << 20
"""Of one message or chunk; an uncompressed image of 8192 x 8192 pixels has 192 MiB."""
MAX_FILE_BYTES, MAX_FILE_RATIO = 1 << 30, 200
"""Of a whole file: so much, or so many times its compressed size if that is more."""
ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'
BLOCK_BYTES = 1 << 20


class UnpackingError(ValueError):
    """Compressed data that is not unpacked, because it is damaged or too large."""


def unpack(data: bytes, make: Callable[[], Any]) -> bytes:
    """
    Unpack a message or a chunk.

    :param data: one or more compressed frames.
    :param make: creates a decompressor, as those of the standard library.
    :return: the unpacked bytes.
    :raises UnpackingError: for more than ``MAX_BYTES``, or if the data are cut off.
    """
    found = bytearray()
    while data:
        decompressor, rest = make(), data
        while not decompressor.eof:
            part = decompressor.decompress(rest, MAX_BYTES + 1 - len(found))
            rest = b''
            found += part
            if len(found) > MAX_BYTES:
                raise UnpackingError(
                    f'expected at most {MAX_BYTES >> 20} MiB from {len(data)} compressed bytes of '
                    'one message or chunk, got more; record it again if it is no attack')
            if not part and not decompressor.eof:
                raise UnpackingError(f'expected a whole frame, got {len(data)} bytes of one')
        data = decompressor.unused_data or b''
    return bytes(found)


def unpack_zstd(data: bytes) -> bytes:
    """
    Unpack zstd.

    :param data: one or more frames.
    :return: as ``unpack`` returns it.
    :raises UnpackingError: as ``unpack`` raises it.
    """
    return unpack(data, zstd.ZstdDecompressor)


def unpack_lz4(data: bytes) -> bytes:
    """
    Unpack lz4 frames.

    :param data: one or more frames.
    :return: as ``unpack`` returns it.
    :raises UnpackingError: as ``unpack`` raises it.
    """
    return unpack(data, LZ4FrameDecompressor)


def unpack_bz2(data: bytes) -> bytes:
    """
    Unpack bz2.

    :param data: one or more streams.
    :return: as ``unpack`` returns it.
    :raises UnpackingError: as ``unpack`` raises it.
    """
    return unpack(data, BZ2Decompressor)


def max_unpacked_bytes(path: Path) -> int:
    """
    Return how much a compressed file may unpack to.

    :param path: the file.
    :return: what ``MAX_FILE_BYTES`` and ``MAX_FILE_RATIO`` allow.
    """
    return max(MAX_FILE_BYTES, MAX_FILE_RATIO * path.stat().st_size)


def check_total(path: Path, num_bytes: int) -> None:
    """
    Check what all chunks of a file unpack to.

    :param path: the file.
    :param num_bytes: as its index states it.
    :raises UnpackingError: if it is too much.
    """
    limit = max_unpacked_bytes(path)
    if num_bytes > limit:
        raise UnpackingError(
            f'expected at most {limit >> 20} MiB from {path.name}, got {num_bytes >> 20} MiB; if '
            f'you trust it, rewrite it with "mcap compress --compression none {path.name}"')


def unpack_file(path: Path, target: Path) -> None:
    """
    Unpack a file of zstd.

    :param path: the compressed file.
    :param target: created.
    :raises UnpackingError: if it is more than that, or than half of the free disk space.
    """
    left = limit = min(max_unpacked_bytes(path), shutil.disk_usage(target.parent).free // 2)
    with zstd.open(path, 'rb') as source, target.open('wb') as unpacked:
        while block := source.read(BLOCK_BYTES):
            left -= len(block)
            if left < 0:
                raise UnpackingError(
                    f'expected at most {limit >> 20} MiB from {path.name}, got more; if you trust '
                    f'it, unpack it yourself with "zstd -d {path.name}"')
            unpacked.write(block)
