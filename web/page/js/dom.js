// Small helpers to make elements. Nothing is ever made from strings of markup.

import { t } from './i18n.js';

/**
 * Makes an element: h('button.primary', {t: 'close', on: {click}}, child, ...).
 * Members: t, label and hint are keys of words (members fills them in), on holds listeners, data holds data attributes; all else are attributes.
 */
export function h(spec, props = {}, ...children) {
  const [tag, ...classes] = spec.split('.');
  const el = document.createElement(tag || 'div');
  if (classes.length) el.className = classes.join(' ');
  for (const [k, v] of Object.entries(props)) setProp(el, k, v, props);
  el.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

function setProp(el, k, v, props) {
  if (v === undefined || v === null || v === false) return;
  if (k === 't') say(el, v, props.members);
  else if (k === 'label') label(el, v, props.members);
  else if (k === 'hint') {
    el.dataset.tHint = v;
    el.placeholder = t(v);
  } else if (k === 'on') for (const [name, f] of Object.entries(v)) el.addEventListener(name, f);
  else if (k === 'data') Object.assign(el.dataset, v);
  else if (k === 'text') el.textContent = v;
  else if (k !== 'members') el.setAttribute(k, v === true ? '' : v);
}

/** Gives an element words that follow the language. */
export function say(el, key, members) {
  if (members) el.dataset.tMembers = JSON.stringify(members);
  else delete el.dataset.tMembers;
  if (el.dataset.t === key && !members) return el;
  el.dataset.t = key;
  el.textContent = t(key, members);
  return el;
}

/** The same for the accessible name, which is the tooltip too. */
export function label(el, key, members) {
  el.dataset.tLabel = key;
  if (members) el.dataset.tMembers = JSON.stringify(members);
  const words = t(key, members);
  el.setAttribute('aria-label', words);
  el.title = el.dataset.tKey ? `${words} (${el.dataset.tKey})` : words;
  return el;
}

const SVG = 'http://www.w3.org/2000/svg';

// Drawn for this product on a 24 by 24 grid: lines of one weight, round ends.
const paths = {
  mic: 'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M8.5 21h7',
  micOff: 'M9 9.5V11a3 3 0 0 0 4.6 2.5M15 10V6a3 3 0 0 0-5.7-1.3M5.5 11a6.5 6.5 0 0 0 10.3 5.3M18.5 11a6.4 6.4 0 0 1-.7 3M12 17.5V21M8.5 21h7M4 4l16 16',
  camera: 'M4.5 6.5h8a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-8a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2zM14.5 10.8l5.6-3.2a.6.6 0 0 1 .9.5v7.8a.6.6 0 0 1-.9.5l-5.6-3.2',
  cameraOff: 'M9.5 6.5h3a2 2 0 0 1 2 2v3M14.5 10.8l5.6-3.2a.6.6 0 0 1 .9.5v7.8a.6.6 0 0 1-.9.5M14 17a2 2 0 0 1-1.5.5h-8a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2H5M4 4l16 16',
  screen: 'M4 4.5h16a1.5 1.5 0 0 1 1.5 1.5v9.5a1.5 1.5 0 0 1-1.5 1.5H4a1.5 1.5 0 0 1-1.5-1.5V6A1.5 1.5 0 0 1 4 4.5zM8.5 20.5h7M12 13.5v-6M9.5 9.5L12 7l2.5 2.5',
  people: 'M9 11a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM2.5 19.5c.4-3.4 3-5.5 6.5-5.5s6.1 2.1 6.5 5.5M16 4.8a3.2 3.2 0 0 1 0 6M18 14.5c2 .8 3.2 2.6 3.5 5',
  terminal: 'M3.5 4.5h17a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-17a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zM7 19.5h10M12 15.5v4M9 10a3 3 0 1 0 6 0 3 3 0 0 0-6 0',
  invite: 'M5 4h4l1.5 5-2.3 1.7a12 12 0 0 0 5.1 5.1L15 13.5l5 1.5v4a1.5 1.5 0 0 1-1.6 1.5C10.6 20 4 13.4 3.5 5.6A1.5 1.5 0 0 1 5 4zM17 3v6M14 6h6',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM9 14.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  leave: 'M3.3 14.8c-.9-1-1-2.3-.1-3.2 4.8-4.7 12.8-4.7 17.6 0 .9.9.8 2.2-.1 3.2l-.8.9a1.3 1.3 0 0 1-1.5.3l-2.6-1.2a1.3 1.3 0 0 1-.7-1.2v-1.8a11 11 0 0 0-6.2 0v1.8c0 .5-.3 1-.7 1.2L5.6 16a1.3 1.3 0 0 1-1.5-.3z',
  grid: 'M4 4.5h7v6.5H4zM13 4.5h7v6.5h-7zM4 13h7v6.5H4zM13 13h7v6.5h-7z',
  spotlight: 'M3 5h12.5v14H3zM18 5h3v3.7h-3zM18 10.2h3v3.7h-3zM18 15.3h3V19h-3z',
  auto: 'M3 5h18v14H3zM14.5 12.5H21M14.5 12.5V19',
  fullscreen: 'M4 9V5.5A1.5 1.5 0 0 1 5.5 4H9M15 4h3.5A1.5 1.5 0 0 1 20 5.5V9M20 15v3.5a1.5 1.5 0 0 1-1.5 1.5H15M9 20H5.5A1.5 1.5 0 0 1 4 18.5V15',
  pin: 'M9 4h6l-.8 6 3.3 3.2v1.3h-11v-1.3L9.8 10zM12 14.5V20.5',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 8.5h9.5a1 1 0 0 1 1 1V19a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V9.5a1 1 0 0 1 1-1zM5 15.5h-.5v-11h10V5',
  check: 'M5 12.5l4.5 4.5L19.5 7',
  up: 'M6 14.5l6-6 6 6',
  link: 'M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.7-5.7l-1.3 1.3M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.7 5.7l1.3-1.3',
  warning: 'M12 4l9 16H3zM12 10v4.5M12 17.5v.01',
  speaker: 'M4 9.5h3.5L12 5.5v13l-4.5-4H4zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11',
  refresh: 'M4.5 12a7.5 7.5 0 0 1 13-5.1L20 9.5M20 4.5v5h-5M19.5 12a7.5 7.5 0 0 1-13 5.1L4 14.5M4 19.5v-5h5',
  lead: 'M4 17.5h16M4.5 14.5L3.5 7l5 3.5L12 4.5l3.5 6 5-3.5-1 7.5z',
  remove: 'M10 11a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM3.5 19.5c.4-3.4 3-5.5 6.5-5.5 1.6 0 3 .4 4.1 1.2M16 16l5 5M21 16l-5 5',
  door: 'M6 20.5V4.5a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v16M3.5 20.5h17M14.5 12v.01',
  lock: 'M6 10.5h12v9.5H6zM8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5',
};

/** A picture of the set above. It says nothing by itself: the button around it has the words. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}

/** The product's sign: a bridge between two piers. */
export function logo() {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 32 32');
  svg.setAttribute('class', 'logo');
  svg.setAttribute('aria-hidden', 'true');
  const shapes = [
    ['rect', { width: 32, height: 32, rx: 8, class: 'logo-ground' }],
    ['path', { d: 'M5 21.5h22M9.5 25V9M22.5 25V9M5 16c2.6-.3 4.5-3 4.5-6 0 8 13 8 13 0 0 3 1.9 5.7 4.5 6', class: 'logo-line' }],
  ];
  for (const [tag, attributes] of shapes) {
    const el = document.createElementNS(SVG, tag);
    for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v);
    svg.append(el);
  }
  return svg;
}

/** Copies text, and shows on the button that it did. */
export async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h('textarea.unseen', { text });
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  if (!button) return;
  const was = [...button.childNodes];
  button.replaceChildren(icon('check'), h('span', { t: 'copied' }));
  button.classList.add('done');
  setTimeout(() => {
    button.replaceChildren(...was);
    button.classList.remove('done');
  }, 1800);
}

/** A line of text with a copy button. */
export function copyLine(text) {
  const button = h('button.copy', { type: 'button', label: 'copy' }, icon('copy'), h('span', { t: 'copy' }));
  button.addEventListener('click', () => copy(text, button));
  return h('div.copyline', {}, h('code', { text }), button);
}
