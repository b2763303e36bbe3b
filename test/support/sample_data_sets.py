# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Small data sets in every format of split files."""

import functools
from pathlib import Path
import struct
import tempfile

from samples import write_video


@functools.cache
def video_bytes(num_frames):
    """Return a real video of ``num_frames`` frames, as bytes of an .avi file."""
    with tempfile.TemporaryDirectory() as folder:
        return write_video(Path(folder) / 'video.avi', num_frames=num_frames).read_bytes()


def make_data_set(folder, files, videos):
    """
    Write a data set.

    :param folder: where to.
    :param files: name in ``splits/`` to its lines.
    :param videos: ``Class/name.suffix`` in ``videos/``: a short video with its name in a chunk
        that readers skip, as two files of the same bytes are a fault.
    :return: the folder.
    """
    (folder / 'splits').mkdir(parents=True)
    (folder / 'videos').mkdir()
    for name, lines in files.items():
        (folder / 'splits' / name).write_text(''.join(f'{line}\n' for line in lines))
    for name in videos:
        path = folder / 'videos' / name
        path.parent.mkdir(exist_ok=True)
        note = name.encode()
        note += b' ' * (len(note) % 2)
        path.write_bytes(video_bytes(5) + b'JUNK' + struct.pack('<I', len(note)) + note)
    return folder


def make_ucf101(folder):
    """Write split 1 of two classes of three videos: groups 8 and 9 train, group 1 tests."""
    stems = [f'{name}/v_{name}_g{group:02d}_c01'
             for name in ('Run', 'Jump') for group in (8, 9, 1)]
    return make_data_set(folder, {
        'classInd.txt': ['1 Run', '2 Jump'],
        'trainlist01.txt': [f'{stems[0]}.avi 1', f'{stems[1]}.avi 1', f'{stems[3]}.avi 2',
                            f'{stems[4]}.avi 2'],
        'testlist01.txt': [f'{stems[2]}.avi', f'{stems[5]}.avi'],
    }, [f'{stem}.avi' for stem in stems])


def make_hmdb51(folder):
    """Write split 1 of two classes of three videos: one trains, one tests, one is unused."""
    names = ['#a_(1)_[x]!', 'b;c&d_2', 'third']
    return make_data_set(folder, {
        f'{name}_test_split1.txt': [
            f'{names[0]}.avi 1 ', f'{names[1]}.avi 2 ', f'{names[2]}.avi 0 ']
        for name in ('sit', 'brush_hair')
    }, [f'{name}/{video}.avi' for name in ('sit', 'brush_hair') for video in names])


def make_class_folders(folder):
    """Write split 1 of two classes of two videos, with spaces in all names."""
    return make_data_set(folder, {
        'trainlist01.txt': ['wash hands/take 1.mp4', 'fall over/no suffix 2.5'],
        'testlist01.txt': ['wash hands/take 2.mp4', 'fall over/take 3.mov'],
    }, ['wash hands/take 1.avi', 'wash hands/take 2.AVI', 'fall over/no suffix 2.5.avi',
        'fall over/take 3.avi'])


def add_lines(data, name, *lines):
    """Append lines to a file of ``splits/``."""
    with (data / 'splits' / name).open('a') as file:
        file.writelines(f'{line}\n' for line in lines)
