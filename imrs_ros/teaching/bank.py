# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A bank: features of clips of a model's own classes and of other actions, in its folder.

So that a model can be taught new actions without the videos that it learnt the old ones from.
``bank.safetensors`` holds, for M windows of C clips:

    features   uint8   (M, D)   pooled features, each divided by its step, less its offset
    offset     float32 (D,)
    step       float32 (D,)
    clip       int16   (M,)     number of the clip that the window is of; windows of a clip are in
                                order, four frames apart
    label      int16   (C,)     number of the class, as in the card; -1 for other actions
    learnt     uint8   (C,)     1 where the network itself learnt from the clip
    source     int16   (C,)     number of the source of other actions; their names in the metadata

The metadata holds ``weights_sha256``, of the network, and ``made_from``, in words.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
import json
from typing import Any

from imrs_ros.atomic_file import replace_file
from imrs_ros.model_card import ModelCard
from imrs_ros.records import NO_ACTION
from imrs_ros.teaching.card_writer import BANK_FILE
from imrs_ros.teaching.clip_features import ClipFeatures
from imrs_ros.teaching.footage import TeachingError
import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open, SafetensorError
from safetensors.numpy import save_file

MAX_BYTES = 2_000_000
NUM_LEVELS = 255
LEAST_STEP = 1e-9
MOST = 1e6
"""No feature is as large."""
MOST_WINDOWS = 8
"""Of an example, in the bank of a model that was taught."""
RESERVED_BYTES = 50_000
"""For what is not features."""
BACKGROUND_SHARE = 0.5
"""Of a full bank, what other actions get at most, unless the classes leave more."""


@dataclass(frozen=True, slots=True)
class Bank:
    """Clips of a bank."""

    learnt: tuple[ClipFeatures, ...]
    """Of the model's classes; the network learnt from them."""
    unseen: tuple[ClipFeatures, ...]
    """Of the model's classes; it did not."""
    other: tuple[ClipFeatures, ...]
    """Of other actions; their group is the source."""

    @classmethod
    def load(cls, card: ModelCard) -> 'Bank':
        """
        Read the bank of a model folder.

        :param card: the model.
        :return: the bank.
        :raises TeachingError: when there is none, or one that does not fit the model.
        """
        path = card.folder / BANK_FILE
        if not path.is_file():
            raise TeachingError(
                f'{path}: expected a bank of features, with which actions can be kept without '
                'their videos, got no such file; "python -m training.bank" writes one')
        try:
            with safe_open(path, 'np') as file:
                about = file.metadata() or {}
                values = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            if about.get('weights_sha256') != card.weights_sha256:
                raise TeachingError(
                    f'{path}: expected a bank of the network with the weights '
                    f'{card.weights_sha256[:12]}, got one of '
                    f'{about.get("weights_sha256", "no network")[:12]}; "python -m '
                    'training.bank" writes it anew')
            return _from_arrays(values, json.loads(about['sources']), card)
        except TeachingError:
            raise
        except (SafetensorError, OSError, KeyError, IndexError, TypeError, ValueError) as error:
            raise TeachingError(f'{path}: expected a bank of features, got '
                                f'{type(error).__name__}: {error}; copy the model folder '
                                'again') from error

    def without(self, sources: Sequence[str]) -> 'Bank':
        """
        Return the bank without some sources of other actions.

        :param sources: their names.
        :return: the rest.
        :raises TeachingError: when there is no such source.
        """
        known = sorted({clip.group for clip in self.other})
        if unknown := [source for source in sources if source not in known]:
            raise TeachingError(f'--without: expected sources of the bank ({", ".join(known)}), '
                                f'got {", ".join(unknown)}')
        return replace(self, other=tuple(
            clip for clip in self.other if clip.group not in sources))

    def extended(self, clips: Sequence[ClipFeatures], kept: Sequence[str]) -> 'Bank':
        """
        Return the bank of a model that was taught, so that it can be taught more.

        Where there is not room for all, every class gets the same share, and background
        ``BACKGROUND_SHARE``: fewer windows of every clip, then fewer clips.

        :param clips: of its new classes and of background.
        :param kept: labels of classes that it kept.
        :return: the bank.
        """
        known = {*kept, *(clip.label for clip in clips), NO_ACTION}
        sources = len({clip.group for clip in self.other})
        own = {group: f'background {sources + number}' for number, group in enumerate(
            dict.fromkeys(clip.group for clip in clips if clip.label == NO_ACTION), 1)}
        # Where files lay on some machine is nobody's business.
        new = [replace(clip, group=own.get(clip.group, clip.group), mirrored_ND=None,
                       features_ND=clip.features_ND[:MOST_WINDOWS])
               for clip in clips]
        clips = [*self.learnt, *self.unseen, *self.other, *new]
        places = {label: [i for i, clip in enumerate(clips) if clip.label == label]
                  for label in sorted(known)}
        shares = _shares(
            {label: sum(len(clips[i].features_ND) for i in own) for label, own in places.items()},
            (MAX_BYTES - RESERVED_BYTES) // clips[0].features_ND.shape[1])
        lengths = dict.fromkeys(range(len(clips)), 0)
        for label, listed in places.items():
            lengths |= dict(zip(listed, _lengths([clips[i] for i in listed], shares[label])))
        short = [(i < len(self.learnt), replace(clip, features_ND=clip.features_ND[:lengths[i]]))
                 for i, clip in enumerate(clips) if lengths[i]]
        return Bank(
            tuple(clip for is_learnt, clip in short if is_learnt),
            tuple(clip for is_learnt, clip in short
                  if not is_learnt and clip.label != NO_ACTION),
            tuple(clip for is_learnt, clip in short if clip.label == NO_ACTION))

    def save(self, card: ModelCard, made_from: str) -> int:
        """
        Write the bank into a model folder.

        :param card: the model.
        :param made_from: for people.
        :return: its size in bytes.
        :raises ValueError: when it is larger than ``MAX_BYTES``.
        :raises OSError: when it cannot be written.
        """
        clips = (*self.learnt, *self.unseen, *self.other)
        features_MD = np.concatenate([clip.features_ND for clip in clips]).astype(np.float32)
        low_D, high_D = features_MD.min(axis=0), features_MD.max(axis=0)
        step_D = np.maximum((high_D - low_D) / NUM_LEVELS, LEAST_STEP).astype(np.float32)
        sources = sorted({clip.group for clip in self.other})
        if features_MD.size > MAX_BYTES:
            raise ValueError(f'expected a bank of at most {MAX_BYTES} bytes, got '
                             f'{features_MD.size}; give fewer windows')
        arrays = {
            'features': np.round((features_MD - low_D) / step_D).astype(np.uint8),
            'offset': low_D, 'step': step_D,
            'clip': np.repeat(np.arange(len(clips)), [
                len(clip.features_ND) for clip in clips]).astype(np.int16),
            'label': np.array([-1 if clip.label == NO_ACTION else card.labels.index(clip.label)
                               for clip in clips], np.int16),
            'learnt': np.array([*[1] * len(self.learnt), *[0] * len(self.unseen),
                                *[0] * len(self.other)], np.uint8),
            'source': np.array([sources.index(clip.group) if clip.label == NO_ACTION else -1
                                for clip in clips], np.int16)}
        with replace_file(card.folder / BANK_FILE) as new:
            save_file(arrays, new, {'weights_sha256': card.weights_sha256,
                                    'sources': json.dumps(sources), 'made_from': made_from})
        return (card.folder / BANK_FILE).stat().st_size


def _shares(wanted: Mapping[str, int], room: int) -> dict[str, int]:
    """
    Share room for windows out: evenly, but nobody gets more than is wanted.

    :param wanted: windows by label, ``NO_ACTION`` among them.
    :param room: windows in all.
    """
    if sum(wanted.values()) <= room:
        return {**wanted}
    of_classes = sum(wanted.values()) - wanted[NO_ACTION]
    background = min(wanted[NO_ACTION], max(round(BACKGROUND_SHARE * room), room - of_classes))
    found, left = {NO_ACTION: background}, room - background
    rest = sorted((label for label in wanted if label != NO_ACTION), key=lambda x: (wanted[x], x))
    for number, label in enumerate(rest):
        found[label] = min(wanted[label], left // (len(rest) - number))
        left -= found[label]
    return found


def _lengths(clips: Sequence[ClipFeatures], room: int) -> list[int]:
    """Share room for windows out among clips, those of every group in turn; 0 for none."""
    counts: Counter[str] = Counter()
    turns = []
    for clip in clips:
        turns.append(counts[clip.group])
        counts[clip.group] += 1
    order = sorted(range(len(clips)), key=lambda i: (turns[i], i))
    lengths = [0] * len(clips)
    while room > 0 and (more := [
            i for i in order if lengths[i] < len(clips[i].features_ND)][:room]):
        for i in more:
            lengths[i] += 1
        room -= len(more)
    return lengths


def _check(values: dict[str, NDArray[np.generic]]) -> None:
    (num_windows, feature_dim), (num_clips,) = values['features'].shape, values['label'].shape
    for name, shape in (('offset', (feature_dim,)), ('step', (feature_dim,)),
                        ('clip', (num_windows,)), ('learnt', (num_clips,)),
                        ('source', (num_clips,))):
        if values[name].shape != shape:
            raise ValueError(f'{name} of the shape {values[name].shape} instead of {shape}')
    for name in ('offset', 'step'):
        if not (np.abs(values[name].astype(np.float64)) < MOST).all():
            raise ValueError(f'{name} with values that are no features')
    if set(values['clip'].tolist()) != {*range(num_clips)}:
        raise ValueError('clips without windows, or windows without clip')


def _from_arrays(
    values: dict[str, NDArray[Any]], sources: Sequence[str], card: ModelCard,
) -> Bank:
    _check(values)
    features_MD = (values['features'].astype(np.float32) * values['step'] + values['offset'])
    parts: dict[str, list[ClipFeatures]] = {'learnt': [], 'unseen': [], 'other': []}
    for number, (label, learnt, source) in enumerate(zip(
            values['label'].tolist(), values['learnt'].tolist(), values['source'].tolist())):
        name = NO_ACTION if label < 0 else card.labels[label]
        group = str(sources[max(0, source)]) if label < 0 else f'bank {number}'
        kind = 'other' if label < 0 else 'learnt' if learnt else 'unseen'
        parts[kind].append(ClipFeatures(
            label=name, group=group, name=f'bank {name} {number}',
            features_ND=features_MD[values['clip'] == number]))
    return Bank(*(tuple(parts[kind]) for kind in ('learnt', 'unseen', 'other')))
