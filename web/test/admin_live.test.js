import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, may, Problem, setSession, setTenant, tenant } from '../page/js/admin/api.js';
import { matching } from '../page/js/admin/calls.js';
import { dearest } from '../page/js/admin/callwords.js';
import { ago, bits, duration, fold, moment, number, percent } from '../page/js/admin/format.js';
import { ceiling, nearest, path } from '../page/js/admin/graph.js';
import { apply } from '../page/js/admin/live.js';
import { reason } from '../page/js/admin/reasons.js';
import { page, resolve } from '../page/js/admin/router.js';
import { setLanguage } from '../page/js/i18n.js';
import '../page/js/admin/lang.js';

const since = '2026-03-04T08:00:00Z';

test('events keep what lives', () => {
  const into = { calls: new Map(), rooms: new Map(), devices: new Map() };
  apply(into, 'call', { id: 'a', since });
  apply(into, 'call', { id: 'b', since });
  apply(into, 'call', { id: 'a', since, room: 'board' });
  apply(into, 'call.ended', { id: 'b' });
  apply(into, 'room', { name: 'board' });
  apply(into, 'room.ended', { name: 'other' });
  apply(into, 'device', { protocol: 'sip', name: 'hop' });
  apply(into, 'device', { protocol: 'h323', name: 'hop' });
  apply(into, 'device', { tenant: 'acme', protocol: 'sip', name: 'hop' });
  apply(into, 'device.gone', { protocol: 'sip', name: 'hop' });
  apply(into, 'news of a later gateway', {});
  assert.deepEqual([[...into.calls.keys()], [...into.rooms.keys()], [...into.devices.keys()]], [['a'], ['board'], [':h323:hop', 'acme:sip:hop']]);
  assert.deepEqual([into.calls.get('a').room, into.calls.get('a').at], ['board', Date.parse(since)]);
});

test('calls are found by any words, without diacritics', () => {
  const calls = [
    { id: '1', name: 'Phòng họp A – Sở Y tế', device: 'TANDBERG/518', number: '1001', room: 'Giao ban', remote: '10.0.0.7:5060', protocol: 'sip' },
    { id: '2', name: 'Đà Nẵng', device: 'Polycom', number: '1002', room: 'board', remote: '10.0.0.8:5060', protocol: 'h323' },
  ];
  const found = (search) => matching(calls, search).map((c) => c.id).join();
  for (const [search, want] of [['', '1,2'], ['so y te', '1'], ['SỞ tandberg', '1'], ['da nang', '2'], ['h323', '2'], ['10.0.0', '1,2'], ['giao polycom', ''], ['  board ', '2']]) {
    assert.equal(found(search), want, search);
  }
});

test('the dearest way of a call’s pictures', () => {
  const call = (a, b) => ({ video: { in: { path: a }, out: { path: b } } });
  assert.deepEqual([['relay', 'relay'], ['relay', 'transcode'], ['compose', 'transcode'], ['none', 'relay'], ['none', 'none']].map(([a, b]) => dearest(call(a, b))),
    ['relay', 'transcode', 'compose', 'relay', 'none']);
});

test('axes end at round numbers that hold everything', () => {
  for (const [max, least, want] of [[0, 0.01, 0.01], [0.013, 0.01, 0.02], [7, 10, 10], [51, 10, 100], [1_640_000, 64_000, 2_000_000], [2_000_000, 1, 2_000_000], [5, 1, 5], [0.3, 0.1, 0.5]]) {
    assert.ok(Math.abs(ceiling(max, least) - want) < 1e-9, `${max}: ${ceiling(max, least)}`);
  }
});

test('lines stay in their box and break where nothing is known', () => {
  const box = { first: 0, last: 100, top: 10, width: 200, height: 50 };
  assert.equal(path([0, 10, 20], [0, 50, 100], box), 'M0.0 50.0L100.0 0.0L200.0 0.0');
  assert.equal(path([5, null, 5, 5], [0, 25, 50, 100], box), 'M0.0 25.0M100.0 25.0L200.0 25.0');
  assert.equal(path([], [], box), '');
  assert.equal(path([1], [100], { ...box, first: 100 }), 'M200.0 45.0');
});

test('the pointer finds the nearest time', () => {
  const times = [0, 10, 20, 90];
  assert.deepEqual([0, 0.14, 0.16, 0.6, 1].map((x) => nearest(times, x, 0, 100)), [0, 1, 2, 3, 3]);
});

test('reasons are said in Vietnamese where they are known', () => {
  assert.equal(reason('both ends speak H.264: packets of Lan are passed on', 'vi'), 'Hai bên đều dùng H.264: gói tin của Lan được chuyển thẳng');
  assert.equal(reason('4 pictures are composed in the meeting\'s media worker', 'vi'), '4 hình được ghép trong bộ xử lý của cuộc họp');
  assert.equal(reason('something new', 'vi'), 'Something new');
  assert.equal(reason('the terminal is on hold', 'en'), 'The terminal is on hold');
  assert.equal(reason(undefined, 'vi'), '');
});

test('addresses lead to pages', () => {
  page('/test/:id/more', { title: 'save', render() {} });
  const found = resolve('#/test/Giao%20ban%2F1/more?search=a%20b');
  assert.deepEqual([found.page.path, found.params.id, found.params.query.get('search')], ['/test/:id/more', 'Giao ban/1', 'a b']);
  assert.equal(resolve('#/nowhere/at/all'), null);
  assert.equal(resolve('#/test/%E0%A4%A/more').params.id, '%E0%A4%A');
});

test('operators say whose records they mean; others need not', () => {
  setSession({ role: 'operator', rights: [] });
  setTenant('acme');
  assert.equal(address('/numbers?limit=5'), '/api/v1/numbers?limit=5&tenant=acme');
  assert.equal(address('/numbers?tenant=-'), '/api/v1/numbers?tenant=-');
  assert.equal(address('/calls', { tenant: '' }), '/api/v1/calls');
  setTenant('', 'default');
  assert.deepEqual([tenant(), address('/numbers')], ['default', '/api/v1/numbers?tenant=default']);
  assert.ok(may('operator') && may('numbers') && may());
  setSession({ role: 'viewer', rights: ['read'] });
  assert.equal(address('/numbers'), '/api/v1/numbers');
  assert.deepEqual([may('read'), may('calls'), may('operator'), may()], [true, false, false, true]);
  setSession({ role: 'administrator', rights: ['admin'] });
  assert.deepEqual([may('calls'), may('operator')], [true, false]);
});

test('problems are told in words', () => {
  setLanguage('en');
  assert.equal(new Problem(0).words, 'The gateway does not answer.');
  assert.equal(new Problem(422, { detail: 'validation failed', errors: [{ message: 'expected a room' }] }).words, 'validation failed: expected a room');
  assert.equal(new Problem(502).words, 'The gateway refused (502).');
});

test('numbers and times follow the language', () => {
  setLanguage('vi');
  assert.deepEqual([number(12345), percent(0.123), bits(1_640_000), bits(64_000)], ['12.345', '12,3 %', '1,6 Mbit/s', '64 kbit/s']);
  setLanguage('en');
  assert.deepEqual([number(12345), percent(0.123), bits(1_640_000)], ['12,345', '12.3 %', '1.6 Mbit/s']);
  assert.deepEqual([duration(42_000), duration(725_000), duration(3_753_000), duration(-5)], ['0:42', '12:05', '1:02:33', '0:00']);
  const now = Date.parse(since);
  assert.deepEqual([ago(now - 2000, now), ago(now - 90_000, now), ago(now - 7_300_000, now), ago('', now), ago('0001-01-01T00:00:00Z', now)], ['just now', '1 minute ago', '2 hours ago', '–', '–']);
  assert.equal(moment('nonsense'), '–');
  assert.equal(fold('Đặng Ngọc BÍCH'), 'dang ngoc bich');
});
