# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A study, read from YAML and expanded into runs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from imrs_ros.model_card import CARD_FILE
from imrs_ros.yaml_file import read_yaml, YamlFileError
from training.config import RunConfig

KEYS = {'study', 'base', 'splits', 'runs', 'trials', 'grids', 'fusions'}


@dataclass(frozen=True, slots=True)
class StudyRun:
    """One run of a study, on one split with one seed."""

    study: str
    """Name of the study."""
    name: str
    """Name of the run; a grid appends the values of its axes."""
    config: RunConfig
    """Its settings; teachers, and a run it starts from, are named by their folders, beside its
    own."""
    starts_from: str | None = None
    """Folder of the run whose training it continues, if there is one."""

    @property
    def folder(self) -> str:
        """Name of its folder."""
        return folder_of(self.study, self.name, self.config.split, self.config.seed)

    @property
    def key(self) -> tuple[str, str, int, int]:
        """Study, name, split and seed, as in ``RunResult.key``."""
        return self.study, self.name, self.config.split, self.config.seed

    @property
    def stream(self) -> str:
        """Return what is trained: ``rgb``, ``flow``, ``mars`` or ``imrs``."""
        if not self.config.teachers:
            return self.config.stream
        return 'imrs' if self.config.lambda2 else 'mars'


@dataclass(frozen=True, slots=True)
class Fusion:
    """Two runs whose probabilities are averaged."""

    name: str
    """``rgb+flow`` or ``imrs+rgb``."""
    parts: tuple[StudyRun, StudyRun]
    """The runs, on the same split and with the same seed."""


def folder_of(study: str, name: str, split: int, seed: int) -> str:
    """
    Return the name of a run's folder.

    :param study: name of the study.
    :param name: name of the run.
    :param split: official split.
    :param seed: random seed.
    :return: one path component.
    """
    return f'{study}-{name}-split{split}-seed{seed}'


def read_study(path: Path, only: Sequence[str] | None = None) -> list[StudyRun]:
    """
    Read a study and expand its trials and grids.

    ``base`` holds the settings of all runs, ``runs`` those of each by name (``teachers`` are names
    of runs, or ``study/name`` of a finished study, with the same split and seed, or model folders;
    ``pretrained`` may be the name of a run, too), ``splits`` settings by split, ``trials`` a list
    of ``{runs, splits, seeds}``, and ``grids`` a list of ``{run, axes, splits, seeds}`` where
    ``axes`` lists values by setting.

    :param path: the YAML file.
    :param only: names of runs to return, with their teachers; default all.
    :return: every run once, teachers before their students.
    :raises FileNotFoundError: when there is no such file.
    :raises ValueError: when it is malformed, naming the place.
    """
    values = _read(path)
    if not isinstance(values, dict) or not {'study', 'runs'} <= set(values) <= KEYS:
        raise ValueError(f'{path}: expected a mapping with {sorted(KEYS)}, got {values!r:.200}')
    study = _Study(str(path), values)
    try:
        runs = list(study.expand(only))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f'{path}: malformed near {error}; see the examples in '
                         'training/studies/') from error
    unknown = [name for name in only or () if name not in study.names]
    if unknown or not runs:
        raise ValueError(f'{path}: expected a run named {unknown or only}, got '
                         f'{sorted(study.names)}')
    return runs


def read_fusions(path: Path, runs: Sequence[StudyRun]) -> list[Fusion]:
    """
    Read the fusions of a study: pairs of names of runs, by ``rgb+flow`` or ``imrs+rgb``.

    :param path: the YAML file.
    :param runs: from ``read_study``.
    :return: a fusion for every split and seed that both runs have.
    """
    fusions: dict[str, list[str]] = _read(path).get('fusions') or {}
    found = []
    for name, (first, second) in fusions.items():
        by_trial = {run.key[2:]: run for run in runs if run.name == second}
        found += [Fusion(name, (run, by_trial[run.key[2:]]))
                  for run in runs if run.name == first and run.key[2:] in by_trial]
    return found


def _read(path: Path) -> Any:
    if not path.is_file():
        raise FileNotFoundError(f'{path}: expected a study, got no such file')
    try:
        return read_yaml(path)
    except YamlFileError as error:
        raise ValueError(f'{path}: {error}') from error


class _Study:
    """The content of a study's file."""

    def __init__(self, origin: str, values: dict[str, Any]) -> None:
        self._origin = origin
        self._name = str(values['study'])
        self._base = values.get('base') or {}
        self._splits = values.get('splits') or {}
        self._named: dict[str, dict[str, Any]] = {k: v or {} for k, v in values['runs'].items()}
        self._trials = values.get('trials') or []
        for grid in values.get('grids') or []:
            self._add_grid(grid)

    @property
    def names(self) -> set[str]:
        """Names of all runs, including those of grids."""
        return set(self._named)

    def _add_grid(self, grid: dict[str, Any]) -> None:
        names = []
        for point in product(*grid['axes'].values()):
            changes = dict(zip(grid['axes'], point))
            words = [f'{k}={"".join(map(str, v)) if isinstance(v, list) else v}'
                     for k, v in changes.items()]
            names.append('-'.join([grid['run'], *words]))
            self._named[names[-1]] = {**self._named[grid['run']], **changes}
        self._trials.append({**grid, 'runs': names})

    def expand(self, only: Sequence[str] | None) -> Iterator[StudyRun]:
        """Yield every run of the trials once, after its teachers."""
        done: set[str] = set()
        for trial in self._trials:
            for name, split, seed in product(trial['runs'], trial['splits'], trial['seeds']):
                if only is None or name in only:
                    yield from self._with_teachers(name, split, seed, done)

    def _with_teachers(
        self, name: str, split: int, seed: int, done: set[str],
    ) -> Iterable[StudyRun]:
        folder = folder_of(self._name, name, split, seed)
        if folder in done:
            return
        done.add(folder)
        if name not in self._named:
            raise ValueError(f'{self._origin}: expected a run of {sorted(self._named)}, '
                             f'got {name!r}')
        settings = {**self._base, **self._splits.get(split, {}), **self._named[name],
                    'split': split, 'seed': seed}
        teachers = tuple(settings.pop('teachers', ()))
        start = settings.get('pretrained')
        earlier = [*teachers, start] if start in self._named else teachers
        for other in earlier:
            if '/' not in other:
                yield from self._with_teachers(other, split, seed, done)
        first = self._folder(start, split, seed) if start in self._named else None
        config = RunConfig.from_mapping(settings, f'{self._origin}, run {name}')
        yield StudyRun(self._name, name, replace(
            config, teachers=tuple(self._folder(teacher, split, seed) for teacher in teachers),
            pretrained=first or start), first)

    def _folder(self, name: str, split: int, seed: int) -> str:
        """Return the name of the folder of a run, or the path of a model folder as it is."""
        if (Path(name) / CARD_FILE).is_file():
            return name
        study, slash, run = name.rpartition('/')
        return folder_of(study if slash else self._name, run, split, seed)
