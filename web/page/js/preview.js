// A look at oneself: the camera's picture, and what switches camera and microphone.

import { h, icon, label, say } from './dom.js';
import { Meter } from './meter.js';
import { remember } from './prefs.js';
import { initials, loudness } from './roster.js';

export class Preview {
  constructor(media) {
    this.media = media;
    this.video = h('video.mirror', { autoplay: true, playsinline: true, muted: true, label: 'prejoin.preview' });
    this.video.muted = true;
    this.avatar = h('div.avatar', { 'aria-hidden': 'true', data: { hue: 5 } });
    this.note = h('p.note', { t: 'prejoin.camera.off' });
    this.mic = h('button.round', { type: 'button', data: { tKey: 'M' }, on: { click: () => this.toggleMic() } });
    this.camera = h('button.round', { type: 'button', data: { tKey: 'V' }, on: { click: () => this.toggleCamera() } });
    this.bars = h('div.meter', { role: 'img', label: 'prejoin.level' }, h('i'));
    this.el = h('section.preview', {}, h('div.card', {}, this.avatar, this.note), this.video, h('div.preview-bar', {}, this.mic, this.camera, this.bars));
    this.onChange = () => this.update();
    media.addEventListener('change', this.onChange);
    this.meter = new Meter((dbov) => this.bars.style.setProperty('--level', loudness(dbov).toFixed(2)));
    this.face('');
    this.update();
  }

  face(name) {
    this.avatar.textContent = name.trim() ? initials(name) : '';
    if (!this.avatar.textContent) this.avatar.replaceChildren(icon('people'));
  }

  /** Says that the camera is just being opened, or no longer. */
  starting(on) {
    this.opening = on;
    this.update();
  }

  update() {
    const { media } = this;
    const on = media.video !== null;
    this.el.classList.toggle('picture', on);
    const shown = this.video.srcObject?.getVideoTracks()[0] ?? null;
    if (shown !== media.video) this.video.srcObject = on ? new MediaStream([media.video]) : null;
    const micOn = media.micOn && media.audio !== null;
    this.mic.replaceChildren(icon(micOn ? 'mic' : 'micOff'));
    this.camera.replaceChildren(icon(on ? 'camera' : 'cameraOff'));
    label(this.mic, micOn ? 'control.mute' : 'control.unmute');
    label(this.camera, on ? 'control.camera.off' : 'control.camera.on');
    this.mic.classList.toggle('off', !micOn);
    this.camera.classList.toggle('off', !on);
    say(this.note, this.opening ? 'prejoin.camera.starting' : 'prejoin.camera.off');
    this.meter?.listen(media.audio);
    this.bars.hidden = media.audio === null;
  }

  toggleMic() {
    this.media.setMic(!(this.media.micOn && this.media.audio));
  }

  toggleCamera() {
    const on = !this.media.cameraOn;
    remember('camera', on);
    this.media.setCamera(on);
  }

  close() {
    this.meter.stop();
    this.video.srcObject = null;
    this.media.removeEventListener('change', this.onChange);
  }
}
