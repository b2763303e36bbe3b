const {report, thumbnails, shown, intervals, people, registry} = JSON.parse(document.getElementById('data').textContent);
const page = document.getElementById('page'), tip = document.getElementById('tip');
const labels = report.confusion.labels, none = labels.length - 1;
const colour = k => k === none ? '#98a2b3' : `hsl(${(k * 137.5 + 210) % 360} 62% ${k % 2 ? 46 : 54}%)`;
const colourOf = label => colour(Math.max(0, labels.indexOf(label)));

// Elements are created, never parsed from text: labels and names are no markup.
function add(parent, name, attributes = {}, text = null) {
  const isDrawing = parent.namespaceURI.endsWith('svg') || name === 'svg';
  const element = isDrawing ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== null) element.textContent = text;
  return parent.appendChild(element);
}
const section = title => { add(page, 'h2', {}, title); return add(page, 'div', {class: 'card'}); };

function table(parent, header, rows, attributes = {}) {
  const made = add(parent, 'table', attributes);
  const top = add(add(made, 'thead'), 'tr');
  header.forEach(text => add(top, 'th', {}, text));
  const body = add(made, 'tbody');
  for (const row of rows) {
    const line = add(body, 'tr');
    row.forEach(cell => Array.isArray(cell) ? add(line, 'td', cell[1], cell[0]) : add(line, 'td', {}, cell));
  }
  return made;
}
const value = number => number === null || number === undefined ? '–' : Number.isInteger(number) ? String(number) : number.toFixed(3);
const withUnit = (number, figure) => number === null || number === undefined || !figure.unit ? value(number) : `${value(number)} ${figure.unit}`;

// Of a figure of a class; of all classes if it has no name.
const interval = (name, label = '') => (intervals[label] || {})[name] || '';
const percent = Math.round(100 * report.intervals.level);

function head() {
  const box = add(page, 'div', {class: 'head'});
  const minutes = report.recordings.reduce((sum, r) => sum + r.duration_sec, 0) / 60;
  add(box, 'h1', {}, `Evaluation of ${report.model.name}`);
  add(page, 'p', {}, `${report.recordings.length} recording${report.recordings.length === 1 ? '' : 's'}, ${minutes.toFixed(1)} minutes, ${report.figures.num_windows} windows, scored by ${report.backend}`);
  const names = ['f1@25', 'settled_accuracy', 'calibrated_map', 'delay_median_sec', 'false_per_min', 'changes_per_min'];
  // Where people alone are annotated, the whole picture has nothing to show.
  if (!report.people || report.figures.num_actions) tiles(names, registry.all, name => shown[name], name => interval(name));
  if (report.people) peopleTiles();
}

function tiles(names, figures, text, limits) {
  const box = add(page, 'div', {class: 'tiles'});
  for (const name of names) {
    const tile = add(box, 'div', {class: 'tile'}), figure = figures.find(one => one.name === name);
    const [number, unit] = text(name).split(' '), line = add(tile, 'b', {}, number);
    if (unit) add(line, 'small', {}, ` ${unit}`);
    add(tile, 'span', {title: figure.source}, figure.words);
    if (limits(name)) add(tile, 'span', {class: 'interval'}, limits(name));
  }
}

function peopleTiles() {
  add(page, 'h2', {}, 'People');
  tiles(['f1@25', 'recall', 'video_accuracy', 'delay_median_sec', 'false_per_min', 'id_switches_per_min'], registry.people,
    name => people[name][0], name => people[name][1]);
}

function legend(parent, used) {
  const box = add(parent, 'div', {class: 'legend'});
  for (const k of used) {
    const item = add(box, 'span');
    add(item, 'i', {style: `background:${colour(k)}`});
    item.append(labels[k]);
  }
}

// The nearest image: a pair of time and data.
const imageAt = (images, time) => images.reduce((best, one) => Math.abs(one[0] - time) < Math.abs(best[0] - time) ? one : best);

// Of a person at a time: where the last window was; nothing if that is more than a second ago.
function boxAt(person, time) {
  const w = person.windows, i = w.time_sec.findLastIndex(t => t <= time + 1e-3);
  return i >= 0 && time - w.time_sec[i] <= 1 ? w.box[i] : null;
}

// The nearest image, with the boxes of people at its time.
function shot(parent, images, time, people, attributes = {}) {
  const [at, source] = imageAt(images, time);
  if (!people.length) return add(parent, 'img', {src: source, ...attributes});
  const frame = add(parent, 'div', {class: 'shot'});
  add(frame, 'img', {src: source, ...attributes});
  const boxes = add(frame, 'div', {class: 'boxes'}), share = one => `${(100 * Math.min(1, Math.max(0, one))).toFixed(2)}%`;
  for (const person of people) {
    const box = boxAt(person, at);
    if (!box) continue;
    const [left, top, right, bottom] = box.map(one => Math.min(1, Math.max(0, one)));
    add(boxes, 'div', {class: person.is_annotated ? 'box' : 'box other', title: person.id, 'data-box': person.id,
      style: `left:${share(left)};top:${share(top)};width:${share(right - left)};height:${share(bottom - top)}`});
  }
}

class Timeline {
  // Annotated and decided actions, confidence, and one lane per class; Ctrl and the wheel zoom, dragging pans.
  // Of a live node, what was decided offline is beside it; null for no such row.
  constructor(parent, recording, camera, images, people, offline = null) {
    Object.assign(this, {camera, images, people, offline, length: Math.max(recording.duration_sec, 0.1)});
    const w = camera.windows;
    this.used = labels.map((_, k) => k).filter(k => k !== none && (w.scores.some(s => s[k] >= 0.2)
      || w.decided.includes(k) || (camera.truth || []).some(t => t[2] === labels[k])));
    this.left = 128; this.width = 1180; this.lane = 15;
    const more = offline ? 32 : 0;
    this.top = {annotated: 8, offline: 40, decided: 40 + more, confidence: 74 + more, scores: 132 + more};
    // A live node publishes no scores of people.
    this.scored = w.scores.length ? this.used : [];
    this.height = this.top.scores + this.scored.length * this.lane + 26;
    this.from = 0; this.to = this.length;
    this.svg = add(parent, 'svg', {class: 'timeline', viewBox: `0 0 ${this.width} ${this.height}`});
    this.listen();
    this.draw();
  }
  x(time) { return this.left + (time - this.from) / (this.to - this.from) * (this.width - this.left - 8); }
  time(event) {
    const box = this.svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * this.width;
    return this.from + (x - this.left) / (this.width - this.left - 8) * (this.to - this.from);
  }
  show(from, to) {
    const span = Math.min(this.length, Math.max(0.5, to - from));
    this.from = Math.min(Math.max(0, from), this.length - span);
    this.to = this.from + span;
    this.draw();
  }
  listen() {
    let last = null;
    // The wheel alone scrolls the page.
    this.svg.addEventListener('wheel', event => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const at = this.time(event), scale = event.deltaY > 0 ? 1.25 : 0.8;
      this.show(at - (at - this.from) * scale, at + (this.to - at) * scale);
    }, {passive: false});
    this.svg.addEventListener('pointerdown', event => { last = event.clientX; this.svg.setPointerCapture(event.pointerId); });
    this.svg.addEventListener('pointerup', () => { last = null; });
    this.svg.addEventListener('pointermove', event => {
      if (last !== null) {
        const box = this.svg.getBoundingClientRect();
        const moved = (last - event.clientX) / box.width * this.width / (this.width - this.left - 8) * (this.to - this.from);
        last = event.clientX;
        this.show(this.from + moved, this.to + moved);
      }
      this.tip(event);
    });
    this.svg.addEventListener('pointerleave', () => { tip.hidden = true; });
    this.svg.addEventListener('dblclick', () => this.show(0, this.length));
  }
  tip(event) {
    const time = this.time(event), w = this.camera.windows;
    tip.hidden = time < 0 || time > this.length;
    if (tip.hidden) return;
    tip.replaceChildren();
    if (this.images.length) shot(tip, this.images, time, this.people);
    let i = w.time_sec.findLastIndex(t => t <= time);
    const truth = (this.camera.truth || []).find(t => t[0] <= time && time < t[1]);
    add(tip, 'div', {}, `${time.toFixed(2)} s`);
    if (this.camera.truth) add(tip, 'div', {}, `annotated: ${truth ? truth[2] : labels[none]}`);
    if (i >= 0) {
      add(tip, 'div', {}, `decided: ${labels[w.decided[i]]} (${w.confidence[i].toFixed(2)})`);
      const scores = w.scores[i], best = scores ? scores.indexOf(Math.max(...scores)) : 0;
      if (scores) add(tip, 'div', {}, `window: ${labels[best]} ${scores[best].toFixed(2)}`);
    }
    tip.style.left = `${Math.min(event.clientX + 16, innerWidth - 250)}px`;
    tip.style.top = `${Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)}px`;
  }
  draw() {
    this.svg.replaceChildren();
    const clip = `clip${Timeline.number = (Timeline.number || 0) + 1}`;
    add(add(this.svg, 'clipPath', {id: clip}), 'rect', {x: this.left, y: 0, width: this.width - this.left - 8, height: this.height});
    const inside = add(this.svg, 'g', {'clip-path': `url(#${clip})`});
    this.axis(inside);
    this.bars(inside, this.top.annotated, this.camera.truth || [], () => false);
    this.bars(inside, this.top.decided, this.camera.decided, one => one[4]);
    if (this.offline) this.bars(inside, this.top.offline, this.offline, one => one[4]);
    this.line(inside);
    this.lanes(inside);
    const name = (text, y) => add(this.svg, 'text', {x: this.left - 8, y, 'text-anchor': 'end'}, text);
    name(this.camera.truth ? 'annotated' : 'not annotated', this.top.annotated + 17);
    if (this.offline) name('offline', this.top.offline + 17);
    name(this.offline ? 'live' : 'decided', this.top.decided + 17);
    name('confidence', this.top.confidence + 30);
    this.scored.forEach((k, i) => name(labels[k], this.top.scores + i * this.lane + 11));
  }
  axis(parent) {
    const span = this.to - this.from;
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600].find(s => span / s <= 14) || span;
    for (let t = Math.ceil(this.from / step) * step; t <= this.to; t += step) {
      add(parent, 'line', {x1: this.x(t), x2: this.x(t), y1: 4, y2: this.height - 18, stroke: 'var(--line)'});
      add(parent, 'text', {x: this.x(t) + 3, y: this.height - 6}, `${+t.toFixed(1)} s`);
    }
  }
  bars(parent, y, segments, isFalse) {
    for (const one of segments) {
      const x = this.x(one[0]), width = Math.max(1.5, this.x(one[1]) - x);
      add(parent, 'rect', {x, y, width, height: 26, rx: 4, fill: colourOf(one[2]),
        ...(isFalse(one) ? {stroke: 'var(--bad)', 'stroke-width': 3} : {})});
      const from = Math.max(x, this.left);
      if (x + width - from > one[2].length * 6.6 + 10) add(parent, 'text', {class: 'in', x: from + 6, y: y + 17}, one[2]);
    }
  }
  // First and last window in sight, and the step that draws at most 2500 of them.
  visible() {
    const t = this.camera.windows.time_sec, margin = 2;
    const first = Math.max(0, t.findIndex(one => one >= this.from - margin));
    let last = t.findLastIndex(one => one <= this.to + margin);
    return [first, last, Math.max(1, Math.ceil((last - first) / 2500))];
  }
  line(parent) {
    const w = this.camera.windows, [first, last, step] = this.visible(), y = this.top.confidence;
    let path = '';
    for (let i = first; i <= last; i += step) {
      const gap = i > first && w.time_sec[i] - w.time_sec[i - step] > step * 1.5;
      path += `${path && !gap ? 'L' : 'M'}${this.x(w.time_sec[i]).toFixed(1)} ${(y + 48 - 48 * w.confidence[i]).toFixed(1)}`;
    }
    add(parent, 'line', {x1: this.left, x2: this.width, y1: y + 48, y2: y + 48, stroke: 'var(--line)'});
    const threshold = report.settings.enter_threshold, at = y + 48 - 48 * threshold;
    add(parent, 'line', {class: 'threshold', x1: this.left, x2: this.width, y1: at, y2: at, stroke: 'var(--bad)', 'stroke-dasharray': '5 4'});
    add(parent, 'text', {x: this.width - 12, y: Math.max(y + 8, at - 4), 'text-anchor': 'end'}, `threshold ${threshold.toFixed(2)}`);
    add(parent, 'path', {d: path, fill: 'none', stroke: 'var(--blue)', 'stroke-width': 1.4});
  }
  lanes(parent) {
    const w = this.camera.windows, [first, last, step] = this.visible();
    this.scored.forEach((k, lane) => {
      const y = this.top.scores + lane * this.lane;
      add(parent, 'rect', {x: this.left, y, width: this.width, height: this.lane - 2, fill: 'var(--back)'});
      for (let i = first; i <= last; i += step) {
        const score = Math.max(...w.scores.slice(i, i + step).map(s => s[k]));
        if (score < 0.05) continue;
        const end = Math.min(w.time_sec[i + step] ?? w.time_sec[i] + 0.2, w.time_sec[i] + 0.5 * step);
        add(parent, 'rect', {x: this.x(w.time_sec[i]), y, width: Math.max(0.6, this.x(end) - this.x(w.time_sec[i])),
          height: this.lane - 2, fill: colour(k), 'fill-opacity': score.toFixed(2)});
      }
    });
  }
}

function strip(parent, camera, images, timeline, people) {
  const truth = camera.truth;
  const right = one => (truth || []).some(t => t[2] === one[2] && t[0] < one[1] && one[0] < t[1]);
  const isExcused = one => camera.is_annotated === false && truth && !one[4];
  const items = camera.decided.map(one => ({time: one[0], label: one[2],
    kind: !truth || isExcused(one) ? 'plain' : right(one) ? 'good' : 'bad',
    text: !truth ? 'decided' : isExcused(one) ? 'as of somebody annotated there' : right(one) ? 'correct' : one[4] ? 'false action' : 'wrong'}));
  items.push(...camera.missed.map(one => ({time: (one[0] + one[1]) / 2, label: one[2], kind: 'bad', text: `missed, ${one[3]}`})));
  if (!items.length || !images.length) return;
  const box = add(parent, 'div', {class: 'strip'});
  for (const item of items.sort((a, b) => a.time - b.time)) {
    const figure = add(box, 'figure', {class: item.kind});
    shot(figure, images, item.time, people, {alt: item.label});
    const caption = add(figure, 'figcaption');
    add(caption, 'b', {}, item.label);
    caption.append(` ${item.text}, ${item.time.toFixed(1)} s`);
    figure.addEventListener('click', () => timeline.show(item.time - 5, item.time + 5));
  }
}

// A timeline for each person; of those who match nobody annotated, only where they act.
// Of a live node, given who was followed offline, what was decided on them there is beside it.
function peopleOf(parent, recording, people, images, offline = null) {
  const isIdle = one => !one.is_annotated && one.truth && !one.decided.length;
  for (const person of people.filter(one => !isIdle(one))) {
    const f = person.figures, outcome = !person.truth ? `not annotated, ${person.decided.length} actions decided`
      : !person.is_annotated ? `followed, but nobody annotated, ${f.false_actions} false actions`
      : `F1@25 ${value(f['f1@25'])}, ${value(f.num_found)} of ${value(f.num_actions)} actions found, ${value(f.false_actions)} false actions, ${value(f.id_switches)} id switches`;
    const box = add(parent, 'div', {class: 'person', 'data-person': person.id});
    add(box, 'h4', {}, person.id || 'without id');
    add(box, 'p', {}, `${person.seen[0].toFixed(1)} to ${person.seen[1].toFixed(1)} s: ${outcome}`);
    const same = offline && offline.filter(one => one.id === person.id && one.is_annotated === person.is_annotated);
    const timeline = new Timeline(box, recording, person, images, [person], same && same.flatMap(one => one.decided));
    strip(box, person, images, timeline, [person]);
  }
  const number = people.filter(isIdle).length;
  if (number) add(parent, 'p', {}, `${number} more followed who match nobody annotated, without an action.`);
}

function recordings() {
  add(page, 'h2', {}, 'Recordings');
  report.recordings.forEach((recording, r) => {
    const box = add(page, 'div', {class: 'card'});
    const top = add(box, 'div', {class: 'head'});
    add(top, 'h3', {}, recording.error ? `${recording.name}, not evaluated` : `${recording.name}, ${recording.duration_sec.toFixed(1)} s`);
    if (recording.error) add(box, 'div', {class: 'note error'}, recording.error);
    recording.notes.forEach(note => add(box, 'div', {class: 'note'}, note));
    recording.cameras.forEach((camera, c) => {
      const f = camera.figures;
      const outcome = camera.truth
        ? `F1@25 ${value(f['f1@25'])}, ${value(f.num_found)} of ${value(f.num_actions)} actions found, ${value(f.false_actions)} false actions`
        : `not annotated, ${camera.decided.length} actions decided`;
      add(box, 'p', {}, `${camera.topic}: ${outcome}, ${f.num_frames} frames, ${f.num_dropped} dropped`);
      const people = camera.people || [];
      const timeline = new Timeline(box, recording, camera, thumbnails[r][c], people);
      if (c === 0) add(top, 'button', {}, 'show all').addEventListener('click', () => timeline.show(0, timeline.length));
      legend(box, timeline.used);
      strip(box, camera, thumbnails[r][c], timeline, people);
      peopleOf(box, recording, people, thumbnails[r][c]);
      for (const [reason, number] of Object.entries(camera.dropped)) add(box, 'div', {class: 'note'}, `${number} frames dropped: ${reason}`);
    });
  });
  add(page, 'p', {}, 'Ctrl and the wheel zoom, dragging pans, a double-click shows all. A red outline marks a false action: one that was decided in the background.');
}

function peopleFigures(parent) {
  if (!report.people) return;
  const box = add(parent, 'div', {class: 'card'}), found = report.people;
  add(box, 'h3', {}, `People (${found.source})`);
  const live = report.live && report.live.people;
  table(box, ['', live ? 'offline' : '', `${percent} %`, ...(live ? ['live'] : [])], registry.people.map(figure => [
    [figure.words, {title: figure.source}],
    [people[figure.name][0], {'data-people-figure': figure.name}],
    [people[figure.name][1], {class: 'interval', 'data-people-interval': figure.name}],
    ...(live ? [[people[figure.name][2], {'data-live-people-figure': figure.name}]] : [])]));
  add(box, 'p', {}, `Everyone is judged like a camera. Intervals: bootstrap draws of ${found.num_units} units, each an annotated action of somebody with their background before it.`);
}

function allFigures(parent) {
  const box = add(parent, 'div', {class: 'card'});
  add(box, 'h3', {}, 'All figures');
  const live = report.live;
  table(box, ['', live ? 'offline' : '', `${percent} %`, ...(live ? ['live'] : [])], registry.all.map(figure => [
    [figure.words, {title: figure.source}], [shown[figure.name], {'data-figure': figure.name}],
    [interval(figure.name), {class: 'interval', 'data-interval': figure.name}],
    ...(live ? [withUnit(live.figures[figure.name], figure)] : [])]));
  add(box, 'p', {}, `Windows settle ${value(report.settle_sec)} s after a change of the annotated label. Intervals of ${percent} %: ${report.intervals.num_draws} bootstrap draws of ${report.intervals.num_units} units, each an annotated action with the background before it.`);
}

function confusion(parent) {
  const box = add(parent, 'div', {class: 'card'});
  add(box, 'h3', {}, 'Windows by annotated (rows) and decided label (columns)');
  const rows = report.confusion.windows, used = labels.map((_, k) => k).filter(k => rows[k].some(Boolean) || rows.some(row => row[k]));
  if (!used.length) { add(box, 'p', {}, 'No annotations.'); return; }
  const made = add(box, 'table', {class: 'confusion'}), top = add(made, 'tr');
  add(top, 'th');
  used.forEach(k => add(add(top, 'th', {class: 'turned'}), 'div', {}, labels[k]));
  for (const k of used) {
    const line = add(made, 'tr'), total = rows[k].reduce((a, b) => a + b, 0);
    add(line, 'th', {}, labels[k]);
    for (const j of used) {
      const share = total ? rows[k][j] / total : 0, rgb = k === j ? '26 138 90' : '209 56 61';
      add(line, 'td', {style: `background:rgb(${rgb} / ${(share * 0.85).toFixed(2)})`, title: `${rows[k][j]} of ${total} windows`},
        rows[k][j] ? `${Math.round(100 * share)} %` : '');
    }
  }
}

function curve(parent, curve, title) {
  if (!curve) return;
  const box = add(parent, 'div', {class: 'card'});
  add(box, 'h3', {}, title);
  const drawn = new Curve(box, curve);
  if (!drawn.svg) return;
  legend(box, drawn.series.filter(one => one.label).map(one => labels.indexOf(one.label)));
  add(box, 'p', {}, 'All classes in bold. The dots are the thresholds of this report; other points were decided from the same scores, so the best of them looks a little better than it is.');
}

function classTable(parent, title, rows) {
  const box = add(parent, 'div', {class: 'card'});
  add(box, 'h3', {}, title);
  const unitOf = figure => figure.unit ? `${figure.words}, ${figure.unit}` : figure.words;
  table(box, ['', ...registry.per_class.map(unitOf)], Object.entries(rows).map(([label, row]) => [
    label, ...registry.per_class.map(figure => value(row[figure.name]))]));
  return box;
}

function classes(parent) {
  const box = classTable(parent, 'Classes', report.per_class);
  if (report.people && Object.keys(report.people.per_class).length) classTable(parent, 'Classes of people', report.people.per_class);
  // Below each value, in small: a column of its own for every interval would be too wide.
  const names = Object.keys(report.per_class);
  box.querySelectorAll('tbody tr').forEach((line, i) => registry.per_class.forEach((figure, column) => {
    const limits = interval(figure.name, names[i]);
    if (limits) add(line.cells[column + 1], 'div', {class: 'interval'}, limits);
  }));
}

function histogram(parent, delays) {
  const box = add(parent, 'div', {class: 'card'});
  add(box, 'h3', {}, 'Delay from the start of an action to its label');
  if (!delays.length) { add(box, 'p', {}, 'No action was found.'); return; }
  const most = Math.max(...delays, 0.5), step = [0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 30].find(s => most / s <= 16) || most;
  const counts = Array(Math.floor(most / step) + 1).fill(0);
  delays.forEach(delay => counts[Math.floor(delay / step)]++);
  const width = 560, height = 180, high = Math.max(...counts), bar = (width - 20) / counts.length;
  const svg = add(box, 'svg', {class: 'timeline', style: 'cursor:default', viewBox: `0 0 ${width} ${height + 20}`});
  counts.forEach((count, i) => {
    const tall = (height - 20) * count / high;
    add(svg, 'rect', {x: 10 + i * bar, y: height - tall, width: Math.max(1, bar - 3), height: tall, rx: 3, fill: 'var(--blue)'});
    if (count) add(svg, 'text', {x: 10 + (i + 0.5) * bar, y: height - tall - 4, 'text-anchor': 'middle'}, count);
    add(svg, 'text', {x: 10 + i * bar, y: height + 14}, `${+(i * step).toFixed(2)}`);
  });
  add(box, 'p', {}, `Seconds; median ${value(report.figures.delay_median_sec)}, 95th percentile ${value(report.figures.delay_p95_sec)}.`);
}

function differences(parent, camera) {
  table(parent, ['', ''], registry.live.filter(figure => figure.name in camera.differences).map(figure => [
    [figure.words, {title: figure.source}], withUnit(camera.differences[figure.name], figure)]));
}

function livePeople(parent, people) {
  const recording = report.recordings[0];
  for (const live of people.cameras) {
    const c = recording.cameras.findIndex(camera => camera.topic === live.topic);
    const box = add(parent, 'div', {'data-live-people': live.camera});
    add(box, 'h3', {}, `People of ${live.camera}`);
    differences(box, live);
    peopleOf(box, recording, live.people, thumbnails[0][c], recording.cameras[c].people || []);
  }
}

function live() {
  if (!report.live) return;
  const box = section('Live against offline');
  report.live.cameras.forEach(camera => {
    add(box, 'h3', {}, camera.camera);
    differences(box, camera);
  });
  if (report.live.people) livePeople(box, report.live.people);
  report.live.notes.forEach(note => add(box, 'div', {class: 'note'}, note));
}

function settings(parent) {
  const box = add(parent, 'div', {class: 'card'});
  add(box, 'h3', {}, 'Settings and model');
  const text = one => typeof one === 'object' && one !== null ? JSON.stringify(one, null, 1).replace(/\s+/g, ' ') : String(one);
  table(box, ['', ''], [...Object.entries(report.settings), ...Object.entries(report.model).filter(([name]) => name !== 'labels')].map(([name, one]) => [name, text(one)]), {class: 'settings'});
}

document.title = `${report.model.name}: evaluation`;
head();
recordings();
live();
add(page, 'h2', {}, 'Figures');
curve(page, report.curve, 'Recall against false actions, by threshold');
curve(page, report.people && report.people.curve, 'People: recall against false actions, by threshold');
classes(page);
const columns = add(page, 'div', {class: 'columns'});
allFigures(columns);
const beside = add(columns, 'div', {style: 'display:grid;gap:16px;min-width:0'});
peopleFigures(beside);
confusion(beside);
histogram(beside, report.delays_sec);
settings(beside);
document.body.dataset.ready = 'yes';
