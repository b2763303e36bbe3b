# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Readers of rosbags that do not refuse a bag for what is not read of it.

rosbags parses the schema and the QoS of every channel of an mcap when it opens it, and raises for
one that it does not know (``jsonschema``, ``protobuf``); and it unpacks whatever size comes. Here
its functions are replaced by tolerant and bounded ones, once for the process.
"""

from pathlib import Path
from typing import Any, BinaryIO

from imrs_ros.evaluation.recordings.unpacking import (
    check_total, unpack_bz2, unpack_lz4, unpack_zstd, UnpackingError)
from rosbags.interfaces import MessageDefinition, MessageDefinitionFormat
from rosbags.rosbag1 import Reader as Ros1Reader
import rosbags.rosbag1.reader as ros1_reader
from rosbags.rosbag2 import Reader as Ros2Reader
import rosbags.rosbag2.storage_mcap as storage_mcap

__all__ = ['open_reader', 'Ros1Reader']
NO_DEFINITION = MessageDefinition(MessageDefinitionFormat.NONE, '')


def open_reader(path: Path) -> Any:
    """
    Open one file of a bag.

    :param path: with the suffix ``.bag``, ``.db3`` or ``.mcap``.
    :return: an open reader of rosbags.
    :raises UnpackingError: if its chunks would unpack to too much.
    :raises Exception: of many kinds, if it is damaged.
    """
    reader = (Ros1Reader if path.suffix == '.bag' else Ros2Reader)(path)
    reader.open()
    chunks = getattr(getattr(reader, 'storage', None), 'chunks', ())
    try:
        check_total(path, sum(chunk.uncompressed_size for chunk in chunks))
    except UnpackingError:
        reader.close()
        raise
    return reader


def _read_string(bio: BinaryIO) -> str:
    # The schema of protobuf is no text.
    return storage_mcap.read_bytes(bio).decode(errors='backslashreplace')


# Definitions and QoS are not needed: types are known by their names.
storage_mcap.get_msgdef = lambda schema: NO_DEFINITION
storage_mcap.get_qos = lambda metadata: []
storage_mcap.read_string = _read_string
storage_mcap.DECOMPRESSORS |= {'lz4': lambda data, size: unpack_lz4(data),
                               'zstd': lambda data, size: unpack_zstd(data)}
ros1_reader.decompressors |= {'lz4': unpack_lz4, 'bz2': unpack_bz2}
