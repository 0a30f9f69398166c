import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foundOf, question, rows, tried, unruled, verdict, whyOf } from '../page/js/admin/chain.js';
import { actor, deed, fieldsOf, kindOf, ofNumbers, sizeOf } from '../page/js/admin/changes.js';
import * as setup from '../page/js/admin/setup.js';
import { formatOf, lineOf, mistakes, model, select, settle } from '../page/js/admin/difference.js';
import { MASK, canonical, check, conditionsOf, differences, fields, fresh, idOf, isNetwork, leadsTo, merge, ofProblem, toForm, toRule } from '../page/js/admin/rule.js';
import { sentence, spoken } from '../page/js/admin/spoken.js';
import { typed } from '../page/js/admin/timeedit.js';
import { empty, formatWindow, has, inWords, opens, parseWindow, runs } from '../page/js/admin/times.js';

test('windows are read and written as the gateway does', () => {
  for (const [text, want = text] of [
    ['mon-fri 08:00-18:00 Asia/Ho_Chi_Minh'],
    ['22:00-06:00 sat,sun 2026-01-01..2026-06-30 !2026-04-30 !12-24..01-02', 'sat-sun 2026-01-01..2026-06-30 !2026-04-30 !12-24..01-02 22:00-06:00'],
    ['FRI-MON', 'mon,fri-sun'], ['0:00-24:00', ''], ['8:30-24:00', '08:30-24:00'], ['02-29'], ['', ''], ['  Europe/Berlin  tue ', 'tue Europe/Berlin'],
  ]) {
    assert.equal(formatWindow(parseWindow(text)), want, text);
    assert.equal(formatWindow(parseWindow(want)), want, want);
  }
});

test('what is wrong with a window is said with its word', () => {
  for (const [text, key, word] of [
    ['mon 25:00-26:00', 'hours', '25:00-26:00'], ['08:00', 'hours', '08:00'], ['08:00-08:00', 'hours', '08:00-08:00'], ['08:00-09:00 10:00-11:00', 'hourstwice', '10:00-11:00'],
    ['2026-02-30', 'dates', '2026-02-30'], ['2026-05-01..2026-04-01', 'dates', '2026-05-01..2026-04-01'], ['05-01..2026-06-01', 'dates', '05-01..2026-06-01'],
    ['mon-xyz', 'days', 'mon-xyz'], ['Mars/Base', 'zone', 'Mars/Base'], ['Asia/Tokyo UTC', 'zones', 'UTC'], [`${'!01-01 '.repeat(33)}`, 'long', ''],
  ]) assert.throws(() => parseWindow(text), { key, word }, text);
});

test('whether it is that time, by the clock on the wall there', () => {
  const at = (s) => new Date(s);
  const w = parseWindow('mon-fri 08:00-18:00 !2026-04-30 Asia/Ho_Chi_Minh');
  assert.ok(has(w, at('2026-05-04T01:00:00Z'))); // Monday 08:00 in Saigon
  assert.ok(!has(w, at('2026-05-04T00:59:00Z')) && !has(w, at('2026-05-04T11:00:00Z')) && !has(w, at('2026-04-30T03:00:00Z')));
  const night = parseWindow('fri 22:00-06:00');
  assert.ok(has(night, at('2026-05-08T23:00:00Z')) && has(night, at('2026-05-09T05:59:00Z')) && !has(night, at('2026-05-08T05:00:00Z')));
  assert.ok(has(parseWindow('12-24..01-02'), at('2026-01-01T12:00:00Z')) && !has(parseWindow('12-24..01-02'), at('2026-01-03T00:00:00Z')));
  assert.ok(has(empty(), at('2026-01-03T00:00:00Z')));
  assert.deepEqual(opens(w, at('2026-04-29T12:00:00Z')), { day: 5, date: '2026-05-01', minute: 480 });
  assert.equal(opens(parseWindow('2020-01-01'), at('2026-01-01T00:00:00Z')), null);
});

test('hours as people type them', () => {
  assert.deepEqual(['8', '8:30', '0830', '17.45', '24:00', ' 9h15 '].map(typed), [480, 510, 510, 1065, 1440, 555]);
  for (const bad of ['', 'x', '25', '8:75', '12345']) assert.ok(Number.isNaN(typed(bad)), bad);
});

test('windows in words', () => {
  const w = (key, m = {}) => `<${[key.replace('times.', ''), ...Object.values(m)].join('|')}>`;
  assert.deepEqual(runs([1, 2, 3, 6]), [[1, 3], [6, 6]]);
  assert.equal(inWords(parseWindow('mon-wed,sat 08:00-18:00'), w, 'en'), '<span|<mon>|<wed>> and <sat>, <hours|08:00|18:00> <zone|UTC>');
  assert.equal(inWords(parseWindow('22:00-06:00 !12-24..01-02 Asia/Tokyo'), w, 'vi'), '<everyday>, <overnight|22:00|06:00>, <except|<span|24 tháng 12|2 tháng 1>> <zone|Asia/Tokyo>');
});

const rule = {
  id: '1001', label: 'Phòng họp Đà Nẵng', priority: 50, match: 'exact', number: '1001', protocols: ['sip'], networks: ['10.0.0.0/8'], times: ['mon-fri 08:00-18:00 Asia/Ho_Chi_Minh'],
  registered: 'yes', action: 'room', room: 'board', guest_pin: MASK, host_pin: MASK, lobby: true, capacity: 12, layout: 'grid', bandwidth: 2000000, width: 1280, height: 720, fps: 30,
  encryption: true, language: 'vi', greeting: 'Xin chào', greeting_sound: 'chao-mung',
};

test('a rule comes out of its form as it went in', () => {
  assert.deepEqual(toRule(toForm(rule)), rule);
  assert.deepEqual(Object.keys(toForm(rule)).sort(), [...fields].sort());
  assert.deepEqual(check(toForm(rule)), {});
  const dial = { id: 'prefix 84', priority: 100, match: 'prefix', number: '84', action: 'dial', target: 'sip:$1@sbc.example.vn' };
  assert.deepEqual(toRule(toForm(dial)), dial);
  assert.deepEqual(toRule({ ...toForm(rule), action: 'refuse', cause: 'busy', reason: ' bận ' }).reason, 'bận');
  assert.equal(toRule({ ...toForm(rule), action: 'reception' }).room, undefined);
});

test('PINs are kept, replaced or removed', () => {
  const f = toForm(rule);
  assert.deepEqual([toRule({ ...f, guest_pin: { ...f.guest_pin, mode: 'set', text: ' 4321 ' } }).guest_pin, toRule({ ...f, guest_pin: { ...f.guest_pin, mode: 'remove' } }).guest_pin], ['4321', undefined]);
  assert.equal(check({ ...f, host_pin: { had: true, mode: 'remove', text: '' } }).lobby.key, 'lobby');
  assert.equal(check({ ...f, guest_pin: { had: true, mode: 'set', text: '12a4' } }).guest_pin.key, 'pin');
  assert.equal(toForm({}).guest_pin.mode, 'none');
});

test('ids are those that the gateway gives', () => {
  for (const [f, want] of [[{ match: 'exact', number: '+84 (24) 10-01#' }, '84241001'], [{ match: 'exact', number: '' }, 'none'], [{ match: 'prefix', number: '84' }, 'prefix 84'],
    [{ match: 'regex', number: '\\d{4}' }, 'regex \\d{4}'], [{ match: 'any', number: 'x' }, 'any'], [{ match: 'exact', number: 'Board' }, 'Board']]) assert.equal(idOf(f), want);
  assert.equal(canonical('*98'), '*98');
  assert.equal(toRule({ ...fresh(), number: '1002' }).id, '1002');
});

test('mistakes are found before they are sent', () => {
  const f = fresh();
  const wrong = (more) => Object.entries(check({ ...f, ...more })).map(([k, v]) => `${k}:${v.key}`).join();
  for (const [more, want] of [
    [{}, ''], [{ priority: '0' }, 'priority:priority'], [{ priority: 'x' }, 'priority:priority'], [{ greeting_sound: 'chao-mung_2' }, ''], [{ greeting_sound: '../x' }, 'greeting_sound:greeting_sound'], [{ match: 'prefix', number: '' }, 'number:number.missing'],
    [{ match: 'prefix', number: '10*2' }, 'number:number.star'], [{ match: 'regex', number: '(\\d' }, 'number:number.expression'], [{ match: 'regex', number: '\\+84' }, 'number:number.plus'],
    [{ match: 'regex', number: '(\\d{4})x(?P<pin>\\d+)' }, ''], [{ networks: ['10.0.0.1'] }, 'networks:networks'], [{ networks: ['10.0.0.0/8', '2001:db8::/32'] }, ''],
    [{ times: ['mon 8-9'] }, 'times:times.dates'], [{ times: ['mon 08:00-25:00'] }, 'times:times.hours'], [{ action: 'dial' }, 'target:target.missing'], [{ action: 'dial', target: 'mailto:x' }, 'target:target.scheme'],
    [{ action: 'dial', target: 'sip:1@$1' }, 'target:target.host'], [{ action: 'dial', target: 'sip:$1@host' }, ''], [{ action: 'dial', target: 'tel:+84 24 $1;trunk=a b' }, ''], [{ action: 'dial', target: '0$1' }, ''], [{ action: 'dial', target: '$1;trunk=$1' }, 'target:target.scheme'], [{ action: 'dial', target: 'board' }, 'target:target.scheme'], [{ room: 'a$b' }, 'room:template'], [{ room: '$$a${x}$1' }, ''],
    [{ lobby: true }, 'lobby:lobby'], [{ capacity: '-1' }, 'capacity:capacity'], [{ bandwidth: '12' }, 'bandwidth:bandwidth'], [{ width: '640' }, 'width:width'], [{ fps: '61' }, 'fps:fps'],
    [{ label: 'ế'.repeat(90) }, 'label:long'], [{ callers: ['a*b*c*d*e*f*g*h*i*j'] }, 'callers:callers'],
  ]) assert.equal(wrong(more), want, JSON.stringify(more));
  assert.ok(!isNetwork('300.0.0.0/8') && !isNetwork('10.0.0.0/33') && !isNetwork('x'));
});

test('the gateway’s problems stand at their fields', () => {
  assert.deepEqual(ofProblem({ detail: 'fps is', errors: [{ message: 'fps is 0 to 60' }, { message: 'lobby needs a host_pin, or nobody ever opens it' }] }), {
    fps: 'fps is 0 to 60', lobby: 'lobby needs a host_pin, or nobody ever opens it' });
  assert.deepEqual(ofProblem({ detail: 'line 1: number: error parsing regexp' }), { number: 'number: error parsing regexp' });
  assert.deepEqual(ofProblem({ detail: 'the number has no part ${x}' }, { ...fresh(), action: 'dial' }), { target: 'the number has no part ${x}' });
  assert.deepEqual(ofProblem({ detail: 'a PIN has 4 to 16 digits' }, { ...fresh(), host_pin: { mode: 'set' } }), { host_pin: 'a PIN has 4 to 16 digits' });
  assert.deepEqual(ofProblem({ detail: 'the database is full' }, fresh()), { '': 'the database is full' });
});

test('what two people changed at once is put together', () => {
  const base = { id: '1', room: 'a', label: 'x', capacity: 5 };
  const m = merge(base, { ...base, room: 'theirs', capacity: 9, version: 8 }, { ...base, room: 'mine', label: undefined });
  assert.deepEqual(m.merged, { id: '1', room: 'mine', capacity: 9, version: 8 });
  assert.deepEqual(m.theirs.map((d) => [d.name, d.before, d.after, d.mine, d.both]), [['room', 'a', 'theirs', 'mine', true], ['capacity', '5', '9', '5', false]]);
  assert.deepEqual(m.both, ['room']);
  assert.deepEqual(differences(base, { ...base }), []);
  assert.deepEqual([conditionsOf(rule), leadsTo(rule), leadsTo({ action: 'refuse', reason: 'no' }), leadsTo({ action: 'reception' })], [['protocols', 'registered', 'networks', 'times'], 'board', 'no', '']);
});

test('imports are known by name or look, and their mistakes by line', () => {
  assert.deepEqual([formatOf('x', 'a.JSON'), formatOf('{', 'a.csv'), formatOf('\ufeff {"rules":'), formatOf('number,room'), formatOf(' [{')], ['json', 'csv', 'json', 'csv', 'json']);
  assert.deepEqual([settle('\ufeff [{}]', 'json'), settle('{"rules":[]}', 'json'), settle('[a', 'csv')], ['{"rules":[{}]}', '{"rules":[]}', '[a']);
  const text = 'number,priority\n1,x\n2,100';
  const all = mistakes({ detail: 'line 2', errors: [{ message: 'line 2, priority: not a whole number' }, { message: 'line 3: priority is 1 to 1000000\nfps is 0 to 60' }, { message: 'two rules have the id "1"' }] });
  assert.deepEqual(all, [{ line: 2, column: 'priority', text: 'not a whole number' }, { line: 3, column: 'priority', text: 'is 1 to 1000000' },
    { line: 3, column: 'fps', text: 'is 0 to 60' }, { line: 0, column: '', text: 'two rules have the id "1"' }]);
  assert.deepEqual([lineOf(text, 2), lineOf(text, 9), lineOf(text, 0)], ['1,x', '', '']);
});

test('a difference is rows of three kinds', () => {
  const m = model({ added: [{ id: '1', label: 'Đà Nẵng', number: '1', match: 'exact', action: 'room', room: 'x', priority: 100, capacity: 5 }],
    changed: [{ before: rule, after: { ...rule, room: 'new' }, fields: [{ name: 'room', before: 'board', after: 'new' }] }], removed: [{ id: '9' }], same: 4 });
  assert.deepEqual(m.rows.map((r) => [r.kind, r.id, r.fields.length]), [['changed', '1001', 1], ['added', '1', 1], ['removed', '9', 0]]);
  assert.deepEqual([m.counts, m.empty], [{ added: 1, changed: 1, removed: 1, same: 4 }, false]);
  assert.deepEqual(select(m, { search: 'da NANG' }).map((r) => r.id), ['1001', '1']);
  assert.deepEqual(select(m, { kind: 'removed' }).map((r) => r.id), ['9']);
  assert.ok(model({ added: [], changed: [], removed: [], same: 2 }).empty);
});

const explanation = {
  tenant: 'default', found: 'as asked for', why: 'rule 1001 fits: the call goes to the room board',
  steps: [{ rule: '1', check: 'number', count: 482, why: 'rules for other numbers' }, { rule: 'vip', for: 'prefix 1', check: 'time', why: 'it is Sat 2026-05-02 09:00 there, not mon-fri 08:00-18:00 or sun' },
    { rule: '1001', label: 'x', for: 'exact 1001', fits: true, why: 'the rule fits' }],
  decision: { action: 'room', room: 'board', rule: '1001', role: 'none', wrong_pin: true, settings: { guest_pin: '****', lobby: true, layout: '' } },
};

test('the chain of a dry run', () => {
  assert.deepEqual(rows(explanation).map((r) => [r.kind, r.count ?? r.rule]), [['many', 482], ['passed', 'vip'], ['fits', '1001']]);
  assert.equal(tried(explanation), 484);
  assert.deepEqual(whyOf(explanation.steps[1]), { key: 'time', members: { day: 'Sat', is: '2026-05-02 09:00', want: 'mon-fri 08:00-18:00 or sun' } });
  for (const [why, key] of [['the number is not 1002', 'exact'], ['the number does not begin with 84', 'prefix'], ['the number does not match \\d+', 'regex'], ['the rule is disabled', 'disabled'],
    ['the call came over sip, not h323', 'protocol'], ['the caller is "lan", not a* or b*', 'caller'], ['the caller\'s address 10.0.0.7 is not in 192.0.2.0/24', 'network'],
    ['the caller\'s address invalid IP is not in 10.0.0.0/8', 'noaddress'], ['the caller is not registered', 'unregistered'], ['signalling is not encrypted', 'clear'], ['a number was dialled', 'dialled']]) {
    assert.equal(whyOf({ why })?.key, key, why);
  }
  assert.equal(whyOf({ why: 'something newer' }), null);
  const v = verdict(explanation);
  assert.deepEqual([v.kind, v.where, v.asks, v.waits, v.settings], ['room', 'board', 'wrongpin', false, [{ name: 'guest_pin', value: '****' }, { name: 'lobby', value: true }]]);
  assert.equal(verdict({ decision: { action: 'room', room: 'x', role: 'guest', settings: { lobby: true } } }).waits, true);
  assert.deepEqual([foundOf(explanation).key, unruled({ why: 'no rule fits: the call is refused (no-route): no room has this number' }).key], ['asked', 'none']);
});

test('what a dry run asks', () => {
  const f = { number: ' 1001 ', protocol: 'h323', caller: '', address: ' 10.0.0.7 ', registered: true, encrypted: false, at: '' };
  assert.deepEqual(question(f), { number: '1001', protocol: 'h323', address: '10.0.0.7', registered: true });
  assert.equal(question({ ...f, at: '2026-05-04T09:00' }).at, new Date('2026-05-04T09:00').toISOString());
  assert.equal(question({ ...f, at: 'soon' }), null);
});

test('the audit trail as a difference', () => {
  const c = { group: 'g', who: 'token ab12', kind: 'rules', item: '1', before: { id: '1', room: 'a', limits: { calls: 5 } }, after: { id: '1', room: 'b', limits: { calls: 9 }, networks: ['10.0.0.0/8'], lobby: true }, secret: true };
  assert.deepEqual(fieldsOf(c), [{ name: 'room', before: 'a', after: 'b' }, { name: 'limits.calls', before: '5', after: '9' }, { name: 'networks', before: '', after: '10.0.0.0/8' },
    { name: 'lobby', before: '', after: 'yes' }, { name: 'secret', before: '****', after: '****', secret: true }]);
  assert.deepEqual([kindOf(c), kindOf({ after: {} }), kindOf({ before: {} })], ['changed', 'added', 'removed']);
  assert.equal(sizeOf({ added: 9_990, changed: 7, removed: 3, done: 0 }), 10_000);
  assert.deepEqual([ofNumbers({ kinds: ['rooms', 'rules'] }), ofNumbers({ kinds: ['rules', 'tokens'] })], [true, false]);
  assert.equal(actor('host', 'meeting page').kind, 'host');
  assert.deepEqual([actor('token ab12'), actor('operator')], [{ kind: 'token', name: 'ab12' }, { kind: 'person', name: 'operator' }]);
});

test('what was done to calls, meetings and sessions as a sentence', () => {
  const hung = deed({ kind: 'calls', did: 'hang-up', item: 'c1', after: { name: 'Phòng họp A', number: '1001', room: 'board' } });
  assert.equal(hung.key, 'calls.hang-up');
  assert.equal(hung.members.name, 'Phòng họp A');
  assert.equal(deed({ kind: 'calls', did: 'place', item: 'c2', after: { target: 'tel:+84241001', room: 'board' } }).members.name, 'tel:+84241001');
  assert.equal(deed({ kind: 'calls', did: 'mute', item: 'c3' }).members.name, 'c3');
  assert.equal(deed({ kind: 'sessions', did: 'sign-out', item: 'lan', after: {} }).members.name, 'lan');
  assert.equal(deed({ kind: 'meetings', did: 'end', item: 'board', after: {} }).members.name, '');
  assert.equal(kindOf({ did: 'end', kind: 'meetings', after: {} }), 'done');
});

test('a room that is set up, between its JSON and its form', () => {
  const kept = { name: 'board', label: 'Phòng họp', host_pin: '****', lobby: true, capacity: 12, version: 3, ways: [], room: 'board@a' };
  const f = setup.toForm(kept);
  assert.deepEqual(setup.toSetup(f), { label: 'Phòng họp', host_pin: '****', lobby: true, capacity: 12 });
  assert.deepEqual([setup.changed(kept, f), Object.keys(setup.check(f))], [0, []]);
  Object.assign(f, { label: ' Phòng lớn ', capacity: 'many', name: 'a/b', locked: true });
  f.host_pin.mode = 'remove';
  assert.deepEqual(setup.check(f), { name: 'name', lobby: 'lobby', locked: 'locked', capacity: 'capacity' });
  f.guest_pin = { had: false, mode: 'set', text: '12' };
  assert.equal(setup.check(f).guest_pin, 'pin');
  assert.equal(setup.changed(kept, { ...f, capacity: '12' }), 4);
  assert.equal(setup.check(setup.toForm()).name, 'number.missing');
});

test('what the gateway says is said in the reader’s language', () => {
  for (const [text, key] of [['a wrong PIN was dialled behind 1002', 'pin'], ['locked out for 5m0s after 10 wrong passwords: address', 'lockout'], ['locked out for 30s after 3 wrong PINs for the room board: caller', 'lockout'],
    ['too many wrong PINs; try again in 30s', 'toomany'], ['no room has this number', 'noroom']]) assert.equal(sentence(text)?.key, key, text);
  assert.equal(spoken('locked out for 30s after 3 wrong PINs for the room board: caller'), 'Locked out for 30s after 3 wrong PINs for the room board (caller)');
  assert.deepEqual([spoken('something newer'), spoken(undefined), sentence('x')], ['Something newer', '', null]);
});
