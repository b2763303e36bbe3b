// Recording and teaching, in two clicks each, and the tasks that they start.

import {fill, matchChildren, setText, toast} from './common.js';

const record = document.getElementById('record');
const teach = document.getElementById('teach');
let panel;
let camera;

export function openRecord(ofPanel, name) {
  [panel, camera] = [ofPanel, name];
  setText(record.querySelector('h2'), `Record examples with ${name}`);
  setText(record.querySelector('.folder'), `They go to ${panel.state.examples_folder}.`);
  const labels = new Set([...Object.keys(panel.state.examples), 'no_action']);
  record.querySelector('datalist').replaceChildren(...[...labels].map((label) => new Option(label, label)));
  open(record);
}

export function openTeach(ofPanel) {
  panel = ofPanel;
  const counts = Object.entries(panel.state.examples).map(([label, count]) => `${label} (${count})`);
  setText(teach.querySelector('.examples'), `From the examples of ${counts.join(', ')}, in ${
    panel.state.examples_folder}.`);
  open(teach);
}

function open(dialog) {
  dialog.returnValue = '';
  dialog.showModal();
  dialog.querySelector('input').select();
}

function onGo(dialog, command, read) {
  dialog.addEventListener('close', async () => {
    if (dialog.returnValue !== 'go') return;
    try {
      await panel.ask(command, {node: panel.name, ...read(dialog.querySelector('form').elements)});
    } catch (error) {
      toast(error.message, 'bad');
    }
  });
}

onGo(record, 'capture', (fields) => ({camera, label: fields.label.value.trim(),
  seconds: fields.seconds.valueAsNumber, count: fields.count.valueAsNumber}));
onGo(teach, 'teach', (fields) => ({name: fields.name.value, keep: fields.keep.checked}));

/** When the tasks began that are not shown any more, and the newest one. */
const closed = new Set();
let newest = 0;

/** Show what runs, and what has ended until the user closes it. */
export function drawJobs(jobs, nodes, ask) {
  const {capture} = jobs;
  const latest = Math.max(newest, ...Object.values(jobs).map((job) => job.begun_sec));
  // What was recorded is seen in what comes next.
  if (latest > newest && capture && !capture.running && capture.begun_sec < latest) {
    closed.add(capture.begun_sec);
  }
  newest = latest;
  const keys = Object.keys(jobs).filter((key) => !closed.has(jobs[key].begun_sec));
  const cards = matchChildren(document.getElementById('jobs'), keys, (key) => {
    const card = fill('job-template');
    card.querySelector('.end').addEventListener('click', () => {
      if (card.dataset.running) ask('end', {job: key}).catch((error) => toast(error.message, 'bad'));
      else {
        closed.add(Number(card.dataset.begun));
        card.remove();
      }
    });
    card.querySelector('.use').addEventListener('click', (event) => use(event.target, ask));
    return card;
  });
  cards.forEach((card, index) => drawJob(card, jobs[keys[index]], keys[index], nodes));
}

function drawJob(card, job, key, nodes) {
  card.dataset.running = job.running ? 'yes' : '';
  card.dataset.begun = job.begun_sec;
  setText(card.querySelector('h2'), job.title);
  const last = (job.lines.at(-1) ?? 'Starting').trim().replace(/^(capture|teach): +/, '');
  const lastShown = job.running || !job.ok ? last : 'Done';
  setText(card.querySelector('.progress'), job.running || job.ok ? lastShown : `Failed: ${last}`);
  const warnings = card.querySelector('.warnings');
  warnings.hidden = !job.warnings.length;
  setText(warnings, job.warnings.join('\n'));
  setText(card.querySelector('pre'), job.lines.join('\n'));
  card.querySelector('.made').hidden = !job.made;
  setText(card.querySelector('.made code'), job.made);
  setText(card.querySelector('.end'), job.running ? 'Stop' : 'Close');
  const button = card.querySelector('.use');
  const node = nodes.find((each) => each.there);
  button.hidden = !(key === 'teach' && job.made && node);
  button.dataset.node = node?.name ?? '';
}

async function use(button, ask) {
  button.disabled = true;
  setText(button, 'Loading it');
  try {
    toast(await ask('use', {node: button.dataset.node}));
  } catch (error) {
    toast(error.message, 'bad');
  }
  setText(button, 'Use this model');
  button.disabled = false;
}
