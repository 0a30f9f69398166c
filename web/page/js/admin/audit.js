// The audit trail: who changed what, when and from where, as a difference, and back again.

import { get, may, session } from './api.js';
import { actor, fieldsOf, grouped, kindOf, summary } from './changes.js';
import { differenceTable, query, undo } from './kept.js';
import { page, remember } from './router.js';
import { badge, button, el, empty, full, head, icon, link, moment, searchBox, select, sure } from './ui.js';
import { known, w } from './words.js';

const kinds = ['rules', 'rooms', 'devices', 'tokens', 'administrators', 'tenants', 'settings'];
const SIZE = 200; // changes read at once
const [FEW, MOST] = [5, 300]; // of one group that are shown at once, and at all

page('/audit', {
  title: 'audit', icon: 'audit', group: 'nav.past', right: 'read', one: true,
  render(root, params) {
    const s = { search: params.query.get('search') ?? '', kind: params.query.get('kind') ?? '', item: params.query.get('item') ?? '', whose: params.query.get('whose') ?? '', next: '', items: [], turn: 0 };
    const list = el('div.trail', { data: { list: 'audit' } });
    const load = async (more) => {
      const mine = ++s.turn;
      const found = await get(`/changes${query({ search: s.search, kind: s.kind, item: s.item, after: more ? s.next : '', limit: SIZE })}`, s.whose ? { tenant: s.whose } : {});
      if (mine !== s.turn) return;
      s.items = more ? [...s.items, ...found.items] : found.items;
      s.next = found.next;
      draw();
    };
    const draw = () => list.replaceChildren(...grouped(s.items).map((g) => entry(g, s, () => load())),
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
    } }), session().role === 'operator' && el('label.inlabel', {}, (() => {
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

const pages = { rules: (id) => `/numbers/rule/${encodeURIComponent(id)}`, tenants: (id) => `/tenants/${encodeURIComponent(id)}` };
const kindWords = (k) => (known(`kind.${k}`) ? w(`kind.${k}`) : k);
const signs = { added: ['plus', 'good'], changed: ['edit', 'warn'], removed: ['trash', 'bad'] };

/** What was changed at once. Of many records the first are shown, and what they were on demand. */
function entry(g, s, after) {
  const sum = summary(g);
  const who = actor(g.who);
  const one = g.changes.length === 1;
  return el('article.change-entry', { data: { group: g.group } },
    el('header', {},
      el('div.byline', {}, icon(who.kind === 'token' ? 'tokens' : 'accounts'), el('b', { text: who.kind === 'token' ? w('audit.token', { name: who.name }) : who.name }), el('time', { datetime: g.at, title: full(g.at), text: moment(g.at) }),
        g.origin && el('span.quiet', { text: w('audit.from', { origin: g.origin.replace(/:\d+$/, '') }) }), g.undoes && badge(w('audit.undoes'), 'info', { data: { undoes: g.undoes } }), !one && badge(w('audit.many', { n: sum.n }))),
      mayUndo(g) && button(w('undo'), async () => {
        if (!one && !(await sure(w('audit.sure'), w('audit.sure.text', { n: sum.n, at: moment(g.at) }), { yes: w('undo'), kind: 'primary' }))) return;
        if (await undo(g.group, s.whose ? { tenant: s.whose } : {})) after();
      }, { sign: 'undo', act: 'undo' })),
    changesOf(g, sum, one));
}

/** The changes of a group; many are shown on demand, and how many of what kind before. */
function changesOf(g, sum, one) {
  const list = () => el('ul', {}, g.changes.slice(0, MOST).map((c) => changeLine(c, one)), g.changes.length > MOST && el('li.quiet', { text: w('audit.rest', { n: g.changes.length - MOST }) }));
  if (g.changes.length <= FEW) return list();
  const counts = ['added', 'changed', 'removed'].filter((k) => sum[k] > 0).map((k) => badge(`${w(`audit.${k}`)}: ${sum[k]}`, signs[k][1]));
  const box = el('details', { ontoggle: () => box.querySelector('ul') || box.append(list()) }, el('summary', {}, sum.kind && kindWords(sum.kind), counts, el('span.quiet', { text: w('audit.which') })));
  return box;
}

const mayUndo = (g) => may('admin') || (may('numbers') && g.changes.every((c) => c.kind === 'rules'));

function changeLine(c, open) {
  const kind = kindOf(c);
  const fields = fieldsOf(c);
  const value = c.after ?? c.before;
  const line = [el(`span.mark.${signs[kind][1]}`, {}, icon(signs[kind][0]), el('span.unseen', { text: w(`audit.${kind}`) })), el('span', {}, kindWords(c.kind), ' '), el('b', { text: c.item }),
    el('span.quiet', { text: value?.label || value?.name || '' }), c.secret && kind === 'changed' && badge(w('audit.secret'), 'warn')];
  if (fields.length === 0) return el('li', { data: { change: kind, item: c.item } }, el('div.summary', {}, line));
  return el('li', { data: { change: kind, item: c.item } }, el('details', { open: open && kind === 'changed' }, el('summary', {}, line), differenceTable(fields),
    pages[c.kind] && kind !== 'removed' && el('p.opens', {}, link(pages[c.kind](c.item), w('audit.open', { item: c.item })))));
}
