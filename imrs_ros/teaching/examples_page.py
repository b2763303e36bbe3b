# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A page of the examples that were named wrong, and of classes that look alike, with images."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

from imrs_ros.evaluation.report.files import PAGE_FILE
from imrs_ros.evaluation.report.page import STATIC
from imrs_ros.teaching.clip_features import ClipFeatures
from imrs_ros.teaching.teach import Lesson, Taught

EXAMPLES_FILE = 'examples.html'
MOST_PAIRS, MOST_IMAGES = 5, 8
"""Pairs of classes that are shown, and examples of each."""
HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src \
'unsafe-inline'; img-src data:">
<title>Examples</title>
<style>
"""


def examples_page(taught: Taught, lesson: Lesson) -> str:
    """
    Draw a page that opens from disk and loads nothing else.

    :param taught: what was learnt, and how it did.
    :param lesson: what was learnt.
    :return: HTML.
    """
    parts = [HEAD + (STATIC / 'page.css').read_text(encoding='utf-8')
             + '.strip { flex-wrap: wrap; } .strip figure { cursor: auto; }'
             + '</style></head><body><main><h1>Examples</h1>',
             f'<p>Each was judged by what was learnt from others (<a href="{PAGE_FILE}">decisions '
             'over time</a>).</p>', '<h2>Named wrong</h2>']
    if taught.wrong:
        parts.append(_strip([(clip, f'named {best}', 'bad') for clip, best in taught.wrong]))
    else:
        parts.append('<p>None.</p>')
    pairs = [(pair, count) for pair, count in taught.confusions.most_common()
             if pair[0] in lesson.new_labels][:MOST_PAIRS]
    if pairs:
        parts.append('<h2>Taken for each other</h2>')
    for (label, best), count in pairs:
        parts.append(f'<h3>{escape(label)} for {escape(best)}: {count} of '
                     f'{taught.num_judged[label]} examples</h3>')
        for shown in (label, best):
            clips = [clip for clip in lesson.known if clip.label == shown]
            parts.append(_strip([(clip, '', 'plain') for clip in clips[:MOST_IMAGES]])
                         if any(clip.image is not None for clip in clips) else
                         f'<p>{escape(shown)}: clips of the model, without images.</p>')
    return '\n'.join([*parts, '</main></body></html>\n'])


def _strip(rows: Sequence[tuple[ClipFeatures, str, str]]) -> str:
    figures = []
    for clip, text, kind in rows:
        image = '' if clip.image is None else (
            f'<img src="data:image/jpeg;base64,{b64encode(clip.image).decode()}" '
            f'alt="{escape(clip.label)}">')
        figures.append(f'<figure class="{kind}">{image}<figcaption><b>{escape(clip.label)}</b> '
                       f'{escape(text)}<br>{escape(Path(clip.name).name)}</figcaption></figure>')
    return f'<div class="strip">{"".join(figures)}</div>'
