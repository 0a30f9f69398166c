// Words that all administration pages share.

import { words } from './words.js';

words({
  vi: {
    'save': 'Lưu', 'cancel': 'Hủy', 'yes': 'Có', 'delete': 'Xóa', 'edit': 'Sửa', 'add': 'Thêm', 'search': 'Tìm', 'apply': 'Áp dụng', 'back': 'Quay lại', 'retry': 'Thử lại',
    'failed': 'Không thực hiện được: {reason}', 'saved': 'Đã lưu', 'deleted': 'Đã xóa', 'none': 'Không có', 'unknown': 'Không rõ', 'on': 'Bật', 'off': 'Tắt',
    'form.required': 'Cần điền ô này.',
    'problem.offline': 'Cổng không trả lời.', 'problem.wait': 'Quá nhiều lần thử. Thử lại sau {n} giây.', 'problem.broken': 'Cổng gặp lỗi; nhật ký của cổng nói vì sao.', 'problem.forbidden': 'Bạn không được phép làm việc này.', 'problem.title': 'Không đọc được', 'problem.status': 'Cổng từ chối ({status}).',
    'table.range': '{first}–{last} trong {all}', 'table.range.open': '{first}–{last}', 'table.previous': 'Trang trước', 'table.next': 'Trang sau', 'table.actions': 'Thao tác',
    'time.now': 'vừa xong',
    'nav': 'Các trang quản trị', 'nav.live': 'Trực tiếp', 'nav.plan': 'Số và phòng', 'nav.past': 'Nhật ký', 'nav.manage': 'Quản lý', 'nav.menu': 'Mở danh mục',
    'shell.skip': 'Đến nội dung', 'shell.tenant': 'Khách hàng', 'shell.tenant.all': 'Mọi khách hàng', 'shell.account': 'Tài khoản', 'shell.theme': 'Giao diện',
    'shell.signout': 'Đăng xuất', 'shell.live': 'Trực tiếp', 'shell.lost': 'Mất kết nối, đang thử lại', 'shell.api': 'Mô tả API', 'shell.metrics': 'Số đo',
    'shell.operator': 'Người vận hành', 'shell.administrator': 'Quản trị viên', 'shell.viewer': 'Người xem', 'shell.thismachine': 'Máy này',
  },
  en: {
    'save': 'Save', 'cancel': 'Cancel', 'yes': 'Yes', 'delete': 'Delete', 'edit': 'Edit', 'add': 'Add', 'search': 'Search', 'apply': 'Apply', 'back': 'Back', 'retry': 'Try again',
    'failed': 'That did not work: {reason}', 'saved': 'Saved', 'deleted': 'Deleted', 'none': 'None', 'unknown': 'Unknown', 'on': 'On', 'off': 'Off',
    'form.required': 'This is needed.',
    'problem.offline': 'The gateway does not answer.', 'problem.wait': 'Too many tries. Try again in {n} seconds.', 'problem.broken': 'Something in the gateway failed; its log says why.', 'problem.forbidden': 'You may not do this.', 'problem.title': 'It could not be read', 'problem.status': 'The gateway refused ({status}).',
    'table.range': '{first}–{last} of {all}', 'table.range.open': '{first}–{last}', 'table.previous': 'Previous page', 'table.next': 'Next page', 'table.actions': 'Actions',
    'time.now': 'just now',
    'nav': 'Administration pages', 'nav.live': 'Live', 'nav.plan': 'Numbers and rooms', 'nav.past': 'History', 'nav.manage': 'Manage', 'nav.menu': 'Open the menu',
    'shell.skip': 'Skip to the content', 'shell.tenant': 'Tenant', 'shell.tenant.all': 'All tenants', 'shell.account': 'Account', 'shell.theme': 'Appearance',
    'shell.signout': 'Sign out', 'shell.live': 'Live', 'shell.lost': 'Connection lost, trying again', 'shell.api': 'API description', 'shell.metrics': 'Metrics',
    'shell.operator': 'Operator', 'shell.administrator': 'Administrator', 'shell.viewer': 'Viewer', 'shell.thismachine': 'This machine',
  },
});
