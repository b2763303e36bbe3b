# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A model is converted for OpenVINO once, whatever befalls the processes, and found again."""

import errno
import json
import os
from pathlib import Path
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

from imrs_ros.backends import openvino_export
from imrs_ros.backends.model_cache import cache_root
from imrs_ros.backends.openvino_export import cache_beside, export_values, find_or_export
from imrs_ros.model_card import ModelCard
import pytest

FIND = """
import sys
from imrs_ros.backends.openvino_export import find_or_export
from imrs_ros.model_card import ModelCard
print(find_or_export(ModelCard.load(sys.argv[1]))[0], 'torch' in sys.modules)
"""
NO_SPACE = """
import resource, sys
from pathlib import Path
from imrs_ros.backends.openvino_convert import convert
from imrs_ros.model_card import ModelCard
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    convert(ModelCard.load(sys.argv[1]), Path(sys.argv[2]))
except OSError as error:
    print(error)
"""


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """Start with an empty cache and an empty temporary folder."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    return tmp_path / 'cache' / 'imrs_ros' / 'openvino'


@pytest.fixture
def converted(tiny_card, monkeypatch):
    """Count conversions, which are then copies of a real one."""
    real, _ = find_or_export(tiny_card)
    made = []

    def export(card, folder, lock):
        made.append(folder)
        for path in real.glob('[!m]*'):
            (folder / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(openvino_export, 'export', export)
    return made


def test_conversion_beside_the_model_comes_first(tiny_model):
    beside = cache_beside(tiny_model.folder)
    folder = beside.make(export_values(tiny_model), lambda folder, lock: openvino_export.export(
        tiny_model, folder, lock))
    assert find_or_export(tiny_model) == (folder, ())
    (folder / 'body.bin').write_bytes(b'damaged')
    other, (warning,) = find_or_export(tiny_model)
    assert other.parent == cache_root() / 'openvino'
    assert f'{folder} is not used' in warning


def test_values_tell_models_and_libraries_apart(tiny_card, shipped_model):
    every = [export_values(tiny_card), export_values(ModelCard.load(shipped_model)),
             export_values(tiny_card, '2.13.0'), export_values(tiny_card, '2.14.0')]
    assert all(one != other for i, one in enumerate(every) for other in every[:i])
    assert export_values(tiny_card) == every[0]


def test_without_a_cache_the_temporary_folder_serves_until_there_is_one(
        converted, own_cache, tiny_card, tmp_path):
    cache_file = own_cache.parent.parent
    cache_file.write_text('no folder')
    folder, (warning,) = find_or_export(tiny_card)
    assert folder.parent == tmp_path / f'imrs_ros-{os.geteuid()}'
    assert f'cached in {folder.parent}, until the next reboot alone: {own_cache} cannot' in warning
    assert 'set XDG_CACHE_HOME' in warning
    assert find_or_export(tiny_card) == (folder, (warning,))
    assert len(converted) == 1
    cache_file.unlink()
    folder, warnings = find_or_export(tiny_card)
    assert (folder.parent, warnings) == (own_cache, ())
    assert len(converted) == 1, 'copied, not converted again'


def test_a_disk_that_fills_up_during_the_conversion_is_left_for_the_temporary_folder(
        converted, own_cache, tiny_card, monkeypatch):
    export = openvino_export.export

    def full(card, folder, lock):
        export(card, folder, lock)
        if own_cache in folder.parents:
            raise OSError(errno.ENOSPC, 'No space left on device')
    monkeypatch.setattr(openvino_export, 'export', full)
    folder, (warning,) = find_or_export(tiny_card)
    assert folder.parent.name == f'imrs_ros-{os.geteuid()}'
    assert 'No space left on device; free some space' in warning
    assert list(own_cache.iterdir()) == []


def test_files_that_cannot_be_written_are_an_error_of_the_disk(tiny_card, tmp_path):
    ended = subprocess.run(
        [sys.executable, '-c', NO_SPACE, str(tiny_card.folder), str(tmp_path)],
        capture_output=True, text=True)
    assert 'cannot be written: ' in ended.stdout, ended.stderr
    assert 'is the disk full?' in ended.stdout


def test_a_conversion_outlives_its_killed_node_and_is_used_by_the_next(own_cache, tiny_model):
    command = [sys.executable, '-c', FIND, str(tiny_model.folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as node:
        while not (unfinished := [path for path in own_cache.glob('.making-*') if path.is_dir()]):
            assert node.poll() is None
            time.sleep(0.02)
        begun = unfinished[0].stat().st_ino
        node.send_signal(signal.SIGKILL)
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    folder, has_torch = ended.stdout.split()
    # The same folder, renamed: nothing was converted twice.
    assert Path(folder).stat().st_ino == begun
    assert has_torch == 'False'
    assert list(own_cache.iterdir()) == [Path(folder)]


def test_the_command_stores_it_beside_the_model_for_all_users(tiny_model):
    done = subprocess.run(
        ['sh', '-c', 'umask 022; exec "$@"', 'sh', sys.executable, '-m',
         'imrs_ros.backends.openvino_export', str(tiny_model.folder)],
        capture_output=True, text=True, check=True)
    folder = Path(done.stdout.strip())
    assert folder.parent == tiny_model.folder / 'openvino'
    assert find_or_export(tiny_model) == (folder, ())
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)} == {0o755}


def test_without_pytorch_the_reason_is_named(tiny_model, own_cache, monkeypatch, tmp_path):
    (tmp_path / 'torch.py').write_text('raise ImportError("no torch here")')
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join((str(tmp_path), *sys.path)))
    ended = subprocess.run([sys.executable, '-c', FIND, str(tiny_model.folder)],
                           capture_output=True, text=True)
    assert 'RuntimeError: the network cannot be converted for OpenVINO' in ended.stderr
    assert 'no torch here' in ended.stderr
    assert list(own_cache.iterdir()) == []


DATA_FILES = """
import distutils.core, json, setuptools
print(json.dumps(distutils.core.run_setup('setup.py', stop_after='init').data_files))
"""


def test_setup_installs_what_was_converted_beside_a_model(root, tmp_path):
    for name in ('setup.py', 'README.md'):
        shutil.copy(root / name, tmp_path)
    shutil.copytree(root / 'requirements', tmp_path / 'requirements')
    names = ('models/ucf10/model.yaml', 'models/ucf10/openvino/key/body.bin',
             'models/ucf10/openvino/key/body.xml', 'models/ucf10/openvino/.making-key/body.xml')
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    done = subprocess.run([sys.executable, '-c', DATA_FILES], cwd=tmp_path, capture_output=True,
                          text=True, check=True)
    installed = {folder: files for folder, files in json.loads(done.stdout.splitlines()[-1])
                 if '/models' in folder}
    assert installed == {
        'share/imrs_ros/models/ucf10': [names[0]],
        'share/imrs_ros/models/ucf10/openvino/key': [names[1], names[2]]}
