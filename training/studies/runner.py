# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Train and measure the runs of a study, each by the commands that anyone would type."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
import json
import os
from pathlib import Path
import re
import shlex
import subprocess
import sys

from imrs_ros.atomic_file import replace_text
from training.clips.extract_settings import ExtractSettings
from training.config import RunConfig
from training.learning.networks import make_network
from training.learning.run_state import CONFIG_FILE, LAST, read_best, read_saved
from training.scoring.complexity import measure_complexity
from training.studies.plan import Fusion, StudyRun
from training.studies.run_result import RunResult
import yaml

FIGURES, LOG = 'test.json', 'log.txt'
"""In the folder of a run: accuracy on the test list, and the output of the commands."""
EPOCH = re.compile(r'^epoch (\d+)/\d+ ', re.MULTILINE)
"""A line of ``Trainer`` in the log, after each epoch."""
POLL_SEC = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyRunner:
    """Runs the commands of a study as processes of their own; what is finished is not redone."""

    data: Path
    """Folder with ``videos/`` and ``splits/``."""
    frames: Path | None
    """Output folder of ``training.extract``; None to decode RGB from the videos."""
    out: Path
    """Folder of all runs."""
    num_threads: int
    """CPU threads of each command."""

    def train(self, run: StudyRun, show: Callable[[int], None]) -> RunResult:
        """
        Train and measure one run.

        :param run: what to train; its teachers are finished.
        :param show: called with the number of finished epochs while it trains.
        :return: the result.
        :raises RuntimeError: when a command fails; its output is in the folder of the run.
        :raises ValueError: when the folder holds a run with other settings.
        """
        folder = self.out / run.folder
        config = folder.with_suffix('.yaml')
        command = ['training.train', str(config), *self._data(), '--out', str(folder)]
        if (folder / FIGURES).exists():
            _check_settings(run, folder)
        else:
            settings = run.config.to_mapping()
            settings['teachers'] = [self._path(name) for name in run.config.teachers]
            if run.starts_from:
                settings['pretrained'] = self._path(run.starts_from)
            replace_text(config, yaml.safe_dump(settings, sort_keys=False))
            self._call(command, folder, show)
            self._call(self._evaluate([folder], run, folder / FIGURES), folder)
        return self._result(run, command)

    def fuse(self, fusion: Fusion) -> RunResult:
        """
        Measure two finished runs together.

        :param fusion: the runs.
        :return: the result; hours and parameters are sums, settings those of the first run.
        :raises RuntimeError: when the command fails.
        """
        folders = [self.out / run.folder for run in fusion.parts]
        figures = folders[0] / f'{fusion.name}.json'
        command = self._evaluate(folders, fusion.parts[0], figures)
        if not figures.exists():
            self._call(command, folders[0])
        first, second = (self._result(run, command) for run in fusion.parts)
        return replace(
            first, name=fusion.name, stream=fusion.name, flow=first.flow or second.flow,
            hours=round(first.hours + second.hours, 3), validation_video_top1=None,
            num_parameters=first.num_parameters + second.num_parameters,
            **_read_figures(figures))  # type: ignore[arg-type]

    def is_finished(self, run: StudyRun) -> bool:
        """
        Return whether a run has been trained and measured.

        :param run: any run.
        :return: whether its figures exist.
        """
        return (self.out / run.folder / FIGURES).exists()

    def _evaluate(self, folders: Sequence[Path], run: StudyRun, figures: Path) -> list[str]:
        return ['training.evaluate', '--model', *map(str, folders), *self._data(), '--split',
                str(run.config.split), '--json', str(figures)]

    def _data(self) -> list[str]:
        frames = [] if self.frames is None else ['--frames', str(self.frames)]
        return ['--data', str(self.data), *frames]

    def _path(self, name: str) -> str:
        """Return the path of a run's folder; a model folder is named by its path."""
        return name if '/' in name else str(self.out / name)

    def _call(self, command: Sequence[str], folder: Path,
              show: Callable[[int], None] = lambda _: None) -> None:
        environment = {**os.environ, 'OMP_NUM_THREADS': str(self.num_threads),
                       'TQDM_DISABLE': '1', 'PYTHONWARNINGS': 'ignore'}
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOG).open('a') as log, (folder / LOG).open() as written:
            written.seek(0, os.SEEK_END)
            with subprocess.Popen([sys.executable, '-m', *command], stdout=log, stderr=log,
                                  env=environment) as process:
                while _is_running(process):
                    for epoch in EPOCH.findall(written.read()):
                        show(int(epoch))
        if process.returncode:
            lines = (folder / LOG).read_text().strip().splitlines()
            raise RuntimeError(f'{folder.name}: {lines[-1] if lines else "no output"}; '
                               f'see {folder / LOG}')

    def _result(self, run: StudyRun, command: Sequence[str]) -> RunResult:
        config, folder, stream = run.config, self.out / run.folder, run.stream
        best, is_distilled = read_best(folder), stream in ('mars', 'imrs')
        return RunResult(
            study=run.study, name=run.name, network=config.network, stream=stream,
            excitation=config.excitation,
            excitation_stages=None if config.excitation == 'none' else config.excitation_stages,
            kl_reduction=config.kl_reduction if is_distilled and config.lambda2 else None,
            lambda1=config.lambda1 if is_distilled else 0.0,
            lambda2=config.lambda2 if is_distilled else 0.0,
            split=config.split, seed=config.seed,
            validation_video_top1=round(best.validation_top1, 4),
            **_read_figures(folder / FIGURES),
            epochs=config.epochs, hours=round(read_saved(folder / LAST)['hours'], 3),
            num_parameters=measure_complexity(
                make_network(config, len(best.labels)), num_frames=config.num_frames,
                size_px=config.size_px).num_parameters,
            flow=None if stream == 'rgb' or self.frames is None else (
                ExtractSettings.load(self.frames).flow),
            command=shlex.join(['python', '-m', *command]))


def _is_running(process: 'subprocess.Popen[bytes]') -> bool:
    """Wait a while for a process, and return whether it still runs."""
    try:
        process.wait(POLL_SEC)
    except subprocess.TimeoutExpired:
        return True
    return False


def _check_settings(run: StudyRun, folder: Path) -> None:
    """Refuse a finished run that had other settings than the study now gives it."""
    before = RunConfig.load(folder / CONFIG_FILE)
    # Its folder may have moved, with those of its teachers.
    before = replace(before, teachers=_names(before.teachers))
    if run.starts_from and before.pretrained:
        before = replace(before, pretrained=Path(before.pretrained).name)
    now = replace(run.config, teachers=_names(run.config.teachers)).to_mapping()
    changed = [key for key, value in before.to_mapping().items() if now[key] != value]
    if changed:
        raise ValueError(
            f'{folder}: expected a finished run with the settings of the study, got one that '
            f'differs in {changed}; give the run another name, or remove the folder')


def _names(folders: Sequence[str]) -> tuple[str, ...]:
    return tuple(Path(folder).name for folder in folders)


def _read_figures(path: Path) -> dict[str, float]:
    figures = json.loads(path.read_text())
    return {name: round(figures[name], 4)
            for name in ('clip_top1', 'clip_top5', 'video_top1', 'video_top5')}
