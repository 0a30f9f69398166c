// Small graphs: lines over the last minutes with units, and values where the pointer or the keyboard is. Drawn as SVG; the sums are apart and tested.

import { el } from './ui.js';
import { time } from './format.js';
import { w } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [320, 84];

function svg(tag, attributes = {}) {
  const e = document.createElementNS(SVG, tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  return e;
}

/** The end of an axis: the least of 1, 2, 5 times a power of ten that is not below max, and never below least. */
export function ceiling(max, least) {
  const top = Math.max(max, least);
  const power = 10 ** Math.floor(Math.log10(top));
  const step = [1, 2, 5, 10].find((n) => n * power >= top * (1 - 1e-9));
  return step * power;
}

/** The points of a line: values over times (ms), from first to last, in a box of width and height. null leaves a gap. */
export function path(values, times, { first, last, top, width = WIDTH, height = HEIGHT }) {
  const out = [];
  let on = false;
  values.forEach((v, i) => {
    if (v === null || v === undefined) {
      on = false;
      return;
    }
    const x = last === first ? width : ((times[i] - first) / (last - first)) * width;
    const y = height - (Math.min(v, top) / top) * height;
    out.push(`${on ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`);
    on = true;
  });
  return out.join('');
}

/** The index of the time nearest to a share (0 to 1) of the span. */
export function nearest(times, share, first, last) {
  const at = first + share * (last - first);
  let best = 0;
  times.forEach((t, i) => {
    if (Math.abs(t - at) < Math.abs(times[best] - at)) best = i;
  });
  return best;
}

/**
 * A graph of series [{name, title, of(point) -> value}] over points {at}: least is the smallest end of its axis, text(value) a value with its unit.
 * set(points) shows these; span is how much time is shown, ms.
 */
export function graph({ title, series, text, least = 1, span = 600_000, hook }) {
  const lines = series.map((s, i) => svg('path', { class: `line series-${i + 1}`, 'vector-effect': 'non-scaling-stroke' }));
  const cursor = svg('line', { class: 'cursor', y1: 0, y2: HEIGHT, 'vector-effect': 'non-scaling-stroke', visibility: 'hidden' });
  const grid = [0.5].map((y) => svg('line', { class: 'gridline', x1: 0, x2: WIDTH, y1: HEIGHT * y, y2: HEIGHT * y, 'vector-effect': 'non-scaling-stroke' }));
  const plot = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  plot.append(...grid, ...lines, cursor);
  const when = el('span.when');
  const values = series.map((s, i) => el(`span.value.series-${i + 1}`, {}, el('i', { 'aria-hidden': 'true' }), el('span', { text: s.title }), el('b')));
  const box = el('div.graph', { tabindex: 0, role: 'img', data: hook ? { graph: hook } : {} },
    el('div.title', {}, el('span', { text: title }), when), el('div.plot', {}, plot), el('div.values', {}, values));
  const state = { points: [], times: [], first: 0, last: 1, top: 1, at: null };

  function read(i) {
    const p = state.points[i];
    series.forEach((s, n) => {
      const v = p ? s.of(p) : null;
      values[n].lastChild.textContent = v === null || v === undefined ? '–' : text(v);
    });
    const shown = state.at !== null && p;
    when.textContent = shown ? time(p.at) : text(state.top);
    cursor.setAttribute('visibility', shown ? 'visible' : 'hidden');
    if (shown) {
      const x = ((state.times[i] - state.first) / (state.last - state.first)) * WIDTH;
      cursor.setAttribute('x1', x);
      cursor.setAttribute('x2', x);
    }
    const words = series.map((s, n) => `${s.title} ${values[n].lastChild.textContent}`).join(', ');
    box.setAttribute('aria-label', `${title}${shown ? `, ${time(p.at)}` : ''}: ${words}`);
  }

  function look(i) {
    state.at = i;
    read(i ?? state.points.length - 1);
  }

  plot.addEventListener('pointermove', (e) => {
    const r = plot.getBoundingClientRect();
    if (state.points.length) look(nearest(state.times, (e.clientX - r.left) / r.width, state.first, state.last));
  });
  plot.addEventListener('pointerleave', () => look(null));
  box.addEventListener('blur', () => look(null));
  box.addEventListener('keydown', (e) => {
    const n = state.points.length;
    const to = { ArrowLeft: (state.at ?? n) - 1, ArrowRight: (state.at ?? n - 1) + 1, Home: 0, End: n - 1 }[e.key];
    if (to === undefined || n === 0) return;
    e.preventDefault();
    look(Math.max(0, Math.min(n - 1, to)));
  });

  return {
    el: box,
    set(points) {
      state.points = points;
      state.times = points.map((p) => Date.parse(p.at));
      state.last = state.times.at(-1) ?? Date.now();
      state.first = state.last - span;
      const all = series.map((s) => points.map(s.of));
      state.top = ceiling(Math.max(0, ...all.flat().filter((v) => v !== null && v !== undefined)), least);
      all.forEach((list, i) => lines[i].setAttribute('d', path(list, state.times, state)));
      if (state.at !== null) state.at = Math.min(state.at, points.length - 1);
      read(state.at ?? points.length - 1);
      box.classList.toggle('nothing', points.length === 0);
    },
  };
}

/** A line as high as a row of text, of a list of numbers up to top. It is told nothing by: the value stands beside it. */
export function spark(values, { top, kind = '', width = 72, height = 18 }) {
  const e = svg('svg', { class: `spark ${kind}`, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' });
  const times = values.map((_, i) => i);
  const high = Math.max(top, ...values);
  e.append(svg('path', { class: 'line', d: path(values, times, { first: 0, last: Math.max(1, values.length - 1), top: high, width, height: height - 2 }), transform: 'translate(0 1)' }));
  return e;
}

/** How a value stands to its limit: a bar. */
export function gauge({ title, hook }) {
  const fill = el('i');
  const value = el('b');
  const bar = el('div.track', { role: 'meter', 'aria-label': title, 'aria-valuemin': 0, 'aria-valuemax': 100 }, fill, el('s'));
  const box = el('div.gauge', { data: hook ? { gauge: hook } : {} }, el('span', { text: title }), value, bar);
  return {
    el: box,
    set(share, limit, text) {
      const percent = Math.round(100 * Math.min(1, Math.max(0, share)));
      fill.style.setProperty('width', `${percent}%`);
      fill.className = limit && share >= limit ? 'bad' : limit && share >= 0.8 * limit ? 'warn' : '';
      bar.lastChild.hidden = !limit;
      bar.lastChild.style.setProperty('left', `${100 * Math.min(1, limit || 1)}%`);
      bar.setAttribute('aria-valuenow', percent);
      bar.setAttribute('aria-valuetext', text + (limit ? `, ${w('gauge.limit', { limit: Math.round(100 * limit) })}` : ''));
      value.textContent = text;
    },
  };
}
