// The list of numbers: searched as one types, page by page in the order in which rules are tried.

import { get, may, put, del, Problem } from './api.js';
import { conditionsOf, leadsTo } from './rule.js';
import { download, fieldName, query, undoable, valueOf } from './kept.js';
import './lang_numbers.js';
import { draw, go, page, remember } from './router.js';
import { attempt, badge, button, el, empty, head, icon, iconButton, link, menu, number, searchBox, served, toast } from './ui.js';
import { w } from './words.js';

export const edit = (id) => `/numbers/rule/${encodeURIComponent(id)}`;
const actionSigns = { room: 'door', reception: 'info', dial: 'calls', refuse: 'close' };
const SIZE = 100;

page('/numbers', {
  title: 'numbers', icon: 'numbers', group: 'nav.plan', right: 'read', one: true,
  render(root, params) {
    const state = { search: params.query.get('search') ?? '' };
    const none = el('div');
    const list = served({
      caption: w('numbers'), hook: 'numbers', columns: columns(() => list.refresh()), key: (r) => r.id, open: (r) => go(edit(r.id)), empty: none,
      load: async ({ after }) => {
        const page = await get(`/numbers${query({ search: state.search, after, limit: SIZE })}`);
        nothing(none, state.search);
        return page;
      },
    });
    root.append(
      head(w('numbers'), { lead: w('numbers.lead'), actions: actions() }),
      el('div.tools', {}, searchBox(w('numbers.search'), (text) => {
        state.search = text;
        remember(`/numbers${query({ search: text })}`);
        list.reload();
      }, state.search), el('span.push'), link('/dryrun', icon('dryrun'), w('numbers.try'))),
      list.el);
    root.querySelector('.tools > a').classList.add('button');
    list.reload();
    return keys(root);
  },
});

function actions() {
  const exports = menu(button(w('numbers.export'), null, { sign: 'download', act: 'export' }), [
    ['download', w('numbers.export.csv'), () => download('/numbers/export?format=csv', 'numbers.csv'), 'export-csv'],
    ['download', w('numbers.export.json'), () => download('/numbers/export?format=json', 'numbers.json'), 'export-json'],
  ]);
  if (!may('numbers')) return [exports];
  return [exports, button(w('numbers.import'), () => go('/numbers/import'), { sign: 'upload', act: 'import' }),
    button(w('numbers.new'), () => go('/numbers/new'), { sign: 'plus', kind: 'primary', act: 'new' })];
}

/** / goes to the search, n makes a new number. */
function keys(root) {
  const press = (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input, textarea, select, dialog, [contenteditable]')) return;
    if (e.key === '/') root.querySelector('[data-act="search"]').focus();
    else if (e.key === 'n' && may('numbers')) go('/numbers/new');
    else return;
    e.preventDefault();
  };
  addEventListener('keydown', press);
  return () => removeEventListener('keydown', press);
}

function nothing(box, search) {
  box.replaceChildren(search ? empty(w('numbers.nothing'), w('numbers.nothing.text', { search }))
    : empty(w('numbers.none'), w('numbers.none.text'), ...(may('numbers') ? [button(w('numbers.new'), () => go('/numbers/new'), { kind: 'primary', sign: 'plus' }), button(w('numbers.import'), () => go('/numbers/import'), { sign: 'upload' })] : [])));
}

function columns(refresh) {
  return [
    { name: 'number', title: w('numbers.col.number'), kind: 'label', cell: numberCell },
    { name: 'leads', title: w('numbers.col.leads'), cell: leadsCell },
    { name: 'conditions', title: w('numbers.col.conditions'), cell: conditionsCell },
    { name: 'entry', title: w('numbers.col.entry'), cell: entryCell },
    { name: 'priority', title: w('numbers.col.priority'), kind: 'num', cell: (r) => number(r.priority) },
    ...(may('numbers') ? [
      { name: 'on', title: w('numbers.col.on'), kind: 'tight', cell: (r) => toggle(r, refresh) },
      { name: 'acts', title: '', kind: 'tight', cell: (r) => el('div.actions', {},
        iconButton('dryrun', `${w('numbers.try')}: ${r.id}`, () => go(`/dryrun${query({ number: r.match === 'exact' ? r.number : '' })}`), { act: 'try' }),
        iconButton('trash', `${w('delete')}: ${r.id}`, () => remove(r, refresh), { act: 'delete' })) },
    ] : []),
  ];
}

function numberCell(r) {
  const text = { any: w('numbers.every'), exact: r.number || w('numbers.nonumber') }[r.match] ?? r.number;
  return [el(`a.mono${r.disabled ? '.off' : ''}`, { href: `#${edit(r.id)}` }, text), r.match === 'prefix' && '…', ' ',
    (r.match === 'prefix' || r.match === 'regex') && badge(w(`rule.${r.match}`)), el('span.sub', { text: r.label || (r.id !== r.number && r.match === 'exact' ? r.id : ''), title: r.label })];
}

function leadsCell(r) {
  const to = leadsTo(r);
  return el('span.leads', {}, icon(actionSigns[r.action] ?? 'info'), el('span', {}, r.action === 'room' ? el('b', { text: to === '$0' ? r.number || '$0' : to }) : w(`rule.${r.action}`),
    r.action !== 'room' && to && el('span.sub', { text: to })));
}

function conditionsCell(r) {
  const of = {
    protocols: () => r.protocols.map((p) => (p === 'h323' ? 'H.323' : 'SIP')).join(', '), times: () => r.times[0], networks: () => r.networks.join(', '), callers: () => r.callers.join(', '),
    registered: () => w(`rule.registered.${r.registered}`), encrypted: () => w(`rule.encrypted.${r.encrypted}`),
  };
  return el('span.badges', {}, conditionsOf(r).map((k) => badge(['registered', 'encrypted', 'protocols'].includes(k) ? of[k]() : fieldName(k), '', { title: of[k]() })));
}

function entryCell(r) {
  return el('span.badges', {}, r.host_pin && badge(w('rule.host')), r.guest_pin && badge(w('rule.guest')), r.lobby && badge(fieldName('lobby')),
    r.layout && badge(valueOf('layout', r.layout)), r.capacity > 0 && badge(`≤ ${r.capacity}`, '', { title: fieldName('capacity') }));
}

/** A switch in the list: the rule is written with its version, so that nobody's change is lost. */
function toggle(r, refresh) {
  const box = el('button.toggler', { type: 'button', role: 'switch', 'aria-checked': String(!r.disabled), 'aria-label': w('numbers.toggle', { id: r.id }), data: { act: 'toggle' }, onclick: async () => {
    const { version, changed, group, ...rule } = r;
    try {
      const saved = await put(`/numbers/${encodeURIComponent(r.id)}?version=${version}`, { ...rule, disabled: !r.disabled });
      undoable(w(saved.disabled ? 'numbers.disabled' : 'numbers.enabled', { id: r.id }), saved.group, refresh);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      toast(problem.words, 'bad');
    }
    await refresh();
    document.querySelector(`[data-table="numbers"] tr[data-key="${CSS.escape(r.id)}"] [data-act="toggle"]`)?.focus();
  } }, el('i', { 'aria-hidden': 'true' }));
  return box;
}

/** The list is shown anew, if it is what is shown. */
export function showAgain() {
  if (/^#\/numbers($|\?)/.test(location.hash)) draw();
}

/** Deletes at once; the message takes it back. */
export async function remove(r, after = showAgain) {
  const gone = await attempt(() => del(`/numbers/${encodeURIComponent(r.id)}?version=${r.version}`));
  if (!gone) return false;
  undoable(w('numbers.deleted', { id: r.id }), gone.group, after);
  after();
  return true;
}
