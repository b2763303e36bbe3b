// One recognizer: its state and health, its buttons and thresholds, and its cameras.

import {CameraCard, problemOf, toneOf} from './camera_card.js';
import {fill, matchChildren, setNote, setReason, setText, setTone, toast} from './common.js';
import {openRecord, openTeach} from './dialogs.js';

const STATES = {active: ['good', 'Running'], inactive: ['idle', 'Paused'],
  unconfigured: ['idle', 'Not started'], stopped: ['idle', 'Stopped'], finalized: ['idle', 'Ended']};
let numPanels = 0;

export class NodePanel {
  constructor(name, ask) {
    this.name = name;
    this.ask = ask;
    this.element = fill('node-template');
    this.find = (selector) => this.element.querySelector(selector);
    this.cards = new Map();
    this.isWorking = false;
    const id = `node-${++numPanels}`;
    this.find('h2').id = id;
    this.element.setAttribute('aria-labelledby', id);
    setText(this.find('h2'), name);
    const settings = this.find('.settings');
    settings.id = `${id}-settings`;
    this.find('.tune').setAttribute('aria-controls', settings.id);
    this.find('.tune').addEventListener('click', () => {
      settings.hidden = !settings.hidden;
      this.find('.tune').setAttribute('aria-expanded', String(!settings.hidden));
    });
    this.find('.toggle').addEventListener('click', () => this.toggle());
    this.find('.teach').addEventListener('click', () => openTeach(this));
    this.sliders = [...this.element.querySelectorAll('.slider')].map((part) =>
      new Slider(part, id, (key, value) => this.set(key, value)));
  }

  async toggle() {
    this.isWorking = true;
    this.draw();
    try {
      await this.ask(this.node.state === 'active' ? 'stop' : 'start', {node: this.name});
    } catch (error) {
      toast(error.message, 'bad');
    }
    this.isWorking = false;
  }

  async set(name, value) {
    try {
      await this.ask('set', {node: this.name, name, value});
    } catch (error) {
      toast(error.message, 'bad');
    }
  }

  update(node, state, isConnected) {
    Object.assign(this, {node, state, isConnected});
    this.draw();
    const [enter, leave] = this.sliders;
    const why = this.whyNot();
    enter.update(node.parameters.enter_threshold, node.threshold, why);
    leave.update(node.parameters.leave_threshold, null, why);
    const elements = matchChildren(this.find('.cameras'), node.cameras.map((c) => c.name), (name) => {
      const card = new CameraCard(name, () => openRecord(this, name));
      this.cards.set(name, card);
      return card.element;
    });
    for (const name of this.cards.keys()) {
      if (!elements.some((element) => element.dataset.key === name)) this.cards.delete(name);
    }
    for (const camera of node.cameras) {
      const card = this.cards.get(camera.name);
      card.update(camera, node, state.now);
      card.setRecording(why || (state.jobs.capture?.running ? 'An example is being recorded'
        : camera.topic ? '' : 'The topic of the camera is not known yet'));
    }
  }

  whyNot() {
    if (!this.isConnected) return 'No connection to the view';
    if (!this.node.there) return 'The recognizer has left';
    return '';
  }

  draw() {
    const {node} = this;
    const [tone, word] = this.stateOf(node);
    setTone(this.find('.state'), tone, word);
    const {model, backend, device} = node.values;
    setText(this.find('.model'), [model, backend, device].filter(Boolean).join(' · '));
    setNote(this.find('.note'), problemOf(node), node.level === 2 ? 'bad' : 'warn');
    const toggle = this.find('.toggle');
    setText(toggle, this.isWorking ? 'Please wait' : node.state === 'active' ? 'Stop' : 'Start');
    const why = this.whyNot();
    setReason(toggle, why || (this.isWorking ? 'The recognizer is changing its state'
      : node.busy ? 'The recognizer does not answer now' : ''));
    const words = Object.keys(this.state.examples).filter((label) => label !== 'no_action');
    setReason(this.find('.teach'), why || (this.state.jobs.teach?.running
      ? 'A model is being taught' : this.state.examples_problem || (words.length ? '' : 'Record examples of an action first')));
  }

  stateOf(node) {
    if (node.silent !== null) return ['bad', `No sign of life for ${node.silent} s`];
    if (node.busy) return ['warn', node.state === 'active' ? 'Not answering' : 'Loading the model'];
    const [tone, word] = STATES[node.state] ?? ['idle', node.state || 'Starting'];
    return node.state === 'active' && node.level ? [toneOf(node.level)[0], word] : [tone, word];
  }
}

class Slider {
  constructor(element, id, onChange) {
    this.name = element.dataset.name;
    [this.label, this.input, this.output, this.reset] = ['label', 'input', 'output', 'button']
      .map((tag) => element.querySelector(tag));
    this.input.id = `${id}-${this.name}`;
    this.label.htmlFor = this.input.id;
    setText(this.label, this.name === 'enter_threshold' ? 'Start threshold' : 'End threshold');
    const hint = element.querySelector('.hint');
    hint.id = `${this.input.id}-hint`;
    this.input.setAttribute('aria-describedby', hint.id);
    this.reset.setAttribute('aria-label', `Use the model’s ${this.label.textContent.toLowerCase()}`);
    this.input.addEventListener('input', () => {
      this.touchedAt = performance.now();
      this.input.classList.remove('unset', 'unknown');
      setText(this.output, Number(this.input.value).toFixed(2));
    });
    this.input.addEventListener('change', () => {
      this.touchedAt = performance.now();
      onChange(this.name, Number(this.input.value));
    });
    this.reset.addEventListener('click', () => onChange(this.name, 0));
  }

  /** 0 stands for the model's own. */
  update(value, ofModel, why) {
    const isKnown = typeof value === 'number';
    setReason(this.input, why || (isKnown ? '' : 'The value is not known yet'));
    setReason(this.reset, why || (value ? '' : 'The model’s is in use'));
    // Not while the user holds it.
    if (performance.now() - (this.touchedAt ?? -Infinity) < 1000) return;
    const shown = value || ofModel;
    this.input.classList.toggle('unknown', !isKnown || !shown);
    if (!isKnown) return;
    if (shown && Number(this.input.value) !== Number(shown.toFixed(2))) this.input.value = shown;
    this.input.classList.toggle('unset', !value);
    setText(this.output, value ? value.toFixed(2)
      : ofModel ? `${ofModel.toFixed(2)}, the model’s` : 'the model’s');
    this.input.setAttribute('aria-valuetext', this.output.textContent);
  }
}
