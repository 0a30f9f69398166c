// The audit trail: who changed what and did what, when and from where, as a difference, and back again. What was changed at once is one entry.

import { get, may, part, session } from './api.js';
import './callwords.js';
import { actor, deed, fieldsOf, kindOf, ofNumbers, sizeOf } from './changes.js';
import { differenceTable, query, undo } from './kept.js';
import { live } from './live.js';
import { page, remember } from './router.js';
import { attempt, badge, button, el, empty, full, head, icon, link, moment, number, searchBox, select, sure, unread } from './ui.js';
import { known, w } from './words.js';

const kinds = ['rules', 'rooms', 'devices', 'tokens', 'administrators', 'tenants', 'settings', 'calls', 'meetings', 'sessions'];
const SIZE = 50; // entries read at once
const FEW = 5; // changes of an entry that the gateway gives with it
const PART = 200; // changes of an opened entry that are read at once

page('/audit', {
  title: 'audit', icon: 'audit', group: 'nav.past', right: 'read', one: true,
  render(root, params) {
    const s = { search: params.query.get('search') ?? '', kind: params.query.get('kind') ?? '', item: params.query.get('item') ?? '', whose: params.query.get('whose') ?? '', next: '', items: [], turn: 0 };
    const list = el('div.trail', { data: { list: 'audit' } });
    const load = async (more) => {
      const mine = ++s.turn;
      let found;
      try {
        found = await get(`/changes/groups${query({ search: s.search, kind: s.kind, item: s.item, after: more ? s.next : '', limit: SIZE })}`, whose(s));
      } catch (problem) {
        if (mine === s.turn) list.replaceChildren(el('div.panel', {}, unread(problem, () => load())));
        return;
      }
      if (mine !== s.turn) return;
      s.items = more ? [...s.items, ...found.items] : found.items;
      s.next = found.next;
      draw();
    };
    const draw = () => list.replaceChildren(...s.items.map((g) => entry(g, s, () => load())),
      ...(s.items.length === 0 ? [el('div.panel', {}, empty(w(s.search || s.kind ? 'numbers.nothing' : 'audit.none'), w(s.search || s.kind ? 'audit.nothing.text' : 'audit.none.text')))] : []),
      ...(s.next ? [el('div.more', {}, button(w('audit.more'), () => load(true), { act: 'more' }))] : []));
    const again = () => {
      remember(`/audit${query({ search: s.search, kind: s.kind, item: s.item, whose: s.whose })}`);
      load();
    };
    root.append(head(w('audit'), { lead: w('audit.lead') }), el('div.tools', {}, searchBox(w('audit.search'), (text) => {
      s.search = text;
      again();
    }, s.search), select([['', w('audit.kind.any')], ...kinds.map((k) => [k, w(`kind.${k}`)])], s.kind, { 'aria-label': w('audit.kind'), data: { act: 'kind' }, onchange: (e) => {
      Object.assign(s, { kind: e.target.value, item: '' });
      again();
    } }), s.item && onlyOne(s, again), session().role === 'operator' && el('label.inlabel', {}, (() => {
      const box = el('input', { type: 'checkbox', data: { act: 'site' }, onchange: () => {
        s.whose = box.checked ? '-' : '';
        again();
      } });
      box.checked = s.whose === '-';
      return box;
    })(), w('audit.site'))), list);
    load();
  },
});

const whose = (s) => (s.whose ? { tenant: s.whose } : {});

/** Says that changes of one record alone are shown, and shows all again. */
function onlyOne(s, again) {
  const box = button(w('audit.only', { item: s.item }), () => {
    s.item = '';
    box.remove();
    again();
  }, { sign: 'close', act: 'only' });
  return box;
}

const pages = { rules: (id) => `/numbers/rule/${part(id)}`, tenants: (id) => `/tenants/${part(id)}`, rooms: (id) => `/roomsetup/${part(id)}` };
const kindWords = (k) => (known(`kind.${k}`) ? w(`kind.${k}`) : k);
const signs = { added: ['plus', 'good'], changed: ['edit', 'warn'], removed: ['trash', 'bad'], done: ['calls', 'info'] };
const deedSigns = { 'hang-up': 'hangup', end: 'power', place: 'invite', move: 'move', layout: 'layout', mute: 'micOff', 'mute-all': 'micOff', role: 'accounts', unmute: 'mic', 'unmute-all': 'mic', entry: 'door', remove: 'remove', refuse: 'remove', 'refuse-all': 'remove', 'sign-out': 'signout' };

/** What was changed at once. Of many records some are shown, and all on demand. */
function entry(g, s, after) {
  const n = sizeOf(g);
  const who = actor(g.who, g.origin);
  const name = { token: () => w('audit.token', { name: who.name }), host: () => w('audit.host'), person: () => who.name }[who.kind]();
  return el('article.change-entry', { data: { group: g.group } },
    el('header', {},
      el('div.byline', {}, icon(who.kind === 'token' ? 'tokens' : 'accounts'), el('b', { text: name }), el('time', { datetime: g.at, title: full(g.at), text: moment(g.at) }),
        g.origin && who.kind !== 'host' && el('span.quiet', { text: w('audit.from', { origin: g.origin.replace(/:\d+$/, '') }) }), g.undoes && badge(w('audit.undoes'), 'info', { data: { undoes: g.undoes } }), g.why === 'import of numbers' && badge(w('audit.import'), 'info'), n > 1 && badge(w('audit.many', { n: number(n) }))),
      mayUndo(g) && button(w('undo'), async () => {
        if (n > 1 && !(await sure(w('audit.sure'), w('audit.sure.text', { n: number(n), at: moment(g.at) }), { yes: w('undo'), kind: 'primary' }))) return;
        if (await undo(g.group, whose(s))) after();
      }, { sign: 'undo', act: 'undo' })),
    changesOf(g, s, n));
}

/** The changes of a group; of many those that were searched for, how many of what kind, and each on demand. */
function changesOf(g, s, n) {
  if (n <= FEW && g.items.length === n) return el('ul', {}, g.items.map((c) => changeLine(c, n === 1)));
  const counts = ['added', 'changed', 'removed'].filter((k) => g[k] > 0).map((k) => badge(`${w(`audit.${k}`)}: ${number(g[k])}`, signs[k][1]));
  const box = el('details', { data: { all: g.group }, ontoggle: () => box.querySelector('ul') || unfold(box, g, s) }, el('summary', {}, g.kinds.length === 1 && kindWords(g.kinds[0]), counts, el('span.quiet', { text: w('audit.which') })));
  return [(s.search || s.item) && el('ul', { data: { found: g.group } }, g.items.map((c) => changeLine(c, false))), box];
}

/** Shows each change of a group, some hundred at once. */
function unfold(box, g, s) {
  const list = el('ul');
  const more = el('div.more', {}, button(w('audit.rest'), () => read(), { act: 'rest' }));
  let next = '';
  const read = async () => {
    const found = await attempt(() => get(`/changes${query({ group: g.group, after: next, limit: PART })}`, whose(s)));
    if (!found) return;
    list.append(...found.items.map((c) => changeLine(c, false)));
    next = found.next;
    more.hidden = !next;
  };
  more.hidden = true;
  box.append(list, more);
  read();
}

const mayUndo = (g) => g.done === 0 && (may('admin') || (may('numbers') && ofNumbers(g)));

function changeLine(c, open) {
  if (c.did) return deedLine(c);
  const kind = kindOf(c);
  const fields = fieldsOf(c);
  const value = c.after ?? c.before;
  const line = [mark(signs[kind][0], signs[kind][1], w(`audit.${kind}`)), el('span', {}, kindWords(c.kind), ' '), el('b', { text: c.item }),
    el('span.quiet', { text: value?.label || (value?.name === c.item ? '' : value?.name) || '' }), c.secret && kind === 'changed' && badge(w('audit.secret'), 'warn')];
  if (fields.length === 0) return el('li', { data: { change: kind, item: c.item } }, el('div.summary', {}, line));
  return el('li', { data: { change: kind, item: c.item } }, el('details', { open: open && kind === 'changed' }, el('summary', {}, line), differenceTable(fields),
    pages[c.kind] && kind !== 'removed' && el('p.opens', {}, link(pages[c.kind](c.item), w('audit.open', { item: c.item })))));
}

const mark = (sign, kind, text) => el(`span.mark.${kind}`, {}, icon(sign), text && el('span.unseen', { text }));

/** What somebody did to a call, in a meeting or to sessions, as a sentence. */
function deedLine(c) {
  const { key, members } = deed(c);
  const words = { ...members, layout: members.layout && w(`layout.name.${members.layout}`), entry: members.entry && w(`entry.${members.entry}`), role: members.role && w(`role.${members.role}`) };
  const text = known(`did.${key}`) ? w(`did.${key}`, words) : `${c.did} ${members.name}`;
  const room = c.kind === 'meetings' ? c.item : members.room;
  return el('li', { data: { change: 'done', did: key, item: c.item } }, el('div.summary.deed', {}, mark(deedSigns[c.did] ?? 'calls', 'info', ''), c.kind === 'calls' ? link(live.calls.has(c.item) ? `/calls/${part(c.item)}` : `/records/${part(c.item)}`, text) : el('span', { text }),
    room && c.did !== 'place' && el('span.quiet', {}, w('audit.inroom'), ' ', link(`/rooms/${part(room)}`, room))));
}
