# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The paper's tables of measured runs, in Markdown.

No cell mixes runs that differ in more than the seed (and the split, where splits are averaged):
settings that differ get a column of their own. Accuracies are percentages,
``mean ± sample standard deviation over seeds (number of seeds)``.
"""

from collections.abc import Sequence

import pandas as pd
from training.config import NETWORK_NAMES
from training.studies.run_result import RunResult, SPLITS, STREAMS

NO_RUN = '–'
METRICS = ('Video top-1, %', 'Clip top-1, %')
SETTINGS = ('Study', 'Stream', 'Network', 'Excitation', 'Position', 'Parameters', 'λ1', 'λ2', 'KL',
            'Optical flow', 'Epochs', 'Split')
"""Headers of the columns that distinguish runs."""
ORDERS = {'Stream': STREAMS, 'Network': NETWORK_NAMES, 'Excitation': ('none', 'se', 'ce')}
"""Values in the order of the rows; those of other columns ascend."""
FORMATS = {'Parameters': '{:,}', 'λ1': '{:g}', 'λ2': '{:g}'}


def streams_table(runs: Sequence[RunResult]) -> str:
    """
    Compare streams split by split (table 5 of the paper).

    :param runs: any.
    :return: a table of video and one of clip accuracy; the mean over the splits is over the seeds
        that have all of them.
    :raises ValueError: when two runs of one cell have the same seed, as in all tables.
    """
    frame = _frame(runs)
    columns = _columns(frame, ['Stream', 'Excitation', 'Network'], ignored=['Split'])
    tables = []
    for metric in METRICS:
        cells = _cells(frame, [*columns, 'Split'], metric).unstack('Split').reindex(columns=SPLITS)
        cells.columns = pd.Index([f'Split {split}' for split in SPLITS])
        of_seed = frame.groupby([*columns, 'seed'], observed=True)[metric].agg(['mean', 'count'])
        whole = of_seed.loc[of_seed['count'] == len(SPLITS), 'mean']
        cells['Mean over splits'] = whole.groupby(columns, observed=True).agg(format_accuracy)
        tables.append(f'{metric}:\n\n{_markdown(cells)}')
    return '\n\n'.join(tables)


def position_table(runs: Sequence[RunResult]) -> str:
    """
    Compare positions and numbers of CE modules (table 2 of the paper).

    :param runs: any; those with SE blocks are left out.
    :return: the table.
    """
    frame = _frame([run for run in runs if run.excitation != 'se'])
    return _metrics_table(frame, _columns(frame, ['Modules', 'Position']))


def names_table(runs: Sequence[RunResult]) -> str:
    """
    Compare runs by their names, in the order of the alphabet.

    :param runs: any.
    :return: the table; settings in which runs of one name differ have a column each.
    """
    frame = _frame(runs)
    frame = frame.assign(Run=frame['name'])
    return _metrics_table(frame, _columns(frame, ['Run']))


def excitation_table(runs: Sequence[RunResult]) -> str:
    """
    Compare no excitation, SE blocks and CE modules (table 3 of the paper).

    :param runs: any.
    :return: the table.
    """
    frame = _frame(runs)
    return _metrics_table(frame, _columns(frame, ['Excitation'], ['Parameters']))


def lambda_table(runs: Sequence[RunResult]) -> str:
    """
    Lay out the grid of the loss weights (table 4 of the paper): lambda1 down, lambda2 right.

    :param runs: any; only single streams with RGB input have these weights, ``rgb`` at (0, 0).
    :return: a table of video and one of clip accuracy.
    """
    frame = _frame([run for run in runs if run.stream in ('rgb', 'mars', 'imrs')])
    # A setting that goes with a weight needs no column beside it.
    columns = [c for c in _columns(frame, ['λ1', 'λ2']) if c != 'λ2']
    tables = []
    for metric in METRICS:
        cells = _cells(frame, [*columns, 'λ2'], metric).unstack('λ2')
        cells.columns = pd.Index([f'λ2 = {weight:g}' for weight in cells.columns])
        tables.append(f'{metric}:\n\n{_markdown(cells)}')
    return '\n\n'.join(tables)


def format_accuracy(fractions: Sequence[float]) -> str:
    """
    Format the accuracies of several seeds.

    :param fractions: one per seed, at least one, in [0, 1].
    :return: ``mean ± sample standard deviation (n)`` in percent; no deviation for one seed.
    """
    percent = 100 * pd.Series(fractions)
    spread = f' ± {percent.std():.1f}' if len(percent) > 1 else ''
    return f'{percent.mean():.1f}{spread} ({len(percent)})'


def _frame(runs: Sequence[RunResult]) -> pd.DataFrame:
    """Return a row per run, with a column for each setting, its seed, name and accuracies."""
    columns = ('Modules', *SETTINGS, 'seed', 'name', *METRICS)
    frame = pd.DataFrame([(
        len(run.excited_stages), run.study, run.stream, run.network, run.excitation,
        _position(run), run.num_parameters, run.lambda1, run.lambda2, run.kl_reduction or '',
        run.flow or '', run.epochs, run.split, run.seed, run.name, run.video_top1, run.clip_top1)
        for run in runs], columns=columns)
    return frame.astype({name: pd.CategoricalDtype(list(order), ordered=True)
                         for name, order in ORDERS.items()})


def _position(run: RunResult) -> str:
    """Name the excited stages as the paper does, where the network has its stages."""
    word, first = ('stage ', 0) if run.network == 'lite0' else ('Res', 1)
    return ', '.join(f'{word}{stage + first}' for stage in run.excited_stages)


def _columns(frame: pd.DataFrame, grouped: list[str], shown: Sequence[str] = (),
             ignored: Sequence[str] = ()) -> list[str]:
    """Return the given headers, and those that differ where runs agree in ``grouped``."""
    others = [s for s in SETTINGS if s not in {*grouped, *shown, *ignored}]
    differ = frame.groupby(grouped, observed=True)[others].nunique().gt(1).any()
    return [*grouped, *shown, *(s for s in others if differ[s])]


def _cells(frame: pd.DataFrame, columns: list[str], metric: str) -> 'pd.Series[str]':
    """Return the accuracies of the runs that agree in all of some settings."""
    twice = frame[frame.duplicated([*columns, 'seed'], keep=False)]
    if len(twice):
        raise ValueError(f'expected runs that differ in their seed, got one seed twice in '
                         f'{sorted(twice["name"])}; choose between them by name=...')
    return frame.groupby(columns, observed=True)[metric].agg(format_accuracy)


def _metrics_table(frame: pd.DataFrame, columns: list[str]) -> str:
    return _markdown(pd.DataFrame({m: _cells(frame, columns, m) for m in METRICS}))


def _markdown(cells: pd.DataFrame) -> str:
    """Write a table; its index is the settings."""
    if cells.empty:
        return 'No run yet.'
    settings = [str(name) for name in cells.index.names]
    table = cells.astype('str').fillna(NO_RUN).reset_index()
    for name in settings:
        table[name] = [FORMATS.get(name, '{}').format(v) or NO_RUN for v in table[name]]
    lines: list[list[str]] = [
        [*map(str, table)], ['---'] * len(settings) + ['---:'] * len(cells.columns),
        *table.to_numpy().tolist()]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)
