// The gateway says in English why something is as it is. Here it is said in Vietnamese too; what is not known here stays as it came.

import { language } from './words.js';

const told = [
  [/^both ends speak (.+): packets of (.+) are passed on$/, 'hai bên đều dùng {1}: gói tin của {2} được chuyển thẳng'],
  [/^both ends speak (.+): its packets are passed on$/, 'hai bên đều dùng {1}: gói tin được chuyển thẳng'],
  [/^both ends speak (.+)$/, 'hai bên đều dùng {1}'],
  [/^the picture of (.+) is (\d+) by (\d+), more than the terminal takes: it is transcoded$/, 'hình của {1} là {2}×{3}, lớn hơn mức thiết bị nhận được: phải chuyển mã'],
  [/^the picture of (.+) has far more bits than the terminal takes: it is transcoded$/, 'hình của {1} có tốc độ bit cao hơn nhiều so với mức thiết bị nhận được: phải chuyển mã'],
  [/^a picture is composed with names in the meeting's media worker$/, 'hình được ghép kèm tên trong bộ xử lý của cuộc họp'],
  [/^(\d+) pictures are composed in the meeting's media worker(.*)$/, '{1} hình được ghép trong bộ xử lý của cuộc họp{2}'],
  [/^nobody else shows a picture: the room's name is drawn in the meeting's media worker$/, 'không ai khác có hình: màn hình hiện tên phòng'],
  [/^it is transcoded for who does not take it as it is$/, 'được chuyển mã cho người không nhận được nguyên dạng'],
  [/^it is composed with other pictures$/, 'được ghép với các hình khác'],
  [/^every participant gets a mix without themselves$/, 'mỗi người nghe bản trộn không có tiếng của chính mình'],
  [/^two are alone and both speak (.+): packets are passed on$/, 'chỉ có hai bên và đều dùng {1}: gói tin được chuyển thẳng'],
  [/^packets are passed on until the media worker has the mix$/, 'gói tin được chuyển thẳng cho đến khi bộ xử lý trộn xong'],
  [/^nobody is there to see it$/, 'không có ai để xem'],
  [/^(.+) does not take (.+)$/, '{1} không nhận được {2}'],
  [/^not negotiated$/, 'không được thỏa thuận'],
  [/^the terminal is on hold$/, 'thiết bị đang giữ máy'],
  [/^the terminal does not send$/, 'thiết bị không gửi'],
  [/^the terminal does not receive$/, 'thiết bị không nhận'],
  [/^nothing was decided yet$/, 'chưa quyết định'],
  [/^the call has no seat in a room$/, 'cuộc gọi chưa có chỗ trong phòng'],
  [/^no slides were negotiated$/, 'không thỏa thuận trình chiếu'],
  [/^no content is negotiated$/, 'không thỏa thuận trình chiếu'],
  [/^an administrator hung up$/, 'quản trị viên đã ngắt'],
  [/^the room is full$/, 'phòng đã đầy'],
  [/^the room is locked$/, 'phòng đã khóa'],
];

/** A reason in the reader's language, beginning with a capital letter. */
export function reason(text, lang = language()) {
  const said = lang === 'vi' ? vietnamese(text ?? '') : (text ?? '');
  return said.charAt(0).toLocaleUpperCase(lang) + said.slice(1);
}

function vietnamese(text) {
  for (const [pattern, words] of told) {
    const found = pattern.exec(text);
    if (found) return words.replace(/\{(\d)\}/g, (_, n) => found[n] ?? '');
  }
  return text;
}
