# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The node's parameters: one table, declared on a node, with wrong values refused.

A wrong value given at start raises nothing: configuring is refused with the reason until the
parameter is corrected.

``python -m imrs_ros.node.parameters`` prints ``docs/parameters.md``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
import json
from typing import Any

from imrs_ros.node.qos import PREFIX as QOS_PREFIX
from imrs_ros.node_settings import (
    default_of, make_settings, MAX_CLIP_SEC, problems_of, RELIABILITIES, Settings, TRANSPORTS)
from imrs_ros.settings import (
    AUTO_PRECISION, BACKENDS, CPU_PRECISIONS, MAX_THRESHOLD, MIN_RATE_HZ, MIN_THRESHOLD,
    SettingsError)
from rcl_interfaces.msg import (
    FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult)
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

PAGE = """\
# Parameters of the recognizer node

Generated from the table in `imrs_ros/node/parameters.py` by `python -m imrs_ros.node.parameters`;
a test keeps it up to date. `config/recognizer.yaml` is a file to copy.

{table}

Changes at run time (`ros2 param set /recognizer smoothing_sec 0.4`) take effect from the next
window on. The other parameters are read when the node configures, and changes are refused while
it is configured. A set of changes with one wrong value is refused as a whole, with the reason; a
wrong value at start keeps the node unconfigured until it is corrected. Labels that contain a comma
cannot be named.

The QoS of every topic can be overridden at start, as in other ROS nodes: `history`, `depth`,
`reliability` and `durability`, by parameters that exist while the node is configured.
`reliability` and `queue_size` above are the defaults of the cameras.

    ros2 run imrs_ros recognizer --ros-args \\
      -p qos_overrides./recognizer/front/label.publisher.durability:=volatile \\
      -p qos_overrides./front/image_raw.subscription.depth:=1
"""
KINDS = {bool: 'true or false', int: 'an integer', float: 'a number with a decimal point',
         str: 'a string', list: 'a list of strings'}
"""What the value of a parameter must be, by the type of its default."""


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One row of the table; its default is that of the settings field of the same name."""

    name: str
    description: str
    unit: str = ''
    limits: tuple[float, float] | None = None
    at_run_time: bool = False
    """Whether it may change while the node is configured, with effect from the next window."""


TABLE = (
    ParameterSpec('autostart', 'Configure and activate at start, without a lifecycle manager.'),
    ParameterSpec('model', 'Name of an installed model, or path of a model folder.'),
    ParameterSpec('cameras', 'Image topics, without the suffix of a transport; one that ends in '
                             '/compressed is subscribed to as compressed.'),
    ParameterSpec('transport', f'Image transport: {", ".join(TRANSPORTS)}. auto subscribes to '
                               'what is published and delivers, to raw where both do.'),
    ParameterSpec('reliability', 'QoS reliability of the camera subscriptions: '
                                 f'{" or ".join(RELIABILITIES)}. best_effort receives from every '
                                 'publisher, reliable only from reliable ones.'),
    ParameterSpec('queue_size', 'Images buffered per camera; when full, the oldest is dropped. '
                                'Under overload, results are older by this many images.',
                  'images', (1, 1000)),
    ParameterSpec('top_k', 'Number of classes in a classification message.', '', (1, 1000)),
    ParameterSpec('people', 'Give everyone in the picture an action of their own, beside that of '
                            'the whole picture; needs detections of people, of person_finder or '
                            'of any other detector.'),
    ParameterSpec('detections', 'Topics of the people detected in the images of each camera '
                                '(vision_msgs/Detection2DArray), in the order of cameras, '
                                'separated by commas; empty for detections beside each image '
                                'topic: /front/detections for /front/image_raw.'),
    ParameterSpec('detections_size', 'Size of the images that the detectors see, such as 640x480; '
                                     'empty for that of the images of the camera.', 'pixels'),
    ParameterSpec('person_class', 'Class of the detections that are people; empty for all.'),
    ParameterSpec('min_person_score', 'Certainty of a detection below which it is ignored.', '',
                  (0.0, 1.0)),
    ParameterSpec('max_people', 'Most people of a camera who are scored, the nearest first.',
                  'people', (1, 100)),
    ParameterSpec('min_person_px', 'Longer side of a box in the image of the camera below '
                  'which its person is not scored.', 'pixels', (1, 10000)),
    ParameterSpec('person_margin', 'Side of the square around a person over the longer side of '
                                   'the box.', '', (1.0, 10.0)),
    ParameterSpec('person_timeout_sec', 'How long a person counts as present without being '
                                        'detected.', 's', (0.05, 60.0)),
    ParameterSpec('keep_clips', 'Folder for a short video of every action that is decided on a '
                                'whole picture; empty for none. docs/capture.md says what they '
                                'are good for.'),
    ParameterSpec('keep_clips_before_sec', 'Time before the onset of the action that a clip '
                                           'shows.', 's', (0.0, MAX_CLIP_SEC)),
    ParameterSpec('keep_clips_after_sec', 'Time after the decision that a clip shows.', 's',
                  (0.0, MAX_CLIP_SEC)),
    ParameterSpec('keep_clips_max_mb', 'Size of all clips beyond which the oldest are deleted; '
                                       'files that someone moved, changed or added are not '
                                       'touched.', 'MB', (1, 100_000)),
    ParameterSpec('backend', f'Inference backend: {", ".join(BACKENDS)}.'),
    ParameterSpec('num_threads', 'CPU threads for inference; 0 for one per core in cpu_cores, or '
                                 'the choice of the backend. At most the cores that this process '
                                 'may use.', '', (0, 1024)),
    ParameterSpec('cpu_cores', 'Numbers of the CPU cores for inference, separated by commas; '
                               'empty for all.'),
    ParameterSpec('cpu_precision', 'Number format for inference on a CPU: '
                                   f'{", ".join(CPU_PRECISIONS)}, or {AUTO_PRECISION} for the '
                                   'fastest here that the card of the model vouches for; '
                                   'docs/performance.md compares them.'),
    ParameterSpec('max_rate_hz', 'Maximum inference rate, each time on the newest due window of '
                                 f'every camera, at least {MIN_RATE_HZ:g}; 0 for no limit.', 'Hz',
                  (0.0, 1000.0),
                  at_run_time=True),
    ParameterSpec('hop', 'Steps between two windows of a camera, at the frame rate of the model.',
                  'frames', (1, 1000), at_run_time=True),
    ParameterSpec('max_gap_sec', 'Longest time without an image; after it, the window restarts '
                                 'and the decided action ends.', 's', (0.001, 3600.0)),
    ParameterSpec('min_motion', 'Fraction of the image that must change within a window for it to '
                                'be scored; with less, it shows no action. 0 scores every window, '
                                '1 hardly any.', '', (0.0, 1.0), at_run_time=True),
    ParameterSpec('smoothing_sec', 'Time constant of the moving average of probabilities; 0 for '
                                   'none.', 's', (0.0, 60.0), at_run_time=True),
    ParameterSpec('enter_threshold', 'Smoothed probability from which a class may be decided, at '
                                     f'least {MIN_THRESHOLD}; it replaces the thresholds of the '
                                     'model for all classes. 0 for those of the model, which has '
                                     'one for each class.', '',
                  (0.0, MAX_THRESHOLD), at_run_time=True),
    ParameterSpec('leave_threshold', 'Smoothed probability below which the decided action ends, '
                                     f'from {MIN_THRESHOLD} to enter_threshold; scaled for a '
                                     'class with an enter threshold of its own. 0 for the share '
                                     'of enter_threshold that the model sets.', '',
                  (0.0, MAX_THRESHOLD), at_run_time=True),
    ParameterSpec('min_duration_sec', 'How long a class must stay above its threshold before it '
                                      'is decided, and below it before the action ends.', 's',
                  (0.0, 60.0), at_run_time=True),
    ParameterSpec('enabled_classes', 'Labels that may be decided, separated by commas; empty for '
                                     'all.', at_run_time=True),
    ParameterSpec('class_thresholds', 'Enter thresholds of single classes, such as "Punch=0.7, '
                                      'PushUps=0.6", before enter_threshold and those of the '
                                      'model; leave_threshold is scaled with them.',
                  at_run_time=True),
)
NAMES = {spec.name for spec in TABLE}
RUN_TIME = 'May change at run time.'
CONFIGURE_TIME = 'Read when the node configures; changes are refused while it is configured.'


def descriptor(spec: ParameterSpec) -> ParameterDescriptor:
    """
    Return what ``ros2 param describe`` shows.

    :param spec: a row of the table.
    :return: the descriptor with unit and limits.
    """
    return described(spec, default_of(spec.name),
                     RUN_TIME if spec.at_run_time else CONFIGURE_TIME)


def described(spec: ParameterSpec, default: Any, *more: str) -> ParameterDescriptor:
    """
    Describe a parameter of any node.

    :param spec: a row of its table.
    :param default: its default.
    :param more: further sentences.
    :return: the descriptor with unit and limits.
    """
    unit = f' [{spec.unit}]' if spec.unit else ''
    result = ParameterDescriptor(
        name=spec.name, description=' '.join((f'{spec.description}{unit}', *more)))
    if spec.limits is None:
        return result
    low, high = spec.limits
    if isinstance(default, int):
        result.integer_range = [IntegerRange(from_value=int(low), to_value=int(high), step=0)]
    else:
        result.floating_point_range = [FloatingPointRange(from_value=low, to_value=high, step=0.0)]
    return result


class RosParameters:
    """The table declared on one node."""

    def __init__(self, node: Node) -> None:
        """
        Declare every parameter, and refuse wrong changes from then on.

        :param node: the node that owns them.
        """
        self._node = node
        self._problems: dict[str, str] = {}
        self._session: tuple[Callable[[Settings], None], Callable[[Settings], None]] | None = None
        for spec in TABLE:
            self._declare(spec)
        node.add_on_set_parameters_callback(self._check_change)

    def hold(self, check: Callable[[Settings], None],
             on_change: Callable[[Settings], None]) -> None:
        """
        Refuse changes to what is read at configure only, until ``release``.

        :param check: raises ``SettingsError`` for settings that do not fit the model.
        :param on_change: called with the settings after each change.
        """
        self._session = check, on_change

    def release(self) -> None:
        """Accept all changes again."""
        self._session = None

    def _declare(self, spec: ParameterSpec) -> None:
        default = default_of(spec.name)
        given = self._given(spec.name, default)
        described = descriptor(spec)
        if Parameter(spec.name, value=given).type_ == Parameter(spec.name, value=default).type_:
            try:
                self._node.declare_parameter(spec.name, given, described, ignore_override=True)
                return
            except ParameterException as error:
                self._problems[spec.name] = f'parameter {spec.name}: {error}'
        else:
            self._problems[spec.name] = _wrong_type(spec.name, given, default)
        self._node.declare_parameter(spec.name, default, described, ignore_override=True)

    def _given(self, name: str, default: Any) -> Any:
        """Return the value given at start, of whatever type; None for an empty one."""
        free = ParameterDescriptor(dynamic_typing=True)
        given = self._node.declare_parameter(name, default, free).value
        self._node.undeclare_parameter(name)
        return given

    def read(self) -> Settings:
        """
        Make settings from the current values.

        :return: the settings.
        :raises SettingsError: naming every wrong parameter, what it must be, and its value.
        """
        values = self._values()
        problems = {**problems_of(values), **self._problems}
        if problems:
            raise SettingsError(problems)
        return make_settings(values)

    def _values(self) -> dict[str, Any]:
        return {spec.name: self._node.get_parameter(spec.name).value for spec in TABLE}

    def _check_change(self, changed: Sequence[Parameter]) -> SetParametersResult:
        """Refuse a set of changes as a whole for problems that it adds, or does not correct."""
        new = {p.name: p.value for p in changed if p.name in NAMES}
        # While they are declared, their topics exist, and would not follow the change.
        reasons = [f'{p.name} can be set at start only' for p in changed
                   if p.name.startswith(QOS_PREFIX) and self._node.has_parameter(p.name)]
        if reasons or not new:
            return SetParametersResult(successful=not reasons, reason='; '.join(reasons))
        before = self._values()
        known = problems_of(before)
        reasons = [text for name, text in problems_of({**before, **new}).items()
                   if name in new or known.get(name) != text]
        if not reasons and self._session is not None:
            reasons = self._refusals(before, new, self._session[0])
        if reasons:
            return SetParametersResult(successful=False, reason='; '.join(reasons))
        for name in new:
            self._problems.pop(name, None)
        if self._session is not None:
            self._session[1](make_settings({**before, **new}))
        return SetParametersResult(successful=True)

    def _refusals(
        self, before: Mapping[str, Any], new: Mapping[str, Any],
        check: Callable[[Settings], None],
    ) -> list[str]:
        """List the reasons why a configured node refuses changes."""
        fixed = [spec.name for spec in TABLE if not spec.at_run_time]
        reasons = [f'{name} cannot change while the node is configured; deactivate and clean it '
                   'up first' for name in fixed if name in new and new[name] != before[name]]
        try:
            check(make_settings({**before, **new}))
        except SettingsError as error:
            reasons += error.problems.values()
        return reasons


def _wrong_type(name: str, given: Any, default: Any) -> str:
    """Say what a value of the wrong type must be, and how to write it."""
    meant = default
    if isinstance(default, list) and isinstance(given, str):
        meant = [given]
    elif isinstance(default, float) and type(given) is int:
        meant = float(given)
    written = f'[{", ".join(meant)}]' if isinstance(meant, list) else json.dumps(meant)
    got = 'an empty value' if given is None else repr(given)
    return f'{name} must be {KINDS[type(default)]}, got {got}; write it as {name}:={written}'


def table_text() -> str:
    """
    Return the table as a page of Markdown.

    :return: content of ``docs/parameters.md``.
    """
    rows = [(*common_cells(spec, default_of(spec.name)), 'yes' if spec.at_run_time else 'no',
             spec.description) for spec in TABLE]
    header = ('Parameter', 'Default', 'Unit', 'Limits', 'At run time', 'Description')
    return PAGE.format(table=markdown_table(header, rows))


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """
    Write a table in Markdown.

    :param header: names of the columns.
    :param rows: their cells.
    :return: its lines.
    """
    lines = (header, ('---',) * len(header), *rows)
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def common_cells(spec: ParameterSpec, default: Any) -> tuple[str, str, str, str]:
    """
    Return what a page says of a parameter of any node.

    :param spec: a row of its table.
    :param default: its default.
    :return: name, default, unit and limits.
    """
    return (f'`{spec.name}`', '' if default == '' else f'`{json.dumps(default)}`', spec.unit,
            '' if spec.limits is None else f'{spec.limits[0]:g} to {spec.limits[1]:g}')


if __name__ == '__main__':
    print(table_text(), end='')
