# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The wheel: built as ``python -m build`` does, installed, and used far from the source tree."""

from email import message_from_string
import json
import os
from pathlib import Path
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile

from encoded_video import encode
import pytest

SOURCES = ('setup.py', 'setup.cfg', 'pyproject.toml', 'MANIFEST.in', 'README.md', 'LICENSE',
           'package.xml', 'resource', 'requirements', 'imrs_ros', 'launch', 'config', 'models')
BUILD = 'import sys; from setuptools import build_meta; build_meta.{}(sys.argv[1])'
EVERY_COMMAND = '''
from importlib import import_module
from imrs_ros.__main__ import COMMANDS
for target, _ in COMMANDS.values():
    module, _, function = target.partition(':')
    assert callable(getattr(import_module(module), function))
'''
WHERE = '''
import imrs_ros
from imrs_ros.model_folders import find_model
from imrs_ros.node.fastdds_profile import use_image_profile
print(imrs_ros.__file__, find_model('ucf10'), find_model('movenet'), use_image_profile({}),
      sep='\\n')
'''


def run(*command, **options):
    """Run a program, and return what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    environment.update(options.pop('env', {}))
    done = subprocess.run(
        [str(word) for word in command], env=environment, text=True, capture_output=True,
        **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope='module')
def source(root, tmp_path_factory):
    """Return a copy of the source tree, as far as it is installed."""
    source = tmp_path_factory.mktemp('build') / 'source'
    source.mkdir()
    for name in SOURCES:
        path = root / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns(
                '__pycache__', '*.partial', '.*'))
        else:
            shutil.copy(path, source)
    return source


@pytest.fixture(scope='module')
def wheel(source, tmp_path_factory):
    """Return the wheel, built from the source archive."""
    folder = tmp_path_factory.mktemp('wheel')
    out = folder / 'out'
    run(sys.executable, '-c', BUILD.format('build_sdist'), out, cwd=source)
    (archive,) = out.glob('*.tar.gz')
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter='data')
    (unpacked,) = folder.glob('imrs_ros-*')
    run(sys.executable, '-c', BUILD.format('build_wheel'), out, cwd=unpacked)
    (built,) = out.glob('*.whl')
    return built


@pytest.fixture(scope='module')
def names(wheel):
    return zipfile.ZipFile(wheel).namelist()


@pytest.fixture(scope='module')
def environment(wheel, tmp_path_factory):
    """Return a virtual environment with the wheel, which borrows all other packages."""
    folder = tmp_path_factory.mktemp('user') / 'venv'
    run(sys.executable, '-m', 'venv', '--without-pip', folder)
    packages = folder / 'lib' / f'python{sysconfig.get_python_version()}' / 'site-packages'
    # A path alone: the .pth files in there, that of the source tree among them, are not read.
    (packages / 'borrowed.pth').write_text(sysconfig.get_paths()['purelib'])
    run(sys.executable, '-m', 'pip', '--python', folder / 'bin' / 'python', 'install', '--quiet',
        '--no-deps', '--no-index', '--force-reinstall', wheel)
    return folder


def files_in(source, *folders):
    return {str(path.relative_to(source)) for folder in folders
            for path in (source / folder).rglob('*')
            if path.is_file() and '__pycache__' not in path.parts}


def test_it_carries_modules_pages_models_launch_files_and_configuration(source, names):
    missing = files_in(source, 'imrs_ros') - set(names)
    assert missing == set(), 'package_data of setup.py'
    share = '/data/share/imrs_ros/'
    data = {name.partition(share)[2] for name in names if share in name}
    assert data == files_in(source, 'launch', 'config', 'models') | {'package.xml'}


def test_it_carries_nothing_else(names):
    tops = {name.split('/')[0] for name in names}
    assert {top.rpartition('.')[2] if '-' in top else top for top in tops} == {
        'imrs_ros', 'data', 'dist-info'}


def test_pip_puts_one_program_on_path(wheel, names, environment):
    (entry_points,) = [name for name in names if name.endswith('entry_points.txt')]
    assert zipfile.ZipFile(wheel).read(entry_points).decode().split('\n')[:2] == [
        '[console_scripts]', 'imrs_ros = imrs_ros.__main__:run_command']
    programs = {path.name for path in (environment / 'bin').iterdir()}
    assert 'imrs_ros' in programs
    assert not programs & {'view', 'demo', 'teach', 'recognizer'}


def test_ros2_run_finds_every_command(root):
    """A program for each is installed by colcon and bloom."""
    from imrs_ros.__main__ import COMMANDS
    printed = run(sys.executable, '-c', '''
import json, setuptools
from distutils.core import run_setup
print(json.dumps(run_setup('setup.py', stop_after='init').entry_points))
''', cwd=root)
    scripts = json.loads(printed.splitlines()[-1])['console_scripts']
    assert dict(script.split(' = ') for script in scripts) == {
        name: target for name, (target, _) in COMMANDS.items()}


def test_extras_name_what_each_command_needs(wheel, names):
    (metadata,) = [name for name in names if name.endswith('dist-info/METADATA')]
    headers = message_from_string(zipfile.ZipFile(wheel).read(metadata).decode())
    assert {'runtime', 'evaluation', 'people', 'view'} <= set(headers.get_all('Provides-Extra'))
    assert headers['License-Expression'] or headers['License']


def test_models_and_settings_are_found_wherever_pip_put_them(wheel, environment, tmp_path):
    python = environment / 'bin' / 'python'
    target = tmp_path / 'target'
    run(sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--no-index',
        '--target', target, wheel)
    for prefix, settings in ((environment, {}), (target, {'PYTHONPATH': str(target)})):
        package, model, finder, profile = map(Path, run(
            python, '-c', WHERE, cwd=tmp_path,
            env={'AMENT_PREFIX_PATH': '', **settings}).splitlines())
        share = prefix / 'share' / 'imrs_ros'
        assert package.is_relative_to(prefix)
        assert (model, finder) == (share / 'models' / 'ucf10', share / 'models' / 'movenet')
        assert profile == share / 'config' / 'fastdds_images.xml'


def test_every_command_can_be_imported(environment, tmp_path):
    pytest.importorskip('rclpy')
    run(environment / 'bin' / 'python', '-c', EVERY_COMMAND, cwd=tmp_path)


def test_it_evaluates_a_video_without_ros_and_without_the_source_tree(environment, tmp_path):
    encode(tmp_path / 'short.mp4', num_frames=20)
    (tmp_path / 'settings.yaml').write_text(
        '/**: {ros__parameters: {backend: torch, hop: 16, smoothing_sec: 0.0}}')
    without_ros = 'import sys; sys.modules["rclpy"] = None\n'
    run(environment / 'bin' / 'python', '-c', without_ros + (
        'from imrs_ros.__main__ import run_command\n'
        'sys.argv = ["imrs_ros", "evaluate_bag", "short.mp4", "--params", "settings.yaml", '
        '"--out", "report"]\nrun_command()'), cwd=tmp_path, env={'AMENT_PREFIX_PATH': ''})
    report = json.loads((tmp_path / 'report' / 'report.json').read_text())
    assert 'JumpingJack' in json.dumps(report)
    assert (tmp_path / 'report' / 'report.html').stat().st_size > 10_000


def test_help_lists_every_command(environment, tmp_path):
    from imrs_ros.__main__ import COMMANDS
    printed = run(environment / 'bin' / 'imrs_ros', '--help', cwd=tmp_path)
    assert [line.split()[0] for line in printed.splitlines() if line.startswith('  ')] == [
        *COMMANDS]


@pytest.mark.parametrize(('missing', 'command', 'text'), [
    ('rclpy', 'recognizer', 'it comes with ROS 2: source its setup file first'),
    ('cv2', 'annotate_template', "pip install 'imrs_ros[runtime,evaluation"),
    ('', 'dance', "expected one of the commands below, got 'dance'")])
def test_what_is_missing_is_named(tmp_path, missing, command, text):
    done = subprocess.run([sys.executable, '-c', f'''
import sys
sys.modules[{missing!r}] = None
sys.argv = ['imrs_ros', {command!r}]
from imrs_ros.__main__ import run_command
run_command()'''], cwd=tmp_path, text=True, capture_output=True)
    assert done.returncode == 1
    assert text in done.stderr
    assert 'Traceback' not in done.stderr
