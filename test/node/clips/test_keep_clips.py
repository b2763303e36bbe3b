# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The parameter keep_clips of the real node over the real middleware."""

import sys
import threading
import time

from encoded_video import number_of, picture
from imrs_ros.node.clips import clip_keeper, clip_writer
from imrs_ros.node.messages import jpeg_message, raw_message, stamp_to_ns
from imrs_ros.records import Frame
from imrs_ros.video import read_video, video_files
import pytest
from ros_support import (
    change_state, EAGER, GatedBackend, publish_all, START_NS, state, STATES, tiny_parameters,
    TRANSITIONS)

diagnostic_msgs = pytest.importorskip('diagnostic_msgs.msg')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
std_msgs = pytest.importorskip('std_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')

PERIOD_NS = 40_000_000
LIMITS = {'keep_clips_before_sec': 0.2, 'keep_clips_after_sec': 0.4, 'max_gap_sec': 60.0}


def pictures(number, first=0, size=(160, 120)):
    return [Frame(START_NS + PERIOD_NS * i, 'camera', picture(i % 256, *size))
            for i in range(first, first + number)]


def values(diagnostics):
    return {v.key: v.value for s in diagnostics[-1].status if s.name.endswith(': node')
            for v in s.values} if diagnostics else {}


def node_message(diagnostics):
    return next((s.message for s in diagnostics[-1].status if s.name.endswith(': node')), ''
                ) if diagnostics else ''


@pytest.fixture
def start(graph, tiny_card, tmp_path):
    """Return a function that starts a node that keeps clips, with one camera."""
    def start_node(**changes):
        return graph.start_recognizer(**{
            **tiny_parameters(tiny_card, '/front/image_raw', **EAGER), **LIMITS,
            'keep_clips': str(tmp_path / 'clips'), **changes})
    return start_node


@pytest.mark.parametrize(('kind', 'make', 'topic'), [
    ('Image', raw_message, '/front/image_raw'),
    ('CompressedImage', jpeg_message, '/front/image_raw/compressed')])
def test_a_clip_shows_what_led_to_the_action_and_what_followed(
        graph, start, tmp_path, kind, make, topic):
    actions = graph.collect(vision_msgs.Classification, '/recognizer/front/action', latched=True)
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    start()
    camera = graph.reliable_publisher(getattr(sensor_msgs, kind), topic)
    publish_all(camera, map(make, pictures(16)))
    graph.wait(lambda: actions)
    publish_all(camera, map(make, pictures(24, 16)), 0.02)
    (clip,) = graph.wait(lambda: video_files(tmp_path))
    label, onset_ns = actions[0].results[0].class_id, stamp_to_ns(actions[0].header.stamp)
    onset = (onset_ns - START_NS) // PERIOD_NS
    assert clip.parent == tmp_path / 'clips' / 'front' / label
    assert clip.stem.endswith(f'-{label}')
    images = list(read_video(clip))
    # 0.2 s before the onset, and 0.4 s after the decision, of which this is the onset.
    numbers = [number_of(image.image_HWC) for image in images]
    assert numbers[0] == onset - 5
    assert numbers[-1] >= onset + 10
    assert [round(image.stamp_ns / 1e6) for image in images] == [
        40 * (number - numbers[0]) for number in numbers]
    assert len(numbers) >= 12
    graph.wait(lambda: values(diagnostics).get('num_clips') == '1')
    assert values(diagnostics)['num_clips_left_out'] == '0'
    assert node_message(diagnostics) == 'active'
    assert clip.stat().st_mode & 0o600 == 0o600


def test_without_the_parameter_nothing_is_kept(graph, tiny_card):
    before = threading.active_count()
    node = graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw', **EAGER))
    names = {thread.name for thread in threading.enumerate()}
    assert 'imrs_worker' in names
    assert 'imrs_clips' not in names
    assert node._configured._clips is None
    assert node._configured.cameras['front']._clips is None
    assert threading.active_count() <= before + 2


def test_deactivation_ends_the_clip_and_cleanup_the_thread(graph, start, tmp_path):
    labels = graph.collect(std_msgs.String, '/recognizer/front/label', latched=True)
    start(keep_clips_after_sec=30.0)
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    publish_all(camera, map(raw_message, pictures(20)))
    graph.wait(lambda: labels)
    time.sleep(0.3)
    assert video_files(tmp_path) == []
    assert change_state(graph, TRANSITIONS.TRANSITION_DEACTIVATE)
    (clip,) = graph.wait(lambda: video_files(tmp_path))
    # The first window ends with image 15; those before its onset are there.
    assert {number_of(image.image_HWC) for image in read_video(clip)} >= set(range(12, 20))
    for transition in (TRANSITIONS.TRANSITION_CLEANUP, TRANSITIONS.TRANSITION_CONFIGURE,
                       TRANSITIONS.TRANSITION_ACTIVATE):
        assert change_state(graph, transition)
    graph.wait(lambda: camera.get_subscription_count())
    publish_all(camera, map(raw_message, pictures(20, 100)))
    graph.wait(lambda: labels[-1].data != 'no_action')
    start_sec = time.monotonic()
    assert change_state(graph, TRANSITIONS.TRANSITION_ACTIVE_SHUTDOWN)
    assert time.monotonic() - start_sec < 2 * clip_keeper.STOP_SEC + 1
    assert len(video_files(tmp_path)) == 2
    assert 'imrs_clips' not in {thread.name for thread in threading.enumerate()}
    assert not list(tmp_path.rglob('.unfinished*'))


def test_a_silent_camera_ends_the_clip(graph, start, tmp_path):
    start(keep_clips_after_sec=30.0)
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    publish_all(camera, map(raw_message, pictures(20)))
    start_sec = time.monotonic()
    graph.wait(lambda: video_files(tmp_path))
    assert time.monotonic() - start_sec > clip_writer.SILENT_SEC / 2


def test_a_folder_that_cannot_be_written_is_a_warning_once(graph, start, tmp_path, capfd):
    (tmp_path / 'clips').write_text('no folder')
    labels = graph.collect(std_msgs.String, '/recognizer/front/label', latched=True)
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    start(keep_clips_after_sec=0.0)
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    publish_all(camera, map(raw_message, pictures(20)))
    graph.wait(lambda: labels)
    graph.wait(lambda: int(values(diagnostics).get('num_clips_left_out', 0)))
    assert 'clips are not kept: ' in node_message(diagnostics)
    assert state(graph) == STATES.PRIMARY_STATE_ACTIVE
    assert capfd.readouterr().err.count('clips are not kept: ') == 1
    # Once it can be written, it is.
    (tmp_path / 'clips').unlink()
    assert change_state(graph, TRANSITIONS.TRANSITION_DEACTIVATE)
    assert change_state(graph, TRANSITIONS.TRANSITION_ACTIVATE)
    graph.wait(lambda: camera.get_subscription_count())
    publish_all(camera, map(raw_message, pictures(20, 100)))
    graph.wait(lambda: video_files(tmp_path))
    graph.wait(lambda: node_message(diagnostics) == 'active')


def test_a_disk_that_hangs_stops_nobody(graph, start, tmp_path, monkeypatch):
    """Images and labels go on while nothing can be written, and memory stays bounded."""
    gate, entered = threading.Event(), threading.Event()
    keep = clip_writer.ClipFolder.keep

    def hang(*arguments):
        entered.set()
        assert gate.wait(60)
        return keep(*arguments)
    monkeypatch.setattr(clip_writer.ClipFolder, 'keep', hang)
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    node = start(keep_clips_after_sec=0.0)
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    publish_all(camera, map(raw_message, pictures(20)))
    assert entered.wait(60)
    before = len(scores)
    publish_all(camera, map(raw_message, pictures(60, 20)))
    graph.wait(lambda: len(scores) > before + 3)
    waiting = node._configured._clips._images
    assert len(waiting) == clip_keeper.MAX_WAITING_IMAGES
    gate.set()
    graph.wait(lambda: video_files(tmp_path))
    graph.wait(lambda: not waiting)


def test_without_pyav_configuring_is_refused(graph, start, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, 'av', None)
    start()
    assert state(graph) == STATES.PRIMARY_STATE_UNCONFIGURED
    assert 'not configured: expected PyAV to write videos, got none' in capfd.readouterr().err


def test_a_fast_camera_is_thinned_out(graph, start, tmp_path):
    labels = graph.collect(std_msgs.String, '/recognizer/front/label', latched=True)
    start()
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    sent = [Frame(START_NS + PERIOD_NS * i // 5, 'camera', picture(i % 256, 160, 120))
            for i in range(200)]
    publish_all(camera, map(raw_message, sent), 0.005)
    graph.wait(lambda: labels)
    publish_all(camera, map(raw_message, [
        Frame(sent[-1].stamp_ns + PERIOD_NS * i, 'camera', picture(i, 160, 120))
        for i in range(1, 20)]))
    images = list(read_video(graph.wait(lambda: video_files(tmp_path))[0]))
    gaps_ms = [(b.stamp_ns - a.stamp_ns) / 1e6 for a, b in zip(images, images[1:])]
    assert min(gaps_ms) >= 1000 * clip_keeper.EARLY_SHARE / clip_writer.MAX_HZ - 2


def test_a_window_of_before_a_deactivation_makes_no_clip(graph, start, tmp_path):
    node = start()
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    recognizer = node._configured.worker.recognizer
    gated = recognizer._backend = GatedBackend(recognizer._backend)
    publish_all(camera, map(raw_message, pictures(16)))
    assert gated.entered.wait(30)
    assert change_state(graph, TRANSITIONS.TRANSITION_DEACTIVATE)
    gated.gate.set()
    time.sleep(0.5)
    assert video_files(tmp_path) == []
