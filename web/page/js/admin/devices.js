// Terminals: those that are registered, and those that administrators have set up; each can be called into a room.

import { del, get, may, part, put, tenant } from './api.js';
import { two } from './callwords.js';
import { deviceKey, live, watch } from './live.js';
import { place } from './place.js';
import { page, remember } from './router.js';
import { trunks } from './trunks.js';
import { ago, attempt, badge, button, dialog, el, empty, field, fold, form, full, head, iconButton, menu, number, searchBox, select, sure, table, toast } from './ui.js';
import { w, words } from './words.js';

words({
  vi: {
    'devices': 'Thiết bị', 'devices.name': 'Tên', 'devices.model': 'Kiểu máy', 'devices.software': 'Phần mềm', 'devices.address': 'Địa chỉ', 'devices.seen': 'Thấy lần cuối', 'devices.state': 'Trạng thái',
    'devices.online': 'trực tuyến', 'devices.offline': 'ngoại tuyến', 'devices.registered': 'đã đăng ký', 'devices.unregistered': 'chưa đăng ký', 'devices.disabled': 'bị tắt', 'devices.secure': 'mã hóa', 'devices.search': 'Tìm tên, kiểu máy, địa chỉ…',
    'devices.none': 'Chưa có thiết bị nào', 'devices.none.text': 'Thiết bị đăng ký SIP hay H.323 với cổng sẽ hiện ở đây.', 'devices.nomatch': 'Không thiết bị nào khớp', 'devices.call': 'Gọi {name} vào phòng', 'devices.all': 'Tất cả',
    'devices.new': 'Thêm thiết bị', 'devices.edit': 'Sửa {name}', 'devices.more': 'Thao tác khác với {name}', 'devices.label': 'Nhãn', 'devices.both': 'SIP và H.323', 'devices.password': 'Mật khẩu đăng ký', 'devices.password.hint': 'Để trống thì giữ mật khẩu cũ.', 'devices.password.new': 'Thiết bị dùng tên và mật khẩu này để đăng ký.',
    'devices.aliases': 'Tên gọi khác', 'devices.aliases.hint': 'Cách nhau bằng dấu phẩy, ví dụ số máy lẻ hay E.164.', 'devices.disable': 'Không cho đăng ký', 'devices.delete.sure': 'Xóa thiết bị {name}?', 'devices.delete.text': 'Thiết bị sẽ không đăng ký được nữa.', 'devices.show': 'Hiện',
  },
  en: {
    'devices': 'Devices', 'devices.name': 'Name', 'devices.model': 'Model', 'devices.software': 'Software', 'devices.address': 'Address', 'devices.seen': 'Last seen', 'devices.state': 'State',
    'devices.online': 'online', 'devices.offline': 'offline', 'devices.registered': 'registered', 'devices.unregistered': 'not registered', 'devices.disabled': 'disabled', 'devices.secure': 'encrypted', 'devices.search': 'Search name, model, address…',
    'devices.none': 'There is no device yet', 'devices.none.text': 'Terminals that register by SIP or H.323 appear here.', 'devices.nomatch': 'No device matches', 'devices.call': 'Call {name} into a room', 'devices.all': 'All',
    'devices.new': 'Add a device', 'devices.edit': 'Edit {name}', 'devices.more': 'More about {name}', 'devices.label': 'Label', 'devices.both': 'SIP and H.323', 'devices.password': 'Registration password', 'devices.password.hint': 'Left empty the old one stays.', 'devices.password.new': 'The terminal registers with this name and password.',
    'devices.aliases': 'Other names', 'devices.aliases.hint': 'With commas between them, such as an extension or E.164 number.', 'devices.disable': 'May not register', 'devices.delete.sure': 'Delete the device {name}?', 'devices.delete.text': 'It cannot register any more.', 'devices.show': 'Show',
  },
});

const filters = { all: () => true, online: (d) => d.online, offline: (d) => !d.online };
const NAME = '[^\\s@/?#%:<>"]{1,64}';

page('/devices', {
  title: 'devices', icon: 'devices', group: 'nav.live', order: 4, right: 'read',
  render(root, params) {
    const view = { search: params.query.get('search') ?? '', filter: 'all', known: new Map(), edits: false };
    const none = el('div');
    view.list = deviceTable(view, none);
    view.add = button(w('devices.new'), () => edit(view, null), { sign: 'plus', act: 'new', hidden: true });
    view.counts = {};
    const lines = trunks();
    const choice = el('div.switch', { role: 'group', 'aria-label': w('devices.show') }, Object.keys(filters).map((f) => {
      view.counts[f] = el('small');
      return el('button', { type: 'button', data: { filter: f }, onclick: () => {
        view.filter = f;
        view.list.top();
        view.draw();
      } }, w(`devices.${f}`), view.counts[f]);
    }));
    root.append(head(w('devices'), { actions: [view.add, may('calls') && button(w('place.title'), () => place(), { kind: 'primary', sign: 'invite', act: 'place' })] }),
      el('div.tools', {}, searchBox(w('devices.search'), (text) => {
        view.search = text;
        view.list.top();
        remember(`/devices${text ? `?${new URLSearchParams({ search: text })}` : ''}`);
        view.draw();
      }, view.search), choice), view.list.el, lines.el);
    view.draw = () => draw(view, none);
    view.draw();
    read(view);
    const stop = watch(view.draw);
    const clock = setInterval(view.draw, 10_000);
    return () => {
      clearInterval(clock);
      lines.stop();
      stop();
    };
  },
});

/** What administrators have set up stands in the list too, though it may not be registered. */
async function read(view) {
  const list = await get('/devices').catch(() => []);
  const all = Array.isArray(list) ? list : (list.items ?? []);
  view.edits = may('admin') && all.every((d) => 'known' in d);
  view.add.hidden = !view.edits;
  view.known = new Map(all.map((d) => [deviceKey(d), d]));
  view.draw();
}

/** The list as it was read, with what has changed since. */
function merged(view) {
  const all = new Map(view.known);
  for (const [k, d] of all) {
    if (live.devices.has(k)) continue;
    if (d.known) all.set(k, { ...d, online: false, registered: false });
    else all.delete(k);
  }
  for (const [k, d] of live.devices) {
    const either = deviceKey({ tenant: d.tenant, name: d.name }); // entered for whatever protocol it registers by
    all.set(k, { ...all.get(either), ...all.get(k), ...d });
    all.delete(either);
  }
  return [...all.values()].filter((d) => !tenant() || !d.tenant || d.tenant === tenant());
}

function draw(view, none) {
  const parts = fold(view.search).split(/\s+/).filter(Boolean);
  const all = merged(view);
  const found = all.filter((d) => {
    const text = fold([d.name, d.label, d.model, d.software, d.address, d.protocol, ...(d.aliases ?? [])].join(' '));
    return parts.every((p) => text.includes(p));
  });
  for (const [f, test] of Object.entries(filters)) {
    view.counts[f].textContent = number(found.filter(test).length);
    view.counts[f].parentNode.setAttribute('aria-pressed', String(f === view.filter));
  }
  const rows = found.filter(filters[view.filter]);
  if (!rows.length) none.replaceChildren(all.length ? empty(w('devices.nomatch')) : empty(w('devices.none'), w('devices.none.text'), ...(view.edits ? [button(w('devices.new'), () => edit(view, null), { sign: 'plus' })] : [])));
  view.list.set(rows);
}

function deviceTable(view, none) {
  const calls = may('calls');
  return table({
    caption: w('devices'), hook: 'devices', key: deviceKey, sort: ['name', false], empty: none,
    columns: [
      { name: 'name', title: w('devices.name'), sort: (d) => d.name, same: (d) => `${d.name} ${d.label} ${d.aliases}`, cell: (d) => two(el('b', { text: d.label || d.name }), [d.label && d.name, ...(d.aliases ?? [])].filter(Boolean).join(', ')) },
      { name: 'state', title: w('devices.state'), sort: (d) => Number(d.online), down: true, same: (d) => `${d.online} ${d.disabled} ${d.registered} ${d.encrypted}`, cell: stateCell },
      { name: 'model', title: w('devices.model'), sort: (d) => d.model, same: (d) => `${d.model} ${d.software}`, cell: (d) => two(d.model || '–', d.software) },
      { name: 'protocol', title: w('call.protocol'), sort: (d) => d.protocol, cell: (d) => [d.protocol === 'h323' ? 'H.323' : (d.protocol ?? '').toUpperCase(), d.transport?.toUpperCase()].filter(Boolean).join(' · ') || '–' },
      { name: 'address', title: w('devices.address'), sort: (d) => d.address, same: (d) => d.address, cell: (d) => el('span.mono', { text: d.address || '–' }) },
      { name: 'seen', title: w('devices.seen'), down: true, sort: (d) => d.seen ?? '', same: (d) => ago(d.seen), cell: (d) => el('span', { title: full(d.seen), text: ago(d.seen) }) },
      { name: 'actions', title: '', kind: 'tight', same: (d) => `${d.known} ${d.online} ${view.edits}`, cell: (d) => el('div.actions', {},
        calls ? iconButton('invite', w('devices.call', { name: d.label || d.name }), () => place({ target: d.name }), { act: 'call', disabled: !d.online }) : null,
        view.edits && d.known ? menu(iconButton('more', w('devices.more', { name: d.label || d.name }), null, { act: 'more' }), [
          ['edit', w('edit'), () => edit(view, d), 'edit'], ['trash', w('delete'), () => remove(view, d), 'delete']]) : null) },
    ],
  });
}

function stateCell(d) {
  return el('span.badges', {},
    badge(w(d.online ? 'devices.online' : 'devices.offline'), d.online ? 'good' : '', { data: { online: String(d.online) } }),
    d.registered === false && badge(w('devices.unregistered')), d.disabled && badge(w('devices.disabled'), 'warn'), d.encrypted && badge(w('devices.secure'), 'info'));
}

/** Sets a device up, or changes it. */
function edit(view, d) {
  return dialog(d ? w('devices.edit', { name: d.label || d.name }) : w('devices.new'), (close) => {
    const name = field('name', w('devices.name'), { required: true, pattern: NAME, maxlength: 64, value: d?.name, readonly: Boolean(d), spellcheck: 'false', autocapitalize: 'none' });
    const label = field('label', w('devices.label'), { maxlength: 128, value: d?.label, ...(d && { autofocus: true }) });
    const password = field('password', w('devices.password'), { type: 'password', autocomplete: 'new-password', required: !d, maxlength: 256 }, { hint: w(d ? 'devices.password.hint' : 'devices.password.new') });
    const aliases = field('aliases', w('devices.aliases'), { value: (d?.aliases ?? []).join(', ') }, { hint: w('devices.aliases.hint') });
    const protocol = field('protocol', w('call.protocol'), select([['', w('devices.both')], ['sip', 'SIP'], ['h323', 'H.323']], d?.protocol ?? ''));
    const disabled = field('disabled', w('devices.disable'), { type: 'checkbox', checked: d?.disabled });
    return form([name, label, protocol, aliases, password, disabled], { hook: 'device', cancel: () => close(), submit: async (v) => {
      const body = { label: v.label.trim(), protocol: v.protocol, aliases: v.aliases.split(',').map((a) => a.trim()).filter(Boolean), disabled: v.disabled, ...(v.password && { password: v.password }) };
      await put(`/devices/${part(v.name.trim())}`, body, d?.tenant ? { tenant: d.tenant } : {});
      close(true);
      toast(w('saved'));
      read(view);
    } });
  }, { hook: 'device' });
}

async function remove(view, d) {
  const name = d.label || d.name;
  if (!(await sure(w('devices.delete.sure', { name }), w('devices.delete.text'), { yes: w('delete') }))) return;
  if (await attempt(() => del(`/devices/${part(d.name)}`, d.tenant ? { tenant: d.tenant } : {}), w('deleted'))) read(view);
}
