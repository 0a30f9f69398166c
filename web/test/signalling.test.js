import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Signalling } from '../page/js/signalling.js';
import { initial, reduce } from '../page/js/session.js';

class Socket {
  constructor(url, all) {
    Object.assign(this, { url, readyState: 0, sent: [] });
    all.push(this);
  }
  send(text) { this.sent.push(JSON.parse(text)); }
  close() { this.readyState = 3; }
  opened() { this.readyState = 1; this.onopen?.(); }
  say(m) { this.onmessage?.({ data: typeof m === 'string' ? m : JSON.stringify(m) }); }
  lose() { this.readyState = 3; this.onclose?.(); }
}

class Clock {
  time = 0;
  jobs = new Map();
  id = 0;
  now = () => this.time;
  setTimeout = (f, ms) => { this.jobs.set(++this.id, { f, at: this.time + ms }); return this.id; };
  clearTimeout = (id) => this.jobs.delete(id);
  run(ms) {
    const end = this.time + ms;
    for (;;) {
      const next = [...this.jobs].filter(([, j]) => j.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!next) break;
      this.jobs.delete(next[0]);
      this.time = next[1].at;
      next[1].f();
    }
    this.time = end;
  }
}

function setUp() {
  const sockets = [];
  const clock = new Clock();
  const events = [];
  const s = new Signalling({ url: 'wss://x/ws', join: () => ({ name: 'Lan', lang: 'vi' }), make: (u) => new Socket(u, sockets), clock });
  for (const type of ['up', 'down', 'message', 'end']) s.addEventListener(type, (e) => events.push(e.detail ? `${type}:${e.detail.type ?? e.detail.code}` : type));
  s.open();
  return { s, sockets, clock, events, last: () => sockets.at(-1) };
}

const welcome = { type: 'welcome', id: 'me', resume: 'tok' };

test('the first message is join, and nothing goes out before the welcome', () => {
  const { s, last, events } = setUp();
  assert.equal(s.send('offer', {}), false);
  last().opened();
  assert.deepEqual(last().sent, [{ type: 'join', name: 'Lan', lang: 'vi', resume: '' }]);
  last().say(welcome);
  assert.equal(s.send('offer', { sdp: 'x', revision: 1 }), true);
  assert.deepEqual(last().sent[1], { type: 'offer', sdp: 'x', revision: 1 });
  assert.deepEqual(events, ['up:welcome', 'message:welcome']);
});

test('a lost connection is taken up again with the token', () => {
  const { sockets, clock, last, events, s } = setUp();
  last().opened();
  last().say(welcome);
  last().lose();
  assert.equal(s.send('state', {}), false);
  assert.equal(sockets.length, 1);
  clock.run(300);
  assert.equal(sockets.length, 2);
  last().opened();
  assert.equal(last().sent[0].resume, 'tok');
  last().say({ ...welcome, resumed: true });
  assert.deepEqual(events, ['up:welcome', 'message:welcome', 'down', 'up:welcome', 'message:welcome']);
});

test('pauses grow up to five seconds, and hurry cuts them short', () => {
  const { sockets, clock, last, s } = setUp();
  const pauses = [];
  for (let i = 0; i < 7; i++) {
    last().lose();
    const from = clock.time;
    const n = sockets.length;
    while (sockets.length === n) clock.run(100);
    pauses.push(clock.time - from);
  }
  assert.deepEqual(pauses, [300, 800, 1500, 3000, 5000, 5000, 5000]);
  last().lose();
  const n = sockets.length;
  s.hurry();
  assert.equal(sockets.length, n + 1);
  clock.run(10000);
  assert.equal(sockets.length, n + 1, 'the old timer is gone');
});

test('a silent connection is given up', () => {
  const { sockets, clock, last, events } = setUp();
  last().opened();
  last().say(welcome);
  clock.run(8000);
  assert.deepEqual(last().sent.slice(1), [{ type: 'ping', n: 1 }, { type: 'ping', n: 2 }]);
  last().say({ type: 'pong', n: 2 });
  clock.run(12000);
  assert.equal(sockets.length, 1);
  clock.run(9000);
  assert.ok(events.includes('down'));
  assert.equal(sockets.length, 2);
});

test('goodbyes that are final are final', () => {
  for (const code of ['removed', 'replaced', 'full', 'ended', 'locked', 'declined', 'pin', 'locked-out', 'unknown']) {
    const { sockets, clock, last, events } = setUp();
    last().opened();
    last().say(welcome);
    last().say({ type: 'bye', code, reason: 'why' });
    clock.run(60000);
    assert.equal(sockets.length, 1);
    assert.equal(events.at(-1), `end:${code}`);
  }
});

test('after a shutdown it comes back in a moment', () => {
  const { sockets, clock, last, events } = setUp();
  last().opened();
  last().say(welcome);
  last().say({ type: 'bye', code: 'shutdown' });
  last().lose();
  clock.run(2900);
  assert.equal(sockets.length, 1);
  clock.run(200);
  assert.equal(sockets.length, 2);
  assert.ok(!events.some((e) => e.startsWith('end')));
});

test('a refusal before the welcome ends it; repeated ones later do too', () => {
  const a = setUp();
  a.last().opened();
  a.last().say({ type: 'error', code: 'forbidden', reason: 'no' });
  assert.equal(a.events.at(-2), 'end:refused');
  const b = setUp();
  for (let i = 0; i < 4; i++) {
    b.last().opened();
    b.last().say(welcome);
    b.last().say({ type: 'error', reason: 'bad offer' });
    b.last().lose();
    assert.equal(b.events.some((e) => e === 'end:refused'), i === 3);
    b.clock.run(1000);
  }
  const c = setUp();
  c.last().opened();
  c.last().say(welcome);
  for (let i = 0; i < 20; i++) c.last().say({ type: 'error', code: 'candidate', reason: 'no use' });
  assert.ok(!c.events.some((e) => e.startsWith('end')), 'a refused message is not the end');
});

test('before the door only a few things are said, and a refused PIN is not the end', () => {
  const { s, last, clock, sockets, events } = setUp();
  last().opened();
  assert.equal(s.send('pin', { pin: '1' }), false, 'nobody has asked');
  last().say({ type: 'door', asks: 'pin', tries: 3 });
  assert.equal(s.send('offer', {}), false);
  assert.equal(s.send('pin', { pin: '1234' }), true);
  assert.deepEqual(last().sent.at(-1), { type: 'pin', pin: '1234' });
  last().say({ type: 'error', code: 'pin', reason: 'wait' });
  assert.ok(!events.some((e) => e.startsWith('end')));
  clock.run(4000);
  assert.equal(last().sent.at(-1).type, 'ping');
  last().say({ type: 'pong' });
  last().lose();
  clock.run(300);
  assert.equal(sockets.length, 2);
  last().opened();
  assert.equal(s.send('pin', { pin: '1234' }), false, 'the new connection has not asked yet');
  last().say({ type: 'door', asks: 'wait' });
  const ws = last();
  s.leave();
  assert.equal(ws.sent.at(-1).type, 'leave');
});

test('leaving says so once and ends', () => {
  const { s, last, clock, sockets, events } = setUp();
  last().opened();
  last().say(welcome);
  const ws = last();
  s.leave();
  s.leave();
  assert.equal(ws.sent.at(-1).type, 'leave');
  clock.run(60000);
  assert.equal(sockets.length, 1);
  assert.equal(events.filter((e) => e === 'end:left').length, 1);
});

test('nonsense and late messages are ignored', () => {
  const { last, sockets, clock, events } = setUp();
  const old = last();
  old.opened();
  for (const m of ['{', 'null', '7', '[]', '"x"']) old.say(m);
  old.say(welcome);
  const late = old.onmessage;
  old.lose();
  clock.run(300);
  assert.equal(sockets.length, 2);
  late({ data: JSON.stringify({ type: 'bye', code: 'removed' }) });
  assert.ok(!events.some((e) => e.startsWith('end')));
});

test('what the room tells is kept', () => {
  let k = initial();
  const told = (m, now = 0) => { k = reduce(k, m, now); return k; };
  told({ type: 'welcome', id: 'me', room: '1001', dial: ['sip:1001@x'], video: ['VP8'], version: '1' });
  assert.deepEqual([k.id, k.room, k.dial, k.codecs], ['me', '1001', ['sip:1001@x'], ['VP8']]);
  told({ type: 'participants', list: [{ id: 'a' }] });
  assert.equal(k.participants.length, 1);
  told({ type: 'participants' });
  assert.deepEqual(k.participants, []);
  told({ type: 'speaker', id: 'a' }, 5);
  told({ type: 'speaker', id: '' }, 6);
  assert.equal(k.speaker, '');
  assert.equal(k.heard.get('a/main'), 5);
  told({ type: 'levels', levels: { a: -20 } });
  assert.equal(k.levels.a, -20);
  told({ type: 'slots', slots: [{ mid: '3', participant: 'a', kind: 'main', state: 'live' }] });
  assert.equal(k.slots.get('3').state, 'live');
  told({ type: 'quality', up: 3, down: 4 });
  assert.equal(k.quality.up, 3);
  const before = k;
  assert.equal(told({ type: 'new in a later version' }), before);
});
