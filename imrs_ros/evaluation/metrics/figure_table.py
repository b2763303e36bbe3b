"""Figures as lines of text, for terminals."""

from collections.abc import Mapping
from typing import Any

from imrs_ros.evaluation.metrics.figure import FIGURES, format_figure, Value


def figure_row(words: str, *values: Value, unit: str = '', note: str = '') -> str:
    """
    Format a line of a table.

    :param words: of the figure.
    :param values: one a column.
    :param unit: of the values.
    :param note: at the end of the line.
    :return: the line, as wide as that of ``header_row``.
    """
    cells = ' '.join(f'{format_figure(value):>9}' for value in values)
    return f'{words:40} {cells} {unit:5} {note}'.rstrip()


def header_row(*names: str) -> str:
    """
    Format the header of a table.

    :param names: of the columns of values.
    :return: the line.
    """
    return f'{"":40} ' + ' '.join(f'{name:>9}' for name in names)


def summary(report: Mapping[str, Any]) -> str:
    """
    Format the figures and notes of a report.

    :param report: as ``report.build`` returns it.
    :return: one line per figure, one per note.
    """
    lines = [figure_row(figure.words, report['figures'][name], unit=figure.unit)
             for name, figure in FIGURES.items()]
    notes = [f'{r["name"]}: {note}' for r in report['recordings'] for note in r['notes']]
    return '\n'.join([*lines, *notes])
