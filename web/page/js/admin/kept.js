// What the pages about what is kept share: undo in a message, differences, names of fields and values, downloads, periods.

import { post, send } from './api.js';
import './lang_kept.js';
import { attempt, button, el, icon, select, toast } from './ui.js';
import { known, w } from './words.js';

const UNDO = 12_000;

/** Says what was done, with a button that takes it back: group names the change. after is called when it was. */
export function undoable(text, group, after) {
  const region = document.getElementById('toasts');
  if (!group || !region) return void toast(text);
  offer(text, w('undo'), async () => (await undo(group)) && after?.(), 'undo', { group });
}

/** A message with a button. */
export function offer(text, title, act, hook, data = {}) {
  const region = document.getElementById('toasts');
  const line = el('p.toast.undoable', { data: { toast: hook, ...data } }, icon('check'), el('span', { text }), button(title, () => {
    line.remove();
    act();
  }, { sign: 'undo', act: hook }));
  region?.append(line);
  while (region?.children.length > 3) region.firstChild.remove();
  wait(line, () => line.remove());
}

/** A message stays while somebody is at it. */
function wait(line, done) {
  setTimeout(() => (line.matches(':hover, :focus-within') ? wait(line, done) : done()), UNDO);
}

/** Takes a group of changes back; gives the group of that, or undefined. */
export async function undo(group, options) {
  return attempt(async () => {
    try {
      return await post(`/changes/${encodeURIComponent(group)}/undo`, undefined, options);
    } catch (problem) {
      if (problem.status === 409) problem.message = problem.detail = w('kept.undofailed');
      if (problem.status === 409) problem.errors = [];
      throw problem;
    }
  }, w('kept.undone'));
}

/** The name of a field of a record. */
export const fieldName = (name) => (known(`field.${name}`) ? w(`field.${name}`) : name);

/** A field's value for people; what is a code is in their words. */
export function valueOf(name, text) {
  if (text === '') return '';
  if (text === 'yes') return w('kept.yes');
  if (text === 'no') return w('kept.no');
  const key = { action: `rule.${text}`, match: `rule.${text}`, layout: `rule.layout.${text}`, cause: `cause.${text}`, role: `accounts.role.${text}` }[name];
  return key && known(key) ? w(key) : text;
}

/** Fields with what they were and are. */
export function differenceTable(fields) {
  const side = (name, text, kind) => el(`td.${kind}`, {}, text === '' ? el('i', { text: w('kept.empty') }) : valueOf(name, text));
  return el('table.difference', {},
    el('thead', {}, el('tr', {}, el('th', { scope: 'col', text: w('kept.field') }), el('th', { scope: 'col', text: w('kept.was') }), el('th', { scope: 'col', text: w('kept.is') }))),
    el('tbody', {}, fields.map((f) => el('tr', { data: { field: f.name } }, el('th', { scope: 'row', text: fieldName(f.name) }), side(f.name, f.before, 'was'), side(f.name, f.after, 'is')))));
}

/** Saves what an API path gives as a file. */
export function download(path, name) {
  return attempt(async () => {
    const answer = await send('GET', path);
    const a = el('a', { href: URL.createObjectURL(await answer.blob()), download: name });
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
  });
}

/** Several buttons of which one is chosen. options are [value, words, sign]. */
export function choice(label, options, value, onchange, { act } = {}) {
  const box = el('div.choice', { role: 'radiogroup', 'aria-label': label, data: act ? { act } : {} });
  const name = `c${Math.random().toString(36).slice(2)}`;
  for (const [v, text, hint] of options) {
    const input = el('input', { type: 'radio', name, value: v, onchange: () => onchange(v) });
    input.checked = v === value;
    box.append(el('label', { data: { value: v } }, input, el('span', {}, el('b', { text }), hint && el('small', { text: hint }))));
  }
  return box;
}

/** The first moment of a day of here, days before today. */
function dayStart(days, of = new Date()) {
  return new Date(of.getFullYear(), of.getMonth(), of.getDate() - days);
}

/** From and to of a period; own is two days as a date field has them. */
export function span(period, own = {}, now = new Date()) {
  if (period === 'today') return { from: dayStart(0, now).toISOString() };
  if (period === 'week') return { from: dayStart(6, now).toISOString() };
  if (period === 'month') return { from: dayStart(29, now).toISOString() };
  if (period !== 'own') return {};
  const out = {};
  if (own.from) out.from = new Date(`${own.from}T00:00`).toISOString();
  if (own.to) out.to = dayStart(-1, new Date(`${own.to}T00:00`)).toISOString();
  return out;
}

/** Chooses a period; onchange gets {from, to}. */
export function periodChooser(value, onchange) {
  const own = { from: el('input', { type: 'date', 'aria-label': w('period.from'), data: { act: 'from' } }), to: el('input', { type: 'date', 'aria-label': w('period.to'), data: { act: 'to' } }) };
  const days = el('span.days', { hidden: value !== 'own' }, own.from, '–', own.to);
  const choose = select(['today', 'week', 'month', 'all', 'own'].map((k) => [k, w(`period.${k}`)]), value, { 'aria-label': w('period'), data: { act: 'period' } });
  const tell = () => onchange(span(choose.value, { from: own.from.value, to: own.to.value }));
  choose.addEventListener('change', () => {
    days.hidden = choose.value !== 'own';
    tell();
  });
  own.from.addEventListener('change', tell);
  own.to.addEventListener('change', tell);
  return el('div.period', {}, choose, days);
}

/** The query of an address: what is empty is left out. */
export function query(values) {
  const q = new URLSearchParams(Object.entries(values).filter(([, v]) => v !== '' && v !== undefined && v !== null));
  return q.size ? `?${q}` : '';
}
