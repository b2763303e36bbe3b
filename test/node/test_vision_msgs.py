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

ORIGINALS = {
    'Classification': 'RIHS01_f74db28d0eaef3afb78f48bf2161cd709a1383a0309d3454383b25be11345143',
    'Detection2DArray': 'RIHS01_214274120007f4a683866481336b70310268cfa107aebe9d594a6acf75bda968',
    'LabelInfo': 'RIHS01_3d37df4015cdf660cc851c51897f2acd957e1ca6205ba0a99aebffb9406b0783',
}


@pytest.mark.parametrize(('name', 'original'), ORIGINALS.items())
def test_type_hash_is_the_original(name, original):
    path = Path(sys.prefix) / 'share' / 'vision_msgs' / 'msg' / f'{name}.json'
    if not path.is_file():
        pytest.skip('vision_msgs is not in this virtual environment but in a ROS installation')
    hashes = {h['type_name']: h['hash_string']
              for h in json.loads(path.read_text())['type_hashes']}
    assert hashes[f'vision_msgs/msg/{name}'] == original


@pytest.mark.parametrize(('name', 'original'), ORIGINALS.items())
def test_hash_on_the_wire(graph, name, original):
    message = getattr(pytest.importorskip('vision_msgs.msg'), name)
    publisher = graph.node.create_publisher(message, '/wire', 1)
    (info,) = graph.node.get_publishers_info_by_topic('/wire')
    assert f'RIHS0{info.topic_type_hash.version}_{info.topic_type_hash.value.hex()}' == original
    graph.node.destroy_publisher(publisher)


def test_a_stand_in_that_lacks_a_message_is_built_anew(root, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(root / 'requirements'))
    import build_vision_msgs as builder
    installed = tmp_path / 'share' / 'vision_msgs' / 'msg'
    installed.mkdir(parents=True)
    monkeypatch.setattr(builder, 'PREFIX', tmp_path)
    assert not builder.is_complete()
    for name in (path.stem for path in (builder.SOURCE / 'msg').glob('*.msg')):
        assert not builder.is_complete()
        (installed / f'{name}.json').write_text(json.dumps({'type_hashes': [
            {'type_name': f'vision_msgs/msg/{name}', 'hash_string': builder.ORIGINAL_HASHES.get(
                name, 'RIHS01_0')}]}))
    assert builder.is_complete()
