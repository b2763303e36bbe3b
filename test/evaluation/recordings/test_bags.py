# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Bags of every kind, whole and damaged."""

from imrs_ros.evaluation.recordings.bag import Bag
from imrs_ros.evaluation.recordings.bag_writer import BagWriter
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.evaluation.recordings.source import find_recordings, open_recording, topics_of
import numpy as np
import pytest
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from sample_recordings import camera_frames, START_NS, TOPIC, write_bag
from samples import write_video


def read(path, *topics, **options):
    with Bag(path, topics, **options) as bag:
        return bag, list(bag.images())


def write_ros1(path, frames):
    store = get_typestore(Stores.ROS1_NOETIC)
    types = store.types
    with Ros1Writer(path) as bag:
        connection = bag.add_connection(TOPIC, 'sensor_msgs/msg/Image', typestore=store)
        for i, (log_ns, frame) in enumerate(frames):
            stamp = types['builtin_interfaces/msg/Time'](
                frame.stamp_ns // 10**9, frame.stamp_ns % 10**9)
            message = types['sensor_msgs/msg/Image'](
                types['std_msgs/msg/Header'](i, stamp, frame.frame_id), 48, 64, 'rgb8', 0, 192,
                frame.image_HWC.ravel())
            bag.write(connection, log_ns, store.serialize_ros1(message, 'sensor_msgs/msg/Image'))


@pytest.mark.parametrize(('storage', 'compress'), [
    ('mcap', False), ('sqlite3', False), ('sqlite3', True)])
def test_frames_come_back_from_every_storage(tmp_path, storage, compress):
    sent = list(camera_frames(5))
    path = write_bag(tmp_path / 'bag', sent, storage=storage, compress=compress)
    bag, got = read(path)
    assert (bag.name, bag.topics, bag.num_images, bag.notes) == ('bag', (TOPIC,), 5, [])
    assert bag.duration_ns == 160_000_000
    assert [i.log_ns + START_NS for i in got] == [log_ns for log_ns, _ in sent]
    for image, (_, frame) in zip(got, sent):
        assert (image.frame.stamp_ns, image.frame.frame_id) == (frame.stamp_ns, 'front')
        assert (image.frame.image_HWC == frame.image_HWC).all()


def test_ros1_bags_and_their_images_in_ros2_form(tmp_path):
    sent = list(camera_frames(3))
    write_ros1(tmp_path / 'old.bag', sent)
    bag, got = read(tmp_path / 'old.bag')
    assert bag.name == 'old'
    assert [i.frame.stamp_ns for i in got] == [f.stamp_ns for _, f in sent]
    assert (got[2].frame.image_HWC == sent[2][1].image_HWC).all()
    with Bag(tmp_path / 'old.bag') as bag:
        topic, log_ns, data = next(bag.serialized())
    message = get_typestore(Stores.LATEST).deserialize_cdr(data, 'sensor_msgs/msg/Image')
    assert (topic, log_ns, message.header.frame_id) == (TOPIC, START_NS, 'front')


def test_single_files_and_folders_without_metadata(tmp_path):
    path = write_bag(tmp_path / 'walk')
    assert len(read(path / 'walk.mcap')[1]) == 30
    (path / 'metadata.yaml').unlink()
    bag, got = read(path)
    assert len(got) == 30
    assert bag.notes == ['no metadata.yaml: read walk.mcap directly']


def test_jpeg_topics_and_the_choice_of_topics(tmp_path):
    topics = ('/a/image', '/a/image/compressed', '/b/image/compressed')
    path = write_bag(tmp_path / 'bag', list(camera_frames(3)), topics)
    bag, got = read(path)
    assert bag.topics == ('/a/image', '/b/image/compressed')
    assert [i.topic for i in got] == ['/a/image', '/b/image/compressed'] * 3
    error = np.abs(got[0].frame.image_HWC.astype(int) - got[1].frame.image_HWC)
    assert 0 < error.mean() < 50
    # As a node's parameters name them: without a leading slash, or without the transport.
    assert read(path, 'b/image')[0].topics == ('/b/image/compressed',)
    assert read(path, preferred=['b/image', '/none'])[0].topics == ('/b/image/compressed',)
    assert len(read(path, preferred=['/none'])[0].topics) == 2


def test_a_replay_plays_the_cameras_of_the_parameter_file_that_are_in_the_bag(tmp_path, root):
    path = write_bag(tmp_path / 'bag', topics=['/front/image_raw', '/rear/image_raw/compressed'])
    params = tmp_path / 'recognizer.yaml'
    params.write_text('/**: {ros__parameters: {cameras: [/none/image_raw, /rear/image_raw]}}')
    assert topics_of(path, params) == ('/rear/image_raw/compressed',)
    # The file that ships names no camera.
    assert len(topics_of(path, root / 'config' / 'recognizer.yaml')) == len(topics_of(path)) == 2


def test_a_topic_that_is_not_there_is_named_with_those_that_are(tmp_path):
    path = write_bag(tmp_path / 'bag', texts=[(START_NS, 'x')])
    with pytest.raises(RecordingError, match='expected images on /rear, got images on '
                       '/front/image_raw; name one of these as the camera'):
        Bag(path, ['/front/image_raw', '/rear'])
    with pytest.raises(RecordingError, match='expected annotations on /none'), Bag(path) as bag:
        bag.texts('/none')


def test_unknown_message_types_are_ignored(tmp_path):
    path = tmp_path / 'bag'
    store = get_typestore(Stores.LATEST)
    store.register(get_types_from_msg('int32 value\n', 'odd_msgs/msg/Odd'))
    with Writer(path, version=8, storage_plugin=StoragePlugin.MCAP) as bag:
        odd = bag.add_connection('/odd', 'odd_msgs/msg/Odd', typestore=store)
        bag.write(odd, START_NS, b'\x00\x01\x00\x00nonsense')
    with pytest.raises(RecordingError, match='expected images on any topic, got /odd .*; record a '
                       'topic of sensor_msgs/msg/Image or'):
        Bag(path)


@pytest.mark.parametrize(('storage', 'file'), [('mcap', 'bag.mcap'), ('sqlite3', 'bag.db3')])
def test_a_truncated_bag_is_refused_with_a_remedy(tmp_path, storage, file):
    path = write_bag(tmp_path / 'bag', storage=storage)
    data = (path / file).read_bytes()
    (path / file).write_bytes(data[:len(data) // 2])
    with pytest.raises(RecordingError, match='"ros2 bag reindex" .* or "mcap recover"'):
        read(path)


def test_a_bag_that_is_damaged_inside_is_read_up_to_there(tmp_path):
    path = write_bag(tmp_path / 'bag', list(camera_frames(60)))
    data = bytearray((path / 'bag.mcap').read_bytes())
    start, end = round(0.4 * len(data)), round(0.6 * len(data))
    data[start:end] = bytes(end - start)
    (path / 'bag.mcap').write_bytes(data)
    bag, got = read(path)
    assert 0 < len(got) < 60
    assert bag.notes == [f'bag.mcap is damaged: read {len(got)} of 60 messages']


def test_damaged_images_and_stamps_of_zero_are_dropped_one_by_one(tmp_path):
    from dataclasses import replace
    sent = list(camera_frames(4))
    with BagWriter(tmp_path / 'bag') as bag:
        for log_ns, frame in sent[:2]:
            bag.image(TOPIC, frame, log_ns)
        bag.image(TOPIC, replace(sent[2][1], stamp_ns=0), sent[2][0])
        bag.image(TOPIC, replace(sent[3][1], image_HWC=np.zeros((2, 2, 3), np.uint8)), sent[3][0])
    got = read(tmp_path / 'bag')[1]
    assert [i.frame is None for i in got] == [False, False, True, True]
    assert 'header stamp above 0' in got[2].problem
    assert 'expected sides' in got[3].problem
    assert read(tmp_path / 'bag', by_log_time=True)[1][2].frame.stamp_ns == sent[2][0]


@pytest.mark.parametrize(
    'name', ['text.bag', 'text.mcap', 'text.db3', 'text.txt', 'empty', 'none'])
def test_anything_else_is_refused(tmp_path, name):
    path = tmp_path / name
    if name == 'empty':
        path.mkdir()
    elif name != 'none':
        path.write_text('no bag')
    with pytest.raises(RecordingError, match=name):
        open_recording(path)


def test_folders_hold_bags_and_videos(tmp_path):
    write_bag(tmp_path / 'b')
    video = write_video(tmp_path / 'c' / 'clip.avi', 5)
    write_ros1(tmp_path / 'a.bag', camera_frames(1))
    (tmp_path / 'notes.txt').touch()
    assert find_recordings([tmp_path]) == [tmp_path / 'a.bag', tmp_path / 'b', video]
    # A single file is a bag of its own where other recordings lie beside it.
    loose = tmp_path / 'a.mcap'
    loose.touch()
    assert find_recordings([tmp_path]) == [tmp_path / 'a.bag', loose, tmp_path / 'b', video]
    (tmp_path / 'none').mkdir()
    with pytest.raises(RecordingError, match='expected a recording, got a folder without'):
        open_recording(tmp_path / 'none')
    with open_recording(video) as recording:
        got = list(recording.images())
    assert [i.frame.stamp_ns - got[0].frame.stamp_ns for i in got] == [
        40_000_000 * i for i in range(5)]
    assert got[0].frame.stamp_ns > 0
