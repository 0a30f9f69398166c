import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preferred, speech } from '../page/js/codecs.js';
import { problemOf, problemWords } from '../page/js/devices.js';
import { applyLimits, CAMERA, encoding } from '../page/js/encodings.js';
import { assign, grow, MAX_SLOTS, sameWants } from '../page/js/slots.js';

const h264 = (profile, mode) => ({ mimeType: 'video/H264', sdpFmtpLine: `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profile}` });
const chrome = [
  { mimeType: 'video/VP8' }, { mimeType: 'video/rtx' }, { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=0' },
  h264('42001f', 1), h264('42001f', 0), h264('64001f', 1), h264('42e01f', 0), h264('42e01f', 1), h264('4d001f', 1), h264('f4001f', 1),
  { mimeType: 'video/AV1' }, { mimeType: 'video/red' }, { mimeType: 'video/ulpfec' },
];
const short = (c) => `${c.mimeType.slice(6)}${/profile-level-id=(\w+)/.exec(c.sdpFmtpLine ?? '')?.[1] ?? ''}`;

test('H.264 comes as the room says, constrained baseline first, mode 1 only', () => {
  assert.deepEqual(preferred(chrome, ['H264', 'VP8']).map(short), ['H26442e01f', 'H26442001f', 'H2644d001f', 'H26464001f', 'VP8', 'rtx']);
  assert.deepEqual(preferred(chrome, ['VP8']).map(short), ['VP8', 'rtx']);
  assert.deepEqual(preferred(chrome, ['H264']).map(short).at(0), 'H26442e01f');
  assert.deepEqual(preferred(chrome, ['H265']), []);
  assert.deepEqual(preferred([], ['H264', 'VP8']), []);
});

test('Opus is asked for in mono with error correction', () => {
  const sdp = 'm=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=0;stereo=1\r\na=rtpmap:0 PCMU/8000\r\n';
  assert.equal(speech(sdp), sdp.replace('minptime=10;useinbandfec=0;stereo=1', 'minptime=10;useinbandfec=1;stereo=0;sprop-stereo=0'));
  const bare = 'a=rtpmap:109 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\n';
  assert.equal(speech(bare), 'a=rtpmap:109 opus/48000/2\r\na=fmtp:109 useinbandfec=1;stereo=0;sprop-stereo=0\r\na=rtpmap:0 PCMU/8000\r\n');
  assert.equal(speech('m=video 9 x 96\r\n'), 'm=video 9 x 96\r\n');
  assert.equal(speech(speech(sdp)), speech(sdp));
});

const by = Object.fromEntries(CAMERA.map((c) => [c.rid, c]));

test('the camera has three encodings, largest first', () => {
  assert.deepEqual(CAMERA.map((c) => c.rid), ['h', 'm', 'l']);
  assert.deepEqual(CAMERA.map((c) => c.scaleResolutionDownBy), [1, 2, 4]);
});

test('limits bend an encoding', () => {
  const camera = { width: 1280, height: 720 };
  assert.deepEqual(encoding(by.h, undefined, camera), { active: true, maxBitrate: 1_700_000, scaleResolutionDownBy: 1 });
  assert.deepEqual(encoding(by.h, { active: true, max_bitrate: 0, max_width: 0, max_height: 0, max_fps: 0 }, camera), { active: true, maxBitrate: 1_700_000, scaleResolutionDownBy: 1 });
  assert.deepEqual(encoding(by.h, { active: true, max_bitrate: 768_000, max_width: 640, max_height: 480, max_fps: 15 }, camera),
    { active: true, maxBitrate: 768_000, scaleResolutionDownBy: 2, maxFramerate: 15 });
  assert.equal(encoding(by.h, { max_bitrate: 9e6 }, camera).maxBitrate, 1_700_000);
  assert.equal(encoding(by.m, { max_width: 1280 }, camera).scaleResolutionDownBy, 2);
  assert.equal(encoding(by.h, { max_height: 720 }, { width: 720, height: 1280 }).scaleResolutionDownBy, 1280 / 720);
  assert.equal(encoding(by.h, { max_width: 640 }, {}).scaleResolutionDownBy, 1);
  assert.equal(encoding(by.l, { active: false }, camera).active, false);
});

test('limits change parameters only when something differs, and can be lifted', () => {
  const parameters = { encodings: CAMERA.map((c) => ({ ...c, active: true })) };
  const camera = { width: 1280, height: 720 };
  assert.equal(applyLimits(parameters, [], camera), false);
  const limits = [{ rid: 'h', active: false }, { rid: 'm', active: true, max_bitrate: 384_000, max_fps: 20 }];
  assert.equal(applyLimits(parameters, limits, camera), true);
  assert.equal(applyLimits(parameters, limits, camera), false);
  assert.deepEqual(parameters.encodings.map((e) => [e.rid, e.active, e.maxBitrate, e.maxFramerate]),
    [['h', false, 1_700_000, undefined], ['m', true, 384_000, 20], ['l', true, 150_000, undefined]]);
  assert.equal(applyLimits(parameters, [], camera), true);
  assert.ok(!('maxFramerate' in parameters.encodings[1]));
  assert.equal(applyLimits({}, limits, camera), false);
  // A browser that sends one encoding without a name gives it the full picture.
  const single = { encodings: [{}] };
  applyLimits(single, [], camera);
  assert.equal(single.encodings[0].maxBitrate, 1_700_000);
});

const want = (participant, kind = 'main', width = 320) => ({ participant, kind, width, height: width });

test('a picture stays on its line', () => {
  const slots = [{ mid: '3', participant: 'a', kind: 'main' }, { mid: '4', participant: 'b', kind: 'main' }];
  const r = assign(slots, [want('b', 'main', 640), want('c')]);
  assert.equal(r.missing, 0);
  assert.deepEqual(r.slots, [{ mid: '3', ...want('c') }, { mid: '4', ...want('b', 'main', 640) }]);
});

test('lines without a picture say so, and missing lines are counted', () => {
  const slots = [{ mid: '3', participant: '', kind: 'main' }];
  assert.deepEqual(assign(slots, []).slots, [{ mid: '3', participant: '', kind: 'main', width: 0, height: 0 }]);
  assert.equal(assign(slots, [want('a'), want('a', 'content'), want('b')]).missing, 2);
  assert.equal(assign([], Array.from({ length: 40 }, (_, i) => want(`p${i}`))).missing, MAX_SLOTS);
});

test('camera and screen of one person are two pictures', () => {
  const slots = [{ mid: '3', participant: 'a', kind: 'content' }, { mid: '4', participant: 'a', kind: 'main' }];
  const { slots: next } = assign(slots, [want('a'), want('a', 'content')]);
  assert.deepEqual(next.map((s) => s.kind), ['content', 'main']);
});

test('assigning is stable for any sequence of wishes', () => {
  let slots = [];
  let next = 3;
  const who = (seed) => Array.from({ length: seed % 9 }, (_, i) => want(`p${(seed * 7 + i * 5) % 12}`));
  for (let step = 0; step < 200; step++) {
    const wishes = [...new Map(who(step * 31 + 7).map((w) => [w.participant, w])).values()];
    let r = assign(slots, wishes);
    for (let i = grow(slots.length, r.missing); i > 0; i--) slots.push({ mid: String(next++), participant: '', kind: 'main' });
    r = assign(slots, wishes);
    assert.equal(r.missing, 0);
    for (const w of wishes) assert.equal(r.slots.filter((s) => s.participant === w.participant).length, 1);
    for (const s of slots) {
      const still = wishes.some((w) => w.participant === s.participant);
      if (s.participant && still) assert.equal(r.slots.find((x) => x.mid === s.mid).participant, s.participant);
    }
    slots = r.slots;
  }
  assert.ok(slots.length <= MAX_SLOTS);
});

test('lines grow in steps', () => {
  assert.equal(grow(2, 0), 0);
  assert.equal(grow(2, 1), 2);
  assert.equal(grow(4, 1), 2);
  assert.equal(grow(6, 2), 3);
  assert.equal(grow(12, 1), 4);
  assert.equal(grow(16, 4), 0);
  assert.equal(sameWants([want('a')], [want('a')]), true);
  assert.equal(sameWants([want('a')], null), false);
});

test('device problems have words', () => {
  assert.equal(problemOf({ name: 'NotAllowedError' }), 'denied');
  assert.equal(problemOf({ name: 'OverconstrainedError' }), 'none');
  assert.equal(problemOf({ name: 'NotReadableError' }), 'busy');
  assert.equal(problemWords({ audio: '', video: '' }), null);
  assert.deepEqual(problemWords({ audio: 'denied', video: 'denied' }), { key: 'denied', kind: 'both' });
  assert.deepEqual(problemWords({ audio: '', video: 'none' }), { key: 'none', kind: 'video' });
  assert.deepEqual(problemWords({ audio: 'busy', video: '' }), { key: 'busy', kind: 'audio' });
  assert.deepEqual(problemWords({ audio: 'none', video: 'denied' }), { key: 'denied', kind: 'video' });
  assert.deepEqual(problemWords({ audio: 'denied', video: 'none' }), { key: 'denied', kind: 'audio' });
});

test('a tile says why it has no picture', async () => {
  globalThis.document ??= { addEventListener() {} };
  const { noteOf } = await import('../page/js/stage.js');
  assert.equal(noteOf({ state: 'waiting', reason: '' }), 'tile.waiting');
  assert.equal(noteOf(null), 'tile.waiting');
  assert.equal(noteOf({ state: 'none', reason: 'the connection is too slow for this picture' }), 'tile.slow');
  assert.equal(noteOf({ state: 'none', reason: 'this browser does not play H264 High' }), 'tile.unavailable');
});
