// Small images of a recording, by their times: one shown at a time, and clips that play.
const CLIP_MS = 160, STEP_MS = 250;

// Of a person at a time: where the last window was; nothing if that is more than a second ago.
function boxAt(person, time) {
  const w = person.windows, i = w.time_sec.findLastIndex(t => t <= time + 1e-3);
  return i >= 0 && time - w.time_sec[i] <= 1 ? w.box[i] : null;
}

function nearest(frames, time) {
  let low = 0, high = frames.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (frames[middle][0] < time) low = middle + 1; else high = middle;
  }
  return low > 0 && time - frames[low - 1][0] <= frames[low][0] - time ? low - 1 : low;
}

// The frame nearest to a time, with the boxes of people at the time of the frame.
class Picture {
  constructor(parent, frames, people, attributes = {}) {
    Object.assign(this, {frames, people, at: -1});
    this.box = add(parent, 'div', {class: 'shot'});
    this.image = add(this.box, 'img', {alt: '', ...attributes});
    this.boxes = people.length ? add(this.box, 'div', {class: 'boxes'}) : null;
  }
  show(time) { this.showFrame(nearest(this.frames, time)); }
  showFrame(i) {
    if (i === this.at) return;
    this.at = i;
    const [at, source] = this.frames[i];
    this.image.src = source;
    this.image.dataset.time = at;
    if (!this.boxes) return;
    this.boxes.replaceChildren();
    const share = one => `${(100 * one).toFixed(2)}%`;
    for (const person of this.people) {
      const box = boxAt(person, at);
      if (!box) continue;
      const [left, top, right, bottom] = box.map(one => Math.min(1, Math.max(0, one)));
      add(this.boxes, 'div', {class: person.is_annotated ? 'box' : 'box other', title: person.id, 'data-box': person.id,
        style: `left:${share(left)};top:${share(top)};width:${share(right - left)};height:${share(bottom - top)}`});
    }
  }
}

// An action as a small film: it plays under the pointer or with the focus; without motion, the pointer, or the arrow
// keys, choose the frame.
class Clip {
  constructor(parent, item, frames, people, onOpen) {
    this.item = item;
    const still = nearest(frames, item.still), inside = frames.map((_, i) => i).filter(i => frames[i][0] >= item.from - 0.05 && frames[i][0] <= item.to + 0.05);
    this.frames = inside.length > 1 ? inside : [still];
    this.still = Math.max(0, this.frames.indexOf(this.frames.includes(still) ? still : this.frames[this.frames.length >> 1]));
    this.element = add(parent, 'figure', {class: item.kind, tabindex: 0, role: 'button', 'data-kind': item.group, 'aria-label': `${item.label}, ${item.text}, at ${item.time.toFixed(1)} s: show it on the timeline`});
    this.picture = new Picture(this.element, frames, people, {alt: item.label});
    this.bar = add(this.element, 'div', {class: 'progress'});
    const caption = add(this.element, 'figcaption');
    add(caption, 'b', {}, item.label);
    caption.append(` ${item.text}, ${item.time.toFixed(1)} s`);
    this.show(this.still);
    this.listen(onOpen);
  }
  show(i) {
    this.i = (i + this.frames.length) % this.frames.length;
    this.picture.showFrame(this.frames[this.i]);
    this.bar.style.width = this.element.matches(':hover, :focus') && this.frames.length > 1 ? `${100 * (this.i + 1) / this.frames.length}%` : '0';
  }
  listen(onOpen) {
    const start = () => {
      if (isStill || this.timer || this.frames.length < 2) return;
      this.show(0);
      // The last frame stays a little, so that the loop is seen.
      let rest = 0;
      this.timer = setInterval(() => { if (this.i === this.frames.length - 1 && rest++ < 3) return; rest = 0; this.show(this.i + 1); }, CLIP_MS);
    };
    const stop = () => {
      clearInterval(this.timer);
      this.timer = null;
      this.show(this.still);
    };
    this.element.addEventListener('pointerenter', start);
    this.element.addEventListener('pointerleave', stop);
    this.element.addEventListener('focus', start);
    this.element.addEventListener('blur', stop);
    this.element.addEventListener('pointermove', event => {
      if (!isStill) return;
      const box = this.element.getBoundingClientRect();
      this.show(Math.min(this.frames.length - 1, Math.floor((event.clientX - box.left) / box.width * this.frames.length)));
    });
    this.element.addEventListener('click', () => onOpen(this.item));
    this.element.addEventListener('keydown', event => {
      const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (by) { clearInterval(this.timer); this.timer = null; this.show(this.i + by); }
      else if (event.key === 'Enter' || event.key === ' ') onOpen(this.item);
      else return;
      event.preventDefault();
    });
  }
}

// Everything that was decided, and what was missed, with its cause.
function itemsOf(camera) {
  const truth = camera.truth, thresholds = report.settings.class_thresholds;
  const meets = one => (truth || []).filter(t => t[0] < one[1] && one[0] < t[1]);
  const isExcused = one => camera.is_annotated === false && truth && !one[4];
  const items = camera.decided.map(one => {
    const threshold = thresholds[one[2]] ?? report.settings.enter_threshold, score = one[3] >= threshold ? `${one[3].toFixed(2)} ≥ ${threshold.toFixed(2)}` : one[3].toFixed(2);
    const around = meets(one), group = !truth || isExcused(one) ? 'plain' : around.some(t => t[2] === one[2]) ? 'correct' : one[4] ? 'false' : 'wrong';
    const text = {plain: truth ? 'as of somebody annotated there' : `decided, ${score}`, correct: 'correct', false: `false action, ${score}`,
      wrong: `wrong${around.length ? `, annotated ${around[0][2]}` : ', after another action'}, ${score}`}[group];
    return {time: one[0], still: one[0], from: group === 'correct' || group === 'plain' ? one[0] : Math.max(0, one[0] - 1), to: one[1], label: one[2], group, text,
      kind: {plain: 'plain', correct: 'good'}[group] || 'bad'};
  });
  items.push(...camera.missed.map(one => ({time: (one[0] + one[1]) / 2, still: (one[0] + one[1]) / 2, from: one[0], to: one[1], label: one[2], group: 'missed', kind: 'bad', text: `missed, ${one[3]}`})));
  return items.sort((a, b) => a.time - b.time);
}

const GROUPS = [['missed', 'missed'], ['false', 'false'], ['wrong', 'wrong'], ['correct', 'correct'], ['plain', 'decided']];

function strip(parent, camera, frames, timeline, people) {
  const items = itemsOf(camera);
  if (!items.length || !frames.length) return;
  const box = add(parent, 'div', {class: 'clips'}), bar = add(box, 'div', {class: 'filters', role: 'group', 'aria-label': 'Show actions that are'}), list = add(box, 'div', {class: 'strip'});
  const groups = GROUPS.filter(([name]) => items.some(item => item.group === name)), shown = new Set(groups.map(([name]) => name));
  for (const item of items) {
    new Clip(list, item, frames, people, one => {
      timeline.show(one.from - 4, one.to + 4);
      timeline.moveTo(one.still);
      timeline.svg.scrollIntoView({block: 'center', behavior: isStill ? 'auto' : 'smooth'});
    });
  }
  for (const [name, words] of groups) {
    const number = items.filter(item => item.group === name).length;
    const button = add(bar, 'button', {class: `filter ${name}`, 'aria-pressed': 'true'}, `${words} ${number}`);
    button.addEventListener('click', () => {
      const is = !shown.has(name);
      if (is) shown.add(name); else shown.delete(name);
      button.setAttribute('aria-pressed', is);
      list.querySelectorAll('figure').forEach(one => { one.hidden = !shown.has(one.dataset.kind); });
    });
  }
}
