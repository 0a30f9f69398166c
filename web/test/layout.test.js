import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrange, choose } from '../page/js/arrange.js';
import { capacity, corner, fit, grid, shape, shownHeight, spotlight, wantedSize } from '../page/js/layout.js';

const SIZES = [[390, 700], [360, 560], [844, 300], [1366, 640], [1020, 640], [1920, 960], [3840, 1960], [500, 500]];

function apart(rects, width, height) {
  for (const [i, a] of rects.entries()) {
    assert.ok(a.w > 0 && a.h > 0, `empty ${JSON.stringify(a)}`);
    assert.ok(a.x >= -1 && a.y >= -1 && a.x + a.w <= width + 1 && a.y + a.h <= height + 1, `outside ${width}x${height}: ${JSON.stringify(a)}`);
    for (const b of rects.slice(i + 1)) {
      const over = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x) > 1 && Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y) > 1;
      assert.ok(!over, `overlap ${JSON.stringify([a, b])}`);
    }
  }
}

test('a grid holds every tile once, inside and apart, at every size', () => {
  for (const [w, h] of SIZES) {
    for (let n = 1; n <= 30; n++) {
      const g = grid(n, w, h, 8);
      assert.equal(g.rects.length, n);
      assert.ok(g.cols * g.rows >= n && (g.rows - 1) * g.cols < n, `${n}: ${g.cols}x${g.rows}`);
      apart(g.rects, w, h);
      for (const r of g.rects) assert.ok(r.w / r.h > 4 / 3 - 0.05 && r.w / r.h < 16 / 9 + 0.05, `${r.w}x${r.h}`);
    }
  }
});

test('no other number of columns gives larger tiles', () => {
  for (const [w, h] of SIZES) {
    for (let n = 1; n <= 16; n++) {
      const { rects } = grid(n, w, h, 8);
      for (let cols = 1; cols <= n; cols++) {
        const rows = Math.ceil(n / cols);
        const s = shape((w - 8 * (cols - 1)) / cols, (h - 8 * (rows - 1)) / rows, [4 / 3, 16 / 9]);
        if (s.w <= 0 || s.h <= 0) continue;
        assert.ok(rects[0].w * rects[0].h >= s.w * s.h * 0.985, `${n} in ${w}x${h}: ${cols} columns are better`);
      }
    }
  }
});

test('the usual numbers look as people expect on a laptop', () => {
  const shapes = [1, 2, 3, 4, 5, 6, 9, 16].map((n) => grid(n, 1366, 640, 10)).map((g) => `${g.cols}x${g.rows}`);
  assert.deepEqual(shapes, ['1x1', '2x1', '2x2', '2x2', '3x2', '3x2', '3x3', '4x4']);
});

test('the last row is centred', () => {
  const { rects } = grid(5, 1366, 640, 10);
  const [a, b] = rects.slice(3);
  assert.ok(Math.abs(a.x - (1366 - (b.x + b.w))) <= 2);
});

test('a spotlight has one large tile and a strip that fits', () => {
  for (const [w, h] of SIZES) {
    for (let n = 0; n <= 20; n++) {
      const s = spotlight(n, w, h, 8);
      assert.equal(s.strip.length, s.shown);
      assert.ok(s.shown <= n && (n === 0 || s.shown > 0));
      apart([s.main, ...s.strip], w, h);
      for (const r of s.strip) assert.ok(r.w * r.h < s.main.w * s.main.h, `${w}x${h}, ${n}`);
    }
  }
});

test('the corner tile stays small and inside', () => {
  for (const [w, h] of SIZES) {
    const c = corner(w, h);
    apart([c], w, h);
    assert.ok(c.w * c.h < w * h * 0.12);
  }
});

test('pictures are cut little, rooms less, slides never', () => {
  const wide = { w: 1280, h: 720 };
  assert.equal(fit(wide, { w: 400, h: 300 }, 'browser'), 'cover');
  assert.equal(fit(wide, { w: 300, h: 900 }, 'browser'), 'contain');
  assert.equal(fit(wide, { w: 400, h: 300 }, 'terminal'), 'contain');
  assert.equal(fit(wide, { w: 400, h: 250 }, 'terminal'), 'cover');
  assert.equal(fit(wide, { w: 400, h: 250 }, 'content'), 'contain');
  assert.equal(fit({ w: 0, h: 0 }, { w: 1, h: 1 }, 'terminal'), 'cover');
  assert.equal(fit({ w: 720, h: 1280 }, { w: 400, h: 225 }, 'browser'), 'contain');
});

test('a picture that covers a wide tile is asked for as high as it is shown', () => {
  assert.equal(shownHeight({ w: 1280, h: 512 }, 'browser'), 720);
  assert.equal(shownHeight({ w: 1280, h: 700 }, 'terminal'), 720);
  assert.equal(shownHeight({ w: 1280, h: 512 }, 'terminal'), 512); // framed
  assert.equal(shownHeight({ w: 1280, h: 300 }, 'browser'), 300);
  assert.equal(shownHeight({ w: 1280, h: 700 }, 'content'), 700);
  assert.equal(shownHeight({ w: 300, h: 900 }, 'browser'), 900);
});

test('wanted sizes are stepped, dense and bounded', () => {
  assert.deepEqual(wantedSize(300, 170), { width: 320, height: 192 });
  assert.deepEqual(wantedSize(301, 171), wantedSize(319, 190));
  assert.deepEqual(wantedSize(390, 220, 3), { width: 800, height: 448 });
  assert.deepEqual(wantedSize(3840, 2160, 1), { width: 1920, height: 1920 });
  assert.deepEqual(wantedSize(1, 1, 0.5), { width: 32, height: 32 });
});

test('small areas hold fewer tiles', () => {
  assert.ok(capacity(390, 700) >= 6 && capacity(390, 700) <= 16);
  assert.equal(capacity(3840, 2160), 25);
  assert.equal(capacity(10, 10), 2);
});

const people = (n) => Array.from({ length: n }, (_, i) => ({ key: `p${i + 1}/main`, kind: 'main', person: { kind: 'browser' } }));
const me = { key: 'self/main', kind: 'main', self: true, keep: true, person: { kind: 'browser' } };

test('those in view keep their place until somebody outside speaks', () => {
  const all = [...people(8), me];
  const first = choose(all, 4).map((t) => t.key);
  assert.deepEqual(first, ['p1/main', 'p2/main', 'p3/main', 'self/main']);
  const heard = new Map([['p7/main', 5]]);
  const second = choose(all, 4, heard, first).map((t) => t.key);
  assert.deepEqual(second, ['p1/main', 'p2/main', 'p7/main', 'self/main']);
  assert.deepEqual(choose(all, 4, heard, second).map((t) => t.key), second);
  heard.set('p3/main', 6);
  assert.deepEqual(choose(all, 4, heard, second).map((t) => t.key), ['p1/main', 'p3/main', 'p7/main', 'self/main']);
  assert.equal(choose(all, 20), all);
});

test('the layout follows who is there', () => {
  const roles = (tiles, view, w = 1366, h = 640) => {
    const a = arrange(tiles, w, h, view);
    apart(a.places.filter((p) => p.role !== 'corner'), w, h);
    return `${a.layout} ${a.places.map((p) => `${p.key.split('/')[0]}:${p.role}`).join(' ')}`;
  };
  assert.equal(roles([me]), 'grid self:cell');
  assert.equal(roles([...people(1), me]), 'duo p1:main self:corner');
  assert.equal(roles([...people(1), me], { mode: 'grid' }), 'grid p1:cell self:cell');
  assert.equal(roles([...people(2), me]), 'grid p1:cell p2:cell self:cell');
  assert.equal(roles([...people(2), me], { mode: 'speaker', speaker: 'p2/main' }), 'spotlight p2:main p1:strip self:strip');
  assert.equal(roles([...people(2), me], { mode: 'speaker', heard: new Map([['p1/main', 1], ['p2/main', 2]]) }), 'spotlight p2:main p1:strip self:strip');
  assert.equal(roles([...people(2), me], { mode: 'speaker' }), 'spotlight p1:main p2:strip self:strip');
  assert.equal(roles([me], { mode: 'speaker' }), 'grid self:cell');
  assert.equal(roles([...people(2), me], { pinned: 'self/main' }), 'spotlight self:main p1:strip p2:strip');
  assert.equal(roles([...people(2), me], { pinned: 'gone/main' }), 'grid p1:cell p2:cell self:cell');
  const share = { key: 'p1/content', kind: 'content', keep: true, person: { kind: 'browser' } };
  assert.match(roles([...people(1), share, me]), /^spotlight p1:main p1:strip self:strip$/);
  assert.match(roles([...people(1), share, me], { mode: 'grid' }), /^grid/);
});

test('a terminal on an upright phone shares the height with oneself', () => {
  const terminal = { key: 'p1/main', kind: 'main', person: { kind: 'terminal' } };
  assert.equal(arrange([terminal, me], 390, 700).layout, 'grid');
  assert.equal(arrange([terminal, me], 1366, 640).layout, 'duo');
});

test('what does not fit is counted', () => {
  const a = arrange([...people(40), me], 390, 700);
  assert.equal(a.places.length + a.hidden, 41);
  assert.ok(a.places.some((p) => p.key === 'self/main'));
  const s = arrange([...people(40), me], 1366, 640, { mode: 'speaker' });
  assert.equal(s.places.length + s.hidden, 41);
});
