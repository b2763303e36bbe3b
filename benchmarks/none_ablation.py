# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What each piece of evidence of "none of these" brings, alone and together.

    PYTHONPATH=. python benchmarks/none_ablation.py --cache data/none_ablation

The network stays as it is. Every source of other actions that the shipped score is fitted on is
left out of the fit in turn; those that it is judged on are in no fit. Beside that, what thresholds
could reach on recordings of test clips with judged background between them: recall at a rate of
false actions, all thresholds alike and read off the same recordings, so an upper bound, for each
of several orders of the clips. Nothing is chosen here.

Layout legend: M clips, D features, E evidence, N windows, L logits.
"""

import argparse
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path

from imrs_ros.demo.sources import data_folder, SUBSET
from imrs_ros.evaluation.decide_anew import decide
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.recording_result import hold_ns, settle_ns
from imrs_ros.evaluation.operating_curve import sweep
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.networks import ClipNetwork
from imrs_ros.networks.cut import cut_network
from imrs_ros.networks.weights import load_network
from imrs_ros.settings import DecisionSettings, OperatingPoint, WindowSettings
from imrs_ros.teaching.none_fit import fit_evidence
from joblib import Memory
import numpy as np
from numpy.typing import NDArray
from side_by_side import save, show
import torch
from tqdm import tqdm
from training.clips.clip_reader import VideoReader
from training.clips.run_data import hold_out
from training.clips.windows import reader_windows
from training.data_set.background import read_sources
from training.data_set.splits import LabelledVideo, read_split
from training.operating_point.fit import CLIPS_PER_KNOWN, CLIPS_PER_OTHER, gap_sec
from training.operating_point.folder import run_config
from training.operating_point.none_fit import evidence, fit_none_score
from training.operating_point.pooling import pooler_of
from training.operating_point.recording import PooledRecording, record, track_of
from training.scoring.unseen import separate

FITTED = ('dark', 'skateboard', 'daily')
JUDGED = ('weizmann', 'signs')
VARIANTS = {
    'best probability': (2,), 'extra class': (0,), 'distance': (1,),
    'extra class, distance': (0, 1), 'all three': (0, 1, 2)}
"""Columns of the evidence; the first is what a model without a score of none has."""
RATES = (0.5, 1.0, 5.0)
"""False actions per minute of background."""
NUM_ACTIONS = 50
"""Of a recording."""


class Pooler:
    """Features of videos and recordings, computed once."""

    def __init__(self, card: ModelCard, network: ClipNetwork, cache: Path) -> None:
        """
        Prepare.

        :param card: the model.
        :param network: its network, without a score of none.
        :param cache: folder of earlier results.
        """
        pooler = pooler_of(cut_network(
            network, card.spec.num_frames, lambda features_ND: features_ND), card.spec)
        reader, memory = VideoReader(card.spec.fps), Memory(cache, verbose=0)

        def clips(path: str, most: int, sha256: str) -> NDArray[np.float32]:
            windows = reader_windows(reader, num_frames=card.spec.num_frames,
                                     size_px=card.spec.size_px, max_clips=most)
            return pooler.clips(windows(LabelledVideo(Path(path), -1, None)))

        def play(pairs: Sequence[tuple[str, str]], others: Sequence[str], sha256: str,
                 ) -> PooledRecording:
            return record(pooler, card.spec, [(label, Path(path)) for label, path in pairs],
                          list(map(Path, others)), hop=WindowSettings().hop,
                          gap_sec=gap_sec(card.spec))
        self._clips, self._play = memory.cache(clips), memory.cache(play)
        self._sha256 = card.weights_sha256

    def clips(self, paths: Sequence[Path], most: int) -> NDArray[np.float32]:
        """
        Pool evenly spaced windows.

        :param paths: videos.
        :param most: windows of each.
        :return: features_MD.
        """
        return np.concatenate([
            self._clips(str(path), most, self._sha256)
            for path in tqdm(paths, unit='video', disable=None, leave=False)])

    def play(self, clips: Sequence[tuple[str, Path]], others: Sequence[Path]) -> PooledRecording:
        """
        Pool the windows of a recording.

        :param clips: label and file of each.
        :param others: background between them.
        :return: the recording.
        """
        return self._play([(label, str(path)) for label, path in clips], list(map(str, others)),
                          self._sha256)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').strip().split('\n\n')[0])
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--cache', type=Path, default=Path('data/none_ablation'))
    parser.add_argument('--recordings', type=int, default=3)
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    card, data = ModelCard.load(find_model(options.model)), data_folder()
    network = load_network(card).eval().requires_grad_(False)
    network.none_score = None
    pooler = Pooler(card, network, options.cache)
    split = read_split(data / SUBSET, 1)
    train, validation = hold_out(split.train, run_config(card))
    others = data / 'other-actions'
    fitted = read_sources(data / SUBSET, [others / name for name in FITTED])
    # Both have horse riders and surfers, from other videos.
    judged = {f'{name}, judged' if name in fitted else name: paths for name, paths in read_sources(
        data / SUBSET, [others / name for name in JUDGED], 'test').items()}
    known_MD, val_MD, test_MD = (
        pooler.clips([video.path for video in videos], CLIPS_PER_KNOWN)
        for videos in (train, validation, split.test))
    truth_M = np.array([video.label for video in train])
    features = {name: pooler.clips(paths, CLIPS_PER_OTHER)
                for name, paths in (*fitted.items(), *judged.items())}

    def fit(sources: Sequence[str]) -> ClipNetwork:
        own = deepcopy(network)
        fit_none_score(own, known_MD, truth_M, np.concatenate([features[s] for s in sources]))
        return own
    without = {name: fit([s for s in fitted if s != name]) for name in fitted}
    of_all = fit(list(fitted))
    records = []
    tracks_of: dict[str, list[Track]] = {}
    for name, columns in VARIANTS.items():
        weights_E, bias = _weights(
            columns, evidence(of_all, val_MD),
            [evidence(without[s], features[s]) for s in fitted])
        row: dict[str, object] = {'evidence': name}
        aurocs = []
        for source in (*fitted, *judged):
            own = without.get(source, of_all)
            found = separate(-evidence(own, test_MD) @ weights_E,
                             -evidence(own, features[source]) @ weights_E, 0)
            aurocs.append(found.auroc)
            row[source] = f'{found.auroc:.3f} {found.fpr95:.2f}'
        row['mean AUROC'] = round(float(np.mean(aurocs)), 3)
        records.append(row)
        tracks_of[name] = [
            _track(of_all, card, recording, weights_E, bias)
            for recording in _recordings(pooler, split.test, card, judged, options.recordings)]
    print('AUROC, and false positive rate at 95 % true positive rate')
    show(records)
    recalls = [_recalls(name, tracks) for name, tracks in tracks_of.items()]
    show(recalls)
    save(options.json, [*records, *recalls])


def _weights(columns: Sequence[int], known_ME: NDArray[np.float64],
             sources: Sequence[NDArray[np.float64]]) -> tuple[NDArray[np.float64], float]:
    """Fit evidence of which only some columns count."""
    mask_E = np.isin(np.arange(known_ME.shape[1]), columns).astype(float)
    return fit_evidence(known_ME * mask_E, [each * mask_E for each in sources])


def _recordings(pooler: Pooler, videos: Sequence[LabelledVideo], card: ModelCard,
                judged: Mapping[str, Sequence[Path]], count: int) -> list[PooledRecording]:
    background = [path for paths in judged.values() for path in paths]
    found = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        chosen = [videos[i] for i in rng.permutation(len(videos))[:NUM_ACTIONS]]
        found.append(pooler.play(
            [(card.labels[video.label], video.path) for video in chosen],
            [background[i] for i in rng.permutation(len(background))]))
    return found


def _track(network: ClipNetwork, card: ModelCard, recording: PooledRecording,
           weights_E: NDArray[np.float64], bias: float) -> Track:
    with torch.inference_mode():
        logits_NK = network.score(torch.from_numpy(recording.features_ND)).logits_NK.double()
    odds_N = evidence(network, recording.features_ND) @ weights_E + bias
    none_N = logits_NK.logsumexp(dim=1).numpy() + odds_N
    return track_of(
        recording, np.column_stack([logits_NK.numpy(), none_N]).astype(np.float32), card.labels,
        settle_ns=settle_ns(card.spec), hold_ns=hold_ns(WindowSettings(), card.spec))


def _recalls(name: str, tracks: Sequence[Track]) -> dict[str, object]:
    """Return the greatest recall at each rate, of each recording."""
    found: dict[str, object] = {'evidence': name}
    settings = DecisionSettings().at(OperatingPoint())
    curves = [sweep([decide(track, settings)], settings) for track in tracks]
    for rate in RATES:
        best = [max((point.figures['']['recall'] or 0.0 for point in curve
                     if (point.figures['']['false_per_min'] or 0.0) <= rate), default=0.0)
                for curve in curves]
        found[f'recall at {rate:g}/min'] = (
            f'{np.mean(best):.2f} ({min(best):.2f} to {max(best):.2f})')
    return found


if __name__ == '__main__':
    main()
