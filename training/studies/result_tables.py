"""
The paper's tables of measured runs, in Markdown.

No cell mixes runs that differ in more than the seed (and the split, where splits are averaged):
settings that differ get a column of their own. Accuracies are percentages,
``mean ± sample standard deviation over seeds (number of seeds)``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean, stdev
from typing import Any

from imrs_ros.networks import NETWORKS
from training.studies.run_result import RunResult, SPLITS, STREAMS

NO_RUN = '–'
CELL_METRICS = {'Video top-1, %': 'video_top1', 'Clip top-1, %': 'clip_top1'}
EXCITATION_ORDER = ('none', 'se', 'ce')


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that tells runs apart."""

    header: str
    """Of its column."""
    order: Callable[[RunResult], Any]
    """Equal for runs that agree, sortable for others."""
    text: Callable[[RunResult], str]
    """What stands in the column."""


def _position(run: RunResult) -> str:
    """Name the excited stages as the paper does, where the network has its stages."""
    word, first = ('stage ', 0) if run.network == 'lite0' else ('Res', 1)
    return ', '.join(f'{word}{stage + first}' for stage in run.excited_stages) or NO_RUN


STREAM = Setting('Stream', lambda r: STREAMS.index(r.stream), lambda r: r.stream)
EXCITATION = Setting('Excitation', lambda r: EXCITATION_ORDER.index(r.excitation),
                     lambda r: r.excitation)
NETWORK = Setting('Network', lambda r: NETWORKS.index(r.network), lambda r: r.network)
POSITION = Setting('Position', lambda r: r.excited_stages, _position)
NUM_MODULES = Setting('Modules', lambda r: len(r.excited_stages),
                      lambda r: str(len(r.excited_stages)))
LAMBDA1 = Setting('λ1', lambda r: r.lambda1, lambda r: f'{r.lambda1:g}')
LAMBDA2 = Setting('λ2', lambda r: r.lambda2, lambda r: f'{r.lambda2:g}')
NUM_PARAMETERS = Setting('Parameters', lambda r: r.num_parameters,
                         lambda r: f'{r.num_parameters:,}')
SPLIT = Setting('Split', lambda r: r.split, lambda r: str(r.split))
SETTINGS = (
    Setting('Study', lambda r: r.study, lambda r: r.study),
    STREAM, NETWORK, EXCITATION, POSITION, NUM_PARAMETERS, LAMBDA1, LAMBDA2,
    Setting('KL', lambda r: r.kl_reduction or '', lambda r: r.kl_reduction or NO_RUN),
    Setting('Optical flow', lambda r: r.flow or '', lambda r: r.flow or NO_RUN),
    Setting('Epochs', lambda r: r.epochs, lambda r: str(r.epochs)), SPLIT)
Rows = list[tuple[list[str], list[RunResult]]]
Columns = dict[str, Callable[[Sequence[RunResult]], str]]


def streams_table(runs: Sequence[RunResult]) -> str:
    """
    Compare streams split by split (table 5 of the paper).

    :param runs: any.
    :return: a table of video and one of clip accuracy; the mean over the splits is that of the
        seeds which have all of them.
    """
    settings = (STREAM, EXCITATION, NETWORK)
    headers, rows = _rows(runs, settings, settings, ignored=(SPLIT,))
    tables = []
    for title, metric in CELL_METRICS.items():
        columns: Columns = {f'Split {s}': _cell(metric, split=s) for s in SPLITS}
        columns['Mean over splits'] = _mean_over_splits(metric)
        tables.append(_markdown(title, headers, rows, columns))
    return '\n\n'.join(tables)


def position_table(runs: Sequence[RunResult]) -> str:
    """
    Compare positions and numbers of CE modules (table 2 of the paper).

    :param runs: any; those with SE blocks are left out.
    :return: the table.
    """
    settings = (NUM_MODULES, POSITION)
    headers, rows = _rows([r for r in runs if r.excitation != 'se'], settings, settings)
    return _markdown('', headers, rows, {t: _cell(m) for t, m in CELL_METRICS.items()})


def excitation_table(runs: Sequence[RunResult]) -> str:
    """
    Compare no excitation, SE blocks and CE modules (table 3 of the paper).

    :param runs: any.
    :return: the table.
    """
    headers, rows = _rows(runs, (EXCITATION, NUM_PARAMETERS), (EXCITATION,))
    return _markdown('', headers, rows, {t: _cell(m) for t, m in CELL_METRICS.items()})


def lambda_table(runs: Sequence[RunResult]) -> str:
    """
    Lay out the grid of the loss weights (table 4 of the paper): lambda1 down, lambda2 right.

    :param runs: any; only single streams with RGB input have these weights, ``rgb`` at (0, 0).
    :return: a table of video and one of clip accuracy.
    """
    chosen = [r for r in runs if r.stream in ('rgb', 'mars', 'imrs')]
    headers, rows = _rows(chosen, (LAMBDA1,), (LAMBDA1, LAMBDA2), ignored=(LAMBDA2,))
    weights = sorted({r.lambda2 for r in chosen})
    return '\n\n'.join(
        _markdown(title, headers, rows,
                  {f'λ2 = {w:g}': _cell(metric, lambda2=w) for w in weights})
        for title, metric in CELL_METRICS.items())


def _rows(runs: Sequence[RunResult], shown: tuple[Setting, ...], grouped: tuple[Setting, ...],
          ignored: tuple[Setting, ...] = ()) -> tuple[list[str], Rows]:
    """
    Make the rows of a table.

    :param runs: any.
    :param shown: settings that have a column.
    :param grouped: settings whose values may explain others: where runs agree in these and not
        in another setting, that one gets a column too.
    :param ignored: settings that need none.
    :return: the headers, and of every row its first cells and its runs.
    """
    groups = _group(runs, grouped)
    extra = tuple(s for s in SETTINGS if s not in (*shown, *grouped, *ignored)
                  and any(len({s.order(r) for r in group}) > 1 for group in groups))
    columns = (*shown, *extra)
    rows = [([s.text(group[0]) for s in columns], group) for group in _group(runs, columns)]
    return [s.header for s in columns], rows


def _group(runs: Sequence[RunResult], settings: tuple[Setting, ...]) -> list[list[RunResult]]:
    def order(run: RunResult) -> tuple[Any, ...]:
        return tuple(setting.order(run) for setting in settings)
    return [list(group) for _, group in groupby(sorted(runs, key=order), order)]


def _cell(metric: str, **conditions: float) -> Callable[[Sequence[RunResult]], str]:
    def cell(runs: Sequence[RunResult]) -> str:
        chosen = [r for r in runs if all(getattr(r, k) == v for k, v in conditions.items())]
        seeds = [r.seed for r in chosen]
        if len(set(seeds)) < len(seeds):
            raise ValueError(
                'expected runs that differ in their seed, got one seed twice in '
                f'{sorted(r.name for r in chosen)}; choose between them by name=...')
        return format_accuracy([getattr(r, metric) for r in chosen])
    return cell


def _mean_over_splits(metric: str) -> Callable[[Sequence[RunResult]], str]:
    def cell(runs: Sequence[RunResult]) -> str:
        of_seed = {r.seed: [o for o in runs if o.seed == r.seed] for r in runs}
        return format_accuracy([
            fmean(getattr(r, metric) for r in group) for group in of_seed.values()
            if {r.split for r in group} == set(SPLITS)])
    return cell


def format_accuracy(fractions: Sequence[float]) -> str:
    """
    Write the accuracies of several seeds.

    :param fractions: one a seed, in [0, 1].
    :return: ``mean ± sample standard deviation (n)`` in percent; no deviation for one seed, an
        en dash for none.
    """
    if not fractions:
        return NO_RUN
    spread = f' ± {100 * stdev(fractions):.1f}' if len(fractions) > 1 else ''
    return f'{100 * fmean(fractions):.1f}{spread} ({len(fractions)})'


def _markdown(title: str, headers: Sequence[str], rows: Rows, columns: Columns) -> str:
    lines = [[*headers, *columns], ['---'] * len(headers) + ['---:'] * len(columns)]
    lines += [[*texts, *(cell(runs) for cell in columns.values())] for texts, runs in rows]
    table = '\n'.join(f'| {" | ".join(line)} |' for line in lines) if rows else 'No run yet.'
    return f'{title}:\n\n{table}' if title else table
