// Pictures, lines and the playhead over time: zoomed by Ctrl and the wheel, scrubbed by the pointer.
import {add, colourOf, seconds} from './dom.js';

const LEFT = 0, RULER = 20, LANE = 28, LEAST_SPAN = 0.4, TILE = 74, EDGE = 7, FOLLOW = 0.06;
const STEPS = [0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];

export class Timeline {
  // on: seek(time), select(id), resize(id, side, time), and frames: nearest(time), small(index).
  constructor(film, svg, overview, thumb, on) {
    Object.assign(this, {film, svg, overview, thumb, on, views: [], wrong: new Set(), pictures: new Map(), length: 1, from: 0, to: 1, time: 0, selected: null, mark: null});
    new ResizeObserver(() => this.draw()).observe(svg.parentElement);
    for (const area of [film, svg]) {
      area.addEventListener('wheel', event => this.wheel(event), {passive: false});
      area.addEventListener('pointerdown', event => this.press(event));
    }
    overview.addEventListener('pointerdown', event => this.pan(event));
  }
  open(length) {
    for (const address of this.pictures.values()) URL.revokeObjectURL(address);
    Object.assign(this, {length: Math.max(length, 0.1), from: 0, to: Math.max(length, 0.1), pictures: new Map(), shown: ''});
  }
  get width() { return this.svg.clientWidth || 600; }
  x(time) { return LEFT + (time - this.from) / (this.to - this.from) * (this.width - LEFT); }
  timeAt(event) {
    const area = this.svg.getBoundingClientRect();
    return Math.min(this.length, Math.max(0, this.from + (event.clientX - area.left - LEFT) / (area.width - LEFT) * (this.to - this.from)));
  }
  show(from, to) {
    const span = Math.min(this.length, Math.max(LEAST_SPAN, to - from));
    this.from = Math.min(Math.max(0, from), this.length - span);
    this.to = this.from + span;
    this.draw();
  }
  zoom(scale, at = this.time) { this.show(at - (at - this.from) * scale, at + (this.to - at) * scale); }
  reveal(from, to = from) {
    if (from >= this.from && to <= this.to) return;
    const span = Math.max(this.to - this.from, (to - from) * 1.3);
    this.show((from + to - span) / 2, (from + to + span) / 2);
  }
  wheel(event) {
    const isZoom = event.ctrlKey || event.metaKey, along = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.shiftKey ? event.deltaY : 0;
    if (!isZoom && !along) return;
    event.preventDefault();
    if (isZoom) return this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.timeAt(event));
    const moved = along / this.width * (this.to - this.from);
    this.show(this.from + moved, this.to + moved);
  }
  press(event) {
    if (event.button) return;
    const line = event.target.closest?.('[data-line]'), side = event.target.dataset?.side;
    event.preventDefault();
    this.svg.focus({preventScroll: true});
    if (line) this.on.select(Number(line.dataset.line));
    const scrub = one => side ? this.on.resize(Number(line.dataset.line), side, this.timeAt(one), false) : this.on.seek(this.timeAt(one));
    const area = event.currentTarget;
    if (!line) scrub(event);
    else if (!side) return;
    let last = event;
    area.setPointerCapture(event.pointerId);
    const move = one => { last = one; scrub(one); };
    area.addEventListener('pointermove', move);
    const end = () => {
      area.removeEventListener('pointermove', move);
      if (side) this.on.resize(Number(line.dataset.line), side, this.timeAt(last), true);
    };
    area.addEventListener('pointerup', end, {once: true});
    area.addEventListener('pointercancel', end, {once: true});
  }
  pan(event) {
    const area = this.overview.getBoundingClientRect(), span = this.to - this.from;
    const grip = event.target === this.thumb ? (event.clientX - area.left) / area.width * this.length - this.from : span / 2;
    const move = one => { const from = (one.clientX - area.left) / area.width * this.length - grip; this.show(from, from + span); };
    move(event);
    this.overview.setPointerCapture(event.pointerId);
    this.overview.addEventListener('pointermove', move);
    this.overview.addEventListener('pointerup', () => this.overview.removeEventListener('pointermove', move), {once: true});
  }
  set(changes) {
    Object.assign(this, changes);
    this.draw();
  }
  // Only the playhead: many times a second.
  moveTo(time, isPlaying) {
    this.time = time;
    if (isPlaying && (time > this.to - FOLLOW * (this.to - this.from) || time < this.from)) {
      const span = this.to - this.from;
      if (span < this.length) return this.show(time - 0.1 * span, time + 0.9 * span);
    }
    this.head?.setAttribute('transform', `translate(${this.x(time).toFixed(1)} 0)`);
    if (this.marked) this.drawMark();
  }
  lanes() {
    const people = [...new Set(this.views.map(view => view.person))].filter(Boolean);
    return this.views.some(view => !view.person) || !people.length ? ['', ...people] : people;
  }
  draw() {
    // Nothing is open yet.
    if (!this.shown && this.shown !== '') return;
    const lanes = this.lanes(), height = RULER + lanes.length * LANE + 6;
    this.svg.setAttribute('viewBox', `0 0 ${this.width} ${height}`);
    this.svg.setAttribute('height', height);
    this.svg.replaceChildren();
    add(this.svg, 'rect', {class: 'ruler', x: 0, y: 0, width: this.width, height});
    this.axis(height);
    lanes.forEach((person, i) => this.lane(person, RULER + i * LANE));
    this.marked = this.mark === null ? null : add(this.svg, 'rect', {y: RULER, height: height - RULER - 4, fill: 'var(--strong)', 'fill-opacity': 0.25, stroke: 'var(--strong)', 'stroke-dasharray': '4 3', rx: 4});
    if (this.marked) this.drawMark();
    this.head = add(this.svg, 'g', {class: 'head'});
    add(this.head, 'path', {d: `M0 0V${height}`, stroke: 'var(--bad)', 'stroke-width': 1.5});
    add(this.head, 'path', {d: 'M-6 0H6V7L0 13L-6 7Z', fill: 'var(--bad)'}).style.cssText = 'fill: var(--bad); stroke: none';
    this.moveTo(this.time, false);
    this.drawOverview();
    this.drawFilm();
  }
  drawMark() {
    const at = [this.x(this.mark), this.x(this.time)].sort((a, b) => a - b);
    this.marked.setAttribute('x', at[0]);
    this.marked.setAttribute('width', Math.max(2, at[1] - at[0]));
  }
  axis(height) {
    const span = this.to - this.from, most = Math.max(3, this.width / 76), step = STEPS.find(one => span / one <= most) || span;
    for (let k = Math.ceil(this.from / step); k * step <= this.to; k++) {
      const x = this.x(k * step);
      add(this.svg, 'line', {x1: x, x2: x, y1: 0, y2: height, stroke: 'var(--line)'});
      add(this.svg, 'text', {x: x + 4, y: 14}, span > 120 && step >= 1 ? `${Math.floor(k * step / 60)}:${String(Math.round(k * step % 60)).padStart(2, '0')}` : `${+(k * step).toFixed(2)} s`);
    }
  }
  lane(person, y) {
    for (const view of this.views.filter(one => one.person === person && Number.isFinite(one.start) && Number.isFinite(one.end))) {
      if (view.end < this.from || view.start > this.to) continue;
      const x = this.x(view.start), width = Math.max(3, this.x(view.end) - x), isSelected = view.id === this.selected;
      const group = add(this.svg, 'g', {class: `seg${isSelected ? ' selected' : ''}`, 'data-line': view.id});
      add(group, 'title', {}, `${view.person ? `${view.person}, ` : ''}${view.label}, ${seconds(view.start)} to ${seconds(view.end)} s`);
      const isWrong = this.wrong.has(view.id);
      add(group, 'rect', {x, y: y + 2, width, height: LANE - 5, rx: 5, fill: colourOf(view.label),
        ...(isSelected || isWrong ? {stroke: isWrong ? 'var(--bad)' : 'var(--ink)', 'stroke-width': 2.5} : {}), ...(view.label === 'no_action' ? {'fill-opacity': 0.55} : {})});
      for (const [side, at] of [['start', x], ['end', x + width - EDGE]]) {
        add(group, 'rect', {class: 'edge', 'data-side': side, x: width > 3 * EDGE ? at : side === 'start' ? at - EDGE + 2 : at + EDGE - 2, y: y + 5, width: EDGE, height: LANE - 11, rx: 3});
      }
      const from = Math.max(x, 0), room = Math.min(x + width, this.width) - from - 20, text = person ? `${person}: ${view.label}` : view.label;
      const most = Math.floor(room / 6.7);
      if (most > 2) add(group, 'text', {x: from + 11, y: y + 18}, text.length > most ? `${text.slice(0, most - 1)}…` : text);
    }
  }
  drawOverview() {
    this.overview.hidden = this.to - this.from >= this.length - 1e-6;
    this.thumb.style.left = `${100 * this.from / this.length}%`;
    this.thumb.style.width = `${100 * (this.to - this.from) / this.length}%`;
    this.overview.querySelectorAll('i').forEach(one => one.remove());
    for (const view of this.views) {
      if (!(view.end > view.start)) continue;
      const bar = add(this.overview, 'i', {tint: colourOf(view.label)});
      bar.style.left = `${100 * view.start / this.length}%`;
      bar.style.width = `${100 * (view.end - view.start) / this.length}%`;
    }
  }
  drawFilm() {
    const number = Math.max(2, Math.round(this.width / TILE)), span = this.to - this.from;
    const wanted = Array.from({length: number}, (_, k) => this.on.nearest(this.from + span * (k + 0.5) / number));
    if (this.shown === wanted.join()) return;
    this.shown = wanted.join();
    this.wanted = wanted;
    this.film.replaceChildren();
    this.tiles = wanted.map(index => {
      const address = this.pictures.get(index);
      return add(this.film, address ? 'img' : 'i', address ? {src: address, alt: '', draggable: 'false'} : {});
    });
    clearTimeout(this.later);
    this.later = setTimeout(() => this.loadFilm(), 120);
  }
  async loadFilm() {
    const {wanted, pictures} = this;
    for (const [k, index] of wanted.entries()) {
      // Playing comes first; another range, or recording, has pictures of its own.
      while (this.on.isPlaying()) await new Promise(done => setTimeout(done, 300));
      if (wanted !== this.wanted || pictures !== this.pictures) return;
      if (!pictures.has(index)) {
        const blob = await this.on.small(index);
        if (pictures !== this.pictures) return;
        if (blob) pictures.set(index, URL.createObjectURL(blob));
      }
      if (wanted !== this.wanted || !pictures.has(index)) continue;
      const tile = document.createElement('img');
      Object.assign(tile, {src: pictures.get(index), alt: '', draggable: false});
      this.tiles[k].replaceWith(tile);
      this.tiles[k] = tile;
    }
  }
}
