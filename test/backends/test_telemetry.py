# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""OpenVINO reports to nobody: neither when it is imported nor when it converts a network."""

import ast
import os
import subprocess
import sys

WATCHED = """
import os, sys
def report(event, arguments):
    if event in ('os.fork', 'socket.connect', 'socket.getaddrinfo'):
        os.write(1, f'{event}{arguments}\\n'.encode())
sys.addaudithook(report)
from pathlib import Path
from imrs_ros.backends.openvino_convert import convert
from imrs_ros.model_card import ModelCard
convert(ModelCard.load(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_conversion_connects_to_nobody_and_leaves_no_trace_of_it(tiny_card, tmp_path):
    home, folder = tmp_path / 'home', tmp_path / 'converted'
    home.mkdir()
    folder.mkdir()
    # In continuous integration, it is silent anyway.
    environment = {name: value for name, value in os.environ.items()
                   if name not in ('CI', 'TF_BUILD', 'JENKINS_URL')}
    ended = subprocess.run(
        [sys.executable, '-c', WATCHED, str(tiny_card.folder), str(folder)], text=True,
        capture_output=True, check=True, env={**environment, 'HOME': str(home)})
    assert ended.stdout == ''
    assert not (home / 'intel').exists()
    assert len(list(folder.glob('*.xml'))) > 1


def test_whoever_imports_openvino_imports_the_switch_first(root):
    """The switch is in ``imrs_ros/backends/__init__.py``."""
    users = []
    for path in (p for top in ('imrs_ros', 'training', 'benchmarks', 'test')
                 for p in (root / top).rglob('*.py')):
        imports = [item for item in ast.walk(ast.parse(path.read_text()))
                   if isinstance(item, (ast.Import, ast.ImportFrom))]
        names = [alias.name if isinstance(item, ast.Import) else item.module
                 for item in sorted(imports, key=lambda item: item.lineno)
                 for alias in item.names]
        if 'openvino' in names:
            users.append(path)
            before = names[:names.index('openvino')]
            assert 'backends' in path.parts or any(
                name.startswith('imrs_ros.backends') for name in before), path
    assert len(users) > 4
