# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Parameter files, with every form of a node's name that ROS accepts."""

from imrs_ros.parameter_file import read_settings, read_values
from imrs_ros.settings import SettingsError
import pytest


@pytest.fixture
def path(tmp_path):
    """Return where a test writes its parameter file."""
    return tmp_path / 'params.yaml'


def section(name, hop):
    return f'{name}: {{ros__parameters: {{hop: {hop}}}}}\n'


@pytest.mark.parametrize('text', [
    section('/**', 7), section('/*', 7), section('recognizer', 7), section('/recognizer', 7),
    section('/front/recognizer', 7), section('front/recognizer', 7),
    section('/**/recognizer', 7), '/front:\n  ' + section('recognizer', 7),
    'robot:\n  /front/:\n    ' + section('recognizer', 7), '/front:\n  ' + section('"*"', 7),
    section('/rear/camera_driver', 1) + section('/front/recognizer', 7),
    section('/**', 1) + section('/front/recognizer', 7)])
def test_every_name_that_ros_accepts_applies(path, text):
    path.write_text(text)
    assert read_settings(path).window.hop == 7


def test_sections_of_one_node_are_merged_whatever_their_spelling(path):
    path.write_text('recognizer: {ros__parameters: {hop: 1, top_k: 2}}\n'
                    '/recognizer: {ros__parameters: {hop: 3}}\n')
    settings = read_settings(path)
    assert (settings.window.hop, settings.node.top_k) == (3, 2)


@pytest.mark.parametrize(('text', 'words'), [
    (section('/front/detector', 7), 'expected parameters for recognizer, got some for '
     '/front/detector only; name their section /\\*\\*'),
    ('front:\n  ' + section('recogniser', 7), 'got some for /front/recogniser only; name'),
    ('{}', 'got some for no node only'),
    (section('/a/recognizer', 1) + section('/b/recognizer', 2), 'expected parameters for one '
     'recognizer, got those for /a/recognizer, /b/recognizer; copy those'),
    ('ros__parameters: {hop: 3}', 'expected ros__parameters below the name of a node'),
    ('recognizer: {hop: 3}', 'expected ros__parameters below /recognizer/hop, got 3'),
    ('recognizer: {ros__parameters: }', 'with names and values, got None'),
    ('a: &a {b: *a}', 'expected a parameter file like .* got YamlFileError')])
def test_a_file_of_which_nothing_applies_is_an_error_with_a_cure(path, text, words):
    path.write_text(text)
    with pytest.raises(SettingsError, match=words):
        read_settings(path)


def test_a_file_that_is_missing_is_named(path):
    with pytest.raises(SettingsError, match='expected a parameter file, got no such file$'):
        read_settings(path.with_name('other.yaml'))


def test_parameters_of_every_node_are_values_but_no_settings(path):
    path.write_text('/**: {ros__parameters: {use_sim_time: true, hop: 3, '
                    'qos_overrides: {/clock: {subscription: {depth: 1}}}}}')
    assert set(read_values(path)) == {'use_sim_time', 'hop', 'qos_overrides'}
    assert read_settings(path).window.hop == 3
