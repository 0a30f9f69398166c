// The dry run: a number, a caller and a time give the decision, with all rules that were tried. It stands beside the editor, and on a page of its own.

import { post, Problem, session } from './api.js';
import { foundOf, question, rows, tried, unruled, verdict, whyOf } from './chain.js';
import { fieldName, valueOf } from './kept.js';
import './lang_numbers.js';
import { page, remember } from './router.js';
import { spoken } from './spoken.js';
import { badge, button, el, field, head, icon, link, note, number, select } from './ui.js';
import { w } from './words.js';

const PACE = 180; // ms after the last key
const signs = { room: 'door', reception: 'info', dial: 'calls', refuse: 'close' };

/**
 * The panel. ask is what it begins with; draft() gives a rule that is not saved, null for none, or undefined for one that is wrong.
 * el is the panel, update() asks again, suggest(number) is what is tried until somebody types a number.
 */
export function dryRun({ ask = {}, draft = () => null, onask } = {}) {
  const f = fieldsOf(ask);
  const result = el('div.verdictbox', { 'aria-live': 'polite', data: { dryrun: 'result' } });
  const state = { all: false, turn: 0, timer: 0, abort: null };

  async function run() {
    const q = question(read(f));
    f.at.error(q ? '' : w('dryrun.badtime'));
    if (!q) return;
    onask?.(q);
    const rule = draft();
    state.abort?.abort();
    state.abort = new AbortController();
    const mine = ++state.turn;
    result.setAttribute('aria-busy', 'true');
    try {
      const e = await post('/numbers/test', { ...q, brief: !state.all, ...(rule && { draft: rule }) }, { signal: state.abort.signal });
      if (mine === state.turn) show(result, e, { rule, draft, all: state.all, more: () => {
        state.all = true;
        run();
      } });
    } catch (problem) {
      if (problem.name === 'AbortError' || mine !== state.turn) return;
      if (!(problem instanceof Problem)) throw problem;
      f.address.error(/address/.test(problem.detail) ? problem.detail : '');
      result.replaceChildren(note('bad', problem.words));
    } finally {
      if (mine === state.turn) result.removeAttribute('aria-busy');
    }
  }

  let own = Boolean(ask.number);
  const update = () => {
    clearTimeout(state.timer);
    state.timer = setTimeout(run, PACE);
  };
  const box = el('section.panel.dryrun', { 'aria-label': w('dryrun'), data: { section: 'dryrun' } },
    el('header', {}, el('h2', { text: w('dryrun') })), form(f, () => {
      state.all = false;
      f.address.error('');
      update();
    }), result);
  update();
  f.number.input.addEventListener('input', () => { own = true; });
  return { el: box, update, suggest: (number) => {
    if (!own) f.number.value = number;
  }, stop: () => {
    clearTimeout(state.timer);
    state.abort?.abort();
  } };
}

function fieldsOf(ask) {
  const text = (name, more = {}, hint) => field(name, w(`dryrun.${name}`), { value: ask[name] ?? '', spellcheck: 'false', autocapitalize: 'none', ...more }, { hint });
  const check = (name) => {
    const one = field(name, w(`dryrun.${name}`), { type: 'checkbox' });
    one.value = ask[name];
    return one;
  };
  return {
    number: text('number', { placeholder: w('dryrun.placeholder') }), protocol: field('protocol', w('dryrun.protocol'), select([['sip', 'SIP'], ['h323', 'H.323']], ask.protocol ?? 'sip')),
    caller: text('caller'), address: text('address', { placeholder: '10.0.0.7' }), host: text('host', { placeholder: 'example.vn' }), trunk: text('trunk'),
    registered: check('registered'), encrypted: check('encrypted'), at: text('at', { type: 'datetime-local' }, w('dryrun.now')),
  };
}

const read = (f) => Object.fromEntries(Object.entries(f).map(([k, one]) => [k, one.value]));

function form(f, changed) {
  const more = [f.host, ...(session().role === 'operator' ? [f.trunk] : []), f.registered, f.encrypted];
  const opened = more.some((one) => one.value);
  const e = el('form.form.asks', { onsubmit: (event) => event.preventDefault(), role: 'search' },
    el('div.pair.wide', {}, f.number.el, f.protocol.el), el('div.pair', {}, f.caller.el, f.address.el), f.at.el,
    el('details', { open: opened }, el('summary', { text: w('dryrun.more') }), el('div.pair', {}, f.host.el, session().role === 'operator' && f.trunk.el), f.registered.el, f.encrypted.el));
  e.addEventListener('input', changed);
  return e;
}

function show(result, e, { rule, draft, all, more }) {
  const wrong = rule === undefined;
  const lines = rows(e);
  result.replaceChildren(
    el('div.verdicthead', {}, badge(w(rule ? 'dryrun.draft' : 'dryrun.saved'), rule ? 'info' : '', { data: { dryrun: rule ? 'draft' : 'saved' } }),
      el('small', { text: found(e) })),
    ...(wrong && draft ? [note('warn', w('dryrun.invalid'))] : []),
    verdictCard(e),
    el('div.chainhead', {}, el('h3', { text: w('dryrun.chain') }), el('small', { text: w('dryrun.tried', { n: number(tried(e)) }) }),
      lines.some((l) => l.kind === 'many') && !all && button(w('dryrun.showall'), more, { kind: 'plain', act: 'showall' })),
    el('ol.chain', { data: { dryrun: 'chain' } }, lines.slice(-400).map(chainLine)));
}

function found(e) {
  const f = foundOf(e);
  return f && f.key !== 'asked' && (e.tenant || f.key === 'nobody') ? w(`dryrun.found.${f.key}`, { tenant: e.tenant, ...f.members }) : '';
}

function verdictCard(e) {
  const v = verdict(e);
  const why = !v.rule && unruled(e);
  const detail = [v.asks && w(`dryrun.asks.${v.asks}`), v.role && v.kind === 'room' && w(`dryrun.role.${v.role}`), v.waits && w('dryrun.waits')].filter(Boolean).join('; ');
  return el(`div.verdict.${v.kind}`, { data: { decision: v.kind, rule: v.rule, where: v.where } }, icon(signs[v.kind] ?? 'info'),
    el('div', {},
      el('p.to', { text: w(`dryrun.to.${v.kind}`, { where: v.where }) }),
      v.kind === 'refuse' && v.rule && el('p', {}, badge(valueOf('cause', v.cause), 'bad'), ' ', spoken(v.reason)),
      detail && el('p', { text: detail }),
      el('p.quiet', {}, v.rule ? link(`/numbers/rule/${encodeURIComponent(v.rule)}`, w('dryrun.by', { rule: v.rule })) : (why ? w(`dryrun.unruled.${why.key}`) : e.why)),
      v.settings.length > 0 && el('p.settings', {}, v.settings.map((s) => badge(s.value === true ? fieldName(s.name) : `${fieldName(s.name)}: ${valueOf(s.name, String(s.value))}`)))));
}

function chainLine(r) {
  if (r.kind === 'many') return el('li.many', { data: { step: 'many' } }, el('span.dots', { 'aria-hidden': 'true' }, '⋮'), w('dryrun.many', { n: number(r.count) }));
  const why = whyOf(r.step);
  const members = why && Object.fromEntries(Object.entries(why.members).map(([k, v]) => [k, v.replaceAll(' or ', ` ${w('why.or')} `)]));
  const kind = r.match.split(' ')[0];
  return el(`li.${r.kind}`, { data: { step: r.kind, rule: r.rule, check: r.check }, ...(r.kind === 'fits' && { 'aria-current': 'true' }) },
    el('span.mark', {}, icon(r.kind === 'fits' ? 'check' : 'close'), el('span.unseen', { text: w(r.kind === 'fits' ? 'dryrun.decides' : 'dryrun.passed') })),
    el('span.rule', {}, link(`/numbers/rule/${encodeURIComponent(r.rule)}`, r.rule), r.label && el('small', { text: r.label }), el('small.quiet', { text: w(`rule.${kind}`) })),
    el('span.why', { text: why ? w(`why.${why.key}`, members) : r.step.why }));
}

page('/dryrun', {
  title: 'dryrun', icon: 'dryrun', group: 'nav.plan', right: 'read', one: true,
  render(root, { query }) {
    const ask = Object.fromEntries(query);
    const panel = dryRun({ ask, onask: (q) => {
      const { at, ...rest } = q;
      remember(`/dryrun?${new URLSearchParams(rest)}`);
    } });
    panel.el.classList.add('alone');
    root.append(head(w('dryrun'), { lead: w('dryrun.lead') }), panel.el);
    panel.el.querySelector('input')?.focus();
    return panel.stop;
  },
});
