# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The page, the example file and the table say the same."""

from dataclasses import fields

from imrs_ros.settings import SettingsError
import pytest
import yaml

pytest.importorskip('rclpy', reason='needs rclpy: `make setup`, or a ROS installation')

from imrs_ros.person_finder.parameters import page_text, TABLE
from imrs_ros.person_finder.settings import finder_default, FinderSettings


def test_the_page_is_that_of_the_table(root):
    assert (root / 'docs' / 'person_finder.md').read_text() == page_text()


def test_the_example_holds_every_parameter_at_its_default(root):
    text = (root / 'config' / 'person_finder.yaml').read_text()
    given = yaml.safe_load(text)['/**']['ros__parameters']
    assert given == {spec.name: finder_default(spec.name) for spec in TABLE}
    assert {spec.name for spec in TABLE} == {field.name for field in fields(FinderSettings)}


@pytest.mark.parametrize('wrong', [
    {'cameras': ()}, {'cameras': ('/a/x', '/a/y')}, {'transport': 'pigeon'},
    {'reliability': 'perhaps'}, {'rate_hz': -1.0}, {'min_score': 1.1}, {'num_threads': -1},
    {'model': ''}])
def test_wrong_settings_are_named(wrong):
    (name,) = wrong
    with pytest.raises(SettingsError, match=f'{name} must'):
        FinderSettings(**wrong)
