// What hosts do: who gets in, who is heard, what terminals are shown, whom to call, the end.

import { confirmed } from './confirm.js';
import { h, icon, say } from './dom.js';
import { t } from './i18n.js';
import { deviceName } from './roster.js';
import { matching, waitedMinutes } from './waiting.js';

const ENTRIES = ['open', 'lobby', 'locked'];
const LAYOUTS = ['auto', 'speaker', 'one-plus-n', 'grid', 'content'];

/** The parts of the panels that only hosts have. do(type, members) says it to the room. */
export class Lead {
  constructor(send) {
    this.send = send;
    this.search = '';
  }

  /** The panel: entry, sound, layout, the end. */
  panel({ lead, participants, id }) {
    const others = participants.some((p) => p.id !== id && p.role !== 'host');
    return [
      h('section.block', {}, h('h3', {}, icon('lock'), h('span', { t: 'lead.entry' })), this.entry(lead.entry)),
      h('section.block', {}, h('h3', {}, icon('mic'), h('span', { t: 'lead.sound' })),
        h('button', { type: 'button', disabled: !others, data: { key: 'mute-all' }, on: { click: () => this.send('mute', { participant: '', muted: true }) } },
          icon('micOff'), h('span', { t: 'lead.mute.all' })),
        h('p.quiet', { t: 'lead.mute.text' })),
      h('section.block', {}, h('h3', {}, icon('terminal'), h('span', { t: 'lead.layout' })), this.layouts(lead.layout)),
      h('section.block', {}, h('button', { type: 'button', disabled: !participants.some((p) => p.id !== id && p.kind !== 'terminal'), data: { key: 'resign' }, on: { click: () => this.resign(id) } },
        icon('lead'), h('span', { t: 'lead.resign' })), h('p.quiet', { t: 'lead.resign.text' })),
      h('section.block', {}, h('button.danger', { type: 'button', data: { key: 'end' }, on: { click: () => this.end() } }, icon('leave'), h('span', { t: 'lead.end' })),
        h('p.quiet', { t: 'lead.end.text' })),
    ];
  }

  entry(now) {
    const choice = (value) => {
      const input = h('input', { type: 'radio', name: 'entry', value, data: { key: `entry-${value}` }, on: { change: () => this.send('entry', { entry: value }) } });
      input.checked = value === now;
      return h('label.choice', {}, input, h('span', {}, h('b', { t: `entry.${value}` }), h('small', { t: `entry.${value}.text` })));
    };
    return h('div.choices', { role: 'radiogroup', label: 'lead.entry' }, ENTRIES.map(choice));
  }

  layouts(now) {
    const select = h('select', { data: { key: 'layout' }, on: { change: () => this.send('layout', { layout: select.value }) } },
      LAYOUTS.map((value) => h('option', { value, t: `terminals.${value}` })));
    select.value = now;
    return h('label.field', {}, h('span', { t: 'lead.layout.text' }), select);
  }

  async end() {
    if (await confirmed('end.all')) this.send('end');
  }

  async remove(p) {
    const name = p.name || deviceName(p.device) || t('tile.terminal');
    if (await confirmed('remove', { name })) this.send('remove', { participant: p.id });
  }

  async appoint(p) {
    if (await confirmed('appoint', { name: p.name })) this.send('role', { participant: p.id, role: 'host' });
  }

  async resign(id) {
    if (await confirmed('resign')) this.send('role', { participant: id, role: 'guest' });
  }

  /** What can be done to one participant. */
  tools(p) {
    const name = p.name || deviceName(p.device) || t('tile.terminal');
    const off = p.audio === false;
    const again = p.silenced === true;
    return h('span.tools', {},
      p.kind !== 'terminal' && p.role !== 'host' && h('button.plain.tool', {
        type: 'button', label: 'lead.appoint', members: { name }, data: { key: `appoint-${p.id}` }, on: { click: () => this.appoint(p) },
      }, icon('lead')),
      h('button.plain.tool', {
        type: 'button', label: again ? 'lead.unmute' : 'lead.mute', members: { name }, disabled: off && !again, data: { key: `mute-${p.id}` },
        on: { click: () => this.send('mute', { participant: p.id, muted: !again }) },
      }, icon(again ? 'mic' : 'micOff')),
      h('button.plain.tool', { type: 'button', label: 'lead.remove', members: { name }, data: { key: `remove-${p.id}` }, on: { click: () => this.remove(p) } }, icon('remove')));
  }

  /** Who waits before the door. */
  waiting(list) {
    if (list.length === 0) return null;
    const decide = (waiting, admit) => this.send('admit', { waiting, admit });
    const row = (w) => h('li', { data: { waiting: w.id } },
      h('span.face', { 'aria-hidden': 'true' }, icon(w.kind === 'terminal' ? 'terminal' : 'people')),
      h('span.about', {}, h('b', { text: w.name }), h('small', {}, w.number && h('span', { text: `${w.number} · ` }), this.since(w.since))),
      h('span.tools', {},
        h('button.small.primary', { type: 'button', t: 'lead.admit', 'aria-label': `${t('lead.admit')}: ${w.name}`, data: { key: `admit-${w.id}` }, on: { click: () => decide(w.id, true) } }),
        h('button.small', { type: 'button', t: 'lead.refuse', 'aria-label': `${t('lead.refuse')}: ${w.name}`, data: { key: `refuse-${w.id}` }, on: { click: () => decide(w.id, false) } })));
    return h('section.knocking', {},
      h('header', {}, say(h('h3'), 'lead.waiting', { n: list.length }),
        list.length > 1 && h('button.small', { type: 'button', t: 'lead.admit.all', data: { key: 'admit-all' }, on: { click: () => decide('', true) } })),
      h('ul.people', {}, list.map(row)));
  }

  since(at) {
    const n = waitedMinutes(at);
    return n === 0 ? h('span', { t: 'lead.waited.now' }) : say(h('span'), 'lead.waited', { n });
  }

  /** Terminals to call in, and a field for addresses where they are taken. */
  calling({ lead, devices }) {
    if (!lead.dial) return null;
    const list = h('ul.callees');
    const fill = () => list.replaceChildren(...this.callees(devices, matching(devices ?? [], this.search)));
    const search = h('input', {
      type: 'text', hint: lead.dial === 'addresses' ? 'call.hint.address' : 'call.hint', maxlength: 200, autocomplete: 'off', value: this.search, spellcheck: 'false', data: { key: 'call' },
      on: { input: () => { this.search = search.value; fill(); } },
    });
    const form = h('form.call', { on: { submit: (e) => { e.preventDefault(); this.dial(search.value.trim()); } } },
      h('label.field', {}, h('span', { t: 'call.whom' }), search),
      lead.dial === 'addresses' && h('button.primary', { type: 'submit' }, icon('invite'), h('span', { t: 'call.call' })));
    fill();
    return h('section.block', {}, h('h3', {}, icon('invite'), h('span', { t: 'call.title' })), form, list);
  }

  callees(all, some) {
    if (all === null) return [h('li.quiet', { t: 'call.loading' })];
    if (all.length === 0) return [h('li.quiet', { t: 'call.none' })];
    if (some.length === 0) return [h('li.quiet', { t: 'call.nomatch' })];
    return some.slice(0, 50).map((d) => h('li', {}, h('span.dot', { data: { online: d.online }, role: 'img', label: d.online ? 'call.online' : 'call.offline' }),
      h('span.about', {}, h('b', { text: d.name }), d.model && h('small', { text: deviceName(d.model) })),
      h('button.small', { type: 'button', t: 'call.call', 'aria-label': `${t('call.call')}: ${d.name}`, disabled: !d.online, data: { key: `call-${d.name}` }, on: { click: () => this.dial(d.name) } })));
  }

  dial(target) {
    if (target) this.send('dial', { target });
  }
}
