# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A lesson of features that lie apart is learnt, judged on what it does not hold, and repeated."""

from base64 import b64encode
from dataclasses import replace

from imrs_ros.evaluation.metrics.event_metrics import background_sec, false_actions
from imrs_ros.model_card import InputSpec
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import OperatingPoint
from imrs_ros.teaching.examples_page import examples_page
from imrs_ros.teaching.footage import TeachingError
from imrs_ros.teaching.judgement import expected_with_more, judgement, table
from imrs_ros.teaching.teach import (
    Base, check_lesson, fit_layers, learning_curve, Lesson, name_clip, num_steps, split, teach)
import numpy as np
import pytest
from sample_lessons import bank_of, clip, clips, DIM, layers

SPEC = InputSpec(num_frames=16, fps=25.0, size_px=32, mean=(0.0,) * 3, std=(1.0,) * 3)
NEW = {'nod': 20, 'bow': 21}


def lesson_of(kept=('wave', 'fall'), new=NEW, count=3, windows=4, background=2):
    bank = bank_of(kept)
    return Lesson(
        kept_labels=kept, new_labels=tuple(sorted(new)), learnt=bank.learnt,
        known=(*bank.unseen, *(each for label, number in new.items()
                               for each in clips(label, number, count, windows=windows))),
        other=(*bank.other, *clips(NO_ACTION, 30, background)))


def base_of(lesson, components=3, dim=DIM):
    return Base(layers=layers(len(lesson.kept_labels), dim, components), still_dim=4, spec=SPEC,
                operating_point=OperatingPoint())


@pytest.mark.parametrize('components', [0, 3])
@pytest.mark.parametrize('kept', [(), ('wave', 'fall')])
def test_new_actions_are_named_right_and_kept_ones_keep_their_logits(kept, components):
    lesson = lesson_of(kept, count=6)
    base, steps = base_of(lesson, components), []
    taught = teach(base, lesson, 1.0, on_step=lambda: steps.append(1))
    assert len(steps) == num_steps(lesson)
    for label, number in NEW.items():
        fresh = clip(label, number, 'fresh', seed=99)
        assert lesson.labels[name_clip(taught.layers, fresh, len(lesson.labels))] == label
    features = np.random.default_rng(0).normal(size=(9, DIM))
    assert taught.layers.weight_KD[:len(kept)].tobytes() == base.layers.weight_KD.tobytes()
    if kept:
        np.testing.assert_allclose(
            taught.layers.classify(features)[:, :len(kept)],
            base.layers.classify(features)[:, :len(kept)], rtol=1e-12)
    assert taught.layers.classify(features).shape == (9, len(lesson.labels) + 1)
    assert all(taught.num_judged[label] == 6 for label in NEW)
    again = teach(base, lesson, 1.0)
    for name, array in taught.layers.tensors().items():
        np.testing.assert_array_equal(again.layers.tensors()[name], array)


@pytest.mark.parametrize('windows', [1, 2, 9])
def test_one_action_alone_is_told_from_background(windows):
    lesson = lesson_of((), {'nod': 20}, count=2, windows=windows)
    taught = teach(base_of(lesson), lesson, 1.0)
    none = taught.layers.classify(clip(NO_ACTION, 30, 'x', seed=5).features_ND)
    action = taught.layers.classify(clip('nod', 20, 'x', seed=5).features_ND)
    assert (none[:, 1] > none[:, 0]).all()
    assert (action[:, 0] > action[:, 1]).all()
    found = judgement(taught, lesson, learning_curve(base_of(lesson), lesson), 1.0)
    assert found['named_right']['nod'] == [2, 2]
    assert 'nod' in table(found, lesson)
    # One or two windows are too short to be decided on.
    assert ('warning' in table(found, lesson)) == (windows < 9)
    found['operating_point']['per_class']['nod']['recall'] = 0.0
    assert 'warning: nod is named right and hardly ever decided' in table(found, lesson)


def test_forty_actions_are_taught():
    new = {f'action {i}': 100 + i for i in range(40)}
    lesson = lesson_of(new=new, count=2, windows=2)
    taught = teach(base_of(lesson), lesson, 1.0)
    assert len(taught.operating_point.class_thresholds) == 40
    assert sum(taught.num_right[label] for label in new) > 60


def test_every_fold_leaves_something_to_learn_from():
    def example(label, group):
        return clip(label, NEW.get(label, 40), group)
    # Of three people, every action was recorded with two: in two folds, one lacks an action.
    lesson = Lesson(
        kept_labels=(), new_labels=('a', 'b', 'c'), learnt=(),
        known=tuple(example(label, group) for label, groups in {
            'a': '12', 'b': '23', 'c': '13'}.items() for group in groups),
        other=(example(NO_ACTION, '1'), example(NO_ACTION, '2')))
    for seed in range(10):
        folds = split(lesson, seed)
        assert set.union(*folds) == {'1', '2', '3'}
        assert sum(map(len, folds)) == 3
        assert all(folds)
        for groups in folds:
            rest = lesson.without(groups)
            assert rest.other
            assert {each.label for each in rest.known} == {'a', 'b', 'c'}
    check_lesson(lesson)
    taught = teach(base_of(lesson), lesson, 1.0)
    assert np.isfinite(taught.layers.classify(np.zeros((1, DIM)))).all()


def test_folds_are_even():
    lesson = lesson_of(count=7, background=5)
    folds = split(lesson)
    assert len(folds) == 5
    for label in NEW:
        sizes = [sum(each.group in groups for each in lesson.known if each.label == label)
                 for groups in folds]
        assert max(sizes) - min(sizes) <= 1


def test_people_of_several_actions_stay_together():
    lesson = lesson_of()
    known = tuple(replace(each, group=each.group[-1]) if each.label in NEW else each
                  for each in lesson.known)
    for groups in split(replace(lesson, known=known)):
        judged = {each.group for each in known if each.label in NEW and each.group in groups}
        assert len(judged) <= 1


def test_what_cannot_be_taught_is_refused():
    lesson = lesson_of(count=1)
    with pytest.raises(TeachingError, match='bow: expected 2 examples or more, .* got 1; record'):
        check_lesson(lesson)
    lesson = lesson_of()
    same = replace(lesson, known=tuple(replace(each, group='one') for each in lesson.known))
    with pytest.raises(TeachingError, match='expected 2 examples or more'):
        check_lesson(same)
    with pytest.raises(TeachingError, match='shows none of the actions.*give --background'):
        check_lesson(replace(lesson, other=()))
    with pytest.raises(TeachingError, match='at least 2 recordings that show none'):
        check_lesson(replace(lesson, other=lesson.other[:1]))
    still = replace(lesson, known=tuple(replace(each, motion=0.0) for each in lesson.known))
    assert any('hardly anything moves' in warning for warning in check_lesson(still))
    assert any('examples of 3 people, places or recordings are few' in warning
               for warning in check_lesson(lesson))
    assert check_lesson(lesson_of(count=6)) == []


def test_mirrored_windows_are_learnt_from_and_not_judged():
    lesson = lesson_of(kept=(), count=3)
    mirrored = replace(lesson, known=tuple(
        replace(each, mirrored_ND=-each.features_ND) for each in lesson.known))
    base = base_of(lesson)
    one, two = fit_layers(base, lesson), fit_layers(base, mirrored)
    assert np.abs(one.weight_KD - two.weight_KD).max() > 0.01
    taught = teach(base, mirrored, 1.0)
    assert sum(taught.num_judged.values()) == len(lesson.known)
    assert all(len(track.times_N) <= 100 for track in taught.tracks)


def test_what_was_named_wrong_is_shown_with_its_image(tmp_path):
    lesson = lesson_of(count=4)
    # One example of bow looks like nod.
    odd = replace(clip('bow', NEW['nod'], 'odd <x>', seed=3), image=b'odd image')
    lesson = replace(lesson, known=(*lesson.known, odd))
    taught = teach(base_of(lesson), lesson, 1.0)
    assert [(each.name, best) for each, best in taught.wrong] == [(odd.name, 'nod')]
    page = examples_page(taught, lesson)
    assert page.count('class="bad"') == 1
    assert 'bow odd &lt;x&gt;' in page
    assert 'named nod' in page
    assert b64encode(b'odd image').decode() in page
    assert 'bow for nod: 1 of 5 examples' in page
    right = replace(taught, wrong=(), confusions=type(taught.confusions)())
    assert 'bad' not in examples_page(right, lesson).partition('<main>')[2]


def test_images_stand_where_their_examples_are():
    lesson = lesson_of(count=3)
    lesson = replace(lesson, known=tuple(
        replace(each, image=each.name.encode()) for each in lesson.known))
    taught = teach(base_of(lesson), lesson, 1.0)
    assert len(taught.shown) == len(taught.tracks)
    for track, shown in zip(taught.tracks, taught.shown):
        examples = [(time_ns, each) for time_ns, each in shown if each.label in NEW]
        assert [segment.label for segment in track.annotated] == [
            each.label for _, each in examples]
        for segment, (time_ns, _) in zip(track.annotated, examples):
            assert segment.start_ns < time_ns < segment.end_ns
        assert all(each.label in (*NEW, NO_ACTION) for _, each in shown)


def test_the_curve_grows_and_tells_what_more_would_bring():
    lesson = lesson_of(count=6)
    curve = learning_curve(base_of(lesson), lesson)
    assert [count for count, _ in curve] == sorted(count for count, _ in curve)
    assert 0.9 < curve[-1][1] <= 1
    assert expected_with_more([(1, 0.5), (2, 0.6), (4, 0.7)]) == pytest.approx(0.82, abs=0.05)
    assert expected_with_more([(1, 0.5), (2, 0.4)]) is None
    assert expected_with_more([(1, 1.0), (2, 1.0)]) is None
    assert expected_with_more([(1, 0.0), (1, 0.5)]) is None


def test_the_rate_that_is_allowed_is_that_of_the_recordings_that_are_reported():
    # Of footage that cannot be told from the action, and shorter than what follows an action.
    lesson = lesson_of(new={'nod': 20}, count=6, windows=12, background=0)
    alike = clips(NO_ACTION, 20, 12, 'alike ', windows=12)
    taught = teach(base_of(lesson), replace(lesson, other=(*lesson.other, *alike)), 0.0)
    assert sum(map(background_sec, taught.tracks)) > 10
    assert [action for track in taught.tracks for action in false_actions(track)
            if action.label == 'nod'] == []
