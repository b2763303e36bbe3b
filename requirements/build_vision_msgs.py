# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Build the vision_msgs stand-in into this virtual environment, once.

vision_msgs is not on PyPI. The messages in ``vision_msgs/`` are built with the rosidl wheels and
checked against the type hashes of the original: with another hash, this node and the other nodes
of a robot would not hear each other. A stand-in that lacks one of them is built anew.

Run by ``make setup``; needs a C++ compiler.
"""

import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import sysconfig

# Those that are published or subscribed to; what they are made of is part of their hash. The
# library rosbags, which does not use rosidl, computes these from the definitions of
# github.com/ros-perception/vision_msgs 4.1.1 (Typestore.hash_rihs01).
ORIGINAL_HASHES = {
    'Classification': 'RIHS01_f74db28d0eaef3afb78f48bf2161cd709a1383a0309d3454383b25be11345143',
    'Detection2DArray': 'RIHS01_214274120007f4a683866481336b70310268cfa107aebe9d594a6acf75bda968',
    'LabelInfo': 'RIHS01_3d37df4015cdf660cc851c51897f2acd957e1ca6205ba0a99aebffb9406b0783',
}
SOURCE = Path(__file__).resolve().parent / 'vision_msgs'
PREFIX = Path(sys.prefix)
WHEEL_BUILDER = re.compile(
    r'/opt/python/cp\d+-cp\d+/(include/python[\d.]+|lib/python[\d.]+/site-packages/numpy'
    r'/_core/include)')


def point_at_this_python() -> None:
    """Replace the include folders of the wheels' build machine by those of this interpreter."""
    import numpy
    python_include, numpy_include = sysconfig.get_paths()['include'], numpy.get_include()
    for path in (PREFIX / 'share').glob('*/cmake/*.cmake'):
        text = path.read_text()
        mended = WHEEL_BUILDER.sub(
            lambda m: python_include if m[1].startswith('include') else numpy_include, text)
        if mended != text:
            path.write_text(mended)


def build(folder: Path) -> None:
    """
    Configure, build and install with CMake.

    :param folder: where build files go; removed afterwards.
    :raises RuntimeError: when a step fails, with the end of what it printed.
    """
    environment = dict(os.environ, AMENT_PREFIX_PATH=str(PREFIX), PYTHONPATH='')
    environment['PATH'] = f'{PREFIX / "bin"}{os.pathsep}{os.environ.get("PATH", "")}'
    steps = (
        ['cmake', '-S', str(SOURCE), '-B', str(folder), '-G', 'Ninja',
         f'-DCMAKE_PREFIX_PATH={PREFIX}', f'-DCMAKE_INSTALL_PREFIX={PREFIX}',
         f'-DPython3_EXECUTABLE={sys.executable}', '-DBUILD_TESTING=OFF',
         '-DCMAKE_BUILD_TYPE=MinSizeRel'],
        ['cmake', '--build', str(folder)],
        ['cmake', '--install', str(folder)])
    for step in steps:
        done = subprocess.run(
            step, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(
                f'`{" ".join(step)}` failed; is a C++ compiler installed (on Debian or Ubuntu: '
                f'apt install g++)?\n{done.stdout[-4000:]}')
    shutil.rmtree(folder)


def installed_hashes() -> dict[str, str]:
    """
    Read the type hashes of the installed messages from their type descriptions.

    :return: the hash of each message that is installed, of those that the stand-in has.
    :raises KeyError: when a type description does not hold it.
    """
    hashes = {}
    for name in sorted(path.stem for path in (SOURCE / 'msg').glob('*.msg')):
        path = PREFIX / 'share' / 'vision_msgs' / 'msg' / f'{name}.json'
        if path.is_file():
            found = {entry['type_name']: entry['hash_string']
                     for entry in json.loads(path.read_text())['type_hashes']}
            hashes[name] = str(found[f'vision_msgs/msg/{name}'])
    return hashes


def is_complete() -> bool:
    """Return whether every message of the stand-in is installed."""
    return len(installed_hashes()) == len(list((SOURCE / 'msg').glob('*.msg')))


def main() -> None:
    """
    Build where needed, then check the hashes.

    :raises RuntimeError: outside a virtual environment, or when the result is not the original.
    """
    if sys.prefix == sys.base_prefix:
        raise RuntimeError(
            f'expected to run in a virtual environment, got {sys.prefix}, where files of the '
            'system would be changed; run `make setup`, which uses .venv')
    if not is_complete():
        print('building the vision_msgs stand-in (about a minute) ...', flush=True)
        point_at_this_python()
        build(PREFIX / 'build_vision_msgs')
    found = installed_hashes()
    for name, original in ORIGINAL_HASHES.items():
        if found.get(name) != original:
            raise RuntimeError(
                f'vision_msgs/msg/{name}: expected type hash {original}, got {found.get(name)}; '
                f'remove {PREFIX} and run `make setup` again')


if __name__ == '__main__':
    main()
