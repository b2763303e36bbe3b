# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""People in bags: written, and read as the node reads them."""

from dataclasses import replace
import math
from types import SimpleNamespace

from imrs_ros.evaluation.recordings.bag import Bag
from imrs_ros.evaluation.recordings.bag_writer import BagWriter
from imrs_ros.evaluation.recordings.detection_topic import (
    DEFINITIONS, read_message, RecordedDetections, RecordedPerson)
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.evaluation.recordings.video_recording import VideoRecording
from imrs_ros.people.detection import Box, Detection
import numpy as np
import pytest
from rosbags.rosbag2 import Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from sample_recordings import camera_frames, START_NS
from samples import write_video

TOPIC = '/front/detections'
ANN = Detection(Box(0.25, 0.0, 0.5, 1.0), 0.9, 'ann')
BOB = Detection(Box(-0.1, 0.5, 0.2, 1.1), 0.4)


def write_people(path, **options):
    with BagWriter(path, **options) as bag:
        for i, (log_ns, frame) in enumerate(camera_frames(3)):
            bag.image('/front/image_raw', frame, log_ns)
            bag.detections(TOPIC, frame, [ANN, BOB][:i], log_ns + 1_000_000)
    return path


@pytest.mark.parametrize('options', [
    {}, {'storage': 'sqlite3'}, {'storage': 'sqlite3', 'compress': True}])
def test_people_are_written_and_read_again(tmp_path, options):
    with Bag(write_people(tmp_path / 'bag', **options)) as bag:
        found = bag.detections(TOPIC)
        assert bag.num_images == len(list(bag.images())) == 3
    assert [(one.log_ns, one.stamp_ns) for one in found] == [
        (i * 40_000_000 + 1_000_000, START_NS + i * 40_000_000) for i in range(3)]
    # Images are 64 pixels wide and 48 high.
    assert found[1].found == (
        RecordedPerson(Box(16.0, 0.0, 32.0, 48.0), (('person', 0.9),), 'ann'),)
    people = found[2].people(64, 48, 'person').people
    for sent, got in zip((ANN, BOB), people, strict=True):
        assert (got.score, got.id) == (sent.score, sent.id)
        for side in ('left', 'top', 'right', 'bottom'):
            assert getattr(got.box, side) == pytest.approx(getattr(sent.box, side))


def test_a_message_that_cannot_be_read_is_left_out_and_noted(tmp_path):
    with BagWriter(tmp_path / 'bag') as bag:
        for i, (log_ns, frame) in enumerate(camera_frames(3)):
            bag.image('/front/image_raw', frame, log_ns)
            # What drivers in C write as an id need not be UTF-8.
            name = 'ann' if i else '####'
            bag.detections(TOPIC, frame, [replace(ANN, id=name)], log_ns)
    (file,) = (tmp_path / 'bag').glob('*.mcap')
    file.write_bytes(file.read_bytes().replace(b'####', b'\xff\xfe\xfd\xfc'))
    with Bag(tmp_path / 'bag') as bag:
        found = bag.detections(TOPIC)
        assert [one.found[0].name for one in found] == ['ann', 'ann']
        (note,) = bag.notes
    assert note.startswith(f'1 of 3 messages on {TOPIC} cannot be read: SerdeError: ')


def test_a_topic_that_is_missing_is_named(tmp_path):
    with Bag(write_people(tmp_path / 'bag')) as bag, pytest.raises(
            RecordingError, match=r'expected people on /rear/detections .* got people on '
                                  r'/front/detections; name one of these with --detections'):
        bag.detections('/rear/detections')
    with VideoRecording(write_video(tmp_path / 'clip.avi', 5)) as video, pytest.raises(
            RecordingError, match='expected a bag with the topic /front/detections'):
        video.detections(TOPIC)


def test_people_of_another_version_of_the_messages_are_refused(tmp_path):
    """Other versions have other fields."""
    store = get_typestore(Stores.ROS2_HUMBLE)
    store.register(get_types_from_msg(
        'std_msgs/Header header\nfloat64[] scores', 'vision_msgs/msg/Detection2DArray'))
    kind = 'vision_msgs/msg/Detection2DArray'
    header = store.types['std_msgs/msg/Header'](
        store.types['builtin_interfaces/msg/Time'](1, 0), '')
    message = store.types[kind](header, np.arange(3.0))
    with Writer(tmp_path / 'bag', version=8) as writer:
        connection = writer.add_connection(TOPIC, kind, typestore=store)
        writer.write(connection, START_NS, store.serialize_cdr(message, kind))
        image = writer.add_connection(
            '/front/image_raw', 'sensor_msgs/msg/Image', typestore=store)
        writer.write(image, START_NS, b'')
    with Bag(tmp_path / 'bag') as bag, pytest.raises(
            RecordingError, match='expected vision_msgs/msg/Detection2DArray of vision_msgs 4'):
        bag.detections(TOPIC)


def recorded(*classes):
    return RecordedDetections(0, 5, (RecordedPerson(Box(0, 0, 10, 10), classes, 'x'),))


@pytest.mark.parametrize(('classes', 'wanted', 'scores'), [
    ((('person', 0.7),), 'person', [0.7]), ((('chair', 0.7),), 'person', []),
    ((('chair', 0.7), ('person', 0.2)), 'person', [0.2]),
    ((('chair', 0.7), ('person', 0.2)), '', [0.7]), ((), '', [1.0]), ((), 'person', [])])
def test_who_is_a_person(classes, wanted, scores):
    found = recorded(*classes).people(20, 40, wanted)
    assert found.stamp_ns == 5
    assert [one.score for one in found.people] == scores
    assert all(one.box == Box(0, 0, 0.5, 0.25) for one in found.people)


def test_a_turned_box_is_replaced_by_the_upright_one_around_it():
    centre = SimpleNamespace(position=SimpleNamespace(x=10.0, y=20.0), theta=math.pi / 2)
    message = SimpleNamespace(
        header=SimpleNamespace(stamp=SimpleNamespace(sec=1, nanosec=2)),
        detections=[SimpleNamespace(
            bbox=SimpleNamespace(center=centre, size_x=4.0, size_y=8.0), results=[], id='')])
    found = read_message(message, 7)
    assert (found.log_ns, found.stamp_ns) == (7, 1_000_000_002)
    box = found.found[0].box
    assert [box.left, box.top, box.right, box.bottom] == pytest.approx([6, 18, 14, 22])


def test_definitions_are_those_of_the_messages_that_ros_has(root):
    """The fields are in the order of vision_msgs 4, without its comments."""
    folder = root / 'requirements' / 'vision_msgs' / 'msg'
    for name, fields in DEFINITIONS.items():
        lines = [line for line in (folder / f'{name}.msg').read_text().splitlines()
                 if line and not line.startswith('#')]
        assert [line.removeprefix('vision_msgs/') for line in lines] == [
            line.removeprefix('vision_msgs/') for line in fields.splitlines()]
