// Elements are created, never parsed from text: labels and names are no markup.
export const $ = id => document.getElementById(id);

export function add(parent, name, attributes = {}, text = null) {
  const isDrawing = name === 'svg' || parent.namespaceURI.endsWith('svg');
  const element = isDrawing ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'tint') element.style.setProperty('--tint', value);
    else if (value !== null && value !== false) element.setAttribute(key, value);
  }
  if (text !== null) element.textContent = text;
  return parent.appendChild(element);
}

// Hues as in reports, so that a label looks alike in both; dark enough for white text.
let known = [];
export const setLabels = labels => { known = labels; };
export function colourOf(label) {
  const k = known.indexOf(label);
  const hue = (k * 137.5 + 210) % 360, isBright = hue > 40 && hue < 195;
  return k < 0 ? '#6b7688' : `hsl(${hue} 62% ${(isBright ? 33 : 46) - (k % 2 ? 3 : 0)}%)`;
}

export const seconds = value => Number.isFinite(value) ? value.toFixed(2) : '–';

export function clock(value) {
  const minutes = Math.floor(value / 60);
  return `${minutes}:${(value - 60 * minutes).toFixed(3).padStart(6, '0')}`;
}

let fading = 0;
export function toast(text) {
  const box = $('toast');
  box.textContent = text;
  box.classList.add('shown');
  clearTimeout(fading);
  fading = setTimeout(() => box.classList.remove('shown'), 2600);
}

export async function ask(path, method = 'GET', body = null) {
  const answer = await fetch(path, {method, ...(body ? {body: JSON.stringify(body), headers: {'content-type': 'application/json'}} : {})});
  // A failure may have any content.
  const value = await (answer.ok ? answer.json() : answer.json().catch(() => ({})));
  if (!answer.ok) throw Object.assign(new Error(value.error || `expected an answer, got status ${answer.status}`), {status: answer.status, version: value.version});
  return value;
}
