# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The last seconds of a camera, and the clips that take frames of them."""

from encoded_video import number_of, picture
from imrs_ros.node.clips.pending_clip import PendingClip
from imrs_ros.node.clips.recent_frames import MAX_SIDE_PX, RecentFrames
from imrs_ros.records import Frame
import pytest

PERIOD_NS = 40_000_000


def frame(number, size=(128, 96)):
    return Frame(1 + number * PERIOD_NS, 'camera', picture(number % 256, *size))


def stamps(frames):
    return [round(f.stamp_ns / PERIOD_NS) for f in frames]


def test_time_and_number_are_bounded():
    recent = RecentFrames(10 * PERIOD_NS, 100)
    for number in range(50):
        kept = recent.add(frame(number))
        assert number_of(kept.image()) == number
    assert stamps(recent.since(0)) == list(range(39, 50))
    assert stamps(recent.since(1 + 45 * PERIOD_NS)) == list(range(45, 50))
    few = RecentFrames(10**12, 5)
    for number in range(50):
        few.add(frame(number))
    assert stamps(few.since(0)) == list(range(45, 50))


@pytest.mark.parametrize(('size', 'shape'), [
    ((640, 480), (360, 480, 3)), ((1920, 1080), (270, 480, 3)), ((128, 96), (96, 128, 3))])
def test_frames_are_kept_small(size, shape):
    kept = RecentFrames(10**12, 5).add(frame(3, size))
    assert kept.image().shape == shape
    assert max(shape) <= MAX_SIDE_PX
    assert len(kept.jpeg) < 60_000


def test_late_frames_are_skipped_and_a_jump_begins_anew():
    recent = RecentFrames(10**12, 100)
    assert recent.add(frame(30))
    assert recent.add(frame(30)) is None
    assert recent.add(frame(29)) is None
    assert recent.add(frame(2))
    assert stamps(recent.since(0)) == [2]


def test_a_clip_is_complete_after_its_end():
    recent = RecentFrames(10**12, 100)
    kept = [recent.add(frame(number)) for number in range(5)]
    clip = PendingClip(camera='front', label='wave', onset_ns=0, end_ns=kept[3].stamp_ns)
    for one in kept[:4]:
        clip.take(one)
    assert not clip.is_complete
    clip.take(kept[4])
    assert clip.is_complete
    assert clip.frames == kept[:4]
    other = PendingClip(camera='front', label='wave', onset_ns=0, end_ns=10**12,
                        frames=kept[2:3])
    other.take(kept[1])
    assert other.is_complete, 'stamps went back'
