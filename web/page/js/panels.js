// The panel beside the stage: participants, how to get in, settings. One is open at a time.

import { languageSwitch, themeSelect } from './chrome.js';
import { copyLine, h, icon, say } from './dom.js';
import { canChooseSpeaker, deviceSelect } from './deviceselect.js';
import { t } from './i18n.js';
import { deviceName, hue, initials, loudness } from './roster.js';

export class Panels {
  constructor({ media, options, changed }) {
    Object.assign(this, { media, options, changed });
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
    this.body.replaceChildren(...this[name]());
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
    if (this.open === 'people') this.body.replaceChildren(...this.people());
  }

  people() {
    const { participants, id } = this.known;
    const list = participants.some((p) => p.id === id) ? participants : [{ ...this.self, id, kind: 'browser' }, ...participants];
    this.bars = new Map();
    const rows = list.map((p) => this.person(p, p.id === id));
    return [say(h('p.quiet'), 'people.count', { n: list.length }), h('ul.people', {}, rows)];
  }

  person(p, self) {
    const terminal = p.kind === 'terminal';
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
        about && h('small', { text: about })),
      audio === false ? h('span.sign.off', { role: 'img', label: 'tile.muted' }, icon('micOff')) : h('span.sign', { 'aria-hidden': 'true' }, bar),
      video === false && h('span.sign.off', { role: 'img', label: 'people.camera.off' }, icon('cameraOff')));
  }

  levels(levels) {
    if (this.open !== 'people') return;
    for (const [id, bar] of this.bars ?? []) bar.style.setProperty('--level', loudness(levels[id]).toFixed(2));
  }

  dial() {
    const { dial, room } = this.known;
    const terminal = h('section.block', {}, h('h3', {}, icon('terminal'), h('span', { t: 'dial.terminal' })));
    if (dial.length > 0) {
      terminal.append(h('p.quiet', { t: 'dial.terminal.text' }), h('p.number', {}, h('span', { t: 'dial.number' }), h('strong', { text: room })), ...dial.map(copyLine));
    } else {
      terminal.append(h('p.quiet', { t: 'dial.none' }));
    }
    return [terminal, h('section.block', {}, h('h3', {}, icon('link'), h('span', { t: 'dial.browser' })), h('p.quiet', { t: 'dial.browser.text' }), copyLine(roomLink()))];
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

const KEYS = [['M', 'mute'], ['key.space', 'talk'], ['V', 'camera'], ['S', 'share'], ['P', 'people'], ['D', 'dial'], ['L', 'layout'], ['F', 'fullscreen'], ['Esc', 'close']];

function shortcuts() {
  return h('dl', {}, KEYS.flatMap(([key, what]) => [
    h('dt', {}, key.includes('.') ? h('kbd', { t: key }) : h('kbd', { text: key })),
    h('dd', { t: `shortcut.${what}` }),
  ]));
}
