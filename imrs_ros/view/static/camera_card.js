// One camera: its picture with people, its scores, its label and its timeline.

import {fill, hueOf, matchChildren, NO_ACTION, percent, setHue, setNote, setReason, setText, setTone}
  from './common.js';
import {drawTimeline} from './timeline.js';

const NUM_BARS = 5;
const REORDER_MS = 1000;
const STALE_PICTURE_SEC = 2;
const LEVELS = {0: ['good', 'OK'], 1: ['warn', 'Warning'], 2: ['bad', 'Error']};

export const toneOf = (level) => LEVELS[level] ?? (level === null ? ['idle', 'No news'] : LEVELS[2]);

/** What diagnostics say, without the state that they begin with. */
export const problemOf = (entry) => (entry.level
  ? entry.message.replace(/^(active|inactive): /, '') : '');

export class CameraCard {
  constructor(name, onRecord) {
    this.element = fill('camera-template');
    this.find = (selector) => this.element.querySelector(selector);
    this.canvas = this.find('canvas');
    this.smooth = new Map();
    this.order = [];
    this.orderedAt = 0;
    this.size = null;
    setText(this.find('h3'), name);
    this.element.setAttribute('aria-label', `Camera ${name}`);
    this.find('.record').addEventListener('click', onRecord);
  }

  update(camera, node, now) {
    this.camera = camera;
    const [tone, word] = toneOf(camera.level);
    setTone(this.find('.health'), node.there ? tone : 'idle', node.there ? word : 'Stopped');
    setText(this.find('.rates'), ratesOf(camera));
    setNote(this.find('.note'), camera.picture_problem || problemOf(camera),
      camera.level === 2 ? 'bad' : 'warn');
    setText(this.find('.cover'), this.coverOf(camera, node));
    this.drawLabel(camera, node);
    this.drawScores(camera, node);
    this.drawPeople(camera, node);
    drawTimeline(this.find('.timeline'), camera, now, node.labels);
  }

  setRecording(reason) {
    setReason(this.find('.record'), reason);
  }

  coverOf(camera, node) {
    if (!node.there) return 'Stopped: the recognizer has left';
    if (camera.picture_problem) return 'This image cannot be shown';
    if (camera.since_picture !== null && camera.since_picture < STALE_PICTURE_SEC) return '';
    if (camera.since_picture !== null) return `No image for ${Math.round(camera.since_picture)} s`;
    return node.state === 'active' || node.state === 'inactive' ? 'Waiting for images' : 'Starting';
  }

  drawLabel(camera, node) {
    const label = this.find('.label');
    const acts = camera.label !== NO_ACTION && node.there;
    label.toggleAttribute('data-idle', !acts);
    setText(label.children[0], acts ? camera.label : node.state !== 'active' ? '–'
      : camera.fresh ? 'No action' : 'No result');
  }

  /** Bars keep their order for a second, so that they can be read. */
  drawScores(camera, node) {
    const list = this.find('.scores');
    const scores = new Map(camera.scores);
    for (const label of new Set([...this.smooth.keys(), ...scores.keys()])) {
      this.smooth.set(label, 0.8 * (this.smooth.get(label) ?? 0) + 0.2 * (scores.get(label) ?? 0));
    }
    const at = performance.now();
    if (scores.size && (at - this.orderedAt > REORDER_MS || this.order.length < NUM_BARS)) {
      this.orderedAt = at;
      this.order = [...this.smooth].sort((a, b) => b[1] - a[1]).slice(0, NUM_BARS).map(([l]) => l);
    }
    const rest = Math.max(0, 1 - camera.scores.reduce((sum, [, score]) => sum + score, 0));
    const restName = scores.size && scores.size < node.labels.length ? 'other or none' : 'none';
    const names = this.order.length ? this.order : node.labels.slice(0, NUM_BARS);
    const bars = matchChildren(list, [...names, ' rest'], makeBar);
    bars.forEach((bar, index) => {
      const isRest = index === names.length;
      const label = names[index];
      const score = isRest ? rest : scores.get(label) ?? 0;
      const [name, track, value] = bar.children;
      bar.classList.toggle('rest', isRest);
      bar.classList.toggle('decided', !isRest && label === camera.label);
      setHue(bar, isRest ? '' : hueOf(label, node.labels));
      setText(name, isRest ? restName : label);
      if (!isRest && name.title !== label) name.title = label;
      setText(value, camera.fresh && scores.size ? score.toFixed(2) : '–');
      track.firstElementChild.style.width = `${100 * (scores.size ? score : 0)}%`;
    });
    list.hidden = !node.labels.length && !scores.size;
  }

  drawPeople(camera, node) {
    const list = this.find('.people');
    list.hidden = !camera.people.length;
    const chips = matchChildren(list, camera.people.map(([id]) => id), () =>
      document.createElement('li'));
    const boxes = matchChildren(this.find('.boxes'),
      this.size ? camera.people.map(([id]) => id) : [], makeBox);
    camera.people.forEach(([id, left, top, right, bottom, label, score], index) => {
      const acts = label !== NO_ACTION;
      const hue = acts ? hueOf(label, node.labels) : '';
      const text = acts ? `${id}  ${label} ${percent(score)}` : id;
      setText(chips[index], acts ? text : `${id}  no action`);
      chips[index].classList.toggle('acting', acts);
      setHue(chips[index], hue);
      const box = boxes[index];
      if (!box) return;
      setText(box.firstElementChild, acts ? `${id}  ${label}` : id);
      setHue(box, hue);
      place(box, left / this.size.width, top / this.size.height, right / this.size.width,
        bottom / this.size.height);
    });
  }

  async show(picture) {
    const bitmap = await createImageBitmap(new Blob([picture.jpeg], {type: 'image/jpeg'}));
    this.size = {width: picture.width, height: picture.height};
    if (this.canvas.width !== bitmap.width || this.canvas.height !== bitmap.height) {
      this.canvas.width = bitmap.width;
      this.canvas.height = bitmap.height;
    }
    this.canvas.getContext('2d').drawImage(bitmap, 0, 0);
    bitmap.close();
    const camera = this.camera;
    const label = `Picture of camera ${camera.name}: `
      + `${camera.label === NO_ACTION ? 'no action' : camera.label}`
      + `${camera.people.length ? `, ${camera.people.length} people` : ''}`;
    if (this.canvas.getAttribute('aria-label') !== label) this.canvas.setAttribute('aria-label', label);
    this.element.dataset.pictures = 1 + Number(this.element.dataset.pictures ?? 0);
  }
}

function ratesOf(camera) {
  if (camera.since_result === null) return '';
  if (!camera.fresh) return `last result ${Math.round(camera.since_result)} s ago`;
  const latency = camera.latency === null ? '' : ` · ${Math.round(1000 * camera.latency)} ms latency`;
  return `${camera.windows_hz.toFixed(1)} windows/s${latency}`;
}

function makeBar() {
  const bar = document.createElement('li');
  for (const part of ['name', 'track', 'value']) {
    const span = document.createElement('span');
    span.className = part;
    bar.append(span);
  }
  const filled = document.createElement('span');
  filled.className = 'fill';
  bar.children[1].append(filled);
  return bar;
}

function makeBox() {
  const box = document.createElement('div');
  box.className = 'box';
  box.append(document.createElement('span'));
  return box;
}

function place(box, ...sides) {
  const [left, top, right, bottom] = sides.map((side) => Math.min(1, Math.max(0, side)));
  Object.assign(box.style, {
    left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * Math.max(0, right - left)}%`,
    height: `${100 * Math.max(0, bottom - top)}%`});
}
