// What pages are made of: elements, headings, fields and forms, dialogs, messages. Nothing is ever made from strings of markup.

import { icon } from './icons.js';
import { Problem } from './api.js';
import { w } from './words.js';

export { icon } from './icons.js';
export * from './format.js';
export { table, served } from './table.js';

/**
 * Makes an element: el('button.primary', {type: 'button', onclick: f, data: {act: 'save'}}, 'Save', child, …).
 * text is its text, data holds data attributes, style is an object; functions named on… are listeners; all else are attributes.
 */
export function el(spec, props = {}, ...children) {
  const [tag, ...classes] = spec.split('.');
  const e = document.createElement(tag || 'div');
  if (classes.length) e.className = classes.join(' ');
  for (const [k, v] of Object.entries(props ?? {})) set(e, k, v);
  add(e, children);
  return e;
}

function set(e, k, v) {
  if (v === undefined || v === null || v === false) return;
  if (k === 'text') e.textContent = v;
  else if (k === 'value') e.value = v;
  else if (k === 'data') Object.assign(e.dataset, v);
  else if (k === 'style') for (const [name, value] of Object.entries(v)) e.style.setProperty(name, value);
  else if (typeof v === 'function') e.addEventListener(k.slice(2), v);
  else e.setAttribute(k, v === true ? '' : v);
}

/** Appends children; what is null, undefined or false is left out. */
export function add(e, children) {
  e.append(...[children].flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false).map((c) => (c instanceof Node ? c : String(c))));
  return e;
}

/** A button. kind: primary, danger, plain or ''; sign a name of icons.js; act a hook for tests. */
export function button(text, onclick, { kind = '', sign, act, ...more } = {}) {
  return el(`button${kind && `.${kind}`}`, { type: 'button', onclick, data: act ? { act } : {}, ...more }, sign && icon(sign), el('span', { text }));
}

/** A button with a sign alone; its words are its name and tooltip. */
export function iconButton(sign, text, onclick, { kind = 'plain', act, ...more } = {}) {
  return el(`button.square.${kind}`, { type: 'button', title: text, 'aria-label': text, onclick, data: act ? { act } : {}, ...more }, icon(sign));
}

/** A link to another page of the administration. */
export function link(path, ...children) {
  return el('a', { href: `#${path}` }, ...children);
}

/** A page's heading, with a line below it and buttons beside it. */
export function head(title, { lead, back, actions = [] } = {}) {
  return el('header.head', {},
    back && el('a.back', { href: `#${back[0]}` }, icon('previous'), back[1]),
    el('div.headline', {}, el('h1', { text: title }), el('div.actions', {}, actions)),
    lead && el('p.lead', { text: lead }));
}

/** A part of a page with a heading of its own. */
export function section(title, { actions = [], hook } = {}, ...children) {
  return el('section.panel', { data: hook ? { section: hook } : {} },
    el('header', {}, el('h2', { text: title }), el('div.actions', {}, actions)), ...children);
}

/** What stands where nothing is yet. */
export function empty(title, text, ...actions) {
  return el('div.empty', {}, el('p.what', { text: title }), text && el('p', { text }), actions.length > 0 && el('div.actions', {}, actions));
}

/** What stands where something could not be read, with a way to try again; gone is what is said where there is no such thing. */
export function unread(problem, again, gone) {
  if (!(problem instanceof Problem)) throw problem;
  if (problem.status === 404 && gone) return empty(gone);
  return el('div', { role: 'alert', data: { unread: problem.status } }, empty(w('problem.title'), problem.words, button(w('retry'), again, { sign: 'refresh', act: 'retry' })));
}

/** A small word on a coloured ground. kind: good, warn, bad, info or ''. */
export function badge(text, kind = '', props = {}) {
  return el(`span.badge${kind && `.${kind}`}`, props, text);
}

/** A message on a page. kind: info, warn, bad. */
export function note(kind, ...children) {
  return el(`div.note.${kind}`, { role: kind === 'bad' ? 'alert' : 'note' }, icon(kind === 'info' ? 'info' : 'warning'), el('div', {}, ...children));
}

/** Names and values. Rows whose value is empty are left out. */
export function facts(rows) {
  return el('dl.facts', {}, rows.filter(([, v]) => v !== '' && v !== null && v !== undefined).map(([k, v]) => el('div', {}, el('dt', { text: k }), add(el('dd'), v))));
}

let fields = 0;

/**
 * A field of a form: a name above, a hint below, an error in the hint's place. control is an input, select or textarea, or a props object for an input.
 * The result has el, input, value and error(text).
 */
export function field(name, title, control = {}, { hint } = {}) {
  const id = `f${++fields}`;
  const input = control instanceof Element ? control : el('input', { type: 'text', autocomplete: 'off', ...control });
  input.id ||= id;
  input.name ||= name;
  const under = el('p.hint', { id: `${id}-hint`, text: hint ?? '' });
  input.setAttribute('aria-describedby', under.id);
  const check = input.type === 'checkbox';
  const label = el('label', { for: input.id, text: title });
  const box = el(check ? 'div.field.check' : 'div.field', { data: { field: name } }, check ? [input, label] : [label, input], under);
  return {
    name, el: box, input,
    get value() {
      return check ? input.checked : input.value;
    },
    set value(v) {
      if (check) input.checked = Boolean(v);
      else input.value = v ?? '';
    },
    error(text) {
      under.textContent = text || (hint ?? '');
      under.classList.toggle('wrong', Boolean(text));
      if (text) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
    },
  };
}

/** A select of [value, words] pairs. */
export function select(options, value, props = {}) {
  const e = el('select', props, options.map(([v, text]) => el('option', { value: v }, text)));
  e.value = value ?? options[0]?.[0] ?? '';
  return e;
}

/**
 * A form that sends what its fields hold: submit(values) may throw a Problem, whose errors stand at the fields they are about and above the buttons otherwise.
 */
export function form(list, { submit, text = w('save'), kind = 'primary', cancel, extra = [], hook } = {}) {
  const said = el('p.formerror', { role: 'alert', hidden: true });
  const go = el(`button.${kind}`, { type: 'submit', data: { act: 'submit' } }, text);
  const e = el('form.form', { novalidate: true, data: hook ? { form: hook } : {} },
    ...list.map((f) => f.el ?? f), said, el('div.actions', {}, go, cancel && button(w('cancel'), cancel, { act: 'cancel' }), extra));
  const all = list.filter((f) => f.name);
  e.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (go.disabled) return;
    said.hidden = true;
    for (const f of all) f.error('');
    if (!complete(all)) return;
    go.disabled = true;
    try {
      await submit(Object.fromEntries(all.map((f) => [f.name, f.value])));
    } catch (problem) {
      explain(problem, all, said);
    } finally {
      go.disabled = false;
    }
  });
  return e;
}

/** Looks at what fields require before anything is sent. */
function complete(all) {
  let first = null;
  for (const f of all) {
    if (f.input.checkValidity()) continue;
    f.error(f.input.validity.valueMissing ? w('form.required') : f.input.validationMessage);
    first ??= f;
  }
  first?.input.focus();
  return !first;
}

/** Puts the words of a Problem where they belong. */
function explain(problem, all, said) {
  if (!(problem instanceof Problem)) throw problem;
  const rest = [];
  let first = null;
  for (const e of problem.errors) {
    const name = (e.location ?? '').split('.').pop();
    const f = all.find((one) => one.name === name);
    if (!f) rest.push(e.message);
    else {
      f.error(e.message);
      first ??= f;
    }
  }
  said.textContent = first && rest.length === 0 ? '' : [problem.status === 0 ? problem.words : problem.detail, ...rest].filter(Boolean).join(' ') || problem.words;
  said.hidden = said.textContent === '';
  first?.input.focus();
}

/** A box in which one searches; f is called a moment after the last key. */
export function searchBox(title, f, value = '') {
  let timer = 0;
  const input = el('input', { type: 'search', placeholder: title, 'aria-label': title, value, autocomplete: 'off', spellcheck: 'false', data: { act: 'search' } });
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => f(input.value.trim()), 150);
  });
  return el('div.search', {}, icon('search'), input);
}

/** Opens a dialog; content(close) gives its body. The promise has what close was given, undefined when it was dismissed. */
export function dialog(title, content, { wide, hook } = {}) {
  return new Promise((resolve) => {
    let result;
    const box = el(`dialog.dialog${wide ? '.wide' : ''}`, { 'aria-label': title, data: hook ? { dialog: hook } : {} });
    const close = (value) => {
      result = value;
      box.close();
    };
    add(box, [el('header', {}, el('h2', { text: title }), iconButton('close', w('close'), () => close(), { act: 'close' })), el('div.body', {}, content(close))]);
    box.addEventListener('close', () => {
      box.remove();
      resolve(result);
    });
    box.addEventListener('click', (e) => e.target === box && close());
    document.body.append(box);
    box.showModal();
    (box.querySelector('[autofocus]') ?? box.querySelector('.body input:not([type="hidden"]), .body select, .body textarea'))?.focus();
  });
}

/** Asks whether to do something that cannot be taken back. */
export function sure(title, text, { yes = w('yes'), kind = 'danger' } = {}) {
  return dialog(title, (close) => [
    el('p', { text }),
    el('div.actions', {}, el(`button.${kind}`, { type: 'button', autofocus: true, onclick: () => close(true), data: { act: 'yes' } }, yes),
      button(w('cancel'), () => close(false), { act: 'no' })),
  ], { hook: 'sure' });
}

/** A short message that goes by itself. kind: good or bad. */
export function toast(text, kind = 'good') {
  const region = document.getElementById('toasts');
  const line = el(`p.toast.${kind}`, { data: { toast: kind } }, icon(kind === 'bad' ? 'warning' : 'check'), el('span', { text }));
  region?.append(line);
  while (region && region.children.length > 3) region.firstChild.remove();
  setTimeout(() => line.remove(), kind === 'bad' ? 9000 : 4500);
}

/** Does something and says how it went; gives what it gave, or undefined. */
export async function attempt(work, done) {
  try {
    const result = await work();
    if (done) toast(typeof done === 'function' ? done(result) : done);
    return result ?? true;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    toast(w('failed', { reason: problem.words }), 'bad');
    return undefined;
  }
}

/** A button that opens a menu of [sign, words, f, act] items. */
export function menu(opener, items) {
  const list = el('div.menu', { role: 'menu', popover: 'auto' }, items.filter(Boolean).map(([sign, text, f, act]) =>
    el('button', { type: 'button', role: 'menuitem', data: act ? { act } : {}, onclick: () => {
      list.hidePopover();
      f();
    } }, icon(sign), el('span', { text }))));
  opener.setAttribute('aria-haspopup', 'menu');
  opener.setAttribute('aria-expanded', 'false');
  opener.popoverTargetElement = list;
  list.addEventListener('toggle', (e) => {
    opener.setAttribute('aria-expanded', String(e.newState === 'open'));
    if (e.newState !== 'open') return;
    const at = opener.getBoundingClientRect();
    list.style.setProperty('top', `${at.bottom + 4}px`);
    list.style.setProperty('right', `${Math.max(8, innerWidth - at.right)}px`);
    list.querySelector('button')?.focus();
  });
  list.addEventListener('keydown', (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!step) return;
    e.preventDefault();
    const all = [...list.querySelectorAll('button')];
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length]?.focus();
  });
  return el('div.menubox', {}, opener, list);
}
