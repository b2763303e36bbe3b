"""Install imrs_ros with colcon or pip; launch, config and models go to share/imrs_ros."""

from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = 'imrs_ros'
SHARE = f'share/{PACKAGE}'


def installed(top):
    """
    List a folder for ``data_files``, and all folders in it.

    :param top: such as ``models``; what a killed process left unfinished there stays out.
    :return: a target folder and its files, for every folder that has any.
    """
    found = {}
    for path in sorted(Path(top).rglob('[!.]*')):
        if path.is_file() and not any(part.startswith('.') for part in path.parts):
            found.setdefault(f'{SHARE}/{path.parent.as_posix()}', []).append(str(path))
    return list(found.items())


setup(
    name=PACKAGE,
    version='0.1.0',
    description='Human action recognition for ROS 2, from RGB cameras alone',
    long_description=Path('README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    maintainer='imrs_ros maintainers',
    maintainer_email='maintainers@imrs-ros.invalid',
    license='Apache-2.0',
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    package_data={PACKAGE: ['py.typed', 'evaluation/report/static/*']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (SHARE, ['package.xml']),
        (f'{SHARE}/launch', ['launch/recognizer.launch.py', 'launch/replay.launch.py']),
        (f'{SHARE}/config', ['config/fastdds_images.xml', 'config/recognizer.yaml',
                             'config/sros2_policy.xml']),
        *installed('models'),
    ],
    python_requires='>=3.10',
    install_requires=['setuptools'],
    extras_require={
        'runtime': ['numpy', 'openvino', 'opencv-python-headless', 'pillow', 'psutil',
                    'PyYAML', 'safetensors', 'torch'],
        'evaluation': ['joblib', 'optuna', 'rosbags', 'scikit-learn', 'tqdm'],
        'gpu': ['torch-tensorrt'],
    },
    zip_safe=False,
    entry_points={'console_scripts': [
        'recognizer = imrs_ros.__main__:main',
        'demo = imrs_ros.demo.demo:main',
        'react = imrs_ros.examples.react:main',
        *(f'{program} = imrs_ros.evaluation.command:{program}' for program in (
            'evaluate_bag', 'annotate_template', 'make_bag', 'play_bag', 'record_live',
            'compare_reports', 'tune_decisions')),
    ]},
)
