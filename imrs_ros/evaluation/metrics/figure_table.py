"""A report, and the difference of two, as a few lines of text."""

from collections.abc import Mapping
from typing import Any

WORDS = {
    'frame_accuracy': 'windows with the right label',
    'settled_accuracy': 'right windows, 1 s after changes and on',
    'mean_ap': 'mean average precision of windows',
    'calibrated_map': 'calibrated mean average precision',
    'no_action_auroc': 'AUROC of action against none',
    'f1@10': 'segmental F1 at 10 % overlap', 'f1@25': 'segmental F1 at 25 % overlap',
    'f1@50': 'segmental F1 at 50 % overlap', 'edit': 'edit score',
    'event_precision@30': 'event precision at tIoU 0.3',
    'event_recall@30': 'event recall at tIoU 0.3',
    'event_precision@50': 'event precision at tIoU 0.5',
    'event_recall@50': 'event recall at tIoU 0.5',
    'event_precision@70': 'event precision at tIoU 0.7',
    'event_recall@70': 'event recall at tIoU 0.7',
    'num_actions': 'actions', 'num_found': 'actions found',
    'delay_median_sec': 'delay, median, s', 'delay_p95_sec': 'delay, 95th percentile, s',
    'false_actions': 'false actions', 'false_per_min': 'false actions a minute of no action',
    'false_time_share': 'share of time of no action with one',
    'changes_per_min': 'label changes a minute', 'num_windows': 'windows scored',
    'num_skipped': 'windows overtaken', 'num_frames': 'frames', 'num_dropped': 'frames dropped',
    'num_restarts': 'windows started anew'}
"""What every figure is, in the order of tables."""
LOWER_IS_BETTER = {'delay_median_sec', 'delay_p95_sec', 'false_actions', 'false_per_min',
                   'false_time_share', 'changes_per_min', 'num_skipped', 'num_dropped',
                   'num_restarts'}
NEUTRAL = {'num_actions', 'num_windows', 'num_frames'}
"""More of these is neither better nor worse."""


def shown(value: float | int | None) -> str:
    """
    Give a figure as text.

    :param value: None where it is not defined.
    :return: the text.
    """
    if value is None:
        return '-'
    return str(value) if isinstance(value, int) else f'{value:.3f}'


def summary(report: Mapping[str, Any]) -> str:
    """
    Give the figures of a report.

    :param report: of ``report.build``.
    :return: a line a figure.
    """
    figures = report['figures']
    lines = [f'{words:40} {shown(figures[name]):>9}' for name, words in WORDS.items()]
    notes = [f'{r["name"]}: {note}' for r in report['recordings'] for note in r['notes']]
    return '\n'.join([*lines, *notes])
