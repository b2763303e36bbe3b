"""The arrows of docs/architecture.md, held by the imports themselves."""

import ast
from pathlib import Path
import sys

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROS = {
    'ament_index_python', 'builtin_interfaces', 'diagnostic_msgs', 'launch', 'launch_ros',
    'lifecycle_msgs', 'rcl_interfaces', 'rclpy', 'sensor_msgs', 'std_msgs', 'vision_msgs'}
# Module (or folder) to the packages and sister modules it may import, stdlib aside.
ALLOWED = {
    'records': {'numpy'},
    'settings': set(),
    'card_section': set(),
    'model_card': {'yaml', 'imrs_ros.card_section', 'imrs_ros.records'},
    'model_folders': set(),
    'preprocessing': {'numpy', 'cv2'},
    'video': {'numpy', 'cv2'},
    'rate_limit': set(),
    'resampler': {'imrs_ros.records'},
    'ring_buffer': {'numpy'},
    'motion': {'cv2', 'numpy'},
    'annotation': {'cv2', 'numpy'},
    'camera_health': set(),
    'node_health': {'psutil', 'imrs_ros.backends', 'imrs_ros.camera_health',
                    'imrs_ros.model_card'},
    'networks': {'torch', 'safetensors', 'imrs_ros.networks', 'imrs_ros.model_card',
                 'imrs_ros.stream_plan'},
    'stream_plan': set(),
    'backends/base': {'numpy', 'imrs_ros.records'},
    'backends/__init__': {'imrs_ros.backends'},
    'backends/load': {'numpy', 'imrs_ros.backends', 'imrs_ros.model_card', 'imrs_ros.records',
                      'imrs_ros.settings'},
    'backends/failover': {
        'numpy', 'imrs_ros.backends.base', 'imrs_ros.backends.load', 'imrs_ros.model_card',
        'imrs_ros.records', 'imrs_ros.settings'},
    'backends/torch_backend': {
        'numpy', 'torch', 'imrs_ros.backends.base', 'imrs_ros.model_card', 'imrs_ros.networks',
        'imrs_ros.records', 'imrs_ros.settings'},
    'backends/cpu_cores': set(),
    'backends/feature_ring': {'numpy'},
    'backends/stream_memory': {'numpy', 'imrs_ros.backends.feature_ring', 'imrs_ros.records',
                               'imrs_ros.stream_plan'},
    'backends/item_maker': {'numpy', 'imrs_ros.backends.stream_memory', 'imrs_ros.stream_plan'},
    'backends/streaming': {
        'numpy', 'imrs_ros.backends.item_maker', 'imrs_ros.backends.stream_memory',
        'imrs_ros.records', 'imrs_ros.stream_plan'},
    'backends/model_cache': set(),
    'backends/openvino_export': {
        'openvino', 'imrs_ros.backends.model_cache', 'imrs_ros.model_card'},
    'backends/openvino_convert': {
        'openvino', 'torch', 'imrs_ros.backends.openvino_export', 'imrs_ros.model_card',
        'imrs_ros.networks', 'imrs_ros.stream_plan'},
    'backends/openvino_backend': {
        'numpy', 'openvino', 'imrs_ros.backends.base', 'imrs_ros.backends.openvino_export',
        'imrs_ros.backends.streaming', 'imrs_ros.model_card', 'imrs_ros.records',
        'imrs_ros.settings', 'imrs_ros.stream_plan'},
    'decision': {'numpy', 'imrs_ros.records', 'imrs_ros.settings'},
    'camera_stream': {
        'imrs_ros.model_card', 'imrs_ros.preprocessing', 'imrs_ros.records',
        'imrs_ros.resampler', 'imrs_ros.ring_buffer', 'imrs_ros.settings', 'imrs_ros.motion'},
    'recognizer': {
        'imrs_ros.backends', 'imrs_ros.camera_stream', 'imrs_ros.decision',
        'imrs_ros.model_card', 'imrs_ros.records', 'imrs_ros.settings'},
    'worker': {'imrs_ros.rate_limit', 'imrs_ros.recognizer', 'imrs_ros.records'},
    'demo_source': {'numpy', 'cv2', 'imrs_ros.video'},
    '__init__': set(),
}
NODE_MODULES = ('ros_', 'recognizer_node', 'examples/')
FILES = sorted((ROOT / 'imrs_ros').rglob('*.py'))


def imports_of(path):
    """Give the names of all modules that a file imports, wherever in it."""
    found = set()
    for item in ast.walk(ast.parse(path.read_text())):
        if isinstance(item, ast.Import):
            found |= {alias.name for alias in item.names}
        elif isinstance(item, ast.ImportFrom):
            assert item.level == 0, f'{path}: relative import'
            found.add(item.module)
    return {name for name in found if name.split('.')[0] not in sys.stdlib_module_names}


def rule_for(path):
    """Give the entry of ``ALLOWED`` for a file, or None for the node's own modules."""
    name = path.relative_to(ROOT / 'imrs_ros').with_suffix('').as_posix()
    if name.startswith(NODE_MODULES):
        return None
    return ALLOWED[name] if name in ALLOWED else ALLOWED[name.split('/')[0]]


@pytest.mark.parametrize('path', FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_module_imports_only_what_stands_left_of_it(path):
    allowed = rule_for(path)
    for name in imports_of(path):
        assert not name.startswith('training'), f'{path} imports {name}: never the reverse'
        if allowed is None:
            continue
        assert any(name == a or name.startswith(a + '.') for a in allowed), (
            f'{path} imports {name}; allowed are {sorted(allowed)}. Move the code, or change '
            'docs/architecture.md and this table together')


def test_training_does_not_import_ros():
    for path in (ROOT / 'training').rglob('*.py'):
        for name in imports_of(path):
            assert name.split('.')[0] not in ROS, f'{path} imports {name}'
            assert not name.startswith(('imrs_ros.ros_', 'imrs_ros.recognizer_node')), path


def test_every_rule_speaks_of_a_module():
    names = {p.relative_to(ROOT / 'imrs_ros').with_suffix('').as_posix() for p in FILES}
    for rule in ALLOWED:
        assert any(name == rule or name.startswith(rule + '/') for name in names), rule
