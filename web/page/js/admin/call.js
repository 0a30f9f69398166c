// One call: who it is, how each stream is served and why, and how it went over the last minutes.

import { get, may, part, patch, Problem } from './api.js';
import { callName, codec, deviceName, layouts, pathBadge, protocol, stateBadge } from './callwords.js';
import { hangUp } from './calls.js';
import { graph } from './graph.js';
import { live, watch } from './live.js';
import { move, mute } from './place.js';
import { reason } from './reasons.js';
import { go, page } from './router.js';
import { attempt, badge, bits, button, duration, el, empty, facts, full, head, icon, link, number, percent, section, select, time } from './ui.js';
import { w, words } from './words.js';

words({
  vi: {
    'call': 'Cuộc gọi', 'call.back': 'Mọi cuộc gọi', 'call.ended': 'Cuộc gọi đã kết thúc', 'call.ended.text': 'Chi tiết nằm trong nhật ký cuộc gọi.', 'call.record': 'Xem nhật ký',
    'call.about': 'Về cuộc gọi', 'call.protocol': 'Giao thức', 'call.remote': 'Địa chỉ', 'call.number': 'Số đã gọi', 'call.room': 'Phòng', 'call.tenant': 'Khách hàng', 'call.rule': 'Quy tắc',
    'call.device': 'Thiết bị', 'call.alias': 'Tên gọi', 'call.since': 'Bắt đầu', 'call.lasting': 'đã {time}', 'call.security': 'Mã hóa', 'call.clear': 'không mã hóa', 'call.id': 'Mã cuộc gọi',
    'call.direction': 'Hướng', 'call.direction.in': 'thiết bị gọi vào', 'call.direction.out': 'cổng gọi ra', 'call.streams': 'Luồng và lý do', 'call.sees': 'Thiết bị đang thấy',
    'call.graphs': 'Chất lượng mười phút qua', 'call.loss': 'Mất gói', 'call.jitter': 'Dao động', 'call.bitrate': 'Tốc độ bit', 'call.fps': 'Khung hình mỗi giây', 'call.nopoints': 'Số liệu đầu tiên có sau vài giây.',
    'call.in': 'từ thiết bị', 'call.out': 'tới thiết bị', 'call.muted': 'đang bị tắt tiếng', 'call.codec': 'Mã hóa tín hiệu', 'call.path': 'Cách phục vụ', 'call.why': 'Vì sao', 'call.stream': 'Luồng', 'call.keyframes': '{n} khung khóa',
  },
  en: {
    'call': 'Call', 'call.back': 'All calls', 'call.ended': 'The call has ended', 'call.ended.text': 'What happened is in the call records.', 'call.record': 'To its record',
    'call.about': 'About the call', 'call.protocol': 'Protocol', 'call.remote': 'Address', 'call.number': 'Number dialled', 'call.room': 'Room', 'call.tenant': 'Tenant', 'call.rule': 'Rule',
    'call.device': 'Terminal', 'call.alias': 'Alias', 'call.since': 'Began', 'call.lasting': '{time} so far', 'call.security': 'Encryption', 'call.clear': 'not encrypted', 'call.id': 'Call id',
    'call.direction': 'Direction', 'call.direction.in': 'the terminal dialled', 'call.direction.out': 'the gateway called', 'call.streams': 'Streams, and why', 'call.sees': 'The terminal sees',
    'call.graphs': 'Quality over the last ten minutes', 'call.loss': 'Packets lost', 'call.jitter': 'Jitter', 'call.bitrate': 'Bit rate', 'call.fps': 'Pictures a second', 'call.nopoints': 'The first figures come within seconds.',
    'call.in': 'from the terminal', 'call.out': 'to the terminal', 'call.muted': 'muted', 'call.codec': 'Codec', 'call.path': 'Served by', 'call.why': 'Why', 'call.stream': 'Stream', 'call.keyframes': '{n} keyframes',
  },
});

const FIGURES = 2000;
const POINTS = 5000;

page('/calls/:id', {
  title: 'call', right: 'read',
  render(root, { id }) {
    const view = { root, id, call: live.calls.get(id) ?? null, graphs: graphs() };
    const ends = [];
    begin(view).then((there) => there && ends.push(...keepUp(view)));
    return () => {
      view.over = true;
      for (const end of ends) end();
    };
  },
});

async function begin(view) {
  try {
    view.call = { ...view.call, ...(await get(`/calls/${part(view.id)}`)) };
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (!view.over) gone(view);
    return false;
  }
  if (view.over) return false;
  build(view);
  return true;
}

function gone(view) {
  view.root.replaceChildren(head(w('call'), { back: ['/calls', w('call.back')] }),
    empty(w('call.ended'), w('call.ended.text'), el('a.button', { href: `#/records/${part(view.id)}` }, w('call.record'))));
}

function build(view) {
  const c = view.call;
  Object.assign(view, { title: el('span'), about: el('div'), streams: el('tbody'), sees: el('span'), layout: layoutSelect(view), muting: muteButton(view) });
  const actions = may('calls') ? [
    el('label.inline', {}, el('span', { text: w('layout') }), view.layout), view.muting,
    button(w('move'), () => move(view.call, callName(view.call)), { sign: 'move', act: 'move' }),
    button(w('hangup'), async () => (await hangUp(view.call)) && go('/calls'), { kind: 'danger', sign: 'hangup', act: 'hangup' }),
  ] : [];
  const top = head(callName(c), { back: ['/calls', w('call.back')], actions });
  top.querySelector('h1').after(view.title);
  view.root.replaceChildren(top,
    section(w('call.about'), { hook: 'about' }, view.about),
    section(w('call.streams'), { hook: 'streams' }, view.sees, el('div.tablebox', {}, el('div.scroll', { tabindex: 0, role: 'region', 'aria-label': w('call.streams') },
      el('table.grid.streams', {}, el('caption.unseen', { text: w('call.streams') }), el('thead', {}, el('tr', {}, ['call.stream', 'call.codec', 'call.bitrate', 'call.path', 'call.why'].map((k) => el('th', { scope: 'col', text: w(k) })))), view.streams)))),
    section(w('call.graphs'), { hook: 'graphs' }, view.graphs.el));
  fill(view);
}

function layoutSelect(view) {
  const choice = select([['room', w('layout.name.room')], ...layouts.map((l) => [l, w(`layout.name.${l}`)])], view.call.layout || 'room', { data: { act: 'layout' } });
  choice.addEventListener('change', () => attempt(() => patch(`/calls/${part(view.id)}`, { layout: choice.value }), w('layout.done')));
  return choice;
}

function muteButton(view) {
  const b = button('', async () => {
    const on = !view.call.muted;
    if (await mute(view.call, on)) view.call.muted = on;
    fill(view);
  }, { sign: 'mic', act: 'mute' });
  b.classList.add('toggle');
  return b;
}

/** Puts what is known of the call into its places. */
function fill(view) {
  const c = view.call;
  view.title.replaceChildren(stateBadge(c), ...(c.muted ? [badge(w('call.muted'), 'warn', { data: { muted: 'true' } })] : []));
  view.title.className = 'badges';
  const seated = c.layout !== '';
  for (const control of [view.layout, view.muting]) control.disabled = !seated;
  if (document.activeElement !== view.layout) view.layout.value = c.layout || 'room';
  view.muting.setAttribute('aria-pressed', String(Boolean(c.muted)));
  view.muting.replaceChildren(icon(c.muted ? 'micOff' : 'mic'), el('span', { text: w(c.muted ? 'unmute' : 'mute') }));
  view.about.replaceChildren(facts([
    [w('call.device'), [deviceName(c.device) || w('unknown')]],
    [w('call.room'), c.room && [link(`/rooms/${part(c.room)}`, c.room)]],
    [w('call.number'), c.number],
    [w('call.direction'), w(`call.direction.${c.direction}`)],
    [w('call.protocol'), protocol(c)],
    [w('call.remote'), c.remote && [el('span.mono', { text: c.remote })]],
    [w('call.alias'), c.alias && c.alias !== c.name ? [el('span.mono', { text: c.alias })] : ''],
    [w('call.security'), security(c)],
    [w('call.since'), [el('span', { title: full(c.since), text: `${time(c.since)} · ` }), view.clock = el('span', { text: lasting(c) })]],
    [w('call.rule'), c.rule && [link(`/numbers/rule/${part(c.rule)}`, c.rule)]],
    [w('call.tenant'), c.tenant],
    [w('call.id'), [el('span.mono', { text: c.id })]],
  ]));
  view.sees.replaceChildren(...(seated ? [`${w('call.sees')}: `, el('b', { text: w(`layout.name.${c.arrangement || 'still'}`), data: { arrangement: c.arrangement || 'still' } })] : []));
  view.streams.replaceChildren(...['video', 'audio', 'content'].flatMap((kind) => ['in', 'out'].map((way) => [kind, way, c[kind][way]]))
    .filter(([kind, , f]) => kind !== 'content' || f.codec).map(([kind, way, f]) => streamRow(kind, way, f)));
}

function lasting(c) {
  return w('call.lasting', { time: duration(Date.now() - Date.parse(c.since)) });
}

function security(c) {
  const all = [...new Set([c.audio, c.video].filter((s) => s.in.codec || s.out.codec).map((s) => (s.suite && s.suite !== 'none' ? `${s.suite} (${s.encryption.toUpperCase()})` : '')))];
  return all.filter(Boolean).join(', ') || [badge(w('call.clear'), 'warn')];
}

function streamRow(kind, way, f) {
  const size = f.width ? `${f.width}×${f.height}${f.fps ? ` · ${number(f.fps)} fps` : ''}` : '';
  const more = [f.packets ? `${percent(f.lost / (f.packets + f.lost))} · ${number(f.jitter_ms)} ms` : '', kind === 'video' && f.keyframes ? w('call.keyframes', { n: number(f.keyframes) }) : ''].filter(Boolean).join(' · ');
  return el('tr', { data: { stream: `${kind}-${way}` } },
    el('th', { scope: 'row' }, w(`kind.${kind}`), el('span.sub', { text: w(`way.${way}`) })),
    el('td', {}, codec(f.codec) || '–', size && el('span.sub', { text: size })),
    el('td', {}, f.packets ? bits(f.bitrate) : '–', more && el('span.sub', { text: more })),
    el('td', {}, pathBadge(f.path)),
    el('td.reason', { text: reason(f.reason) }));
}

/** The graphs, and how they are shown: pictures and sound, each way. */
function graphs() {
  const series = (of) => [{ title: w('call.in'), of: (p) => of(p, 'in') }, { title: w('call.out'), of: (p) => of(p, 'out') }];
  const all = [];
  const make = (kind, name, text, least, of) => {
    const g = graph({ title: w(`call.${name}`), series: series((p, way) => of(p[kind][way])), text, least, hook: `${kind}-${name}` });
    all.push(g);
    return g.el;
  };
  const parts = (kind, more) => el('div.graphs', { data: { graphs: kind } }, el('h3', { text: w(`kind.${kind}`) }), el('div', {},
    make(kind, 'loss', (v) => percent(v), 0.01, (f) => f.loss), make(kind, 'jitter', (v) => `${number(v, v < 10 ? 1 : 0)} ms`, 10, (f) => f.jitter_ms),
    make(kind, 'bitrate', bits, 64_000, (f) => f.bitrate), more && make(kind, 'fps', (v) => `${number(v, 1)} fps`, 10, (f) => f.fps)));
  const none = el('p.quiet', { text: w('call.nopoints') });
  return {
    el: el('div.graphset', {}, none, parts('video', true), parts('audio', false)),
    set(points) {
      none.hidden = points.length > 0;
      for (const g of all) g.set(points);
    },
  };
}

/** Reads figures and points again and again, and follows the call's events. */
function keepUp(view) {
  const figures = setInterval(async () => {
    if (document.hidden || view.over) return;
    const c = await get(`/calls/${part(view.id)}`).catch(() => null);
    if (!c || view.over) return;
    view.call = c;
    fill(view);
  }, FIGURES);
  const read = async () => {
    if (document.hidden) return;
    const points = await get(`/calls/${part(view.id)}/quality`).catch(() => null);
    if (points && !view.over) view.graphs.set(points);
  };
  const points = setInterval(read, POINTS);
  read();
  const stop = watch(() => {
    const c = live.calls.get(view.id);
    if (!c && live.connected) {
      for (const t of [figures, points]) clearInterval(t);
      if (!view.over) gone(view);
      view.over = true;
    } else if (c && c.room !== view.call.room) {
      view.call = { ...view.call, room: c.room };
      fill(view);
    }
  });
  return [stop, () => clearInterval(figures), () => clearInterval(points)];
}
