// Before the meeting: a name, a look at oneself, the choice of devices.

import { languageSwitch } from './chrome.js';
import { h, icon, logo, say } from './dom.js';
import { deviceSelect, canChooseSpeaker } from './deviceselect.js';
import { problemWords } from './devices.js';
import { Preview } from './preview.js';
import { recall, remember } from './prefs.js';

export class Prejoin {
  constructor({ room, media, name, join }) {
    Object.assign(this, { media, join });
    this.preview = new Preview(media);
    this.build(room, name);
    this.onChange = () => this.showProblem();
    media.addEventListener('change', this.onChange);
    this.face();
    this.showProblem();
  }

  build(room, name) {
    this.problem = h('div.problem', { role: 'status', hidden: true });
    this.name = h('input', {
      type: 'text', name: 'name', maxlength: 64, autocomplete: 'name', hint: 'prejoin.name.hint', value: name ?? recall('name'), required: true,
      on: { input: () => this.face() },
    });
    this.button = h('button.primary.large', { type: 'submit', t: 'prejoin.join' });
    const form = h('form', { on: { submit: (e) => this.submit(e) } },
      h('p.room-line', {}, h('span', { t: 'prejoin.room' }), h('strong', { text: room })),
      h('h1', { t: 'prejoin.title' }),
      h('label.field', {}, h('span', { t: 'prejoin.name' }), this.name),
      h('div.devices', {}, deviceSelect(this.media, 'audio'), deviceSelect(this.media, 'video'), canChooseSpeaker() && deviceSelect(this.media, 'output')),
      this.button);
    this.el = h('main.prejoin', {},
      h('header.top', {}, h('a.brand', { href: '/' }, logo(), h('span', { text: 'Roombridge' })), languageSwitch()),
      h('div.prejoin-body', {}, this.preview.el, h('section.panel', {}, form, this.problem)));
  }

  face() {
    this.preview.face(this.name.value);
  }

  showProblem() {
    const words = problemWords(this.media.problems);
    this.problem.hidden = !words;
    if (!words) return;
    const insecure = words.key === 'insecure';
    this.problem.replaceChildren(icon('warning'), h('div', {},
      h('p', { t: insecure ? 'device.insecure' : `device.${words.key}.${words.kind}` }),
      !insecure && h('p.quiet', { t: `device.${words.key}.how` }),
      h('p.quiet', { t: 'prejoin.without' }),
      !insecure && h('button.small', { type: 'button', t: 'device.retry', on: { click: () => this.open() } })));
  }

  /** Asks for the devices as they were left last time. */
  async open(want = { audio: true, video: recall('camera', true) }) {
    this.preview.starting(want.video);
    // On a phone the keyboard would hide the picture.
    if (!this.name.value && matchMedia('(hover: hover)').matches) this.name.focus();
    await this.media.open(want);
    this.preview.starting(false);
    this.showProblem();
  }

  submit(e) {
    e.preventDefault();
    const name = this.name.value.trim();
    if (!name) return this.name.focus();
    remember('name', name);
    this.button.disabled = true;
    say(this.button, 'prejoin.joining');
    this.join(name);
  }

  close() {
    this.preview.close();
    this.media.removeEventListener('change', this.onChange);
    this.el.remove();
  }
}
