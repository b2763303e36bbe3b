# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Scores of none, folds and thresholds on features and tracks whose best values are known."""

from dataclasses import replace
from pathlib import Path

from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.recording_result import settle_ns
from imrs_ros.model_card import InputSpec
from imrs_ros.networks import build_network
from imrs_ros.settings import DecisionSettings
from imrs_ros.teaching.thresholds import fit_operating_point
import numpy as np
import pytest
import torch
from training.data_set.background import read_sources
from training.data_set.splits import LabelledVideo, read_split
from training.operating_point import fit as fit_module
from training.operating_point.fit import deal, fold_videos, split_sources
from training.operating_point.none_fit import evidence, fit_evidence, fit_none_score
from training.operating_point.recording import PooledRecording

SEC = 1_000_000_000


@pytest.fixture
def network():
    torch.manual_seed(0)
    return build_network('resnet18', num_classes=2, width=0.125).eval().requires_grad_(False)


def features_around(centre, count, seed, dim):
    noise = np.random.default_rng(seed).normal(0, 0.3, (count, dim))
    noise[:, 0] += centre[0]
    noise[:, 1] += centre[1]
    return noise.astype(np.float32)


def test_distances_are_those_of_mahalanobis(network):
    dim = network.feature_dim
    known = np.concatenate([features_around((3, 0), 80, 1, dim),
                            features_around((0, 3), 80, 2, dim)])
    truth = np.repeat([0, 1], 80)
    score = fit_none_score(network, known, truth, features_around((-3, -3), 40, 3, dim))
    x = torch.from_numpy(known)
    offsets = score.whiten(x)[:, None] - score.centres_KP
    own = offsets.square().sum(2).numpy()[np.arange(160), truth]
    # The mean squared Mahalanobis distance from the own centre is the number of dimensions,
    # a little less where the covariance is shrunk.
    assert own.mean() == pytest.approx(score.whiten.out_features, rel=0.25)
    assert score.whiten(x)[truth == 1].mean(dim=0).numpy() == pytest.approx(
        score.centres_KP[1].numpy(), abs=1e-3)


def test_other_actions_of_a_source_not_seen_are_told_apart(network):
    dim = network.feature_dim
    known = np.concatenate([features_around((3, 0), 80, 1, dim),
                            features_around((0, 3), 80, 2, dim)])
    score = fit_none_score(
        network, known, np.repeat([0, 1], 80), features_around((-3, -3), 40, 3, dim))
    unseen = [features_around((-3, 0), 40, 4, dim), features_around((0, -3), 40, 5, dim)]
    fresh = features_around((3, 0), 40, 6, dim)
    fit_evidence(score, evidence(network, fresh), [evidence(network, each) for each in unseen])
    assert (score.evidence.weight > 0).all()

    def is_none(features):
        with torch.inference_mode():
            logits = network.classify(torch.from_numpy(features))
        return (logits.softmax(dim=1)[:, -1] > 0.5).float().mean().item()
    assert is_none(features_around((3, 0), 40, 7, dim)) < 0.1
    assert is_none(features_around((-3, 1), 40, 8, dim)) > 0.9


def test_sources_are_never_split_unless_there_is_one():
    sources = {name: tuple(Path(f'{name}{i}') for i in range(count))
               for name, count in (('a', 5), ('b', 1), ('c', 3), ('d', 2))}
    parts = split_sources(sources)
    assert [sorted(part) for part in parts] == [['a'], ['c'], ['b', 'd']]
    halves = split_sources({'a': sources['a']})
    assert [len(fold_videos(half)) for half in halves] == [3, 2]
    assert not set(fold_videos(halves[0])) & set(fold_videos(halves[1]))
    assert len(split_sources({'b': sources['b']})) == 1


@pytest.mark.parametrize('count', [1, 2, 3])
def test_every_recording_gets_videos_of_every_class(count):
    videos = [LabelledVideo(Path(f'{label}_{i}'), label, None)
              for label in range(4) for i in range(6)]
    hands = deal(videos, count)
    assert sorted(v.path for hand in hands for v in hand) == sorted(v.path for v in videos)
    for hand in hands:
        assert {v.label for v in hand} == {0, 1, 2, 3}
        assert len({v.label for v in hand[:4]}) == 4


def test_sources_are_the_folders_of_the_list_and_those_given(synthetic_data, tmp_path):
    assert read_sources(synthetic_data) == {}
    given = tmp_path / 'office'
    given.mkdir()
    with pytest.raises(ValueError, match='office: expected videos of other actions, got none'):
        read_sources(synthetic_data, [given])
    (given / 'walk.mp4').touch()
    assert read_sources(synthetic_data, [given]) == {'office': (given / 'walk.mp4',)}
    with pytest.raises(ValueError, match="got two of 'office'; rename one"):
        read_sources(synthetic_data, [given, given])
    with pytest.raises(FileNotFoundError, match='hall: expected a folder of videos'):
        read_sources(synthetic_data, [tmp_path / 'hall'])
    (given / 'desk').mkdir()
    (given / 'desk' / 'sit.mp4').touch()
    with pytest.raises(ValueError, match="in one source, got it in 'office' and 'desk'"):
        read_sources(synthetic_data, [given, given / 'desk'])


def test_an_example_of_a_class_is_no_other_action(synthetic_data):
    split = read_split(synthetic_data, 1)
    video = split.test[0]
    with pytest.raises(ValueError, match='expected a video of other actions in the source'):
        read_sources(synthetic_data, [video.path.parent], known=split.test)
    assert read_sources(synthetic_data, known=split.test) == {}


def test_no_score_of_none_was_fitted_on_what_it_is_judged_on(network, monkeypatch):
    sources = {name: tuple(Path(f'{name}{i}') for i in range(4)) for name in 'abc'}
    files = [path for paths in sources.values() for path in paths]
    known = [LabelledVideo(Path(f'known{i}'), i % 2, None) for i in range(12)]
    fitted_on, judged_on = [], []

    def pool(self, paths, most):
        """Return features of which the third names the file."""
        if paths[0] not in files:
            label = next(video.label for video in known if video.path == paths[0])
            return features_around(((3, 0), (0, 3))[label], 4, 1, network.feature_dim)
        rows = features_around((-3, -3), len(paths), 2, network.feature_dim)
        rows[:, 2] = [files.index(path) for path in paths]
        return rows

    def fit_score(network, known_MD, truth_M, other_MD):
        fitted_on.append({files[round(number)] for number in other_MD[:, 2].tolist()})
        return fit_none_score(network, known_MD, truth_M, other_MD)

    def play(pooler, spec, clips, background, **_):
        judged_on.append(set(background))
        return PooledRecording(
            times_N=np.arange(40) * SEC // 4, features_ND=features_around(
                (3, 0), 40, 3, network.feature_dim),
            annotated=(Segment(5 * SEC, 8 * SEC, 'a'),), duration_ns=10 * SEC)
    monkeypatch.setattr(fit_module, 'pooler_of', lambda *_: None)
    monkeypatch.setattr(fit_module._Fitting, '_pool', pool)
    monkeypatch.setattr(fit_module, 'fit_none_score', fit_score)
    monkeypatch.setattr(fit_module, 'record', play)
    data = fit_module.FitData(labels=('a', 'b'), train=known, validation=known, sources=sources)
    spec = InputSpec(num_frames=16, fps=25.0, size_px=32, mean=(0.0,) * 3, std=(1.0,) * 3)
    found = fit_module.fit(network, spec, data, 1.0)
    assert found.measured['sources'] == ['a', 'b', 'c']
    assert len(judged_on) == 3
    for held_out, judged in zip(fitted_on, judged_on):
        assert held_out == set(files) - judged
    assert set.union(*judged_on) == set(files) == fitted_on[-1]


@pytest.mark.parametrize('num_frames', [16, 64, 128])
def test_background_is_left_when_windows_have_settled(num_frames):
    spec = InputSpec(
        num_frames=num_frames, fps=10.0, size_px=32, mean=(0.0,) * 3, std=(1.0,) * 3)
    assert fit_module.gap_sec(spec) * 1e9 - settle_ns(spec) == pytest.approx(5e9)


def track(scores_of_actions, scores_of_background, false_class=0):
    """Return a track: 4 s of background, of which the first has no score, and 4 s of action."""
    times, probabilities, annotated = [], [], []
    pairs = list(zip(scores_of_background, scores_of_actions, strict=True))
    for number, (false, right) in enumerate(pairs):
        start = 8 * SEC * number
        annotated.append(Segment(start + 4 * SEC, start + 8 * SEC, 'wave'))
        for step in range(40):
            times.append(start + step * SEC // 5)
            row = [0.0, 0.0]
            if step >= 5:
                row[false_class if step < 20 else 0] = false if step < 20 else right
            probabilities.append(row)
    end = 8 * SEC * len(pairs)
    return Track(
        classes=('wave', 'fall'), duration_ns=end, hold_ns=SEC, settle_ns=SEC,
        times_N=np.array(times), known_N=np.array(times),
        probabilities_NK=np.array(probabilities, np.float32), decided_labels=(),
        confidences_N=np.zeros(0), annotated=tuple(annotated))


def test_thresholds_find_the_most_actions_for_the_allowed_rate():
    settings = DecisionSettings(smoothing_sec=0.0, min_duration_sec=0.2)
    tracks = [track([0.9, 0.6, 0.35], [0.2, 0.45, 0.2])]
    none_false = fit_operating_point(tracks, settings, 0.0)
    reached = none_false.class_thresholds.get('wave', none_false.enter_threshold)
    # Above the background's best, 0.45, and below the second action's 0.6.
    assert 0.45 < reached <= 0.6
    # 10 s of background in all: one false action is six a minute.
    some_false = fit_operating_point(tracks, settings, 7.0)
    reached = some_false.class_thresholds.get('wave', some_false.enter_threshold)
    assert 0.2 < reached <= 0.35
    assert none_false == fit_operating_point(tracks, settings, 0.0)


def test_a_class_that_is_named_in_the_background_gets_a_threshold_of_its_own():
    settings = DecisionSettings(smoothing_sec=0.0, min_duration_sec=0.2)
    tracks = [track([0.9, 0.6, 0.35], [0.2, 0.45, 0.2], false_class=1)]
    point = fit_operating_point(tracks, settings, 0.0)
    assert point.class_thresholds.get('fall', point.enter_threshold) > 0.45
    assert point.class_thresholds.get('wave', point.enter_threshold) <= 0.35


def test_settings_take_what_is_left_to_the_model():
    settings = DecisionSettings()
    tracks = [track([0.9], [0.2])]
    point = replace(fit_operating_point(tracks, settings, 1.0), class_thresholds={'fall': 0.3})
    filled = settings.at(point)
    assert filled.enter_threshold == point.enter_threshold
    assert filled.class_thresholds == {'fall': 0.3}
    given = replace(settings, enter_threshold=0.5, class_thresholds={'wave': 0.9}).at(point)
    # What is given for all classes holds for those that the model singles out, too.
    assert (given.enter_threshold, dict(given.class_thresholds)) == (0.5, {'wave': 0.9})
    assert given.leave_threshold == pytest.approx(
        0.5 * point.leave_threshold / point.enter_threshold)


def test_a_false_action_that_one_class_no_longer_makes_another_may_make():
    settings = DecisionSettings(smoothing_sec=0.0, min_duration_sec=0.2)
    # 20 s of background in all, in which one false action is three a minute.
    tracks = [track([0.9, 0.6, 0.35], [0.2, 0.7, 0.2], false_class=1),
              track([0.9, 0.6, 0.35], [0.2, 0.45, 0.2])]
    point = fit_operating_point(tracks, settings, 3.5)
    assert point.class_thresholds.get('fall', point.enter_threshold) > 0.7
    assert point.class_thresholds.get('wave', point.enter_threshold) <= 0.35
