# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What cannot be taught ends in one line that says what to do, and leaves nothing behind."""

from pathlib import Path
import shutil
import subprocess
import sys

from imrs_ros.model_card import ModelCard
from imrs_ros.teaching import command
from imrs_ros.teaching.bank import Bank, BANK_FILE
from imrs_ros.teaching.card_writer import check_out
import pytest
from sample_lessons import write_action

OPTIONS = ('--keep', '{model}', '--background', '{background}', '--out', '{out}')


@pytest.fixture
def run(monkeypatch, capsys, tmp_path, taught_from, examples, background):
    """Return a function that runs the command, and returns its status and its last line."""
    out = tmp_path / 'models' / 'mine'

    def run(*options, paths=(examples,)):
        values = {'model': taught_from.folder, 'background': background, 'out': out}
        words = [str(word).format(**values) for word in (*paths, *(options or OPTIONS))]
        monkeypatch.setattr(sys, 'argv', ['teach', *words])
        before = listed(tmp_path)
        try:
            command.main()
            status, text = 0, capsys.readouterr().out
        except SystemExit as error:
            status = 1 if isinstance(error.code, str) else error.code
            text = str(error.code) if status == 1 else capsys.readouterr().err
            assert listed(tmp_path) == before, 'nothing is left behind'
            assert not out.exists()
        return status, text
    return run


def listed(folder):
    return sorted((str(path), path.stat().st_size) for path in folder.rglob('*')
                  if not path.is_symlink())


def refused(found, *words):
    status, text = found
    assert status == 1
    assert text.startswith('teach: ')
    assert '\n' not in text
    for word in words:
        assert word in text, text


def test_an_action_with_one_example_is_refused(run, examples):
    for name in ('1.avi', '2.avi'):
        (examples / 'nod' / name).unlink()
    refused(run(), 'nod: expected 2 examples or more', 'got 1; record more')


@pytest.mark.parametrize('content', [b'no video', b''])
def test_an_unreadable_example_is_named(run, examples, content):
    (examples / 'nod' / 'x.mp4').write_bytes(content)
    refused(run(), 'nod/x.mp4')


def test_examples_that_are_all_too_short_are_no_action_less(run, examples):
    for path in (examples / 'nod').iterdir():
        write_action(path, num_frames=7, seed=int(path.stem))
    refused(run(), 'nod: expected examples that are long enough, got none; record longer ones')


def test_background_alone_teaches_nothing(run, examples):
    shutil.rmtree(examples / 'nod')
    (examples / 'bow').rename(examples / 'no_action')
    refused(run(), 'expected examples of an action, got background alone (no_action)')


def test_an_action_of_the_model_is_taught_anew_only_if_it_is_not_kept(run, examples):
    (examples / 'nod').rename(examples / 'wave')
    refused(run(), 'expected new actions, got wave, which the model keeps; name them otherwise')


@pytest.mark.parametrize('name', ['a' * 201, 'no\tlabel', 'no\nlabel', ' '])
def test_what_is_no_label_is_refused(run, examples, name):
    (examples / 'nod').rename(examples / name)
    refused(run(), 'printable characters', 'rename it')


def test_labels_may_be_many_words(run, examples):
    (examples / 'nod').rename(examples / 'nod, then "bow": 50 % é')
    refused(run('--out', '{out}', paths=(examples, examples / 'gone')), 'gone: expected a folder')


@pytest.mark.parametrize(('change', 'words'), [
    (('--background', '{background}/empty'), ('empty: expected videos or bags that show none',)),
    (('--background', '{background}/gone'),
     ('gone: expected background, got no such file or folder',)),
    (('--keep', '{model}', 'wave', 'swim'), ('--keep: expected actions of tiny', 'got swim')),
    (('--keep', 'gone'), ('expected the path of a model folder or one of', "got 'gone'")),
    (('--keep', '{background}'), ('expected a model folder with model.yaml',)),
    (('--keep', '{model}', '--without', 'garden'), ('--without: expected sources', 'got garden')),
    (('--keep', '{model}', '--out', '{model}'), ('expected another folder than the model',)),
    (('--out', '{background}'), ('expected a new folder or an earlier model, got 0.avi',)),
    (('--out', '{background}/0.avi'), ('expected a new folder or an earlier model, got a file',)),
    (('--out', '{background}/0.avi/x'), ('0.avi',)),
    (('--out', '{background}/' + 'x' * 201), ('has at most 200 bytes, got 201', 'another --out')),
    (('--out', '{background}/' + 'é' * 101), ('has at most 200 bytes, got 202',)),
    (('--out', '{background}/' + 'x' * 300 + '/y'), ('File name too long',)),
    (('--out', '/proc/x'), ('/proc',))], ids=str)
def test_options_that_are_wrong_are_named(run, background, change, words):
    (background / 'empty').mkdir()
    refused(run('--out', '{out}', '--model', '{model}', *change), *words)


def test_a_folder_that_cannot_be_written_is_named_at_once(monkeypatch, tmp_path):
    monkeypatch.setattr(command.check_out.__globals__['os'], 'access', lambda *_: False)
    with pytest.raises(PermissionError, match='x/y: expected a folder that can be written'):
        check_out(tmp_path / 'x' / 'y')


@pytest.mark.parametrize('rate', ['-1', 'nan', 'inf', 'x'])
def test_a_rate_that_is_none_is_a_usage_error(run, rate):
    status, text = run('--out', '{out}', '--false-per-min', rate)
    assert status == 2
    assert '--false-per-min' in text


def test_a_damaged_bank_is_named(run, tmp_path, taught_from):
    model = shutil.copytree(taught_from.folder, tmp_path / 'damaged')
    (model / BANK_FILE).write_bytes(b'damaged')
    refused(run('--out', '{out}', '--keep', str(model)), 'bank.safetensors: expected a bank')
    (model / BANK_FILE).unlink()
    refused(run('--out', '{out}', '--keep', str(model)), 'no such file', 'training.bank')


def test_the_same_video_is_no_example_of_two_classes(run, examples, background):
    shutil.copy(examples / 'nod' / '0.avi', examples / 'bow' / 'copy.avi')
    refused(run(), 'a copy of', 'an example of bow', 'remove it from one of the two')
    (examples / 'bow' / 'copy.avi').unlink()
    shutil.copy(examples / 'nod' / '0.avi', background)
    refused(run(), 'expected background, got a copy of', 'an example of nod')


def test_a_report_goes_to_a_folder_of_its_own(run, tmp_path, examples):
    for folder in (tmp_path / 'models' / 'mine', tmp_path / 'models' / 'mine' / 'report'):
        refused(run(*OPTIONS, '--report', str(folder)), 'outside the model, got one in it')
    refused(run(*OPTIONS, '--report', str(examples / 'nod' / '0.avi')), 'report, got a file')


def test_a_link_that_leads_nowhere_is_named(run, tmp_path, examples):
    (examples / 'nod' / 'gone.mp4').symlink_to(tmp_path / 'gone')
    refused(run(), 'nod/gone.mp4')


@pytest.mark.parametrize('num_frames', [16, 40])
def test_one_action_is_taught_alone(run, tmp_path, examples, num_frames):
    shutil.rmtree(examples / 'bow')
    for seed in range(3):
        write_action(examples / 'nod' / f'{seed}.avi', 0, seed, num_frames)
    (examples / 'nod' / '2.avi').unlink()
    status, _ = run('--out', '{out}', '--model', '{model}', '--no-mirror')
    assert status == 0
    card = ModelCard.load(tmp_path / 'models' / 'mine')
    assert card.labels == ('nod',)
    assert card.num_logits == 2


def test_examples_of_which_all_is_equal_are_taught_with_a_warning(run, examples):
    for number, path in enumerate(sorted(examples.glob('*/*.avi'))):
        write_action(path, 0, 0, 20 + number, speed=0)
    status, text = run()
    assert status == 0, text


def test_a_failure_at_the_end_leaves_an_earlier_model_as_it_was(run, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError('No space left on device')
    monkeypatch.setattr('imrs_ros.teaching.model.write_golden', fail)
    old = tmp_path / 'old'
    old.mkdir()
    (old / 'model.yaml').write_text('earlier')
    refused(run('--out', str(old), '--model', '{model}'), 'No space left on device')
    assert (old / 'model.yaml').read_text() == 'earlier'


def test_a_small_model_is_taught_and_taught_again(run, tmp_path, taught_from, examples):
    (examples / 'nod').rename(examples / 'nod, then "bow": é')
    (examples / 'bow' / 'copy.avi').write_bytes((examples / 'bow' / '0.avi').read_bytes())
    report = tmp_path / 'report'
    status, text = run(*OPTIONS, '--report', str(report))
    assert status == 0
    assert 'mine: 5 actions' in text
    assert (report / 'report.html').is_file()
    assert 'data:image/jpeg' in (report / 'report.html').read_text()
    assert '<h2>Named wrong</h2>' in (report / 'examples.html').read_text()
    out = tmp_path / 'models' / 'mine'
    assert [path.name for path in out.parent.iterdir()] == ['mine']
    card = ModelCard.load(out)
    assert card.labels == (*taught_from.labels, 'bow', 'nod, then "bow": é')
    assert card.provenance['taught']['examples'] == {'bow': 3, 'nod, then "bow": é': 3}
    assert {each.label for each in Bank.load(card).unseen} == set(card.labels)

    # The same folder may be written again, and one action be kept.
    status, text = run('--out', str(out), '--keep', '{model}', 'lift', '--no-mirror')
    assert status == 0
    assert ModelCard.load(out).labels == ('lift', 'bow', 'nod, then "bow": é')
    (examples / 'bow').rename(examples / 'sit')
    status, text = run('--out', str(tmp_path / 'more'), '--keep', str(out), 'lift', 'bow')
    assert status == 0
    assert set(ModelCard.load(tmp_path / 'more').labels) == {
        'lift', 'bow', 'sit', 'nod, then "bow": é'}


def test_its_program_prints_one_line_and_fails():
    done = subprocess.run(
        [sys.executable, '-m', 'imrs_ros.teaching', 'gone', '--out', 'x'],
        text=True, capture_output=True, cwd=Path(command.__file__).parents[2])
    assert done.returncode == 1
    assert done.stdout == ''
    assert done.stderr.splitlines() == [
        'teach: gone: expected a folder of examples, got no such file or folder']
