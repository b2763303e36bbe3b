# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Where the people of a camera are published."""

from imrs_ros.people.topic_names import detections_topic
import pytest


@pytest.mark.parametrize(('image_topic', 'expected'), [
    ('/front/image_raw', '/front/detections'),
    ('/front/image_raw/compressed', '/front/detections'),
    ('/front/color/image_raw', '/front/color/detections'),
    ('front/image', 'front/detections'),
    ('image_raw', 'detections'),
    ('image_raw/compressed', 'detections'),
    ('compressed', 'detections'),
    ('/image_raw', '/detections'),
    ('/compressed', '/detections'),
    ('~/image_raw', '~/detections')])
def test_detections_lie_beside_the_images(image_topic, expected):
    assert detections_topic(image_topic) == expected
