# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The profile of Fast DDS for images: set by the demo, and advised by the node."""

from pathlib import Path

from imrs_ros.node.fastdds_profile import lost_images_advice, use_image_profile
import pytest


@pytest.mark.parametrize(('package', 'names'), [
    ('fastdds', ['FASTDDS_DEFAULT_PROFILES_FILE']),
    ('fastrtps', ['FASTRTPS_DEFAULT_PROFILES_FILE']),
    ('other', ['FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE'])])
def test_set_for_the_version_that_is_installed(root, installed, package, names):
    environment = installed(package)
    before = dict(environment)
    profile = use_image_profile(environment)
    assert profile == root / 'config' / 'fastdds_images.xml'
    assert environment == {**before, **dict.fromkeys(names, str(profile))}


@pytest.mark.parametrize('name', [
    'FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE',
    'FASTDDS_BUILTIN_TRANSPORTS'])
def test_own_settings_stay(name):
    environment = {name: 'mine'}
    assert use_image_profile(environment) is None
    assert environment == {name: 'mine'}


@pytest.mark.parametrize('name', [
    'DEFAULT_FASTDDS_PROFILES.xml', 'DEFAULT_FASTRTPS_PROFILES.xml'])
def test_own_file_in_the_working_folder_stays(tmp_path, monkeypatch, name):
    (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    environment = {}
    assert use_image_profile(environment) is None
    assert environment == {}


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Return the environment of a ROS installation with a given package of Fast DDS."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr('sys.prefix', str(tmp_path))

    def install(package):
        (tmp_path / 'ros' / 'share' / package).mkdir(parents=True)
        return {'AMENT_PREFIX_PATH': str(tmp_path / 'ros')}
    return install


@pytest.mark.parametrize(('package', 'variable', 'other', 'file'), [
    ('fastdds', 'FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE',
     'DEFAULT_FASTDDS_PROFILES.xml'),
    ('fastrtps', 'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE',
     'DEFAULT_FASTRTPS_PROFILES.xml')])
def test_advice_names_the_variable_that_this_version_reads(
        root, installed, package, variable, other, file):
    environment = installed(package)
    advice = lost_images_advice('rmw_fastrtps_cpp', environment)
    assert f'recognizer with {variable}={root / "config" / "fastdds_images.xml"}, or' in advice
    assert lost_images_advice('rmw_fastrtps_dynamic_cpp', environment) == advice
    assert lost_images_advice('rmw_fastrtps_cpp', {**environment, other: 'mine'}) == advice
    for name in (variable, 'FASTDDS_BUILTIN_TRANSPORTS'):
        assert lost_images_advice('rmw_fastrtps_cpp', {**environment, name: 'mine'}) == ''
    assert lost_images_advice('rmw_cyclonedds_cpp', environment) == ''
    Path(file).touch()
    assert lost_images_advice('rmw_fastrtps_cpp', environment) == ''
