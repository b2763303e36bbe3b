// The page: recordings, marks, labels and keys.
import {$, add, ask, clock, colourOf, seconds, setLabels, toast} from './dom.js';
import {Boxes} from './boxes.js';
import {Editor} from './editor.js';
import {Lines} from './lines.js';
import {Player} from './player.js';
import {Saver} from './saver.js';
import {Timeline} from './timeline.js';

const KEYS = [['Play, pause', 'Space'], ['Frame back, forward', '←', '→'], ['Second back, forward', 'Shift ←', 'Shift →'], ['Start, end of recording', 'Home', 'End'],
  ['Slower, faster', 'Shift ,', 'Shift .'], ['Action starts here', 'I'], ['Action ends with this frame', 'O'], ['Choose label', '1', '…', '0'], ['Labels 11 to 20', 'Shift 1', '…'], ['Find a label', 'L'],
  ['Line before, after', '↑', '↓'], ['Play the line', 'Enter'], ['Start, end of the line here', '[', ']'], ['Draw a box', 'B'], ['Delete the line', 'Del'],
  ['Drop mark or selection', 'Esc'], ['Undo, redo', 'Ctrl Z', 'Ctrl Shift Z'], ['Save', 'Ctrl S'], ['Zoom in, out, all', '+', '-', 'Z'], ['Next recording, before', 'N', 'Shift N'], ['Next camera', 'C'], ['These keys', '?']];
const FEW_LABELS = 12;
const lines = new Lines(), saver = new Saver(), player = new Player($('canvas'));
const state = {session: null, number: -1, recording: null, camera: 0, label: '', mark: null, end: null, extra: [], problems: []};

const none = () => state.session.no_action;
// Those of the model, those that somebody added, and whatever else the file has; of people, that they are there.
const allLabels = () => {
  const used = state.recording ? lines.views() : [];
  return [...new Set([...state.session.labels, ...state.extra, ...used.map(view => view.label).filter(label => label && label !== none()),
    ...(used.some(view => view.person) ? [none()] : [])])];
};
const frames = (index, isSmall = false) => `/api/recordings/${state.number}/frames/${state.camera}/${index}${isSmall ? '?small=1' : ''}`;
const isOnCamera = view => lines.isOf(view.topic, state.recording.cameras[state.camera].topic);
const visible = () => lines.views().filter(isOnCamera);
const people = () => [...new Set(lines.views().map(view => view.person).filter(Boolean))];
const selected = () => { const row = lines.find(lines.selected); return row ? lines.view(row) : null; };

const timeline = new Timeline($('film'), $('tracks'), $('overview'), $('window'), {
  seek: time => { player.pause(); player.show(player.nearest(time)); },
  select: id => lines.select(id),
  resize: (id, side, time, isDone) => {
    const index = player.nearest(time), at = player.times[index];
    player.pause();
    player.show(index);
    if (isDone) lines.change(id, side, {[side]: at.toFixed(3)});
    else timeline.set({views: visible().map(view => view.id === id ? {...view, [side]: at} : view)});
  },
  nearest: time => player.nearest(time), isPlaying: () => player.isPlaying,
  small: async index => {
    try {
      const answer = await fetch(frames(index, true));
      return answer.ok ? answer.blob() : null;
    } catch { return null; }
  },
});
const boxes = new Boxes($('overlay'), box => {
  const view = selected();
  if (!view) return;
  lines.edit('box', () => {
    if (!view.person) lines.set(view.row, 'person', people()[0] || 'person1');
    ['left', 'top', 'right', 'bottom'].forEach((side, k) => lines.set(view.row, side, box[k].toFixed(4)));
  });
});
const editor = new Editor($('editor'), lines, {trim, play: playLine, draw: drawBox, remove: () => removeLine()});

// Recordings and cameras

async function openRecording(number) {
  if (!saver.isClean) await saver.save();
  if (!saver.isClean && !confirm('The last changes could not be saved. Leave this recording without them?')) { $('recording').value = state.number; return; }
  const left = saver.table;
  player.pause();
  $('banner').hidden = true;
  $('name').textContent = 'Opening…';
  let recording;
  try {
    recording = await ask(`/api/recordings/${number}`);
  } catch (error) {
    // What was open stays open.
    $('name').textContent = state.recording?.name ?? state.session.recordings[number].name;
    $('recording').value = state.recording ? state.number : number;
    banner(error.message, []);
    return;
  }
  // What was edited meanwhile is saved first, or stays open.
  while (saver.table && saver.state === 'unsaved') await saver.save();
  if (!saver.isClean && saver.table !== left) {
    $('name').textContent = state.recording.name;
    $('recording').value = state.number;
    return;
  }
  Object.assign(state, {number, recording, camera: 0, mark: null, end: null, problems: recording.problems});
  document.title = `${recording.name}: annotate`;
  $('name').textContent = recording.name;
  // Long paths are cut at their start.
  $('file').textContent = `\u200e${recording.file}`;
  $('file').title = recording.file;
  $('recording').value = number;
  $('camera').replaceChildren();
  recording.cameras.forEach((camera, k) => add($('camera'), 'option', {value: k}, camera.topic));
  $('camera').hidden = recording.cameras.length < 2;
  player.open(frames, recording.cameras[0].times_sec, recording.duration_sec);
  timeline.open(Math.max(recording.duration_sec, ...recording.cameras.map(camera => camera.times_sec.at(-1))));
  $('tracks').setAttribute('aria-valuemax', timeline.length.toFixed(2));
  lines.load(recording);
  saver.open(number, recording);
  openCamera(0);
  const draft = saver.draft();
  if (draft) {
    const isOlder = draft.version !== recording.version;
    banner(`An earlier page kept changes that it could not save.${isOlder ? ' The file was changed after that: to restore them replaces what it has now.' : ''}`, [['Restore them', () => restore(draft)], ['Discard them', () => { saver.forget(); $('banner').hidden = true; }]]);
  } else if (recording.notes.length) banner(recording.notes.join('; '), [['Close', () => { $('banner').hidden = true; }]]);
  document.body.dataset.ready = number;
}

function restore(table) {
  $('banner').hidden = true;
  lines.edit('restored changes', () => { lines.columns = table.columns.slice(); lines.rows = table.rows.map(cells => lines.made(cells)); lines.selected = null; });
}

function openCamera(number) {
  const time = player.time;
  state.camera = number;
  $('camera').value = number;
  const camera = state.recording.cameras[number];
  player.open(frames, camera.times_sec, state.recording.duration_sec);
  timeline.open(timeline.length);
  player.show(number || time ? player.nearest(Math.min(time, timeline.length)) : 0);
  drawAll();
}

function banner(text, choices) {
  const box = $('banner');
  box.hidden = false;
  box.replaceChildren();
  add(box, 'span', {}, text);
  for (const [words, call] of choices) add(box, 'button', {}, words).addEventListener('click', call);
}

// Marks, labels and lines

function markStart() {
  Object.assign(state, {mark: player.time, end: null});
  lines.select(null);
  toast(`Starts at ${seconds(player.time)} s. Press O at its last frame.`);
}

function markEnd() {
  if (state.mark === null) return toast('Press I at the first frame of the action, then O at the last.');
  if (!state.label) {
    state.end = {time: player.time};
    player.pause();
    return toast('Choose its label: press a number.');
  }
  const [start, end] = player.time >= state.mark ? [state.mark, player.endOf(player.index)] : [player.time, player.endOf(player.nearest(state.mark))];
  state.mark = null;
  player.pause();
  lines.create(start, end, state.label, '', '');
  toast(`${state.label}, ${seconds(start)} to ${seconds(end)} s. A number changes its label.`);
}

function chooseLabel(label) {
  state.label = label;
  // The end was marked before there was a label.
  if (state.end && state.mark !== null) {
    player.show(player.nearest(state.end.time));
    state.end = null;
    return markEnd();
  }
  const view = selected();
  if (view && view.label !== label) lines.change(view.id, 'label', {label});
  else drawAll();
}

function addLabel(name) {
  const label = name.trim();
  if (!label) return;
  if (!allLabels().includes(label)) state.extra.push(label);
  chooseLabel(label);
}

function trim(side) {
  const view = selected();
  if (!view) return toast('Select a line first: up or down.');
  lines.change(view.id, side, {[side]: (side === 'start' ? player.time : player.endOf(player.index)).toFixed(3)});
}

function playLine() {
  const view = selected();
  if (!view || !Number.isFinite(view.start)) return;
  player.pause();
  player.show(player.nearest(view.start));
  timeline.reveal(view.start, view.end);
  player.play(view.end);
}

function drawBox() {
  if (!selected()) return toast('Select a line first: a box is of one line.');
  if ($('canvas').dataset.frame === undefined) return toast('The picture is not there yet.');
  player.pause();
  const view = selected();
  if (player.time < view.start || player.time >= view.end) player.show(player.nearest(view.start));
  boxes.setDrawing(!boxes.isDrawing);
  if (boxes.isDrawing) toast('Draw from corner to corner; Enter puts a box in the middle; Esc ends.');
}

function middleBox() {
  boxes.setDrawing(false);
  boxes.onBox([0.3, 0.2, 0.7, 0.9]);
  $('overlay').querySelector('.box.selected')?.focus();
}

function removeLine() {
  const view = selected();
  if (!view) return;
  lines.remove(view.id);
  toast(`${view.label} deleted. Ctrl+Z brings it back.`);
}

function step(by) {
  const listed = visible().filter(view => Number.isFinite(view.start)).sort((a, b) => a.start - b.start);
  if (!listed.length) return;
  const now = listed.findIndex(view => view.id === lines.selected);
  const next = now >= 0 ? now + by : by > 0 ? listed.findIndex(view => view.start > player.time + 1e-6) : listed.findLastIndex(view => view.start < player.time - 1e-6);
  go(listed[Math.min(Math.max(0, next < 0 ? (by > 0 ? listed.length - 1 : 0) : next), listed.length - 1)]);
}

function go(view) {
  Object.assign(state, {mark: null, end: null});
  lines.select(view.id);
  if (!Number.isFinite(view.start)) return;
  player.pause();
  player.show(player.nearest(view.start));
  timeline.reveal(view.start, Number.isFinite(view.end) ? Math.min(view.end, timeline.length) : view.start);
}

function travel(is) {
  const what = is === 'undo' ? lines.undo() : lines.redo();
  if (what) toast(`${is === 'undo' ? 'Undone' : 'Done again'}: ${what}`);
}

// Drawing

function drawAll() {
  if (!state.recording) return;
  setLabels(allLabels().filter(label => label !== none()));
  const listed = lines.views(), wrong = new Set(state.problems.flatMap(problem => problem.rows.map(row => lines.rows[row]?.id)));
  timeline.set({views: visible(), selected: lines.selected, mark: state.mark, wrong});
  drawLabels(listed);
  drawList(listed, wrong);
  drawProblems();
  editor.draw(people());
  $('undo').disabled = !lines.past.length;
  $('redo').disabled = !lines.undone.length;
  drawFrame();
}

function drawLabels(listed) {
  const box = $('labels'), word = $('filter').value.trim().toLowerCase(), labels = allLabels(), focused = document.activeElement?.dataset?.label;
  $('filter').hidden = labels.length <= FEW_LABELS;
  const chosen = selected()?.label ?? state.label;
  $('current').textContent = selected() ? 'of the selected line' : state.label ? 'of the next line' : 'choose one by its number';
  box.replaceChildren();
  labels.forEach((label, k) => {
    if (word && !label.toLowerCase().includes(word)) return;
    const number = listed.filter(view => view.label === label).length, key = k < 20 ? `${k < 10 ? '' : '⇧'}${(k + 1) % 10}` : '';
    const button = add(box, 'button', {tint: colourOf(label), 'aria-pressed': label === chosen, 'data-label': label, 'aria-label': `${label}${number ? `, ${number} lines` : ''}`});
    add(button, 'kbd', {'aria-hidden': 'true'}, key || '·');
    add(button, 'span', {title: label}, label);
    if (number) add(button, 'small', {}, number);
    button.addEventListener('click', () => chooseLabel(label));
    if (label === focused) button.focus();
  });
}

function drawList(listed, wrong) {
  const box = $('lines'), focused = document.activeElement?.dataset?.row;
  const sorted = listed.slice().sort((a, b) => (Number.isFinite(a.start) ? a.start : -1) - (Number.isFinite(b.start) ? b.start : -1));
  box.replaceChildren();
  for (const view of sorted) {
    const item = add(box, 'li'), button = add(item, 'button', {tint: colourOf(view.label), 'data-row': view.id, 'aria-current': view.id === lines.selected, class: wrong.has(view.id) ? 'wrong' : ''});
    const name = add(button, 'b', {}, view.label || 'no label');
    if (view.person || view.topic) add(name, 'small', {}, ` ${[view.person, view.topic].filter(Boolean).join(', ')}`);
    add(button, 'time', {}, `${seconds(view.start)} – ${seconds(view.end)}`);
    button.addEventListener('click', () => go(view));
    if (String(view.id) === focused) button.focus({preventScroll: true});
  }
  $('number').textContent = listed.length || '';
  const none = $('none');
  none.hidden = listed.length > 0;
  none.replaceChildren();
  if (!listed.length) {
    none.append(saver.version ? 'The file says that the recording shows no action. ' : 'Play the recording; press I where an action starts, O where it ends. ');
    if (!saver.version) add(none, 'button', {}, 'It shows no action').addEventListener('click', () => saver.change(lines.table()));
  }
  const others = lines.rows.length - listed.length;
  $('others').hidden = !others;
  $('others').textContent = `${others} more of other recordings, kept as they are.`;
}

function drawProblems() {
  const box = $('problems');
  $('checks').hidden = !state.problems.length;
  $('num-problems').textContent = state.problems.length || '';
  box.replaceChildren();
  for (const problem of state.problems) {
    const row = lines.rows[problem.rows[0]];
    add(add(box, 'li'), 'button', {}, problem.text).addEventListener('click', () => row && lines.isOwn(row) && go(lines.view(row)));
  }
}

function drawFrame() {
  if (!state.recording) return;
  const time = player.time, output = $('clock');
  output.replaceChildren();
  add(output, 'b', {}, clock(time));
  add(output, 'span', {}, ` / ${clock(timeline.length)}  frame ${player.index + 1} of ${player.times.length}`);
  timeline.moveTo(time, player.isPlaying);
  $('tracks').setAttribute('aria-valuenow', time.toFixed(3));
  $('tracks').setAttribute('aria-valuetext', `${time.toFixed(2)} seconds, frame ${player.index + 1}`);
  const now = visible().filter(view => view.start <= time + 1e-3 && time < view.end - 5e-4);
  const key = JSON.stringify([now.map(view => [view.id, view.label, view.person, view.box]), state.mark !== null, lines.selected]);
  if (key === drawFrame.last) return;
  drawFrame.last = key;
  const badges = $('badges');
  badges.replaceChildren();
  for (const view of now) add(badges, 'span', {tint: colourOf(view.label)}, view.person ? `${view.person}: ${view.label}` : view.label);
  if (state.mark !== null) add(badges, 'span', {class: 'marking'}, `${state.label || 'action'}…`);
  boxes.draw(now, lines.selected);
  document.querySelectorAll('#lines button').forEach(button => button.classList.toggle('now', now.some(view => String(view.id) === button.dataset.row)));
}

function fit() {
  const {width, height} = $('canvas'), stage = $('stage').getBoundingClientRect(), scale = Math.min(stage.width / width, stage.height / height);
  Object.assign($('picture').style, {width: `${width * scale}px`, height: `${height * scale}px`});
}

function drawState() {
  const box = $('state'), words = {none: 'not annotated yet', saved: 'saved', unsaved: 'saving…', conflict: 'not saved', other: 'not saved', error: 'not saved'};
  box.className = `state ${saver.isWaiting ? 'error' : saver.state}`;
  box.textContent = words[saver.state];
  if (saver.state === 'conflict') {
    banner(saver.error, [['Load it (mine can be undone to)', loadTheirs], ['Replace it by mine', replaceTheirs]]);
  } else if (saver.state === 'other') {
    banner(`${saver.error}. Your changes are kept in this browser for their recording.`, [['Load the page again', () => location.reload()]]);
  } else if (saver.state === 'error') banner(saver.error, [['Try again', () => { saver.state = 'unsaved'; saver.save(); }]]);
  else if (saver.state === 'saved' && drawState.before !== 'saved' && drawState.before !== 'unsaved') $('banner').hidden = true;
  if (saver.state === 'saved' && ['error', 'conflict'].includes(drawState.worst)) $('banner').hidden = true;
  drawState.worst = ['error', 'conflict'].includes(saver.state) ? saver.state : saver.state === 'saved' ? '' : drawState.worst;
}

async function loadTheirs() {
  try {
    const recording = await ask(`/api/recordings/${state.number}`);
    if (recording.file !== state.recording.file) return saver.refuse();
    saver.open(state.number, recording);
    saver.forget();
    state.problems = recording.problems;
    $('banner').hidden = true;
    lines.past.push({...lines.snapshot(), what: 'loading the file'});
    Object.assign(lines, {columns: recording.columns, rows: recording.rows.map(cells => lines.made(cells)), selected: null, undone: []});
    lines.changed();
  } catch (error) { banner(error.message, [['Try again', loadTheirs], ['Replace it by mine', replaceTheirs]]); }
}

async function replaceTheirs() {
  $('banner').hidden = true;
  // A file that changed once more is a conflict again.
  await saver.replace(lines.table());
}

// Events

lines.addEventListener('change', event => {
  if (event.detail) saver.change(lines.table());
  drawAll();
});
saver.addEventListener('state', () => { drawState(); if (state.recording) drawList(lines.views(), timeline.wrong); });
saver.addEventListener('problems', event => { state.problems = event.detail; drawAll(); });
player.addEventListener('frame', drawFrame);
player.addEventListener('size', fit);
player.addEventListener('drawn', event => { $('trouble').hidden = !event.detail; $('trouble').textContent = event.detail; });
player.addEventListener('state', () => {
  const words = player.isPlaying ? 'Pause' : 'Play';
  $('play').setAttribute('aria-label', words);
  $('play').title = `${words} (Space)`;
  $('play-shape').setAttribute('d', player.isPlaying ? 'M6 4h2.5v12H6zM11.5 4H14v12h-2.5z' : 'M6 4l10 6-10 6z');
});
new ResizeObserver(fit).observe($('stage'));

const move = frame => { player.pause(); player.show(player.index + frame); };
const moveSec = by => { player.pause(); player.show(player.nearest(player.time + by)); };
const toggle = () => player.isPlaying ? player.pause() : player.play();
const setRate = by => {
  const select = $('rate');
  select.selectedIndex = Math.min(Math.max(0, select.selectedIndex + by), select.options.length - 1);
  player.setRate(Number(select.value));
};
const openBy = by => {
  const next = state.number + by;
  if (state.session.recordings[next]) openRecording(next);
};
const clicks = {play: toggle, back: () => move(-1), forward: () => move(1), 'back-second': () => moveSec(-1), 'forward-second': () => moveSec(1),
  'mark-start': markStart, 'mark-end': markEnd, undo: () => travel('undo'), redo: () => travel('redo'), 'zoom-in': () => timeline.zoom(0.6), 'zoom-out': () => timeline.zoom(1 / 0.6),
  'zoom-all': () => timeline.show(0, timeline.length), help: () => $('keys').showModal()};
for (const [id, call] of Object.entries(clicks)) $(id).addEventListener('click', call);
$('rate').addEventListener('change', () => player.setRate(Number($('rate').value)));
$('camera').addEventListener('change', () => openCamera(Number($('camera').value)));
$('recording').addEventListener('change', () => openRecording(Number($('recording').value)));
$('filter').addEventListener('input', drawAll);
$('new-label').addEventListener('submit', event => {
  event.preventDefault();
  addLabel($('label-name').value);
  $('label-name').value = '';
  $('label-name').blur();
});
addEventListener('beforeunload', event => { if (!saver.isClean && !(saver.state === 'other' && saver.draft())) event.preventDefault(); });

const keys = {' ': toggle, Spacebar: toggle, ArrowLeft: () => move(-1), ArrowRight: () => move(1), 'Shift ArrowLeft': () => moveSec(-1), 'Shift ArrowRight': () => moveSec(1), ',': () => move(-1), '.': () => move(1),
  Home: () => { player.pause(); player.show(0); }, End: () => { player.pause(); player.show(player.times.length - 1); }, '<': () => setRate(-1), '>': () => setRate(1),
  i: markStart, o: markEnd, ArrowUp: () => step(-1), ArrowDown: () => step(1), Enter: () => boxes.isDrawing ? middleBox() : playLine(), '[': () => trim('start'), ']': () => trim('end'), b: drawBox,
  Delete: removeLine, Backspace: removeLine, '+': () => timeline.zoom(0.6), '=': () => timeline.zoom(0.6), '-': () => timeline.zoom(1 / 0.6), z: () => timeline.show(0, timeline.length),
  n: () => openBy(1), 'Shift n': () => openBy(-1), c: () => openCamera((state.camera + 1) % state.recording.cameras.length), '?': () => $('keys').showModal(),
  l: () => ($('filter').hidden ? $('label-name') : $('filter')).focus(),
  Escape: () => { if (boxes.isDrawing) boxes.setDrawing(false); else if (state.mark !== null) { Object.assign(state, {mark: null, end: null}); drawAll(); } else lines.select(null); }};

addEventListener('keydown', event => {
  const at = event.target, isText = at.matches?.('input, textarea, select');
  if (event.key === 'Escape' && isText) return at.blur();
  if ((event.ctrlKey || event.metaKey) && !event.altKey) {
    const key = event.key.toLowerCase();
    if (key === 's') { event.preventDefault(); saver.save(); return; }
    if (isText) return;
    if (key === 'z') { event.preventDefault(); travel(event.shiftKey ? 'redo' : 'undo'); }
    if (key === 'y') { event.preventDefault(); travel('redo'); }
    return;
  }
  if (isText || event.altKey || $('keys').open || !state.recording) return;
  // Space and Enter press the button that the keyboard is on.
  if ([' ', 'Enter'].includes(event.key) && at.matches?.('button:focus-visible')) return;
  const digit = event.code?.match(/^(?:Digit|Numpad)(\d)$/);
  if (digit && (event.shiftKey || /^\d$/.test(event.key))) {
    const label = allLabels()[(Number(digit[1]) + 9) % 10 + (event.shiftKey ? 10 : 0)];
    event.preventDefault();
    if (label) chooseLabel(label);
    return;
  }
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const call = (event.shiftKey && keys[`Shift ${name}`]) || keys[name];
  if (!call) return;
  event.preventDefault();
  call();
});

for (const [words, ...names] of KEYS) {
  const line = add($('key-table'), 'div');
  add(line, 'span', {}, words);
  const box = add(line, 'span');
  names.forEach(name => name === '…' ? box.append(' … ') : add(box, 'kbd', {}, name));
}

state.session = await ask('/api/session');
state.session.recordings.forEach((one, k) => add($('recording'), 'option', {value: k}, `${one.name}${one.num_lines === null ? '' : ` ✓ ${one.num_lines}`}`));
$('choice').hidden = state.session.recordings.length < 2;
await openRecording(Math.max(0, state.session.recordings.findIndex(one => one.num_lines === null)));
