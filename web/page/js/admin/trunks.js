// Trunks through which numbers are called: a small table, where the gateway has any.

import { get, Problem, tenant } from './api.js';
import './lang_setups.js';
import { badge, el, full, moment, section, table } from './ui.js';
import { w } from './words.js';

const PACE = 10_000;

/** A section with the trunks that who looks may see; it is hidden while there are none. stop ends it. */
export function trunks() {
  const list = table({
    caption: w('trunks'), hook: 'trunks', key: (t) => `${t.tenant ?? ''} ${t.name}`, sort: ['name', false],
    columns: [
      { name: 'name', title: w('trunks.name'), sort: (t) => t.name, same: (t) => `${t.name} ${t.tenant}`, cell: (t) => [el('b', { text: t.name }), el('span.sub', { text: [t.address, t.tenant].filter(Boolean).join(' · ') })] },
      { name: 'prefixes', title: w('trunks.prefixes'), same: (t) => String(t.prefixes), cell: (t) => el('span.badges', {}, t.prefixes?.length ? t.prefixes.map((p) => badge(`${p}…`)) : w('trunks.all')) },
      { name: 'state', title: w('trunks.state'), sort: (t) => Number(t.up), same: (t) => `${t.up} ${t.registers} ${t.registered}`, cell: (t) => el('span.badges', {}, badge(w(t.up ? 'trunks.up' : 'trunks.down'), t.up ? 'good' : 'bad', { data: { up: String(t.up) } }), t.registers && badge(w(t.registered ? 'devices.registered' : 'devices.unregistered'), t.registered ? 'info' : 'warn')) },
      { name: 'since', title: w('trunks.since'), same: (t) => String(t.since), cell: (t) => (Date.parse(t.since) > 0 ? el('span', { title: full(t.since), text: moment(t.since) }) : '–') },
      { name: 'error', title: w('trunks.error'), kind: 'wide', cell: (t) => t.last_error || '–' },
    ],
  });
  const box = section(w('trunks'), { hook: 'trunks' }, list.el);
  box.hidden = true;
  let clock = 0;
  const read = async () => {
    if (document.hidden) return;
    const answer = await get('/trunks').catch((problem) => {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 404 || problem.status === 403) clearInterval(clock);
      return [];
    });
    const all = Array.isArray(answer) ? answer : (answer.items ?? []);
    list.set(all.filter((t) => !tenant() || !t.tenant || t.tenant === tenant()));
    box.hidden = all.length === 0;
  };
  clock = setInterval(read, PACE);
  read();
  return { el: box, stop: () => clearInterval(clock) };
}
