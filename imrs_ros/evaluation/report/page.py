"""The report as one page: HTML that opens from disk and asks for nothing else."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
import json
from pathlib import Path
from typing import Any

from imrs_ros.evaluation.metrics.figure_table import shown, WORDS
from imrs_ros.evaluation.offline.recording_result import Result

FILE = 'report.html'
PARTS = Path(__file__).parent / 'static'


def write_page(report: Mapping[str, Any], results: Sequence[Result], folder: Path) -> Path:
    """
    Write ``report.html``.

    :param report: of ``report.build``.
    :param results: the same recordings, for their images.
    :param folder: of the report.
    :return: the file.
    """
    thumbnails = [[[[round(time_ns / 1e9, 3), _data_url(jpeg)]
                    for time_ns, jpeg in sorted(seen.thumbnails.items())]
                   for seen, _ in result.cameras] for result in results]
    path = folder / FILE
    path.write_text(fill('page', {
        'report': report, 'thumbnails': thumbnails, 'words': WORDS,
        'shown': {name: shown(report['figures'][name]) for name in WORDS}}), encoding='utf-8')
    return path


def fill(script: str, data: Mapping[str, Any]) -> str:
    """
    Put data and a script into the page.

    :param script: name of the script in ``page/``.
    :param data: what the script reads; JSON.
    :return: HTML.
    """
    # "</script>" in a name must not end the element; JSON may write / as \/.
    text = json.dumps(data, allow_nan=False, separators=(',', ':')).replace('</', '<\\/')
    page = (PARTS / 'page.html').read_text(encoding='utf-8')
    page = page.replace('/*STYLE*/', (PARTS / 'page.css').read_text(encoding='utf-8'))
    page = page.replace('/*SCRIPT*/', (PARTS / f'{script}.js').read_text(encoding='utf-8'))
    return page.replace('/*DATA*/', text)


def _data_url(jpeg: bytes) -> str:
    return f'data:image/jpeg;base64,{b64encode(jpeg).decode()}'
