# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What diagnostics say of a detector and of people; no ROS."""

from imrs_ros.model_card import InputSpec
from imrs_ros.node.people.people_health import PeopleHealth, SILENT_DETECTOR_SEC
from imrs_ros.people.people_stream import PeopleStream
from imrs_ros.settings import PeopleSettings, WindowSettings

SPEC = InputSpec(num_frames=4, fps=25.0, size_px=8, mean=(0.0,) * 3, std=(1.0,) * 3)


class Watched:
    """A camera's people, and a clock that stands still between two lines."""

    def __init__(self, timeout_sec=1.0):
        self.sec = 100.0
        self.health = PeopleHealth(lambda: self.sec, timeout_sec)
        self.people = PeopleStream('front', SPEC, WindowSettings(), PeopleSettings())

    def problems(self):
        found = self.health.problems(self.health.report(self.people), '/front/detections')
        return [problem.text for problem in found]


def test_a_detector_that_is_slower_than_people_are_forgotten_is_named():
    watched = Watched()
    for _ in range(3):
        watched.sec += 0.9
        watched.health.count_message()
    assert watched.problems() == []
    for _ in range(2):
        watched.sec += 1.25
        watched.health.count_message()
        (text,) = watched.problems()
        assert text == (
            'detections on /front/detections are 1.2 s apart, and whoever is not detected for 1 s '
            'has left; raise person_timeout_sec, or the rate of the detector')
    assert watched.problems() == []


def test_the_first_message_is_after_no_other():
    watched = Watched()
    watched.health.expect_detections()
    watched.sec += 60
    assert 'no detections of people for 60 s' in watched.problems()[0]
    watched.health.count_message()
    assert watched.problems() == []


def test_a_silent_detector_is_told_apart_from_one_that_is_not_understood():
    watched = Watched()
    watched.sec += SILENT_DETECTOR_SEC
    assert 'start person_finder' in watched.problems()[0]
    watched.health.incompatible_policy = 'reliability'
    assert watched.problems()[0].endswith(
        'incompatible QoS reliability; set the parameter reliability to best_effort, or the '
        'detector to reliable')
    watched.health.incompatible_policy = 'durability'
    assert watched.problems()[0].endswith('incompatible QoS durability; change the detector')


def test_people_who_are_lost_for_want_of_time_and_stray_detections_are_told_once():
    watched = Watched()
    watched.people.num_starved, watched.people.num_stray = 2, 3
    starved, stray = watched.problems()
    assert starved.startswith('2 people lost since the last report')
    assert stray.startswith('3 detections since the last report belong to no kept image')
    assert watched.problems() == []
