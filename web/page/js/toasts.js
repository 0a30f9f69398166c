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

  /** A message with buttons: it stays until one is pressed, or for a while. actions: [{key, run, primary}] */
  ask(key, members, { sign, id, lasts = 20000, actions }) {
    this.el.querySelector(`[data-toast="${id}"]`)?.remove();
    const buttons = actions.map(({ key: words, run, primary }) =>
      h(`button.small${primary ? '.primary' : ''}`, { type: 'button', t: words, on: { click: () => { el.remove(); run(); } } }));
    const el = h('div.toast.asking', { data: { toast: id } }, icon(sign), say(h('span'), key, members), h('span.row', {}, buttons));
    this.el.append(el);
    setTimeout(() => el.remove(), lasts);
    return el;
  }

  /** Takes a message away. */
  drop(id) {
    this.el.querySelector(`[data-toast="${id}"]`)?.remove();
  }

  /** Several at once are counted. */
  people(key, list) {
    if (list.length === 0) return;
    if (list.length > 2) this.show(`${key}.many`, { n: list.length }, { sign: 'people' });
    else for (const p of list) this.show(key, { name: p.name || p.device || p.number }, { sign: p.kind === 'terminal' ? 'terminal' : 'people' });
  }
}
