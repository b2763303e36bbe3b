# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The server of the annotator, by real requests: reads, checks and saves, and refuses the rest."""

from annotator_server import LABELS, serving
from imrs_ros.evaluation.annotator.workspace import Workspace
from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.ground_truth.annotation_file import (
    find_annotation_file, read_annotations, write_annotations)
from imrs_ros.evaluation.ground_truth.lookup import annotations_of
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.evaluation.recordings.source import open_recording
from imrs_ros.people.detection import Box
import pytest
from sample_recordings import camera_frames, START_NS, TOPIC, write_bag
from samples import write_video

HEAD = ['recording', 'topic', 'start', 'end', 'label']


@pytest.fixture
def bag(tmp_path):
    return write_bag(tmp_path / 'walk', list(camera_frames(51)))


def table(*rows, columns=HEAD, version=''):
    return {'columns': list(columns), 'rows': [list(row) for row in rows], 'version': version}


def test_a_recording_without_annotations(bag):
    with serving(bag) as server:
        session = server.get('/api/session')
        assert session == {'model': '', 'labels': list(LABELS), 'no_action': 'no_action',
                           'recordings': [{'name': 'walk', 'path': str(bag), 'num_lines': None}]}
        found = server.get('/api/recordings/0')
        assert found['file'] == str(bag / 'annotations.csv')
        assert (found['version'], found['columns'], found['rows']) == ('', HEAD, [])
        assert found['duration_sec'] == 2.0
        assert found['problems'] == []
        camera, = found['cameras']
        assert camera['topic'] == TOPIC
        assert camera['times_sec'] == pytest.approx([i / 25 for i in range(51)])
        assert camera['zero_sec'] == pytest.approx(-START_NS / 1e9)
        # Nothing is written before something is annotated.
        assert find_annotation_file(bag) is None


def test_what_is_saved_is_what_evaluate_reads(bag):
    with serving(bag) as server:
        status, _, done = server.save(table(('', '', '0.2', '1.0', 'wave'),
                                            ('walk', TOPIC, '1.0', '1.5', 'fall')))
        assert status == 200
        assert done['problems'] == []
        with open_recording(bag) as recording:
            one, other = annotations_of(bag, recording, LABELS)
        assert (one.start_sec, one.end_sec, one.label, one.topic) == (0.2, 1.0, 'wave', '')
        assert (other.recording, other.topic) == ('walk', TOPIC)
        again = server.get('/api/recordings/0')
        assert again['version'] == done['version'] != ''
        assert server.get('/api/session')['recordings'][0]['num_lines'] == 2


def test_the_format_is_that_of_write_annotations(bag, tmp_path):
    annotations = [Annotation(0.2, 1.0, 'wave'), Annotation(
        1.0, 1.5, 'fall', person='ann', box=Box(0.1, 0.2, 0.5, 0.9))]
    write_annotations(tmp_path / 'expected.csv', annotations)
    columns = [*HEAD, 'person', 'left', 'top', 'right', 'bottom']
    with serving(bag) as server:
        assert server.save(table(
            ('', '', '0.200', '1.000', 'wave'), ('', '', '1.000', '1.500', 'fall', 'ann', '0.1000',
                                                 '0.2000', '0.5000', '0.9000'),
            columns=columns))[0] == 200
    assert (bag / 'annotations.csv').read_bytes() == (tmp_path / 'expected.csv').read_bytes()


@pytest.mark.parametrize(('row', 'text'), [
    (('', '', 'soon', '1.0', 'wave'), "expected start and end in seconds, got 'soon' and '1.0'"),
    (('', '', '', '', 'wave'), 'expected start and end in seconds'),
    (('', '', '1.0', '0.5', 'wave'), 'expected an end after its start'),
    (('', '', '0.5', '9.0', 'wave'), 'expected times within the recording, 0 to 2.00 s'),
    (('', '', '0.5', '1.0', ''), 'expected a label, got none'),
    (('', '', '0.5', '1.0', 'sing'), "of the model (wave, fall, lift), got 'sing'"),
    (('', '', '0.5', '1.0', 'no_action'), "got 'no_action'"),
    (('', '', '0.5', '1.0', 'wave', 'more'), 'expected 5 values, got 6'),
])
def test_a_line_with_a_problem_is_named_and_saved(bag, row, text):
    with serving(bag) as server:
        body = table(('', '', '0.1', '0.4', 'fall'), row)
        status, _, checked = server.ask('/api/recordings/0/check', 'POST', body)
        assert status == 200
        problem, = checked['problems']
        assert problem['rows'] == [1]
        assert problem['text'].startswith('line 3: ')
        assert text in problem['text']
        assert not (bag / 'annotations.csv').exists()
        # No work is lost.
        status, _, done = server.save(body)
        assert (status, done['problems']) == (200, checked['problems'])
        assert server.get('/api/recordings/0')['rows'][1] == list(row)


def test_overlaps_name_both_lines_and_other_recordings_do_not_matter(bag):
    with serving(bag) as server:
        _, _, found = server.ask('/api/recordings/0/check', 'POST', table(
            ('', '', '0.2', '1.0', 'wave'), ('other', '', '0.0', '99', 'sing'),
            ('', TOPIC, '0.9', '1.5', 'fall')))
        problem, = found['problems']
        assert problem['rows'] == [0, 2]
        assert problem['text'].startswith('line 2: wave 0.2 to 1 s overlaps line 4: fall')


def test_stamps_of_the_camera_are_placed_as_by_evaluate(bag):
    start = START_NS / 1e9
    with serving(bag) as server:
        _, _, found = server.ask('/api/recordings/0/check', 'POST', table(
            ('', '', f'{start + 0.5}', f'{start + 1.0}', 'wave'),
            ('', '', f'{start + 3.5}', f'{start + 4.0}', 'wave')))
        assert [problem['rows'] for problem in found['problems']] == [[1]]


def test_columns_and_lines_that_nobody_knows_are_kept(bag):
    old = ('start,end,label,note\n0.2,1.0,wave,"by Ann, twice"\n\nsoon,,,unclear\n'
           '1.2,1.4,fall\n')
    (bag / 'annotations.csv').write_text(old, newline='')
    with serving(bag) as server:
        found = server.get('/api/recordings/0')
        assert found['columns'] == ['start', 'end', 'label', 'note']
        assert [problem['rows'] for problem in found['problems']] == [[], [1]]
        assert "got 'start,end,label,note'" in found['problems'][0]['text']
        found['rows'][2][1] = '1.500'
        assert server.save(found)[0] == 200
    assert (bag / 'annotations.csv').read_bytes().decode() == (
        'start,end,label,note\n0.2,1.0,wave,"by Ann, twice"\nsoon,,,unclear\n1.2,1.500,fall,\n')


def test_a_file_that_was_changed_meanwhile_is_not_overwritten(bag):
    file = bag / 'annotations.csv'
    file.write_text('start,end,label\n0.2,1.0,wave\n')
    with serving(bag) as server:
        found = server.get('/api/recordings/0')
        file.write_text('start,end,label\n0.2,1.0,fall\n')
        status, _, answer = server.save({**found, 'rows': []})
        assert status == 409
        assert 'it was changed meanwhile' in answer['error']
        assert 'fall' in file.read_text()
        # Who has seen the new one may replace it.
        new = server.get('/api/recordings/0')
        assert server.save({**found, 'version': new['version']})[0] == 200
        assert 'wave' in file.read_text()
        # A file that appears, and one that goes, are changes, too.
        file.unlink()
        assert server.save({**found, 'version': new['version']})[0] == 409
        assert server.save({**found, 'version': ''})[0] == 200
        assert server.save({**found, 'version': ''})[0] == 409


def test_a_page_of_another_recording_writes_nothing(tmp_path):
    paths = [write_video(tmp_path / f'{name}.avi', 50) for name in ('a', 'b')]
    with serving(paths[0]) as server:
        found = server.get('/api/recordings/0')
    with serving(paths[1]) as server:
        found['rows'] = [['', '', '0.1', '0.9', 'wave']]
        status, _, answer = server.save(found)
        assert (status, answer) == (409, {
            'error': 'expected the recording of this page, the server has another; load the page '
                     'again'})
        # Neither does one of a recording that there no longer is, or that names no file.
        assert server.ask('/api/recordings/1/annotations', 'PUT', found)[0] == 409
        assert server.save({**found, 'file': None})[0] == 422
    assert not list(tmp_path.glob('*.csv'))


@pytest.mark.parametrize('spoil', [
    lambda file: file.unlink(), lambda file: file.write_bytes(b'start,end,label\n0,1,\xff\n')],
    ids=['deleted', 'no UTF-8'])
def test_a_file_that_was_spoiled_can_be_replaced(bag, spoil):
    file = bag / 'annotations.csv'
    file.write_text('start,end,label\n0.2,1.0,wave\n')
    with serving(bag) as server:
        found = server.get('/api/recordings/0')
        spoil(file)
        status, _, answer = server.save(found)
        assert status == 409
        assert server.save({**found, 'version': answer['version']})[0] == 200
    assert [a.label for a in read_annotations(file)] == ['wave']


def test_a_deleted_file_is_read_as_none_and_a_folder_says_so(bag):
    file = bag / 'annotations.csv'
    file.write_text('start,end,label\n0.2,1.0,wave\n')
    with serving(bag) as server:
        server.get('/api/recordings/0')
        file.unlink()
        assert server.get('/api/session')['recordings'][0]['num_lines'] is None
        found = server.get('/api/recordings/0')
        assert (found['rows'], found['version']) == ([], '')
        file.mkdir()
        status, _, answer = server.ask('/api/recordings/0')
        assert status == 422
        assert 'expected an annotation file, got a folder; move it away' in answer['error']
        assert server.save({**found, 'version': 'old'})[2]['version'] == ''
        assert server.save(found)[0] == 500
        file.rmdir()
        assert server.save(found)[0] == 200


@pytest.mark.parametrize('text', [
    'start,end,label\n0,1,"wave\n1,2,fall\n', 'start,end,label,note\n0,1,wave,"two\nlines"\n',
    'start,end,label,note\n0,1,wave,"two\r\nlines"\n', 'start,end,label\n0,1,wave\0\n',
    f'start,end,label{",more" * 100}\n', f'start,end,label\n0,1,{"a" * 10_001}\n'],
    ids=['unclosed', 'LF', 'CRLF', 'NUL', 'columns', 'long'])
def test_a_file_that_could_not_be_written_as_it_is_is_not_opened(bag, text):
    (bag / 'annotations.csv').write_text(text, newline='')
    with serving(bag) as server:
        status, _, answer = server.ask('/api/recordings/0')
        assert status == 422
        assert 'it is left as it is' in answer['error']
    assert (bag / 'annotations.csv').read_bytes().decode() == text


@pytest.mark.parametrize('mark', ['\u0085', '\u2028', '\f', '\v', '\x1c'], ids=ascii)
def test_only_line_ends_of_files_end_a_line(bag, mark):
    text = f'start,end,label,person\n0.2,1.0,wave,a{mark}b\n'
    (bag / 'annotations.csv').write_text(text, newline='')
    with serving(bag, labels=('wave',)) as server:
        found = server.get('/api/recordings/0')
        assert (found['rows'], found['problems']) == ([['0.2', '1.0', 'wave', f'a{mark}b']], [])
        assert server.save(found)[0] == 200
    assert (bag / 'annotations.csv').read_bytes().decode() == text
    # Evaluate agrees.
    assert [a.person for a in read_annotations(bag / 'annotations.csv')] == [f'a{mark}b']


def test_evaluate_refuses_a_quote_that_is_not_closed(tmp_path):
    (tmp_path / 'a.csv').write_text('start,end,label\n0,1,"wave\n1,2,fall\n')
    with pytest.raises(RecordingError, match='expected a CSV whose quotes are closed'):
        read_annotations(tmp_path / 'a.csv')


@pytest.mark.parametrize('time', ['1e300', '-1e300', '1e12', 'inf', 'nan'])
def test_a_time_beyond_all_bounds_is_a_problem_of_its_line(bag, time):
    (bag / 'annotations.csv').write_text(f'start,end,label\n0,{time},wave\n')
    with serving(bag) as server:
        found = server.get('/api/recordings/0')
        assert [problem['rows'] for problem in found['problems']] == [[0]]
        assert 'expected start and end in seconds' in found['problems'][0]['text']
        assert server.save({**found, 'rows': []})[0] == 200


def test_a_json_with_a_time_beyond_all_floats_is_an_error_of_the_file(tmp_path):
    (tmp_path / 'a.json').write_text(
        '{"a": {"annotations": [{"segment": [0, 1%s], "label": "wave"}]}}' % ('0' * 400))
    with pytest.raises(RecordingError, match='expected start and end in seconds'):
        read_annotations(tmp_path / 'a.json')


def test_a_failure_that_nobody_expected_is_answered_in_json(bag, monkeypatch):
    def fail(self, number):
        raise KeyError('camera')
    monkeypatch.setattr(Workspace, 'describe', fail)
    with serving(bag) as server:
        status, _, answer = server.ask('/api/recordings/0')
    assert (status, answer) == (
        500, {'error': "expected no failure of the server, got KeyError: 'camera'"})


def test_a_json_is_read_and_a_csv_written_that_evaluate_prefers(tmp_path):
    video = write_video(tmp_path / 'walk.avi', 50)
    (tmp_path / 'walk.json').write_text(
        '{"database": {"walk": {"annotations": [{"segment": [0.2, 1.0], "label": "wave"}]}}}')
    with serving(video) as server:
        found = server.get('/api/recordings/0')
        assert found['rows'] == [['walk', '', '0.200', '1.000', 'wave']]
        assert (found['file'], found['version']) == (str(tmp_path / 'walk.csv'), '')
        assert server.save(found)[0] == 200
    assert find_annotation_file(video) == tmp_path / 'walk.csv'
    assert [a.label for a in read_annotations(tmp_path / 'walk.csv')] == ['wave']
    assert (tmp_path / 'walk.json').exists()


def test_one_file_for_all_recordings(tmp_path):
    paths = [write_video(tmp_path / f'{name}.avi', 50) for name in ('a', 'b')]
    with serving(*paths, file=tmp_path / 'all.csv') as server:
        for number, name in enumerate('ab'):
            found = server.get(f'/api/recordings/{number}')
            assert found['is_shared']
            found['rows'].append([name, '', '0.1', '0.9', 'wave'])
            assert server.save(found, number)[0] == 200
        assert [one['num_lines'] for one in server.get('/api/session')['recordings']] == [1, 1]
    assert [a.recording for a in read_annotations(tmp_path / 'all.csv')] == ['a', 'b']


def test_recordings_that_cannot_be_read_say_why(tmp_path, bag):
    (tmp_path / 'bad.mp4').write_bytes(b'no video')
    (bag / 'annotations.csv').write_bytes(b'start,end,label\n0,1,\xff\n')
    with serving(tmp_path / 'bad.mp4', bag) as server:
        status, _, answer = server.ask('/api/recordings/0')
        assert status == 422
        assert 'expected a video that FFmpeg can read' in answer['error']
        status, _, answer = server.ask('/api/recordings/1')
        assert status == 422
        assert 'annotations.csv: expected an annotation file in UTF-8' in answer['error']
        status, _, answer = server.ask('/api/recordings/7')
        assert status == 422
        assert 'expected a recording from 0 to 1, got 7' in answer['error']


def test_frames_and_their_errors(bag):
    with serving(bag) as server:
        status, headers, jpeg = server.ask('/api/recordings/0/frames/0/7')
        assert (status, headers['content-type'], jpeg[:2]) == (200, 'image/jpeg', b'\xff\xd8')
        assert len(server.get('/api/recordings/0/frames/0/7?small=1')) <= len(jpeg)
        for path, text in (('0/51', 'expected a frame from 0 to 50, got 51'),
                           ('1/0', 'expected a camera from 0 to 0, got 1')):
            status, _, answer = server.ask(f'/api/recordings/0/frames/{path}')
            assert (status, answer['error']) == (422, text)


@pytest.mark.parametrize('headers', [
    {'Origin': 'http://evil.example'}, {'Origin': None}, {'Origin': 'null'},
    {'Host': 'evil.example'}, {'Host': 'evil.example:80', 'Origin': 'http://evil.example:80'},
    {'Sec_Fetch_Site': 'cross-site'}, {'Sec_Fetch_Site': 'same-site'},
    {'Content_Type': 'text/plain'}], ids=str)
def test_foreign_pages_cannot_write(bag, headers):
    with serving(bag) as server:
        body = table(('', '', '0.2', '1.0', 'wave'))
        for path, method in (('annotations', 'PUT'), ('check', 'POST')):
            status, _, answer = server.ask(f'/api/recordings/0/{path}', method, body, **headers)
            assert status == 403
            assert answer['error'].startswith('expected ')
        assert not (bag / 'annotations.csv').exists()
        # The same without them is fine.
        assert server.save(body)[0] == 200


def test_foreign_pages_cannot_look(bag):
    with serving(bag) as server:
        path = '/api/recordings/0/frames/0/0'
        for headers in ({'Host': 'evil.example'}, {'Sec_Fetch_Site': 'cross-site'}):
            assert server.ask(path, **headers)[0] == 403
        for host in (f'localhost:{server.port}', '127.0.0.1', '[::1]:80'):
            assert server.ask(path, Host=host)[0] == 200
        _, headers, _ = server.ask('/')
        assert "default-src 'none'" in headers['content-security-policy']
        assert "frame-ancestors 'none'" in headers['content-security-policy']
        assert 'unsafe' not in headers['content-security-policy']
        assert headers['cross-origin-resource-policy'] == 'same-origin'


@pytest.mark.parametrize('body', [
    b'{', b'[' * 200_000, b'[]', b'{}', {'columns': HEAD, 'rows': 'no', 'version': ''},
    {'columns': HEAD, 'rows': [['a'], 7], 'version': ''},
    {'columns': HEAD, 'rows': [['', '', '0', '1', 'two\nlines']], 'version': ''},
    {'columns': HEAD, 'rows': [['', '', '0', '1', 'nul\0']], 'version': ''},
    {'columns': HEAD, 'rows': [['a' * 10_001]], 'version': ''},
    {'columns': HEAD, 'rows': []}, {'columns': HEAD, 'rows': [], 'version': 7}],
    ids=lambda body: repr(body)[:60])
def test_what_is_no_table_is_refused(bag, body):
    with serving(bag) as server:
        status, _, answer = server.save(body)
        assert status == 422
        assert 'expected' in answer['error'].lower()
        assert not (bag / 'annotations.csv').exists()


def test_a_folder_that_cannot_be_written_is_an_error(bag, tmp_path):
    with serving(bag, file=tmp_path / 'file.txt' / 'all.csv') as server:
        (tmp_path / 'file.txt').write_text('no folder')
        status, _, answer = server.save(table())
        assert status == 500
        assert 'file.txt' in answer['error']


def test_only_the_files_of_the_page_are_served(bag):
    with serving(bag) as server:
        assert b'annotate.js' in server.get('/')
        assert server.ask('/static/annotate.js')[1]['content-type'].startswith('text/javascript')
        for path in ('/static/..%2fserver.py', '/static/none.js', '/docs', '/openapi.json'):
            assert server.ask(path)[0] == 404
