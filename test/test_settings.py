# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Settings that cannot be used are refused by name."""

import math

from imrs_ros.settings import DecisionSettings, SettingsError, WindowSettings
import pytest


@pytest.mark.parametrize('value', [math.inf, math.nan, -1.0])
@pytest.mark.parametrize(('settings', 'name'), [
    (WindowSettings, 'max_gap_sec'), (WindowSettings, 'max_rate_hz'),
    (DecisionSettings, 'smoothing_sec'), (DecisionSettings, 'min_duration_sec')])
def test_times_and_rates_are_finite(settings, name, value):
    with pytest.raises(SettingsError, match=f'{name} must be') as caught:
        settings(**{name: value})
    assert list(caught.value.problems) == [name]
