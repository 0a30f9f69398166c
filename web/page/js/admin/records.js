// Records of calls: searched, over a period, with how they ended, over which paths and how well.

import { deviceName } from '../roster.js';
import { get } from './api.js';
import { download, periodChooser, query, span, valueOf } from './kept.js';
import { draw, go, page, remember } from './router.js';
import { spoken } from './spoken.js';
import { badge, bits, button, duration, el, empty, facts, full, head, icon, link, moment, percent, searchBox, section, select, served, unread } from './ui.js';
import { known, w } from './words.js';

const causes = ['normal', 'no-route', 'forbidden', 'busy', 'declined', 'no-answer', 'unreachable', 'cancelled', 'media', 'encryption', 'capacity', 'media-timeout', 'signalling', 'protocol', 'removed', 'internal'];
const record = (id) => `/records/${encodeURIComponent(id)}`;

page('/records', {
  title: 'records', icon: 'records', group: 'nav.past', right: 'read', one: true,
  render(root, params) {
    const s = { search: params.query.get('search') ?? '', cause: params.query.get('cause') ?? '', period: params.query.get('period') ?? 'week' };
    s.span = span(s.period);
    const asked = () => ({ search: [s.search, s.cause].filter(Boolean).join(' '), ...s.span });
    const none = el('div');
    const list = served({
      caption: w('records'), hook: 'records', key: (r) => r.id, open: (r) => go(record(r.id)), empty: none, columns: columns(),
      load: async ({ after }) => {
        const found = await get(`/records${query({ ...asked(), after, limit: 100 })}`);
        none.replaceChildren(s.search || s.cause ? empty(w('numbers.nothing'), w('records.nothing.text')) : empty(w(s.period === 'all' ? 'records.none' : 'records.none.period'), w('records.none.text')));
        return found;
      },
    });
    const again = () => {
      remember(`/records${query({ search: s.search, cause: s.cause, period: s.period })}`);
      list.reload();
    };
    const period = periodChooser(s.period, (of) => {
      s.span = of;
      s.period = period.querySelector('select').value;
      again();
    });
    root.append(head(w('records'), { lead: w('records.lead'), actions: [button(w('records.export'), () => download(`/records/export${query(asked())}`, 'calls.csv'), { sign: 'download', act: 'export' })] }),
      el('div.tools', {}, searchBox(w('records.search'), (text) => {
        s.search = text;
        again();
      }, s.search), period, select([['', w('records.cause.any')], ...causes.map((c) => [c, valueOf('cause', c)])], s.cause, { 'aria-label': w('records.end'), data: { act: 'cause' }, onchange: (e) => {
        s.cause = e.target.value;
        again();
      } })), list.el);
    list.reload();
  },
});

function columns() {
  return [
    { name: 'when', title: w('records.when'), kind: 'tight', cell: (r) => el('a', { href: `#${record(r.id)}`, title: full(r.began) }, moment(r.began)) },
    { name: 'who', title: w('records.who'), cell: (r) => [el('span', { text: r.name || r.alias || r.remote || '–' }), el('span.sub', { text: deviceName(r.device) || r.remote, title: [r.device, r.remote].filter(Boolean).join(', ') })] },
    { name: 'number', title: w('records.number'), cell: (r) => [el('span.mono', { text: r.number || '–' }), el('span.sub', { text: `${r.protocol === 'h323' ? 'H.323' : 'SIP'} · ${w(`records.${r.direction === 'out' ? 'out' : 'in'}`)}` })] },
    { name: 'room', title: w('records.room'), cell: (r) => [el('span', { text: r.room || '–' }), el('span.sub', { text: r.rule ? `${w('records.rule')} ${r.rule}` : '' })] },
    { name: 'length', title: w('records.length'), kind: 'num', cell: (r) => (r.connected ? duration(Date.parse(r.ended) - Date.parse(r.connected)) : el('span.quiet', { text: w('records.unanswered') })) },
    { name: 'quality', title: w('records.quality'), cell: (r) => qualityCell(r.streams) },
    { name: 'end', title: w('records.end'), cell: (r) => [endBadge(r), el('span.sub', { text: r.reason && r.cause !== 'normal' ? spoken(r.reason) : '' })] },
  ];
}

const endBadge = (r) => badge(valueOf('cause', r.cause || 'normal'), !r.cause || r.cause === 'normal' ? 'good' : ['cancelled', 'busy', 'declined', 'no-answer', 'removed'].includes(r.cause) ? 'warn' : 'bad', { data: { cause: r.cause } });

/** Share of packets that were lost, or null where none came. */
export function lossOf(flow) {
  const all = (flow?.packets ?? 0) + (flow?.lost ?? 0);
  return all > 0 ? flow.lost / all : null;
}

const lossKind = (share) => (share > 0.05 ? 'bad' : share > 0.01 ? 'warn' : '');
const pathKind = { relay: 'accent', transcode: 'warn', compose: 'warn' };
const pathWords = (p) => (known(`records.p.${p}`) ? w(`records.p.${p}`) : p);

function qualityCell(streams) {
  const out = [];
  for (const kind of ['video', 'audio']) {
    const flows = ['in', 'out'].map((d) => streams?.[kind]?.[d]).filter((f) => f?.path && f.path !== 'none');
    if (flows.length === 0) continue;
    const paths = [...new Set(flows.map((f) => f.path))];
    const loss = Math.max(...flows.map((f) => lossOf(f) ?? 0));
    out.push(el('span.q', {}, el('small', { text: w(`records.${kind}`) }), paths.map((p) => badge(pathWords(p), kind === 'video' ? pathKind[p] : '')), loss > 0.001 && badge(percent(loss), lossKind(loss), { title: w('records.loss') })));
  }
  return el('span.howwell', {}, out);
}

page('/records/:id', {
  title: 'records.one', icon: 'records', right: 'read', one: true,
  render(root, { id }) {
    get(`/records/${encodeURIComponent(id)}`).then((r) => show(root, r), (problem) => {
      root.append(head(w('records.one'), { back: ['/records', w('records')] }), unread(problem, draw, w('records.gone')));
    });
  },
});

function show(root, r) {
  const time = (at) => (at ? full(at) : '');
  root.append(
    head(r.name || r.alias || r.remote || r.number, { back: ['/records', w('records')], actions: [link(`/dryrun${query({ number: r.number, protocol: r.protocol, address: r.remote?.replace(/:\d+$/, '') })}`, icon('dryrun'), w('records.dryrun'))] }),
    section(w('records.rest'), { hook: 'record', actions: [endBadge(r)] }, facts([
      [w('records.reason'), spoken(r.reason)], [w('records.number'), r.number ?? ''], [w('records.room'), r.room ?? ''],
      [w('records.rule'), r.rule ? link(`/numbers/rule/${encodeURIComponent(r.rule)}`, r.rule) : w('records.norule')],
      [w('records.began'), time(r.began)], [w('records.answered'), r.connected ? time(r.connected) : w('records.unanswered')], [w('records.over'), time(r.ended)],
      [w('records.length'), r.connected ? duration(Date.parse(r.ended) - Date.parse(r.connected)) : ''],
      [w('records.who'), r.device ?? ''], [w('records.alias'), r.alias ?? ''], [w('records.remote'), r.remote ?? ''],
      [w('records.protocol'), `${r.protocol === 'h323' ? 'H.323' : 'SIP'}, ${w(`records.${r.direction === 'out' ? 'out' : 'in'}`)}`], [w('records.encryption'), encryption(r.streams)], [w('records.id'), el('code', { text: r.id })],
    ])),
    section(w('records.streams'), { hook: 'streams' }, streamTable(r.streams ?? {})));
}

function encryption(streams) {
  const suites = new Set(['audio', 'video'].map((k) => streams?.[k]?.suite).filter((x) => x && x !== 'none'));
  return [...suites].join(', ') || w('none');
}

function streamTable(streams) {
  const titles = ['stream', 'path', 'codec', 'size', 'rate', 'loss', 'jitter', 'why'];
  const lines = ['audio', 'video', 'content'].flatMap((kind) => ['in', 'out'].map((d) => [kind, d, streams[kind]?.[d]])).filter(([, , f]) => f);
  return el('div.tablebox', {}, el('div.scroll', { tabindex: 0, role: 'region', 'aria-label': w('records.streams') }, el('table.grid', {}, el('caption.unseen', { text: w('records.streams') }),
    el('thead', {}, el('tr', {}, titles.map((k) => el('th', { scope: 'col', text: w(`records.${k}`) })))),
    el('tbody', {}, lines.map(([kind, d, f]) => el('tr', { data: { stream: `${kind}-${d}`, path: f.path || 'none' } }, el('th', { scope: 'row', text: w(`records.${kind}.${d}`) }), el('td', {}, badge(pathWords(f.path || 'none'), pathKind[f.path] ?? '')),
      el('td', { text: f.codec || '–' }), el('td', { text: f.width ? `${f.width}×${f.height}${f.fps ? `, ${Math.round(f.fps)} fps` : ''}` : '–' }), el('td', { text: f.packets ? bits(f.bitrate) : '–' }),
      el('td', {}, lossOf(f) === null ? '–' : el(`span.${lossKind(lossOf(f)) || 'ok'}`, { text: percent(lossOf(f)) })), el('td', { text: f.packets ? `${f.jitter_ms.toFixed(1)} ms` : '–' }), el('td.quiet', { text: spoken(f.reason) })))))));
}
