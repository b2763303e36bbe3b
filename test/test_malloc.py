# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The policies of the allocator, as glibc itself reports them."""

import platform
import subprocess
import sys

import pytest

COUNT = """
import ctypes, re, sys, threading
from imrs_ros.malloc import use_one_heap
if sys.argv[2] == 'one':
    use_one_heap()
libc = ctypes.CDLL('libc.so.6')
libc.fopen.restype = ctypes.c_void_p
meet = threading.Barrier(4)
def allocate():
    # All at once: a thread takes a new heap where others are in use.
    meet.wait()
    for _ in range(10000):
        libc.free(ctypes.c_void_p(libc.malloc(2000)))
libc.malloc.restype = ctypes.c_void_p
threads = [threading.Thread(target=allocate) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b'w'))
libc.malloc_info(0, file)
libc.fclose(file)
print(len(re.findall('<heap nr', open(sys.argv[1]).read())))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='heaps are those of glibc')
def test_threads_share_one_heap(tmp_path):
    def count(heaps):
        return int(subprocess.run(
            [sys.executable, '-c', COUNT, str(tmp_path / 'info.xml'), heaps], check=True,
            capture_output=True, text=True).stdout)
    assert count('one') == 1
    assert count('default') > 1
