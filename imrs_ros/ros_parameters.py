"""
The node's parameters: one table, and settings made from it.

``declare`` never raises for a wrong value given at start: it keeps the reason, and configuring
is refused with it until the parameter is set right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from imrs_ros.settings import BACKENDS, BackendSettings, DecisionSettings, WindowSettings
from rcl_interfaces.msg import (
    FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult)
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

RELIABILITIES = ('best_effort', 'reliable')


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeSettings:
    """What concerns the node itself."""

    autostart: bool = True
    """Configure and activate at start, without a lifecycle manager."""
    model: str = 'ucf10'
    """Name of an installed model, or path of a model folder."""
    cameras: tuple[str, ...] = ('image_raw',)
    """Image topics; one that ends in /compressed is a CompressedImage."""
    reliability: str = 'best_effort'
    """Reliability asked of the cameras: ``best_effort`` hears every publisher."""
    top_k: int = 5
    """Classes in a classification message."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the parameter, what it may be, and what came.
        """
        if not self.cameras or not all(self.cameras):
            raise ValueError(f'cameras must name at least one topic, got {list(self.cameras)}')
        names = [camera_name(topic) for topic in self.cameras]
        if len(set(names)) != len(names):
            raise ValueError(
                f'cameras must have different names, got {names} for {list(self.cameras)}; a '
                'camera is named after the namespace of its topic')
        if self.reliability not in RELIABILITIES:
            raise ValueError(
                f'reliability must be one of {", ".join(RELIABILITIES)}, got '
                f'{self.reliability!r}')
        if not self.model:
            raise ValueError('model must be a name or a path, got an empty text')


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything the parameters say."""

    node: NodeSettings
    window: WindowSettings
    decision: DecisionSettings
    backend: BackendSettings


CONCERNS = {'node': NodeSettings, 'window': WindowSettings, 'decision': DecisionSettings,
            'backend': BackendSettings}


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One row of the table; its default is that of the settings field of the same name."""

    name: str
    description: str
    unit: str = ''
    limits: tuple[float, float] | None = None


TABLE = (
    ParameterSpec('autostart', 'Configure and activate at start, without a lifecycle manager.'),
    ParameterSpec('model', 'Name of an installed model, or path of a model folder.'),
    ParameterSpec('cameras', 'Image topics. One that ends in /compressed is read as '
                             'sensor_msgs/CompressedImage, any other as sensor_msgs/Image.'),
    ParameterSpec('reliability', f'Reliability asked of the cameras: {" or ".join(RELIABILITIES)}.'
                                 ' best_effort hears every publisher.'),
    ParameterSpec('top_k', 'Classes in a classification message.', '', (1, 1000)),
    ParameterSpec('backend', f'What runs the network: {", ".join(BACKENDS)}.'),
    ParameterSpec('num_threads', 'CPU threads of the network; 0 lets the backend choose.', '',
                  (0, 1024)),
    ParameterSpec('hop', 'Steps of the time grid of the model between two windows of a camera.',
                  'frames', (1, 1000)),
    ParameterSpec('max_gap_sec', 'A longer time between two frames empties the window.', 's',
                  (0.001, 3600.0)),
    ParameterSpec('smoothing_sec', 'Time constant of the average of probabilities; 0 for none.',
                  's', (0.0, 60.0)),
    ParameterSpec('enter_threshold', 'Smoothed probability from which a class may be decided.',
                  '', (0.0, 1.0)),
    ParameterSpec('leave_threshold', 'Smoothed probability under which the decided class is left; '
                                     'at most enter_threshold.', '', (0.0, 1.0)),
    ParameterSpec('min_duration_sec', 'How long a class must last before it is decided.', 's',
                  (0.0, 60.0)),
)


def camera_name(topic: str) -> str:
    """
    Name a camera after its topic: ``/front/color/image_raw`` is ``front_color``.

    :param topic: an image topic.
    :return: the namespace joined by underscores, or the last word where there is none.
    """
    words = [word for word in topic.replace('~', '').split('/') if word]
    if len(words) > 1 and words[-1] == 'compressed':
        words = words[:-1]
    return '_'.join(words[:-1] or words)


def default_of(name: str) -> Any:
    """
    Give a parameter's default.

    :param name: a name in the table.
    :return: the default of the settings field; sequences as lists.
    """
    for concern in CONCERNS.values():
        for field in fields(concern):
            if field.name == name:
                return list(field.default) if isinstance(field.default, tuple) else field.default
    raise KeyError(name)


def descriptor(spec: ParameterSpec) -> ParameterDescriptor:
    """
    Give what ``ros2 param describe`` shows.

    :param spec: a row of the table.
    :return: the descriptor with unit and limits.
    """
    unit = f' [{spec.unit}]' if spec.unit else ''
    result = ParameterDescriptor(
        name=spec.name, description=f'{spec.description}{unit} Read when the node configures.')
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

    def __init__(self, node: Node) -> None:
        """
        Declare every parameter, and refuse wrong changes from then on.

        :param node: the node that owns them.
        """
        self._node = node
        self._problems: dict[str, str] = {}
        for spec in TABLE:
            self._declare(spec)
        node.add_on_set_parameters_callback(self._check_change)

    def _declare(self, spec: ParameterSpec) -> None:
        default = default_of(spec.name)
        try:
            self._node.declare_parameter(spec.name, default, descriptor(spec))
        except ParameterException as error:
            self._problems[spec.name] = f'parameter {spec.name}: {error}'
            self._node.declare_parameter(
                spec.name, default, descriptor(spec), ignore_override=True)

    def read(self) -> Settings:
        """
        Make settings from the present values.

        :return: the settings.
        :raises ValueError: naming every wrong parameter, what it may be, and what came.
        """
        if self._problems:
            raise ValueError('; '.join(self._problems.values()))
        return _settings({s.name: self._node.get_parameter(s.name).value for s in TABLE})

    def _check_change(self, changed: Sequence[Parameter]) -> SetParametersResult:
        """Refuse a set of changes as a whole if what results is not valid."""
        values = {s.name: self._node.get_parameter(s.name).value for s in TABLE}
        values.update({p.name: p.value for p in changed if p.name in values})
        try:
            _settings(values)
        except ValueError as error:
            return SetParametersResult(successful=False, reason=str(error))
        for parameter in changed:
            self._problems.pop(parameter.name, None)
        return SetParametersResult(successful=True)


def _settings(values: Mapping[str, Any]) -> Settings:
    made = {}
    for concern, settings_class in CONCERNS.items():
        names = [field.name for field in fields(settings_class)]
        plain = {n: tuple(values[n]) if isinstance(default_of(n), list) else values[n]
                 for n in names}
        made[concern] = settings_class(**plain)
    return Settings(**made)
