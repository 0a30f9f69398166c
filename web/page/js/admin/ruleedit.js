// The page that edits one rule, with the dry run beside it; what others changed meanwhile is put together, never written over.

import { get, may, Problem, put } from './api.js';
import { dryRun } from './dryrun.js';
import { fieldName, offer, query, undoable, valueOf } from './kept.js';
import './lang_numbers.js';
import { edit, remove, showAgain } from './numbers.js';
import { differences, fresh, merge, ofProblem, toForm, toRule } from './rule.js';
import { firstOf, ruleForm, wordsOf } from './ruleform.js';
import { draw, go, page } from './router.js';
import { button, dialog, el, empty, head, icon, link, moment, toast, unread } from './ui.js';
import { w } from './words.js';

// What somebody left without saving; it is kept as long as this window is.
let left = null;
const LANGUAGE = 2000; // ms within which the same page again is a change of language

const clean = ({ version, changed, group, ...rule }) => rule;
const address = (id, version) => `/numbers/${encodeURIComponent(id)}?version=${version}`;

page('/numbers/new', {
  title: 'numbers.new', icon: 'numbers', right: 'numbers', one: true,
  render(root, { query: q }) {
    const copied = sessionStorage.getItem('copied rule');
    sessionStorage.removeItem('copied rule');
    const f = copied && q.has('copy') ? toForm(JSON.parse(copied)) : { ...fresh(), number: q.get('number') ?? '', room: q.get('room') ?? '' };
    return editor(root, again('', q) ?? { base: null, version: 0, f });
  },
});

page('/numbers/rule/:id', {
  title: 'numbers.edit', icon: 'numbers', right: 'read', one: true,
  render(root, { id, query: q }) {
    const state = again(id, q);
    if (state) return editor(root, state);
    let end = null;
    get(`/numbers/${encodeURIComponent(id)}`).then((r) => {
      end = editor(root, { base: clean(r), version: r.version, f: toForm(r) });
    }, (problem) => {
      root.append(head(w('numbers.edit'), { back: ['/numbers', w('numbers')] }), unread(problem, draw, w('numbers.gone')));
    });
    return () => end?.();
  },
});

/** What was left of a rule without saving, if somebody comes back for it. */
function again(id, q) {
  const mine = left;
  left = null;
  return mine && mine.id === id && (q.has('draft') || Date.now() - mine.at < LANGUAGE) ? { base: mine.base, version: mine.version, f: mine.f } : null;
}

/** Keeps what was not saved, and offers the way back. */
function leave(state) {
  const id = state.base?.id ?? '';
  left = { ...state, id, at: Date.now() };
  if (location.hash.startsWith(`#${id ? edit(id) : '/numbers/new'}`)) return;
  offer(w('numbers.left'), w('numbers.back'), () => go(`${id ? edit(id) : '/numbers/new'}?draft`), 'left');
}

/** Shows the editor; state is {base, version, f}: what was read, and the form. Gives what ends it. */
function editor(root, state) {
  const isNew = !state.base;
  const said = el('p.unsaved', { role: 'status', data: { unsaved: '0' } });
  const view = { all: false };
  const form = ruleForm(state.f, { isNew, onchange: () => {
    view.server = null;
    settle();
    if (isNew && state.f.match === 'exact') run.suggest(state.f.number.trim());
    run.update();
  } });
  const first = state.base;
  const run = dryRun({ ask: { number: first?.match === 'exact' ? first.number : '' },
    draft: () => {
      const rule = toRule(state.f);
      if (!isNew && differences(state.base, rule).length === 0) return null;
      if (Object.keys(wordsOf(state.f)).length > 0) return isNew && untouched() ? null : undefined;
      return isNew && untouched() ? null : rule;
    } });
  const unsaved = () => !state.done && may('numbers') && differences(state.base ?? toRule(fresh()), toRule(state.f)).length > 0;
  const untouched = () => differences(toRule(fresh()), toRule(state.f)).length === 0;

  function settle() {
    form.errors({ ...wordsOf(state.f), ...view.server }, view.all);
    const n = isNew ? 0 : differences(state.base, toRule(state.f)).length;
    said.dataset.unsaved = String(n);
    said.textContent = n ? w('numbers.changed', { n }) : '';
  }

  async function save() {
    view.all = true;
    settle();
    const wrong = wordsOf(state.f);
    if (firstOf(wrong)) {
      toast(w('rule.wrong', { n: Object.keys(wrong).length }), 'bad');
      return form.focus(firstOf(wrong));
    }
    const rule = toRule(state.f);
    try {
      saved(await put(address(rule.id, state.version), rule), state);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 409) return conflict(state, rule);
      refused(problem);
    }
  }

  function refused(problem) {
    view.server = ofProblem(problem, state.f);
    settle();
    const at = firstOf(view.server);
    if (at) form.focus(at);
    if (!at || view.server['']) toast(w('failed', { reason: view.server[''] || problem.words }), 'bad');
  }

  const press = (e) => {
    if ((e.ctrlKey || e.metaKey) && e.key === 's') {
      e.preventDefault();
      save();
    }
  };
  const close = (e) => unsaved() && e.preventDefault();
  addEventListener('keydown', press);
  addEventListener('beforeunload', close);
  if (!may('numbers')) for (const input of form.el.querySelectorAll('input, select, textarea, button')) input.disabled = true;
  root.append(head(isNew ? w('numbers.new') : title(state.base), { back: ['/numbers', w('numbers')], actions: isNew ? [] : others(state) }),
    el('div.beside', {}, el('div.editing', {}, form.el, may('numbers') && el('div.savebar', {},
      button(w('save'), save, { kind: 'primary', sign: 'check', act: 'save' }), button(w('cancel'), () => {
        state.done = true;
        go('/numbers');
      }, { act: 'cancel' }), said)), run.el));
  settle();
  if (isNew) form.focus('number');
  return () => {
    removeEventListener('keydown', press);
    removeEventListener('beforeunload', close);
    run.stop();
    if (unsaved()) leave(state);
  };
}

const title = (r) => r.label || r.number || (r.match === 'any' ? w('numbers.every') : r.id);

function others(state) {
  const r = state.base;
  return [link(`/audit${query({ kind: 'rules', item: r.id })}`, icon('audit'), w('numbers.history')), link(`/records${query({ search: r.id, period: 'all' })}`, icon('records'), w('numbers.records')),
    may('numbers') && button(w('numbers.copy'), () => {
      const { id, guest_pin: g, host_pin: h, lobby, ...rest } = r;
      sessionStorage.setItem('copied rule', JSON.stringify(rest));
      go('/numbers/new?copy');
    }, { sign: 'plus', act: 'copy' }),
    may('numbers') && button(w('delete'), async () => {
      if (!(await remove({ ...r, version: state.version }))) return;
      state.done = true;
      go('/numbers');
    }, { kind: 'danger', sign: 'trash', act: 'delete' })].filter(Boolean);
}

function saved(r, state) {
  state.done = true;
  if (r.group) undoable(w('numbers.saved', { id: r.id }), r.group, showAgain);
  else toast(w('numbers.unchanged'));
  go('/numbers');
}

/** Somebody wrote the rule meanwhile: shows what they changed beside one's own, and lets one choose. */
async function conflict(state, mine) {
  let theirs;
  try {
    theirs = await get(`/numbers/${encodeURIComponent(mine.id)}`);
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    return dialog(w('conflict'), (close) => [el('p', { text: w('conflict.deleted') }), el('div.actions', {}, button(w('conflict.again'), () => {
      state.version = 0;
      close();
      write(mine, 0, state);
    }, { kind: 'primary', autofocus: true }), button(w('cancel'), () => close()))], { hook: 'conflict' });
  }
  if (!state.base) {
    return dialog(w('conflict.exists'), (close) => [el('p', { text: w('conflict.exists.text', { id: mine.id }) }), el('div.actions', {}, button(w('conflict.open', { id: mine.id }), () => {
      close();
      go(edit(mine.id));
    }, { kind: 'primary', autofocus: true }), button(w('cancel'), () => close()))], { hook: 'exists' });
  }
  const who = await get(`/changes${query({ kind: 'rules', item: mine.id, limit: 1 })}`).then((l) => l.items[0], () => null);
  const m = merge(state.base, clean(theirs), mine);
  return dialog(w('conflict'), (close) => [
    el('p', { text: w('conflict.text', { who: who?.who ?? '?', at: moment(who?.at ?? theirs.changed) }) }),
    conflictTable(m.theirs),
    el('div.actions', {}, button(w('conflict.merge'), () => {
      close();
      write(m.merged, theirs.version, state);
    }, { kind: 'primary', act: 'merge', autofocus: true }), button(w('conflict.take'), () => {
      close();
      state.done = true;
      go(edit(mine.id));
    }, { act: 'take' })),
  ], { wide: true, hook: 'conflict' });
}

async function write(rule, version, state) {
  try {
    saved(await put(address(rule.id, version), rule), state);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 409) return conflict(state, rule);
    toast(w('failed', { reason: problem.words }), 'bad');
  }
}

function conflictTable(list) {
  const cell = (d, text, kind = '') => el(`td${kind && `.${kind}`}`, {}, text === '' ? el('i', { text: w('kept.empty') }) : valueOf(d.name, text));
  return el('table.difference', {}, el('thead', {}, el('tr', {}, ['kept.field', 'conflict.was', 'conflict.theirs', 'conflict.mine'].map((k) => el('th', { scope: 'col', text: w(k) })))),
    el('tbody', {}, list.map((d) => el(`tr${d.both ? '.both' : ''}`, { data: { field: d.name, both: String(d.both) } }, el('th', { scope: 'row', text: fieldName(d.name) }), cell(d, d.before, 'was'), cell(d, d.after, 'is'), d.both ? cell(d, d.mine, 'mine') : el('td.quiet', { text: '–' })))));
}
