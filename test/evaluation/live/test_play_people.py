# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""People of a recording, published beside its images."""

from argparse import Namespace
from dataclasses import replace

from imrs_ros.evaluation.recordings.bag_writer import BagWriter
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.evaluation.recordings.source import open_recording
from imrs_ros.people.detection import Box, Detection
import pytest
from ros_support import frames
from sample_recordings import make_job

sensor_msgs = pytest.importorskip('sensor_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')
if not hasattr(vision_msgs, 'Detection2DArray'):
    pytest.skip('needs vision_msgs with detections: `make setup`', allow_module_level=True)
from imrs_ros.evaluation import record  # noqa: E402
from imrs_ros.evaluation.play import people_topics, RecordingPlayer  # noqa: E402
from imrs_ros.node.people.messages import read_detections  # noqa: E402

TOPIC, PEOPLE = '/front/image_raw', '/front/detections'
ANN = Detection(Box(0.25, 0.0, 0.5, 1.0), 0.75, 'ann')


@pytest.fixture
def bag(tmp_path):
    """Return a bag of ten images, with somebody in each of them but the first."""
    with BagWriter(tmp_path / 'walk') as bag:
        for i, frame in enumerate(frames(10)):
            bag.image(TOPIC, frame, frame.stamp_ns)
            bag.detections(PEOPLE, frame, [ANN] if i else [], frame.stamp_ns)
    return tmp_path / 'walk'


def test_the_node_reads_the_true_boxes(graph, bag):
    images = graph.collect(sensor_msgs.Image, TOPIC)
    people = graph.collect(vision_msgs.Detection2DArray, PEOPLE)
    with open_recording(bag) as recording:
        player = RecordingPlayer(
            graph.node, recording, rate=4.0, people=people_topics([], recording))
        player.wait(60)
        assert player.play() == 10
    graph.wait(lambda: len(images) == len(people) == 10)
    height, width = frames(1)[0].image_HWC.shape[:2]
    found = [read_detections(message, (width, height), 'person') for message in people]
    assert [one.stamp_ns for one in found] == [frame.stamp_ns for frame in frames(10)]
    assert [len(one.people) for one in found] == [0] + [1] * 9
    person, = found[5].people
    assert (person.id, person.score) == ('ann', 0.75)
    assert person.box.left == pytest.approx(ANN.box.left)
    assert person.box.bottom == pytest.approx(ANN.box.bottom)


def test_people_are_published_only_if_asked_for(bag):
    with open_recording(bag) as recording:
        assert people_topics(None, recording) == []
        assert people_topics([], recording) == [PEOPLE]
        assert people_topics([PEOPLE], recording) == [PEOPLE]
        with pytest.raises(RecordingError, match='expected people on /yolo'):
            people_topics(['/yolo'], recording)
        assert {topic for topic, *_ in recording.serialized()} == {TOPIC}


@pytest.mark.parametrize(('people', 'is_played'), [('topic', True), ('true', False), ('', False)])
def test_a_replay_gives_the_node_the_people_of_the_bag(
        monkeypatch, tiny_card, people, is_played):
    started = []
    monkeypatch.setattr(record.subprocess, 'Popen', started.append)
    job = replace(make_job(tiny_card), people=people)
    record._start(Namespace(params=None, recordings=['walk']), job, [f'{TOPIC}/compressed'])
    node, player = started
    assert ('people:=true' in node) is is_played
    assert (f'detections:="{PEOPLE}"' in node) is is_played
    assert (player[-2:] == ['--people', PEOPLE]) is is_played
