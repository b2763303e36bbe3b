// Small helpers of all parts of the page.

export const NO_ACTION = 'no_action';
const NUM_HUES = 10;

export const percent = (score) => `${Math.round(100 * score)} %`;

/** Set a text only where it changed: the page is updated ten times a second. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setTone(element, tone, text) {
  if (element.dataset.tone !== tone) element.dataset.tone = tone;
  setText(element, text);
}

export function setNote(element, text, tone = 'warn') {
  element.hidden = !text;
  if (text) setTone(element, tone, text);
}

/** Enable a control, or disable it and say why; a button can still be reached by the keyboard. */
export function setReason(control, reason) {
  if ((control.dataset.reason ?? '') === reason) return;
  if (control instanceof HTMLButtonElement) control.setAttribute('aria-disabled', String(Boolean(reason)));
  else control.disabled = Boolean(reason);
  if (reason) control.dataset.reason = reason;
  else delete control.dataset.reason;
  control.setAttribute('aria-description', reason);
  if (!reason) control.removeAttribute('aria-description');
}

document.addEventListener('click', (event) => {
  const button = event.target.closest?.('button[aria-disabled="true"]');
  if (!button) return;
  event.preventDefault();
  event.stopPropagation();
  toast(button.dataset.reason);
}, true);

/** The class of a label's colour: by its place among the model's labels, else by its letters. */
export function hueOf(label, labels) {
  const place = labels.indexOf(label);
  const number = place >= 0 ? place : [...(label ?? '')].reduce((sum, c) => sum + c.codePointAt(0), 0);
  return `h${number % NUM_HUES}`;
}

export function setHue(element, hue) {
  if (element.dataset.hue === hue) return;
  if (element.dataset.hue) element.classList.remove(element.dataset.hue);
  if (hue) element.classList.add(hue);
  element.dataset.hue = hue;
}

export function fill(templateId) {
  return document.getElementById(templateId).content.firstElementChild.cloneNode(true);
}

/** Make a parent's children match a list: one element for each key, in order; keys may be equal. */
export function matchChildren(parent, keys, make) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const used = new Set();
  keys.forEach((key, index) => {
    let unique = String(key);
    for (let number = 2; used.has(unique); number++) unique = `${key} (${number})`;
    used.add(unique);
    let child = known.get(unique);
    known.delete(unique);
    if (!child) {
      child = make(key);
      child.dataset.key = unique;
    }
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
  for (const child of known.values()) child.remove();
  return [...parent.children];
}

let toastTimer;
export function toast(text, tone = 'good') {
  const element = document.getElementById('toast');
  setTone(element, tone, text);
  element.hidden = !text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { element.hidden = true; }, tone === 'bad' ? 9000 : 4000);
}
