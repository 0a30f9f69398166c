// The bars that say how good the connection is.

import { h, label, say } from './dom.js';

/** 0 to 4, the worse of both ways; null when nothing is known. Pure. */
export function grade(quality) {
  const values = [quality?.up, quality?.down].filter((v) => Number.isFinite(v));
  return values.length === 0 ? null : Math.max(0, Math.min(4, Math.round(Math.min(...values))));
}

/** Figures for people. Pure. */
export function figures(quality) {
  const rate = (bps) => (bps >= 1e6 ? `${(bps / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bps / 1e3)} kbit/s`);
  const q = quality ?? {};
  return [
    Number.isFinite(q.loss) && ['quality.loss', `${(q.loss * (q.loss <= 1 ? 100 : 1)).toFixed(1)} %`],
    Number.isFinite(q.rtt_ms) && ['quality.rtt', `${Math.round(q.rtt_ms)} ms`],
    Number.isFinite(q.bitrate_down) && ['quality.bitrate', rate(q.bitrate_down)],
  ].filter(Boolean);
}

export class Quality {
  constructor() {
    this.bars = h('span.bars', { 'aria-hidden': 'true' }, h('i'), h('i'), h('i'), h('i'));
    this.text = h('b', { t: 'quality.unknown' });
    this.list = h('dl');
    this.pop = h('div.pop', { hidden: true }, h('h3', { t: 'quality.title' }), this.text, this.list);
    this.button = h('button.plain.quality', { type: 'button', label: 'quality.title', 'aria-expanded': 'false', on: { click: () => this.toggle() } }, this.bars);
    this.el = h('div.quality-box', {}, this.button, this.pop);
    addEventListener('pointerdown', (e) => !this.el.contains(e.target) && this.toggle(false));
  }

  toggle(on = this.pop.hidden) {
    this.pop.hidden = !on;
    this.button.setAttribute('aria-expanded', String(on));
  }

  update(quality) {
    const g = grade(quality);
    const words = g === null ? 'quality.unknown' : `quality.${g}`;
    this.bars.dataset.grade = g ?? 'none';
    say(this.text, words);
    label(this.button, words);
    this.list.replaceChildren(...figures(quality).flatMap(([key, value]) => [h('dt', { t: key }), h('dd', { text: value })]));
  }
}
