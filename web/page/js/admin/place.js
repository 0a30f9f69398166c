// Calling a terminal into a room, and moving a call to another.

import { get, part, patch, post } from './api.js';
import { hear, live } from './live.js';
import { reason } from './reasons.js';
import { attempt, dialog, el, field, form, toast } from './ui.js';
import { w, words } from './words.js';

words({
  vi: {
    'place.title': 'Gọi thiết bị vào phòng', 'place.target': 'Gọi ai', 'place.target.hint': 'Tên thiết bị đã đăng ký, hoặc địa chỉ như sip:1001@10.0.0.7 hay h323:10.0.0.8',
    'place.room': 'Vào phòng', 'place.name': 'Tên hiển thị trên thiết bị', 'place.name.hint': 'Để trống thì là tên phòng.', 'place.go': 'Gọi',
    'place.under': 'Đang gọi {name}…', 'place.answered': '{name} đã trả lời', 'place.failed': '{name} không vào được: {reason}',
    'move.title': 'Chuyển {name} sang phòng khác', 'move.room': 'Phòng', 'move.go': 'Chuyển', 'move.done': 'Đã chuyển {name} sang phòng {room}',
    'move.hint': 'Thiết bị không bị hỏi PIN ở phòng mới.',
  },
  en: {
    'place.title': 'Call a terminal into a room', 'place.target': 'Whom to call', 'place.target.hint': 'A registered terminal’s name, or an address such as sip:1001@10.0.0.7 or h323:10.0.0.8',
    'place.room': 'Into the room', 'place.name': 'Name shown on the terminal', 'place.name.hint': 'Left empty it is the room’s name.', 'place.go': 'Call',
    'place.under': 'Calling {name}…', 'place.answered': '{name} has answered', 'place.failed': '{name} did not come in: {reason}',
    'move.title': 'Move {name} to another room', 'move.room': 'Room', 'move.go': 'Move', 'move.done': '{name} was moved to the room {room}',
    'move.hint': 'The terminal is not asked for a PIN there.',
  },
});

/** A list of suggestions for an input. */
function suggestions(id, list) {
  return el('datalist', { id }, list.map((v) => el('option', { value: v })));
}

function deviceNames() {
  return [...new Set([...live.devices.values()].filter((d) => d.online).map((d) => d.name))].sort();
}

/** Asks whom to call into which room, and calls. */
export function place({ target = '', room = '' } = {}) {
  return dialog(w('place.title'), (close) => {
    const whom = field('target', w('place.target'), { required: true, maxlength: 512, value: target, spellcheck: 'false', autocapitalize: 'none', list: 'place-devices' }, { hint: w('place.target.hint') });
    const into = field('room', w('place.room'), { required: true, maxlength: 256, value: room, list: 'place-rooms', ...(target && { autofocus: true }) });
    const name = field('name', w('place.name'), { maxlength: 64 }, { hint: w('place.name.hint') });
    return [suggestions('place-devices', deviceNames()), suggestions('place-rooms', [...live.rooms.keys()].sort()),
      form([whom, into, name], { text: w('place.go'), cancel: () => close(), hook: 'place', submit: async (v) => {
        const call = await post('/calls', { target: v.target.trim(), room: v.room.trim(), ...(v.name && { name: v.name }) });
        close(call);
        toast(w('place.under', { name: v.target.trim() }));
        follow(call.id, v.target.trim());
      } })];
  }, { hook: 'place' });
}

const followed = new Map();

/** Tells how a placed call went. */
function follow(id, name) {
  if (followed.size === 0) {
    hear('call', (c) => {
      if (!followed.has(c.id) || c.state !== 'connected') return;
      toast(w('place.answered', { name: followed.get(c.id) }));
      followed.delete(c.id);
    });
    hear('record.added', ({ item }) => ended(item.id, item.reason || item.cause));
    hear('call.ended', ({ id: gone }) => followed.has(gone) && setTimeout(why, 1500, gone));
  }
  followed.set(id, name);
}

/** What has no record yet is looked up, once. */
async function why(id) {
  if (!followed.has(id)) return;
  const record = await get(`/records/${part(id)}`, { tenant: '' }).catch(() => null);
  ended(id, record?.reason ?? '');
}

function ended(id, text) {
  if (!followed.has(id)) return;
  toast(w('place.failed', { name: followed.get(id), reason: reason(text) || w('unknown') }), 'bad');
  followed.delete(id);
}

/** Asks for the room to which a call is moved, and moves it. */
export function move(call, name) {
  return dialog(w('move.title', { name }), (close) => {
    const into = field('room', w('move.room'), { required: true, maxlength: 256, list: 'move-rooms', autofocus: true }, { hint: w('move.hint') });
    return [suggestions('move-rooms', [...live.rooms.keys()].filter((r) => r !== call.room).sort()),
      form([into], { text: w('move.go'), cancel: () => close(), hook: 'move', submit: async (v) => {
        await patch(`/calls/${part(call.id)}`, { room: v.room.trim() });
        close(true);
        toast(w('move.done', { name, room: v.room.trim() }));
      } })];
  }, { hook: 'move' });
}

/** Mutes a call, or lets it be heard again. */
export function mute(call, on) {
  return attempt(() => patch(`/calls/${part(call.id)}`, { muted: on }));
}
