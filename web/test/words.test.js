import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { summarize } from '../page/js/debug.js';
import { detect, dictionaries, setLanguage, t } from '../page/js/i18n.js';
import { validRoom } from '../page/js/names.js';
import { figures, grade } from '../page/js/quality.js';
import { changes, deviceName, hue, initials, loudness } from '../page/js/roster.js';
import { parse, sseLines } from '../page/js/sse.js';

const page = new URL('../page/', import.meta.url);
const sources = [
  ...readdirSync(new URL('js/', page)).filter((f) => f.endsWith('.js')).map((f) => readFileSync(new URL(`js/${f}`, page), 'utf8')),
  ...readdirSync(page).filter((f) => f.endsWith('.html')).map((f) => readFileSync(new URL(f, page), 'utf8')),
].join('\n');

test('both languages have the same keys and members', () => {
  const [vi, en] = [dictionaries.vi, dictionaries.en];
  assert.deepEqual(Object.keys(vi).sort(), Object.keys(en).sort());
  const members = (s) => [...s.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort().join();
  for (const key of Object.keys(en)) {
    assert.ok(vi[key].trim() && en[key].trim(), key);
    assert.equal(members(vi[key]), members(en[key]), key);
    assert.equal(vi[key], vi[key].normalize('NFC'), `${key} is not in NFC`);
  }
});

test('Vietnamese is not English by mistake', () => {
  const same = Object.keys(dictionaries.en).filter((k) => dictionaries.vi[k] === dictionaries.en[k]);
  assert.deepEqual(same, ['prejoin.camera']);
});

test('every key is used: named whole, or put together from parts', () => {
  const whole = (key) => sources.includes(`'${key}'`) || sources.includes(`"${key}"`);
  // `path.${x}`, `device.${x}.${y}`, `${panel}.title`, `${toast}.many`
  const parts = [...sources.matchAll(/`([a-z]+\.)?\$\{[^`}]+\}(?:\.(\w+|\$\{[^`}]+\}))?`/g)].map((m) => [m[1] ?? '', m[2] ?? '']);
  const made = (key) => parts.some(([head, tail]) => key.startsWith(head) && (head !== '' || tail !== '') && (tail === '' || tail.startsWith('$') || key.endsWith(`.${tail}`)));
  for (const key of Object.keys(dictionaries.en)) assert.ok(whole(key) || made(key), `${key} is never used`);
});

test('every key that a page or module names has words', () => {
  const named = [
    ...sources.matchAll(/data-t(?:-label|-hint)?="([^"]+)"/g), ...sources.matchAll(/\b(?:t|label|hint): '([^']+)'/g),
    ...sources.matchAll(/\b(?:say|label)\([^,]+, '([^']+)'/g), ...sources.matchAll(/toasts\.show\('([^']+)'/g),
  ].map((m) => m[1]);
  assert.ok(named.length > 80, String(named.length));
  for (const key of named) assert.ok(key in dictionaries.en, `${key} has no words`);
});

test('the language is what was asked for, chosen before, or the browser’s', () => {
  assert.equal(detect('vi', 'en', ['en']), 'vi');
  assert.equal(detect(null, 'en', ['vi']), 'en');
  assert.equal(detect(null, '', ['fr-FR', 'vi-VN', 'en']), 'vi');
  assert.equal(detect('xx', undefined, ['de']), 'en');
  assert.equal(detect(), 'en');
  setLanguage('vi');
  assert.equal(t('toast.joined', { name: 'Lan' }), 'Lan đã vào phòng');
  assert.equal(t('toast.joined', {}), '{name} đã vào phòng');
  assert.equal(t('no.such.key'), 'no.such.key');
  setLanguage('xx');
  assert.equal(t('close'), 'Close');
});

test('who came, went and began to share', () => {
  const p = (id, more = {}) => ({ id, name: id, ...more });
  const r = changes([p('me'), p('a'), p('b')], [p('me', { sharing: true }), p('b', { sharing: true }), p('c', { sharing: true })], 'me');
  assert.deepEqual([r.joined, r.left, r.shared].map((l) => l.map((x) => x.id)), [['c'], ['a'], ['b']]);
});

test('initials', () => {
  for (const [name, want] of [['Nguyễn Thị Lan', 'NL'], ['đặng ngọc bích', 'ĐB'], ['Lan', 'L'], ['', '?'], [undefined, '?'], ['  ', '?'], ['Phòng họp A – UBND', 'PU'], ['(Lan) Vũ', 'LV'], ['李 雷', '李雷'], ['🎉 Tết', 'T']]) {
    assert.equal(initials(name), want, name);
  }
  assert.ok(hue('abc') >= 0 && hue('abc') < 12 && hue('abc') === hue('abc'));
});

test('devices are called what people call them', () => {
  for (const [device, want] of [
    ['PolycomRealPresenceGroup500/6.2.2', 'Polycom RealPresence Group 500'], ['Polycom/5.9.3', 'Polycom'], ['TANDBERG/518 (TC7.3.21.7a4d8f1)', 'TANDBERG 518'],
    ['Cisco-RoomOS 11.5', 'Cisco RoomOS'], ['Yealink MeetingEye 600 50.32.0.35', 'Yealink MeetingEye 600'], ['baresip v1.0.0 (x86_64/linux)', 'baresip'],
    ['LifeSize Room 220', 'LifeSize Room 220'], ['', ''], [undefined, ''], ['1.2.3', '1.2.3'],
  ]) {
    assert.equal(deviceName(device), want, device);
  }
});

test('loudness', () => {
  assert.deepEqual([undefined, -127, -60, -35, -10, 0].map(loudness), [0, 0, 0, 0.5, 1, 1]);
});

test('quality is the worse way', () => {
  assert.equal(grade({ up: 4, down: 2 }), 2);
  assert.equal(grade({ up: 4 }), 4);
  assert.equal(grade({ up: 9, down: 8 }), 4);
  assert.equal(grade({}), null);
  assert.equal(grade(null), null);
  assert.deepEqual(figures({ loss: 0.012, rtt_ms: 23.4, bitrate_down: 2_340_000 }).map((f) => f[1]), ['1.2 %', '23 ms', '2.3 Mbit/s']);
  assert.deepEqual(figures({ bitrate_down: 64_000 }).map((f) => f[1]), ['64 kbit/s']);
  assert.deepEqual(figures(null), []);
});

test('room names follow the gateway’s rules', () => {
  for (const good of ['1001', 'Phòng họp A', 'a'.repeat(64), '…']) assert.ok(validRoom(good), good);
  for (const bad of ['', '.', '..', 'a/b', 'a\\b', 'a?b', 'a#b', '50%', 'a\u0007', 'a'.repeat(65), 'ế'.repeat(30)]) assert.ok(!validRoom(bad), bad);
});

test('statistics are put together by line', () => {
  const s = summarize([
    { id: 'c', type: 'codec', mimeType: 'video/H264' },
    { type: 'inbound-rtp', kind: 'video', mid: '3', framesDecoded: 30, framesPerSecond: 25, frameWidth: 1280, frameHeight: 720, packetsLost: 1, codecId: 'c' },
    { type: 'inbound-rtp', kind: 'video', mid: '9' },
    { type: 'inbound-rtp', kind: 'audio', audioLevel: 0.5, totalAudioEnergy: 2 },
    { type: 'outbound-rtp', kind: 'video', mid: '1', rid: 'h', framesEncoded: 7, codecId: 'c' },
    { type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.02 },
  ], [{ mid: '3', participant: 'p1', kind: 'main' }]);
  assert.deepEqual([s.tiles[0].participant, s.tiles[0].framesDecoded, s.tiles[0].codec, s.tiles[1].participant], ['p1', 30, 'video/H264', '']);
  assert.deepEqual([s.audio.level, s.audio.energy, s.sent[0].rid, s.sent[0].framesEncoded, s.rtt], [0.5, 2, 'h', 7, 0.02]);
  assert.equal(summarize([], []).audio, undefined);
});

test('server-sent events survive any cut', async () => {
  assert.deepEqual(parse('event: call\ndata: {"id":"ế"}'), { event: 'call', data: { id: 'ế' } });
  assert.equal(parse(': still here'), null);
  assert.equal(parse('data: {broken'), null);
  const bytes = new TextEncoder().encode('retry: 2000\n\nevent: call\ndata: {"id":"ế"}\n\n: beat\n\nevent: room\ndata: {"name":"Phòng"}\n\nevent: cut\ndata: {');
  for (let size = 1; size < 12; size++) {
    const body = new ReadableStream({
      start(c) {
        for (let i = 0; i < bytes.length; i += size) c.enqueue(bytes.slice(i, i + size));
        c.close();
      },
    });
    const got = [];
    for await (const e of sseLines(body)) got.push(e);
    assert.deepEqual(got, [{ event: 'call', data: { id: 'ế' } }, { event: 'room', data: { name: 'Phòng' } }], `cut to ${size}`);
  }
});
