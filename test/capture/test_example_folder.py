# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Examples on disk: names, and annotations that the evaluation reads."""

from concurrent.futures import ThreadPoolExecutor
import multiprocessing
import subprocess
import sys
import threading

from encoded_video import picture
from imrs_ros.capture.example_folder import ANNOTATIONS, ExampleFolder
from imrs_ros.evaluation.ground_truth.annotation_file import NAME, read_annotations
from imrs_ros.evaluation.recordings.source import find_recordings, open_recording
from imrs_ros.video import read_video
import pytest

NUM_IMAGES, PERIOD_NS = 10, 40_000_000


def record(out, label, num_images=NUM_IMAGES):
    return add(ExampleFolder(out, label), num_images)


def add(folder, num_images=NUM_IMAGES):
    video = folder.begin()
    for number in range(num_images):
        video.add(1 + PERIOD_NS * number, picture(number))
    return folder.keep(video)


def test_examples_are_class_folders_with_annotations(tmp_path):
    folder = ExampleFolder(tmp_path, 'wave')
    paths = [add(folder), add(folder), record(tmp_path, 'Push Ups'), record(tmp_path, 'no_action')]
    assert [path.parent.name for path in paths] == ['wave', 'wave', 'Push Ups', 'no_action']
    assert len({path.stem for path in paths}) == 4, 'annotations name no folder'
    assert {len(list(read_video(path))) for path in paths} == {NUM_IMAGES}
    assert ANNOTATIONS == NAME
    annotations = read_annotations(tmp_path / ANNOTATIONS)
    # Without an annotation, a video shows background.
    assert [(a.recording, a.start_sec, a.end_sec, a.label) for a in annotations] == [
        (path.stem, 0.0, 0.36, path.parent.name) for path in paths[:3]]
    assert sorted(find_recordings([tmp_path])) == sorted(paths)
    for path, annotation in zip(paths, annotations):
        with open_recording(path) as recording:
            assert annotation.is_of(recording.name, recording.topics[0])
            assert annotation.end_sec <= recording.duration_ns / 1e9
    assert sorted(item.name for item in tmp_path.iterdir()) == sorted(
        ['wave', 'Push Ups', 'no_action', ANNOTATIONS])


def test_what_is_annotated_already_stays(tmp_path):
    path = tmp_path / ANNOTATIONS
    path.write_text('label,start,end,recording,person,topic\n'
                    '"one, two",1,2.5,bag,anna,/front/image\n\nfall,0,1,other,,\n')
    before = read_annotations(path)
    example = record(tmp_path, 'wave')
    after = read_annotations(path)
    assert [(a.label, a.recording, a.person, a.topic) for a in after] == [
        ('one, two', 'bag', 'anna', '/front/image'), ('fall', 'other', '', ''),
        ('wave', example.stem, '', '')]
    assert [(a.start_sec, a.end_sec) for a in after[:2]] == [
        (a.start_sec, a.end_sec) for a in before]


@pytest.mark.parametrize(('text', 'words'), [
    ('start,end,label\n', 'expected a first line with recording,topic,start,end,label, got'),
    ('', 'expected a first line'),
    ('recording,topic,start,end,label\na,b,0,1,wave,fall\n', 'line 2: expected 5 values, got')])
def test_other_annotations_are_refused_before_anything_is_recorded(tmp_path, text, words):
    (tmp_path / ANNOTATIONS).write_text(text)
    with pytest.raises(ValueError, match=words):
        ExampleFolder(tmp_path, 'wave')
    assert (tmp_path / ANNOTATIONS).read_text() == text


def test_annotations_that_break_meanwhile_leave_no_example(tmp_path):
    folder = ExampleFolder(tmp_path, 'wave')
    add(folder)
    (tmp_path / ANNOTATIONS).write_text('broken')
    with pytest.raises(ValueError, match='expected a first line'):
        add(folder)
    assert len(list(tmp_path.rglob('*.mp4'))) == 1


def test_a_moved_example_keeps_its_name_to_itself(tmp_path, monkeypatch):
    monkeypatch.setattr('imrs_ros.capture.example_folder.time.strftime', lambda _: 'now')
    first = record(tmp_path, 'wave')
    ExampleFolder(tmp_path, 'no_action')
    first.rename(tmp_path / 'no_action' / first.name)
    second = record(tmp_path, 'wave')
    assert [first.name, second.name] == ['now-1.mp4', 'now-2.mp4']
    second.unlink()
    assert record(tmp_path, 'fall').name == 'now-3.mp4', 'its annotation is still there'


MANY = '''
import sys
from pathlib import Path
from test_example_folder import add
from imrs_ros.capture.example_folder import ExampleFolder
folder = ExampleFolder(Path(sys.argv[1]), sys.argv[2])
for _ in range(5):
    add(folder)
'''


def test_processes_may_record_into_one_folder(tmp_path, root):
    path = ':'.join(map(str, (root, root / 'test' / 'support', root / 'test' / 'capture')))
    processes = [subprocess.Popen([sys.executable, '-c', MANY, tmp_path, label],
                                  env={'PYTHONPATH': path})
                 for label in ('wave', 'wave', 'fall')[:multiprocessing.cpu_count() + 1]]
    assert [process.wait(120) for process in processes] == [0] * len(processes)
    videos = sorted(path.stem for path in tmp_path.rglob('*.mp4'))
    assert len(videos) == 5 * len(processes)
    assert sorted(a.recording for a in read_annotations(tmp_path / ANNOTATIONS)) == videos


def test_folders_that_come_and_go_meanwhile(tmp_path):
    folder, ended = ExampleFolder(tmp_path, 'wave'), threading.Event()

    def come_and_go():
        while not ended.is_set():
            for number in range(50):
                (tmp_path / f'{number}.partial').mkdir()
            for number in range(50):
                (tmp_path / f'{number}.partial').rmdir()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(come_and_go)
        try:
            paths = [add(folder, 2) for _ in range(20)]
        finally:
            ended.set()
    assert len({path.stem for path in paths}) == len(paths)
