# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The stand-in works with robots only if its types are those of the original."""

import json
from pathlib import Path
import sys

import pytest

ORIGINAL = 'RIHS01_f74db28d0eaef3afb78f48bf2161cd709a1383a0309d3454383b25be11345143'


def test_type_hash_is_the_original():
    path = Path(sys.prefix) / 'share' / 'vision_msgs' / 'msg' / 'Classification.json'
    if not path.is_file():
        pytest.skip('vision_msgs is not in this virtual environment but in a ROS installation')
    hashes = {h['type_name']: h['hash_string']
              for h in json.loads(path.read_text())['type_hashes']}
    assert hashes['vision_msgs/msg/Classification'] == ORIGINAL


def test_hash_on_the_wire(graph):
    vision_msgs = pytest.importorskip('vision_msgs.msg')
    publisher = graph.node.create_publisher(vision_msgs.Classification, '/wire', 1)
    (info,) = graph.node.get_publishers_info_by_topic('/wire')
    assert f'RIHS0{info.topic_type_hash.version}_{info.topic_type_hash.value.hex()}' == ORIGINAL
    graph.node.destroy_publisher(publisher)
