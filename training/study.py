"""
Many runs in one command: ``python -m training.study STUDY.yaml --data DIR --frames DIR``.

A study names runs, the splits and seeds to try them on, and grids of settings (ablations). Every
run is trained and measured by the commands anyone would type, as processes of their own; what is
finished is not done again. The results go to a JSON file, and into tables.
"""

import argparse
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
import json
import os
from pathlib import Path
import shlex
import subprocess
import sys

from tqdm import tqdm
from training.clips.extract_settings import ExtractSettings
from training.fill_tables import fill_tables
from training.learning.networks import make_network
from training.learning.run_state import LAST, read_best, read_saved
from training.scoring.complexity import measure_complexity
from training.studies.plan import Fusion, read_fusions, read_study, StudyRun
from training.studies.result_tables import streams_table
from training.studies.results_file import load_results, record_result
from training.studies.run_result import RunResult
import yaml

FIGURES, LOG = 'test.json', 'log.txt'
"""In the folder of a run: accuracy on the test list, and what the commands printed."""
NUM_CORES = len(os.sched_getaffinity(0))
"""Of those that this process may use."""


def run_one(run: StudyRun, arguments: argparse.Namespace, num_threads: int) -> RunResult:
    """
    Train and measure one run, unless that was done.

    :param run: what to train; its teachers are finished.
    :param arguments: of the command line.
    :param num_threads: CPU threads it may use.
    :return: the result.
    :raises RuntimeError: when a command fails; its output is in the folder of the run.
    """
    folder = arguments.out / run.folder
    config = folder.with_suffix('.yaml')
    train = [sys.executable, '-m', 'training.train', str(config), '--data', str(arguments.data),
             '--frames', str(arguments.frames), '--out', str(folder)]
    if not (folder / FIGURES).exists():
        folder.mkdir(parents=True, exist_ok=True)
        settings = run.config.to_mapping()
        settings['teachers'] = [str(arguments.out / name) for name in run.config.teachers]
        config.write_text(yaml.safe_dump(settings, sort_keys=False))
        with (folder / LOG).open('a') as log:
            _call(train, log.fileno(), num_threads, folder)
            _call([sys.executable, '-m', 'training.evaluate', '--model', str(folder), '--data',
                   str(arguments.data), '--frames', str(arguments.frames), '--split',
                   str(run.config.split), '--json', str(folder / FIGURES)],
                  log.fileno(), num_threads, folder)
    return _result(run, folder, arguments.frames, shlex.join(['python', *train[1:]]))


def _call(command: Sequence[str], log: int, num_threads: int, folder: Path) -> None:
    environment = {**os.environ, 'OMP_NUM_THREADS': str(num_threads), 'TQDM_DISABLE': '1',
                   'PYTHONWARNINGS': 'ignore'}
    done = subprocess.run(command, stdout=log, stderr=log, env=environment)
    if done.returncode:
        lines = (folder / LOG).read_text().strip().splitlines()
        raise RuntimeError(f'{folder.name}: {lines[-1] if lines else "no output"}; '
                           f'see {folder / LOG}')


def _result(run: StudyRun, folder: Path, frames: Path, command: str) -> RunResult:
    config, best = run.config, read_best(folder)
    stream = run.stream
    is_distilled = stream in ('mars', 'imrs')
    return RunResult(
        study=run.study, name=run.name, network=config.network, stream=stream,
        excitation=config.excitation,
        excitation_stages=None if config.excitation == 'none' else config.excitation_stages,
        kl_reduction=config.kl_reduction if is_distilled and config.lambda2 else None,
        lambda1=config.lambda1 if is_distilled else 0.0,
        lambda2=config.lambda2 if is_distilled else 0.0,
        split=config.split, seed=config.seed, validation_video_top1=round(best.validation_top1, 4),
        **_read_figures(folder / FIGURES),
        epochs=config.epochs, hours=round(read_saved(folder / LAST)['hours'], 3),
        num_parameters=measure_complexity(
            make_network(config, len(best.labels)), num_frames=config.num_frames,
            size_px=config.size_px).num_parameters,
        flow=None if stream == 'rgb' else ExtractSettings.load(frames).flow, command=command)


def fuse_runs(fusion: Fusion, arguments: argparse.Namespace, num_threads: int) -> RunResult:
    """
    Measure two finished runs together.

    :param fusion: the runs.
    :param arguments: of the command line.
    :param num_threads: CPU threads it may use.
    :return: the result; its hours are those of both, its settings those of the student.
    :raises RuntimeError: when the command fails.
    """
    first, second = fusion.parts
    folders = [arguments.out / run.folder for run in fusion.parts]
    figures = folders[0] / f'{fusion.name}.json'
    measure = [sys.executable, '-m', 'training.evaluate', '--model', *map(str, folders), '--data',
               str(arguments.data), '--frames', str(arguments.frames), '--split',
               str(first.config.split), '--json', str(figures)]
    if not figures.exists():
        with (folders[0] / LOG).open('a') as log:
            _call(measure, log.fileno(), num_threads, folders[0])
    one, two = (_result(run, folder, arguments.frames, '')
                for run, folder in zip(fusion.parts, folders))
    return replace(
        one, name=fusion.name, stream=fusion.name, flow=one.flow or two.flow,
        hours=round(one.hours + two.hours, 3), validation_video_top1=None,
        num_parameters=one.num_parameters + two.num_parameters,
        **_read_figures(figures),  # type: ignore[arg-type]
        command=shlex.join(['python', *measure[1:]]))


def _read_figures(path: Path) -> dict[str, float]:
    figures = json.loads(path.read_text())
    return {name: round(figures[name], 4)
            for name in ('clip_top1', 'clip_top5', 'video_top1', 'video_top5')}


def run_all(
    runs: Sequence[StudyRun], run_one_of: Callable[[StudyRun], RunResult], results: Path,
    num_jobs: int,
) -> list[str]:
    """
    Work off a study, several runs at a time, teachers before their students.

    :param runs: all runs.
    :param run_one_of: trains and measures one.
    :param results: JSON file to record each in as soon as it is there.
    :param num_jobs: runs at a time.
    :return: what failed, and why; the other runs go on.
    """
    failures: dict[str, str] = {}
    waiting = list(runs)
    with tqdm(total=len(runs), desc='study', unit='run') as bar:
        while waiting:
            # A teacher of this study that is not waiting is finished, or has failed.
            folders = {run.folder for run in waiting}
            ready = [run for run in waiting if not folders & set(run.config.teachers)]
            waiting = [run for run in waiting if run not in ready]
            lost = [run for run in ready if failures.keys() & set(run.config.teachers)]
            failures |= {run.folder: f'{run.folder}: its teacher failed' for run in lost}
            with ThreadPoolExecutor(num_jobs) as pool:
                pending = {run.folder: pool.submit(run_one_of, run)
                           for run in ready if run not in lost}
                for folder, future in pending.items():
                    try:
                        record_result(results, future.result())
                    except (OSError, ValueError, RuntimeError) as error:
                        failures[folder] = str(error)
                    bar.update()
    return list(failures.values())


def without_recorded(runs: Sequence[StudyRun], results: Path) -> list[StudyRun]:
    """
    Leave out runs whose result is recorded, but for the teachers of those that remain.

    :param runs: all runs.
    :param results: the JSON file.
    :return: the runs still to do.
    """
    recorded = {r.key for r in load_results(results)} if results.exists() else set()
    kept = {run.folder: run for run in runs if run.key not in recorded}
    needed = {teacher for run in kept.values() for teacher in run.config.teachers}
    return [run for run in runs if run.folder in kept or run.folder in needed]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.study', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('study', type=Path, help='YAML file, as in training/studies/')
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--frames', type=Path, required=True, help='what training.extract wrote')
    parser.add_argument('--out', type=Path, default=Path('data/runs'), help='folder of the runs')
    parser.add_argument('--results', type=Path, help='JSON file that gathers what every run '
                        'reached (default: results.json in the folder of the runs)')
    parser.add_argument('--tables', type=Path, help='Markdown file whose tables to fill from it')
    parser.add_argument('--only', nargs='+', metavar='NAME', help='only runs of these names (and '
                        'their teachers)')
    parser.add_argument('--missing', action='store_true', help='leave out recorded runs')
    parser.add_argument('--jobs', type=int, default=NUM_CORES, help='runs at a time')
    arguments = parser.parse_args()
    arguments.results = arguments.results or arguments.out / 'results.json'
    try:
        runs = read_study(arguments.study, arguments.only)
        if arguments.tables is not None and not arguments.tables.is_file():
            raise FileNotFoundError(f'{arguments.tables}: expected a Markdown file with places '
                                    'for tables (training/fill_tables.py), got none')
        if arguments.missing:
            runs = without_recorded(runs, arguments.results)
        num_threads = max(1, NUM_CORES // arguments.jobs)
        failures = run_all(
            runs, lambda run: run_one(run, arguments, num_threads), arguments.results,
            arguments.jobs)
        for fusion in read_fusions(arguments.study, runs):
            if all((arguments.out / run.folder / FIGURES).exists() for run in fusion.parts):
                record_result(arguments.results, fuse_runs(fusion, arguments, NUM_CORES))
        results = load_results(arguments.results) if arguments.results.exists() else []
        keys = {run.key for run in runs}
        print(streams_table([result for result in results if result.key in keys]))
        if arguments.tables is not None:
            arguments.tables.write_text(fill_tables(
                arguments.tables.read_text(), results, str(arguments.tables)))
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f'study: {error}')
    if failures:
        sys.exit('study: failed: ' + '\n'.join(failures))


if __name__ == '__main__':
    main()
