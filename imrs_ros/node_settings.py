# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The node's settings: what its parameters mean, and their defaults; no ROS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
import re
from typing import Any

from imrs_ros.settings import (
    BackendSettings, DecisionSettings, PeopleSettings, require, SettingsError, WindowSettings)

NODE = 'recognizer'
"""Name of the node."""
RELIABILITIES = ('best_effort', 'reliable')
TRANSPORTS = ('auto', 'raw', 'compressed')
CAMERA_NAME = re.compile('[A-Za-z_][A-Za-z0-9_]*')
MAX_CLIP_SEC = 30.0
"""Before and after an action: frames of that time are kept in memory."""
IMAGE_SIZE = re.compile(r'([1-9]\d{0,5}) ?x ?([1-9]\d{0,5})')


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeSettings:
    """Settings of the node itself."""

    autostart: bool = True
    """Configure and activate at start, without a lifecycle manager."""
    model: str = 'ucf10'
    """Name of an installed model, or path of a model folder."""
    cameras: tuple[str, ...] = ('image_raw',)
    """Image topics, as image_transport names them."""
    transport: str = 'auto'
    """``raw``, ``compressed`` (the topic's name and /compressed), or ``auto``: whichever is
    published, raw where both are. A topic that ends in /compressed is always compressed."""
    reliability: str = 'best_effort'
    """QoS of the camera subscriptions: ``best_effort`` receives from every publisher."""
    queue_size: int = 3
    """Images buffered per camera; when full, the oldest is dropped."""
    top_k: int = 5
    """Number of classes in a classification message."""
    people: bool = False
    """Whether everyone in the picture gets an action of their own."""
    detections: tuple[str, ...] = ()
    """Topics of the people detected in the images of each camera, in the order of the cameras;
    empty for ``detections`` beside each camera's topic."""
    detections_size: tuple[int, ...] = ()
    """Width and height of the images that the detectors see, pixels; empty for the camera's."""
    keep_clips: str = ''
    """Folder for a short video of every action that is decided; empty for none."""
    keep_clips_before_sec: float = 2.0
    """Time before the action's onset that a clip shows, s, in [0, 30]."""
    keep_clips_after_sec: float = 2.0
    """Time after the decision that a clip shows, s, in [0, 30]."""
    keep_clips_max_mb: int = 200
    """Size of all clips beyond which the oldest are deleted, MB, at least 1."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises SettingsError: naming the parameters, what they must be, and their values.
        """
        topics = list(self.cameras)
        names = [camera_name(topic) for topic in topics]
        require(
            ('model', bool(self.model), 'must be a name or a path, got an empty string'),
            ('cameras', bool(topics) and all(topics),
             f'must name at least one topic, got {topics}'),
            ('cameras', all(map(CAMERA_NAME.fullmatch, names)),
             f'must give names of letters, digits and underscores, got {names} for {topics}; a '
             'camera is named after the namespace of its topic'),
            ('cameras', len(set(names)) == len(names),
             f'must have different names, got {names} for {topics}; a camera is named after the '
             'namespace of its topic'),
            ('reliability', self.reliability in RELIABILITIES,
             f'must be one of {", ".join(RELIABILITIES)}, got {self.reliability!r}'),
            ('detections', len(self.detections) in (0, len(topics)),
             f'must name a topic for each of the {len(topics)} cameras, or none, got '
             f'{list(self.detections)}'),
            ('detections', len({*self.detections}) == len(self.detections),
             f'must name another topic for each camera, got {list(self.detections)}'),
            ('transport', self.transport in TRANSPORTS,
             f'must be one of {", ".join(TRANSPORTS)}, got {self.transport!r}'),
            *((name, 0 <= getattr(self, name) <= MAX_CLIP_SEC,
               f'must be from 0 to {MAX_CLIP_SEC:g} s, got {getattr(self, name)}')
              for name in ('keep_clips_before_sec', 'keep_clips_after_sec')),
            ('keep_clips_max_mb', self.keep_clips_max_mb >= 1,
             f'must be at least 1 MB, got {self.keep_clips_max_mb}'))

    @property
    def named_cameras(self) -> tuple[str, ...]:
        """Return the cameras; none for the default, which stands for any."""
        return () if self.cameras == NodeSettings().cameras else self.cameras


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All settings of the node."""

    node: NodeSettings
    window: WindowSettings
    decision: DecisionSettings
    people: PeopleSettings
    backend: BackendSettings


TEXTS: dict[str, Callable[[str], Any]] = {
    'cpu_cores': lambda text: read_cores(text),
    'detections': lambda text: tuple(split_words(text)),
    'detections_size': lambda text: read_size(text),
    'enabled_classes': lambda text: tuple(split_words(text)),
    'class_thresholds': lambda text: read_thresholds(text)}
"""Settings written as one string: ROS has no mappings, and no empty lists in files."""
CONCERNS = {'node': NodeSettings, 'window': WindowSettings, 'decision': DecisionSettings,
            'people': PeopleSettings, 'backend': BackendSettings}


def camera_name(topic: str) -> str:
    """
    Name a camera after its topic: ``/front/color/image_raw`` is ``front_color``.

    :param topic: an image topic.
    :return: the namespace joined by underscores, or the last word if there is none.
    """
    words = [word for word in topic.replace('~', '').split('/') if word]
    if len(words) > 1 and words[-1] == 'compressed':
        words = words[:-1]
    return '_'.join(words[:-1] or words)


def split_words(text: str) -> list[str]:
    """
    Split a string at its commas.

    :param text: such as ``Punch, PushUps``.
    :return: the parts without surrounding spaces and without empty ones.
    """
    return [word for part in text.split(',') if (word := part.strip())]


def read_thresholds(text: str) -> dict[str, float]:
    """
    Read thresholds by label.

    :param text: such as ``Punch=0.7, PushUps=0.6``.
    :return: the thresholds.
    :raises SettingsError: when a part is not a label and a number, or a label comes twice.
    """
    thresholds: dict[str, float] = {}
    for word in split_words(text):
        label, _, number = word.rpartition('=')
        if (label := label.strip()) in thresholds:
            raise SettingsError({'class_thresholds': (
                f'class_thresholds must name every class once, got {label} twice')})
        try:
            thresholds[label] = float(number)
        except ValueError as error:
            raise SettingsError({'class_thresholds': (
                f'class_thresholds must be like "Punch=0.7, PushUps=0.6", got {word!r}')
            }) from error
    return thresholds


def thresholds_text(thresholds: Mapping[str, float]) -> str:
    """
    Write thresholds by label, the reverse of ``read_thresholds``.

    :param thresholds: by label.
    :return: such as ``Punch=0.7, PushUps=0.6``.
    """
    return ', '.join(f'{label}={threshold:g}' for label, threshold in thresholds.items())


def read_cores(text: str) -> tuple[int, ...]:
    """
    Read the numbers of CPU cores.

    :param text: such as ``2, 3``.
    :return: the numbers.
    :raises SettingsError: when a part is not an integer.
    """
    try:
        return tuple(map(int, split_words(text)))
    except ValueError as error:
        raise SettingsError({
            'cpu_cores': f'cpu_cores must be like "2, 3", got {text!r}'}) from error


def read_size(text: str) -> tuple[int, ...]:
    """
    Read the size of an image.

    :param text: such as ``640x480``.
    :return: width and height, pixels; nothing for an empty text.
    :raises SettingsError: when it is neither.
    """
    if not text.strip():
        return ()
    match = IMAGE_SIZE.fullmatch(text.strip())
    if match is None:
        raise SettingsError({
            'detections_size': f'detections_size must be like "640x480", got {text!r}'})
    return int(match[1]), int(match[2])


def default_of(name: str) -> Any:
    """
    Return a parameter's default.

    :param name: the parameter.
    :return: the default of the settings field; sequences as lists, those of ``TEXTS`` as a string.
    """
    if name in TEXTS:
        return ''
    for concern in CONCERNS.values():
        for field in fields(concern):
            if field.name == name:
                return list(field.default) if isinstance(field.default, tuple) else field.default
    raise KeyError(name)


def make_settings(values: Mapping[str, Any]) -> Settings:
    """
    Make settings from values by name.

    :param values: one for each parameter, of the type of its default.
    :return: the settings.
    :raises SettingsError: naming every wrong value.
    """
    made: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for concern, settings_class in CONCERNS.items():
        names = [field.name for field in fields(settings_class)]
        try:
            made[concern] = settings_class(**{n: _plain(n, values[n]) for n in names})
        except SettingsError as error:
            problems |= error.problems
    if problems:
        raise SettingsError(problems)
    return Settings(**made)


def _plain(name: str, value: Any) -> Any:
    """Convert the value of a parameter to that of the settings field."""
    if name in TEXTS:
        return TEXTS[name](value)
    return tuple(value) if isinstance(default_of(name), list) else value


def problems_of(values: Mapping[str, Any]) -> dict[str, str]:
    """
    Return the problems with values, instead of raising them.

    :param values: as for ``make_settings``.
    :return: what each wrong value must be and is, by name; empty if all are right.
    """
    try:
        make_settings(values)
    except SettingsError as error:
        return error.problems
    return {}
