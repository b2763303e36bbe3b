# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Everyone in the picture: detections on a real graph, and what the node says of each person."""

from imrs_ros.node.messages import jpeg_message, ns_to_stamp, raw_message, stamp_to_ns
from imrs_ros.records import Frame, NO_ACTION
import numpy as np
import pytest
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.qos import qos_profile_sensor_data
from ros_support import (
    change_state, EAGER, START_NS, state, STATES, tiny_parameters, TRANSITIONS)

diagnostic_msgs = pytest.importorskip('diagnostic_msgs.msg')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
std_msgs = pytest.importorskip('std_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')

WIDTH, HEIGHT, MS = 160, 120, 1_000_000
LEFT, RIGHT = (40, 60, 60, 110), (120, 60, 60, 110)
"""Centre and sides of two people, pixels."""


def picture(number):
    return Frame(START_NS + 40 * MS * number, 'optical', np.random.default_rng(number).integers(
        0, 256, (HEIGHT, WIDTH, 3), np.uint8))


def detection(name, box, score=0.9, label='person'):
    x, y, width, height = box
    bbox = vision_msgs.BoundingBox2D(size_x=float(width), size_y=float(height))
    bbox.center.position.x, bbox.center.position.y = float(x), float(y)
    return vision_msgs.Detection2D(id=name, bbox=bbox, results=[
        vision_msgs.ObjectHypothesisWithPose(hypothesis=vision_msgs.ObjectHypothesis(
            class_id=label, score=score))])


def detections(number, *people):
    return vision_msgs.Detection2DArray(
        header=std_msgs.Header(stamp=ns_to_stamp(START_NS + 40 * MS * number)),
        detections=list(people))


class Scene:
    """A camera and a detector on a graph, and the recognizer that follows people."""

    def __init__(self, graph, card, topic='/front/detections', **parameters):
        self.graph, self.number = graph, 0
        self.people = graph.collect(vision_msgs.Detection2DArray, '/recognizer/front/people')
        self.actions = graph.collect(vision_msgs.Detection2D, '/recognizer/front/person_action')
        self.statuses = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
        self.node = graph.start_recognizer(**tiny_parameters(
            card, '/front/image_raw', people=True, max_gap_sec=60.0, **{**EAGER, **parameters}))
        self.camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
        self.detector = graph.reliable_publisher(vision_msgs.Detection2DArray, topic)
        graph.wait(lambda: graph.node.count_publishers('/recognizer/front/person_action'))

    def send(self, *people, count=1, detected=True):
        """Publish frames, and detections in each, be it of nobody."""
        for _ in range(count):
            frame = picture(self.number)
            before = self.received()
            self.camera.publish(raw_message(frame))
            self.graph.wait(lambda before=before: self.received() > before)
            if detected:
                self.detector.publish(detections(self.number, *people))
            self.number += 1

    def received(self):
        resampler = self.node._configured.worker.recognizer._cameras['front']._resampler
        return -1 if resampler._last is None else resampler._last.stamp_ns

    def newest(self):
        return START_NS + 40 * MS * (self.number - 1)

    def values(self, key):
        """Return a value of the camera's newest status."""
        for message in reversed(self.statuses):
            for status in message.status:
                found = {value.key: value.value for value in status.values}
                if key in found:
                    return found[key], status
        return None, None


def test_everyone_gets_an_action_with_id_and_box(graph, tiny_card):
    scene = Scene(graph, tiny_card)
    both = (detection('ann', LEFT), detection('bob', RIGHT))
    scene.send(*both, count=16)

    def shown():
        return scene.people and len(scene.people[-1].detections) == 2 and all(
            d.results for d in scene.people[-1].detections)
    graph.wait(lambda: shown() or scene.send(*both))
    last = scene.people[-1]
    assert {d.id for d in last.detections} == {'ann', 'bob'}
    assert last.header.frame_id == 'optical'
    assert START_NS < stamp_to_ns(last.header.stamp) <= scene.newest()
    ann = next(d for d in last.detections if d.id == 'ann')
    assert (ann.bbox.center.position.x, ann.bbox.center.position.y) == pytest.approx((40, 60))
    assert (ann.bbox.size_x, ann.bbox.size_y) == pytest.approx((60, 110))
    assert ann.results[0].hypothesis.class_id in tiny_card.labels
    graph.wait(lambda: {a.id for a in scene.actions} == {'ann', 'bob'})
    assert scene.actions[0].results[0].hypothesis.class_id in tiny_card.labels
    assert START_NS < stamp_to_ns(scene.actions[0].header.stamp) <= scene.newest()


def test_every_person_says_of_which_window_the_action_is(graph, tiny_card):
    scene = Scene(graph, tiny_card)
    both = (detection('ann', LEFT), detection('bob', RIGHT))
    graph.wait(lambda: any(
        len(message.detections) == 2 and all(d.results for d in message.detections)
        for message in scene.people) or scene.send(*both))
    scene.send(*both, count=5)
    newest = {}
    for message in scene.people:
        stamps = {d.id: stamp_to_ns(d.header.stamp) for d in message.detections if d.results}
        # The message is of one person's window; nobody's is newer.
        assert max(stamps.values()) == stamp_to_ns(message.header.stamp)
        assert all(stamps[name] >= newest.get(name, 0) for name in stamps)
        assert {d.header.frame_id for d in message.detections} == {'optical'}
        newest.update(stamps)


def test_the_action_of_someone_who_leaves_ends_at_once(graph, tiny_card):
    scene = Scene(graph, tiny_card, person_timeout_sec=0.2)
    graph.wait(lambda: scene.actions or scene.send(detection('ann', LEFT)))

    def ended():
        return scene.actions[-1].results[0].hypothesis.class_id == NO_ACTION
    graph.wait(lambda: ended() or scene.send())
    assert scene.actions[-1].id == 'ann'
    # Whoever comes back begins anew.
    graph.wait(lambda: not ended() or scene.send(detection('ann', LEFT)))


def test_the_actions_of_everyone_end_when_the_node_stops_watching(graph, tiny_card):
    scene = Scene(graph, tiny_card)
    graph.wait(lambda: {a.id for a in scene.actions} == {'ann', 'bob'} or scene.send(
        detection('ann', LEFT), detection('bob', RIGHT)))
    assert change_state(graph, TRANSITIONS.TRANSITION_DEACTIVATE)

    def ended():
        last = {a.id: a.results[0].hypothesis.class_id for a in scene.actions}
        return set(last.values()) == {NO_ACTION}
    graph.wait(ended)
    assert change_state(graph, TRANSITIONS.TRANSITION_ACTIVATE)
    graph.wait(lambda: not ended() or scene.send(
        detection('ann', LEFT), detection('bob', RIGHT)))


def test_ids_are_given_where_the_detector_gives_none(graph, tiny_card):
    scene = Scene(graph, tiny_card)
    graph.wait(lambda: scene.actions or scene.send(detection('', LEFT)))
    assert scene.actions[0].id


def test_only_people_count_and_boxes_may_be_of_another_size(graph, tiny_card):
    scene = Scene(graph, tiny_card, '/my_detector/found', detections='/my_detector/found',
                  detections_size='320x240', person_class='0')
    twice = tuple(2 * number for number in LEFT)
    graph.wait(lambda: scene.actions or scene.send(
        detection('ann', twice, label='0'), detection('dog', RIGHT, label='16')))
    assert {d.id for message in scene.people for d in message.detections} == {'ann'}
    assert scene.actions[0].bbox.size_x == pytest.approx(60)


def test_damaged_detections_are_survived_and_counted(graph, tiny_card):
    scene = Scene(graph, tiny_card)
    nan = float('nan')
    # Boxes without a place, a stamp of another clock, no stamp, nobody.
    scene.send(detection('ann', (nan, nan, nan, nan)), detection('bob', (1e300, -1e300, 1, 1)),
               count=3)
    scene.detector.publish(detections(10 ** 6, detection('ann', LEFT)))
    scene.detector.publish(vision_msgs.Detection2DArray(detections=[detection('ann', LEFT)]))
    scene.send(count=2)
    graph.wait(lambda: scene.actions or scene.send(detection('eve', LEFT)))
    assert {a.id for a in scene.actions} == {'eve'}
    graph.wait(lambda: scene.values('num_stray')[0] == '2')


def test_a_detection_that_cannot_be_used_takes_none_of_the_others_with_it(graph, tiny_card):
    scene = Scene(graph, tiny_card)
    turned = detection('ann', LEFT)
    turned.bbox.center.theta = float('inf')
    # Of two with one id, the first that can be used counts.
    graph.wait(lambda: {a.id for a in scene.actions} == {'ann', 'bob'} or scene.send(
        turned, detection('ann', LEFT), detection('bob', RIGHT)))
    assert scene.values('num_unreadable')[0] in ('0', None)


def test_whoever_does_not_count_takes_no_id_from_others(graph, tiny_card):
    scene = Scene(graph, tiny_card, min_person_score=0.5)
    scene.send(detection('', LEFT), detection('', LEFT, score=0.3), count=20)
    graph.wait(lambda: scene.people or scene.send(
        detection('', LEFT), detection('', LEFT, score=0.3)))
    scene.send(detection('', LEFT), count=10)
    before = len(scene.people)
    graph.wait(lambda: len(scene.people) > before + 2 or scene.send(detection('', LEFT)))
    assert {d.id for message in scene.people for d in message.detections} == {'track-1'}


def test_a_detector_whose_messages_are_refused_is_named(graph, tiny_card, capfd):
    statuses = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw', people=True))
    graph.node.create_publisher(
        vision_msgs.Detection2DArray, '/front/detections', qos_profile_sensor_data,
        event_callbacks=PublisherEventCallbacks(use_default_callbacks=False))
    words = 'incompatible QoS reliability; set the parameter reliability to best_effort'
    graph.wait(lambda: any(words in status.message
                           for message in statuses for status in message.status))
    assert f'camera front: no detections: {words}' in capfd.readouterr().err


def test_diagnostics_count_people_and_miss_a_silent_detector(graph, tiny_card):
    scene = Scene(graph, tiny_card, max_people=1, min_person_px=100)
    everyone = (detection('ann', LEFT), detection('bob', RIGHT),
                detection('eve', (80, 60, 20, 50)), detection('rex', LEFT, label='dog'))
    graph.wait(lambda: scene.actions or scene.send(*everyone))
    graph.wait(lambda: scene.values('num_people')[0] == '3' or scene.send(*everyone))
    graph.wait(lambda: int(scene.values('num_small')[0]) > 0 and int(
        scene.values('num_beyond')[0]) > 0 or scene.send(*everyone))
    assert scene.values('detections_topic')[0] == '/front/detections'
    assert scene.values('detected_classes')[0] == 'dog, person'
    graph.wait(lambda: 'no detections of people for' in scene.values('num_people')[1].message
               or scene.send(detected=False))


def test_compressed_cameras_have_people_too(graph, tiny_card):
    actions = graph.collect(vision_msgs.Detection2D, '/recognizer/front/person_action')
    graph.start_recognizer(**tiny_parameters(
        tiny_card, '/front/image_raw/compressed', people=True, max_gap_sec=60.0, **EAGER))
    camera = graph.reliable_publisher(
        sensor_msgs.CompressedImage, '/front/image_raw/compressed')
    detector = graph.reliable_publisher(vision_msgs.Detection2DArray, '/front/detections')
    numbers = iter(range(1000))

    def send():
        number = next(numbers)
        camera.publish(jpeg_message(picture(number)))
        detector.publish(detections(number, detection('ann', LEFT)))
    graph.wait(lambda: actions or send())


@pytest.mark.parametrize(('changes', 'words'), [
    ({'detections': '/a, /b'}, 'detections must name a topic for each of the 1 cameras'),
    ({'cameras': '/front/image_raw, /rear/image_raw', 'detections': '/a, /a'},
     "must name another topic for each camera, got ['/a', '/a']"),
    ({'detections_size': '640'}, 'detections_size must be like "640x480"'),
    ({'max_people': 0}, 'max_people'), ({'person_margin': 0.5}, 'person_margin')])
def test_wrong_settings_are_refused_with_the_reason(graph, tiny_card, changes, words, capfd):
    cameras = changes.pop('cameras', '/front/image_raw').split(', ')
    graph.start_recognizer(**tiny_parameters(
        tiny_card, *cameras, people=True, **changes))
    assert state(graph) == STATES.PRIMARY_STATE_UNCONFIGURED
    assert words in capfd.readouterr().err
