"""
Which classes are taken for which.

Layout legend: N videos, M clips of a video, K classes (rows the truth, columns the prediction).
"""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
import numpy as np
from numpy.typing import NDArray

CELL_IN, MARGIN_IN, DPI = 0.35, 2.5, 100
FONT_PT = 8


def confusion_matrix(
    truth_N: Sequence[int], predicted_N: Sequence[int], num_classes: int,
) -> NDArray[np.int64]:
    """
    Count predictions by true class.

    :param truth_N: true classes, in [0, num_classes).
    :param predicted_N: predicted classes, likewise.
    :param num_classes: K.
    :return: counts_KK.
    :raises ValueError: for other classes, or lists of different lengths.
    """
    if len(truth_N) != len(predicted_N):
        raise ValueError('expected one prediction for every true class, got '
                         f'{len(predicted_N)} for {len(truth_N)}')
    wrong = sorted({k for k in (*truth_N, *predicted_N) if not 0 <= k < num_classes})
    if wrong:
        raise ValueError(f'expected classes in [0, {num_classes}), got {wrong}')
    counts_KK = np.zeros((num_classes, num_classes), np.int64)
    np.add.at(counts_KK, (np.array(truth_N, int), np.array(predicted_N, int)), 1)
    return counts_KK


def count_confusions(
    logits: Sequence[NDArray[np.float32]], labels: Sequence[int],
) -> NDArray[np.int64]:
    """
    Count videos by true class and by the best class of their clips' mean logits.

    :param logits: logits_MK of every video, at least one, as ``count_right`` takes them.
    :param labels: the class of every video.
    :return: counts_KK.
    :raises ValueError: when there is no video, or a logit is not finite.
    """
    if not logits or not all(np.isfinite(logits_MK).all() for logits_MK in logits):
        raise ValueError(f'expected finite logits of at least one video, got {len(logits)} videos')
    predicted = [int(logits_MK.mean(axis=0).argmax()) for logits_MK in logits]
    return confusion_matrix(labels, predicted, logits[0].shape[1])


def normalise_rows(counts_KK: NDArray[np.int64]) -> NDArray[np.float64]:
    """
    Give every row as shares of its sum: the diagonal is the accuracy of each class.

    :param counts_KK: from ``confusion_matrix``.
    :return: shares_KK in [0, 1]; a row without videos stays 0.
    """
    totals_K1 = counts_KK.sum(axis=1, keepdims=True)
    shares_KK: NDArray[np.float64] = counts_KK / np.maximum(totals_K1, 1)
    return shares_KK


def accuracy_table(counts_KK: NDArray[np.int64], labels: Sequence[str]) -> str:
    """
    Write the accuracy of every class, and what it is most often taken for, in Markdown.

    :param counts_KK: from ``confusion_matrix``.
    :param labels: class names.
    :return: the table; its last row is over all videos. An en dash where there is nothing to say.
    :raises ValueError: when the names do not fit the matrix.
    """
    _check_labels(counts_KK, labels)
    lines = ['| Class | Videos | Right, % | Most often taken for |', '|---|---:|---:|---|']
    for k, label in enumerate(labels):
        missed_K = counts_KK[k].copy()
        missed_K[k] = 0
        worst = int(missed_K.argmax())
        taken = f'{labels[worst]} ({missed_K[worst]})' if missed_K[worst] else '–'
        lines.append(_accuracy_row(label, counts_KK[k, k], counts_KK[k].sum(), taken))
    lines.append(_accuracy_row('**all**', np.trace(counts_KK), counts_KK.sum(), '–'))
    return '\n'.join(lines)


def draw_confusion(
    counts_KK: NDArray[np.int64], labels: Sequence[str], path: Path, *, as_shares: bool = False,
) -> None:
    """
    Draw a matrix with class names; the shade is the share of the row.

    :param counts_KK: from ``confusion_matrix``.
    :param labels: class names.
    :param path: the PNG file, square, 250 + 35 K pixels a side.
    :param as_shares: write percentages of the row into the cells, not counts.
    :raises ValueError: when the names do not fit the matrix.
    """
    _check_labels(counts_KK, labels)
    side_in = MARGIN_IN + CELL_IN * len(labels)
    figure = Figure(figsize=(side_in, side_in), dpi=DPI, layout='constrained')
    FigureCanvasAgg(figure)
    axes, shares_KK = figure.subplots(), normalise_rows(counts_KK)
    axes.imshow(shares_KK, cmap='Blues', vmin=0, vmax=1)
    for k, j in np.argwhere(counts_KK):
        axes.text(j, k, f'{100 * shares_KK[k, j]:.0f}' if as_shares else str(counts_KK[k, j]),
                  ha='center', va='center', fontsize=FONT_PT,
                  color='white' if shares_KK[k, j] > 0.5 else 'black')
    places = range(len(labels))
    axes.set_xticks(places, labels, rotation=90, fontsize=FONT_PT)
    axes.set_yticks(places, labels, fontsize=FONT_PT)
    edges = np.arange(len(labels) + 1) - 0.5
    axes.set_xticks(edges, minor=True)
    axes.set_yticks(edges, minor=True)
    axes.tick_params(which='minor', length=0)
    axes.grid(which='minor', color='lightgrey', linewidth=0.4)
    axes.set(xlabel='predicted', ylabel='truth' + (', % of the row' if as_shares else ', videos'))
    figure.savefig(path, format='png')


def _accuracy_row(name: str, right: np.int64, total: np.int64, taken: str) -> str:
    accuracy = f'{100 * right / total:.1f}' if total else '–'
    return f'| {name} | {total} | {accuracy} | {taken} |'


def _check_labels(counts_KK: NDArray[np.int64], labels: Sequence[str]) -> None:
    if counts_KK.shape != (len(labels), len(labels)):
        raise ValueError(f'expected one name for every class of a square matrix, got '
                         f'{len(labels)} names for a matrix of {counts_KK.shape}')
