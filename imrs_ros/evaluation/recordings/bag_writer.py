# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""ROS 2 bags, written without ROS."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
import shutil
from types import TracebackType
from typing import Any, Literal

import cv2
from imrs_ros.evaluation.recordings.detection_topic import (
    add_types, DETECTIONS, message_fields)
from imrs_ros.people.detection import Detection
from imrs_ros.records import Frame
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores

IMAGE, JPEG, TEXT = (
    'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage', 'std_msgs/msg/String')
STORAGES = {'mcap': StoragePlugin.MCAP, 'sqlite3': StoragePlugin.SQLITE3}
JPEG_QUALITY = 90
FORMAT_VERSION: Literal[8] = 8
"""The newest that ROS 2 Humble to Jazzy read."""


class BagWriter:
    """Writes images, texts and people; a context manager."""

    def __init__(self, path: Path, storage: str = 'mcap', *, compress: bool = False) -> None:
        """
        Prepare a bag.

        :param path: a new folder.
        :param storage: ``mcap`` or ``sqlite3``.
        :param compress: compress every message with zstd; sqlite3 only.
        :raises FileExistsError: if the folder exists.
        :raises ValueError: if ``compress`` is set for another storage.
        """
        if path.exists():
            raise FileExistsError(f'{path}: expected a new folder for the bag, it exists')
        if compress and storage != 'sqlite3':
            raise ValueError(f'expected storage sqlite3 for compressed messages, got {storage}')
        self._writer = Writer(path, version=FORMAT_VERSION, storage_plugin=STORAGES[storage])
        if compress:
            self._writer.set_compression(CompressionMode.MESSAGE, CompressionFormat.ZSTD)
        self._store = get_typestore(Stores.ROS2_HUMBLE)
        add_types(self._store)
        self._connections: dict[str, Any] = {}

    def __enter__(self) -> 'BagWriter':
        """Open the bag."""
        self._writer.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Write the metadata; after an error, remove the bag."""
        self._writer.close()
        if error is not None:
            shutil.rmtree(self._writer.path)

    def image(self, topic: str, frame: Frame, log_ns: int) -> None:
        """
        Write an image.

        :param topic: gets JPEG if it ends in /compressed, else raw images.
        :param frame: RGB.
        :param log_ns: when it was recorded.
        """
        header = self._header(frame)
        if topic.endswith('/compressed'):
            bgr = cv2.cvtColor(frame.image_HWC, cv2.COLOR_RGB2BGR)
            _, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            self._write(topic, log_ns, JPEG, header, 'rgb8; jpeg compressed bgr8', data.ravel())
        else:
            height, width = frame.image_HWC.shape[:2]
            self._write(topic, log_ns, IMAGE, header, height, width, 'rgb8', 0, 3 * width,
                        np.ascontiguousarray(frame.image_HWC).ravel())

    def detections(
        self, topic: str, frame: Frame, people: Sequence[Detection], log_ns: int,
    ) -> None:
        """
        Write who is seen where in an image.

        :param topic: of ``vision_msgs/Detection2DArray``.
        :param frame: the image.
        :param people: boxes in shares of the image.
        :param log_ns: when it was recorded.
        """
        height, width = frame.image_HWC.shape[:2]
        self._write(topic, log_ns, DETECTIONS, *message_fields(
            self._store, self._header(frame),
            [replace(found, box=found.box.scaled(width, height)) for found in people]))

    def text(self, topic: str, text: str, log_ns: int) -> None:
        """
        Write a text.

        :param topic: of ``std_msgs/String``.
        :param text: any.
        :param log_ns: when it was recorded.
        """
        self._write(topic, log_ns, TEXT, text)

    def _header(self, frame: Frame) -> Any:
        types = self._store.types
        return types['std_msgs/msg/Header'](
            types['builtin_interfaces/msg/Time'](
                frame.stamp_ns // 1_000_000_000, frame.stamp_ns % 1_000_000_000), frame.frame_id)

    def _write(self, topic: str, log_ns: int, kind: str, *fields: Any) -> None:
        if topic not in self._connections:
            self._connections[topic] = self._writer.add_connection(
                topic, kind, typestore=self._store)
        message = self._store.types[kind](*fields)
        self._writer.write(self._connections[topic], log_ns,
                           self._store.serialize_cdr(message, kind))
