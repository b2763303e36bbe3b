# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Code in ``docs/api.md`` runs; tables of the pages state what the code and the records state."""

import json
import os
import re
import shutil
import subprocess
import sys

from encoded_video import encode
import pytest

ACTION = 'JumpingJack'


@pytest.fixture(scope='module')
def examples(root):
    """Return the examples of the page by the title of their section."""
    page = (root / 'docs' / 'api.md').read_text(encoding='utf-8')
    return dict(re.findall(r'## ([^\n]+)\n(?:(?!\n## ).)*?```python\n(.*?)```', page, re.DOTALL))


def run_example(text, root, folder):
    return subprocess.run(
        [sys.executable, '-c', text], cwd=folder, text=True, capture_output=True, timeout=280,
        env={**os.environ, 'PYTHONPATH': str(root)})


def rows_below(page, heading):
    """Return the rows of the first table below a heading, without its head."""
    section = page[page.index(f'\n{heading}\n'):]
    lines = re.search(r'((?:^\|.*\n)+)', section, re.MULTILINE)[1].splitlines()[2:]
    return [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]


def test_recognizer_names_the_action_of_a_video(examples, root, dataset, tmp_path):
    source = sorted((dataset / 'videos' / ACTION).iterdir())[0]
    shutil.copy(source, tmp_path / 'video.mp4')
    done = run_example(examples['Frames in, decisions out'], root, tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(rf'^\d+\.\d+ s: {ACTION} 0\.\d+$', done.stdout, re.MULTILINE)


def test_evaluation_prints_figures(examples, root, tmp_path, tiny_model):
    encode(tmp_path / 'recording.mp4', num_frames=60)
    (tmp_path / 'recording.csv').write_text('recording,topic,start,end,label\n')
    example = examples['Evaluate'].replace("'recording'", "'recording.mp4'").replace(
        "'ucf10'", repr(str(tiny_model.folder)))
    done = run_example(example, root, tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r'^false_per_min \d', done.stdout, re.MULTILINE)


def test_teaching_asks_for_the_examples(examples, root, tmp_path):
    done = run_example(examples['Teach'], root, tmp_path)
    assert 'TeachingError: examples: expected' in done.stderr


def test_qos_table_is_that_of_the_publishers(root):
    pytest.importorskip('rclpy', reason='needs rclpy: `make setup`, or a ROS installation')
    from imrs_ros.node.people.outputs import EVERY_CHANGE
    from imrs_ros.node.qos import ALIVE, EVERY_WINDOW, image_qos, LATCHED
    from imrs_ros.node_settings import NodeSettings
    from rclpy.qos import LivelinessPolicy, qos_profile_sensor_data
    profiles = {
        '`classification`, `people`, `/diagnostics`': EVERY_WINDOW, '`action`, `label`': ALIVE,
        '`person_action`': EVERY_CHANGE, '`annotated`': qos_profile_sensor_data,
        '`~/labels`': LATCHED}
    rows = rows_below((root / 'docs' / 'topics.md').read_text(encoding='utf-8'), '## QoS')
    assert {row[0] for row in rows[:-1]} == {*profiles}
    for topic, *cells in rows[:-1]:
        qos = profiles[topic]
        lease_sec = qos.liveliness_lease_duration.nanoseconds / 1e9
        # All middleware defaults to automatic.
        liveliness = (f'manual by topic, lease {lease_sec:g} s'
                      if qos.liveliness is LivelinessPolicy.MANUAL_BY_TOPIC else 'automatic')
        stated = [qos.reliability.name, qos.durability.name, str(qos.depth), liveliness]
        assert cells == [words.lower().replace('_', ' ') for words in stated]
    settings = NodeSettings()
    images = image_qos(settings.reliability, settings.queue_size)
    assert rows[-1][1].startswith(images.reliability.name.lower().replace('_', ' '))
    assert rows[-1][3] == f'`queue_size` ({images.depth})'


def test_table_of_cameras_is_what_was_measured(root):
    measured = json.loads((root / 'docs' / 'performance.json').read_text())['node_load.py']
    raw = [record for record in measured['records']
           if record['transport'] == 'raw' and record['has_inference']]
    expected = [[str(record['num_cameras']), f'{min(record["windows_hz"]):.2f}',
                 f'{record["age_sec"]["p50"]:.3f}', f'{record["cpu_share"]:.2f}']
                for record in raw]
    page = (root / 'docs' / 'cameras.md').read_text(encoding='utf-8')
    assert rows_below(page, '## Overload') == expected
