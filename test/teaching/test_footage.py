# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Examples are found in class folders and recordings; what nobody can learn from is named."""

import csv
import shutil

from imrs_ros.records import NO_ACTION
from imrs_ros.teaching.footage import (
    find_background, find_footage, TeachingError, without_copies)
import pytest
from sample_lessons import write_action
from sample_recordings import write_bag


def annotate(path, *rows):
    with path.open('w', newline='') as file:
        csv.writer(file).writerows([('start', 'end', 'label'), *rows])


@pytest.fixture
def video(tmp_path):
    return write_action(tmp_path / 'source' / 'video.avi', num_frames=3)


def put(video, *paths):
    """Copy a video, each time with other bytes at its end."""
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(video.read_bytes() + bytes([number]))


def test_class_folders_give_labels_and_people_give_groups(tmp_path, video):
    folder = tmp_path / 'my examples é'
    put(video, folder / 'wave' / '1.avi', folder / 'wave' / '2.AVI',
        folder / 'fall over, slowly' / 'ann' / '1.mp4',
        folder / 'fall over, slowly' / 'ben' / '1.mp4',
        folder / 'wäve' / 'ann' / 'monday' / '1.mp4', folder / NO_ACTION / '1.mkv')
    found = {str(each.path.relative_to(folder)): each for each in find_footage([folder])}
    assert {path: each.label for path, each in found.items()} == {
        'wave/1.avi': 'wave', 'wave/2.AVI': 'wave',
        'fall over, slowly/ann/1.mp4': 'fall over, slowly',
        'fall over, slowly/ben/1.mp4': 'fall over, slowly',
        'wäve/ann/monday/1.mp4': 'wäve', 'no_action/1.mkv': NO_ACTION}
    groups = {path: each.group for path, each in found.items()}
    # Ann's clips belong together, whatever she does.
    assert groups['fall over, slowly/ann/1.mp4'] == groups['wäve/ann/monday/1.mp4']
    assert len(set(groups.values())) == 5


def test_hidden_files_are_no_examples(tmp_path, video):
    put(video, tmp_path / 'x' / 'wave' / '1.mp4')
    (tmp_path / 'x' / 'wave' / '._1.mp4').write_bytes(b'of macOS')
    put(video, tmp_path / 'x' / 'wave' / '.cache' / '1.mp4', tmp_path / 'x' / '.old' / '1.mp4')
    (tmp_path / 'x' / '._wave.mp4').write_bytes(b'of macOS')
    (tmp_path / 'x' / 'wave' / 'folder.mp4').mkdir()
    assert [each.path.name for each in find_footage([tmp_path / 'x'])] == ['1.mp4']
    assert [each.path.name for each in find_background([tmp_path / 'x' / 'wave'])][0] == '1.mp4'


def test_links_are_followed(tmp_path, video):
    put(video, tmp_path / 'videos' / 'a.mp4', tmp_path / 'videos' / 'b.mp4')
    folder = tmp_path / 'x'
    (folder / 'fall').mkdir(parents=True)
    (folder / 'wave').symlink_to(tmp_path / 'videos')
    (folder / 'fall' / 'one.mp4').symlink_to(tmp_path / 'videos' / 'a.mp4')
    (folder / 'fall' / 'ann').symlink_to(tmp_path / 'videos')
    (folder / 'fall' / 'circle').symlink_to(folder)
    found = find_footage([folder])
    assert {(each.label, each.path.name) for each in found} >= {
        ('wave', 'a.mp4'), ('wave', 'b.mp4'), ('fall', 'one.mp4'), ('fall', 'b.mp4')}
    with pytest.raises(TeachingError, match='an example of wave|an example of fall'):
        without_copies(found)


def test_annotated_recordings_lie_beside_class_folders(tmp_path, video):
    folder = tmp_path / 'x'
    put(video, folder / 'wave' / '1.mp4', folder / 'wave' / 'long.mp4', folder / 'monday.mp4')
    annotate(folder / 'monday.csv', (0, 1, 'wave'))
    annotate(folder / 'wave' / 'long.csv', (0, 1, 'fall'))
    write_bag(folder / 'tuesday')
    annotate(folder / 'tuesday' / 'annotations.csv', (0, 1, 'wave'))
    labels = {each.path.name: each.label for each in find_footage([folder])}
    assert labels == {'1.mp4': 'wave', 'long.mp4': None, 'monday.mp4': None, 'tuesday': None}
    assert [each.path.name for each in find_footage([folder / 'tuesday'])] == ['tuesday']
    assert [each.label for each in find_footage([folder / 'monday.mp4'])] == [None]
    put(video, folder / 'loose.mp4')
    with pytest.raises(TeachingError, match='loose.mp4: expected a video in a class folder, as '):
        find_footage([folder])


def test_a_bag_without_annotations_is_named(tmp_path, video):
    write_bag(tmp_path / 'x' / 'wave' / 'bag')
    put(video, tmp_path / 'x' / 'wave' / '1.mp4')
    with pytest.raises(TeachingError, match='bag: expected .*annotate-template'):
        find_footage([tmp_path / 'x'])


@pytest.mark.parametrize('name', ['missing', 'empty', 'text.txt', 'text'])
@pytest.mark.parametrize('find', [find_footage, find_background])
def test_paths_without_footage_are_named(tmp_path, find, name):
    (tmp_path / 'empty' / 'deeper').mkdir(parents=True)
    (tmp_path / 'text').mkdir()
    for path in (tmp_path / 'text.txt', tmp_path / 'text' / 'notes.txt'):
        path.write_text('no video')
    with pytest.raises(TeachingError, match=f'{name}: expected .*got n'):
        find([tmp_path / name])


def test_a_class_folder_alone_has_no_class(tmp_path, video):
    put(video, tmp_path / 'wave' / '1.mp4')
    with pytest.raises(TeachingError, match='1.mp4: expected a video in a class folder, as exam'):
        find_footage([tmp_path / 'wave'])


def test_background_is_found_however_deep(tmp_path, video):
    put(video, tmp_path / 'x' / 'a' / 'b' / '1.mp4', tmp_path / 'x' / '2.mp4')
    write_bag(tmp_path / 'x' / 'bag')
    bag = write_bag(tmp_path / 'parts')
    (bag / 'metadata.yaml').unlink()
    found = find_background([tmp_path / 'x', bag])
    assert {each.label for each in found} == {NO_ACTION}
    assert sorted(each.path.name for each in found) == ['1.mp4', '2.mp4', 'bag', 'parts']
    assert len({each.group for each in found}) == 4
    assert [each.path.name for each in find_background([tmp_path / 'x' / '2.mp4'])] == ['2.mp4']


def test_copies_are_left_out_and_those_of_two_classes_refused(tmp_path, video):
    folder = tmp_path / 'x'
    for place in ('wave/1.mp4', 'wave/2.mp4', 'fall/1.mp4'):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(video, folder / place)
    with pytest.raises(TeachingError, match='wave/1.mp4: expected an example of wave, got a copy '
                                            'of .*fall/1.mp4, an example of fall; remove it'):
        without_copies(find_footage([folder]))
    (folder / 'fall' / '1.mp4').unlink()
    kept, (warning,) = without_copies(find_footage([folder]))
    assert [each.path.name for each in kept] == ['1.mp4']
    assert '2.mp4 is left out: a copy of' in warning
    background = find_background([folder / 'wave' / '2.mp4'])
    with pytest.raises(TeachingError, match='2.mp4: expected background, got a copy of .*1.mp4, '
                                            'an example of wave'):
        without_copies([*kept, *background])


def test_the_same_file_twice_is_no_copy(tmp_path, video):
    put(video, tmp_path / 'x' / 'wave' / '1.mp4')
    found = find_footage([tmp_path / 'x', tmp_path / 'x' / '..' / 'x'])
    assert without_copies(found) == (found[:1], [])


def test_copies_of_bags_are_found(tmp_path):
    bag = write_bag(tmp_path / 'one')
    shutil.copytree(bag, tmp_path / 'two')
    kept, (warning,) = without_copies(find_background([tmp_path / 'one', tmp_path / 'two']))
    assert len(kept) == 1
    assert 'two is left out' in warning
