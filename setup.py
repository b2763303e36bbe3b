# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Install imrs_ros with colcon or pip; launch, config and models go to share/imrs_ros.

``ros2 run imrs_ros demo`` needs a program ``demo`` in lib/imrs_ros, where colcon and bloom put it
(setup.cfg). pip puts programs on PATH, where ``view`` or ``demo`` would hide those of others: it
installs ``imrs_ros`` alone, which takes the name of the program as its first argument.
"""

from pathlib import Path
import sys

from setuptools import find_packages, setup

PACKAGE = 'imrs_ros'
SHARE = f'share/{PACKAGE}'
COMMANDS_OF_PIP = {'dist_info', 'bdist_wheel', 'editable_wheel'}
"""Commands of setuptools that pip and ``python -m build`` use, and colcon and bloom do not."""


def installed(top: str) -> list[tuple[str, list[str]]]:
    """
    List a folder, and all folders below it, for ``data_files``.

    :param top: such as ``models``. Hidden files and folders are left out: unfinished entries of
        the cache are hidden.
    :return: target folder and files of every folder that has files.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(Path(top).rglob('[!.]*')):
        if path.is_file() and not any(part.startswith('.') for part in path.parts):
            found.setdefault(f'{SHARE}/{path.parent.as_posix()}', []).append(str(path))
    return list(found.items())


def requirements(name: str) -> list[str]:
    """
    Return the packages that a file in ``requirements/`` lists.

    :param name: the file, without ``.txt``.
    :return: names of packages, without the versions that the project is tested with.
    """
    lines = Path(f'requirements/{name}.txt').read_text(encoding='utf-8').splitlines()
    return [line.split('==')[0] for line in lines if line and not line.startswith('#')]


def console_scripts(programs: list[str]) -> list[str]:
    """
    Return the programs to install.

    :param programs: those of ``ros2 run``.
    :return: the same; for pip, one that runs them all.
    """
    if COMMANDS_OF_PIP.isdisjoint(sys.argv):
        return programs
    return [f'{PACKAGE} = {PACKAGE}.__main__:run_command']


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
    package_data={PACKAGE: ['py.typed', 'evaluation/report/static/*',
                            'evaluation/annotator/static/*', 'view/static/*']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (SHARE, ['package.xml']),
        (f'{SHARE}/launch', ['launch/recognizer.launch.py', 'launch/replay.launch.py']),
        (f'{SHARE}/config', ['config/fastdds_images.xml', 'config/person_finder.yaml',
                             'config/recognizer.yaml', 'config/sros2_policy.xml']),
        *installed('models'),
    ],
    python_requires='>=3.10',
    install_requires=['setuptools'],
    extras_require={
        'runtime': requirements('run'),
        'evaluation': requirements('evaluate'),
        # Pulls in opencv-python as well; docs/person_finder.md says how to do without.
        'people': requirements('people'),
        'gpu': requirements('gpu'),
        'onnx': requirements('onnx'),
        'view': requirements('view'),
        # With pytest in it, `colcon test` runs pytest.
        'test': requirements('test'),
    },
    zip_safe=False,
    entry_points={'console_scripts': console_scripts([
        'recognizer = imrs_ros.__main__:main',
        'person_finder = imrs_ros.person_finder.__main__:main',
        'capture = imrs_ros.capture.command:main',
        'teach = imrs_ros.teaching.command:main',
        'demo = imrs_ros.demo.demo:main',
        'view = imrs_ros.view.command:main',
        'react = imrs_ros.examples.react:main',
        'turn_to = imrs_ros.examples.turn_to:main',
        *(f'{program} = imrs_ros.evaluation.command:{program}' for program in (
            'evaluate_bag', 'annotate', 'annotate_template', 'make_bag', 'play_bag', 'record_live',
            'compare_reports', 'tune_decisions')),
    ])},
)
