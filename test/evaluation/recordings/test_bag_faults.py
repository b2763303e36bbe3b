# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Bags as robots leave them, and as attackers make them: foreign, split, packed and damaged."""

import struct

from backports import zstd
from imrs_ros.evaluation.recordings import unpacking
from imrs_ros.evaluation.recordings.bag import Bag
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.evaluation.recordings.source import find_recordings, open_recording
from imrs_ros.evaluation.recordings.unpacking import unpack_bz2, unpack_lz4, unpack_zstd
import lz4.frame
import pytest
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores
from sample_recordings import camera_frames, START_NS, TOPIC, write_bag
import yaml

IMAGE = 'sensor_msgs/msg/Image'
MAGIC = b'\x89MCAP0\r\n'


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack('<I', len(data)) + data


def record(kind, content):
    return struct.pack('<BQ', kind, len(content)) + content


def image_messages(number):
    """Yield time and content of camera frames, as ROS 2 serialises them."""
    store = get_typestore(Stores.LATEST)
    types = store.types
    for log_ns, frame in camera_frames(number):
        stamp = types['builtin_interfaces/msg/Time'](*divmod(frame.stamp_ns, 10**9))
        message = types[IMAGE](types['std_msgs/msg/Header'](stamp, 'front'), 48, 64, 'rgb8', 0,
                               192, frame.image_HWC.ravel())
        yield log_ns, bytes(store.serialize_cdr(message, IMAGE))


def write_mcap(path, messages, schemas=(), chunk=None):
    """Write an mcap without an index; chunk: name, packed records and their stated size."""
    records = [record(1, text('ros2') + text('test'))]
    for i, (name, encoding, schema, message_encoding) in enumerate(
            [(IMAGE, 'ros2msg', 'uint32 height', 'cdr'), *schemas], 1):
        records.append(record(3, struct.pack('<H', i) + text(name) + text(encoding)
                              + text(schema)))
        records.append(record(4, struct.pack('<HH', i, i) + text(TOPIC if i == 1 else f'/{i}')
                              + text(message_encoding) + text('')))
    records += [record(5, struct.pack('<HIQQ', 1, 0, log_ns, log_ns) + data)
                for log_ns, data in messages]
    if chunk is not None:
        name, packed, size = chunk
        records.append(record(6, struct.pack('<QQQI', START_NS, START_NS, size, 0) + text(name)
                              + struct.pack('<Q', len(packed)) + packed))
    records.append(record(15, bytes(4)))
    path.write_bytes(MAGIC + b''.join(records) + record(2, bytes(20)) + MAGIC)
    return path


def pack(path):
    """Replace a file by its compressed form."""
    packed = path.with_name(f'{path.name}.zstd')
    packed.write_bytes(zstd.compress(path.read_bytes()))
    path.unlink()
    return packed


def split(folder, suffix='.mcap'):
    """Write a bag in three parts of ten frames, with their metadata."""
    frames = list(camera_frames(30))
    folder.mkdir()
    for i in range(3):
        storage = 'mcap' if suffix == '.mcap' else 'sqlite3'
        part = write_bag(folder.parent / f'{folder.name}_part{i}', frames[10 * i:10 * i + 10],
                         storage=storage)
        (part / f'{part.name}{suffix}').rename(folder / f'walk_{i}{suffix}')
    information = {'message_count': 30,
                   'relative_file_paths': [f'walk_{i}{suffix}' for i in range(3)]}
    (folder / 'metadata.yaml').write_text(
        yaml.safe_dump({'rosbag2_bagfile_information': information}))
    return folder


def read(path):
    with open_recording(path) as bag:
        return bag, list(bag.images())


@pytest.mark.parametrize('schema', [
    ('odd', 'jsonschema', '{"type": "object"}', 'json'),
    ('odd', 'protobuf', b'\xff\xfe\x00', 'protobuf'),
    ('odd', 'flatbuffer', b'\x80', 'flatbuffer')])
def test_a_foreign_channel_does_not_matter(tmp_path, schema):
    bag, got = read(write_mcap(tmp_path / 'a.mcap', image_messages(30), [schema]))
    assert (bag.topics, bag.notes) == ((TOPIC,), [])
    assert [i.frame is not None for i in got] == [True] * 30


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_file_that_is_compressed_as_a_whole(tmp_path, storage):
    path = write_bag(tmp_path / 'walk', storage=storage)
    file = next(f for f in path.iterdir() if f.suffix in ('.mcap', '.db3'))
    packed = pack(file)
    alone = tmp_path / packed.name
    alone.write_bytes(packed.read_bytes())
    bag, got = read(alone)
    assert (bag.name, len(got), bag.notes) == ('walk', 30, [])
    (path / 'metadata.yaml').write_text((path / 'metadata.yaml').read_text().replace(
        file.name, packed.name))
    assert len(read(path)[1]) == 30
    assert find_recordings([tmp_path]) == [path, alone]


@pytest.mark.parametrize('suffix', ['MCAP', 'Mcap'])
def test_suffixes_may_be_upper_case(tmp_path, suffix):
    path = write_mcap(tmp_path / f'a.{suffix}', image_messages(3))
    assert find_recordings([tmp_path]) in ([path], [tmp_path])
    assert len(read(path)[1]) == len(read(tmp_path)[1]) == 3


def test_hints_fit_the_file(tmp_path):
    (tmp_path / 'walk.bag.active').write_bytes(b'#ROSBAG V2.0\n')
    (tmp_path / 'walk.odd').touch()
    assert find_recordings([tmp_path]) == [tmp_path / 'walk.bag.active']
    with pytest.raises(RecordingError, match='its recorder was killed: repair it with "rosbag '
                       'reindex walk.bag.active" and rename it to walk.bag$'):
        open_recording(tmp_path / 'walk.bag.active')
    with pytest.raises(RecordingError, match=r'expected a bag \(.bag, .db3, .mcap, .*\) or a '
                       r"video \(.*\.m4v.*\), got the suffix '.odd'"):
        open_recording(tmp_path / 'walk.odd')


def test_a_missing_part_is_named_and_the_others_are_read(tmp_path):
    path = split(tmp_path / 'walk')
    bag, got = read(path)
    assert (len(got), bag.notes) == (30, [])
    (path / 'walk_1.mcap').unlink()
    bag, got = read(path)
    assert len(got) == 20
    assert bag.notes == ['walk_1.mcap missing, listed in metadata.yaml: read 2 of 3 files']
    (path / 'metadata.yaml').unlink()
    bag, got = read(path)
    assert len(got) == 20
    assert bag.notes == ['no metadata.yaml: read walk_0.mcap, walk_2.mcap directly',
                         'parts 1 missing']


def test_a_part_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path):
    path = split(tmp_path / 'walk')
    (path / 'walk_2.mcap').write_bytes((path / 'walk_2.mcap').read_bytes()[:5000])
    bag, got = read(path)
    assert len(got) == 20
    note, = bag.notes
    assert note.startswith('walk_2.mcap is not read: ReaderError: ')
    assert 'mcap recover' in note


def test_what_metadata_does_not_list_is_named(tmp_path):
    path = write_bag(tmp_path / 'walk', list(camera_frames(3)))
    write_mcap(path / 'more.mcap', image_messages(3))
    (path / 'clips').mkdir()
    (path / 'clips' / 'a.mp4').touch()
    bag, got = read(path)
    assert len(got) == 3
    assert bag.notes == ['clips/a.mp4, more.mcap not read: not listed in metadata.yaml; move each '
                         'to a folder of its own, or run "ros2 bag reindex"']


def test_fewer_messages_than_stated_are_named(tmp_path):
    path = write_bag(tmp_path / 'walk', list(camera_frames(3)))
    metadata = path / 'metadata.yaml'
    content = yaml.safe_load(metadata.read_text())
    content['rosbag2_bagfile_information']['message_count'] = 9
    metadata.write_text(yaml.safe_dump(content))
    assert read(path)[0].notes == ['metadata.yaml states 9 messages, the files hold 3']
    metadata.write_text('a: [')
    bag, got = read(path)
    assert len(got) == 3
    assert bag.notes[0].startswith('metadata.yaml is damaged: read walk.mcap directly; ParserErr')


@pytest.mark.parametrize('late_ns', [2**64 - 1, 2**63])
def test_times_beyond_63_bits_are_refused(tmp_path, late_ns):
    messages = [(late_ns, data) for _, data in image_messages(3)]
    with pytest.raises(RecordingError, match=f'expected recording times from 0 to {2**63} ns, got '
                       f'.* to {late_ns}; the bag is damaged, or the clock'):
        Bag(write_mcap(tmp_path / 'a.mcap', messages))


def test_metadata_with_a_start_of_2_to_64_do_not_matter(tmp_path):
    path = write_bag(tmp_path / 'walk', list(camera_frames(3)))
    text_before = (path / 'metadata.yaml').read_text()
    assert str(START_NS) in text_before
    (path / 'metadata.yaml').write_text(text_before.replace(str(START_NS), str(2**64)))
    bag, got = read(path)
    assert (bag.start_ns, len(got), bag.notes) == (START_NS, 3, [])


BOMB = 3 << 20
ZEROS = bytes(BOMB)


@pytest.fixture
def small(monkeypatch):
    """Lower the limits, so that a bomb is small."""
    for name in ('MAX_BYTES', 'MAX_FILE_BYTES'):
        monkeypatch.setattr(unpacking, name, 1 << 20)


@pytest.mark.parametrize(('name', 'compress'), [
    ('zstd', zstd.compress), ('lz4', lz4.frame.compress)])
def test_a_chunk_that_unpacks_to_too_much_is_stopped(tmp_path, small, name, compress):
    packed = compress(ZEROS)
    for size in (BOMB, 100):
        path = write_mcap(tmp_path / 'a.mcap', [], chunk=(name, packed, size))
        with pytest.raises(RecordingError, match='expected at most 1 MiB from '
                           f'{len(packed)} compressed bytes of one message or chunk, got more'):
            Bag(path)


def test_a_message_that_unpacks_to_too_much_is_dropped_alone(tmp_path, small):
    messages = list(image_messages(3))
    messages[1] = messages[1][0], zstd.compress(ZEROS)
    messages[2] = messages[2][0], zstd.compress(messages[2][1])
    _, got = read(write_mcap(tmp_path / 'a.mcap', messages))
    assert [i.frame is not None for i in got] == [True, False, True]
    assert 'UnpackingError: expected at most 1 MiB' in got[1].problem


def test_chunks_that_unpack_to_too_much_in_all_are_stopped(tmp_path, small, monkeypatch):
    monkeypatch.setattr(unpacking, 'MAX_FILE_RATIO', 10)
    path = tmp_path / 'walk'
    store = get_typestore(Stores.LATEST)
    writer = Writer(path, version=8, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    with writer as bag:
        connection = bag.add_connection(TOPIC, IMAGE, typestore=store)
        for i in range(4):
            bag.write(connection, START_NS + i, bytes(900_000))
    with pytest.raises(RecordingError, match='expected at most 1 MiB from walk.mcap, got 3 MiB'):
        Bag(path)


def test_a_file_that_unpacks_to_too_much_is_stopped(tmp_path, small, monkeypatch):
    monkeypatch.setattr(unpacking, 'MAX_FILE_RATIO', 10)
    path = tmp_path / 'a.mcap.zstd'
    path.write_bytes(zstd.compress(ZEROS))
    with pytest.raises(RecordingError, match='expected at most 1 MiB from a.mcap.zstd, got more; '
                       'if you trust it, unpack it yourself with "zstd -d a.mcap.zstd"'):
        Bag(path)


def test_unpacking_gives_back_what_was_packed():
    from bz2 import compress as compress_bz2
    data = bytes(range(256)) * 5000
    for unpack, compress in ((unpack_zstd, zstd.compress), (unpack_lz4, lz4.frame.compress),
                             (unpack_bz2, compress_bz2)):
        packed = compress(data)
        assert unpack(packed) == data
        assert unpack(packed + compress(b'more')) == data + b'more'
        with pytest.raises(ValueError, match='expected a whole frame, got'):
            unpack(packed[:-20])
