# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The topic that a name means."""

from imrs_ros.capture.camera_choice import choose_camera
import pytest

GRAPH = ('/front/image_raw', '/front/image_raw/compressed', '/front/image_rect',
         '/rear/color/image_raw/compressed', '/image_raw', '/left/a', '/left/b')


@pytest.mark.parametrize(('camera', 'topic'), [
    ('front', '/front/image_raw'), ('rear_color', '/rear/color/image_raw'),
    ('image_raw', 'image_raw'), ('/front/image_rect', '/front/image_rect'),
    ('/not/there', '/not/there'), ('rear/color/image', 'rear/color/image'), ('rear', None)])
def test_a_topic_or_the_name_of_a_camera(camera, topic):
    assert choose_camera(camera, f'/{camera.lstrip("/")}', GRAPH) == topic


def test_nothing_is_published():
    assert choose_camera('front', '/front', ()) is None
    assert choose_camera('/front/image', '/front/image', ()) == '/front/image'


def test_a_topic_comes_before_the_name_of_a_camera():
    assert choose_camera('front', '/front', ('/front', '/front/image_raw')) == 'front'
    assert choose_camera('front', '/front', ('/front/compressed', '/front/image_raw')) == 'front'


def test_several_topics_are_named():
    with pytest.raises(ValueError, match='one image topic of the camera left, got /left/a, /left'):
        choose_camera('left', '/left', GRAPH)
