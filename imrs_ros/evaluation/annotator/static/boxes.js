// Boxes of people on the picture: drawn, moved and resized by pointer or keys.
import {add, colourOf} from './dom.js';

const LEAST = 0.01, STEP = 0.01, within = value => Math.min(1, Math.max(0, value));

export class Boxes {
  constructor(overlay, onBox, onSelect) {
    Object.assign(this, {overlay, onBox, onSelect, isDrawing: false});
    overlay.addEventListener('pointerdown', event => this.isDrawing && this.drag(event, this.place(event)));
  }
  place(event) {
    const area = this.overlay.getBoundingClientRect();
    return [within((event.clientX - area.left) / area.width), within((event.clientY - area.top) / area.height)];
  }
  setDrawing(is) {
    this.isDrawing = is;
    this.overlay.classList.toggle('drawing', is);
  }
  draw(views, selected) {
    const active = document.activeElement, hadFocus = this.overlay.contains(active);
    this.overlay.replaceChildren();
    for (const view of views) {
      if (!view.box) continue;
      const [left, top, right, bottom] = view.box.map(within), is = view.id === selected;
      const box = add(this.overlay, 'div', {class: `box${is ? ' selected' : ''}${top < 0.08 ? ' low' : ''}`, tint: colourOf(view.label),
        ...(is ? {tabindex: 0, role: 'group', 'aria-label': `Box of ${view.person}: arrow keys move it, with Shift they resize it`} : {})});
      this.put(box, [left, top, right, bottom]);
      add(box, 'span', {}, `${view.person}: ${view.label}`);
      if (!is) continue;
      for (const at of ['nw', 'ne', 'sw', 'se']) add(box, 'i', {'data-at': at});
      box.addEventListener('pointerdown', event => this.change(event, box, view));
      box.addEventListener('keydown', event => this.key(event, view));
      if (hadFocus) box.focus();
    }
  }
  put(box, [left, top, right, bottom]) {
    Object.assign(box.style, {left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * (right - left)}%`, height: `${100 * (bottom - top)}%`});
  }
  // From one corner to the other.
  drag(event, from) {
    event.preventDefault();
    const box = add(this.overlay, 'div', {class: 'box'});
    let found = null;
    this.follow(event, at => {
      found = [Math.min(from[0], at[0]), Math.min(from[1], at[1]), Math.max(from[0], at[0]), Math.max(from[1], at[1])];
      this.put(box, found);
    }, () => {
      box.remove();
      this.setDrawing(false);
      if (found && found[2] - found[0] >= LEAST && found[3] - found[1] >= LEAST) this.onBox(found);
    });
  }
  change(event, box, view) {
    event.preventDefault();
    event.stopPropagation();
    box.focus();
    const at = event.target.dataset.at, start = this.place(event), old = view.box.map(within);
    let found = null;
    this.follow(event, now => {
      const [x, y] = [now[0] - start[0], now[1] - start[1]];
      found = at ? this.resized(old, x, y, at) : this.moved(old, x, y);
      this.put(box, found);
    }, () => found && this.onBox(found));
  }
  moved([left, top, right, bottom], x, y) {
    const dx = Math.min(Math.max(x, -left), 1 - right), dy = Math.min(Math.max(y, -top), 1 - bottom);
    return [left + dx, top + dy, right + dx, bottom + dy];
  }
  resized([left, top, right, bottom], x, y, at) {
    return [at.includes('w') ? within(Math.min(left + x, right - LEAST)) : left, at.includes('n') ? within(Math.min(top + y, bottom - LEAST)) : top,
      at.includes('e') ? within(Math.max(right + x, left + LEAST)) : right, at.includes('s') ? within(Math.max(bottom + y, top + LEAST)) : bottom];
  }
  follow(event, onMove, onEnd) {
    const target = event.target, move = one => onMove(this.place(one));
    target.setPointerCapture(event.pointerId);
    target.addEventListener('pointermove', move);
    const end = () => { target.removeEventListener('pointermove', move); onEnd(); };
    target.addEventListener('pointerup', end, {once: true});
    target.addEventListener('pointercancel', end, {once: true});
  }
  key(event, view) {
    const by = {ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP]}[event.key];
    if (!by || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const old = view.box.map(within);
    this.onBox(event.shiftKey ? this.resized(old, ...by, 'se') : this.moved(old, ...by));
  }
}
