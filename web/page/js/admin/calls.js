// The calls that run: hundreds of them, found by any word, with how they go.

import { del, may, part, tenant } from './api.js';
import { callName, codec, dearest, deviceName, pathBadge, protocol, stateBadge } from './callwords.js';
import { live, watch } from './live.js';
import { place } from './place.js';
import { latest, qualityCell, qualitySign, reading } from './quality.js';
import { go, page, remember } from './router.js';
import { attempt, button, duration, el, empty, fold, head, icon, iconButton, link, number, searchBox, sure, table } from './ui.js';
import { w, words } from './words.js';

words({
  vi: {
    'calls': 'Cuộc gọi', 'calls.terminal': 'Thiết bị', 'calls.number': 'Số gọi', 'calls.room': 'Phòng', 'calls.video': 'Hình ảnh', 'calls.quality': 'Chất lượng', 'calls.rate': 'Mbit/s vào / ra',
    'calls.since': 'Thời gian', 'calls.search': 'Tìm tên, số, phòng, địa chỉ…', 'calls.none': 'Không có cuộc gọi nào', 'calls.none.text': 'Thiết bị gọi vào sẽ hiện ở đây ngay lúc đó.',
    'calls.nomatch': 'Không cuộc gọi nào khớp', 'calls.all': 'Tất cả', 'calls.trouble': 'Có vấn đề', 'calls.coming': 'Đang nối', 'calls.transcoded': 'Chuyển mã, ghép', 'calls.show': 'Hiện',
  },
  en: {
    'calls': 'Calls', 'calls.terminal': 'Terminal', 'calls.number': 'Number', 'calls.room': 'Room', 'calls.video': 'Picture', 'calls.quality': 'Quality', 'calls.rate': 'Mbit/s in / out',
    'calls.since': 'Duration', 'calls.search': 'Search name, number, room, address…', 'calls.none': 'No call is running', 'calls.none.text': 'Terminals that dial in appear here at once.',
    'calls.nomatch': 'No call matches', 'calls.all': 'All', 'calls.trouble': 'In trouble', 'calls.coming': 'Coming in', 'calls.transcoded': 'Transcoded, composed', 'calls.show': 'Show',
  },
});

const filters = {
  all: () => true,
  trouble: (c) => ['fair', 'poor'].includes(latest.get(c.id)?.grade),
  coming: (c) => c.state !== 'connected',
  transcoded: (c) => ['transcode', 'compose'].includes(dearest(c)),
};

page('/calls', {
  title: 'calls', icon: 'calls', group: 'nav.live', order: 2, right: 'read',
  render(root, params) {
    const state = { search: params.query.get('search') ?? '', filter: params.query.get('show') in filters ? params.query.get('show') : 'all' };
    const counts = {};
    const choice = el('div.switch', { role: 'group', 'aria-label': w('calls.show') }, Object.keys(filters).map((f) => {
      counts[f] = el('small');
      return el('button', { type: 'button', data: { filter: f }, onclick: () => choose(f) }, w(`calls.${f}`), counts[f]);
    }));
    const list = callTable({ empty: el('div', {}) });
    const none = list.el.querySelector(':scope > div:not(.scroll, .tablefoot)');
    root.append(
      head(w('calls'), { actions: may('calls') ? [button(w('place.title'), () => place(), { kind: 'primary', sign: 'invite', act: 'place' })] : [] }),
      el('div.tools', {}, searchBox(w('calls.search'), (text) => {
        state.search = text;
        list.top();
        keep();
        draw();
      }, state.search), choice),
      list.el);

    function choose(f) {
      state.filter = f;
      list.top();
      keep();
      draw();
    }

    function keep() {
      const q = new URLSearchParams({ ...(state.search && { search: state.search }), ...(state.filter !== 'all' && { show: state.filter }) });
      remember(`/calls${q.size ? `?${q}` : ''}`);
    }

    function draw() {
      const found = matching(ownCalls(), state.search);
      for (const [f, test] of Object.entries(filters)) {
        counts[f].textContent = number(found.filter(test).length);
        counts[f].parentNode.setAttribute('aria-pressed', String(f === state.filter));
      }
      const rows = found.filter(filters[state.filter]);
      if (!rows.length) none.replaceChildren(live.calls.size ? empty(w('calls.nomatch')) : empty(w('calls.none'), w('calls.none.text')));
      list.set(rows);
    }

    draw();
    const ends = [watch(draw), reading(draw)];
    const clock = setInterval(draw, 1000);
    return () => {
      clearInterval(clock);
      for (const end of ends) end();
    };
  },
});

/** The calls of the chosen tenant; of all, where none is chosen. */
export function ownCalls() {
  const all = [...live.calls.values()];
  return tenant() ? all.filter((c) => c.tenant === tenant()) : all;
}

/** The calls in which all words of a search are. Exported for tests. */
export function matching(calls, search) {
  const parts = fold(search).split(/\s+/).filter(Boolean);
  if (!parts.length) return calls;
  return calls.filter((c) => {
    c.folded ??= fold([c.name, c.alias, c.device, c.number, c.room, c.remote, c.protocol, c.tenant, c.id].join(' '));
    return parts.every((p) => c.folded.includes(p));
  });
}

/** A table of calls, also for the room's page and the overview. */
export function callTable({ empty: none, size, without = [], hook = 'calls' } = {}) {
  const columns = [
    { name: 'terminal', title: w('calls.terminal'), sort: callName, kind: 'main', same: (c) => `${c.name} ${c.device} ${c.state} ${c.stage} ${c.muted}`,
      cell: (c) => [link(`/calls/${part(c.id)}`, callName(c)), el('span.sub', {}, c.state === 'connected' && !c.stage ? null : stateBadge(c), c.muted ? icon('micOff') : null, deviceName(c.device) || protocol(c))] },
    { name: 'number', title: w('calls.number'), sort: (c) => c.number, cell: (c) => c.number || '–' },
    { name: 'room', kind: 'cut', title: w('calls.room'), sort: (c) => c.room, same: (c) => c.room, cell: (c) => (c.room ? link(`/rooms/${part(c.room)}`, c.room) : '–') },
    { name: 'video', title: w('calls.video'), sort: dearest, same: (c) => `${dearest(c)} ${c.video.in.codec}`, cell: (c) => el('span.way.line', {}, pathBadge(dearest(c)), el('span.quiet', { text: codec(c.video.in.codec || c.video.out.codec) })) },
    { name: 'quality', title: w('calls.quality'), down: true, sort: (c) => latest.get(c.id)?.loss ?? -1, same: (c) => qualitySign(latest.get(c.id)), cell: (c) => qualityCell(latest.get(c.id)) },
    { name: 'rate', title: w('calls.rate'), kind: 'num', down: true, sort: (c) => latest.get(c.id)?.in ?? 0, cell: (c) => rates(latest.get(c.id)) },
    { name: 'since', title: w('calls.since'), kind: 'num', sort: (c) => -c.at, cell: (c) => duration(Date.now() - c.at) },
    may('calls') && { name: 'actions', title: '', kind: 'tight', same: () => 'x', cell: (c) => iconButton('hangup', w('hangup'), () => hangUp(live.calls.get(c.id) ?? c), { kind: 'plain', act: 'hangup' }) },
  ].filter((c) => c && !without.includes(c.name));
  return table({ caption: w('calls'), columns, key: (c) => c.id, sort: ['since', false], open: (c) => go(`/calls/${part(c.id)}`), empty: none, size, hook });
}

function rates(q) {
  return q ? `${number(q.in / 1e6, 1)} / ${number(q.out / 1e6, 1)}` : '–';
}

/** Hangs up after asking. */
export async function hangUp(c) {
  const name = callName(c);
  if (!(await sure(w('hangup.sure', { name }), w('hangup.text', { room: c.room }), { yes: w('hangup') }))) return false;
  return attempt(() => del(`/calls/${part(c.id)}`), w('hangup.done', { name }));
}
