# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The licence of every package that the node and the evaluation need at run time."""

from importlib.metadata import distribution
import re

from packaging.requirements import Requirement
import pytest

FILES = ('run', 'evaluate', 'people', 'view', 'onnx')
CUDA = re.compile(r'nvidia-|cuda-|triton')
"""Pulled in by PyTorch's build for CUDA alone: proprietary (NVIDIA), triton MIT."""
LEFT_OUT = {'opencv-python'}
"""Of trackers; opencv-contrib-python-headless holds the same module."""


def canonical(name):
    return re.sub('[-_.]+', '-', name).lower()


def needed(root, files=FILES):
    """Return all packages that the files list, and what they pull in."""
    waiting = [line.split('==')[0] for file in files
               for line in (root / 'requirements' / f'{file}.txt').read_text().splitlines()
               if line and not line.startswith('#')]
    found = set()
    while waiting:
        name = canonical(waiting.pop())
        if name in found | LEFT_OUT or CUDA.match(name):
            continue
        found.add(name)
        for text in distribution(name).requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({'extra': ''}):
                waiting.append(requirement.name)
    return found


def licence_of(name):
    """Return what the package says of its licence, in one line."""
    data = distribution(name).metadata
    classifiers = [text.rpartition(' :: ')[2] for text in data.get_all('Classifier') or ()
                   if text.startswith('License :: OSI Approved ::')]
    lines = data.get('License', '').strip().splitlines()
    return data.get('License-Expression') or ', '.join(classifiers) or (lines[0] if lines else '')


def test_the_page_names_the_licence_of_every_package(root):
    rows = re.findall(r'^\| ([\w.-]+) \| ([^|]+?) \|',
                      (root / 'docs' / 'licences.md').read_text(), re.MULTILINE)
    stated = {name: licence for name, licence in rows if name != 'package'}
    packages = needed(root)
    assert {name: licence_of(name) for name in packages} == stated


def test_vision_msgs_is_built_in_a_virtual_environment_only(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / 'requirements'))
    import build_vision_msgs
    monkeypatch.setattr(build_vision_msgs.sys, 'prefix', build_vision_msgs.sys.base_prefix)
    monkeypatch.setattr(build_vision_msgs, 'build', pytest.fail)
    with pytest.raises(RuntimeError, match='expected to run in a virtual environment, got'):
        build_vision_msgs.main()


def lines_of(folder, distro):
    """Return the names of the files that an environment is made of."""
    text = (folder / f'{distro}.txt').read_text()
    # Locked beside it, see requirements/people.txt.
    return [*re.findall(r'^-r (\w+)\.txt$', text, re.MULTILINE), 'people']


@pytest.mark.parametrize('distro', ['kilted', 'jazzy'])
def test_the_lock_holds_the_versions_that_are_required_and_a_hash_of_each(root, distro):
    folder = root / 'requirements'
    lock = (folder / f'lock-{distro}.txt').read_text()
    locked = dict(re.findall(r'^([\w.-]+)==(\S+) \\\n    --hash=sha256:', lock, re.MULTILINE))
    assert len(locked) == len(re.findall('^[^ #]', lock, re.MULTILINE))
    pinned = {canonical(name): version for name in ('constraints', f'constraints-{distro}')
              for name, version in re.findall(
                  r'^([\w.-]+)==(\S+)$', (folder / f'{name}.txt').read_text(), re.MULTILINE)}
    stale = {name for name, version in locked.items() if pinned.get(name, version) != version}
    assert stale == set()
    # Those of PyTorch alone are left out with it.
    of_torch = {
        'torch', 'mpmath', 'networkx', 'sympy', 'filelock', 'fsspec', 'jinja2', 'markupsafe'}
    files = [name for name in FILES if name in lines_of(folder, distro)]
    assert needed(root, files) - of_torch <= {canonical(name) for name in locked}
