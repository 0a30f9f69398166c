// Rooms that administrators set up: the list, what leads to each, and the editor of one.

import { del, get, may, part, Problem, put } from './api.js';
import { fieldName, query, undoable, valueOf } from './kept.js';
import './lang_numbers.js';
import './lang_setups.js';
import { live, watch } from './live.js';
import { edit as ruleAddress } from './numbers.js';
import { draw, go, page, remember } from './router.js';
import { ofProblem } from './rule.js';
import { setupForm } from './setupform.js';
import { changed, check, fields, toForm, toSetup } from './setup.js';
import { attempt, badge, button, el, empty, head, icon, iconButton, link, number, searchBox, section, served, sure, toast, unread } from './ui.js';
import { w } from './words.js';

const address = (name) => `/roomsetup/${part(name)}`;
const SHOWN = 4; // ways in a row of the list

page('/roomsetup', {
  title: 'setups', icon: 'door', group: 'nav.plan', right: 'read', one: true,
  render(root, params) {
    const s = { search: params.query.get('search') ?? '' };
    const none = el('div');
    const list = served({
      caption: w('setups'), hook: 'setups', key: (r) => r.name, open: (r) => go(address(r.name)), empty: none, columns: columns(() => list.refresh()),
      load: async ({ after }) => {
        const found = await get(`/roomsetup${query({ search: s.search, after, limit: 100 })}`);
        none.replaceChildren(s.search ? empty(w('numbers.nothing'), w('setups.nothing.text', { search: s.search })) : empty(w('setups.none'), w('setups.none.text'), ...adding()));
        return found;
      },
    });
    root.append(head(w('setups'), { lead: w('setups.lead'), actions: adding() }), el('div.tools', {}, searchBox(w('setups.search'), (text) => {
      s.search = text;
      remember(`/roomsetup${query({ search: text })}`);
      list.reload();
    }, s.search)), list.el);
    list.reload();
    return watch(() => root.querySelectorAll('[data-live]').forEach((e) => e.replaceWith(meeting(e.dataset.live))));
  },
});

const adding = () => (may('numbers') ? [button(w('setups.new'), () => go('/roomsetup/new'), { sign: 'plus', kind: 'primary', act: 'new' })] : []);

function columns(refresh) {
  return [
    { name: 'name', title: w('setups.room'), kind: 'label', cell: (r) => [el('a', { href: `#${address(r.name)}` }, r.name), ' ', meeting(r.room), el('span.sub', { text: r.label ?? '', title: r.label })] },
    { name: 'ways', title: w('setups.ways'), cell: (r) => el('span.badges', {}, r.ways.length ? [r.ways.slice(0, SHOWN).map((way) => badge(dialled(way), '', { title: way.label ?? way.rule })), r.ways.length > SHOWN && badge(w('setups.ways.more', { n: r.ways.length - SHOWN }))] : el('span.quiet', { text: w('setups.ways.none') })) },
    { name: 'door', title: w('setups.door'), cell: (r) => el('span.badges', {}, r.locked && badge(fieldName('locked'), 'warn'), r.lobby && badge(fieldName('lobby'), 'info'), r.host_pin && badge(w('rule.host')), r.guest_pin && badge(w('rule.guest')), r.capacity > 0 && badge(`≤ ${number(r.capacity)}`, '', { title: fieldName('capacity') })) },
    { name: 'inside', title: w('setups.inside'), cell: (r) => el('span.badges', {}, r.layout && badge(valueOf('layout', r.layout)), r.language && badge(r.language.toUpperCase(), '', { title: fieldName('language') }), r.encryption && badge(fieldName('encryption')), r.greeting && badge(fieldName('greeting'), '', { title: r.greeting })) },
    { name: 'acts', title: '', kind: 'tight', cell: (r) => el('div.actions', {}, el('a.button.square.plain', { href: `/room/${part(r.room)}`, target: '_blank', rel: 'noopener', title: w('setups.page'), 'aria-label': `${w('setups.page')}: ${r.name}` }, icon('open')),
      may('numbers') && iconButton('trash', `${w('delete')}: ${r.name}`, () => remove(r, refresh), { act: 'delete' })) },
  ];
}

/** How many are in the room now, if somebody is. */
function meeting(full) {
  const n = live.rooms.get(full)?.participants.length ?? 0;
  return el('span', { data: { live: full } }, n > 0 && link(`/rooms/${part(full)}`, badge(w('setups.live', { n: number(n) }), 'good')));
}

/** What is dialled to come by a rule. */
function dialled(way) {
  if (way.match === 'any') return w('numbers.every');
  return way.match === 'prefix' ? `${way.number}…` : way.number;
}

/** Deletes at once; the message takes it back. */
async function remove(r, after) {
  const gone = await attempt(() => del(`${address(r.name)}?version=${r.version}`));
  if (!gone) return false;
  undoable(w('setups.deleted', { name: r.name }), gone.group, showAgain);
  after();
  return true;
}

function showAgain() {
  if (/^#\/roomsetup($|\?)/.test(location.hash)) draw();
}

page('/roomsetup/new', { title: 'setups.new', icon: 'door', right: 'numbers', one: true, render: (root) => editor(root, null) });

page('/roomsetup/:name', {
  title: 'setups.edit', icon: 'door', right: 'read', one: true,
  render(root, { name }) {
    let end = null;
    get(address(name)).then((r) => { end = editor(root, r); }, (problem) => {
      root.append(head(name, { back: ['/roomsetup', w('setups')] }), unread(problem, draw, w('setups.gone')));
    });
    return () => end?.();
  },
});

/** Shows the editor of a room that was read, or of a new one; gives what ends it. */
function editor(root, base) {
  const f = toForm(base ?? {});
  const state = { all: false, done: false, server: {} };
  const said = el('p.unsaved', { role: 'status' });
  const form = setupForm(f, { isNew: !base, onchange: () => {
    state.server = {};
    settle();
  } });
  const unsaved = () => (state.done || !may('numbers') ? 0 : changed(base ?? {}, f) + Number(!base && f.name.trim() !== ''));

  function settle() {
    form.errors({ ...wordsOf(f), ...state.server }, state.all);
    said.textContent = unsaved() ? w('numbers.changed', { n: unsaved() }) : '';
  }

  async function save() {
    state.all = true;
    const wrong = wordsOf(f);
    settle();
    const first = fields.find((k) => wrong[k]);
    if (first) return form.focus(first);
    try {
      const kept = await put(`${address(base?.name ?? f.name.trim())}?version=${base?.version ?? 0}`, toSetup(f));
      state.done = true;
      go('/roomsetup');
      if (kept.group) undoable(w('setups.saved', { name: kept.name }), kept.group, showAgain);
      else toast(w('numbers.unchanged'));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      refused(problem);
    }
  }

  function refused(problem) {
    if (problem.status === 409 && base) {
      state.done = true;
      toast(w('setups.conflict'), 'bad');
      return go(address(base.name));
    }
    state.server = problem.status === 409 ? { name: w('setups.taken') } : ofProblem(problem, f);
    settle();
    const first = fields.find((k) => state.server[k]);
    if (first) form.focus(first);
    else toast(w('failed', { reason: problem.words }), 'bad');
  }

  const ends = keys(save, unsaved);
  if (!may('numbers')) for (const input of form.el.querySelectorAll('input, select, textarea, button')) input.disabled = true;
  root.append(head(base?.name ?? w('setups.new'), { lead: base?.label, back: ['/roomsetup', w('setups')], actions: base ? others(base, state) : [] }),
    el('div.beside', {}, el('div.editing', {}, form.el, may('numbers') && el('div.savebar', {}, button(w('save'), save, { kind: 'primary', sign: 'check', act: 'save' }),
      button(w('cancel'), () => leave(unsaved, () => {
        state.done = true;
        go('/roomsetup');
      }), { act: 'cancel' }), said)), waysPart(base)));
  settle();
  if (!base) form.focus('name');
  return ends;
}

const wordsOf = (f) => Object.fromEntries(Object.entries(check(f)).map(([name, key]) => [name, w(`rule.wrong.${key}`)]));

/** Ctrl+S saves; the window is not closed over what is not saved. */
function keys(save, unsaved) {
  const press = (e) => {
    if (!(e.ctrlKey || e.metaKey) || e.key !== 's' || !may('numbers')) return;
    e.preventDefault();
    save();
  };
  const close = (e) => unsaved() && e.preventDefault();
  addEventListener('keydown', press);
  addEventListener('beforeunload', close);
  return () => {
    removeEventListener('keydown', press);
    removeEventListener('beforeunload', close);
  };
}

async function leave(unsaved, go) {
  if (unsaved() === 0 || (await sure(w('setups.left'), w('setups.left.text', { n: unsaved() }), { yes: w('setups.leave') }))) go();
}

function others(base, state) {
  return [link(`/audit${query({ kind: 'rooms', item: base.name })}`, icon('audit'), w('numbers.history')),
    el('a.button', { href: `/room/${part(base.room)}`, target: '_blank', rel: 'noopener' }, icon('open'), w('setups.page')),
    may('numbers') && button(w('delete'), () => remove(base, () => {
      state.done = true;
      go('/roomsetup');
    }), { kind: 'danger', sign: 'trash', act: 'delete' })].filter(Boolean);
}

/** The rules that lead to the room, and a way to make one. */
function waysPart(base) {
  const box = section(w('setups.ways'), { hook: 'ways', actions: base && may('numbers') ? [link(`/numbers/new${query({ room: base.name })}`, icon('plus'), w('setups.ways.add'))] : [] });
  if (!base) box.append(el('p.quiet', { text: w('setups.ways.unsaved') }));
  else if (base.ways.length === 0) box.append(el('p.quiet', { text: w('setups.ways.none.text') }));
  else box.append(el('ul.ways', {}, base.ways.map((way) => el('li', { data: { way: way.rule } }, link(ruleAddress(way.rule), el('span.mono', { text: dialled(way) })), way.match !== 'exact' && badge(w(`rule.${way.match}`)), el('span.quiet', { text: way.label ?? '' })))));
  const now = base && live.rooms.get(base.room);
  if (now) box.append(el('p', {}, link(`/rooms/${part(base.room)}`, icon('rooms'), `${w('setups.here')}: ${number(now.participants.length)}`)));
  return box;
}
