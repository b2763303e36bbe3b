// The form of the selected line.
import {add, $} from './dom.js';

const SIDES = ['left', 'top', 'right', 'bottom'];

export class Editor {
  constructor(box, lines, on) { Object.assign(this, {box, lines, on, drawn: ''}); }
  draw(people) {
    const row = this.lines.find(this.lines.selected);
    this.box.hidden = !row;
    if (!row) { this.drawn = ''; return; }
    const view = this.lines.view(row), key = JSON.stringify([row.id, view.topic, view.hasBox, people]);
    if (key !== this.drawn) this.build(view, people);
    this.drawn = key;
    for (const column of ['start', 'end', 'person', 'topic', ...SIDES]) {
      const field = this.box.querySelector(`[data-column=${column}]`);
      if (field && field !== document.activeElement) field.value = this.lines.get(row, column);
      if (field && ['start', 'end'].includes(column)) field.classList.toggle('wrong', !Number.isFinite(view[column]));
    }
  }
  field(parent, column, words, type, attributes = {}) {
    const field = add(parent, type, {'data-column': column, id: `line-${column}`, 'aria-label': words, autocomplete: 'off', ...attributes});
    field.addEventListener('change', () => this.lines.change(this.id, words.toLowerCase(), {[column]: field.value.trim()}));
    return field;
  }
  build(view, people) {
    const focused = this.box.contains(document.activeElement) && document.activeElement.id;
    this.id = view.id;
    this.box.replaceChildren();
    add(this.box, 'h2', {}, 'Selected line');
    const form = add(this.box, 'div', {class: 'form'}), named = (column, words) => add(form, 'label', {for: `line-${column}`}, words);
    add(form, 'span', {}, 'Seconds');
    for (const [column, words, key] of [['start', 'Start', '['], ['end', 'End', ']']]) {
      const pair = add(form, 'div', {class: 'pair'});
      this.field(pair, column, words, 'input', {inputmode: 'decimal', size: 7});
      add(pair, 'button', {title: `${words} at this frame (${key})`, 'aria-label': `${words} at this frame`}, key).addEventListener('click', () => this.on.trim(column));
    }
    if (this.lines.recording.cameras.length > 1 || view.topic) {
      named('topic', 'Camera');
      const topics = this.field(form, 'topic', 'Camera', 'select', {class: 'wide'});
      add(topics, 'option', {value: ''}, 'all cameras');
      for (const topic of new Set([...this.lines.recording.cameras.map(camera => camera.topic), ...(view.topic ? [view.topic] : [])])) add(topics, 'option', {value: topic}, topic);
    }
    named('person', 'Person');
    this.field(form, 'person', 'Person', 'input', {class: 'wide', list: 'people', placeholder: 'none: the whole picture'});
    const list = add(form, 'datalist', {id: 'people'});
    people.forEach(person => add(list, 'option', {value: person}));
    if (view.hasBox) {
      add(form, 'span', {}, 'Box');
      const sides = add(form, 'div', {class: 'sides'});
      SIDES.forEach(side => this.field(sides, side, side[0].toUpperCase() + side.slice(1), 'input', {inputmode: 'decimal', title: `${side}, as a share of the picture`}));
    }
    const actions = add(this.box, 'div', {class: 'actions'});
    const button = (words, title, call, attributes = {}) => add(actions, 'button', {title, ...attributes}, words).addEventListener('click', call);
    button('Play', 'Play this line (Enter)', this.on.play);
    button(view.hasBox ? 'Draw box anew' : 'Draw box', 'Draw where the person is (B)', this.on.draw);
    if (view.hasBox) button('Remove box', 'Remove the box', () => this.lines.setBox(this.id, null));
    button('Delete', 'Delete this line (Del)', this.on.remove, {class: 'danger'});
    if (focused) $(focused)?.focus();
  }
}
