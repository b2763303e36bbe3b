# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Models of other clip lengths, from training to report: nothing is fixed to 16 frames."""

from imrs_ros.evaluation.command import main
from imrs_ros.evaluation.report.files import read_report
from imrs_ros.settings import BackendSettings
import numpy as np
import pytest
from sample_recordings import camera_frames, EAGER, write_bag
import torch
from training.clips.run_data import RunData
from training.config import RunConfig
from training.evaluate import describe
from training.export import export_run
from training.learning.trainer import Trainer
from training.scoring.complexity import measure_complexity
from training.scoring.scored_model import ScoredModel
import yaml

TINY = {
    'network': 'resnet18', 'width': 0.125, 'size_px': 24, 'epochs': 1, 'batch_size': 4,
    'validation_groups': [9]}
FPS, HOP, NUM_IMAGES = 25, 8, 75


@pytest.fixture(autouse=True)
def one_thread():
    """Train on one core: more gain nothing for a network of this size."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def report_of(card, bag, backend, folder):
    """Evaluate a bag by the command; return report.json."""
    params = folder / f'{backend}.yaml'
    params.write_text(yaml.safe_dump({'/**': {'ros__parameters': {
        **EAGER, 'model': str(card.folder), 'hop': HOP, 'backend': backend}}}))
    with pytest.raises(SystemExit) as done:
        main(['evaluate', str(bag), '--params', str(params), '--out', str(folder / backend)])
    assert done.value.code == 0
    return read_report(folder / backend)


@pytest.mark.parametrize('num_frames', [8, 32])
def test_a_clip_length_holds_from_training_to_report(synthetic_data, tmp_path, num_frames):
    config = RunConfig.from_mapping({**TINY, 'num_frames': num_frames}, 'test')
    run = tmp_path / 'run'
    Trainer(config, RunData.read(config, synthetic_data, None), run).run()
    card = export_run(run, synthetic_data, tmp_path / 'model', 'float16')
    assert card.spec.num_frames == num_frames

    bag = write_bag(tmp_path / 'walk', list(camera_frames(NUM_IMAGES)))
    (bag / 'annotations.csv').write_text('start,end,label\n0.1,0.5,Left\n')
    reports = [report_of(card, bag, backend, tmp_path) for backend in ('torch', 'openvino')]
    windows = range(num_frames - 1, NUM_IMAGES, HOP)
    settle_sec = round(num_frames / FPS + 0.36, 9)
    for report in reports:
        (camera,) = report['recordings'][0]['cameras']
        assert camera['windows']['time_sec'] == [round(i / FPS, 3) for i in windows]
        assert report['figures']['num_windows'] == len(windows)
        assert report['settle_sec'] == settle_sec
        # Every window is decided as some action: background is wholly false once it has settled.
        first_sec = max(0.5 + settle_sec, (num_frames - 1) / FPS)
        background_sec = 0.1 + 2.96 - (0.5 + settle_sec)
        assert report['figures']['false_time_share'] == pytest.approx(
            (2.96 - first_sec) / background_sec, abs=1e-3)
    scores = [report['recordings'][0]['cameras'][0]['windows']['scores'] for report in reports]
    assert np.allclose(*scores, atol=2e-3)

    candidate = ScoredModel.load(card.folder, None, BackendSettings(backend='torch'))
    assert f'GFLOP per clip of {num_frames} frames' in describe(candidate)
    flops, flops_16 = (measure_complexity(
        candidate.network, num_frames=n, size_px=candidate.size_px).flops
        for n in (candidate.num_frames, 16))
    assert flops / flops_16 == pytest.approx(num_frames / 16, rel=0.02)
