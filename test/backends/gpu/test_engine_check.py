"""An engine is used only if its scores are those of the network."""

from dataclasses import replace

from imrs_ros.backends.gpu.engine_check import check_scores, first_accepted, GateError
from imrs_ros.backends.gpu.reference import Reference
from imrs_ros.golden_clips import digest_of, golden_clips
from imrs_ros.model_card import CARD_FILE, ModelCard, ModelCardError
from imrs_ros.networks.weights import load_network
import numpy as np
import pytest
import torch
from training.model_folder.writer import add_golden_scores
import yaml

REFERENCE = np.array([[1, 2, 3], [4, 5, 6]], np.float32)


@pytest.mark.parametrize('error', [0, 0.01, -0.05])
def test_scores_within_the_bound_pass(error):
    logits = REFERENCE.copy()
    logits[1, 2] += error
    assert check_scores(logits, REFERENCE, 0.0501) == pytest.approx(abs(error), abs=1e-6)


@pytest.mark.parametrize(('change', 'words'), [
    (lambda a: a + np.float32(0.2), 'within 0.05 for the golden clips, got a difference of 0.2'),
    (lambda a: a * np.float32('nan'), 'got 6 of 6 that are not'),
    (lambda a: np.where(a > 5, np.float32('inf'), a), 'got 1 of 6 that are not'),
    (lambda a: a[:1], r'of shape \(2, 3\)'),
    (lambda a: a[:, :2], r'got \(2, 2\)')])
def test_other_scores_are_refused(change, words):
    with pytest.raises(GateError, match=words):
        check_scores(change(REFERENCE), REFERENCE, 0.05)


class Engine:
    """Stands in for an engine of a GPU: scores of its own, wrong or right."""

    def __init__(self, logits):
        self.logits, self.closed = logits, False

    def close(self):
        self.closed = True


def check(engine):
    check_scores(engine.logits, REFERENCE, 0.05)


def failing():
    raise MemoryError('out of memory')


def test_the_first_that_passes_is_used_and_no_other_made():
    wrong, right = Engine(REFERENCE * np.float32('nan')), Engine(REFERENCE)

    def attempts():
        yield 'float16', failing
        yield 'float16', lambda: wrong
        yield 'float32', lambda: right
        pytest.fail('no more may be asked for')
    name, engine, refusals = first_accepted(attempts(), check)
    assert (name, engine) == ('float32', right)
    assert wrong.closed
    assert not right.closed
    assert refusals[0] == 'float16 refused: MemoryError: out of memory'
    assert 'expected finite logits' in refusals[1]


def test_none_that_passes_is_an_error_with_all_reasons():
    wrong = Engine(REFERENCE + 1)
    with pytest.raises(RuntimeError, match='out of memory; float32 refused: GateError'):
        first_accepted([('float16', failing), ('float32', lambda: wrong)], check)
    assert wrong.closed
    with pytest.raises(RuntimeError, match='nothing to try'):
        first_accepted([], check)


def test_golden_clips_are_the_same_everywhere():
    clips = golden_clips(16, 224)
    assert clips.shape == (3, 16, 224, 224, 3)
    # Of this very digest are the scores in the card that ships.
    assert digest_of(clips) == '6893fea3b5eacfe985f599e0003acd6c5a3d7a11ee617268504ff14b39c20afd'
    assert all((clips[:, t] != clips[:, t + 1]).mean() > 0.5 for t in range(15)), 'they move'
    assert (clips[0] != clips[1]).mean() > 0.5


def test_card_that_ships_has_the_scores_of_its_network(shipped_model):
    card = ModelCard.load(shipped_model)
    clips = golden_clips(card.spec.num_frames, card.spec.size_px)
    assert card.golden.clips_sha256 == digest_of(clips)
    with torch.inference_mode():
        logits = load_network(card)(torch.from_numpy(clips[:1])).numpy()
    check_scores(logits, np.array(card.golden.logits[:1], np.float32), 1e-3)


def infer_with(network):
    def infer(clips):
        with torch.inference_mode():
            return network(torch.from_numpy(np.stack([c.frames_THWC for c in clips]))).numpy()
    return infer


def test_cards_without_scores_are_checked_all_the_same(tiny_model):
    assert tiny_model.golden.logits == ()
    assert tiny_model.golden.bound == 0.05
    computed = Reference(tiny_model).logits_NK
    card = add_golden_scores(tiny_model.folder)
    assert card.golden.bound == 0.05
    assert np.abs(np.array(card.golden.logits) - computed).max() < 1e-4
    assert (Reference(card).logits_NK == np.array(card.golden.logits, np.float32)).all()
    assert add_golden_scores(card.folder) == card


def test_scores_of_other_clips_are_not_taken(tiny_model):
    card = add_golden_scores(tiny_model.folder)
    other = replace(card, golden=replace(
        card.golden, clips_sha256='0' * 64, logits=((9.0,) * 3,) * 3))
    assert np.abs(Reference(other).logits_NK - Reference(card).logits_NK).max() < 1e-4


def test_reference_refuses_another_network(tiny_model):
    reference = Reference(tiny_model)
    network = load_network(tiny_model)
    reference.check(infer_with(network))
    network.fc.bias += 0.1
    with pytest.raises(GateError, match='got a difference of 0.1'):
        reference.check(infer_with(network))


def test_reference_notices_an_engine_that_scores_one_clip_otherwise(tiny_model):
    infer = infer_with(load_network(tiny_model))
    with pytest.raises(GateError, match='got a difference of 1'):
        Reference(tiny_model).check(lambda clips: infer(clips) + (len(clips) == 1))


@pytest.mark.parametrize(('change', 'words'), [
    ({'bound': 0}, 'golden.bound: expected a number'),
    ({'logits': [[1, 2]]}, 'golden.logits: expected a list with every item a list of 3 numbers'),
    ({'logits': [[1, 2, float('nan')]]}, 'golden.logits'),
    ({'clips_sha256': 7}, 'golden.clips_sha256: expected a string')])
def test_wrong_golden_entries_are_named(tiny_model, change, words):
    path = tiny_model.folder / CARD_FILE
    values = yaml.safe_load(path.read_text())
    values['golden'] = change
    path.write_text(yaml.safe_dump(values))
    with pytest.raises(ModelCardError, match=words):
        ModelCard.load(tiny_model.folder)
