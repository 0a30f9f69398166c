// Where tiles go. Pure sums over rectangles: no document is touched here.

/**
 * Shares an area out among n tiles of one size in rows, so that each is as large as can be. Tiles keep their shape between the
 * two ratios (width to height); the last row is centred.
 * @returns {{cols: number, rows: number, rects: {x: number, y: number, w: number, h: number}[]}}
 */
export function grid(n, width, height, gap = 8, ratios = [4 / 3, 16 / 9]) {
  let best = { area: -1, cols: 1, rows: 1, w: 0, h: 0 };
  for (let cols = 1; cols <= n; cols++) {
    const rows = Math.ceil(n / cols);
    if (cols > 1 && Math.ceil(n / (cols - 1)) === rows && (cols - 1) * rows >= n && rows === 1) continue;
    const cell = { w: (width - gap * (cols - 1)) / cols, h: (height - gap * (rows - 1)) / rows };
    if (cell.w <= 0 || cell.h <= 0) continue;
    const { w, h } = shape(cell.w, cell.h, ratios);
    // Equal areas: the fuller grid looks calmer.
    if (w * h > best.area * 1.001) best = { area: w * h, cols, rows, w, h };
  }
  const { cols, rows, w, h } = best;
  const top = (height - rows * h - (rows - 1) * gap) / 2;
  const rects = [];
  for (let i = 0; i < n; i++) {
    const row = Math.floor(i / cols);
    const inRow = Math.min(cols, n - row * cols);
    const left = (width - inRow * w - (inRow - 1) * gap) / 2;
    rects.push(whole({ x: left + (i % cols) * (w + gap), y: top + row * (h + gap), w, h }));
  }
  return { cols, rows, rects };
}

/** The largest shape within a cell whose ratio is between the two. */
export function shape(w, h, [narrow, wide]) {
  if (w / h > wide) return { w: h * wide, h };
  if (w / h < narrow) return { w, h: w / narrow };
  return { w, h };
}

function whole({ x, y, w, h }) {
  return { x: Math.round(x), y: Math.round(y), w: Math.floor(w), h: Math.floor(h) };
}

/**
 * One large tile and the others in a strip: at the right of wide areas, at the foot of tall ones. What does not fit into the strip
 * is left out.
 * @returns {{main: object, strip: object[], shown: number}}
 */
export function spotlight(others, width, height, gap = 8, ratio = 16 / 9) {
  if (others === 0) return { main: whole({ x: 0, y: 0, w: width, h: height }), strip: [], shown: 0 };
  return width >= height ? sideStrip(others, width, height, gap, ratio) : footStrip(others, width, height, gap);
}

function sideStrip(others, width, height, gap, ratio) {
  // As wide as lets all others stand there, within reason.
  const all = ((height + gap) / others - gap) * ratio;
  const w = clamp(all, width * 0.14, width * 0.19);
  const h = w / ratio;
  const fit = Math.max(1, Math.floor((height + gap + 0.01) / (h + gap)));
  const shown = Math.min(others, fit);
  const top = (height - shown * h - (shown - 1) * gap) / 2;
  const strip = [];
  for (let i = 0; i < shown; i++) strip.push(whole({ x: width - w, y: top + i * (h + gap), w, h }));
  return { main: whole({ x: 0, y: 0, w: width - w - gap, h: height }), strip, shown };
}

// A picture is wide, so a tall area leaves room under it: the others get all of that, at most six of them.
function footStrip(others, width, height, gap) {
  const shown = Math.min(others, width < 330 ? 4 : 6);
  const tall = Math.min(height * (shown > 3 ? 0.52 : 0.62), width * 0.95);
  const { rects } = grid(shown, width, height - tall - gap, gap, [1, 16 / 9]);
  const foot = rects.map((r) => ({ ...r, y: Math.round(r.y + tall + gap) }));
  return { main: whole({ x: 0, y: 0, w: width, h: tall }), strip: foot, shown };
}

/** One's own picture in a corner, over the other's. */
export function corner(width, height, margin = 12) {
  const portrait = height > width;
  const w = portrait ? clamp(width * 0.28, 84, 160) : clamp(width * 0.18, 140, 440);
  const h = portrait ? w * (4 / 3) : w * (9 / 16);
  return whole({ x: width - w - margin, y: height - h - margin, w, h });
}

/** How a picture fills its tile: cut a little rather than framed, but never cut slides, and rooms hardly: people sit at the edges. */
export function fit(video, tile, kind) {
  if (!video.w || !video.h || !tile.w || !tile.h) return 'cover';
  const a = video.w / video.h;
  const b = tile.w / tile.h;
  const cut = a > b ? a / b : b / a;
  const most = { content: 1, terminal: 1.16 }[kind] ?? 2;
  return cut <= most ? 'cover' : 'contain';
}

/** The height that a picture is shown with: one that covers a wide tile is cut above and below. Most are 16:9. */
export function shownHeight(tile, kind) {
  const whole = (tile.w * 9) / 16;
  return whole > tile.h && fit({ w: 16, h: 9 }, tile, kind) === 'cover' ? whole : tile.h;
}

/** How many tiles an area holds before they get too small to make out a face. */
export function capacity(width, height, least = 150) {
  const cols = Math.max(1, Math.floor(width / least));
  const rows = Math.max(1, Math.floor(height / (least * 0.66)));
  return clamp(cols * rows, 2, 25);
}

/** A size in device pixels for the room, in steps so that small changes of a window ask for nothing new. */
export function wantedSize(w, h, density = 1, step = 32, most = 1920) {
  const scale = Math.min(2, Math.max(1, density));
  const up = (v) => Math.max(step, Math.ceil((v * scale) / step) * step);
  return { width: Math.min(most, up(w)), height: Math.min(most, up(h)) };
}

export function clamp(v, lo, hi) {
  return Math.min(hi, Math.max(lo, v));
}
