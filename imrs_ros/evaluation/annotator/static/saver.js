// Every change is saved at once; what could not be is kept in this browser until it can.
import {ask} from './dom.js';

const WAIT_MS = 400, RETRY_MS = 3000;

export class Saver extends EventTarget {
  open(number, recording) {
    clearTimeout(this.timer);
    Object.assign(this, {number, recording, file: recording.file, version: recording.version, state: recording.version ? 'saved' : 'none', table: null, error: ''});
    this.tell();
  }
  get key() { return `imrs_ros annotations of ${this.file}`; }
  get isClean() { return !this.table; }
  get isWaiting() { return ['conflict', 'other'].includes(this.state); }
  tell() { this.dispatchEvent(new Event('state')); }
  // What an earlier page could not save.
  draft() {
    try { return JSON.parse(localStorage.getItem(this.key)); } catch { return null; }
  }
  forget() { try { localStorage.removeItem(this.key); } catch { /* no storage: nothing is kept */ } }
  keep() { try { localStorage.setItem(this.key, JSON.stringify({...this.table, version: this.version})); } catch { /* full, or none */ } }
  change(table) {
    this.table = structuredClone(table);
    this.keep();
    // A file that somebody else changed waits for a choice; one of another recording, for another page.
    if (!this.isWaiting) {
      this.state = 'unsaved';
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.save(), WAIT_MS);
    }
    this.tell();
  }
  async save() {
    clearTimeout(this.timer);
    if (this.isSaving) return this.isSaving;
    if (!this.table || this.isWaiting) return null;
    this.isSaving = this.send();
    await this.isSaving;
    this.isSaving = null;
    // What was changed meanwhile.
    return this.table && this.state === 'unsaved' ? this.save() : null;
  }
  async send() {
    const {table, number, version, file, key, recording} = this, kept = JSON.stringify({...table, version});
    try {
      const done = await ask(`/api/recordings/${number}/annotations`, 'PUT', {...table, version, file});
      if (recording !== this.recording) {
        // Another recording is open by now; this one has nothing left to restore.
        try { if (localStorage.getItem(key) === kept) localStorage.removeItem(key); } catch { /* no storage */ }
        return;
      }
      this.version = done.version;
      if (table === this.table) {
        this.table = null;
        this.state = 'saved';
        this.forget();
      } else this.keep();
      this.error = '';
      this.dispatchEvent(new CustomEvent('problems', {detail: done.problems}));
    } catch (error) {
      if (recording !== this.recording) return;
      // Without a version, the server has no such file.
      this.state = error.status !== 409 ? 'error' : error.version === undefined ? 'other' : 'conflict';
      if (this.state === 'conflict') this.theirs = error.version;
      this.error = error.status ? error.message : 'The server does not answer. Your changes are kept in this page: start "annotate" again on the same port.';
      if (this.state === 'error') this.timer = setTimeout(() => { if (this.state === 'error') { this.state = 'unsaved'; this.save(); } }, RETRY_MS);
    }
    this.tell();
  }
  // The server was started with other recordings.
  refuse() {
    Object.assign(this, {state: 'other', error: 'expected the recording of this page, the server has another; load the page again'});
    this.tell();
  }
  replace(table) {
    Object.assign(this, {version: this.theirs, state: 'unsaved', table: structuredClone(table)});
    return this.save();
  }
}
