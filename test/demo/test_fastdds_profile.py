# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The demo's profile of Fast DDS."""

from imrs_ros.demo.fastdds_profile import use_image_profile
import pytest


def test_set_for_both_generations_of_fast_dds(root):
    environment = {}
    profile = use_image_profile(environment)
    assert profile == root / 'config' / 'fastdds_images.xml'
    assert environment == {'FASTDDS_DEFAULT_PROFILES_FILE': str(profile),
                           'FASTRTPS_DEFAULT_PROFILES_FILE': str(profile)}


@pytest.mark.parametrize('name', [
    'FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE',
    'FASTDDS_BUILTIN_TRANSPORTS'])
def test_own_settings_stay(name):
    environment = {name: 'mine'}
    assert use_image_profile(environment) is None
    assert environment == {name: 'mine'}


def test_own_file_in_the_working_folder_stays(tmp_path, monkeypatch):
    (tmp_path / 'DEFAULT_FASTDDS_PROFILES.xml').touch()
    monkeypatch.chdir(tmp_path)
    environment = {}
    assert use_image_profile(environment) is None
    assert environment == {}
