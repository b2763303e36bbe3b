// Recall against false actions per minute, by threshold: all classes together, and each. The pointer shows the nearest
// point; on the keyboard, left and right change the threshold, up and down the class.
class Curve {
  constructor(parent, curve, ranges = null) {
    Object.assign(this, {curve, ranges, width: 1180, height: 330, left: 52, right: 16, top: 14, bottom: 40});
    this.series = [['', curve.figures], ...Object.entries(curve.per_class)].map(([label, row]) => ({label, row,
      points: curve.factor.map((_, i) => i).filter(i => row.recall[i] !== null && row.false_per_min[i] !== null)}))
      .filter(one => one.points.length);
    if (!this.series.length) { add(parent, 'p', {}, 'No annotated actions, or no background.'); return; }
    this.most = Math.max(1, ...this.series.flatMap(one => one.points.map(i => one.row.false_per_min[i])));
    this.svg = add(parent, 'svg', {class: 'plot', tabindex: 0, role: 'img', viewBox: `0 0 ${this.width} ${this.height}`,
      'aria-label': 'Recall against false actions per minute of background'});
    this.axes();
    this.series.slice().reverse().forEach(one => { one.path = this.line(one); });
    this.marker = add(this.svg, 'circle', {class: 'marker', r: 7, fill: 'none', stroke: 'var(--ink)', 'stroke-width': 2, visibility: 'hidden'});
    this.listen();
  }
  // Linear up to 0.2 a minute, then logarithmic: few false actions are what matters, and none must have a place, too.
  x(rate) { return this.left + Math.asinh(rate / 0.2) / Math.asinh(this.most / 0.2) * (this.width - this.left - this.right); }
  y(recall) { return this.height - this.bottom - recall * (this.height - this.top - this.bottom); }
  place(one, i) { return [this.x(one.row.false_per_min[i]), this.y(one.row.recall[i])]; }
  axes() {
    const text = (x, y, words, anchor) => add(this.svg, 'text', {x, y, 'text-anchor': anchor}, words);
    for (const recall of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
      add(this.svg, 'line', {x1: this.left, x2: this.width - this.right, y1: this.y(recall), y2: this.y(recall), stroke: 'var(--line)'});
      text(this.left - 7, this.y(recall) + 4, recall.toFixed(1), 'end');
    }
    for (const rate of [0, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100].filter(one => one <= this.most)) {
      add(this.svg, 'line', {x1: this.x(rate), x2: this.x(rate), y1: this.top, y2: this.height - this.bottom, stroke: 'var(--line)'});
      text(this.x(rate), this.height - this.bottom + 16, rate, 'middle');
    }
    text(this.width - this.right, this.height - 6, 'false actions per minute of background', 'end');
    const middle = (this.height - this.bottom + this.top) / 2;
    add(this.svg, 'text', {'text-anchor': 'middle', transform: `translate(14 ${middle}) rotate(-90)`}, 'recall');
  }
  line(one) {
    const colour = one.label ? colourOf(one.label) : 'var(--ink)', now = this.curve.operating_point;
    const path = add(this.svg, 'path', {class: 'curve', 'data-label': one.label, fill: 'none', stroke: colour, 'stroke-width': one.label ? 1.2 : 2.6,
      d: one.points.map((i, at) => (at ? 'L' : 'M') + this.place(one, i).map(place => place.toFixed(1)).join(' ')).join('')});
    if (!one.points.includes(now)) return path;
    const [cx, cy] = this.place(one, now);
    if (!one.label) this.cross(cx, cy);
    add(this.svg, 'circle', {class: 'operating', cx, cy, r: one.label ? 3.5 : 6, fill: colour});
    if (!one.label) add(this.svg, 'text', {class: 'operating', x: cx + 10, y: Math.min(cy + 18, this.height - this.bottom - 4)}, this.threshold(now));
    return path;
  }
  // The intervals of both figures at the present thresholds.
  cross(cx, cy) {
    const {recall, false_per_min: rate} = this.ranges || {}, line = (x1, x2, y1, y2) => add(this.svg, 'line', {class: 'cross', x1, x2, y1, y2});
    const bar = (at, ends, isUp) => {
      const [a, b] = ends;
      isUp ? line(at, at, a, b) : line(a, b, at, at);
      for (const end of ends) isUp ? line(at - 5, at + 5, end, end) : line(end, end, at - 5, at + 5);
    };
    if (recall && !recall.includes(null)) bar(cx, recall.map(one => this.y(one)), true);
    if (rate && !rate.includes(null)) bar(cy, rate.map(one => this.x(Math.min(one, this.most))), false);
  }
  threshold(i) {
    const scaled = Object.keys(report.settings.class_thresholds).length ? `, class_thresholds × ${value(this.curve.factor[i])}` : '';
    return `enter_threshold ${this.curve.enter_threshold[i].toFixed(3)}${scaled}`;
  }
  listen() {
    this.svg.addEventListener('pointermove', event => {
      const box = this.svg.getBoundingClientRect(), scale = this.width / box.width;
      const at = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
      const all = this.series.flatMap((one, s) => one.points.map((i, p) => ({s, p, far: Math.hypot(...this.place(one, i).map((v, k) => v - at[k]))})));
      const nearest = all.reduce((best, point) => point.far < best.far ? point : best);
      this.select(nearest.s, nearest.p);
    });
    this.svg.addEventListener('focus', () => this.select(0, Math.max(0, this.series[0].points.indexOf(this.curve.operating_point))));
    this.svg.addEventListener('keydown', event => {
      const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
      if (!step) return;
      event.preventDefault();
      this.select(this.s + step[0], this.p + step[1]);
    });
    for (const name of ['pointerleave', 'blur']) this.svg.addEventListener(name, () => {
      tip.hidden = true;
      this.marker.setAttribute('visibility', 'hidden');
      this.series.forEach(one => one.path.classList.remove('selected'));
    });
  }
  select(s, p) {
    this.s = Math.min(Math.max(0, s ?? 0), this.series.length - 1);
    const one = this.series[this.s];
    this.p = Math.min(Math.max(0, p ?? 0), one.points.length - 1);
    const i = one.points[this.p], [cx, cy] = this.place(one, i);
    for (const [name, at] of [['cx', cx], ['cy', cy], ['visibility', 'visible']]) this.marker.setAttribute(name, at);
    this.series.forEach(other => other.path.classList.toggle('selected', other === one));
    tip.replaceChildren();
    add(tip, 'b', {}, one.label || 'all classes');
    add(tip, 'div', {}, this.threshold(i));
    for (const name of Object.keys(one.row)) {
      const figure = registry.all.find(row => row.name === name);
      add(tip, 'div', {}, `${figure.words}: ${withUnit(one.row[name][i], figure)}`);
    }
    tip.hidden = false;
    const box = this.marker.getBoundingClientRect();
    tip.style.left = `${Math.min(box.right + 8, innerWidth - 250)}px`;
    tip.style.top = `${Math.min(box.bottom + 8, innerHeight - tip.offsetHeight - 8)}px`;
  }
}
