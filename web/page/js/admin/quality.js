// How calls go, in short: read now and then while a page that shows it is open.

import { get, Problem } from './api.js';
import { spark } from './graph.js';
import { el, icon, percent } from './ui.js';
import { w, words } from './words.js';

words({
  vi: { 'quality.good': 'Tốt', 'quality.fair': 'Tạm được', 'quality.poor': 'Kém', 'quality.title': '{grade}, mất gói {loss}, dao động {jitter} ms' },
  en: { 'quality.good': 'Good', 'quality.fair': 'Fair', 'quality.poor': 'Poor', 'quality.title': '{grade}, {loss} of packets lost, jitter {jitter} ms' },
});

const EVERY = 5000;
export const kinds = { good: 'good', fair: 'warn', poor: 'bad' };

export const latest = new Map();
let readers = 0;
let timer = 0;

/** Reads the list until what it gives is called; f is called after each reading. */
export function reading(f) {
  listeners.add(f);
  if (readers++ === 0) read();
  return () => {
    listeners.delete(f);
    if (--readers === 0) clearTimeout(timer);
  };
}

const listeners = new Set();

async function read() {
  try {
    if (!document.hidden) keep(await get('/quality', { tenant: '' }));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
  }
  for (const f of listeners) f();
  clearTimeout(timer);
  if (readers > 0) timer = setTimeout(read, EVERY);
}

function keep(list) {
  latest.clear();
  for (const q of list) latest.set(q.call, q);
}

/** A call's quality in a cell: a word, what is lost, and how that went. */
export function qualityCell(q) {
  if (!q) return el('span.quiet', { text: '–' });
  const text = w(`quality.${q.grade}`);
  return el('span.goes', { title: w('quality.title', { grade: text, loss: percent(q.loss), jitter: Math.round(q.jitter_ms) }), data: { grade: q.grade } },
    spark(q.trend, { top: 50, kind: kinds[q.grade] }), el('span.loss', {}, percent(q.loss), el('span.unseen', { text: `, ${text}` })), q.grade !== 'good' && icon('warning'));
}

/** What tells whether a quality cell has to be drawn anew. */
export function qualitySign(q) {
  return q ? `${q.grade} ${q.loss} ${q.trend.join()}` : '';
}
