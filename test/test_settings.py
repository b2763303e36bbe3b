# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Settings that cannot be used are refused by name."""

from dataclasses import FrozenInstanceError
import math

from imrs_ros.node_settings import default_of, NodeSettings
from imrs_ros.settings import BackendSettings, DecisionSettings, SettingsError, WindowSettings
import pytest


@pytest.mark.parametrize('value', [math.inf, math.nan, -1.0])
@pytest.mark.parametrize(('settings', 'name'), [
    (WindowSettings, 'max_gap_sec'), (WindowSettings, 'max_rate_hz'),
    (DecisionSettings, 'smoothing_sec'), (DecisionSettings, 'min_duration_sec')])
def test_times_and_rates_are_finite(settings, name, value):
    with pytest.raises(SettingsError, match=f'{name} must be') as caught:
        settings(**{name: value})
    assert list(caught.value.problems) == [name]


LOW = {'leave_threshold': 0.001}
HIGH = {'enter_threshold': 0.999}


@pytest.mark.parametrize(('settings', 'values'), [
    (WindowSettings, {'hop': 1}), (WindowSettings, {'max_gap_sec': 0.5}),
    (WindowSettings, {'min_motion': 0.0}), (WindowSettings, {'min_motion': 1.0}),
    (WindowSettings, {'max_rate_hz': 0.0}), (WindowSettings, {'max_rate_hz': 0.01}),
    (DecisionSettings, {'smoothing_sec': 0.0}), (DecisionSettings, {'min_duration_sec': 0.0}),
    (DecisionSettings, {'enter_threshold': 0.001, **LOW}), (DecisionSettings, HIGH),
    (DecisionSettings, {'enter_threshold': 0.5, 'leave_threshold': 0.5}), (DecisionSettings, LOW),
    (DecisionSettings, {'class_thresholds': {'wave': 0.001, 'fall': 0.999}}),
    (BackendSettings, {'num_threads': 0}), (BackendSettings, {'cpu_cores': (0, 3)})])
def test_limits_are_accepted(settings, values):
    made = settings(**values)
    assert {name: getattr(made, name) for name in values} == values


@pytest.mark.parametrize(('settings', 'values'), [
    (WindowSettings, {'hop': 0}), (WindowSettings, {'max_gap_sec': 0.0}),
    (WindowSettings, {'min_motion': -0.01}), (WindowSettings, {'min_motion': 1.01}),
    (WindowSettings, {'max_rate_hz': 0.0099}),
    (DecisionSettings, {'enter_threshold': 0.0009, **LOW}),
    (DecisionSettings, {'enter_threshold': 0.9991}),
    (DecisionSettings, {'leave_threshold': 0.0009}),
    (DecisionSettings, {'leave_threshold': 0.51, 'enter_threshold': 0.5}),
    (DecisionSettings, {'class_thresholds': {'wave': 0.5, 'fall': 0.0009}}),
    (DecisionSettings, {'class_thresholds': {'wave': 0.9991, 'fall': 0.5}}),
    (BackendSettings, {'num_threads': -1}), (BackendSettings, {'cpu_cores': (0, -1)}),
    (BackendSettings, {'cpu_cores': (2, 2)}),
    (BackendSettings, {'backend': 'tensorflow'}), (BackendSettings, {'cpu_precision': 'int4'}),
    (NodeSettings, {'model': ''}), (NodeSettings, {'cameras': ()}),
    (NodeSettings, {'cameras': ('/a/b', '')}), (NodeSettings, {'cameras': ('/a-b/c',)}),
    (NodeSettings, {'reliability': 'raw'}), (NodeSettings, {'transport': 'reliable'})])
def test_values_beyond_a_limit_are_refused(settings, values):
    with pytest.raises(SettingsError) as caught:
        settings(**values)
    assert next(iter(caught.value.problems)) == next(iter(values))


@pytest.mark.parametrize(('settings', 'name'), [
    (WindowSettings, 'hop'), (DecisionSettings, 'smoothing_sec'), (BackendSettings, 'backend'),
    (NodeSettings, 'autostart')])
def test_settings_are_given_by_name_and_never_change(settings, name):
    made = settings()
    with pytest.raises(FrozenInstanceError):
        setattr(made, name, getattr(made, name))
    with pytest.raises(TypeError, match='positional'):
        settings(getattr(made, name))


def test_all_problems_are_named():
    with pytest.raises(SettingsError) as caught:
        DecisionSettings(smoothing_sec=-1.0, min_duration_sec=-1.0, enter_threshold=2.0)
    assert list(caught.value.problems) == ['smoothing_sec', 'min_duration_sec', 'enter_threshold']


@pytest.mark.parametrize(('max_rate_hz', 'limit_sec'), [(0.0, 1.3), (0.5, 3.3)])
def test_window_limit_is_a_window_a_hop_a_gap_and_a_round(max_rate_hz, limit_sec):
    settings = WindowSettings(hop=4, max_gap_sec=0.5, max_rate_hz=max_rate_hz)
    assert settings.window_limit_sec(16, 25.0) == pytest.approx(limit_sec)


def test_the_default_camera_stands_for_any():
    assert NodeSettings().named_cameras == ()
    assert NodeSettings(cameras=('/a/image', '/b/image')).named_cameras == ('/a/image', '/b/image')


def test_defaults_are_found_by_name():
    assert (default_of('hop'), default_of('cameras'), default_of('cpu_cores')) == (
        4, ['image_raw'], '')
    with pytest.raises(KeyError, match='jump'):
        default_of('jump')
