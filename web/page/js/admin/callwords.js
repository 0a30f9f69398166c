// Words and small parts that pages about calls share.

import { deviceName } from '../roster.js';
import { badge, el } from './ui.js';
import { known, w, words } from './words.js';

words({
  vi: {
    'path.relay': 'chuyển thẳng', 'path.transcode': 'chuyển mã', 'path.compose': 'ghép hình', 'path.none': 'không có',
    'state.routing': 'đang định tuyến', 'state.ringing': 'đang đổ chuông', 'state.connected': 'đã kết nối', 'state.ended': 'đã kết thúc',
    'stage.number': 'đang hỏi số', 'stage.pin': 'đang hỏi PIN', 'stage.lobby': 'trong phòng chờ', 'stage.calling': 'đang gọi tiếp', 'stage.welcome': 'đang xem lời chào', 'stage.refused': 'đang được báo lý do',
    'layout.name.auto': 'Tự động', 'layout.name.speaker': 'Người nói', 'layout.name.one-plus-n': 'Người nói lớn, người khác bên cạnh', 'layout.name.grid': 'Lưới đều', 'layout.name.content': 'Trình chiếu lớn',
    'layout.name.room': 'Theo phòng', 'layout.name.single': 'Một hình', 'layout.name.still': 'Ảnh tĩnh tên phòng', 'layout': 'Bố cục', 'layout.done': 'Đã đổi bố cục',
    'kind.audio': 'Âm thanh', 'kind.video': 'Hình ảnh', 'kind.content': 'Trình chiếu', 'way.in': 'Từ thiết bị', 'way.out': 'Tới thiết bị',
    'hangup': 'Ngắt cuộc gọi', 'hangup.sure': 'Ngắt cuộc gọi với {name}?', 'hangup.text': 'Thiết bị rời phòng {room} ngay.', 'hangup.done': 'Đã ngắt {name}',
    'mute': 'Tắt tiếng', 'unmute': 'Bật tiếng', 'move': 'Chuyển phòng', 'gauge.limit': 'giới hạn {limit} %',
  },
  en: {
    'path.relay': 'passed through', 'path.transcode': 'transcoded', 'path.compose': 'composed', 'path.none': 'none',
    'state.routing': 'being routed', 'state.ringing': 'ringing', 'state.connected': 'connected', 'state.ended': 'ended',
    'stage.number': 'asked for a number', 'stage.pin': 'asked for a PIN', 'stage.lobby': 'in the lobby', 'stage.calling': 'calling on', 'stage.welcome': 'being greeted', 'stage.refused': 'told why not',
    'layout.name.auto': 'Automatic', 'layout.name.speaker': 'Speaker', 'layout.name.one-plus-n': 'Speaker large, others beside', 'layout.name.grid': 'Grid', 'layout.name.content': 'Slides large',
    'layout.name.room': 'As the room', 'layout.name.single': 'One picture', 'layout.name.still': 'Still picture with the room’s name', 'layout': 'Layout', 'layout.done': 'The layout was changed',
    'kind.audio': 'Sound', 'kind.video': 'Picture', 'kind.content': 'Slides', 'way.in': 'From the terminal', 'way.out': 'To the terminal',
    'hangup': 'Hang up', 'hangup.sure': 'Hang up the call with {name}?', 'hangup.text': 'The terminal leaves the room {room} at once.', 'hangup.done': '{name} was hung up',
    'mute': 'Mute', 'unmute': 'Unmute', 'move': 'Move to another room', 'gauge.limit': 'limit {limit} %',
  },
});

export const layouts = ['auto', 'speaker', 'one-plus-n', 'grid', 'content'];
const pathKinds = { relay: 'accent', transcode: 'warn', compose: 'info', none: '' };
const stateKinds = { routing: 'warn', ringing: 'warn', connected: 'good', ended: '' };

export function callName(c) {
  return c.name || deviceName(c.device) || c.alias || c.remote || c.id;
}

export function pathBadge(p) {
  return badge(w(`path.${p}`), pathKinds[p], { data: { path: p } });
}

/** Where a call stands; what it waits for before it is in its room, if it does. */
export function stateBadge(c) {
  if (c.stage && known(`stage.${c.stage}`)) return badge(w(`stage.${c.stage}`), 'info', { data: { state: c.state, stage: c.stage } });
  return badge(w(`state.${c.state}`), stateKinds[c.state], { data: { state: c.state } });
}

const codecs = { H264: 'H.264', H263: 'H.263', H261: 'H.261', H265: 'H.265', G722: 'G.722', PCMU: 'G.711 µ-law', PCMA: 'G.711 A-law', G7221: 'G.722.1', G729: 'G.729' };

/** A codec as people write it. */
export function codec(name) {
  return codecs[name] ?? name;
}

/** SIP · TLS */
export function protocol(c) {
  return [c.protocol === 'h323' ? 'H.323' : c.protocol.toUpperCase(), c.transport && c.transport.toUpperCase()].filter(Boolean).join(' · ');
}

/** The dearest way in which a call's pictures are served: what an operator looks for. */
export function dearest(c) {
  const all = [c.video.in.path, c.video.out.path];
  return ['compose', 'transcode', 'relay', 'none'].find((p) => all.includes(p)) ?? 'none';
}

export function two(main, sub) {
  return [main, sub && el('span.sub', { text: sub })];
}

export { deviceName };
