# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What takes long at configure stands in the log of the node."""

from imrs_ros.backends import openvino_backend
import pytest
from ros_support import state, STATES, tiny_parameters

pytest.importorskip('sensor_msgs.msg')


def test_the_log_tells_of_a_conversion(graph, tiny_model, monkeypatch, tmp_path, capfd):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'empty'))
    monkeypatch.setattr(openvino_backend, 'TOLD_SEC', 0.0)
    node = graph.start_recognizer(**tiny_parameters(
        tiny_model, '/front/image_raw', backend='openvino'))
    graph.wait(lambda: state(graph) == STATES.PRIMARY_STATE_ACTIVE)
    lines = [line for line in capfd.readouterr().err.splitlines()
             if 'converting tiny for OpenVINO' in line]
    assert 'ended after' not in lines[0]
    assert 'ended after' in lines[-1]
    assert all('[INFO]' in line and f'[{node.get_name()}]' in line for line in lines)


def test_the_log_tells_nothing_of_what_is_found(graph, tiny_card, monkeypatch, capfd):
    monkeypatch.setattr(openvino_backend, 'TOLD_SEC', 60.0)
    graph.start_recognizer(**tiny_parameters(
        tiny_card, '/front/image_raw', backend='openvino'))
    graph.wait(lambda: state(graph) == STATES.PRIMARY_STATE_ACTIVE)
    assert 'converting' not in capfd.readouterr().err
