# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What colcon, rosdep and bloom read of the package."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

READ_SETUP = '''
import json
from distutils.core import run_setup
found = run_setup('setup.py', stop_after='init')
print(json.dumps({'name': found.get_name(), 'version': found.get_version(),
                  'license': found.get_license(), 'extras': found.extras_require,
                  'email': found.get_maintainer_email()}))
'''


@pytest.fixture(scope='module')
def setup_data(root):
    done = subprocess.run([sys.executable, '-c', 'import setuptools' + READ_SETUP], cwd=root,
                          text=True, capture_output=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope='module')
def package(root):
    return ElementTree.parse(root / 'package.xml').getroot()


def test_setup_and_package_agree(setup_data, package):
    for name in ('name', 'version', 'license'):
        assert setup_data[name] == package.findtext(name)
    assert setup_data['email'] == package.find('maintainer').get('email')


def test_extras_are_the_requirements(setup_data, root):
    for extra, name in (('runtime', 'run'), ('evaluation', 'evaluate'), ('test', 'test')):
        pinned = (root / 'requirements' / f'{name}.txt').read_text().splitlines()
        assert setup_data['extras'][extra] == [
            line.split('==')[0] for line in pinned if not line.startswith('#')]


def test_colcon_test_runs_pytest(setup_data):
    """Without pytest in the extra ``test``, colcon falls back to unittest, which finds nothing."""
    assert 'pytest' in setup_data['extras']['test']


def test_no_dependency_keeps_the_package_from_being_released(package):
    keys = [element.text for element in package if element.tag.endswith('depend')]
    assert 'rclpy' in keys
    assert [key for key in keys if key.endswith('-pip')] == []


@pytest.mark.parametrize('target', [
    'setup', 'demo', 'view', 'docs', 'lint', 'unit', 'test-jazzy', 'stages', 'bench', 'reproduce',
    'clean'])
def test_the_makefile_uses_no_variable_that_it_does_not_define(root, target):
    done = subprocess.run(
        ['make', '--dry-run', '--warn-undefined-variables', target], cwd=root,
        env={**os.environ, 'IMRS_DATA': '/data'}, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert 'undefined variable' not in done.stderr
