# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Recordings evaluated on a real Dask cluster."""

import socket
import subprocess
import sys
import time

import pytest
from sample_recordings import camera_frames, EAGER, write_bag
import yaml

distributed = pytest.importorskip('dask.distributed', reason='dask comes with the training tools')


@pytest.fixture
def arguments(tiny_card, tmp_path):
    """Return the command line that evaluates two short bags, without --out."""
    for name in ('first', 'second'):
        write_bag(tmp_path / 'bags' / name, list(camera_frames(40)))
        (tmp_path / 'bags' / name / 'annotations.csv').write_text(
            'start,end,label\n0.8,1.4,wave\n')
    params = tmp_path / 'recognizer.yaml'
    params.write_text(yaml.safe_dump({'recognizer': {'ros__parameters': {
        'model': str(tiny_card.folder), **EAGER}}}))
    return ['evaluate', str(tmp_path / 'bags'), '--params', str(params)]


def evaluate(*arguments):
    return subprocess.run([sys.executable, '-m', 'imrs_ros.evaluation', *map(str, arguments)],
                          text=True, capture_output=True, timeout=200)


def test_a_cluster_gives_the_same_report(arguments, tmp_path):
    here = evaluate(*arguments, '--out', tmp_path / 'here')
    assert here.returncode == 0, here.stderr
    with distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        there = evaluate(*arguments, '--out', tmp_path / 'there',
                         '--dask', cluster.scheduler_address)
    assert there.returncode == 0, there.stderr
    assert 'Traceback' not in there.stderr
    reports = [tmp_path / name / 'report.json' for name in ('here', 'there')]
    assert reports[0].read_bytes() == reports[1].read_bytes()


def test_a_cluster_without_workers_is_named(arguments, tmp_path):
    with distributed.LocalCluster(n_workers=0, dashboard_address=None) as cluster:
        done = evaluate(*arguments, '--out', tmp_path / 'out',
                        '--dask', cluster.scheduler_address)
    assert done.returncode == 1
    assert f'{cluster.scheduler_address}: expected a Dask scheduler with workers' in done.stderr
    assert 'Traceback' not in done.stderr


@pytest.mark.parametrize('address', ['tcp://127.0.0.1:{port}', 'nonsense://host', 'no.invalid:1'])
def test_an_unreachable_cluster_is_named(arguments, tmp_path, address):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        address = address.format(port=free.getsockname()[1])
    start_sec = time.monotonic()
    done = evaluate(*arguments, '--out', tmp_path / 'out', '--dask', address)
    assert time.monotonic() - start_sec < 60
    assert done.returncode == 1
    assert done.stderr.startswith(f'evaluate: {address}: expected a Dask scheduler'), done.stderr
    assert 'omit --dask' in done.stderr
    assert 'Traceback' not in done.stderr
