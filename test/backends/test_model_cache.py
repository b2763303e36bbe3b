# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Entries are used again where all they depend on is the same, whole and ours; else remade."""

import errno
import fcntl
import json
import os
from pathlib import Path
import stat
import subprocess
import sys
from threading import Thread
import time

from hypothesis import given, HealthCheck, settings, strategies as st
from imrs_ros.backends import model_cache
from imrs_ros.backends.cache_entry import key_of, MANIFEST_FILE
from imrs_ros.backends.gpu.identity import describe
from imrs_ros.backends.model_cache import cache_root, DATA_FILE, MAX_ENTRIES, ModelCache
import pytest

VALUES = {'kind': 'float16', 'weights': 'ab' * 32, 'clip_shape': [16, 224, 224, 3],
          'versions': {'tensorrt': '11.0.0', 'torch': '2.13.0'}}
OTHERS = [{**VALUES, 'kind': 'float32'}, {**VALUES, 'weights': 'cd' * 32},
          {**VALUES, 'versions': {**VALUES['versions'], 'torch': '99'}}]
FIXTURE = {'suppress_health_check': [HealthCheck.function_scoped_fixture]}
OTHER_USER = 54321


@pytest.fixture
def cache(tmp_path):
    return ModelCache(tmp_path / 'cache')


def write_model(folder, lock):
    (folder / 'model.bin').write_bytes(b'weights')


def entry_of(cache, values=VALUES):
    return cache.folder / key_of(values)


@given(data=st.binary(max_size=300))
@settings(deadline=None, max_examples=25, **FIXTURE)
def test_what_was_stored_is_loaded(cache, data):
    cache.store(VALUES, data)
    assert ModelCache(cache.folder).load(VALUES) == data
    assert cache.notices == []


def test_an_empty_cache_is_no_matter(cache):
    assert cache.load(VALUES) is None
    assert cache.notices == []
    assert not cache.folder.exists()


@pytest.mark.parametrize('other', OTHERS)
def test_other_values_find_nothing(cache, other):
    cache.store(VALUES, b'engine')
    assert cache.load(other) is None
    assert cache.notices == []
    entry_of(cache).rename(entry_of(cache, other))
    assert cache.load(other) is None
    assert 'expected the files listed in its manifest' in cache.notices[0]


def test_keys_do_not_depend_on_order():
    assert key_of({'a': 1, 'b': 2}) == key_of({'b': 2, 'a': 1}) != key_of({'a': 2, 'b': 1})


@given(place=st.floats(0, 0.999), bit=st.integers(0, 7),
       name=st.sampled_from([DATA_FILE, MANIFEST_FILE]))
@settings(deadline=None, max_examples=40, **FIXTURE)
def test_any_flipped_bit_is_noticed_and_not_used(cache, place, bit, name):
    cache.store(VALUES, b'engine' * 20)
    path = entry_of(cache) / name
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    path.write_bytes(bytes(data))
    reader = ModelCache(cache.folder)
    assert reader.load(VALUES) is None
    assert 'is not used and will be rebuilt: expected' in reader.notices[0]


@pytest.mark.parametrize('damage', [
    lambda folder: (folder / 'model.bin').write_bytes(b'weightz'),
    lambda folder: (folder / 'model.bin').write_bytes(b''),
    lambda folder: (folder / 'model.bin').unlink(),
    lambda folder: (folder / 'more.bin').write_bytes(b''),
    lambda folder: (folder / 'more').mkdir(),
    lambda folder: (folder / MANIFEST_FILE).write_text('{'),
    lambda folder: (folder / MANIFEST_FILE).unlink(),
    lambda folder: (folder / MANIFEST_FILE).write_text(json.dumps({}))])
def test_a_damaged_entry_is_rebuilt(cache, damage):
    folder = cache.make(VALUES, write_model)
    assert cache.find(VALUES) == folder
    assert cache.notices == []
    damage(folder)
    assert cache.find(VALUES) is None
    assert f'{folder} is not used and will be rebuilt' in cache.notices[0]
    assert cache.make(VALUES, write_model) == folder
    assert ModelCache(cache.folder).find(VALUES) == folder


@pytest.mark.parametrize('name', ['.', '..', 'model.bin', MANIFEST_FILE])
def test_what_others_could_have_written_is_not_used(cache, name):
    path = cache.make(VALUES, write_model) / name
    path.chmod(path.stat().st_mode | stat.S_IWOTH)
    assert cache.find(VALUES) is None
    assert 'writable by this user or root alone' in cache.notices[0]
    assert 'chmod go-w' in cache.notices[0]
    cache.make(VALUES, write_model)
    assert ModelCache(cache.folder).find(VALUES), 'rebuilt, and safe from then on'


@pytest.fixture
def give_away(monkeypatch):
    """Make paths belong to another user, whoever runs the tests."""
    def give(*paths):
        if os.geteuid() == 0:
            for path in paths:
                os.chown(path, OTHER_USER, -1)
        monkeypatch.setattr(os, 'geteuid', lambda: OTHER_USER + 1)
    return give


@pytest.mark.parametrize('name', ['.', '..', 'model.bin', MANIFEST_FILE])
def test_what_belongs_to_another_user_is_not_used(cache, give_away, name):
    give_away(cache.make(VALUES, write_model) / name)
    assert cache.find(VALUES) is None
    assert 'writable by this user or root alone' in cache.notices[0]


def test_a_cache_of_another_user_is_not_written(cache, give_away):
    cache.folder.mkdir()
    give_away(cache.folder)
    with pytest.raises(PermissionError, match='writable by this user or root alone'):
        cache.make(VALUES, write_model)
    cache.store(VALUES, b'engine')
    assert 'the next start builds it again' in cache.notices[0]
    assert list(cache.folder.iterdir()) == []


def test_a_cache_in_a_model_folder_is_trusted_as_the_model_is(tmp_path, give_away):
    model = tmp_path / 'model'
    model.mkdir()
    beside = ModelCache(model / 'openvino', trusted=model)
    folder = beside.make(VALUES, write_model)
    shared = [model, beside.folder, folder, *folder.iterdir()]
    give_away(*shared)
    assert beside.find(VALUES) == folder, 'a container of root on the files of a user'
    for path in shared[1:]:
        path.chmod(path.stat().st_mode | stat.S_IWGRP)
    assert beside.find(VALUES) is None
    model.chmod(0o775)
    assert beside.find(VALUES) == folder, 'whoever may write the model may as well'


def modes_of(folder):
    return {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}


@pytest.mark.parametrize(('umask', 'expected'), [
    (0o022, {0o755, 0o644}), (0o002, {0o755, 0o644}), (0o027, {0o750, 0o640})])
def test_permissions_follow_the_umask_beside_a_model(tmp_path, umask, expected):
    before = os.umask(umask)
    try:
        beside = ModelCache(tmp_path / 'openvino', trusted=tmp_path)
        own = ModelCache(tmp_path / 'own')
        assert modes_of(beside.make(VALUES, write_model)) == expected
        assert stat.S_IMODE(beside.folder.stat().st_mode) == max(expected)
        assert modes_of(own.make(VALUES, write_model)) == {0o700, 0o600}
        assert stat.S_IMODE(own.folder.stat().st_mode) == 0o700
    finally:
        os.umask(before)


def test_a_folder_that_cannot_be_is_a_notice(tmp_path):
    # A file in its place: no user, not even root, can create a folder there.
    (tmp_path / 'cache').write_text('')
    cache = ModelCache(tmp_path / 'cache')
    cache.store(VALUES, b'engine')
    assert 'the engine is not cached, so the next start builds it again' in cache.notices[0]
    assert 'XDG_CACHE_HOME' in cache.notices[0]


def test_a_write_that_breaks_off_leaves_the_old_entry(cache, monkeypatch):
    cache.store(VALUES, b'old')

    def full(handle):
        raise OSError(errno.ENOSPC, 'No space left on device')
    with monkeypatch.context() as patch:
        patch.setattr(os, 'fsync', full)
        cache.store(VALUES, b'new')
    assert 'No space left on device' in cache.notices[0]
    assert cache.load(VALUES) == b'old'
    assert [path.name for path in cache.folder.iterdir()] == [key_of(VALUES)]
    cache.store(VALUES, b'new')
    assert cache.load(VALUES) == b'new'


def test_an_entry_that_cannot_be_made_leaves_nothing(cache):
    def fail(folder, lock):
        write_model(folder, lock)
        raise ValueError('no such network')
    with pytest.raises(ValueError, match='no such network'):
        cache.make(VALUES, fail)
    assert list(cache.folder.iterdir()) == []


def test_the_entries_used_least_recently_are_removed(cache):
    for i in range(MAX_ENTRIES):
        cache.store({'i': i}, b'engine')
        os.utime(entry_of(cache, {'i': i}), (i, i))
    assert cache.load({'i': 0}) == b'engine', 'and so it is the newest now'
    for i in (97, 98, 99):
        cache.store({'i': i}, b'engine')
    kept = {path.name for path in cache.folder.iterdir()}
    assert kept == {key_of({'i': i}) for i in (0, *range(4, MAX_ENTRIES), 97, 98, 99)}


def test_processes_that_start_together_make_an_entry_once(cache):
    made, found = [], []

    def slow(folder, lock):
        made.append(folder)
        time.sleep(0.3)
        write_model(folder, lock)
    threads = [Thread(target=lambda: found.append(ModelCache(cache.folder).make(VALUES, slow)))
               for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert found == [entry_of(cache)] * 3
    assert [path.name for path in cache.folder.iterdir()] == [key_of(VALUES)]


REPLACE = """
import sys, time
from pathlib import Path
from imrs_ros.backends.model_cache import ModelCache
end = time.monotonic() + 2
while time.monotonic() < end:
    ModelCache(Path(sys.argv[1])).store({'i': 1}, b'x' * 1000)
"""


def test_an_entry_that_is_replaced_meanwhile_is_no_reason_to_warn(cache):
    cache.store({'i': 1}, b'x' * 1000)
    writer = subprocess.Popen([sys.executable, '-c', REPLACE, str(cache.folder)])
    found = []
    while writer.poll() is None:
        found.append(cache.load({'i': 1}))
    assert writer.returncode == 0
    assert cache.notices == []
    assert set(found) <= {b'x' * 1000, None}
    assert found.count(None) < len(found) / 10


def test_a_volume_of_another_user_has_a_remedy(cache, monkeypatch):
    cache.store(VALUES, b'engine')
    monkeypatch.setattr(os, 'geteuid', lambda: OTHER_USER)
    owner = cache.folder.stat().st_uid
    monkeypatch.setattr(Path, 'stat', as_owned_by(OTHER_USER + 1, Path.stat))
    monkeypatch.setattr(Path, 'lstat', as_owned_by(OTHER_USER + 1, Path.lstat))
    assert ModelCache(cache.folder).load(VALUES) is None
    refused = ModelCache(cache.folder)
    refused.load(VALUES)
    assert f'set IMRS_CACHE_OWNER={OTHER_USER + 1}' in refused.notices[0]
    monkeypatch.setenv('IMRS_CACHE_OWNER', str(OTHER_USER + 1))
    assert ModelCache(cache.folder).load(VALUES) == b'engine'
    assert owner != OTHER_USER + 1


def as_owned_by(user, stat):
    def found(path, **options):
        values = list(stat(path, **options))
        values[4] = user
        return os.stat_result(values)
    return found


def test_a_long_wait_is_told(cache, monkeypatch, capfd):
    monkeypatch.setattr(model_cache, 'QUIET_SEC', 0.05)

    def make_another(folder, lock):
        with pytest.raises(TimeoutError):
            ModelCache(cache.folder, wait_sec=0.3).make(VALUES, write_model)
        write_model(folder, lock)
    cache.make(VALUES, make_another)
    assert 'imrs_ros: waiting for another process that makes' in capfd.readouterr().err


def test_the_wait_for_another_process_ends(cache, monkeypatch):
    monkeypatch.setattr(model_cache, 'WAIT_SEC', 0.2)

    def make_another(folder, lock):
        with pytest.raises(TimeoutError, match=r'another process has held .* for 0\.2 s'):
            cache.make(VALUES, write_model)
        write_model(folder, lock)
    assert cache.find(VALUES) is None
    assert cache.make(VALUES, make_another) == entry_of(cache)


KILLED = """
import os, sys
from pathlib import Path
from imrs_ros.backends.model_cache import ModelCache
def write(folder, lock):
    (folder / 'model.bin').write_bytes(b'half')
    print(folder, flush=True)
    os.kill(os.getpid(), 9)
ModelCache(Path(sys.argv[1])).make({'i': 1}, write)
"""


def test_what_a_killed_process_left_is_removed_at_the_next_start(cache):
    (cache.folder / '.making-of-old').mkdir(parents=True)
    ended = subprocess.run([sys.executable, '-c', KILLED, str(cache.folder)],
                           capture_output=True, text=True)
    unfinished = Path(ended.stdout.strip())
    assert ended.returncode == -9, ended.stderr
    assert (unfinished / 'model.bin').exists()
    assert cache.find(VALUES) is None
    assert list(cache.folder.iterdir()) == []


def test_what_another_process_is_making_stays(cache):
    unfinished = cache.folder / '.making-key'
    unfinished.mkdir(parents=True)
    with (cache.folder / '.making-key.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert cache.find(VALUES) is None
        assert unfinished.is_dir()
    assert cache.find(VALUES) is None
    assert not unfinished.exists()


@pytest.mark.parametrize(('value', 'expected'), [
    ('/var/x', '/var/x/imrs_ros'), ('', '/home/u/.cache/imrs_ros'),
    ('relative', '/home/u/.cache/imrs_ros')])
def test_folder_follows_the_xdg_rules(monkeypatch, value, expected):
    monkeypatch.setenv('XDG_CACHE_HOME', value)
    monkeypatch.setenv('HOME', '/home/u')
    assert str(cache_root()) == expected


def test_identity_of_an_engine_names_all_it_depends_on(tiny_card):
    identity = describe(tiny_card, 'float16', 'NVIDIA X', '8.7')
    assert identity['weights'] == tiny_card.weights_sha256
    assert identity['input']['size_px'] == 32
    assert set(identity) == {'kind', 'weights', 'network', 'pose', 'input', 'num_logits',
                             'max_clips', 'gpu', 'compute_capability', 'platform', 'tensorrt',
                             'builder'}
    assert json.loads(json.dumps(identity)).keys() == identity.keys()
