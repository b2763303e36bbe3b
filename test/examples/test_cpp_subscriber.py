# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
``examples/cpp_subscriber``: what it declares; built and run where rclcpp is installed.

rclcpp is not on PyPI; a ROS installation has it.
"""

import os
from pathlib import Path
import re
import shutil
import signal
import subprocess

from imrs_ros.node.qos import LEASE_SEC
import pytest

catkin_pkg = pytest.importorskip('catkin_pkg.package')


@pytest.fixture(scope='session')
def folder(examples):
    return examples / 'cpp_subscriber'


def test_package_and_build_files_agree(folder):
    package = catkin_pkg.parse_package(folder / 'package.xml')
    package.validate()
    assert package.get_build_type() == 'ament_cmake'
    cmake = (folder / 'CMakeLists.txt').read_text()
    found = set(re.findall(r'find_package\((\w+)', cmake))
    assert found == {d.name for d in (*package.buildtool_depends, *package.build_depends)}
    assert re.search(r'project\((\w+)\)', cmake)[1] == package.name
    source = (folder / 'src' / 'react.cpp').read_text()
    assert set(re.findall(r'#include "(\w+)/', source)) == found - {'ament_cmake'}


def test_the_lease_is_that_of_the_recognizer(folder):
    (lease,) = re.findall(r'liveliness_lease_duration\((\d+)s\)',
                          (folder / 'src' / 'react.cpp').read_text())
    assert float(lease) == LEASE_SEC


@pytest.fixture(scope='session')
def program(folder, tmp_path_factory):
    """Return the program, built."""
    prefixes = [Path(p) for p in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if p]
    if not any((prefix / 'share' / 'rclcpp').is_dir() for prefix in prefixes):
        pytest.skip('needs rclcpp, which is not on PyPI; a ROS installation has it')
    build = tmp_path_factory.mktemp('build')
    done = subprocess.run(
        [shutil.which('cmake'), '-S', folder, '-B', build,
         f'-DCMAKE_PREFIX_PATH={";".join(map(str, prefixes))}',
         '-DCMAKE_CXX_FLAGS=-Werror'], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(['cmake', '--build', build], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return build / 'react'


@pytest.fixture
def process(program, graph):
    """Return the running program, for the action ``wave``."""
    with subprocess.Popen(
            [program, '--ros-args', '-p', 'action:=wave'], stderr=subprocess.DEVNULL,
            env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)}) as running:
        yield running
        running.kill()


def test_it_starts_and_stops_with_the_action(graph, actions, process):
    from std_msgs.msg import Bool
    running = graph.collect(Bool, '/react/running', latched=True)
    # Decided before the program was there, perhaps: it is latched.
    actions.decide('wave')
    graph.wait(lambda: running and running[-1].data)
    actions.decide('fall')
    graph.wait(lambda: not running[-1].data)
    actions.decide('wave')
    graph.wait(lambda: running[-1].data)
    actions.hang()
    graph.wait(lambda: not running[-1].data)


def test_it_stops_when_it_ends(graph, actions, process):
    from std_msgs.msg import Bool
    running = graph.collect(Bool, '/react/running', latched=True)
    actions.decide('wave')
    graph.wait(lambda: running and running[-1].data)
    process.send_signal(signal.SIGTERM)
    graph.wait(lambda: not running[-1].data)
    assert process.wait(30) == 0
