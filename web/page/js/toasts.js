// Short messages that come and go, read out by screen readers.

import { h, icon, say } from './dom.js';

const LASTS = 4500;

export class Toasts {
  constructor() {
    this.el = h('div.toasts', { role: 'status', 'aria-live': 'polite' });
  }

  show(key, members = {}, { sign, id } = {}) {
    if (id) this.el.querySelector(`[data-toast="${id}"]`)?.remove();
    const el = h('p.toast', id ? { data: { toast: id } } : {}, sign && icon(sign), say(h('span'), key, members));
    this.el.append(el);
    while (this.el.children.length > 3) this.el.firstChild.remove();
    setTimeout(() => el.classList.add('going'), LASTS);
    setTimeout(() => el.remove(), LASTS + 300);
  }

  /** Several at once are counted. */
  people(key, list) {
    if (list.length === 0) return;
    if (list.length > 2) this.show(`${key}.many`, { n: list.length }, { sign: 'people' });
    else for (const p of list) this.show(key, { name: p.name || p.device || p.number }, { sign: p.kind === 'terminal' ? 'terminal' : 'people' });
  }
}
