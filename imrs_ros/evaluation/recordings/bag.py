# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Bags of ROS 2 (sqlite3, mcap, zstd) and of ROS 1, read without ROS.

Only images, texts and people are deserialised, by the message definitions of ROS and of
vision_msgs, so other types in the bag, known or not, do not matter.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from heapq import merge
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from imrs_ros.evaluation.recordings.bag_files import (
    find_bag_files, plain_name, readable, stated_messages, UNFINISHED)
from imrs_ros.evaluation.recordings.detection_topic import (
    add_types, DETECTIONS, read_message, RecordedDetections)
from imrs_ros.evaluation.recordings.recording import Image, RecordingError
from imrs_ros.evaluation.recordings.tolerant_rosbags import open_reader, Ros1Reader
from imrs_ros.evaluation.recordings.unpacking import unpack_zstd, UnpackingError, ZSTD_MAGIC
from imrs_ros.images.decoding import BitDepth, decode_image, decode_square, ImageError
from rosbags.typesys import get_typestore, Stores

IMAGE_TYPES = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')
MAX_NS = 2**63
"""Recording times are nanoseconds in 64 bits with a sign."""
TEXT_TYPE = 'std_msgs/msg/String'
Message = tuple[Any, int, bytes]
"""Connection, recording time in ns, and serialised content."""


class Bag:
    """One bag; a context manager."""

    def __init__(
        self, path: Path, topics: Sequence[str] = (), *, preferred: Sequence[str] = (),
        by_log_time: bool = False,
    ) -> None:
        """
        Open a bag.

        :param path: a folder of rosbag2, one of its files, or a ROS 1 bag.
        :param topics: of the cameras, all of which must be in the bag; default: the preferred.
        :param preferred: of the cameras, used if they are in the bag; if none is, all image
            topics are used, raw before compressed.
        :param by_log_time: use recording times as header stamps.
        :raises RecordingError: if it cannot be opened or lacks these topics.
        """
        self.name = plain_name(path).stem if not path.is_dir() else path.name
        self._by_log_time = by_log_time
        self._path = path
        files, self.notes = find_bag_files(path)
        with ExitStack() as opened:
            self._readers = self._open(files, opened)
            self._read_summary(topics, preferred)
            self._opened = opened.pop_all()

    def _open(self, files: Sequence[Path], opened: ExitStack) -> list[Any]:
        """Open the files that are readable, and note the others."""
        folder = Path(opened.enter_context(TemporaryDirectory(prefix='imrs_ros_')))
        readers, problems = [], {}
        for file in files:
            try:
                reader = open_reader(readable(file, folder))
            # The readers raise errors of many kinds for damaged files.
            except Exception as error:
                problems[file] = _problem(file, error)
            else:
                opened.callback(reader.close)
                readers.append(reader)
        if not readers:
            raise RecordingError(f'{self._path}: expected a readable bag, got '
                                 f'{next(iter(problems.values()))}')
        self.notes += [f'{file.name} is not read: {problem}' for file, problem in problems.items()]
        return readers

    def _read_summary(self, topics: Sequence[str], preferred: Sequence[str]) -> None:
        self._is_ros1 = isinstance(self._readers[0], Ros1Reader)
        self._store = get_typestore(Stores.LATEST)
        add_types(self._store)
        self._connections = [c for reader in self._readers for c in reader.connections]
        self.topics = self._choose(topics, preferred)
        filled = [reader for reader in self._readers if reader.message_count]
        self.start_ns = min((reader.start_time for reader in filled), default=0)
        # The readers' end is 1 ns after the last message.
        self.duration_ns = max(
            0, max((reader.end_time for reader in filled), default=0) - self.start_ns - 1)
        if not 0 <= self.start_ns <= self.start_ns + self.duration_ns < MAX_NS:
            raise RecordingError(
                f'{self._path}: expected recording times from 0 to {MAX_NS} ns, got '
                f'{self.start_ns} to {self.start_ns + self.duration_ns}; the bag is damaged, or '
                'the clock of its recorder was wrong')
        num_messages = sum(reader.message_count for reader in self._readers)
        stated = stated_messages(self._path)
        if stated is not None and stated > num_messages and not self.notes:
            self.notes.append(f'metadata.yaml states {stated} messages, the files hold '
                              f'{num_messages}')
        self.num_images = sum(c.msgcount for c in self._connections if c.topic in self.topics)

    def __enter__(self) -> 'Bag':
        """Return the bag itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._opened.close()
        self._readers = []

    def _choose(self, topics: Sequence[str], preferred: Sequence[str]) -> tuple[str, ...]:
        images = sorted({c.topic for c in self._connections if c.msgtype in IMAGE_TYPES})

        def found(names: Sequence[str]) -> list[str]:
            return [t for name in names if (t := _first_of(spellings(name), images))]

        chosen = found(topics) if topics else found(preferred) or [
            t for t in images if t.removesuffix('/compressed') not in set(images) - {t}]
        if not chosen or len(chosen) < len(topics):
            missing = [t for t in topics if not found([t])]
            raise RecordingError(
                f'{self._path}: expected images on {", ".join(missing) or "any topic"}, got '
                + (f'images on {", ".join(images)}; name one of these as the camera' if images
                   else f'{self._others()}; record a topic of {" or ".join(IMAGE_TYPES)}'))
        if preferred and not topics and len(chosen) != len(preferred):
            self.notes.append(f'{len(found(preferred))} of the cameras {", ".join(preferred)} '
                              f'found; evaluated {", ".join(chosen)}')
        return tuple(dict.fromkeys(chosen))

    def _others(self) -> str:
        others = {f'{c.topic} ({c.msgtype})' for c in self._connections
                  if c.msgtype not in IMAGE_TYPES}
        return ', '.join(sorted(others)) or 'no topics'

    def _messages(self, topics: Iterable[str], start_ns: int | None = None) -> Iterator[Message]:
        """Read in the order of recording, up to where a file is damaged; from a time on."""
        streams = [self._until_damage(
            reader, [c for c in reader.connections if c.topic in topics], start_ns)
            for reader in self._readers]
        return merge(*streams, key=lambda message: message[1])

    def _until_damage(self, reader: Any, connections: list[Any], start_ns: int | None,
                      ) -> Iterator[Message]:
        if not connections:
            return
        messages = reader.messages(connections=connections, start=start_ns)
        num_stated, number, reason = sum(c.msgcount for c in connections), 0, ''
        while True:
            try:
                message = next(messages, None)
            # Errors of many kinds, as when opening.
            except Exception as error:
                message, reason = None, f'; {type(error).__name__}: {error}'
            if message is None:
                break
            number += 1
            yield message
        # What was left out by its time is not missing.
        if start_ns is None and (reason or number < num_stated):
            self.notes.append(f'{reader.path.name} is damaged: read {number} of {num_stated} '
                              f'messages{reason}')

    def _content(self, data: bytes, kind: str) -> bytes:
        """Return a message as ROS 2 serialises it; no such message begins like zstd."""
        if not self._is_ros1 and data[:4] == ZSTD_MAGIC:
            data = unpack_zstd(data)
        return bytes(self._store.ros1_to_cdr(data, kind) if self._is_ros1 else data)

    def _deserialize(self, data: bytes, kind: str) -> Any:
        return self._store.deserialize_cdr(self._content(data, kind), kind)

    def is_compressed(self, topic: str) -> bool:
        """
        Return whether a camera publishes compressed images.

        :param topic: of the camera.
        :return: True for ``sensor_msgs/CompressedImage``.
        """
        return any(c.topic == topic and c.msgtype == IMAGE_TYPES[1] for c in self._connections)

    def serialized(self, others: Sequence[str] = ()) -> Iterator[tuple[str, int, bytes]]:
        """
        Read all images of the cameras without decoding them.

        :param others: topics to read as well.
        :return: topic, recording time in ns, and content as ROS 2 serialises it, in the order of
            recording.
        """
        for connection, log_ns, data in self._messages([*self.topics, *others]):
            yield connection.topic, log_ns, self._content(data, connection.msgtype)

    def images(self, size_px: int | None = None) -> Iterator[Image]:
        """
        Read all images of the cameras.

        :param size_px: side of the network's frames, to decode as the node does; None for whole
            images.
        :return: images in the order of recording.
        """
        return self._images(self._messages(self.topics), size_px)

    def images_from(self, topic: str, log_ns: int) -> Iterator[Image]:
        """
        Read the images of one camera from a time on, without what was before.

        :param topic: of the camera.
        :param log_ns: recording time of the first image, from the start of the recording.
        :return: whole images in the order of recording.
        """
        return self._images(self._messages([topic], self.start_ns + log_ns), None)

    def _images(self, messages: Iterator[Message], size_px: int | None) -> Iterator[Image]:
        depths = {topic: BitDepth() for topic in self.topics}
        for connection, log_ns, data in messages:
            since_start_ns = log_ns - self.start_ns
            try:
                message = self._deserialize(data, connection.msgtype)
                if self._by_log_time:
                    message.header.stamp.sec = log_ns // 1_000_000_000
                    message.header.stamp.nanosec = log_ns % 1_000_000_000
                depth = depths[connection.topic]
                frame = (decode_image(message, depth) if size_px is None
                         else decode_square(message, size_px, depth))
            # As in the node: whatever is wrong with an image, the next one may be good.
            except Exception as error:
                kind = '' if isinstance(error, ImageError) else f'{type(error).__name__}: '
                yield Image(connection.topic, since_start_ns, None, f'{kind}{error}')
            else:
                yield Image(connection.topic, since_start_ns, frame)

    def texts(self, topic: str) -> list[tuple[int, str]]:
        """
        Read the texts of a topic, as of annotations.

        :param topic: of ``std_msgs/String``.
        :return: time from the start of the recording, ns, and text.
        :raises RecordingError: if there is no such topic.
        """
        if not any(c.topic == topic and c.msgtype == TEXT_TYPE for c in self._connections):
            texts = sorted({c.topic for c in self._connections if c.msgtype == TEXT_TYPE})
            raise RecordingError(
                f'{self._path}: expected annotations on {topic} ({TEXT_TYPE}), got texts on '
                f'{", ".join(texts) or "no topic"}; name one of these, or omit '
                '--annotation-topic')
        return [(log_ns - self.start_ns, self._deserialize(data, TEXT_TYPE).data)
                for _, log_ns, data in self._messages([topic])]

    def detections(self, topic: str) -> list[RecordedDetections]:
        """
        Read the people of a topic.

        :param topic: of ``vision_msgs/Detection2DArray``.
        :return: all messages that can be read, in the order of recording.
        :raises RecordingError: if there is no such topic, or none can be read, as of another
            version of vision_msgs.
        """
        known = sorted({c.topic for c in self._connections if c.msgtype == DETECTIONS})
        if topic not in known:
            raise RecordingError(
                f'{self._path}: expected people on {topic} ({DETECTIONS}), got people on '
                f'{", ".join(known) or "no topic"}; name one of these with --detections')
        found: list[RecordedDetections] = []
        problems: list[str] = []
        for _, log_ns, data in self._messages([topic]):
            try:
                message = self._deserialize(data, DETECTIONS)
                found.append(read_message(message, log_ns - self.start_ns))
            # rosbags raises errors of many kinds. As of images, the next one may be good.
            except Exception as error:
                problems.append(f'{type(error).__name__}: {error}')
                continue
            if self._by_log_time:
                found[-1] = replace(found[-1], stamp_ns=log_ns)
        if problems and not found:
            raise RecordingError(
                f'{self._path}: expected {DETECTIONS} of vision_msgs 4 (ROS 2 Humble and '
                f'later) on {topic}, got {problems[-1]}; record it again with that version')
        if problems:
            self.notes.append(f'{len(problems)} of {len(problems) + len(found)} messages on '
                              f'{topic} cannot be read: {problems[-1]}')
        return found


def spellings(topic: str) -> tuple[str, ...]:
    """
    Return the topics that a camera may be recorded on, the preferred one first.

    :param topic: as in the node's parameters, with or without the leading slash.
    :return: absolute names, raw before compressed.
    """
    absolute = f'/{topic.lstrip("/")}'
    return absolute, f'{absolute}/compressed'


def _first_of(names: Iterable[str], known: Sequence[str]) -> str:
    return next((name for name in names if name in known), '')


def _problem(file: Path, error: Exception) -> str:
    """Return why a file cannot be read, and what to do."""
    # YAML errors span several lines.
    words = ' '.join(str(error).split())
    if isinstance(error, UnpackingError):
        return words
    if file.suffix == UNFINISHED:
        cure = (f'its recorder was killed: repair it with "rosbag reindex {file.name}" and rename '
                f'it to {plain_name(file)}')
    else:
        cure = ('a truncated bag may be repaired with "ros2 bag reindex" (sqlite3) or "mcap '
                'recover"')
    return f'{type(error).__name__}: {words}; {cure}'
