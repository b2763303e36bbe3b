// The decisions of the last minute: a row for the whole picture, and one for each person.

import {hueOf, matchChildren, setHue, setText} from './common.js';

const SHOWN_SEC = 60;
const MAX_PEOPLE = 5;
const LETTER_PX = 8;
const LEAST_LETTERS = 3;

export function drawTimeline(element, camera, now, labels) {
  const from = now - SHOWN_SEC;
  const shown = camera.decisions.filter((d) => (d.end ?? now) > from);
  const people = [...new Set(shown.map((d) => d.who).filter(Boolean))].slice(-MAX_PEOPLE);
  const rows = matchChildren(element.querySelector('.rows'), ['', ...people], makeRow);
  element.classList.toggle('named', people.length > 0);
  rows.forEach((row, index) => {
    const who = index ? people[index - 1] : '';
    setText(row.firstElementChild, people.length ? who || 'picture' : '');
    drawPieces(row.lastElementChild, shown.filter((d) => d.who === who), from, now, labels);
  });
  const last = shown.at(-1);
  element.setAttribute('aria-label', last
    ? `Decisions of the last minute: ${shown.length}; the last one is ${last.label}`
      + `${last.who ? ` by person ${last.who}` : ''}, ${last.end === null ? 'now' : 'ended'}`
    : 'Decisions of the last minute: none');
}

function makeRow() {
  const row = document.createElement('div');
  row.className = 'row';
  row.append(document.createElement('b'), document.createElement('div'));
  return row;
}

function drawPieces(parent, decisions, from, now, labels) {
  const pieces = matchChildren(parent, decisions.map((d) => `${d.start} ${d.label}`), () => {
    const piece = document.createElement('span');
    piece.className = 'piece';
    return piece;
  });
  const width = parent.clientWidth;
  decisions.forEach((decision, index) => {
    const piece = pieces[index];
    const left = Math.max(0, (decision.start - from) / SHOWN_SEC);
    const right = Math.min(1, ((decision.end ?? now) - from) / SHOWN_SEC);
    piece.style.left = `${100 * left}%`;
    piece.style.width = `${100 * Math.max(0, right - left)}%`;
    const isSlim = (right - left) * width < LETTER_PX * Math.min(decision.label.length + 1, LEAST_LETTERS + 3);
    piece.classList.toggle('slim', isSlim);
    setHue(piece, hueOf(decision.label, labels));
    setText(piece, isSlim ? '' : decision.label);
    const end = decision.end === null ? 'now' : `${(now - decision.end).toFixed(1)} s ago`;
    piece.title = `${decision.label}, ${Math.round(100 * decision.score)} %: `
      + `${(now - decision.start).toFixed(1)} s ago to ${end}`;
  });
}
