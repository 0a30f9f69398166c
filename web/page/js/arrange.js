// Who is shown, and in which of the layouts: from the list of tiles to rectangles. Pure.

import { capacity, clamp, corner, grid, spotlight } from './layout.js';

/**
 * Chooses at most `max` tiles. Those in view stay where they are; a speaker outside takes the place of whoever was silent longest.
 * @param tiles  in the order of joining; each has key and, when it cannot give way, keep
 * @param heard  map of key to when it last spoke
 * @param before keys that were in view
 */
export function choose(tiles, max, heard = new Map(), before = []) {
  if (tiles.length <= max) return tiles;
  const weight = (t, i) => [t.keep ? 1 : 0, heard.get(t.key) ?? -1, before.includes(t.key) ? 1 : 0, -i];
  const ranked = tiles
    .map((tile, i) => ({ tile, rank: weight(tile, i) }))
    .sort((a, b) => compare(b.rank, a.rank))
    .slice(0, max)
    .map(({ tile }) => tile);
  return tiles.filter((t) => ranked.includes(t));
}

function compare(a, b) {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return a[i] - b[i];
  }
  return 0;
}

/**
 * Arranges the tiles in an area.
 * @param view {mode: 'auto'|'grid'|'speaker', pinned: key or '', speaker: key or '', heard, before}
 * @returns {{layout: string, places: {key, x, y, w, h, role}[], hidden: number}} role: main, strip, corner or cell
 */
export function arrange(tiles, width, height, view = {}) {
  const { mode = 'auto', pinned = '', speaker = '' } = view;
  const gap = clamp(Math.round(Math.min(width, height) * 0.012), 6, 24);
  const others = tiles.filter((t) => !t.self);
  const self = tiles.find((t) => t.self && t.kind === 'main');
  const large = tiles.find((t) => t.key === pinned) ?? (mode !== 'grid' && others.findLast((t) => t.kind === 'content'));
  if (large) return lit(tiles, large, width, height, gap, view);
  if (mode !== 'grid' && others.length === 1 && tiles.length === 2 && !lying(others[0], width, height)) return duo(others[0], self, width, height);
  if (mode === 'speaker' && others.length > 0) {
    const main = others.find((t) => t.key === speaker) ?? latest(others, view.heard) ?? others[0];
    return lit(tiles, main, width, height, gap, view);
  }
  return cells(tiles, width, height, gap, view);
}

/** A room's wide picture on an upright phone leaves half of it empty: two tiles use it better. */
function lying(tile, width, height) {
  return tile.person?.kind === 'terminal' && height > width * 1.2;
}

function latest(tiles, heard = new Map()) {
  let best;
  for (const t of tiles) {
    if (heard.has(t.key) && (!best || heard.get(t.key) > heard.get(best.key))) best = t;
  }
  return best;
}

function duo(other, self, width, height) {
  return {
    layout: 'duo',
    places: [place(other, { x: 0, y: 0, w: width, h: height }, 'main'), place(self, corner(width, height), 'corner')],
    hidden: 0,
  };
}

function lit(tiles, main, width, height, gap, view) {
  const rest = tiles.filter((t) => t !== main);
  const { shown } = spotlight(rest.length, width, height, gap);
  const strip = choose(rest, shown, view.heard, view.before);
  const s = spotlight(strip.length, width, height, gap);
  return {
    layout: 'spotlight',
    places: [place(main, s.main, 'main'), ...strip.map((t, i) => place(t, s.strip[i], 'strip'))],
    hidden: rest.length - strip.length,
  };
}

function cells(tiles, width, height, gap, view) {
  const shown = choose(tiles, capacity(width, height), view.heard, view.before);
  const tall = height > width;
  const ratios = tall ? [0.9, 16 / 9] : [1.55, 16 / 9];
  const { rects } = grid(shown.length, width, height, gap, ratios);
  return {
    layout: 'grid',
    places: shown.map((t, i) => place(t, rects[i], 'cell')),
    hidden: tiles.length - shown.length,
  };
}

function place(tile, rect, role) {
  return { key: tile.key, ...rect, role };
}
