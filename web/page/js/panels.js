// The panel beside the stage: participants, how to get in, settings. One is open at a time.

import { languageSwitch, themeSelect } from './chrome.js';
import { copyLine, h, icon, say } from './dom.js';
import { canChooseSpeaker, deviceSelect } from './deviceselect.js';
import { t } from './i18n.js';
import { deviceName, hue, initials, loudness } from './roster.js';

export class Panels {
  constructor({ media, options, changed, lead, claim }) {
    Object.assign(this, { media, options, changed, leading: lead, claim });
    this.title = h('h2');
    this.body = h('div.panel-body');
    this.shut = h('button.plain', { type: 'button', label: 'close', on: { click: () => this.close() } }, icon('close'));
    this.el = h('aside.side', { hidden: true, 'aria-label': '' }, h('header', {}, this.title, this.shut), this.body);
    this.open = '';
  }

  toggle(name, opener) {
    if (this.open === name) return this.close();
    this.open = name;
    this.opener = opener;
    say(this.title, `${name}.title`);
    this.el.setAttribute('aria-label', t(`${name}.title`));
    this.el.dataset.panel = name;
    this.el.hidden = false;
    this.shown = '';
    this.draw();
    this.changed();
    this.shut.focus({ preventScroll: true });
  }

  close() {
    if (!this.open) return false;
    this.open = '';
    this.el.hidden = true;
    this.changed();
    this.opener?.focus({ preventScroll: true });
    return true;
  }

  update(known, self) {
    Object.assign(this, { known, self });
    if (this.open === 'lead' && known.role !== 'host') this.close();
    else this.draw();
  }

  /** Draws the open panel if what it shows has changed; what was focused stays so. */
  draw() {
    if (!this.open) return;
    const shown = JSON.stringify(this.sees());
    if (shown === this.shown) return;
    this.shown = shown;
    const { key } = document.activeElement?.dataset ?? {};
    const held = key && this.body.contains(document.activeElement);
    const typed = held ? document.activeElement.selectionStart : null;
    this.body.replaceChildren(...this[this.open]().filter(Boolean));
    if (!held) return;
    const again = this.body.querySelector(`[data-key="${CSS.escape(key)}"]`) ?? this.shut;
    again.focus({ preventScroll: true });
    if (Number.isInteger(typed) && again.type === 'text') again.setSelectionRange(typed, typed);
  }

  /** What the open panel depends on. */
  sees() {
    const { participants, id, role, lead, waiting, devices, dial, room } = this.known;
    switch (this.open) {
      case 'people':
        return [participants, id, role, waiting, lead.host_pin, this.self];
      case 'lead':
        return [lead, participants.map((p) => `${p.id} ${p.role}`).join(), role];
      case 'dial':
        return [dial, room, role, lead.dial, devices];
    }
    return [];
  }

  people() {
    const { participants, id, role, waiting, lead } = this.known;
    const list = participants.some((p) => p.id === id) ? participants : [{ ...this.self, id, kind: 'browser' }, ...participants];
    this.bars = new Map();
    const rows = list.map((p) => this.person(p, p.id === id));
    return [
      role === 'host' && this.leading.waiting(waiting), say(h('p.quiet'), 'people.count', { n: list.length }), h('ul.people', {}, rows),
      lead.host_pin && role !== 'host' && this.claiming(),
    ];
  }

  /** Who has the PIN of hosts may take the lead. */
  claiming() {
    const input = h('input.digits', { type: 'password', inputmode: 'numeric', autocomplete: 'off', maxlength: 16, required: true, data: { key: 'claim' } });
    const form = h('form.claim', { hidden: !this.claimed, on: { submit: (e) => { e.preventDefault(); this.claim(input.value.trim()); input.value = ''; } } },
      h('label.field', {}, h('span', { t: 'door.host.pin' }), input), h('button', { type: 'submit', t: 'door.host.enter' }));
    const reveal = h('button.link', { type: 'button', t: 'door.host', hidden: this.claimed, on: { click: () => { form.hidden = false; this.claimed = reveal.hidden = true; input.focus(); } } });
    return h('div.claiming', {}, reveal, form);
  }


  person(p, self) {
    const terminal = p.kind === 'terminal';
    const leads = this.known.role === 'host';
    const { audio, video } = self ? this.self : p;
    const face = h('span.face', { data: { hue: hue(p.id) }, 'aria-hidden': 'true' });
    face.append(terminal ? icon('terminal') : initials(p.name));
    const about = terminal
      ? [deviceName(p.device), p.number].filter((s) => s && s !== p.name).join(' · ')
      : p.sharing ? t('people.sharing') : '';
    const bar = h('i.bar');
    this.bars.set(p.id, bar);
    return h('li', { data: { participant: p.id } }, face,
      h('span.about', {}, h('b', { text: p.name || deviceName(p.device) || t('tile.terminal') }), self && h('em', {}, ' (', h('span', { t: 'you' }), ')'),
        p.role === 'host' && h('span.role', { t: 'people.host' }),
        about && h('small', { text: about })),
      audio === false ? h('span.sign.off', { role: 'img', label: 'tile.muted' }, icon('micOff')) : h('span.sign', { 'aria-hidden': 'true' }, bar),
      video === false && h('span.sign.off', { role: 'img', label: 'people.camera.off' }, icon('cameraOff')),
      leads && !self && this.leading.tools(p));
  }

  levels(levels) {
    if (this.open !== 'people') return;
    for (const [id, bar] of this.bars ?? []) bar.style.setProperty('--level', loudness(levels[id]).toFixed(2));
  }

  lead() {
    return this.leading.panel(this.known);
  }

  dial() {
    const { dial, room, role } = this.known;
    const terminal = h('section.block', {}, h('h3', {}, icon('terminal'), h('span', { t: 'dial.terminal' })));
    if (dial.length > 0) {
      terminal.append(h('p.quiet', { t: 'dial.terminal.text' }), h('p.number', {}, h('span', { t: 'dial.number' }), h('strong', { text: room })), ...dial.map(copyLine));
    } else {
      terminal.append(h('p.quiet', { t: 'dial.none' }));
    }
    return [role === 'host' && this.leading.calling(this.known), terminal, h('section.block', {}, h('h3', {}, icon('link'), h('span', { t: 'dial.browser' })), h('p.quiet', { t: 'dial.browser.text' }), copyLine(roomLink()))];
  }

  settings() {
    const mirror = h('input', { type: 'checkbox', on: { change: () => this.options.mirror(mirror.checked) } });
    mirror.checked = this.options.mirrored();
    return [
      h('section.block', {}, h('h3', { t: 'settings.devices' }), deviceSelect(this.media, 'audio'), deviceSelect(this.media, 'video'),
        canChooseSpeaker() ? deviceSelect(this.media, 'output') : h('p.quiet', { t: 'settings.speaker.unsupported' }),
        h('label.check', {}, mirror, h('span', { t: 'settings.mirror' }))),
      h('section.block', {}, h('label.field', {}, h('span', { t: 'theme' }), themeSelect()), h('div.field', {}, h('span', { t: 'language' }), languageSwitch())),
      h('section.block.shortcuts', {}, h('h3', { t: 'settings.shortcuts' }), shortcuts()),
    ];
  }
}

/** The address of this room without what this person's own link carried. */
export function roomLink() {
  return location.origin + location.pathname;
}

const KEYS = [['M', 'mute'], ['key.space', 'talk'], ['V', 'camera'], ['S', 'share'], ['P', 'people'], ['H', 'lead'], ['D', 'dial'], ['L', 'layout'], ['F', 'fullscreen'], ['Esc', 'close']];

function shortcuts() {
  return h('dl', {}, KEYS.flatMap(([key, what]) => [
    h('dt', {}, key.includes('.') ? h('kbd', { t: key }) : h('kbd', { text: key })),
    h('dd', { t: `shortcut.${what}` }),
  ]));
}
