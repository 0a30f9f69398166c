// Importing numbers: a file or pasted text, the difference that it makes, then all of it at once, and back with one click.

import { post, Problem } from './api.js';
import { formatOf, lineOf, mistakes, model, select as choose, settle, typeOf } from './difference.js';
import { choice, differenceTable, fieldName, undo } from './kept.js';
import './lang_numbers.js';
import { edit } from './numbers.js';
import { leadsTo } from './rule.js';
import { go, page } from './router.js';
import { badge, button, el, empty, head, icon, note, number, searchBox, section } from './ui.js';
import { w } from './words.js';

const LARGEST = 32 << 20; // bytes, as the gateway takes
const PART = 200; // rows shown at once

page('/numbers/import', {
  title: 'import', icon: 'upload', right: 'numbers', one: true,
  render(root) {
    const s = { text: '', name: '', mode: 'merge', turn: 0, basis: '', timer: 0 };
    const outcome = el('div.outcome', { 'aria-live': 'polite', data: { import: 'outcome' } });
    const area = el('textarea.mono', { rows: 6, spellcheck: 'false', placeholder: w('import.paste.hint'), 'aria-label': w('import.paste'), data: { act: 'paste' } });
    const named = el('p.quiet', { role: 'status' });
    const file = el('input.unseen', { type: 'file', accept: '.csv,.tsv,.txt,.json,text/csv,application/json', 'aria-label': w('import.choose'), tabindex: -1, data: { act: 'file' }, onchange: () => take(file.files[0]) });

    async function take(f) {
      if (!f) return;
      if (f.size > LARGEST) return outcome.replaceChildren(note('bad', w('import.large')));
      s.name = f.name;
      s.text = await f.text();
      area.value = s.text.length > 200_000 ? '' : s.text;
      named.textContent = w('import.file', { name: f.name, size: sizeOf(f.size) });
      compare();
    }

    async function compare(moved) {
      const mine = ++s.turn;
      if (!s.text.trim()) return outcome.replaceChildren();
      outcome.setAttribute('aria-busy', 'true');
      try {
        const d = await request(s, 'dry_run=true');
        if (mine !== s.turn) return;
        s.basis = d.basis;
        outcome.replaceChildren(...(moved ? [note('warn', w('import.moved'))] : []), difference(model(d), (m) => apply(m)));
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if (mine === s.turn) outcome.replaceChildren(wrong(problem, s));
      } finally {
        outcome.removeAttribute('aria-busy');
      }
    }

    async function apply(m) {
      for (const b of outcome.querySelectorAll('button')) b.disabled = true;
      try {
        const d = await request(s, `basis=${encodeURIComponent(s.basis)}`);
        applied(outcome, m, d.group, () => {
          s.text = area.value = s.name = named.textContent = '';
          outcome.replaceChildren();
        });
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if (problem.status === 409) return compare(true);
        outcome.prepend(note('bad', problem.words));
      }
    }

    area.addEventListener('input', () => {
      [s.text, s.name, named.textContent] = [area.value, '', ''];
      clearTimeout(s.timer);
      s.timer = setTimeout(compare, 300);
    });
    const drop = el('div.drop', { data: { act: 'drop' } }, icon('upload'), el('span', { text: w('import.drop') }), button(w('import.choose'), () => file.click(), { act: 'choose' }), file, named);
    dropping(drop, take);
    root.append(head(w('import'), { lead: w('import.lead'), back: ['/numbers', w('numbers')] }),
      el('section.panel', { 'aria-label': w('import'), data: { section: 'source' } }, drop, area, el('p.quiet', {}, el('small', { text: w('import.columns') })),
        el('fieldset.field', {}, el('legend', { text: w('import.mode') }), choice(w('import.mode'), [['merge', w('import.merge')], ['replace', w('import.replace')]], s.mode, (v) => {
          s.mode = v;
          compare();
        }, { act: 'mode' }))), outcome);
    return () => clearTimeout(s.timer);
  },
});

function request(s, how) {
  const format = formatOf(s.text, s.name);
  return post(`/numbers/import?mode=${s.mode}&${how}`, settle(s.text, format), { type: typeOf(format) });
}

const sizeOf = (n) => (n < 10_240 ? `${number(n)} B` : `${number(n / 1024)} kB`);

function dropping(box, take) {
  const over = (on) => (e) => {
    e.preventDefault();
    box.classList.toggle('over', on);
  };
  box.addEventListener('dragover', over(true));
  box.addEventListener('dragleave', over(false));
  box.addEventListener('drop', (e) => {
    over(false)(e);
    take(e.dataTransfer.files[0]);
  });
}

/** What is wrong, each with its line. */
function wrong(problem, s) {
  const json = formatOf(s.text, s.name) === 'json';
  return section(w('import.mistakes'), { hook: 'mistakes' }, el('ul.mistakes', {}, mistakes(problem).map((m) => el('li', { data: { line: m.line } },
    m.line > 0 && badge(w(json ? 'import.row' : 'import.line', { n: m.line }), 'bad'), el('div', {}, el('p', {}, m.column && el('b', { text: `${fieldName(m.column)}: ` }), m.text),
      !json && lineOf(s.text, m.line) && el('code', { text: lineOf(s.text, m.line).slice(0, 300) }))))));
}

/** The difference: how many of each kind, which may be chosen, and the rules. */
function difference(m, apply) {
  if (m.empty) return el('section.panel', { data: { section: 'difference', empty: 'true' } }, empty(w('import.nothing'), w('import.nothing.text')));
  const n = m.counts.added + m.counts.changed + m.counts.removed;
  const state = { kind: '', search: '', shown: PART };
  const list = el('div.changes');
  const tabs = el('div.kinds', { role: 'group', 'aria-label': w('import.difference') });
  const draw = () => {
    tabs.replaceChildren(...['', 'added', 'changed', 'removed'].map((k) => el(`button.kind${k && `.${k}`}`, { type: 'button', 'aria-pressed': String(state.kind === k), disabled: k !== '' && m.counts[k] === 0, data: { kind: k || 'all', count: k ? m.counts[k] : n }, onclick: () => {
      Object.assign(state, { kind: k, shown: PART });
      draw();
      tabs.querySelector(`[data-kind="${k || 'all'}"]`).focus();
    } }, el('b', { text: number(k ? m.counts[k] : n) }), w(`import.${k || 'all'}`))), el('span.quiet', { data: { kind: 'same', count: m.counts.same } }, `${number(m.counts.same)} ${w('import.same').toLowerCase()}`));
    rows();
  };
  const rows = () => {
    const found = choose(m, state);
    list.replaceChildren(...found.slice(0, state.shown).map(row), found.length > state.shown && button(w('import.more', { n: number(Math.min(PART * 5, found.length - state.shown)) }), () => {
      state.shown += PART * 5;
      rows();
    }, { act: 'more' }) || '');
  };
  draw();
  return section(w('import.difference'), { hook: 'difference', actions: [m.rows.length > 20 && searchBox(w('import.search'), (text) => {
    Object.assign(state, { search: text, shown: PART });
    rows();
  }), button(w('import.apply', { n: number(n) }), () => apply(m), { kind: 'primary', sign: 'check', act: 'apply' })].filter(Boolean) }, tabs, list);
}

const marks = { added: ['+', 'good'], changed: ['~', 'warn'], removed: ['−', 'bad'] };

function row(r) {
  const [mark, kind] = marks[r.kind];
  const to = leadsTo(r.rule);
  const line = [el(`span.mark.${kind}`, { 'aria-hidden': 'true' }, mark), el('span.unseen', { text: w(`import.${r.kind}`) }), el('b.mono', { text: r.rule.match === 'any' ? w('numbers.every') : r.rule.number || w('numbers.nonumber') }),
    (r.rule.match === 'prefix' || r.rule.match === 'regex') && badge(w(`rule.${r.rule.match}`)), el('span.quiet', { text: r.rule.label ?? '' }), icon('next'),
    el('span', { text: r.rule.action === 'room' ? (to === '$0' ? r.rule.number : to) : [w(`rule.${r.rule.action}`), to].filter(Boolean).join(': ') })];
  if (r.kind === 'changed') return el('details.change', { open: true, data: { change: r.kind, rule: r.id } }, el('summary', {}, line), differenceTable(r.fields));
  return el('div.change', { data: { change: r.kind, rule: r.id } }, el('div.summary', {}, line,
    r.fields.length > 0 && el('span.badges', {}, r.fields.map((f) => badge(f.after === 'yes' ? fieldName(f.name) : `${fieldName(f.name)}: ${f.after}`)))));
}

function applied(outcome, m, group, again) {
  const n = Object.fromEntries(Object.entries(m.counts).map(([k, v]) => [k, number(v)]));
  const said = el('div.note.done', { role: 'status', tabindex: -1, data: { import: 'applied', group } }, icon('check'), el('div', {}, el('p', { text: w('import.applied', n) }), el('div.actions', {},
    button(w('import.undo'), async () => {
      if (await undo(group)) said.replaceWith(el('div.note.info', { role: 'status', data: { import: 'undone' } }, icon('undo'), el('div', {}, w('import.undone'))));
    }, { sign: 'undo', act: 'undo-import' }),
    button(w('import.show'), () => go(m.rows.length === 1 ? edit(m.rows[0].id) : '/numbers'), { act: 'show' }), button(w('import.another'), again, { act: 'another' }))));
  outcome.replaceChildren(said);
  said.focus();
}
