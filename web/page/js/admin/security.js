// Security events: wrong PINs and passwords, lock-outs; new ones come by themselves.

import { get } from './api.js';
import { periodChooser, query, span } from './kept.js';
import { hear } from './live.js';
import { page, remember } from './router.js';
import { spoken } from './spoken.js';
import { badge, el, empty, full, head, link, moment, searchBox, served } from './ui.js';
import { known, w } from './words.js';

const kindWords = (k) => {
  const name = `security.k.${k.replace(/^security\./, '')}`;
  return known(name) ? w(name) : k;
};
const grave = (e) => /lock|guess/.test(e.kind) || /locked out/.test(e.text);

page('/security', {
  title: 'security', icon: 'security', group: 'nav.past', right: 'read', one: true,
  render(root, params) {
    const s = { search: params.query.get('search') ?? '', period: 'month' };
    s.span = span(s.period);
    const list = served({
      caption: w('security'), hook: 'security', key: (e) => e.id, empty: empty(w('security.none'), w('security.none.text')),
      columns: [
        { name: 'when', title: w('security.when'), kind: 'tight', cell: (e) => el('time', { datetime: e.at, title: full(e.at), text: moment(e.at) }) },
        { name: 'kind', title: w('security.kind'), kind: 'tight', cell: (e) => badge(kindWords(e.kind), grave(e) ? 'bad' : 'warn', { title: e.kind }) },
        { name: 'text', title: w('security.text'), cell: (e) => spoken(e.text) },
        { name: 'from', title: w('security.from'), cell: (e) => el('span.mono', { text: e.from ?? '' }) },
        { name: 'call', title: w('security.call'), kind: 'tight', cell: (e) => (e.call ? link(`/records/${encodeURIComponent(e.call)}`, w('security.call')) : '') },
      ],
      load: ({ after }) => get(`/security/events${query({ search: s.search, ...s.span, after, limit: 100 })}`),
    });
    const again = () => {
      remember(`/security${query({ search: s.search })}`);
      list.reload();
    };
    root.append(head(w('security'), { lead: w('security.lead') }), el('div.tools', {}, searchBox(w('security.search'), (text) => {
      s.search = text;
      again();
    }, s.search), periodChooser(s.period, (of) => {
      s.span = of;
      again();
    })), list.el);
    list.reload();
    return hear('security.event', () => list.refresh());
  },
});
