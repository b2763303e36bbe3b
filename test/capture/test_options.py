# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Options of the command: what is refused, and how."""

from imrs_ros.capture.options import CaptureOptions
from imrs_ros.settings import SettingsError
import pytest

RIGHT = {'label': 'wave', 'camera': 'front'}


@pytest.mark.parametrize('label', [
    'wave', 'no_action', 'Push Ups', 'push-ups-2', 'Grüßen', '挥手', '_', '7', 'x' * 100])
def test_labels_name_folders(label):
    assert CaptureOptions(**{**RIGHT, 'label': label}).label == label


@pytest.mark.parametrize('label', [
    '', ' ', '../x', '..', '.', '/etc', 'a/b', 'a\\b', '-x', ' wave', 'wave ', 'a\nb', 'a\0b',
    'annotations.csv', 'a,b', '~', '$HOME', 'x' * 101])
def test_other_labels_are_refused(label):
    with pytest.raises(SettingsError, match='label must be 1 to 100 letters.*got .*write --label'):
        CaptureOptions(**{**RIGHT, 'label': label})


@pytest.mark.parametrize(('changes', 'words'), [
    ({'camera': ''}, "camera must be an image topic or the name of a camera, got ''"),
    ({'camera': '/'}, 'camera must be'), ({'seconds': 0.0}, 'seconds must be above 0'),
    ({'seconds': float('nan')}, 'seconds must be'), ({'countdown': -1.0}, 'countdown must be'),
    ({'count': -1}, 'count must be at least 0, got -1'), ({'timeout': 0.0}, 'timeout must be'),
    ({'transport': 'pigeon'}, 'transport must be one of'),
    ({'reliability': 'never'}, 'reliability must be one of')])
def test_wrong_values_are_named(changes, words):
    with pytest.raises(SettingsError, match=words):
        CaptureOptions(**{**RIGHT, **changes})


def test_all_wrong_values_are_named_at_once():
    with pytest.raises(SettingsError, match='label must be.*; seconds must be'):
        CaptureOptions(label='', camera='front', seconds=-1.0)
