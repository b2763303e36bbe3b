// The table of annotations: every change can be undone, and what is not edited stays as it was written.
const ABSOLUTE_FROM_SEC = 1e6, SIDES = ['left', 'top', 'right', 'bottom'], MOST_UNDO = 500;

// As camera_name in node_settings.py.
function cameraName(topic) {
  let words = topic.replaceAll('~', '').split('/').filter(Boolean);
  if (words.length > 1 && words.at(-1) === 'compressed') words = words.slice(0, -1);
  return (words.slice(0, -1).join('_')) || words.join('_');
}

export class Lines extends EventTarget {
  load(recording) {
    Object.assign(this, {recording, columns: recording.columns.slice(), undone: [], past: [], selected: null, lastId: 0});
    this.rows = recording.rows.map(cells => this.made(cells));
    this.changed();
  }
  made(cells) { return {id: ++this.lastId, cells: cells.slice()}; }
  get(row, column) { return (row.cells[this.columns.lastIndexOf(column)] ?? '').trim(); }
  set(row, column, text) {
    let at = this.columns.lastIndexOf(column);
    if (at < 0) {
      if (!text) return;
      // Sides of a box come with all others, and with a person.
      const wanted = SIDES.includes(column) ? ['person', ...SIDES] : [column];
      for (const name of wanted.filter(one => !this.columns.includes(one))) {
        const place = this.columns.length;
        this.columns.push(name);
        // Values beyond the last column stay beyond it.
        for (const one of this.rows) if (one.cells.length > place) one.cells.splice(place, 0, '');
      }
      at = this.columns.lastIndexOf(column);
    }
    while (row.cells.length <= at) row.cells.push('');
    row.cells[at] = text;
  }
  isOwn(row) { return ['', this.recording.name].includes(this.get(row, 'recording')); }
  // What a row says, on the time of the recording, as its first camera has it.
  view(row) {
    const topic = this.get(row, 'topic'), cameras = this.recording.cameras;
    const own = cameras.find(camera => this.isOf(topic, camera.topic)) || cameras[0];
    const time = column => {
      const text = this.get(row, column), value = text === '' ? NaN : Number(text);
      return value >= ABSOLUTE_FROM_SEC ? value + own.zero_sec : value;
    };
    const sides = SIDES.map(side => this.get(row, side)), box = sides.map(Number);
    return {id: row.id, row, topic, start: time('start'), end: time('end'), label: this.get(row, 'label'), person: this.get(row, 'person'),
      box: sides.every(Boolean) && box.every(Number.isFinite) ? box : null, hasBox: sides.some(Boolean)};
  }
  isOf(topic, camera) { return !topic || cameraName(topic) === cameraName(camera); }
  views() { return this.rows.filter(row => this.isOwn(row)).map(row => this.view(row)); }
  find(id) { return this.rows.find(row => row.id === id); }

  snapshot() { return {columns: this.columns.slice(), rows: this.rows.map(row => ({id: row.id, cells: row.cells.slice()})), selected: this.selected}; }
  restore(from) { Object.assign(this, {columns: from.columns, rows: from.rows, selected: from.selected}); }
  edit(what, change) {
    const before = this.snapshot();
    const answer = change();
    if (JSON.stringify([before.columns, before.rows]) === JSON.stringify([this.columns, this.rows])) return answer;
    this.past.push({...before, what});
    if (this.past.length > MOST_UNDO) this.past.shift();
    this.undone = [];
    this.changed(true);
    return answer;
  }
  undo() { return this.travel(this.past, this.undone); }
  redo() { return this.travel(this.undone, this.past); }
  travel(from, to) {
    const step = from.pop();
    if (!step) return null;
    to.push({...this.snapshot(), what: step.what});
    this.restore(step);
    if (!this.find(this.selected)) this.selected = null;
    this.changed(true);
    return step.what;
  }
  select(id) {
    this.selected = id;
    this.changed();
  }
  changed(isEdit = false) { this.dispatchEvent(new CustomEvent('change', {detail: isEdit})); }

  create(start, end, label, topic, person) {
    return this.edit(`line ${label}`, () => {
      const row = this.made(this.columns.map(() => ''));
      const values = {start: start.toFixed(3), end: end.toFixed(3), label, topic, person,
        recording: this.recording.is_shared || this.rows.some(one => this.get(one, 'recording')) ? this.recording.name : ''};
      const next = this.rows.findIndex(one => this.isOwn(one) && this.view(one).start > start);
      this.rows.splice(next < 0 ? this.rows.length : next, 0, row);
      for (const [column, text] of Object.entries(values)) if (text) this.set(row, column, text);
      this.selected = row.id;
      return row.id;
    });
  }
  change(id, what, values) {
    this.edit(what, () => { for (const [column, text] of Object.entries(values)) this.set(this.find(id), column, text); });
  }
  remove(id) {
    this.edit('deletion', () => {
      this.rows = this.rows.filter(row => row.id !== id);
      if (this.selected === id) this.selected = null;
    });
  }
  setBox(id, box) { this.change(id, 'box', Object.fromEntries(SIDES.map((side, k) => [side, box ? box[k].toFixed(4) : '']))); }
  table() { return {columns: this.columns, rows: this.rows.map(row => row.cells)}; }
}
