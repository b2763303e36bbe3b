# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Transitions of the real node: failures are named and leave nothing behind."""

import gc
import itertools
import json
import os
from pathlib import Path
import subprocess
import sys
import threading
import weakref

from imrs_ros.model_card import CARD_FILE
from imrs_ros.node.messages import raw_message, stamp_to_ns
import pytest
from rclpy.parameter import Parameter
from ros_support import (
    change_state, EAGER, frames, GatedBackend, publish_all, publish_window, state, STATES,
    tiny_parameters, TRANSITIONS)

sensor_msgs = pytest.importorskip('sensor_msgs.msg')
std_msgs = pytest.importorskip('std_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')


def held(node):
    """Return what a failed transition must not leave behind."""
    return (sorted(p.topic_name for p in node.publishers), len(list(node.timers)),
            len(list(node.subscriptions)), threading.active_count())


def start_unconfigured(graph, tiny_card, *topics, **changes):
    node = graph.start_recognizer(
        **tiny_parameters(tiny_card, *topics, autostart=False, **changes))
    graph.wait(lambda: state(graph) == STATES.PRIMARY_STATE_UNCONFIGURED)
    return node


@pytest.mark.parametrize('topic', ['~', '/{foo}/image', '/front/{foo}'])
def test_names_are_refused_before_the_model_is_loaded(graph, tiny_card, topic, capfd):
    node = start_unconfigured(graph, tiny_card, topic)
    before = held(node)
    for _ in range(3):
        assert not change_state(graph, TRANSITIONS.TRANSITION_CONFIGURE)
        assert held(node) == before
    printed = capfd.readouterr().err
    assert 'model tiny' not in printed
    assert topic in printed


def test_failed_configure_leaves_nothing_behind(graph, tiny_model, capfd):
    # The card is valid, but does not match these weights: only loading fails.
    card = tiny_model.folder / CARD_FILE
    right = card.read_text()
    card.write_text(right.replace('- lift\n', ''))
    node = start_unconfigured(graph, tiny_model, '/front/image_raw')
    before = held(node)
    for _ in range(3):
        assert not change_state(graph, TRANSITIONS.TRANSITION_CONFIGURE)
        assert state(graph) == STATES.PRIMARY_STATE_UNCONFIGURED
        assert held(node) == before
    assert 'names 2 labels, the weights give 3 logits' in capfd.readouterr().err
    card.write_text(right)
    assert change_state(graph, TRANSITIONS.TRANSITION_CONFIGURE)
    assert change_state(graph, TRANSITIONS.TRANSITION_CLEANUP)
    assert held(node) == before


def test_unexpected_exception_of_configure_is_named(graph, tiny_model, capfd):
    # PyYAML itself fails on this one, not as a YAMLError.
    card = tiny_model.folder / CARD_FILE
    right = card.read_text()
    card.write_text(right + '\nodd: !!int ""\n')
    node = start_unconfigured(graph, tiny_model, '/front/image_raw')
    before = held(node)
    assert not change_state(graph, TRANSITIONS.TRANSITION_CONFIGURE)
    assert state(graph) == STATES.PRIMARY_STATE_UNCONFIGURED
    assert 'on_configure failed: IndexError: string index' in capfd.readouterr().err
    assert held(node) == before
    card.write_text(right)
    assert change_state(graph, TRANSITIONS.TRANSITION_CONFIGURE)


def test_failed_activate_is_named_and_leaves_nothing_behind(graph, tiny_card, capfd):
    # A topic of another type in this very process: only subscribing fails.
    node = start_unconfigured(graph, tiny_card, '/front/image_raw', '/parameter_events')
    before = held(node)
    assert change_state(graph, TRANSITIONS.TRANSITION_CONFIGURE)
    assert not change_state(graph, TRANSITIONS.TRANSITION_ACTIVATE)
    assert state(graph) == STATES.PRIMARY_STATE_UNCONFIGURED
    printed = capfd.readouterr().err
    assert 'on_activate failed: RCLError: ' in printed
    assert '/parameter_events' in printed
    assert held(node) == before
    node.set_parameters([Parameter('cameras', value=['/front/image_raw'])])
    assert change_state(graph, TRANSITIONS.TRANSITION_CONFIGURE)
    assert change_state(graph, TRANSITIONS.TRANSITION_ACTIVATE)


def test_model_of_other_channels_is_refused_at_configure(graph, tiny_model, capfd):
    card = tiny_model.folder / CARD_FILE
    card.write_text(card.read_text().replace('  - 127.0\n  - 127.0\n', '  - 127.0\n', 1))
    start_unconfigured(graph, tiny_model, '/front/image_raw')
    assert not change_state(graph, TRANSITIONS.TRANSITION_CONFIGURE)
    assert 'expected 3 channels (RGB), got 2 and 3' in capfd.readouterr().err


def test_decisions_follow_parameters_at_once(graph, tiny_card):
    # A gap longer than a window takes on a busy machine: silence would void the window.
    node = graph.start_recognizer(
        **tiny_parameters(tiny_card, '/front/image_raw', **EAGER), max_gap_sec=60.0)
    labels = graph.collect(std_msgs.String, '/recognizer/front/label', latched=True)
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    infos = graph.collect(vision_msgs.LabelInfo, '/recognizer/labels', latched=True)
    publisher = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    publish_window(graph, publisher, map(raw_message, frames(16)), scores)
    graph.wait(lambda: labels)
    decided = labels[-1].data
    other = next(label for label in tiny_card.labels if label != decided)
    results = node.set_parameters([
        Parameter('enabled_classes', value=other), Parameter('enter_threshold', value=0.02),
        Parameter('model', value='ucf10')])
    assert [result.successful for result in results] == [True, True, False]
    publish_window(graph, publisher, map(raw_message, frames(1, 16)), scores)
    graph.wait(lambda: labels[-1].data == other)
    graph.wait(lambda: infos[-1].threshold == pytest.approx(0.02))


def test_window_of_before_a_deactivation_is_never_published(graph, tiny_card):
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    node = graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw'))
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    graph.wait(lambda: graph.node.count_publishers('/recognizer/front/classification'))
    recognizer = node._configured.worker.recognizer
    gated = recognizer._backend = GatedBackend(recognizer._backend)
    publish_all(camera, [raw_message(frame) for frame in frames(16)])
    assert gated.entered.wait(30)
    assert change_state(graph, TRANSITIONS.TRANSITION_DEACTIVATE)
    assert change_state(graph, TRANSITIONS.TRANSITION_ACTIVATE)
    gated.gate.set()
    graph.wait(lambda: camera.get_subscription_count() == 1)
    after = frames(16, first=16)
    publish_window(graph, camera, [raw_message(frame) for frame in after], scores)
    assert [stamp_to_ns(m.header.stamp) for m in scores] == [after[-1].stamp_ns]


def test_quick_reactivations_publish_no_older_window(graph, tiny_card):
    """Images keep arriving; every window holds frames of one activation only."""
    node = graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw'))
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    published, ended = [], threading.Event()
    outputs = node._configured.cameras['front'].outputs
    publish = outputs.publish
    outputs.publish = lambda decision, *more: (
        published.append(decision), publish(decision, *more))

    def flow():
        for i in itertools.count():
            if ended.wait(0.005):
                return
            camera.publish(raw_message(frames(1, first=i)[0]))

    thread = threading.Thread(target=flow)
    thread.start()
    try:
        graph.wait(lambda: published)
        for _ in range(25):
            assert change_state(graph, TRANSITIONS.TRANSITION_DEACTIVATE)
            number = len(published)
            assert change_state(graph, TRANSITIONS.TRANSITION_ACTIVATE)
            graph.wait(lambda number=number: len(published) > number)
            last, first = published[number - 1].scores, published[number].scores
            assert first.stamp_ns - last.stamp_ns >= 15 * 40_000_000
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize('transition', [
    TRANSITIONS.TRANSITION_DEACTIVATE, TRANSITIONS.TRANSITION_ACTIVE_SHUTDOWN])
def test_leaving_the_active_state_ends_the_action(graph, tiny_card, transition):
    actions = graph.collect(vision_msgs.Classification, '/recognizer/front/action', latched=True)
    labels = graph.collect(std_msgs.String, '/recognizer/front/label', latched=True)
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw', **EAGER))
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    publish_window(graph, camera, [raw_message(frame) for frame in frames(16)], actions)
    graph.wait(lambda: labels)
    assert labels[-1].data == actions[-1].results[0].class_id != 'no_action'
    assert change_state(graph, transition)
    graph.wait(lambda: len(actions) == len(labels) == 2)
    assert actions[-1].results[0].class_id == labels[-1].data == 'no_action'
    assert stamp_to_ns(actions[-1].header.stamp) == frames(16)[-1].stamp_ns
    if transition == TRANSITIONS.TRANSITION_DEACTIVATE:
        late = graph.collect(std_msgs.String, '/recognizer/front/label', latched=True)
        graph.wait(lambda: late)
        assert late[-1].data == 'no_action'


def test_sessions_do_not_pile_up(graph, tiny_card):
    """Their rings and networks hold megabytes; Python collects circles rarely by itself."""
    node = graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw'))
    cameras = []
    gc.disable()
    try:
        for _ in range(4):
            cameras.append(weakref.ref(node._configured.cameras['front']))
            for transition in (TRANSITIONS.TRANSITION_DEACTIVATE, TRANSITIONS.TRANSITION_CLEANUP,
                               TRANSITIONS.TRANSITION_CONFIGURE, TRANSITIONS.TRANSITION_ACTIVATE):
                assert change_state(graph, transition)
        # The executor may still hold what it was waiting for when the last one ended.
        assert sum(camera() is not None for camera in cameras) <= 1
    finally:
        gc.enable()


def test_round_trips_leave_nothing_behind(graph, tiny_card):
    # In a process of its own, as on the robot, apart from what other tests left behind.
    parameters = tiny_parameters(tiny_card, '/front/image_raw', autostart=False)
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name('round_trips.py'), json.dumps(parameters)],
        capture_output=True, text=True, timeout=300,
        env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)})
    assert done.returncode == 0, done.stderr
    before, after = json.loads(done.stdout.splitlines()[-1])
    assert after.pop('objects') < before.pop('objects') + 200, 'less than one object a trip'
    assert after.pop('blocks') < before.pop('blocks') + 200 * 10, 'less than ten blocks a trip'
    assert after.pop('heap') < before.pop('heap') + 200 * 2_000, 'less than 2 kB a trip'
    assert after.pop('rss') < before.pop('rss') + 200 * 20_000, 'less than 20 kB a trip'
    assert after == before
