"""
The node's parameters: one table, declared on a node, and refused where they are wrong.

``declare`` never raises for a wrong value given at start: it keeps the reason, and configuring
is refused with it until the parameter is set right.

``python -m imrs_ros.node.parameters`` prints ``docs/parameters.md``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import json
from typing import Any

from imrs_ros.node_settings import (
    default_of, make_settings, problems_of, RELIABILITIES, Settings, TRANSPORTS)
from imrs_ros.settings import BACKENDS, CPU_PRECISIONS, SettingsError
from rcl_interfaces.msg import (
    FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult)
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

PAGE = """\
# Parameters of the recognizer node

Made from the table in `imrs_ros/node/parameters.py` by `python -m imrs_ros.node.parameters`;
a test holds it true. `config/recognizer.yaml` is a file to copy.

{table}

What may change at run time (`ros2 param set /recognizer enter_threshold 0.6`) counts from the next
window on. The rest is read when the node configures, and refused while it is configured. A set of
changes that is wrong in one value is refused as a whole, with the reason; a wrong value at start
keeps the node unconfigured until it is mended. Labels that hold a comma cannot be named.
"""
KINDS = {bool: 'true or false', int: 'a whole number', float: 'a number with a decimal point',
         str: 'a text', list: 'a list of texts'}
"""What a parameter may be, by the type of its default."""


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One row of the table; its default is that of the settings field of the same name."""

    name: str
    description: str
    unit: str = ''
    limits: tuple[float, float] | None = None
    at_run_time: bool = False
    """Whether it may change while the node is configured; it is read then, too."""


TABLE = (
    ParameterSpec('autostart', 'Configure and activate at start, without a lifecycle manager.'),
    ParameterSpec('model', 'Name of an installed model, or path of a model folder.'),
    ParameterSpec('cameras', 'Image topics, without the suffix of a transport; one that ends in '
                             '/compressed is read as such.'),
    ParameterSpec('transport', f'How images come: {", ".join(TRANSPORTS)}. auto takes what is '
                               'published, raw where both are.'),
    ParameterSpec('reliability', f'Reliability asked of the cameras: {" or ".join(RELIABILITIES)}.'
                                 ' best_effort hears every publisher.'),
    ParameterSpec('queue_size', 'Images of a camera that wait while the node is busy with others; '
                                'the oldest is dropped for a newer. Under overload the results '
                                'grow older by so many images.', 'images', (1, 1000)),
    ParameterSpec('top_k', 'Classes in a classification message.', '', (1, 1000)),
    ParameterSpec('backend', f'What runs the network: {", ".join(BACKENDS)}.'),
    ParameterSpec('num_threads', 'CPU threads of the network; 0 for one on each of cpu_cores, or '
                                 'the choice of the backend.', '', (0, 1024)),
    ParameterSpec('cpu_cores', 'Numbers of the cores that the network may use, with commas '
                               'between; empty for all.'),
    ParameterSpec('cpu_precision', 'Number format of the network on a CPU: '
                                   f'{" or ".join(CPU_PRECISIONS)}, where the processor has it; '
                                   'docs/performance.md tells what that gains and loses.'),
    ParameterSpec('max_rate_hz', 'How often windows are scored at most, each time the newest of '
                                 'every camera that has one due; 0 for no limit.', 'Hz',
                  (0.0, 1000.0), at_run_time=True),
    ParameterSpec('hop', 'Steps of the time grid of the model between two windows of a camera.',
                  'frames', (1, 1000), at_run_time=True),
    ParameterSpec('max_gap_sec', 'A longer time without a frame empties the window and ends the '
                                 'decided action.', 's', (0.001, 3600.0)),
    ParameterSpec('min_motion', 'Share of the picture that must change within a window for it to '
                                'be scored; a stiller one shows no action. 0 scores all.', '',
                  (0.0, 1.0), at_run_time=True),
    ParameterSpec('smoothing_sec', 'Time constant of the average of probabilities; 0 for none.',
                  's', (0.0, 60.0), at_run_time=True),
    ParameterSpec('enter_threshold', 'Smoothed probability from which a class may be decided.',
                  '', (0.0, 1.0), at_run_time=True),
    ParameterSpec('leave_threshold', 'Smoothed probability under which the decided class is left; '
                                     'at most enter_threshold.', '', (0.0, 1.0),
                  at_run_time=True),
    ParameterSpec('min_duration_sec', 'How long a class must last before it is decided.', 's',
                  (0.0, 60.0), at_run_time=True),
    ParameterSpec('enabled_classes', 'Labels that may be decided, with commas between; empty for '
                                     'all.', at_run_time=True),
    ParameterSpec('class_thresholds', 'Enter thresholds of single classes, as in "Punch=0.7, '
                                      'PushUps=0.6"; they are left at the same share of it as '
                                      'the others.', at_run_time=True),
)
RUN_TIME = 'May change at run time.'
CONFIGURE_TIME = 'Read when the node configures, and refused while it is configured.'


def descriptor(spec: ParameterSpec) -> ParameterDescriptor:
    """
    Give what ``ros2 param describe`` shows.

    :param spec: a row of the table.
    :return: the descriptor with unit and limits.
    """
    unit = f' [{spec.unit}]' if spec.unit else ''
    when = RUN_TIME if spec.at_run_time else CONFIGURE_TIME
    result = ParameterDescriptor(
        name=spec.name, description=f'{spec.description}{unit} {when}')
    if spec.limits is None:
        return result
    low, high = spec.limits
    if isinstance(default_of(spec.name), int):
        result.integer_range = [IntegerRange(from_value=int(low), to_value=int(high), step=0)]
    else:
        result.floating_point_range = [FloatingPointRange(from_value=low, to_value=high, step=0.0)]
    return result


class RosParameters:
    """The table declared on one node."""

    def __init__(self, node: Node, on_change: Callable[[Settings], None]) -> None:
        """
        Declare every parameter, and refuse wrong changes from then on.

        :param node: the node that owns them.
        :param on_change: told of settings that changed while they are held.
        """
        self._node, self._on_change = node, on_change
        self._problems: dict[str, str] = {}
        self._labels: tuple[str, ...] | None = None
        for spec in TABLE:
            self._declare(spec)
        node.add_on_set_parameters_callback(self._check_change)

    def hold(self, labels: Sequence[str]) -> None:
        """
        Refuse changes of what is read at configure only, until ``release``.

        :param labels: of the model; no other may be named from now on.
        """
        self._labels = tuple(labels)

    def release(self) -> None:
        """Take all changes again."""
        self._labels = None

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
        """Give the value that was given at start, of whatever type; None for an empty one."""
        free = ParameterDescriptor(dynamic_typing=True)
        given = self._node.declare_parameter(name, default, free).value
        self._node.undeclare_parameter(name)
        return given

    def read(self) -> Settings:
        """
        Make settings from the present values.

        :return: the settings.
        :raises SettingsError: naming every wrong parameter, what it may be, and what came.
        """
        values = self._values()
        problems = {**problems_of(values), **self._problems}
        if problems:
            raise SettingsError(problems)
        return make_settings(values)

    def _values(self) -> dict[str, Any]:
        return {spec.name: self._node.get_parameter(spec.name).value for spec in TABLE}

    def _check_change(self, changed: Sequence[Parameter]) -> SetParametersResult:
        """Refuse a set of changes as a whole for problems that it adds, or keeps in its own."""
        before = self._values()
        new = {p.name: p.value for p in changed if p.name in before}
        known = problems_of(before)
        reasons = [text for name, text in problems_of({**before, **new}).items()
                   if name in new or known.get(name) != text]
        if not reasons and self._labels is not None:
            reasons = self._refusals(before, new, self._labels)
        if reasons:
            return SetParametersResult(successful=False, reason='; '.join(reasons))
        for name in new:
            self._problems.pop(name, None)
        if self._labels is not None and new:
            self._on_change(make_settings({**before, **new}))
        return SetParametersResult(successful=True)

    def _refusals(
        self, before: Mapping[str, Any], new: Mapping[str, Any], labels: tuple[str, ...],
    ) -> list[str]:
        """Say what a configured node does not take."""
        fixed = [spec.name for spec in TABLE if not spec.at_run_time]
        reasons = [f'{name} cannot change while the node is configured; deactivate and clean it '
                   'up first' for name in fixed if name in new and new[name] != before[name]]
        try:
            make_settings({**before, **new}).decision.check_labels(labels)
        except SettingsError as error:
            reasons += error.problems.values()
        return reasons


def _wrong_type(name: str, given: Any, default: Any) -> str:
    """Say what a value of another type than the default's must be, and how to write it."""
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
    Give the table as a page of Markdown.

    :return: ``docs/parameters.md``.
    """
    rows = [(f'`{spec.name}`', _shown(default_of(spec.name)), spec.unit,
             '' if spec.limits is None else f'{spec.limits[0]:g} to {spec.limits[1]:g}',
             'yes' if spec.at_run_time else 'no', spec.description) for spec in TABLE]
    header = ('Parameter', 'Default', 'Unit', 'Limits', 'At run time', 'What it is')
    lines = [header, ('---',) * len(header), *rows]
    table = '\n'.join(f'| {" | ".join(line)} |' for line in lines)
    return PAGE.format(table=table)


def _shown(value: Any) -> str:
    return '' if value == '' else f'`{json.dumps(value)}`'


if __name__ == '__main__':
    print(table_text(), end='')
