"""The arrows of docs/architecture.md, held by the imports themselves."""

import ast
from pathlib import Path
import sys

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROS = {
    'ament_index_python', 'builtin_interfaces', 'diagnostic_msgs', 'launch', 'launch_ros',
    'lifecycle_msgs', 'rcl_interfaces', 'rclpy', 'rosgraph_msgs', 'sensor_msgs', 'std_msgs',
    'vision_msgs'}
# Module (or folder) to the packages and sister modules it may import, stdlib aside.
ALLOWED = {
    'records': {'numpy'},
    'settings': set(),
    'card_section': set(),
    'model_card': {'yaml', 'imrs_ros.card_section', 'imrs_ros.records'},
    'model_folders': set(),
    'preprocessing': {'numpy', 'cv2'},
    'image_limits': set(),
    'raw_image': {'numpy', 'cv2', 'imrs_ros.image_limits', 'imrs_ros.preprocessing'},
    'compressed_image': {
        'numpy', 'cv2', 'PIL', 'imrs_ros.image_limits', 'imrs_ros.preprocessing'},
    'image_decoding': {'imrs_ros.compressed_image', 'imrs_ros.image_limits', 'imrs_ros.raw_image',
                       'imrs_ros.records'},
    'serialised_image': {'imrs_ros.image_limits'},
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
    'backends/openvino_core': {'openvino'},
    'backends/openvino_backend': {
        'numpy', 'openvino', 'imrs_ros.backends.base', 'imrs_ros.backends.openvino_core',
        'imrs_ros.backends.openvino_export', 'imrs_ros.backends.streaming',
        'imrs_ros.model_card', 'imrs_ros.records', 'imrs_ros.settings', 'imrs_ros.stream_plan'},
    'golden_clips': {'numpy'},
    'backends/engine_cache': {'imrs_ros.backends.model_cache'},
    'backends/gpu_presence': set(),
    'backends/gate': {'numpy'},
    'backends/cached_engines': {'imrs_ros.backends.engine_cache', 'imrs_ros.backends.gate'},
    'backends/gpu_choice': {'imrs_ros.backends.base', 'imrs_ros.backends.engine_cache',
                            'imrs_ros.records'},
    'backends/gpu_backend': {
        'numpy', 'imrs_ros.backends.base', 'imrs_ros.backends.engine_cache',
        'imrs_ros.backends.gpu_choice', 'imrs_ros.golden_clips', 'imrs_ros.model_card',
        'imrs_ros.records'},
    'backends/reference': {
        'numpy', 'torch', 'imrs_ros.backends.gate', 'imrs_ros.golden_clips',
        'imrs_ros.model_card', 'imrs_ros.networks', 'imrs_ros.records'},
    'backends/half_precision': {'torch', 'imrs_ros.networks'},
    'backends/clip_batch': {'torch', 'imrs_ros.model_card', 'imrs_ros.records'},
    'backends/gpu_runner': {'numpy', 'torch', 'imrs_ros.backends.clip_batch',
                            'imrs_ros.records'},
    'backends/gpu_identity': {
        'torch', 'imrs_ros.backends.clip_batch', 'imrs_ros.backends.engine_cache',
        'imrs_ros.model_card'},
    'backends/torch_cuda_backend': {
        'numpy', 'torch', 'imrs_ros.backends', 'imrs_ros.model_card', 'imrs_ros.networks',
        'imrs_ros.records', 'imrs_ros.settings'},
    'backends/tensorrt_build': {
        'torch', 'torch_tensorrt', 'imrs_ros.backends.clip_batch',
        'imrs_ros.backends.half_precision', 'imrs_ros.model_card', 'imrs_ros.networks'},
    'backends/tensorrt_engine': {
        'tensorrt', 'torch', 'imrs_ros.backends.clip_batch', 'imrs_ros.backends.gpu_runner',
        'imrs_ros.model_card'},
    'backends/tensorrt_backend': {
        'numpy', 'tensorrt', 'torch', 'imrs_ros.backends', 'imrs_ros.model_card',
        'imrs_ros.records', 'imrs_ros.settings'},
    'decision': {'numpy', 'imrs_ros.records', 'imrs_ros.settings'},
    'camera_stream': {
        'imrs_ros.model_card', 'imrs_ros.preprocessing', 'imrs_ros.records',
        'imrs_ros.resampler', 'imrs_ros.ring_buffer', 'imrs_ros.settings', 'imrs_ros.motion'},
    'recognizer': {
        'imrs_ros.backends', 'imrs_ros.camera_stream', 'imrs_ros.decision',
        'imrs_ros.model_card', 'imrs_ros.records', 'imrs_ros.settings'},
    'worker': {'imrs_ros.rate_limit', 'imrs_ros.recognizer', 'imrs_ros.records'},
    'demo_source': {'numpy', 'cv2', 'imrs_ros.video'},
    'ros_settings': {'imrs_ros.settings'},
    **{f'evaluation/{name}': {'cv2', 'numpy', 'imrs_ros.evaluation', 'imrs_ros.records'} | more
       for name, more in {
           'recording': set(), 'segment': set(), 'camera_clock': set(), 'track': set(),
           'bag': {'rosbags', 'imrs_ros.image_decoding'}, 'bag_writer': {'rosbags'},
           'video_recording': {'imrs_ros.video'}, 'source': set(),
           'bag_recipe': {'imrs_ros.settings', 'imrs_ros.video'},
           'annotation': {'imrs_ros.ros_settings'}, 'annotation_file': set(),
           'segment_metrics': set(), 'event_metrics': set(), 'frame_metrics': {'sklearn'},
           'figures': set(),
           'parameter_file': {'yaml', 'imrs_ros.ros_settings', 'imrs_ros.settings'}}.items()},
    'dask_cluster': {'dask', 'joblib'},
    'evaluation': {
        'cv2', 'joblib', 'numpy', 'optuna', 'tqdm', 'yaml', 'imrs_ros.backends',
        'imrs_ros.dask_cluster', 'imrs_ros.decision', 'imrs_ros.evaluation', 'imrs_ros.model_card',
        'imrs_ros.model_folders', 'imrs_ros.recognizer', 'imrs_ros.records',
        'imrs_ros.ros_settings', 'imrs_ros.settings', 'imrs_ros.video'},
    '__init__': set(),
    '__main__': {
        'imrs_ros.process_end', 'imrs_ros.process_memory', 'imrs_ros.recognizer_node'},
    'process_end': set(), 'process_memory': set(),
}
NODE_MODULES = ('ros_', 'recognizer_node', 'examples/', 'evaluation/ros_')
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
    if name.startswith(NODE_MODULES) and name not in ALLOWED:
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


def test_training_and_evaluation_do_not_import_ros():
    node_modules = ('imrs_ros.ros_', 'imrs_ros.recognizer_node', 'imrs_ros.evaluation.ros_')
    evaluation = [path for path in (ROOT / 'imrs_ros' / 'evaluation').glob('*.py')
                  if not path.name.startswith('ros_')]
    for path in [*(ROOT / 'training').rglob('*.py'), *evaluation]:
        for name in imports_of(path) - {'imrs_ros.ros_settings'}:
            assert name.split('.')[0] not in ROS, f'{path} imports {name}'
            assert not name.startswith(node_modules), path


def test_every_rule_speaks_of_a_module():
    names = {p.relative_to(ROOT / 'imrs_ros').with_suffix('').as_posix() for p in FILES}
    for rule in ALLOWED:
        assert any(name == rule or name.startswith(rule + '/') for name in names), rule
