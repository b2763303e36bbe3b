"""``compare``: what changed from one report to another, printed and as a page."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imrs_ros.evaluation.metrics.figure_table import LOWER_IS_BETTER, NEUTRAL, shown, WORDS
from imrs_ros.evaluation.report import report
from imrs_ros.evaluation.report.page import fill

FILE = 'compare.html'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the command line.

    :param parser: of the sub-command.
    """
    parser.add_argument('before', type=Path, help='report.json, or its folder')
    parser.add_argument('after', type=Path, help='report.json, or its folder')
    parser.add_argument('--out', type=Path, help='folder for compare.html; default none')


def verdict(name: str, before: float | None, after: float | None) -> str:
    """
    Say whether a figure became better.

    :param name: of the figure.
    :param before: its value; None where it was not defined.
    :param after: its value now.
    :return: ``better``, ``worse``, or nothing where it is the same or neither.
    """
    if before is None or after is None or before == after or name in NEUTRAL:
        return ''
    return 'better' if (after < before) == (name in LOWER_IS_BETTER) else 'worse'


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """
    Put two reports side by side.

    :param before: a report.
    :param after: another.
    :return: what differs in model, settings and recordings, and all figures.
    """
    settings: list[tuple[Any, ...]] = [
        (name, before['settings'].get(name), value)
        for name, value in after['settings'].items() if before['settings'].get(name) != value]
    if before['model'] != after['model']:
        settings.append(('model', *(f'{r["model"]["name"]} {r["model"]["weights_sha256"][:12]}'
                                    for r in (before, after))))
    recordings = [{one['name'] for one in r['recordings']} for r in (before, after)]
    classes = {label: [r['per_class'].get(label, {}).get('f1@25') for r in (before, after)]
               for label in {**before['per_class'], **after['per_class']}}
    return {
        'settings': settings,
        'only_in_one': sorted(recordings[0] ^ recordings[1]),
        # A report of another version may lack one.
        'figures': [(name, *values, verdict(name, *values)) for name in WORDS
                    for values in [[r['figures'].get(name) for r in (before, after)]]],
        'classes': [(label, *values, verdict('f1@25', *values))
                    for label, values in classes.items()]}


def text(found: Mapping[str, Any]) -> str:
    """
    Give the changes as a table.

    :param found: of ``changes``.
    :return: its lines.
    """
    lines = [f'{"":40} {"before":>9} {"after":>9}']
    lines += [f'{WORDS[name]:40} {shown(one):>9} {shown(two):>9}  {word}'.rstrip()
              for name, one, two, word in found['figures']]
    lines += [f'{f"F1@25 of {label}":40} {shown(one):>9} {shown(two):>9}  {word}'.rstrip()
              for label, one, two, word in found['classes']]
    lines += [f'setting {name}: {one} -> {two}' for name, one, two in found['settings']]
    if found['only_in_one']:
        lines.append('only in one of them, so the figures do not compare: '
                     + ', '.join(found['only_in_one']))
    return '\n'.join(lines)


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :param options: the command line.
    :return: 0.
    """
    found = changes(report.read(options.before), report.read(options.after))
    print(text(found))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / FILE).write_text(fill('compare', {
            **found, 'words': WORDS, 'names': [str(options.before), str(options.after)]}),
            encoding='utf-8')
        print(options.out / FILE)
    return 0
