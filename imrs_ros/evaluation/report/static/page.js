const {report, films, shown, intervals, people, timing, registry} = data;
const labels = report.confusion.labels, none = labels.length - 1;
// Dark enough for white text.
const hue = k => (k * 137.5 + 210) % 360, lightness = k => (hue(k) > 40 && hue(k) < 195 ? 33 : 46) - (k % 2 ? 3 : 0);
const colour = k => k === none ? '#98a2b3' : `hsl(${hue(k)} 62% ${lightness(k)}%)`;
const colourOf = label => colour(Math.max(0, labels.indexOf(label)));

const section = title => { add(page, 'h2', {}, title); return add(page, 'div', {class: 'card'}); };

// Of a figure of a class; of all classes if it has no name.
const interval = (name, label = '') => (intervals[label] || {})[name] || '';
const percent = Math.round(100 * report.intervals.level);

function head() {
  const box = add(page, 'div', {class: 'head'});
  const minutes = report.recordings.reduce((sum, r) => sum + r.duration_sec, 0) / 60;
  add(box, 'h1', {}, `Evaluation of ${report.model.name}`);
  add(page, 'p', {}, `${report.recordings.length} recording${report.recordings.length === 1 ? '' : 's'}, ${minutes.toFixed(1)} minutes, ${report.figures.num_windows} windows${report.backend ? `, scored by ${report.backend}` : ''}`);
  const names = ['f1@25', 'settled_accuracy', 'calibrated_map', 'delay_median_sec', 'false_per_min', 'changes_per_min'];
  // Where people alone are annotated, the whole picture has nothing to show.
  if (!report.people || report.figures.num_actions) tiles(names, registry.all, name => shown[name], name => interval(name), report.figures, report.intervals.figures);
  if (report.people) peopleTiles();
}

function tiles(names, figures, text, limits, numbers, ranges) {
  const box = add(page, 'div', {class: 'tiles'});
  for (const name of names) {
    const tile = add(box, 'div', {class: 'tile'}), figure = figures.find(one => one.name === name);
    const [number, unit] = text(name).split(' '), line = add(tile, 'b', {}, number);
    if (unit) add(line, 'small', {}, ` ${unit}`);
    add(tile, 'span', {title: figure.source}, figure.words);
    if (!limits(name)) continue;
    whisker(tile, numbers[name], ranges[name], 0, scaleOf(numbers[name], ranges[name]));
    add(tile, 'span', {class: 'interval'}, limits(name));
  }
}

function peopleTiles() {
  add(page, 'h2', {}, 'People');
  tiles(['f1@25', 'recall', 'video_accuracy', 'delay_median_sec', 'false_per_min', 'id_switches_per_min'], registry.people,
    name => people[name][0], name => people[name][1], report.people.figures, report.people.intervals);
}

function legend(parent, used) {
  const box = add(parent, 'div', {class: 'legend'});
  for (const k of used) {
    const item = add(box, 'span');
    add(item, 'i', {style: `background:${colour(k)}`});
    item.append(labels[k]);
  }
}

// A timeline for each person; of those who match nobody annotated, only where they act.
// Of a live node, given who was followed offline, what was decided on them there is beside it.
function peopleOf(parent, recording, people, frames, offline = null) {
  const isIdle = one => !one.is_annotated && one.truth && !one.decided.length;
  for (const person of people.filter(one => !isIdle(one))) {
    const f = person.figures, outcome = !person.truth ? `not annotated, ${person.decided.length} actions decided`
      : !person.is_annotated ? `followed, but nobody annotated, ${f.false_actions} false actions`
      : `F1@25 ${value(f['f1@25'])}, ${value(f.num_found)} of ${value(f.num_actions)} actions found, ${value(f.false_actions)} false actions, ${value(f.id_switches)} id switches`;
    const box = add(parent, 'div', {class: 'person', 'data-person': person.id});
    add(box, 'h4', {}, person.id || 'without id');
    add(box, 'p', {}, `${person.seen[0].toFixed(1)} to ${person.seen[1].toFixed(1)} s: ${outcome}`);
    const same = offline && offline.filter(one => one.id === person.id && one.is_annotated === person.is_annotated);
    const timeline = new Timeline(box, recording, person, frames, [person], same && same.flatMap(one => one.decided));
    strip(box, person, frames, timeline, [person]);
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
      const timeline = new Timeline(box, recording, camera, films[r][c], people);
      legend(box, timeline.used);
      strip(box, camera, films[r][c], timeline, people);
      peopleOf(box, recording, people, films[r][c]);
      for (const [reason, number] of Object.entries(camera.dropped)) add(box, 'div', {class: 'note'}, `${number} frames dropped: ${reason}`);
    });
  });
  add(page, 'p', {}, 'The pointer chooses the time; Ctrl and the wheel zoom, dragging pans, a double-click shows all. With the keyboard: arrows, + and -. A red outline marks a false action, one that was decided in the background; a dashed one an action that was missed. Below, an action plays under the pointer or with the focus.');
}

function peopleFigures(parent) {
  if (!report.people) return;
  const box = add(parent, 'div', {class: 'card'}), found = report.people;
  add(box, 'h3', {}, `People (${found.source})`);
  const live = report.live && report.live.people;
  table(box, ['', live ? 'offline' : '', `${percent} %`, ...(live ? ['live'] : [])], registry.people.map(figure => [
    [figure.words, {title: figure.source}],
    [people[figure.name][0], {'data-people-figure': figure.name}],
    [people[figure.name][1], {class: 'interval', 'data-people-interval': figure.name, 'data-of': figure.name}],
    ...(live ? [[people[figure.name][2], {'data-live-people-figure': figure.name}]] : [])]));
  drawIntervals(box, found.figures, found.intervals);
  add(box, 'p', {}, `Everyone is judged like a camera. Intervals: bootstrap draws of ${found.num_units} units, each an annotated action of somebody with their background before it.`);
}

function drawIntervals(box, numbers, ranges) {
  box.querySelectorAll('td[data-of]').forEach(cell => {
    const name = cell.dataset.of;
    whisker(cell, numbers[name], ranges[name], 0, scaleOf(numbers[name], ranges[name]));
  });
}

function allFigures(parent) {
  const box = add(parent, 'div', {class: 'card'});
  add(box, 'h3', {}, 'All figures');
  const live = report.live;
  table(box, ['', live ? 'offline' : '', `${percent} %`, ...(live ? ['live'] : [])], registry.all.map(figure => [
    [figure.words, {title: figure.source}], [shown[figure.name], {'data-figure': figure.name}],
    [interval(figure.name), {class: 'interval', 'data-interval': figure.name, 'data-of': figure.name}],
    ...(live ? [withUnit(live.figures[figure.name], figure)] : [])]));
  drawIntervals(box, report.figures, report.intervals.figures);
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

function curve(parent, curve, title, ranges) {
  if (!curve) return;
  const box = add(parent, 'div', {class: 'card'});
  add(box, 'h3', {}, title);
  const drawn = new Curve(box, curve, ranges);
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
    if (!limits) return;
    const cell = line.cells[column + 1], number = report.per_class[names[i]][figure.name], range = report.intervals.per_class[names[i]][figure.name];
    add(cell, 'div', {class: 'interval'}, limits);
    whisker(cell, number, range, 0, scaleOf(number, range));
  }));
}

function histogram(parent, title, values, words, unit = 's') {
  const box = add(parent, 'div', {class: 'card'});
  add(box, 'h3', {}, title);
  if (!values.length) { add(box, 'p', {}, 'No action was found.'); return; }
  const most = Math.max(...values, unit === 's' ? 0.5 : 1e-9), step = [0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find(s => most / s <= 16) || most;
  const counts = Array(Math.floor(most / step) + 1).fill(0);
  values.forEach(one => counts[Math.floor(one / step)]++);
  const width = 560, height = 180, high = Math.max(...counts), bar = (width - 20) / counts.length, total = values.length;
  const svg = add(box, 'svg', {class: 'bars', role: 'img', 'aria-label': `${title}: ${words}`, viewBox: `0 0 ${width} ${height + 34}`});
  counts.forEach((count, i) => {
    const tall = (height - 20) * count / high;
    add(add(svg, 'rect', {x: 10 + i * bar, y: height - tall, width: Math.max(1, bar - 3), height: tall, rx: 3, fill: 'var(--blue)'}), 'title', {}, `${+(i * step).toFixed(2)} to ${+((i + 1) * step).toFixed(2)} ${unit}`);
    if (count) add(svg, 'text', {x: 10 + (i + 0.5) * bar, y: height - tall - 4, 'text-anchor': 'middle'}, total > 200 ? `${Math.round(100 * count / total) || '<1'} %` : count);
    add(svg, 'text', {x: 10 + i * bar, y: height + 14}, `${+(i * step).toFixed(2)}`);
  });
  add(svg, 'text', {x: width - 10, y: height + 30, 'text-anchor': 'end'}, unit);
  add(box, 'p', {}, words);
}

const ms = sec => `${(1000 * sec).toFixed(1)} ms`;

// Of this machine, and of this run: no part of the JSON.
function times(parent) {
  if (!timing) return;
  const share = `${(100 * timing.cores).toFixed(0)} % of a core`;
  histogram(parent, 'Time of the model for a window, on this machine', timing.values.map(one => 1000 * one),
    `${timing.number} windows: median ${ms(timing.median)}, 95th percentile ${ms(timing.p95)}. All of it, decoding included, would keep ${share} busy in real time; it was played ${timing.speed.toFixed(1)} times as fast. Measured while this page was made, so it differs at every run.`, 'ms');
}

function ages(parent, camera) {
  if (!camera.ages_sec || !camera.ages_sec.length) return;
  const sorted = camera.ages_sec.slice().sort((a, b) => a - b), at = share => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  histogram(parent, `Age of results, ${camera.camera}`, sorted.map(one => 1000 * one),
    `From the stamp of the newest frame to the arrival of its result: median ${ms(at(0.5))}, 95th percentile ${ms(at(0.95))}, ${sorted.length} windows.`, 'ms');
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
    peopleOf(box, recording, live.people, films[0][c], recording.cameras[c].people || []);
  }
}

function live() {
  if (!report.live) return;
  const box = section('Live against offline');
  report.live.cameras.forEach(camera => {
    add(box, 'h3', {}, camera.camera);
    differences(box, camera);
    ages(box, camera);
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
curve(page, report.curve, 'Recall against false actions, by threshold', report.intervals.figures);
curve(page, report.people && report.people.curve, 'People: recall against false actions, by threshold', report.people && report.people.intervals);
classes(page);
const columns = add(page, 'div', {class: 'columns'});
allFigures(columns);
const beside = add(columns, 'div', {style: 'display:grid;gap:16px;min-width:0'});
peopleFigures(beside);
confusion(beside);
histogram(beside, 'Delay from the start of an action to its label', report.delays_sec,
  `Seconds; median ${value(report.figures.delay_median_sec)}, 95th percentile ${value(report.figures.delay_p95_sec)}.`);
times(beside);
settings(beside);
document.body.dataset.ready = 'yes';
