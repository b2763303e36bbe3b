'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const page = document.getElementById('page'), tip = document.getElementById('tip');
const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;

// Elements are created, never parsed from text: labels and names are no markup.
function add(parent, name, attributes = {}, text = null) {
  const isDrawing = parent.namespaceURI.endsWith('svg') || name === 'svg';
  const element = isDrawing ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== null) element.textContent = text;
  return parent.appendChild(element);
}

function table(parent, header, rows, attributes = {}) {
  const made = add(add(parent, 'div', {class: 'scroll'}), 'table', attributes);
  const top = add(add(made, 'thead'), 'tr');
  header.forEach(text => add(top, 'th', {scope: 'col'}, text));
  const body = add(made, 'tbody');
  for (const row of rows) {
    const line = add(body, 'tr');
    row.forEach(cell => Array.isArray(cell) ? add(line, 'td', cell[1], cell[0]) : add(line, 'td', {}, cell));
  }
  return made;
}
const value = number => number === null || number === undefined ? '–' : Number.isInteger(number) ? String(number) : number.toFixed(3);
const withUnit = (number, figure) => number === null || number === undefined || !figure.unit ? value(number) : `${value(number)} ${figure.unit}`;

// A value with its interval, from one end of a scale to the other; nothing where either is unknown.
function whisker(parent, number, limits, from, to, attributes = {}) {
  if (!limits || limits.some(one => one === null) || number === null || number === undefined) return;
  const width = 120, x = one => (6 + (Math.min(to, Math.max(from, one)) - from) / (to - from || 1) * (width - 12)).toFixed(1);
  const svg = add(parent, 'svg', {class: 'whisker', viewBox: `0 0 ${width} 14`, preserveAspectRatio: 'xMinYMid', 'aria-hidden': 'true', ...attributes}), line = (x1, x2, y1, y2, name) => add(svg, 'line', {class: name, x1, x2, y1, y2});
  line(6, width - 6, 7, 7, 'track');
  if (from < 0) line(x(0), x(0), 1, 13, 'zero');
  line(x(limits[0]), x(limits[1]), 7, 7, 'range');
  for (const one of limits) line(x(one), x(one), 3.5, 10.5, 'range');
  add(svg, 'circle', {class: 'dot', cx: x(number), cy: 7, r: 3.6});
}
// Ratios from 0 to 1, others to whatever round number holds them.
const scaleOf = (number, limits) => {
  const most = Math.max(number ?? 0, ...(limits || [])), power = 10 ** Math.floor(Math.log10(most || 1));
  return most <= 1 ? 1 : [1, 2, 5, 10].find(one => one * power >= most) * power;
};
