// The first page: what is going on now, what is left, and what somebody should look at.

import { get, may, part, Problem } from './api.js';
import { callName } from './callwords.js';
import { callTable, ownCalls } from './calls.js';
import { gauge, graph } from './graph.js';
import { hear, live, watch } from './live.js';
import { place } from './place.js';
import { latest, reading } from './quality.js';
import { reason } from './reasons.js';
import { ownRooms, roomTable } from './rooms.js';
import { page } from './router.js';
import { button, el, empty, full, head, icon, link, moment, number, percent, section } from './ui.js';
import { w, words } from './words.js';

words({
  vi: {
    'overview': 'Tổng quan', 'overview.calls': 'Cuộc gọi', 'overview.rooms': 'Phòng', 'overview.people': 'Người tham gia', 'overview.devices': 'Thiết bị trực tuyến', 'overview.of': 'trên {n}', 'overview.headroom': 'Còn chỗ cho',
    'overview.headroom.calls': 'cuộc gọi nữa', 'overview.headroom.unknown': 'chưa đủ cuộc gọi để ước lượng', 'overview.quality': 'Chất lượng', 'overview.load': 'Tải', 'overview.load.cpu': 'Bộ xử lý', 'overview.load.loop': 'Chuyển tiếp gói', 'overview.load.late': 'Gói tin trễ',
    'overview.load.full': 'Đang từ chối cuộc gọi mới: {reason}', 'overview.load.graph': 'Bộ xử lý, mười phút qua', 'overview.alerts': 'Cần chú ý', 'overview.alerts.none': 'Không có gì bất thường', 'overview.alerts.none.text': 'Cuộc gọi kém, người đang chờ và lần khóa vì sai PIN hiện ở đây.',
    'overview.waiting': '{n} người đang chờ vào phòng {room}', 'overview.poor': '{name}: mất {loss} gói', 'overview.open': 'Cổng đang để mở: gọi số nào cũng mở được phòng mang số đó.', 'overview.newest': 'Cuộc gọi mới nhất', 'overview.allcalls': 'Mọi cuộc gọi', 'overview.allrooms': 'Mọi phòng',
    'overview.largest': 'Phòng đông nhất', 'overview.nocalls': 'Chưa có cuộc gọi', 'overview.norooms': 'Chưa có ai trong phòng', 'overview.ringing': '{n} đang nối', 'overview.terminals': '{n} thiết bị', 'overview.poor.n': '{n} kém', 'overview.fair.n': '{n} tạm được',
  },
  en: {
    'overview': 'Overview', 'overview.calls': 'Calls', 'overview.rooms': 'Rooms', 'overview.people': 'Participants', 'overview.devices': 'Devices online', 'overview.of': 'of {n}', 'overview.headroom': 'Room for',
    'overview.headroom.calls': 'more calls', 'overview.headroom.unknown': 'too few calls to tell', 'overview.quality': 'Quality', 'overview.load': 'Load', 'overview.load.cpu': 'Processors', 'overview.load.loop': 'Relaying packets', 'overview.load.late': 'Late packets',
    'overview.load.full': 'New calls are refused: {reason}', 'overview.load.graph': 'Processors, last ten minutes', 'overview.alerts': 'To look at', 'overview.alerts.none': 'Nothing unusual', 'overview.alerts.none.text': 'Poor calls, people who wait and lock-outs after wrong PINs appear here.',
    'overview.waiting': '{n} waiting for the room {room}', 'overview.poor': '{name}: {loss} of packets lost', 'overview.open': 'This gateway is open: any number opens a room of that name.', 'overview.newest': 'Newest calls', 'overview.allcalls': 'All calls', 'overview.allrooms': 'All rooms',
    'overview.largest': 'Largest rooms', 'overview.nocalls': 'No call is running', 'overview.norooms': 'Nobody is in a room', 'overview.ringing': '{n} coming in', 'overview.terminals': '{n} terminals', 'overview.poor.n': '{n} poor', 'overview.fair.n': '{n} fair',
  },
});

const LOAD = 5000;
const HOUR = 3_600_000;
const ALERTS = 6;
const loads = []; // of the last ten minutes, as far as pages were open

page('/', {
  title: 'overview', icon: 'overview', group: 'nav.live', order: 1, right: 'read',
  render(root) {
    const view = { events: [], load: null, tiles: tiles(), alerts: el('ul.alerts', { data: { list: 'alerts' } }) };
    view.calls = callTable({ size: 8, without: ['rate', 'number', 'video', 'actions'], hook: 'newest', empty: empty(w('overview.nocalls')) });
    view.rooms = roomTable({ size: 8, without: ['layout', 'speaker', 'since'], hook: 'largest', empty: empty(w('overview.norooms')) });
    const panels = [section(w('overview.alerts'), { hook: 'alerts' }, view.alerts)];
    if (may('operator')) panels.unshift(loadPanel(view));
    root.append(head(w('overview'), { actions: may('calls') ? [button(w('place.title'), () => place(), { kind: 'primary', sign: 'invite', act: 'place' })] : [] }),
      el('div.tiles', { role: 'list' }, Object.values(view.tiles).map((t) => t.el)),
      el('div.columns.even', {}, panels),
      el('div.columns.even', {},
        section(w('overview.newest'), { hook: 'newest', actions: [link('/calls', w('overview.allcalls'))] }, view.calls.el),
        section(w('overview.largest'), { hook: 'largest', actions: [link('/rooms', w('overview.allrooms'))] }, view.rooms.el)));
    const draw = () => show(view);
    draw();
    const ends = [watch(draw), reading(draw), hear('security.event', ({ item }) => {
      view.events.unshift(item);
      draw();
    })];
    const clocks = [setInterval(draw, 1000), setInterval(() => readLoad(view), LOAD)];
    readLoad(view);
    readEvents(view);
    return () => {
      for (const c of clocks) clearInterval(c);
      for (const end of ends) end();
    };
  },
});

function tiles() {
  const tile = (name, path) => {
    const [value, sub] = [el('b', { data: { figure: name } }), el('small')];
    const inner = [el('span', { text: w(`overview.${name}`) }), value, sub];
    return { el: el('div.tile', { role: 'listitem' }, path ? el('a', { href: `#${path}` }, inner) : el('div', {}, inner)), value, sub };
  };
  return { calls: tile('calls', '/calls'), rooms: tile('rooms', '/rooms'), people: tile('people'), devices: tile('devices', '/devices'), quality: tile('quality', '/calls?show=trouble'), ...(may('operator') && { headroom: tile('headroom') }) };
}

function loadPanel(view) {
  const shown = { cpu: gauge({ title: w('overview.load.cpu'), hook: 'cpu' }), loop: gauge({ title: w('overview.load.loop'), hook: 'loop' }), late: gauge({ title: w('overview.load.late'), hook: 'late' }) };
  view.gauges = shown;
  view.trend = graph({ title: w('overview.load.graph'), series: [{ title: w('overview.load.cpu'), of: (p) => p.cpu }], text: (v) => percent(v, 0), least: 1, hook: 'load' });
  view.full = el('p.wrong', { role: 'status', hidden: true });
  return section(w('overview.load'), { hook: 'load' }, el('div.loads', {}, el('div.gauges', {}, shown.cpu.el, shown.loop.el, shown.late.el), view.trend.el), view.full);
}

async function readLoad(view) {
  if (!view.gauges || document.hidden) return;
  const l = await get('/load', { tenant: '' }).catch(() => null);
  if (!l) return;
  view.load = l;
  loads.push({ at: new Date().toISOString(), cpu: l.cpu });
  while (Date.parse(loads[0].at) < Date.now() - 600_000) loads.shift();
  view.gauges.cpu.set(l.cpu, l.limit, percent(l.cpu, 0));
  view.gauges.loop.set(l.loop, l.limit, percent(l.loop, 0));
  view.gauges.late.set(l.late, 0.2, percent(l.late));
  view.trend.set(loads);
  view.full.hidden = !l.overloaded;
  view.full.textContent = l.overloaded ? w('overview.load.full', { reason: l.reason }) : '';
  show(view);
}

/** What happened in the last hour, the operator's own and the tenant's. */
async function readEvents(view) {
  const from = new Date(Date.now() - HOUR).toISOString();
  const read = (tenant) => get(`/security/events?limit=${ALERTS}&from=${part(from)}`, tenant === undefined ? {} : { tenant }).then((l) => l.items ?? [], (problem) => {
    if (problem instanceof Problem) return [];
    throw problem;
  });
  const lists = await Promise.all(may('operator') ? [read('-'), read()] : [read()]);
  view.events = [...new Map([...view.events, ...lists.flat()].map((e) => [e.id, e])).values()].sort((a, b) => (a.at < b.at ? 1 : -1));
  show(view);
}

function show(view) {
  const [calls, rooms, t] = [ownCalls(), ownRooms(), view.tiles];
  const people = rooms.flatMap((r) => r.participants);
  const devices = [...live.devices.values()];
  const grades = { fair: 0, poor: 0, good: 0 };
  for (const c of calls) if (latest.has(c.id)) grades[latest.get(c.id).grade]++;
  const known = grades.good + grades.fair + grades.poor;
  const set = (tile, value, sub = '') => {
    tile.value.textContent = value;
    tile.sub.textContent = sub;
  };
  const coming = calls.filter((c) => c.state !== 'connected').length;
  set(t.calls, number(calls.length), coming ? w('overview.ringing', { n: number(coming) }) : '');
  set(t.rooms, number(rooms.length));
  set(t.people, number(people.length), w('overview.terminals', { n: number(people.filter((p) => p.kind === 'terminal').length) }));
  set(t.devices, number(devices.filter((d) => d.online).length), w('overview.of', { n: number(devices.length) }));
  set(t.quality, known ? percent(grades.good / known, 0) : '–', [grades.poor && w('overview.poor.n', { n: grades.poor }), grades.fair && w('overview.fair.n', { n: grades.fair })].filter(Boolean).join(', '));
  t.quality.el.dataset.grade = grades.poor ? 'poor' : grades.fair ? 'fair' : 'good';
  if (t.headroom) set(t.headroom, view.load?.headroom === null || !view.load ? '–' : number(view.load.headroom), w(view.load && view.load.headroom !== null ? 'overview.headroom.calls' : 'overview.headroom.unknown'));
  view.calls.set([...calls].sort((a, b) => b.at - a.at).slice(0, 8));
  view.rooms.set([...rooms].sort((a, b) => b.participants.length - a.participants.length || (a.name < b.name ? -1 : 1)).slice(0, 8));
  alerts(view, calls, rooms);
}

/** What somebody should look at, the most urgent first. */
function alerts(view, calls, rooms) {
  const list = [];
  if (view.load?.overloaded) list.push(['bad', 'warning', [w('overview.load.full', { reason: view.load.reason })], '']);
  for (const r of rooms) if (r.waiting.length) list.push(['warn', 'door', [link(`/rooms/${part(r.name)}`, w('overview.waiting', { n: r.waiting.length, room: r.name }))], r.waiting[0].since]);
  for (const e of view.events.slice(0, ALERTS)) list.push(['bad', 'security', [el('span', { text: reason(e.text) }), e.from && el('span.sub.mono', { text: e.from })], e.at]);
  const poor = calls.filter((c) => latest.get(c.id)?.grade === 'poor').sort((a, b) => latest.get(b.id).loss - latest.get(a.id).loss);
  for (const c of poor.slice(0, ALERTS)) list.push(['warn', 'calls', [link(`/calls/${part(c.id)}`, w('overview.poor', { name: callName(c), loss: percent(latest.get(c.id).loss) }))], '']);
  if ('open' in document.body.dataset) list.push(['warn', 'unlock', [w('overview.open')], '']);
  const sign = JSON.stringify(list.map(([a, b, parts, at]) => [a, b, at, parts.map((p) => p?.textContent ?? p)]));
  if (sign === view.sign) return;
  view.sign = sign;
  view.alerts.replaceChildren(...(list.length ? list.slice(0, ALERTS + 2).map(([kind, sign, parts, at]) => el(`li.${kind}`, {}, icon(sign), el('div', {}, parts), at && el('time', { datetime: at, title: full(at), text: moment(at) }))) :
    [el('li.quiet', {}, icon('check'), el('div', {}, el('b', { text: w('overview.alerts.none') }), el('span.sub', { text: w('overview.alerts.none.text') })))]));
}
