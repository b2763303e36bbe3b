# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The style rules that ROS packages are checked with."""

from pathlib import Path
import shutil
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHECKED = [str(ROOT / name) for name in (
    'imrs_ros', 'training', 'launch', 'examples', 'requirements', 'benchmarks', 'setup.py')
    if list((ROOT / name).rglob('*.py')) or name.endswith('.py')]


def test_ament_flake8():
    pytest.importorskip('ament_flake8.main')
    # flake8 forks, which a process that has loaded PyTorch and OpenVINO may not survive.
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', 'import sys; from ament_flake8.main import main; '
         'sys.exit(main(sys.argv[1:]))', *CHECKED], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ament_copyright():
    program = shutil.which('ament_copyright')
    if program is None:
        pytest.skip('needs ament_copyright: apt-get install python3-ament-copyright, or ROS')
    paths = [str(ROOT / name) for name in ('test', 'CONTRIBUTING.md', 'LICENSE')]
    done = subprocess.run([program, *CHECKED, *paths], text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.filterwarnings('ignore')
def test_ament_pep257(capsys):
    pep257 = pytest.importorskip('ament_pep257.main')
    status = pep257.main(argv=CHECKED)
    assert status == 0, capsys.readouterr().err
