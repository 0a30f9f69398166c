// The rooms in which somebody is, and one room: who is there, who waits, and what a host could do.

import { del, get, may, part, patch, post, tenant } from './api.js';
import { layouts, two } from './callwords.js';
import { hangUp } from './calls.js';
import { live, watch } from './live.js';
import { move, place } from './place.js';
import { latest, qualityCell, qualitySign, reading } from './quality.js';
import { go, page, remember } from './router.js';
import { ago, attempt, badge, button, duration, el, empty, fold, head, icon, iconButton, link, number, searchBox, section, select, sure, table } from './ui.js';
import { w, words } from './words.js';

words({
  vi: {
    'rooms': 'Phòng', 'rooms.name': 'Tên phòng', 'rooms.people': 'Người tham gia', 'rooms.people.n': 'thiết bị {terminals} · trình duyệt {browsers}', 'rooms.waiting': 'Đang chờ', 'rooms.entry': 'Cửa',
    'rooms.layout': 'Bố cục', 'rooms.speaker': 'Đang nói', 'rooms.since': 'Thời gian', 'rooms.search': 'Tìm phòng hoặc người…', 'rooms.none': 'Không có ai trong phòng nào', 'rooms.none.text': 'Phòng hiện ra khi người đầu tiên vào.',
    'entry.open': 'Mở', 'entry.lobby': 'Phòng chờ', 'entry.locked': 'Khóa', 'entry.done': 'Đã đổi cách vào phòng',
    'room': 'Phòng', 'room.back': 'Mọi phòng', 'room.ended': 'Phòng đã đóng', 'room.ended.text': 'Không còn ai ở trong.', 'room.people': 'Đang trong phòng', 'room.waiting': 'Đang chờ được vào', 'room.open': 'Mở trang họp',
    'room.admit': 'Cho vào', 'room.refuse': 'Từ chối', 'room.admitall': 'Cho tất cả vào', 'room.muteall': 'Tắt tiếng mọi người', 'room.muteall.done': 'Đã tắt tiếng mọi người, trừ chủ trì', 'room.end': 'Kết thúc cho mọi người',
    'room.end.sure': 'Kết thúc cuộc họp trong phòng {name}?', 'room.end.text': 'Cả {n} người tham gia sẽ bị đưa ra, thiết bị bị ngắt máy.', 'room.end.done': 'Cuộc họp đã kết thúc',
    'room.remove': 'Đưa {name} ra khỏi phòng', 'room.remove.sure': 'Đưa {name} ra khỏi phòng?', 'room.remove.text': 'Người này có thể vào lại nếu phòng không khóa.', 'room.remove.yes': 'Đưa ra', 'room.removed': 'Đã đưa {name} ra',
    'room.sincewhen': 'Chờ từ', 'room.who': 'Ai', 'room.role': 'Vai trò', 'role.host': 'chủ trì', 'role.guest': 'khách', 'role.none': 'chưa rõ', 'room.sound': 'Trạng thái', 'room.quality': 'Chất lượng', 'room.here': 'Đã ở', 'room.mute': 'Tắt tiếng {name}', 'room.unmute': 'Bật tiếng {name}',
    'room.silenced': 'bị tắt tiếng', 'room.micoff': 'tự tắt micrô', 'room.camoff': 'tắt camera', 'room.sharing': 'đang trình chiếu', 'room.speaking': 'đang nói', 'room.terminal': 'thiết bị', 'room.browser': 'trình duyệt', 'room.moveone': 'Chuyển {name} sang phòng khác', 'room.lead': 'Cho {name} làm chủ trì', 'room.unlead': 'Thôi cho {name} chủ trì',
  },
  en: {
    'rooms': 'Rooms', 'rooms.name': 'Room', 'rooms.people': 'Participants', 'rooms.people.n': 'terminals {terminals} · browsers {browsers}', 'rooms.waiting': 'Waiting', 'rooms.entry': 'Door',
    'rooms.layout': 'Layout', 'rooms.speaker': 'Speaking', 'rooms.since': 'Duration', 'rooms.search': 'Search rooms or people…', 'rooms.none': 'Nobody is in a room', 'rooms.none.text': 'A room is here as soon as the first one enters.',
    'entry.open': 'Open', 'entry.lobby': 'Lobby', 'entry.locked': 'Locked', 'entry.done': 'The door was changed',
    'room': 'Room', 'room.back': 'All rooms', 'room.ended': 'The room has closed', 'room.ended.text': 'Nobody is in it any more.', 'room.people': 'In the room', 'room.waiting': 'Waiting to be let in', 'room.open': 'Open the meeting page',
    'room.admit': 'Let in', 'room.refuse': 'Refuse', 'room.admitall': 'Let all in', 'room.muteall': 'Mute everybody', 'room.muteall.done': 'Everybody but hosts was muted', 'room.end': 'End for everybody',
    'room.end.sure': 'End the meeting in the room {name}?', 'room.end.text': 'All {n} participants are sent away; terminals are hung up.', 'room.end.done': 'The meeting has ended',
    'room.remove': 'Remove {name} from the room', 'room.remove.sure': 'Remove {name} from the room?', 'room.remove.text': 'They may come back unless the room is locked.', 'room.remove.yes': 'Remove', 'room.removed': '{name} was removed',
    'room.sincewhen': 'Since', 'room.who': 'Who', 'room.role': 'Role', 'role.host': 'host', 'role.guest': 'guest', 'role.none': 'not known', 'room.sound': 'State', 'room.quality': 'Quality', 'room.here': 'Here for', 'room.mute': 'Mute {name}', 'room.unmute': 'Unmute {name}',
    'room.silenced': 'muted by a host', 'room.micoff': 'microphone off', 'room.camoff': 'camera off', 'room.sharing': 'sharing a screen', 'room.speaking': 'speaking', 'room.terminal': 'terminal', 'room.browser': 'browser', 'room.moveone': 'Move {name} to another room', 'room.lead': 'Make {name} a host', 'room.unlead': 'Take the lead from {name}',
  },
});

const entries = ['open', 'lobby', 'locked'];
const entryKinds = { open: '', lobby: 'info', locked: 'warn' };
const address = (name) => `/rooms/${part(name)}`;

function entryBadge(e) {
  return badge(w(`entry.${e}`), entryKinds[e], { data: { entry: e } });
}

function count(r, kind) {
  return r.participants.filter((p) => p.kind === kind).length;
}

function speaker(r) {
  const p = r.participants.find((one) => one.id === r.speaker);
  return p ? p.name || p.device : '';
}

/** The rooms of the chosen tenant; of all, where none is chosen. */
export function ownRooms() {
  const all = [...live.rooms.values()];
  return tenant() ? all.filter((r) => r.tenant === tenant() || (!r.tenant && !r.name.includes('@'))) : all;
}

export function roomTable({ empty: none, size, without = [], hook = 'rooms' } = {}) {
  return table({
    caption: w('rooms'), hook, key: (r) => r.name, open: (r) => go(address(r.name)), sort: ['people', true], empty: none, size,
    columns: [
      { name: 'name', title: w('rooms.name'), sort: (r) => r.name, same: (r) => `${r.name} ${r.tenant}`, kind: 'main', cell: (r) => link(address(r.name), r.name) },
      { name: 'people', title: w('rooms.people'), down: true, sort: (r) => r.participants.length, same: (r) => `${count(r, 'terminal')} ${count(r, 'browser')}`,
        cell: (r) => two(number(r.participants.length), w('rooms.people.n', { terminals: count(r, 'terminal'), browsers: count(r, 'browser') })) },
      { name: 'waiting', title: w('rooms.waiting'), down: true, sort: (r) => r.waiting.length, same: (r) => String(r.waiting.length), cell: (r) => (r.waiting.length ? badge(number(r.waiting.length), 'warn') : '–') },
      { name: 'entry', title: w('rooms.entry'), sort: (r) => r.entry, same: (r) => r.entry, cell: (r) => entryBadge(r.entry) },
      { name: 'layout', title: w('rooms.layout'), cell: (r) => w(`layout.name.${r.layout || 'auto'}`) },
      { name: 'speaker', title: w('rooms.speaker'), cell: (r) => speaker(r) || '–' },
      { name: 'since', title: w('rooms.since'), kind: 'num', sort: (r) => r.since, cell: (r) => duration(Date.now() - Date.parse(r.since)) },
    ].filter((c) => !without.includes(c.name)),
  });
}

page('/rooms', {
  title: 'rooms', icon: 'rooms', group: 'nav.live', order: 3, right: 'read',
  render(root, params) {
    let search = params.query.get('search') ?? '';
    const list = roomTable({ empty: empty(w('rooms.none'), w('rooms.none.text')) });
    root.append(head(w('rooms'), { actions: may('calls') ? [button(w('place.title'), () => place(), { kind: 'primary', sign: 'invite', act: 'place' })] : [] }),
      el('div.tools', {}, searchBox(w('rooms.search'), (text) => {
        search = text;
        list.top();
        remember(`/rooms${text ? `?${new URLSearchParams({ search })}` : ''}`);
        draw();
      }, search)), list.el);
    function draw() {
      const all = fold(search).split(/\s+/).filter(Boolean);
      list.set(ownRooms().filter((r) => {
        const text = fold([r.name, ...r.participants.flatMap((p) => [p.name, p.device, p.number])].join(' '));
        return all.every((p) => text.includes(p));
      }));
    }
    draw();
    const stop = watch(draw);
    const clock = setInterval(draw, 1000);
    return () => {
      clearInterval(clock);
      stop();
    };
  },
});

page('/rooms/:name', {
  title: 'room', right: 'read',
  render(root, { name }) {
    const view = { root, name };
    view.draw = () => (live.rooms.has(name) ? show(view) : live.connected && closed(view));
    view.draw();
    const ends = [watch(view.draw), reading(view.draw)];
    const clock = setInterval(view.draw, 1000);
    if (!live.rooms.has(name)) settle(view);
    return () => {
      clearInterval(clock);
      for (const end of ends) end();
    };
  },
});

/** A tenant may name its room without what stands behind the @. */
async function settle(view) {
  const r = await get(`/rooms/${part(view.name)}`).catch(() => null);
  if (r && r.name !== view.name) go(address(r.name), { replace: true });
}

function closed(view) {
  if (view.parts === null) return;
  view.parts = null;
  view.root.replaceChildren(head(view.name, { back: ['/rooms', w('room.back')] }), empty(w('room.ended'), w('room.ended.text'), el('a.button', { href: `/room/${part(view.name)}` }, w('room.open'))));
}

const act = (name, path = '') => `/rooms/${part(name)}${path}`;

function show(view) {
  const r = live.rooms.get(view.name);
  view.room = r;
  if (!view.parts) build(view);
  const p = view.parts;
  for (const [e, b] of p.doors) b.setAttribute('aria-pressed', String(e === r.entry));
  if (document.activeElement !== p.layout) p.layout.value = r.layout || 'auto';
  p.count.textContent = number(r.participants.length);
  p.people.set(r.participants);
  p.waiting.hidden = r.waiting.length === 0;
  p.guests.set(r.waiting);
}

function build(view) {
  const { name } = view;
  const lead = may('calls');
  const doors = entries.map((e) => [e, el('button', { type: 'button', disabled: !lead, data: { entry: e }, onclick: () => attempt(() => patch(act(name), { entry: e }), w('entry.done')) }, w(`entry.${e}`))]);
  const layout = select(layouts.map((l) => [l, w(`layout.name.${l}`)]), 'auto', { 'aria-label': w('rooms.layout'), disabled: !lead, data: { act: 'layout' } });
  layout.addEventListener('change', () => attempt(() => patch(act(name), { layout: layout.value }), w('layout.done')));
  const guests = guestTable(view, lead);
  const count = badge('', '', { data: { count: 'people' } });
  const people = section(w('room.people'), { hook: 'people', actions: lead ? [button(w('room.muteall'), () => attempt(() => post(act(name, '/mute')), w('room.muteall.done')), { sign: 'micOff', act: 'mute-all' })] : [] });
  people.querySelector('h2').after(count);
  view.parts = {
    doors, layout, count, guests, people: peopleTable(view, lead),
    waiting: section(w('room.waiting'), { hook: 'waiting', actions: lead ? [button(w('room.admitall'), () => decide(view, '', true), { act: 'admit-all' })] : [] }, guests.el),
  };
  people.append(view.parts.people.el);
  view.root.replaceChildren(
    head(name, { back: ['/rooms', w('room.back')], actions: [
      el('a.button', { href: `/room/${part(name)}`, target: '_blank', rel: 'noopener' }, icon('open'), w('room.open')),
      lead && button(w('place.title'), () => place({ room: name }), { kind: 'primary', sign: 'invite', act: 'place' }),
      lead && button(w('room.end'), () => end(view), { kind: 'danger', sign: 'power', act: 'end' }),
    ] }),
    el('div.tools', {}, el('span.inline', {}, el('span', { text: w('rooms.entry') }), el('div.switch', { role: 'group', 'aria-label': w('rooms.entry') }, doors.map(([, b]) => b))),
      el('label.inline', {}, el('span', { text: w('rooms.layout') }), layout)),
    view.parts.waiting, people);
}

async function end(view) {
  if (!(await sure(w('room.end.sure', { name: view.name }), w('room.end.text', { n: view.room.participants.length }), { yes: w('room.end') }))) return;
  await attempt(() => del(act(view.name)), w('room.end.done'));
}

function decide(view, id, admit) {
  return attempt(() => post(act(view.name, `/waiting${id && `/${part(id)}`}`), { admit }));
}

function guestTable(view, lead) {
  return table({
    caption: w('room.waiting'), hook: 'waiting', key: (g) => g.id, columns: [
      { name: 'who', title: w('room.who'), same: (g) => g.name, cell: (g) => [el('span.named', {}, icon(g.kind === 'terminal' ? 'devices' : 'browser'), g.name || g.number)] },
      { name: 'number', title: w('calls.number'), cell: (g) => g.number || '–' },
      { name: 'since', title: w('room.sincewhen'), cell: (g) => ago(g.since) },
      lead && { name: 'actions', title: '', kind: 'tight', same: () => 'x', cell: (g) => el('div.actions.small', {}, button(w('room.admit'), () => decide(view, g.id, true), { kind: 'primary', act: 'admit' }), button(w('room.refuse'), () => decide(view, g.id, false), { act: 'refuse' })) },
    ].filter(Boolean),
  });
}

const nameOf = (p) => p.name || p.device || p.id;

function peopleTable(view, lead) {
  const speaking = (p) => view.room.speaker === p.id;
  const states = (p) => [speaking(p) && 'speaking', p.silenced && 'silenced', p.audio_muted && 'micoff', p.video_off && 'camoff', p.sharing && 'sharing'].filter(Boolean);
  const stateKind = { speaking: 'good', silenced: 'warn', sharing: 'info' };
  const columns = [
    { name: 'who', title: w('room.who'), sort: nameOf, kind: 'main', same: (p) => `${nameOf(p)} ${p.kind} ${p.number}`,
      cell: (p) => el('span.named', {}, icon(p.kind === 'terminal' ? 'devices' : 'browser'), el('span', {}, two(p.call ? link(`/calls/${part(p.call)}`, nameOf(p)) : el('b', { text: nameOf(p) }), p.kind === 'terminal' ? p.number || w('room.terminal') : w('room.browser')))) },
    { name: 'role', title: w('room.role'), sort: (p) => p.role, same: (p) => p.role, cell: (p) => (p.role === 'host' ? badge(w('role.host'), 'accent') : w(`role.${p.role || 'none'}`)) },
    { name: 'state', title: w('room.sound'), same: (p) => states(p).join(), cell: (p) => el('span.badges', {}, states(p).map((s) => badge(w(`room.${s}`), stateKind[s], { data: { is: s } }))) },
    { name: 'quality', title: w('room.quality'), same: (p) => qualitySign(latest.get(p.call)), cell: (p) => qualityCell(latest.get(p.call)) },
    { name: 'since', title: w('room.here'), kind: 'num', sort: (p) => p.since, cell: (p) => duration(Date.now() - Date.parse(p.since)) },
    lead && { name: 'actions', title: '', kind: 'tight', same: (p) => `${p.silenced} ${p.role} ${p.id}`, cell: (p) => participantActions(view, p) },
  ];
  return table({ caption: w('room.people'), hook: 'people', key: (p) => p.id, sort: ['who', false], columns: columns.filter(Boolean) });
}

function participantActions(view, p) {
  const name = nameOf(p);
  const leads = p.role === 'host';
  const change = (what) => attempt(() => patch(act(view.name, `/participants/${part(p.id)}`), what));
  return el('div.actions', {},
    iconButton(p.silenced ? 'micOff' : 'mic', w(p.silenced ? 'room.unmute' : 'room.mute', { name }), () => change({ muted: !p.silenced }), { act: 'mute', 'aria-pressed': String(p.silenced) }),
    p.kind === 'browser' ? iconButton('lead', w(leads ? 'room.unlead' : 'room.lead', { name }), () => change({ role: leads ? 'guest' : 'host' }), { act: 'role', 'aria-pressed': String(leads) }) : null,
    p.call ? iconButton('move', w('room.moveone', { name }), () => move({ id: p.call, room: view.name }, name), { act: 'move' }) : null,
    iconButton(p.call ? 'hangup' : 'remove', w('room.remove', { name }), () => remove(view, p), { act: 'remove' }));
}

async function remove(view, p) {
  const name = nameOf(p);
  const call = p.call && live.calls.get(p.call);
  if (call) return hangUp(call);
  if (!(await sure(w('room.remove.sure', { name }), w('room.remove.text'), { yes: w('room.remove.yes') }))) return undefined;
  return attempt(() => del(act(view.name, `/participants/${part(p.id)}`)), w('room.removed', { name }));
}
