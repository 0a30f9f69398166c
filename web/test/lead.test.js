import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initial, reduce } from '../page/js/session.js';
import { callFailure, knockWords, matching, waitedMinutes } from '../page/js/waiting.js';
import { dictionaries } from '../page/js/i18n.js';

test('how the room is led is kept', () => {
  let k = initial();
  const told = (m) => { k = reduce(k, m, 0); return k; };
  told({ type: 'welcome', id: 'me', role: 'guest' });
  assert.equal(k.role, 'guest');
  told({ type: 'participants', list: [{ id: 'me', role: 'host' }, { id: 'a', role: 'guest' }] });
  assert.equal(k.role, 'host');
  told({ type: 'participants', list: [{ id: 'a' }] });
  assert.equal(k.role, 'host', 'a list without us changes nothing');
  told({ type: 'room', entry: 'lobby', layout: 'grid', dial: 'devices' });
  assert.deepEqual(k.lead, { entry: 'lobby', layout: 'grid', dial: 'devices', host_pin: false });
  told({ type: 'room' });
  assert.deepEqual(k.lead, { entry: 'open', layout: 'auto', dial: '', host_pin: false });
  told({ type: 'waiting', list: [{ id: 'w' }] });
  assert.equal(k.waiting.length, 1);
  told({ type: 'waiting' });
  assert.deepEqual(k.waiting, []);
  assert.equal(k.devices, null);
  told({ type: 'devices', list: [] });
  assert.deepEqual(k.devices, []);
});

test('one who knocks is named, several are counted', () => {
  assert.equal(knockWords([]), null);
  assert.deepEqual(knockWords([{ name: 'Lan' }]), { key: 'toast.knock', members: { name: 'Lan' } });
  assert.deepEqual(knockWords([{ name: 'Lan' }, { name: 'Mai' }]), { key: 'toast.knock.many', members: { n: 2 } });
});

test('how long somebody waits', () => {
  const at = Date.parse('2026-03-04T08:00:00Z');
  for (const [since, now, want] of [['2026-03-04T08:00:00Z', at + 59_000, 0], ['2026-03-04T08:00:00Z', at + 125_000, 2], ['2026-03-04T08:00:00Z', at - 9000, 0], ['never', at, 0], [undefined, at, 0]]) {
    assert.equal(waitedMinutes(since, now), want);
  }
});

test('every failure of a call has words', () => {
  for (const cause of ['busy', 'declined', 'no-answer', 'unreachable', 'no-route', 'capacity', 'media', 'encryption', 'internal', '', undefined]) {
    assert.ok(callFailure(cause) in dictionaries.vi, String(cause));
  }
  assert.equal(callFailure('protocol'), 'call.failed');
});

test('devices are found without marks, by name or model', () => {
  const list = [{ name: 'Hội trường B', model: 'Group 500' }, { name: 'so-y-te' }, { name: 'Đống Đa' }];
  const names = (text) => matching(list, text).map((d) => d.name);
  assert.deepEqual(names(''), list.map((d) => d.name));
  assert.deepEqual(names('truong HOI'), ['Hội trường B']);
  assert.deepEqual(names('group 500'), ['Hội trường B']);
  assert.deepEqual(names('dong da'), ['Đống Đa']);
  assert.deepEqual(names('x'), []);
});
