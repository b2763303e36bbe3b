# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Reports as one page: HTML that opens from disk and loads nothing else."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict
import json
from pathlib import Path
from typing import Any

from imrs_ros.evaluation.metrics.figure import (
    CLASS_FIGURES, FIGURES, format_figure, format_interval, LIVE_FIGURES, PEOPLE_FIGURES)
from imrs_ros.evaluation.offline.recording_result import Result
from imrs_ros.evaluation.report.film import choose_frames
from imrs_ros.evaluation.report.timing import timing

STATIC = Path(__file__).parent / 'static'
SCRIPTS = {'page': ('parts', 'film', 'timeline', 'curve', 'page'),
           'compare': ('parts', 'compare')}
"""Files of each script, in the order in which they run."""


def report_page(report: Mapping[str, Any], results: Sequence[Result]) -> str:
    """
    Draw a report.

    :param report: as ``build_report`` returns it.
    :param results: the same recordings, for their images.
    :return: HTML.
    """
    # JSON does not tell 0.0 from 0, which people read as a count.
    shown = {name: format_figure(report['figures'][name], figure.unit)
             for name, figure in FIGURES.items()}
    intervals = {label: {name: format_interval(limits) for name, limits in row.items()}
                 for label, row in (*report['intervals']['per_class'].items(),
                                    ('', report['intervals']['figures']))}
    return fill('page', {'report': report, 'films': _films(report, results), 'shown': shown,
                         'intervals': intervals, 'people': _shown_people(report),
                         'timing': timing(results)})


def _films(report: Mapping[str, Any], results: Sequence[Result]) -> list[list[list[Any]]]:
    """Return time and image of all frames to show, by recording and camera."""
    played = [(r, c, camera.thumbnails) for r, result in enumerate(results)
              for c, (camera, _) in enumerate(result.cameras)]
    chosen = choose_frames([(report['recordings'][r]['cameras'][c], sorted(thumbnails))
                            for r, c, thumbnails in played])
    films: list[list[list[Any]]] = [[] for _ in results]
    for (r, _, thumbnails), times in zip(played, chosen):
        films[r].append([[round(time_ns / 1e9, 3), _data_url(thumbnails[time_ns])]
                         for time_ns in times])
    return films


def _shown_people(report: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """
    Return every figure of people by name; nothing without people.

    :param report: as ``build_report`` returns it.
    :return: value, interval, and the value of the live node if there is one.
    """
    people, live = report.get('people'), report.get('live', {}).get('people')
    columns = [] if live is None else [live['figures']]
    return {} if people is None else {
        figure.name: (format_figure(people['figures'][figure.name], figure.unit),
                      format_interval(people['intervals'].get(figure.name)),
                      *(format_figure(column[figure.name], figure.unit) for column in columns))
        for figure in PEOPLE_FIGURES}


def fill(script: str, data: Mapping[str, Any]) -> str:
    """
    Put data and a script into the page.

    :param script: one of ``SCRIPTS``.
    :param data: what the script reads, as JSON, beside the registry of figures.
    :return: HTML.
    """
    registry = {'all': FIGURES.values(), 'per_class': CLASS_FIGURES, 'live': LIVE_FIGURES,
                'people': PEOPLE_FIGURES}
    known = {name: [asdict(figure) for figure in rows] for name, rows in registry.items()}
    # No "</script>" or "<!--<script>" in a name may end the element, or keep it open.
    text = json.dumps({**data, 'registry': known}, allow_nan=False, separators=(',', ':'))
    page = (STATIC / 'page.html').read_text(encoding='utf-8')
    page = page.replace('/*STYLE*/', (STATIC / 'page.css').read_text(encoding='utf-8'))
    code = '\n'.join((STATIC / f'{name}.js').read_text(encoding='utf-8')
                     for name in SCRIPTS[script])
    page = page.replace('/*SCRIPT*/', code)
    return page.replace('/*DATA*/', text.replace('<', '\\u003c'))


def _data_url(jpeg: bytes) -> str:
    return f'data:image/jpeg;base64,{b64encode(jpeg).decode()}'
