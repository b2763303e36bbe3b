// Frames by their number: shown at once if they are there, and played as fast as they come.
const KEPT = 60, AHEAD = 14, AT_ONCE = 3, SMOOTH_HZ = 30;

export class Player extends EventTarget {
  constructor(canvas) {
    super();
    Object.assign(this, {canvas, rate: 1, isPlaying: false, times: [0], index: 0, opened: 0});
    this.forget();
  }
  forget() {
    for (const one of (this.ready || new Map()).values()) one.bitmap?.close();
    Object.assign(this, {ready: new Map(), coming: new Map(), isPumping: false});
  }
  open(address, times, end) {
    this.pause();
    this.forget();
    Object.assign(this, {address, times, end, index: 0, opened: this.opened + 1});
  }
  get time() { return this.times[this.index]; }
  // The frame that is shown at a time, and the one whose time is nearest to it.
  at(time) {
    let low = 0, high = this.times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.times[middle] <= time + 1e-9) low = middle; else high = middle - 1;
    }
    return low;
  }
  nearest(time) {
    const i = this.at(time);
    return i + 1 < this.times.length && this.times[i + 1] - time < time - this.times[i] ? i + 1 : i;
  }
  endOf(index) {
    if (index + 1 < this.times.length) return this.times[index + 1];
    const last = this.times.length > 1 ? this.times.at(-1) - this.times.at(-2) : 0.04;
    return Math.max(this.end, this.times[index] + last);
  }
  load(index) {
    const found = this.ready.get(index);
    if (found) return Promise.resolve(found);
    if (!this.coming.has(index)) this.coming.set(index, this.fetch(index, this.opened));
    return this.coming.get(index);
  }
  async fetch(index, opened) {
    let result;
    try {
      const answer = await fetch(this.address(index));
      result = answer.ok ? {bitmap: await createImageBitmap(await answer.blob())} : {problem: (await answer.json()).error};
    } catch (error) {
      result = {problem: `expected an answer of the server, got: ${error.message}`, isGone: true};
    }
    if (opened !== this.opened) return result;
    this.coming.delete(index);
    if (!result.isGone) this.ready.set(index, result);
    for (const old of this.ready.keys()) {
      if (this.ready.size <= KEPT) break;
      if (old !== this.index) { this.ready.get(old).bitmap?.close(); this.ready.delete(old); }
    }
    return result;
  }
  show(index) {
    this.index = Math.min(Math.max(0, index), this.times.length - 1);
    this.dispatchEvent(new Event('frame'));
    const found = this.ready.get(this.index);
    if (found) this.draw(found);
    else this.pump();
  }
  // While the pointer moves on, one frame at a time: the newest that is wanted.
  async pump() {
    if (this.isPumping) return;
    this.isPumping = true;
    for (let shown = -1; shown !== this.index;) {
      const wanted = this.index, opened = this.opened, found = await this.load(wanted);
      if (opened !== this.opened) return;
      shown = wanted;
      if (wanted === this.index) this.draw(found);
    }
    this.isPumping = false;
  }
  draw(found) {
    if (found.bitmap) {
      if (this.canvas.width !== found.bitmap.width || this.canvas.height !== found.bitmap.height) {
        this.canvas.width = found.bitmap.width;
        this.canvas.height = found.bitmap.height;
        this.dispatchEvent(new Event('size'));
      }
      this.canvas.getContext('2d').drawImage(found.bitmap, 0, 0);
    }
    this.canvas.dataset.frame = this.index;
    this.dispatchEvent(new CustomEvent('drawn', {detail: found.problem || ''}));
  }
  play(until = Infinity) {
    if (this.index === this.times.length - 1) this.show(0);
    Object.assign(this, {isPlaying: true, until});
    this.since(performance.now());
    this.dispatchEvent(new Event('state'));
    requestAnimationFrame(now => this.tick(now));
  }
  since(now) { this.from = {now, time: this.time}; }
  pause() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    this.dispatchEvent(new Event('state'));
  }
  setRate(rate) {
    this.rate = rate;
    if (this.isPlaying) this.since(performance.now());
  }
  tick(now) {
    if (!this.isPlaying) return;
    const due = this.at(this.from.time + Math.max(0, now - this.from.now) / 1000 * this.rate);
    const hz = this.times.length / Math.max(0.1, this.times.at(-1) - this.times[0]);
    const step = Math.max(1, Math.floor(this.rate * hz / SMOOTH_HZ));
    let next = due;
    while (next > this.index && !this.ready.has(next)) next--;
    if (next > this.index) {
      if (this.times[next] >= this.until) return this.pause();
      this.show(next);
    // Where frames do not come as fast, time waits for them.
    } else if (due >= this.index + step) this.since(now);
    if (this.index === this.times.length - 1) return this.pause();
    for (let k = 1; k <= AHEAD && this.coming.size < AT_ONCE; k++) {
      const wanted = Math.min(this.index + k * step, this.times.length - 1);
      if (!this.ready.has(wanted)) this.load(wanted);
    }
    requestAnimationFrame(later => this.tick(later));
  }
}
