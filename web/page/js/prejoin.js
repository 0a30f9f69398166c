// Before the meeting: a name, a look at oneself, the choice of devices.

import { languageSwitch } from './chrome.js';
import { h, icon, label, logo, say } from './dom.js';
import { deviceSelect, canChooseSpeaker } from './deviceselect.js';
import { problemWords } from './devices.js';
import { Meter } from './meter.js';
import { recall, remember } from './prefs.js';
import { initials, loudness } from './roster.js';

export class Prejoin {
  constructor({ room, media, name, join }) {
    Object.assign(this, { media, join });
    this.onChange = () => this.update();
    media.addEventListener('change', this.onChange);
    this.build(room, name);
    this.meter = new Meter((dbov) => this.bars.style.setProperty('--level', loudness(dbov).toFixed(2)));
    this.update();
  }

  build(room, name) {
    this.preview = h('video.mirror', { autoplay: true, playsinline: true, muted: true, label: 'prejoin.preview' });
    this.preview.muted = true;
    this.avatar = h('div.avatar', { 'aria-hidden': 'true', data: { hue: 5 } });
    this.note = h('p.note', { t: 'prejoin.camera.off' });
    this.mic = h('button.round', { type: 'button', data: { tKey: 'M' }, on: { click: () => this.toggleMic() } });
    this.camera = h('button.round', { type: 'button', data: { tKey: 'V' }, on: { click: () => this.toggleCamera() } });
    this.bars = h('div.meter', { role: 'img', label: 'prejoin.level' }, h('i'));
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
      h('div.prejoin-body', {},
        h('section.preview', {}, h('div.card', {}, this.avatar, this.note), this.preview, h('div.preview-bar', {}, this.mic, this.camera, this.bars)),
        h('section.panel', {}, form, this.problem)));
  }

  face() {
    this.avatar.textContent = this.name.value.trim() ? initials(this.name.value) : '';
    if (!this.avatar.textContent) this.avatar.replaceChildren(icon('people'));
  }

  update() {
    const { media } = this;
    const on = media.video !== null;
    this.el.classList.toggle('picture', on);
    const shown = this.preview.srcObject?.getVideoTracks()[0] ?? null;
    if (shown !== media.video) this.preview.srcObject = on ? new MediaStream([media.video]) : null;
    const micOn = media.micOn && media.audio !== null;
    this.mic.replaceChildren(icon(micOn ? 'mic' : 'micOff'));
    this.camera.replaceChildren(icon(on ? 'camera' : 'cameraOff'));
    label(this.mic, micOn ? 'control.mute' : 'control.unmute');
    label(this.camera, on ? 'control.camera.off' : 'control.camera.on');
    this.mic.classList.toggle('off', !micOn);
    this.camera.classList.toggle('off', !on);
    say(this.note, this.starting ? 'prejoin.camera.starting' : 'prejoin.camera.off');
    this.meter?.listen(media.audio);
    this.bars.hidden = media.audio === null;
    this.face();
    this.showProblem();
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
    this.starting = want.video;
    this.update();
    // On a phone the keyboard would hide the picture.
    if (!this.name.value && matchMedia('(hover: hover)').matches) this.name.focus();
    await this.media.open(want);
    this.starting = false;
    this.update();
  }

  toggleMic() {
    const on = !(this.media.micOn && this.media.audio);
    this.media.setMic(on);
  }

  toggleCamera() {
    const on = !this.media.cameraOn;
    remember('camera', on);
    this.media.setCamera(on);
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
    this.meter.stop();
    this.media.removeEventListener('change', this.onChange);
    this.el.remove();
  }
}
