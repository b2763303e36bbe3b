# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A bank is read as it was written, or refused."""

import json

from imrs_ros.records import NO_ACTION
from imrs_ros.teaching.bank import Bank, BANK_FILE, MAX_BYTES
from imrs_ros.teaching.footage import TeachingError
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from sample_lessons import bank_of, clip, clips


@pytest.fixture
def card(tiny_model):
    bank_of(tiny_model.labels).save(tiny_model, 'test')
    return tiny_model


def content(path):
    with safe_open(path, 'np') as file:
        names = file.keys()
        return {name: file.get_tensor(name) for name in names}, file.metadata()


def test_clips_survive_within_a_step(card):
    bank, again = bank_of(card.labels), Bank.load(card)
    arrays, about = content(card.folder / BANK_FILE)
    assert about['made_from'] == 'test'
    for own, found in ((bank.learnt, again.learnt), (bank.unseen, again.unseen),
                       (bank.other, again.other)):
        assert [each.label for each in own] == [each.label for each in found]
        for one, other in zip(own, found, strict=True):
            assert (np.abs(one.features_ND - other.features_ND) <= arrays['step'] * 0.51).all()
    assert [each.group for each in bank.other] == [each.group for each in again.other]
    # Every example of a class is one of its own.
    groups = [each.group for each in (*again.learnt, *again.unseen)]
    assert len(groups) == len(set(groups))
    size = again.save(card, 'again')
    assert size == (card.folder / BANK_FILE).stat().st_size
    for one, other in zip(again.other, Bank.load(card).other, strict=True):
        np.testing.assert_allclose(one.features_ND, other.features_ND, atol=1e-4)


def test_features_that_never_change_survive(card):
    still = clip(NO_ACTION, 1, 'still', spread=0.0)
    Bank((), (), (still,)).save(card, 'test')
    np.testing.assert_allclose(
        Bank.load(card).other[0].features_ND, still.features_ND, rtol=1e-6)


def test_a_model_without_a_bank_is_named(tiny_model):
    with pytest.raises(TeachingError, match='bank.safetensors: expected a bank .* no such file; '
                                            '"python -m training.bank" writes one'):
        Bank.load(tiny_model)


def test_the_bank_of_another_network_is_refused(card):
    arrays, about = content(card.folder / BANK_FILE)
    for sha256 in ('0' * 64, ''):
        save_file(arrays, card.folder / BANK_FILE, {**about, 'weights_sha256': sha256})
        with pytest.raises(TeachingError, match='expected a bank of the network with the weights'):
            Bank.load(card)
    save_file(arrays, card.folder / BANK_FILE)
    with pytest.raises(TeachingError, match='got one of no network; "python -m training.bank"'):
        Bank.load(card)


@pytest.mark.parametrize('damage', [
    lambda data: b'', lambda data: data[:7], lambda data: data[:100], lambda data: data[:-1],
    lambda data: data[:len(data) // 2], lambda data: data + b'x', lambda data: b'\xff' * 64,
    lambda data: b'\xff' * 8 + data[8:], lambda data: bytes(len(data)),
    lambda data: np.random.default_rng(0).bytes(len(data))])
def test_a_damaged_file_is_refused(card, damage):
    path = card.folder / BANK_FILE
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(TeachingError, match='expected a bank of features, got .*copy the model'):
        Bank.load(card)


@pytest.mark.parametrize('change', [
    *({name: None} for name in ('features', 'offset', 'step', 'clip', 'label', 'learnt', 'source',
                                'sources')),
    {'offset': lambda x: x[:-1]}, {'step': lambda x: x[None]}, {'clip': lambda x: x[:-1]},
    {'clip': lambda x: x * 0}, {'clip': lambda x: x + 1}, {'clip': lambda x: -x},
    {'label': lambda x: x[:-1]}, {'label': lambda x: x + 100}, {'label': lambda x: x[None]},
    {'learnt': lambda x: x[1:]}, {'source': lambda x: x + 100}, {'source': lambda x: x[:0]},
    {'features': lambda x: x[:, :-1]}, {'features': lambda x: x[:-1]},
    {'features': lambda x: x.ravel()}, {'features': lambda x: x[:0]},
    {'step': lambda x: x * np.float32(np.nan)}, {'step': lambda x: x + np.float32(1e30)},
    {'offset': lambda x: x - np.float32(np.inf)}, {'offset': lambda x: x + np.float32(3e38)},
    {'sources': lambda x: 'no json'}, {'sources': lambda x: '5'}, {'sources': lambda x: '{}'},
    {'sources': lambda x: '[]'}], ids=str)
def test_a_bank_with_other_content_is_refused(card, change):
    path = card.folder / BANK_FILE
    arrays, about = content(path)
    for name, of in change.items():
        values = about if name == 'sources' else arrays
        if of is None:
            del values[name]
        else:
            new = of(values[name])
            values[name] = new if name == 'sources' else np.ascontiguousarray(new)
    save_file(arrays, path, about)
    with pytest.raises(TeachingError, match='bank.safetensors: expected a bank of features, got'):
        Bank.load(card)


def test_it_grows_by_what_was_taught_and_never_too_large(card):
    bank = Bank.load(card)
    new = [*clips('nod', 20, 5, windows=30), clip(NO_ACTION, 40, 'room')]
    more = bank.extended(new, ['wave'])
    assert {each.label for each in (*more.learnt, *more.unseen)} == {'wave', 'nod'}
    assert max(len(each.features_ND) for each in more.unseen) == 8
    assert len(more.other) == len(bank.other) + 1
    assert bank.extended(new, []).learnt == ()

    large = [*(clip('nod', 20, str(i), 8, i, 2000) for i in range(150)),
             clip('bow', 21, 'x', 8, 0, 2000), clip(NO_ACTION, 1, 'y' * 200, 8, 0, 2000)]
    bank = bank_of(card.labels, 2000).extended(large, card.labels)
    assert {'nod', 'bow'} <= {each.label for each in bank.unseen}
    # Where a file lay is not told.
    assert bank.other[-1].group == f'background {len({each.group for each in bank.other})}'
    assert sum(each.features_ND.size for each in (
        *bank.learnt, *bank.unseen, *bank.other)) < MAX_BYTES


def test_a_full_bank_stays_below_its_limit(card):
    full = bank_of(card.labels, 2000).extended(
        [clip(NO_ACTION, i, f'{i} {"x" * 150}', 8, i, 2000) for i in range(150)], card.labels)
    assert MAX_BYTES * 0.9 < full.save(card, 'test') < MAX_BYTES
    assert len(Bank.load(card).other) == len(full.other)
    more = Bank.load(card).extended([clip(NO_ACTION, 1, 'new', 8, 0, 2000)] * 9, card.labels)
    assert more.save(card, 'test') < MAX_BYTES
    with pytest.raises(ValueError, match=f'expected a bank of at most {MAX_BYTES} bytes'):
        Bank((), (), tuple(clip(NO_ACTION, i, 'x', 400, i, 2000) for i in range(3))).save(card, '')


def test_of_a_full_bank_every_class_gets_the_same_share(card):
    dim, room = 2000, (MAX_BYTES - 50_000) // 2000
    full = bank_of(card.labels, dim).extended(
        [*clips('nod', 20, 80, windows=8, dim=dim), *clips(NO_ACTION, 21, 80, windows=8, dim=dim)],
        card.labels)
    later = ('bow', 'sit', 'lie')
    more = full.extended([each for number, label in enumerate(later)
                          for each in clips(label, 30 + number, 60, windows=8, dim=dim)],
                         [*card.labels, 'nod'])

    def windows(clips_):
        return sum(len(each.features_ND) for each in clips_)
    of_class = {label: windows(each for each in (*more.learnt, *more.unseen)
                               if each.label == label) for label in (*card.labels, 'nod', *later)}
    for label in card.labels:
        assert of_class[label] == 11, 'those that want less than their share get all'
    assert {of_class[label] for label in ('nod', *later)} <= {
        of_class['bow'] - 1, of_class['bow'], of_class['bow'] + 1}
    assert windows(more.other) == pytest.approx(room / 2, abs=1)
    assert sum(of_class.values()) + windows(more.other) == room
    # Of every example some windows, and of every source some examples.
    assert len([each for each in more.unseen if each.label == 'lie']) == 60
    assert {each.group for each in more.other} == {each.group for each in full.other}
    assert len(more.learnt) == len(full.learnt)
    for one, other in zip(more.unseen, full.extended([
            each for number, label in enumerate(later)
            for each in clips(label, 30 + number, 60, windows=8, dim=dim)],
            [*card.labels, 'nod']).unseen, strict=True):
        assert np.array_equal(one.features_ND, other.features_ND)
    # There are more examples than room: fewer of them.
    crowded = full.extended(clips('bow', 40, 2 * room, windows=1, dim=dim), ['nod'])
    assert windows(each for each in crowded.unseen if each.label == 'bow') == pytest.approx(
        room / 4, abs=1)


def test_sources_are_left_out(card):
    bank = Bank.load(card)
    assert {each.group for each in bank.without(['source 1']).other} == {'source 0', 'source 2'}
    assert bank.without([]) == bank
    with pytest.raises(TeachingError, match=r'--without: expected .*source 0, .*got garden'):
        bank.without(['garden'])


def test_names_of_sources_are_json(card):
    Bank((), (), (clip(NO_ACTION, 1, 'müll, "x" \n'),)).save(card, 'test')
    assert json.loads(content(card.folder / BANK_FILE)[1]['sources']) == ['müll, "x" \n']
    assert Bank.load(card).other[0].group == 'müll, "x" \n'
