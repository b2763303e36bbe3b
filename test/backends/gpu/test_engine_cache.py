"""An engine is used again where everything it depends on is the same, and nowhere else."""

from dataclasses import fields, replace
import os
import stat

from hypothesis import given, HealthCheck, settings, strategies as st
from imrs_ros.backends.gpu.engine_cache import (
    cache_folder, EngineCache, EngineIdentity, MAX_ENTRIES, SUFFIX)
from imrs_ros.backends.gpu.identity import describe
import pytest

IDENTITY = EngineIdentity(
    what='float16', weights_sha256='ab' * 32, architecture='lite0', clip_shape=(16, 224, 224, 3),
    max_clips=8, gpu='NVIDIA X', compute_capability='8.7',
    versions={'tensorrt': '11.0.0', 'torch-tensorrt': '2.13.0', 'torch': '2.13.0', 'cuda': '13.0'})
OTHERS = {
    'what': 'float32', 'weights_sha256': 'cd' * 32, 'architecture': 'resnet18',
    'clip_shape': (16, 112, 112, 3), 'max_clips': 4, 'gpu': 'NVIDIA Y',
    'compute_capability': '9.0', 'versions': {**IDENTITY.versions, 'cuda': '12.8'}}


@pytest.fixture
def cache(tmp_path):
    return EngineCache(tmp_path / 'engines')


@given(engine=st.binary(max_size=300))
@settings(deadline=None, max_examples=40,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_kept_is_read(cache, engine):
    cache.store(IDENTITY, engine)
    assert EngineCache(cache.folder).load(IDENTITY) == engine
    assert cache.notices == []


def test_nothing_kept_is_no_matter(cache):
    assert cache.load(IDENTITY) is None
    assert cache.notices == []
    assert not cache.folder.exists()


def test_others_name_every_field():
    assert set(OTHERS) == {field.name for field in fields(EngineIdentity)}


@pytest.mark.parametrize('name', OTHERS)
def test_any_other_identity_finds_nothing(cache, name):
    cache.store(IDENTITY, b'engine')
    other = replace(IDENTITY, **{name: OTHERS[name]})
    assert other.key != IDENTITY.key
    assert cache.load(other) is None
    assert cache.notices == []


@pytest.mark.parametrize('package', IDENTITY.versions)
def test_any_other_version_finds_nothing(cache, package):
    cache.store(IDENTITY, b'engine')
    versions = {**IDENTITY.versions, package: '99'}
    assert cache.load(replace(IDENTITY, versions=versions)) is None


@given(place=st.floats(0, 0.999), bit=st.integers(0, 7))
@settings(deadline=None, max_examples=40,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_flipped_bit_is_told_and_not_used(cache, place, bit):
    cache.store(IDENTITY, b'engine' * 20)
    (path,) = cache.folder.glob(f'*{SUFFIX}')
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    path.write_bytes(bytes(data))
    reader = EngineCache(cache.folder)
    assert reader.load(IDENTITY) is None
    assert 'is not used, and built anew: expected' in reader.notices[0]


@pytest.mark.parametrize('length', [0, 10, 100, 400])
def test_a_file_that_is_cut_off_is_not_used(cache, length):
    cache.store(IDENTITY, b'engine' * 100)
    (path,) = cache.folder.glob(f'*{SUFFIX}')
    path.write_bytes(path.read_bytes()[:length])
    assert cache.load(IDENTITY) is None
    assert len(cache.notices) == 1
    cache.store(IDENTITY, b'new')
    assert cache.load(IDENTITY) == b'new'


def test_another_identity_under_the_same_name_is_not_used(cache):
    cache.store(IDENTITY, b'engine')
    (path,) = cache.folder.glob(f'*{SUFFIX}')
    other = replace(IDENTITY, gpu='NVIDIA Y')
    path.rename(cache.folder / f'{other.key}{SUFFIX}')
    assert cache.load(other) is None
    assert 'expected the engine of this model, GPU and libraries' in cache.notices[0]


@pytest.mark.parametrize('of_folder', [False, True])
def test_what_others_could_have_written_is_not_used(cache, of_folder):
    cache.store(IDENTITY, b'engine')
    (path,) = cache.folder.glob(f'*{SUFFIX}')
    place = cache.folder if of_folder else path
    place.chmod(place.stat().st_mode | stat.S_IWOTH)
    assert cache.load(IDENTITY) is None
    assert 'writable by this user alone' in cache.notices[0]


def test_files_are_the_users_own(cache):
    cache.store(IDENTITY, b'engine')
    (path,) = cache.folder.iterdir()
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_is_told(tmp_path):
    # A file in its place: no user, not even root, can make a folder there.
    (tmp_path / 'engines').write_text('')
    cache = EngineCache(tmp_path / 'engines')
    cache.store(IDENTITY, b'engine')
    assert 'engine is not kept, and built anew at every start' in cache.notices[0]
    assert 'XDG_CACHE_HOME' in cache.notices[0]


def test_a_write_that_breaks_off_leaves_the_old_one(cache, monkeypatch):
    cache.store(IDENTITY, b'old')

    def full(handle):
        raise OSError(28, 'No space left on device')
    monkeypatch.setattr(os, 'fsync', full)
    cache.store(IDENTITY, b'new')
    assert 'No space left on device' in cache.notices[0]
    assert cache.load(IDENTITY) == b'old'
    assert [path.suffix for path in cache.folder.iterdir()] == [SUFFIX]


def test_the_oldest_are_forgotten(cache):
    for i in range(MAX_ENTRIES + 3):
        identity = replace(IDENTITY, max_clips=i)
        cache.store(identity, b'engine')
        path = cache.folder / f'{identity.key}{SUFFIX}'
        if path.exists():
            os.utime(path, (i, i))
    assert len(list(cache.folder.iterdir())) == MAX_ENTRIES
    assert cache.load(replace(IDENTITY, max_clips=0)) is None


@pytest.mark.parametrize(('value', 'expected'), [
    ('/var/x', '/var/x/imrs_ros/engines'), ('', '/home/u/.cache/imrs_ros/engines'),
    ('relative', '/home/u/.cache/imrs_ros/engines')])
def test_folder_follows_the_xdg_rules(monkeypatch, value, expected):
    monkeypatch.setenv('XDG_CACHE_HOME', value)
    monkeypatch.setenv('HOME', '/home/u')
    assert str(cache_folder()) == expected


def test_identity_of_a_card(tiny_card):
    identity = describe(tiny_card, 'float16', 'NVIDIA X', '8.7')
    assert identity.weights_sha256 == tiny_card.weights_sha256
    assert identity.clip_shape == (16, 32, 32, 3)
    assert set(identity.versions) == {'tensorrt', 'torch-tensorrt', 'torch', 'cuda'}
    assert identity.versions['torch'].startswith('2.')
    other = replace(tiny_card, spec=replace(tiny_card.spec, mean=(1.0, 2.0, 3.0)))
    assert describe(other, 'float16', 'NVIDIA X', '8.7').key != identity.key
