// What an import would do, as it is shown: which file it is, what is wrong in which line, and the difference in parts. Sums only.

import { fold } from './format.js';
import { conditionsOf, leadsTo, textOf } from './rule.js';

/** Whether a text is CSV or JSON: by the file's name, else by how it begins. */
export function formatOf(text, name = '') {
  if (/\.json$/i.test(name)) return 'json';
  if (/\.(csv|tsv|txt)$/i.test(name)) return 'csv';
  return /^\ufeff?\s*[{[]/.test(text) ? 'json' : 'csv';
}

export const typeOf = (format) => (format === 'json' ? 'application/json' : 'text/csv');

/** JSON that is a bare list of rules is taken for the list of a document. */
export function settle(text, format) {
  if (format !== 'json') return text;
  const bare = text.replace(/^\ufeff/, '').trim();
  return bare.startsWith('[') ? `{"rules":${bare}}` : bare;
}

/** The mistakes of a file: [{line, column, text}], line 0 is the whole of it. */
export function mistakes(problem) {
  const texts = (problem.errors ?? []).map((e) => e.message);
  const out = [];
  for (const whole of texts.length ? texts : [problem.detail ?? '']) {
    let line = 0;
    for (const one of String(whole).split('\n').filter((s) => s.trim())) {
      const m = /^line (\d+)(?:, ([^:]+))?: (.*)$/.exec(one);
      if (m) line = Number(m[1]);
      const text = m ? m[3] : one;
      const column = m?.[2] ?? /^(id|label|priority|disabled|match|number|protocols|callers|networks|registered|encrypted|times|action|room|target|cause|reason|guest_pin|host_pin|lobby|capacity|layout|bandwidth|width|height|fps|encryption|language|greeting_sound|greeting)(?=:? )/.exec(text)?.[0] ?? '';
      out.push({ line, column, text: column && text.startsWith(column) ? text.slice(column.length).replace(/^:? /, '') : text });
    }
  }
  return out;
}

/** The line of a text, for showing what is wrong where. */
export const lineOf = (text, n) => (n > 0 ? text.split(/\r?\n/, n)[n - 1] ?? '' : '');

/** The difference as rows, with how many there are of each kind. */
export function model(d) {
  const rows = [
    ...d.changed.map((c) => ({ kind: 'changed', id: c.after.id, rule: c.after, fields: c.fields })),
    ...d.added.map((rule) => ({ kind: 'added', id: rule.id, rule, fields: given(rule) })),
    ...d.removed.map((rule) => ({ kind: 'removed', id: rule.id, rule, fields: [] })),
  ];
  const counts = { added: d.added.length, changed: d.changed.length, removed: d.removed.length, same: d.same };
  return { rows, counts, empty: rows.length === 0 };
}

// What an added rule has besides what its line shows.
const plain = new Set(['id', 'label', 'match', 'number', 'action', 'room', 'target']);

function given(rule) {
  return [...conditionsOf(rule), 'priority', 'disabled', 'cause', 'reason', 'guest_pin', 'host_pin', 'lobby', 'capacity', 'layout', 'bandwidth', 'width',
    'height', 'fps', 'encryption', 'language', 'greeting', 'greeting_sound'].filter((k) => !plain.has(k) && textOf(rule, k) !== '' && !(k === 'priority' && rule.priority === 100))
    .map((name) => ({ name, before: '', after: textOf(rule, name) }));
}

/** The rows of a kind ('' is all) with all words of a search, and a part of them. */
export function select(m, { kind = '', search = '' } = {}) {
  const words = fold(search).split(/\s+/).filter(Boolean);
  return m.rows.filter((r) => (kind === '' || r.kind === kind)
    && words.every((word) => fold([r.id, r.rule.label, r.rule.number, leadsTo(r.rule)].join(' ')).includes(word)));
}
