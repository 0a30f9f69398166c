// Words of the pages about rooms that administrators set up, and of trunks.

import { words } from './words.js';

words({
  vi: {
    'setups': 'Phòng cố định', 'setups.lead': 'Phòng có sẵn trước khi ai đến, với PIN, sảnh chờ và bố cục riêng. Quy tắc số dẫn tới phòng được ưu tiên hơn.', 'setups.new': 'Thêm phòng', 'setups.edit': 'Phòng cố định', 'setups.search': 'Tìm phòng…',
    'setups.none': 'Chưa có phòng cố định nào', 'setups.none.text': 'Số nào cũng có thể mở phòng. Thêm phòng ở đây để đặt PIN, sảnh chờ hay bố cục cho nó.', 'setups.nothing.text': 'Không có phòng nào chứa “{search}”.', 'setups.saved': 'Đã lưu phòng {name}', 'setups.deleted': 'Đã xóa phòng {name}', 'setups.gone': 'Phòng này không còn được đặt sẵn.',
    'setups.ways': 'Dẫn tới phòng', 'setups.ways.none': 'Chưa có số nào', 'setups.ways.none.text': 'Chưa có quy tắc số nào dẫn tới phòng này. Trình duyệt vẫn vào được bằng trang họp.', 'setups.ways.add': 'Thêm số', 'setups.ways.more': '+{n}', 'setups.ways.unsaved': 'Lưu phòng rồi thêm số dẫn tới phòng.',
    'setups.door': 'Vào phòng', 'setups.inside': 'Trong phòng', 'setups.room': 'Phòng', 'setups.live': 'đang họp: {n}', 'setups.here': 'Đang họp', 'setups.page': 'Trang họp', 'setups.taken': 'Đã có phòng với tên này.', 'setups.conflict': 'Người khác đã sửa phòng này. Trang đã tải lại; hãy sửa lại.', 'setups.left': 'Rời trang mà không lưu?', 'setups.left.text': 'Có {n} ô chưa lưu sẽ mất.', 'setups.leave': 'Rời trang',
    'setups.hint.name': 'Đứng trong địa chỉ trang họp và trong quy tắc số; không đổi về sau', 'setups.hint.locked': 'Chỉ chủ trì vào được, bằng PIN của họ', 'field.locked': 'Khóa', 'rule.wrong.name': 'Tối đa 64 byte, không có / \\ ? # % @.', 'rule.wrong.locked': 'Phòng khóa cần PIN của chủ trì, nếu không sẽ không ai vào được.',
    'trunks': 'Trung kế', 'trunks.name': 'Tên', 'trunks.state': 'Trạng thái', 'trunks.up': 'hoạt động', 'trunks.down': 'không hoạt động', 'trunks.prefixes': 'Đầu số', 'trunks.all': 'mọi số', 'trunks.since': 'Từ', 'trunks.error': 'Lỗi gần nhất',
  },
  en: {
    'setups': 'Permanent rooms', 'setups.lead': 'Rooms that are there before anybody comes, with PINs, a lobby and a layout of their own. Rules of numbers that lead there come first.', 'setups.new': 'New room', 'setups.edit': 'Permanent room', 'setups.search': 'Search rooms…',
    'setups.none': 'No permanent rooms yet', 'setups.none.text': 'Any number can open a room. Add one here to give it PINs, a lobby or a layout.', 'setups.nothing.text': 'No room has “{search}” in it.', 'setups.saved': 'Room {name} saved', 'setups.deleted': 'Room {name} deleted', 'setups.gone': 'This room is not set up any more.',
    'setups.ways': 'What leads here', 'setups.ways.none': 'No number yet', 'setups.ways.none.text': 'No rule of a number leads to this room. Browsers get in by its meeting page.', 'setups.ways.add': 'Add a number', 'setups.ways.more': '+{n}', 'setups.ways.unsaved': 'Save the room, then add numbers that lead to it.',
    'setups.door': 'Getting in', 'setups.inside': 'Inside', 'setups.room': 'Room', 'setups.live': 'meeting: {n}', 'setups.here': 'Meeting now', 'setups.page': 'Meeting page', 'setups.taken': 'There is a room of this name.', 'setups.conflict': 'Somebody else changed this room. It was read again; make your change once more.', 'setups.left': 'Leave without saving?', 'setups.left.text': '{n} fields are not saved and will be lost.', 'setups.leave': 'Leave',
    'setups.hint.name': 'Stands in the address of its page and in rules of numbers; it stays', 'setups.hint.locked': 'Hosts alone get in, by their PIN', 'field.locked': 'Locked', 'rule.wrong.name': 'At most 64 bytes, without / \\ ? # % @.', 'rule.wrong.locked': 'A locked room needs a host PIN, or nobody gets in.',
    'trunks': 'Trunks', 'trunks.name': 'Name', 'trunks.state': 'State', 'trunks.up': 'up', 'trunks.down': 'down', 'trunks.prefixes': 'Numbers', 'trunks.all': 'all', 'trunks.since': 'Since', 'trunks.error': 'Last error',
  },
});
