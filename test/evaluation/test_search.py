# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Tuning: finds the best settings, and judges them on held-out recordings."""

from dataclasses import replace

from imrs_ros.evaluation.command import main
from imrs_ros.evaluation.decide_anew import decide, decide_people
from imrs_ros.evaluation.goal import Goal, GOALS, PEOPLE_GOALS, SCORE_FIGURES
from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.ground_truth.annotation_file import write_annotations
from imrs_ros.evaluation.metrics.figure import ALL_FIGURES, FIGURES, PEOPLE_FIGURES
from imrs_ros.evaluation.metrics.figures import figures
from imrs_ros.evaluation.metrics.people_figures import people_figures
from imrs_ros.evaluation.offline.recording_result import evaluate_recording
from imrs_ros.evaluation.recordings.bag_writer import BagWriter
from imrs_ros.evaluation.search import (
    folds, tune, TUNED_PARAMETERS, Tuned, tuned_parameters)
from imrs_ros.evaluation.tune import format_tuning
from imrs_ros.node_settings import read_thresholds
from imrs_ros.parameter_file import read_settings
from imrs_ros.people.detection import Box, Detection
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import DecisionSettings, OperatingPoint
import numpy as np
import pytest
from sample_people import person_track
from sample_recordings import (
    camera_frames, EAGER, make_job, segment, TOPIC, track, write_bag)
import yaml


def scored(seed, number=80):
    """Return a track whose class is certain while it is annotated, and uncertain elsewhere."""
    rng = np.random.default_rng(seed)
    shown = np.zeros(number, bool)
    shown[10:30] = shown[50:70] = True
    best_N = np.where(shown, 0.9, 0.55) + rng.normal(0, 0.02, number)
    scores = [[p, (1 - p) / 2, (1 - p) / 2] for p in np.clip(best_N, 0.4, 0.99)]
    truth = [segment(1, 3, 'wave'), segment(5, 7, 'wave')]
    return track([NO_ACTION] * number, truth, period_sec=0.1, scores=scores)


def test_a_threshold_between_action_and_none_is_found_and_holds_elsewhere():
    tuned = tune([[scored(1)], [scored(2)], [scored(3)]], DecisionSettings(),
                 Goal(max_false_per_min=1.0), num_trials=60)
    assert 0.6 < tuned.settings.enter_threshold < 0.95
    assert tuned.before['f1@25'] < 0.7
    assert tuned.held_out['f1@25'] == 1.0
    assert tuned.held_out['false_per_min'] == 0


def test_thresholds_of_classes_are_tuned_with_that_of_all():
    # As a model has them: of single classes, besides that of all others.
    start = DecisionSettings().at(OperatingPoint(
        enter_threshold=0.7, leave_threshold=0.35, class_thresholds={'wave': 0.35, 'fall': 0.35}))
    tuned = tune([[scored(1)], [scored(2)], [scored(3)]], start, Goal(max_false_per_min=1.0),
                 num_trials=60)
    assert tuned.before['false_per_min'] > 1
    found = tuned.settings.class_thresholds
    assert found['wave'] == found['fall'] > 0.6
    # Twice as high, as far as a threshold can be.
    assert tuned.settings.enter_threshold == 0.999
    assert tuned.held_out['f1@25'] == 1.0
    assert tuned.held_out['false_per_min'] == 0
    # Those that the parameter file gives stay.
    kept = tune([[scored(1)], [scored(2)]], start, Goal(max_false_per_min=1.0), 8, kept=['fall'])
    assert kept.settings.class_thresholds['fall'] == 0.35
    assert kept.settings.class_thresholds['wave'] > 0.35


def test_the_same_seed_gives_the_same_settings():
    first, second = (tune([[scored(1)]], DecisionSettings(), Goal(), 8, seed=3) for _ in range(2))
    assert first == second
    assert first.held_out is None


@pytest.mark.parametrize('changes', [
    {}, {'smoothing_sec': 0.7, 'enter_threshold': 0.34, 'leave_threshold': 0.3},
    {'class_thresholds': 'wave=0.4', 'enabled_classes': 'wave, fall'}, {'min_motion': 1.0}])
def test_repeated_decisions_are_those_of_the_recognizer(tiny_card, tmp_path, changes):
    # A gap of a second in the middle restarts the window.
    frames = [*camera_frames(40), *camera_frames(40, first_sec=2.6)]
    job = make_job(tiny_card, **changes)
    result = evaluate_recording(write_bag(tmp_path / 'bag', frames), job)
    (_, played), = result.cameras
    repeated = decide(played, job.settings.decision)
    assert repeated.decided_labels == played.decided_labels
    assert np.allclose(repeated.confidences_N, played.confidences_N, atol=1e-5)


def test_goals():
    goal = Goal(figure='f1@25', max_false_per_min=1.0)
    allowed = {'f1@25': 0.2, 'false_per_min': 1.0, 'delay_median_sec': 2.0}
    assert goal.worth(allowed) == 0.2
    assert goal.excess(allowed) == 0
    assert goal.excess({'false_per_min': 3.0}) == 2
    assert Goal().excess({'false_per_min': 1000.0}) < 0
    assert Goal(figure='delay_median_sec').worth(allowed) == -2.0
    assert Goal().worth(figures([])) < -1000
    with pytest.raises(ValueError, match='expected --goal to be one of'):
        Goal(figure='happiness')
    with pytest.raises(ValueError, match='at least 0'):
        Goal(max_false_per_min=-1.0)


@pytest.mark.parametrize('name', GOALS)
def test_every_goal_can_be_tuned_for(name):
    goal = Goal(figure=name)
    tuned = tune([[scored(1)], [scored(2)]], DecisionSettings(), goal, num_trials=2)
    assert goal.worth(tuned.on_all) >= goal.worth(tuned.before) > -1000
    assert FIGURES[name].words in format_tuning(tuned, goal)


@pytest.mark.parametrize('name', [*sorted(set(FIGURES) - set(GOALS)), 'happiness'])
def test_other_goals_are_refused_at_the_command_line(name, tmp_path):
    with pytest.raises(SystemExit, match=f'^tune: expected --goal to be one of f.*got {name!r}'):
        main(['tune', str(tmp_path), '--goal', name, '--out', str(tmp_path / 'tuned.yaml')])


def scored_people(seed):
    """Return ann and bob, each certain while annotated, and a stranger."""
    one = scored(seed)
    ann, bob = (person_track(
        one.decided_labels, one.annotated, period_sec=0.1, scores=one.probabilities_NK, name=name,
        numbers=[number] * 80) for number, name in enumerate(('ann', 'bob')))
    other = person_track(one.decided_labels, (), period_sec=0.1, name='9', is_annotated=False,
                         scores=np.full((80, 3), 0.33), numbers=[2] * 80)
    return [ann, bob, other]


def test_thresholds_are_tuned_on_people():
    goal = Goal(max_false_per_min=1.0, of_people=True)
    recordings = [scored_people(seed) for seed in (1, 2, 3)]
    tuned = tune(recordings, DecisionSettings(), goal, num_trials=60)
    assert 0.6 < tuned.settings.enter_threshold < 0.95
    assert tuned.held_out['f1@25'] == 1.0
    assert list(tuned.before) == [row.name for row in PEOPLE_FIGURES]
    assert tuned.on_all == people_figures([
        person for people in recordings for person in decide_people(people, tuned.settings)])
    text = format_tuning(tuned, goal)
    assert text.startswith('figures of people:\n')
    assert all(row.words in text for row in PEOPLE_FIGURES)


@pytest.mark.parametrize('name', PEOPLE_GOALS)
def test_every_goal_of_people_can_be_tuned_for(name):
    goal = Goal(figure=name, of_people=True)
    tuned = tune([scored_people(1), scored_people(2)], DecisionSettings(), goal, num_trials=2)
    assert goal.worth(tuned.on_all) >= goal.worth(tuned.before) > -1000
    assert ALL_FIGURES[name].words in format_tuning(tuned, goal)


def test_goals_of_people_are_what_decisions_on_them_change():
    found = [people_figures(decide_people(
        scored_people(1), DecisionSettings(enter_threshold=threshold)))
        for threshold in (0.6, 0.99)]
    changed = {name for name in found[0] if found[0][name] != found[1][name]}
    assert changed <= set(PEOPLE_GOALS)
    with pytest.raises(ValueError, match="for people, got 'id_switches', which decisions do not"):
        Goal(figure='id_switches', of_people=True)
    with pytest.raises(ValueError, match="got 'edit'$"):
        Goal(figure='edit', of_people=True)


def test_figures_of_scores_do_not_follow_decisions():
    found = [figures([decide(scored(1), DecisionSettings(enter_threshold=threshold))])
             for threshold in (0.6, 0.99)]
    same = {name for name in found[0] if found[0][name] == found[1][name]}
    assert set(SCORE_FIGURES) < same
    assert 'f1@25' not in same


def test_folds_hold_out_every_recording_once():
    assert folds(1) == []
    assert folds(3) == [[0], [1], [2]]
    assert sorted(i for fold in folds(13) for i in fold) == list(range(13))
    assert len(folds(13)) == 5
    with pytest.raises(ValueError, match='expected annotated recordings'):
        tune([], DecisionSettings(), Goal())
    with pytest.raises(ValueError, match='expected at least 1 trial, got 0'):
        tune([], DecisionSettings(), Goal(), num_trials=0)


def figures_like(f1, false_per_min):
    return {**figures([scored(1)]), 'f1@25': f1, 'false_per_min': false_per_min}


@pytest.mark.parametrize(('before', 'held_out', 'words'), [
    ((0.5, 0.0), (0.4, 0.0), 'no better than before'),
    ((0.5, 9.0), (0.4, 0.5), ''),
    ((0.5, 0.0), (0.8, 2.0), 'more false actions than allowed'),
    ((0.5, 0.0), (0.8, 0.0), '')])
def test_a_doubtful_outcome_is_noted(before, held_out, words):
    outcome = Tuned(DecisionSettings(), figures_like(*before), figures_like(*held_out),
                    figures_like(0.9, 0.0))
    lines = format_tuning(outcome, Goal(max_false_per_min=1.0))
    advice = lines.partition('chosen on the others.')[2]
    assert words in advice
    assert bool(words) == bool(advice.strip())


def test_the_command_writes_a_file_that_the_node_reads(tiny_card, tmp_path, capsys):
    params, out = tmp_path / 'before.yaml', tmp_path / 'tuned.yaml'
    params.write_text(yaml.safe_dump({'/**': {'ros__parameters': {
        'model': 'another', 'hop': 5, **EAGER, 'class_thresholds': 'fall=0.6',
        'use_sim_time': True}}}))
    bags = []
    for name in ('a', 'b'):
        bags.append(str(write_bag(tmp_path / name, list(camera_frames(40)))))
        (tmp_path / f'{name}.csv').write_text('start,end,label\n0.8,1.4,wave\n')
    with pytest.raises(SystemExit) as done:
        main(['tune', *bags, '--params', str(params), '--model', str(tiny_card.folder),
              '--trials', '3', '--out', str(out)])
    assert done.value.code == 0
    assert 'Expect "held out"' in capsys.readouterr().out
    tuned = read_settings(out)
    assert (tuned.window.hop, dict(tuned.decision.class_thresholds)) == (5, {'fall': 0.6})
    assert tuned.node.model == str(tiny_card.folder)
    # Whatever the namespace of the node, and with what is no setting of its own.
    (name, section), = yaml.safe_load(out.read_text()).items()
    assert (name, section['ros__parameters']['use_sim_time']) == ('/**', True)


def test_a_tuned_file_holds_the_thresholds_that_were_measured():
    # Once a file gives a threshold for all classes, those of the model do not hold.
    point = OperatingPoint(enter_threshold=0.5, leave_threshold=0.2,
                           class_thresholds={'wave': 0.02, 'fall': 0.3})
    tuned = replace(DecisionSettings().at(point), enter_threshold=0.7, leave_threshold=0.35)
    values = tuned_parameters({'hop': 5, 'class_thresholds': ''}, tuned)
    assert values['class_thresholds'] == 'wave=0.02, fall=0.3'
    given = {name: values[name] for name in TUNED_PARAMETERS}
    read = DecisionSettings(**given, class_thresholds=read_thresholds(values['class_thresholds']))
    assert read.at(point) == tuned


def people_bag(path, annotations):
    with BagWriter(path) as bag:
        for log_ns, frame in camera_frames(40):
            bag.image(TOPIC, frame, log_ns)
            bag.detections('/front/detections', frame, [
                Detection(Box(0.1, 0.0, 0.9, 1.0), 0.9, 'ann')], log_ns)
    write_annotations(path / 'annotations.csv', annotations)
    return str(path)


def run_tune(*options):
    with pytest.raises(SystemExit) as done:
        main(['tune', *options, '--trials', '2'])
    return done.value.code


def test_the_command_tunes_on_people_where_they_are_followed(tiny_card, tmp_path, capsys):
    of_ann = Annotation(0.8, 1.4, 'wave', person='ann', box=Box(0.0, 0.0, 1.0, 1.0))
    both = people_bag(tmp_path / 'both', [of_ann, Annotation(0.8, 1.4, 'wave')])
    whole = people_bag(tmp_path / 'whole', [Annotation(0.8, 1.4, 'wave')])
    out = tmp_path / 'tuned.yaml'
    given = ['--model', str(tiny_card.folder), '--out', str(out)]
    people = [*given, '--people', 'topic']
    assert run_tune(both, *given) == 0
    assert 'figures of the whole picture:' in capsys.readouterr().out
    assert run_tune(both, *people) == run_tune(both, *people, '--on', 'people') == 0
    assert capsys.readouterr().out.count('figures of people:') == 2
    assert read_settings(out).decision.enter_threshold > 0
    assert run_tune(both, *people, '--on', 'picture') == 0
    assert 'figures of the whole picture:' in capsys.readouterr().out
    assert run_tune(whole, *people).startswith(
        'tune: expected annotations of people, got none; add the column person')
    assert run_tune(both, *given, '--on', 'people').startswith(
        'tune: expected --people with --on people')
