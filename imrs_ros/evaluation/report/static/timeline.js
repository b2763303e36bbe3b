const FILM = 50, TILE = 62, PLAY_SPEED = 4, LEAST_SPAN = 0.5;

class Timeline {
  // The picture beside annotated and decided actions, confidence, and one lane per class. The pointer, or the arrow keys,
  // choose the time that the picture shows; Ctrl and the wheel zoom, dragging pans.
  // Of a live node, what was decided offline is beside it; null for no such row.
  constructor(parent, recording, camera, frames, people, offline = null) {
    Object.assign(this, {camera, frames, people, offline, length: Math.max(recording.duration_sec, 0.1), time: 0});
    const w = camera.windows;
    this.used = labels.map((_, k) => k).filter(k => k !== none && (w.scores.some(s => s[k] >= 0.2)
      || w.decided.includes(k) || (camera.truth || []).some(t => t[2] === labels[k])));
    this.lane = 15;
    const more = offline ? 32 : 0, film = frames.length ? FILM : 0;
    this.top = {annotated: 8 + film, offline: 40 + film, decided: 40 + more + film, confidence: 74 + more + film, scores: 132 + more + film};
    // A live node publishes no scores of people.
    this.scored = w.scores.length ? this.used : [];
    this.height = this.top.scores + this.scored.length * this.lane + 26;
    this.from = 0; this.to = this.length;
    this.box = add(parent, 'div', {class: 'play'});
    this.pane();
    this.svg = add(this.box, 'svg', {class: 'timeline', tabindex: 0, role: 'slider', 'aria-label': 'Time', 'aria-valuemin': 0, 'aria-valuemax': this.length});
    this.resize();
    this.listen();
    this.draw();
    this.moveTo(0);
    new ResizeObserver(() => this.resize() && this.draw()).observe(this.svg);
  }
  // Text keeps its size, whatever the width.
  resize() {
    const width = Math.max(300, Math.round(this.svg.getBoundingClientRect().width) || 900);
    if (width === this.width) return false;
    Object.assign(this, {width, left: width < 520 ? 100 : 128});
    this.svg.setAttribute('viewBox', `0 0 ${width} ${this.height}`);
    return true;
  }
  pane() {
    const pane = add(this.box, 'div', {class: 'pane'});
    if (this.frames.length) this.picture = new Picture(pane, this.frames, this.people, {alt: 'frame at this time'});
    this.says = add(pane, 'div', {class: 'says'});
    this.wrong = itemsOf(this.camera).filter(item => item.kind === 'bad');
    const bar = add(pane, 'div', {class: 'controls'}), button = (text, words, call) => {
      const made = add(bar, 'button', {'aria-label': words, title: words}, text);
      made.addEventListener('click', call);
      return made;
    };
    if (this.wrong.length) button('‹', 'Back to what was wrong before', () => this.jump(-1));
    if (this.frames.length > 1) this.player = button('▶', `Play, ${PLAY_SPEED} times as fast`, () => this.play());
    if (this.wrong.length) button('›', 'On to what was wrong next', () => this.jump(1));
    this.all = button('show all', 'Show the whole recording', () => this.show(0, this.length));
    this.all.disabled = true;
  }
  x(time) { return this.left + (time - this.from) / (this.to - this.from) * (this.width - this.left - 8); }
  timeAt(event) {
    const box = this.svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * this.width;
    return this.from + (x - this.left) / (this.width - this.left - 8) * (this.to - this.from);
  }
  show(from, to) {
    const span = Math.min(this.length, Math.max(LEAST_SPAN, to - from));
    this.from = Math.min(Math.max(0, from), this.length - span);
    this.to = this.from + span;
    this.all.disabled = span >= this.length;
    this.draw();
  }
  jump(by) {
    const times = this.wrong.map(item => item.still), next = by > 0 ? times.find(one => one > this.time + 0.01) : times.findLast(one => one < this.time - 0.01);
    const time = next ?? (by > 0 ? times[0] : times.at(-1));
    if (time < this.from || time > this.to) this.show(time - (this.to - this.from) / 2, time + (this.to - this.from) / 2);
    this.moveTo(time);
  }
  play() {
    if (this.playing) return this.stop();
    let last = performance.now();
    if (this.time >= this.to - 0.01) this.moveTo(this.from);
    this.player.textContent = '❚❚';
    this.playing = setInterval(() => {
      const now = performance.now(), time = this.time + (now - last) / 1000 * PLAY_SPEED;
      last = now;
      this.moveTo(Math.min(time, this.to));
      if (time >= this.to) this.stop();
    }, 60);
  }
  stop() {
    clearInterval(this.playing);
    this.playing = null;
    if (this.player) this.player.textContent = '▶';
  }
  listen() {
    let last = null;
    // The wheel alone scrolls the page.
    this.svg.addEventListener('wheel', event => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const at = this.timeAt(event), scale = event.deltaY > 0 ? 1.25 : 0.8;
      this.show(at - (at - this.from) * scale, at + (this.to - at) * scale);
    }, {passive: false});
    this.svg.addEventListener('pointerdown', event => { last = event.clientX; this.svg.setPointerCapture(event.pointerId); });
    for (const name of ['pointerup', 'pointercancel']) this.svg.addEventListener(name, () => { last = null; });
    this.svg.addEventListener('pointermove', event => {
      if (last !== null && this.to - this.from < this.length) {
        const box = this.svg.getBoundingClientRect();
        const moved = (last - event.clientX) / box.width * this.width / (this.width - this.left - 8) * (this.to - this.from);
        last = event.clientX;
        this.show(this.from + moved, this.to + moved);
      }
      this.stop();
      const time = this.timeAt(event);
      if (time >= this.from) this.moveTo(Math.min(time, this.to));
    });
    this.svg.addEventListener('dblclick', () => this.show(0, this.length));
    this.svg.addEventListener('keydown', event => {
      const by = {ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity}[event.key];
      const zoom = {'+': 0.6, '=': 0.6, '-': 1 / 0.6}[event.key];
      if (by === undefined && !zoom) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.stop();
      if (zoom) return this.show(this.time - (this.time - this.from) * zoom, this.time + (this.to - this.time) * zoom);
      const time = Math.min(this.length, Math.max(0, this.time + by * (event.shiftKey ? 0.1 : 1)));
      if (time < this.from || time > this.to) this.show(time - (this.to - this.from) / 2, time + (this.to - this.from) / 2);
      this.moveTo(time);
    });
  }
  moveTo(time) {
    this.time = time;
    this.head.setAttribute('transform', `translate(${this.x(time).toFixed(1)} 0)`);
    this.head.setAttribute('visibility', time < this.from || time > this.to ? 'hidden' : 'visible');
    this.picture?.show(time);
    const w = this.camera.windows, i = w.time_sec.findLastIndex(t => t <= time), says = [];
    const truth = (this.camera.truth || []).find(t => t[0] <= time && time < t[1]);
    if (this.camera.truth) says.push(['annotated', truth ? truth[2] : labels[none], truth ? truth[2] : null]);
    if (i >= 0) {
      const scores = w.scores[i], best = scores ? scores.indexOf(Math.max(...scores)) : 0;
      says.push(['decided', `${labels[w.decided[i]]} (${w.confidence[i].toFixed(2)})`, w.decided[i] === none ? null : labels[w.decided[i]]]);
      if (scores) says.push(['window', `${labels[best]} ${scores[best].toFixed(2)}`, labels[best]]);
    }
    this.svg.setAttribute('aria-valuenow', time.toFixed(2));
    this.svg.setAttribute('aria-valuetext', [`${time.toFixed(1)} s`, ...says.map(([name, text]) => `${name} ${text}`)].join(', '));
    this.says.replaceChildren();
    add(this.says, 'div', {class: 'time'}, `${time.toFixed(2)} s`);
    for (const [name, text, label] of says) {
      const line = add(this.says, 'div', label ? {class: 'known', style: `--tint:${colourOf(label)}`} : {});
      line.append(`${name}: `);
      add(line, 'b', {}, text);
    }
  }
  draw() {
    this.svg.replaceChildren();
    const clip = `clip${Timeline.number = (Timeline.number || 0) + 1}`;
    add(add(this.svg, 'clipPath', {id: clip}), 'rect', {x: this.left, y: 0, width: this.width - this.left - 8, height: this.height});
    const inside = add(this.svg, 'g', {'clip-path': `url(#${clip})`});
    this.axis(inside);
    this.film(inside);
    this.bars(inside, this.top.annotated, this.camera.truth || [], () => false, this.camera.missed);
    this.bars(inside, this.top.decided, this.camera.decided, one => one[4]);
    if (this.offline) this.bars(inside, this.top.offline, this.offline, one => one[4]);
    this.line(inside);
    this.lanes(inside);
    const name = (text, y) => add(this.svg, 'text', {x: this.left - 8, y, 'text-anchor': 'end'}, text);
    name(this.camera.truth ? 'annotated' : 'not annotated', this.top.annotated + 17);
    if (this.offline) name('offline', this.top.offline + 17);
    name(this.offline ? 'live' : 'decided', this.top.decided + 17);
    name('confidence', this.top.confidence + 30);
    const most = Math.floor((this.left - 12) / 6.9);
    this.scored.forEach((k, i) => name(labels[k].length > most ? `${labels[k].slice(0, most - 1)}…` : labels[k], this.top.scores + i * this.lane + 11));
    this.head = add(this.svg, 'g', {class: 'playhead'});
    add(this.head, 'line', {x1: 0, x2: 0, y1: 0, y2: this.height - 18});
    add(this.head, 'path', {d: 'M-6 0H6L0 9Z'});
    this.moveTo(this.time);
  }
  film(parent) {
    if (!this.frames.length) return;
    const room = this.width - this.left - 8, number = Math.max(2, Math.round(room / TILE)), wide = room / number;
    for (let k = 0; k < number; k++) {
      const time = this.from + (this.to - this.from) * (k + 0.5) / number;
      add(parent, 'image', {x: this.left + k * wide, y: 0, width: wide + 0.5, height: FILM - 6, preserveAspectRatio: 'xMidYMid slice', href: this.frames[nearest(this.frames, time)][1]});
    }
  }
  axis(parent) {
    const span = this.to - this.from, most = Math.max(3, this.width / 84);
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600].find(s => span / s <= most) || span;
    for (let t = Math.ceil(this.from / step) * step; t <= this.to; t += step) {
      add(parent, 'line', {x1: this.x(t), x2: this.x(t), y1: 4, y2: this.height - 18, stroke: 'var(--line)'});
      add(parent, 'text', {x: this.x(t) + 3, y: this.height - 6}, `${+t.toFixed(1)} s`);
    }
  }
  // A red outline marks what is false, a hatch what was missed.
  bars(parent, y, segments, isFalse, missed = []) {
    for (const one of segments) {
      const x = this.x(one[0]), width = Math.max(1.5, this.x(one[1]) - x), isMissed = missed.some(m => m[0] === one[0] && m[1] === one[1] && m[2] === one[2]);
      const bar = add(parent, 'rect', {x, y, width, height: 26, rx: 4, fill: colourOf(one[2]),
        ...(isFalse(one) ? {stroke: 'var(--bad)', 'stroke-width': 3} : {}), ...(isMissed ? {'fill-opacity': 0.4, stroke: 'var(--bad)', 'stroke-width': 1.5, 'stroke-dasharray': '4 3'} : {})});
      add(bar, 'title', {}, `${one[2]}, ${one[0].toFixed(2)} to ${one[1].toFixed(2)} s${isMissed ? ', missed' : isFalse(one) ? ', false' : ''}`);
      const from = Math.max(x, this.left);
      const most = Math.floor((Math.min(x + width, this.width) - from - 10) / 6.8);
      if (most > 3) add(parent, 'text', {class: 'in', x: from + 6, y: y + 17}, one[2].length > most ? `${one[2].slice(0, most - 1)}…` : one[2]);
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
    // Of the best class at the time: classes may have thresholds of their own.
    const {enter_threshold: common, class_thresholds: own} = report.settings;
    let steps = '', before = null;
    for (let i = first; i <= last; i += step) {
      // What a live node says of people has no scores.
      const scores = w.scores?.[i] || [], best = labels[scores.indexOf(Math.max(...scores))];
      const at = (y + 48 - 48 * (own?.[best] ?? common)).toFixed(1), x = this.x(w.time_sec[i]).toFixed(1);
      if (at !== before) steps += before === null ? `M${x} ${at}` : `H${x}V${at}`;
      before = at;
    }
    add(parent, 'path', {class: 'threshold', d: `${steps}H${this.x(w.time_sec[last]).toFixed(1)}`, fill: 'none', stroke: 'var(--bad)', 'stroke-dasharray': '5 4'});
    add(parent, 'path', {d: path, fill: 'none', stroke: 'var(--blue)', 'stroke-width': 1.4});
    add(parent, 'text', {class: 'over', x: this.width - 12, y: y + 8, 'text-anchor': 'end'}, 'dashed: threshold of the best class');
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
