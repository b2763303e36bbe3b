# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Parameter files of which nothing applies to the node are named."""

import os
import subprocess
import sys

from imrs_ros.node.parameter_files import unused_files
import pytest


@pytest.mark.parametrize(('text', 'node', 'names'), [
    ('recognizer: {ros__parameters: {hop: 2}}', '/recognizer', None),
    ('recognizer: {ros__parameters: {hop: 2}}', '/robot1/recognizer', ['/recognizer']),
    ('/robot1/recognizer: {ros__parameters: {hop: 2}}', '/robot1/recognizer', None),
    ('robot1: {recognizer: {ros__parameters: {hop: 2}}}', '/robot1/recognizer', None),
    ('/**: {ros__parameters: {hop: 2}}', '/a/b/recognizer', None),
    ('/*/recognizer: {ros__parameters: {hop: 2}}', '/robot1/recognizer', None),
    ('/*/recognizer: {ros__parameters: {hop: 2}}', '/recognizer', ['/*/recognizer']),
    ('/**/recognizer: {ros__parameters: {hop: 2}}', '/recognizer', None),
    ('{a: {ros__parameters: {}}, b: {ros__parameters: {}}}', '/recognizer', ['/a', '/b']),
    ('', '/recognizer', [])])
def test_files_that_apply_to_another_node_are_found(tmp_path, text, node, names):
    file = tmp_path / 'tuned.yaml'
    file.write_text(text)
    expected = {} if names is None else {str(file): names}
    assert unused_files(['--ros-args', '--params-file', str(file)], node) == expected


def test_the_process_warns(graph, tmp_path):
    file = tmp_path / 'tuned.yaml'
    file.write_text('recognizer: {ros__parameters: {autostart: false}}')
    process = subprocess.Popen(
        [sys.executable, '-m', 'imrs_ros', '--ros-args', '-p', 'autostart:=false', '-r',
         '__ns:=/robot1', '--params-file', str(file)],
        env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)}, stderr=subprocess.PIPE, text=True)
    try:
        graph.wait(lambda: ('recognizer', '/robot1') in graph.node.get_node_names_and_namespaces())
        graph.wait(lambda: f'nothing in {file} applies to this node, /robot1/recognizer: it names '
                           '/recognizer; write /**: instead' in process.stderr.readline())
    finally:
        process.kill()
        process.communicate()
