# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Frames of recordings, sought in any order: the right one, at the time that evaluate gives it."""

from encoded_video import encode as encode_video
from encoded_video import number_of
from imrs_ros.evaluation.annotator.frame_reader import (
    encode, FrameError, FrameReader, LARGE_PX, SMALL_PX)
from imrs_ros.evaluation.annotator.opened_recording import OpenedRecording
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.recording import Image, RecordingError
from imrs_ros.evaluation.recordings.source import open_recording
from imrs_ros.records import Frame
import numpy as np
import pytest
from sample_recordings import camera_frames, SEC, START_NS, TOPIC, write_bag

ORDERS = ([0, 1, 2, 3], [29, 0, 15, 14, 13, 28], [7, 7, 29, 29, 0])
OTHER = '/rear/image_raw/compressed'


def frames_of(path, topic):
    """Return times and images as evaluate sees them."""
    with open_recording(path) as recording:
        clock = CameraClock()
        return [(clock.place(image.frame.stamp_ns, image.log_ns), image.frame.image_HWC)
                for image in recording.images() if image.topic == topic]


def check_all(path, topic, order):
    expected = frames_of(path, topic)
    recording = OpenedRecording(path)
    try:
        reader = recording.frames[topic]
        assert reader.times_N.tolist() == [time_ns for time_ns, _ in expected]
        for index in order:
            assert reader.jpeg(index) == encode(expected[index][1], LARGE_PX)
            assert reader.jpeg(index, is_small=True) == encode(expected[index][1], SMALL_PX)
    finally:
        recording.close()


@pytest.mark.parametrize('order', ORDERS, ids=str)
@pytest.mark.parametrize('storage', [('mcap', False), ('sqlite3', False), ('sqlite3', True)],
                         ids=str)
def test_frames_of_bags(tmp_path, storage, order):
    kind, compress = storage
    # The camera's clock is an hour behind that of the recorder.
    path = write_bag(tmp_path / 'walk', list(camera_frames(30, offset_sec=-3600.0)),
                     (TOPIC, OTHER), kind, compress)
    for topic in (TOPIC, OTHER):
        check_all(path, topic, order)


@pytest.mark.parametrize('suffix', ['.mp4', '.avi', '.webm'])
def test_frames_of_videos(tmp_path, suffix):
    path = encode_video(tmp_path / f'walk{suffix}', num_frames=70)
    check_all(path, '/video', [69, 3, 2, 1, 40, 41, 0, 66])


def test_two_cameras_of_a_bag_without_an_index(tmp_path):
    from rosbags.rosbag2 import storage_mcap
    # Of several chunks.
    path = write_bag(tmp_path / 'walk', list(camera_frames(300)), (TOPIC, '/rear/image_raw'))
    expected = {topic: frames_of(path, topic) for topic in (TOPIC, '/rear/image_raw')}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage_mcap.McapReader, 'messages', storage_mcap.McapReader.messages_scan)
        recording = OpenedRecording(path)
        for index in (20, 60, 100, 140, 180, 220, 260):
            for topic, shown in ((TOPIC, index), ('/rear/image_raw', 280 - index)):
                assert recording.jpeg(topic, shown) == encode(
                    expected[topic][shown][1], LARGE_PX), (topic, shown)
        recording.close()


def test_a_frame_has_its_own_picture(tmp_path):
    import cv2
    recording = OpenedRecording(encode_video(tmp_path / 'walk.mp4', num_frames=70))
    for index in (60, 5, 4, 33):
        jpeg = np.frombuffer(recording.frames['/video'].jpeg(index), np.uint8)
        assert number_of(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)) == index


def test_frames_recorded_at_the_same_time_keep_their_order(tmp_path):
    frames = [(START_NS + (i // 3) * SEC, Frame(START_NS + i * SEC // 4, 'front', image))
              for i, image in enumerate(frame.image_HWC for _, frame in camera_frames(12))]
    check_all(write_bag(tmp_path / 'walk', frames), TOPIC, [11, 4, 5, 3, 8])


def test_frames_out_of_order_are_numbered_by_their_time(tmp_path):
    frames = list(camera_frames(6))
    late = [frame for _, frame in frames]
    late[2], late[3] = late[3], late[2]
    path = write_bag(tmp_path / 'walk', [
        (log_ns, frame) for (log_ns, _), frame in zip(frames, late)])
    recording = OpenedRecording(path)
    reader = recording.frames[TOPIC]
    assert (np.diff(reader.times_N) > 0).all()
    for index in (5, 2, 3, 0):
        assert reader.jpeg(index) == encode(frames[index][1].image_HWC, LARGE_PX)
    recording.close()


def test_frames_without_a_stamp_are_at_their_recording_time(tmp_path):
    frames = [(log_ns, Frame(0, 'front', frame.image_HWC)) for log_ns, frame in camera_frames(5)]
    path = write_bag(tmp_path / 'walk', frames)
    recording = OpenedRecording(path)
    assert recording.frames[TOPIC].times_N.tolist() == [i * SEC // 25 for i in range(5)]
    recording.close()


def test_an_image_that_cannot_be_decoded_says_why_and_the_next_is_shown():
    good = Frame(1, 'front', np.zeros((8, 8, 3), np.uint8))

    def read_from(first):
        yield from [Image(TOPIC, i, None if i == 1 else good, 'cut off' if i == 1 else '')
                    for i in range(first, 3)]
    reader = FrameReader(np.arange(3, dtype=np.int64), read_from)
    with pytest.raises(FrameError, match='cut off'):
        reader.jpeg(1)
    assert reader.jpeg(2) == reader.jpeg(0) == encode(good.image_HWC, LARGE_PX)
    for index in (-1, 3):
        with pytest.raises(FrameError, match=f'expected a frame from 0 to 2, got {index}'):
            reader.jpeg(index)


def test_a_recording_that_ends_early_says_so_and_is_read_again():
    good = Frame(1, 'front', np.zeros((8, 8, 3), np.uint8))
    reader = FrameReader(np.arange(9, dtype=np.int64), lambda first: iter(
        [Image(TOPIC, 0, good)] * max(0, 4 - first)))
    with pytest.raises(FrameError, match='expected 9 frames as the recording states, got 4'):
        reader.jpeg(8)
    assert reader.jpeg(3)


def test_going_back_step_by_step_reads_few_frames():
    num_read = 0
    good = Frame(1, 'front', np.zeros((8, 8, 3), np.uint8))

    def read_from(first):
        nonlocal num_read
        for _ in range(first, 300):
            num_read += 1
            yield Image(TOPIC, 0, good)
    reader = FrameReader(np.arange(300, dtype=np.int64), read_from)
    for index in range(299, 99, -1):
        reader.jpeg(index)
    assert num_read < 2 * 200


def test_large_images_are_shrunk():
    import cv2
    jpeg = np.frombuffer(encode(np.zeros((1080, 1920, 3), np.uint8), LARGE_PX), np.uint8)
    assert cv2.imdecode(jpeg, cv2.IMREAD_COLOR).shape == (720, 1280, 3)


def test_what_cannot_be_opened(tmp_path):
    with pytest.raises(RecordingError, match='no such file or folder'):
        OpenedRecording(tmp_path / 'none.bag')
    (tmp_path / 'bad.mp4').write_bytes(b'no video')
    with pytest.raises(RecordingError, match='expected a video that FFmpeg can read'):
        OpenedRecording(tmp_path / 'bad.mp4')
