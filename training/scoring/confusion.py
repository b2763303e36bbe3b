# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Which classes are mistaken for which.

Layout legend: N videos, M clips of a video, K classes (rows the truth, columns the prediction).
"""

from collections.abc import Sequence
from pathlib import Path

from imrs_ros.atomic_file import replace_file
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, ConfusionMatrixDisplay

CELL_IN, MARGIN_IN, DPI = 0.35, 2.5, 100
FONT_PT = 8


def count_confusions(
    logits: Sequence[NDArray[np.float32]], labels: Sequence[int],
) -> NDArray[np.int64]:
    """
    Count videos by true class and by the best class of their clips' mean logits.

    :param logits: logits_MK of every video, at least one, as ``count_right`` takes them.
    :param labels: the class of every video, in [0, K).
    :return: counts_KK.
    :raises ValueError: when there is no video, a logit is not finite, or a class is out of range.
    """
    if not logits or not all(np.isfinite(logits_MK).all() for logits_MK in logits):
        raise ValueError(f'expected finite logits of at least one video, got {len(logits)} videos')
    classes = range(logits[0].shape[1])
    wrong = sorted(set(labels) - set(classes))
    if wrong:
        raise ValueError(f'expected classes in [0, {len(classes)}), got {wrong}')
    predicted_N = [logits_MK.mean(axis=0).argmax() for logits_MK in logits]
    counts_KK: NDArray[np.int64] = confusion_matrix(labels, predicted_N, labels=classes)
    return counts_KK


def accuracy_table(counts_KK: NDArray[np.int64], labels: Sequence[str]) -> str:
    """
    Return the accuracy of every class, and what it is most often mistaken for, in Markdown.

    :param counts_KK: from ``count_confusions``.
    :param labels: class names.
    :return: the table; its last row is over all videos. An en dash where there is no figure.
    :raises ValueError: when the names do not fit the matrix.
    """
    _check_labels(counts_KK, labels)
    right_K, totals_K = counts_KK.diagonal(), counts_KK.sum(axis=1)
    mistakes_KK = counts_KK - np.diag(right_K)
    worst_K = mistakes_KK.argmax(axis=1)
    lines = ['| Class | Videos | Right, % | Most often mistaken for |', '|---|---:|---:|---|']
    for k, worst in enumerate(worst_K):
        num = mistakes_KK[k, worst]
        lines.append(_accuracy_row(
            labels[k], right_K[k], totals_K[k], f'{labels[worst]} ({num})' if num else '–'))
    return '\n'.join([*lines, _accuracy_row('**all**', right_K.sum(), totals_K.sum(), '–')])


def draw_confusion(counts_KK: NDArray[np.int64], labels: Sequence[str], path: Path) -> None:
    """
    Draw the matrix with class names; shades and numbers are percentages of the row.

    :param counts_KK: from ``count_confusions``.
    :param labels: class names.
    :param path: the PNG file, square, 250 + 35 K pixels a side.
    :raises ValueError: when the names do not fit the matrix.
    """
    _check_labels(counts_KK, labels)
    side_in = MARGIN_IN + CELL_IN * len(labels)
    figure = Figure(figsize=(side_in, side_in), dpi=DPI, layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    percent_KK = 100 * counts_KK / np.maximum(counts_KK.sum(axis=1, keepdims=True), 1)
    shown = ConfusionMatrixDisplay(percent_KK, display_labels=labels).plot(
        ax=axes, cmap='Blues', colorbar=False, values_format='.0f', xticks_rotation='vertical',
        im_kw={'vmin': 0, 'vmax': 100}, text_kw={'fontsize': FONT_PT})
    for text in shown.text_[counts_KK == 0]:
        text.set_text('')
    axes.tick_params(labelsize=FONT_PT)
    axes.set(xlabel='predicted', ylabel='truth, % of the row')
    with replace_file(path) as new:
        figure.savefig(new, format='png')


def _accuracy_row(name: str, num_right: int, num_videos: int, mistaken: str) -> str:
    accuracy = f'{100 * num_right / num_videos:.1f}' if num_videos else '–'
    return f'| {name} | {num_videos} | {accuracy} | {mistaken} |'


def _check_labels(counts_KK: NDArray[np.int64], labels: Sequence[str]) -> None:
    if counts_KK.shape != (len(labels), len(labels)):
        raise ValueError(f'expected one name for every class of a square matrix, got '
                         f'{len(labels)} names for a matrix of {counts_KK.shape}')
