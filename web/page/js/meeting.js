// The meeting on the screen: session, stage, bar, panels and messages wired together.

import { Controls, keyboard } from './controls.js';
import { Door } from './door.js';
import { expose } from './debug.js';
import { copy, h, icon, label, logo } from './dom.js';
import { language } from './i18n.js';
import { Lead } from './lead.js';
import { Meter } from './meter.js';
import { Panels, roomLink } from './panels.js';
import { recall, remember } from './prefs.js';
import { grade, Quality } from './quality.js';
import { Session } from './session.js';
import { Stage } from './stage.js';
import { Toasts } from './toasts.js';
import { callFailure, knockWords } from './waiting.js';

const LAYOUT_SIGNS = { auto: 'auto', grid: 'grid', speaker: 'spotlight' };

export class Meeting {
  /** @param options {room, url, media, name, ended: ({code, reason}) => void} */
  constructor({ room, url, media, name, ended }) {
    Object.assign(this, { room, media, name, endedWith: ended });
    this.session = new Session({ url, media, name, lang: language });
    this.build();
    this.wire();
    this.meter = new Meter((dbov) => this.ownLevel(dbov));
    expose(this.session, media, this.stage);
    this.update();
    this.session.open();
  }

  build() {
    this.audio = h('audio', { autoplay: true });
    this.stage = new Stage({
      want: (list) => this.session.want(list),
      picture: (participant, kind) => this.session.picture(participant, kind),
      showPeople: () => this.panel('people'),
    });
    this.stage.mirrored = recall('mirror', true);
    this.stage.mode = recall('layout', 'auto');
    this.toasts = new Toasts();
    this.quality = new Quality();
    this.panels = new Panels({
      media: this.media,
      changed: () => this.update(),
      options: { mirrored: () => this.stage.mirrored, mirror: (on) => this.mirror(on) },
      lead: new Lead((type, members) => this.session.lead(type, members)),
      claim: (pin) => this.session.pin(pin),
    });
    this.door = new Door({ room: this.room, media: this.media, name: this.name, pin: (pin) => this.session.pin(pin), leave: () => this.session.leave() });
    this.controls = new Controls({
      mic: () => this.mic(), camera: () => this.camera(), share: () => this.share(), people: (b) => this.panel('people', b),
      lead: (b) => this.panel('lead', b), dial: (b) => this.panel('dial', b), settings: (b) => this.panel('settings', b), leave: () => this.session.leave(),
    });
    this.layoutButton = h('button.plain', { type: 'button', data: { tKey: 'L' }, on: { click: () => this.layout() } });
    this.fullButton = h('button.plain.full', { type: 'button', label: 'control.fullscreen', on: { click: () => this.fullscreen() } }, icon('fullscreen'));
    this.fullButton.dataset.tKey = 'F';
    this.clock = h('time.clock');
    this.guarded = h('span.guarded', { role: 'img', hidden: true }, icon('lock'));
    this.banner = h('div.banner', { hidden: true }, icon('screen'), h('span', { t: 'sharing.banner' }),
      h('button.small', { type: 'button', t: 'control.unshare', on: { click: () => this.share() } }));
    this.overlay = h('div.overlay', { role: 'alert', hidden: true });
    this.alone = this.buildAlone();
    this.unheard = h('button.unheard', { type: 'button', hidden: true, on: { click: () => this.play() } }, icon('speaker'),
      h('span', {}, h('b', { t: 'audio.blocked' }), h('small', { t: 'audio.blocked.text' })));
    this.el = h('div.meeting', {}, h('a.skip', { href: '#controls', t: 'skip' }),
      h('header.head', {}, h('div.where', {}, logo(), h('h1', { text: this.room }), this.guarded, this.clock),
        h('div.tools', {}, this.quality.el, this.layoutButton, this.fullButton)),
      h('main.body', {}, h('div.middle', {}, this.banner, this.stage.el, this.alone, this.toasts.el, this.unheard), this.panels.el),
      this.controls.el, this.overlay, this.door.el, this.audio);
    this.controls.el.id = 'controls';
  }

  buildAlone() {
    this.aloneDial = h('code');
    const button = h('button.primary', { type: 'button', on: { click: () => copy(roomLink(), button) } }, icon('link'), h('span', { t: 'alone.link' }));
    return h('section.alone', { hidden: true }, h('h2', { t: 'alone.title' }), h('p', { t: 'alone.text' }), this.aloneDial, button);
  }

  wire() {
    const { session, media } = this;
    session.addEventListener('update', (e) => {
      if (e.detail === 'levels') return this.levels();
      if (e.detail === 'quality') this.judgeQuality();
      if (e.detail === 'welcome') this.entered();
      this.update();
    });
    session.addEventListener('status', () => this.status());
    session.addEventListener('sound', () => this.sound());
    session.addEventListener('roster', (e) => this.roster(e.detail));
    session.addEventListener('told', (e) => this.told(e.detail));
    session.addEventListener('knock', (e) => this.knock(e.detail));
    session.addEventListener('end', (e) => this.end(e.detail));
    this.onMedia = () => this.mediaChanged();
    media.addEventListener('change', this.onMedia);
    this.onLost = () => this.toasts.show('toast.device.lost', {}, { sign: 'warning' });
    media.addEventListener('lost', this.onLost);
    this.onLanguage = () => this.update();
    document.addEventListener('languagechange', this.onLanguage);
    this.noKeys = keyboard({
      mic: () => this.mic(), camera: () => this.camera(), share: () => this.share(), people: () => this.panel('people', this.controls.people),
      lead: () => this.session.known.role === 'host' && this.panel('lead', this.controls.lead),
      dial: () => this.panel('dial', this.controls.dial), layout: () => this.layout(), fullscreen: () => this.fullscreen(),
      close: () => this.escape(), talk: (down) => this.talk(down),
    });
    this.ticking = setInterval(() => this.tick(), 1000);
    this.onLeave = () => session.leave();
    addEventListener('pagehide', this.onLeave);
    this.stayAwake();
  }

  get self() {
    const { media } = this;
    return { name: this.name, audio: media.audio !== null && media.micOn, video: media.video !== null, sharing: media.screen !== null };
  }

  update() {
    const { session, media, self } = this;
    const { known } = session;
    const others = known.participants.filter((p) => p.id !== known.id);
    this.stage.update(known, self, this.ownStream());
    this.controls.update({ mic: self.audio, camera: self.video, sharing: self.sharing, panel: this.panels.open, count: others.length + 1, leads: known.role === 'host', waiting: known.waiting.length });
    this.guarded.hidden = known.lead.entry === 'open';
    if (!this.guarded.hidden) label(this.guarded, `entry.${known.lead.entry}`);
    if (this.role && known.role !== this.role) this.toasts.show(known.role === 'host' ? 'toast.leads' : 'toast.follows', {}, { sign: 'lead', id: 'role' });
    this.role = known.role;
    this.panels.update(known, self);
    this.quality.update(known.quality);
    this.banner.hidden = media.screen === null;
    this.alone.hidden = others.length > 0 || session.status !== 'live';
    this.aloneDial.textContent = known.dial[0] ?? '';
    this.aloneDial.hidden = known.dial.length === 0;
    label(this.layoutButton, `layout.${this.stage.mode}`);
    if (this.layoutButton.dataset.mode !== this.stage.mode) {
      this.layoutButton.dataset.mode = this.stage.mode;
      this.layoutButton.replaceChildren(icon(LAYOUT_SIGNS[this.stage.mode]));
    }
    this.el.classList.toggle('with-panel', this.panels.open !== '');
  }

  ownStream() {
    const { video } = this.media;
    if (!video) this.own = null;
    else if (this.own?.getVideoTracks()[0] !== video) this.own = new MediaStream([video]);
    return this.own;
  }

  mediaChanged() {
    this.meter.listen(this.media.audio);
    if (this.media.chosen.output && this.audio.setSinkId && this.audio.sinkId !== this.media.chosen.output) {
      this.audio.setSinkId(this.media.chosen.output).catch(() => {});
    }
    this.update();
  }

  sound() {
    this.audio.srcObject = this.session.peer.sound;
    this.play();
  }

  play() {
    this.audio.play().then(() => (this.unheard.hidden = true), (error) => {
      if (error.name === 'NotAllowedError') this.unheard.hidden = false;
    });
  }

  status() {
    const { status } = this.session;
    if (status === 'live') {
      this.since ??= Date.now();
      if (this.overlay.dataset.shown) this.toasts.show('toast.back', {}, { sign: 'check' });
    }
    clearTimeout(this.overlaying);
    // Most losses last less than a moment: nobody needs to hear of them.
    const wait = { live: 0, connecting: 300, slow: 2500, lost: 800 }[status];
    if (!this.door.el.hidden) return;
    this.overlaying = setTimeout(() => this.cover(status), wait);
    this.update();
  }

  cover(status) {
    this.overlay.hidden = status === 'live';
    this.el.dataset.status = status;
    delete this.overlay.dataset.shown;
    if (status === 'live') return this.overlay.replaceChildren();
    const words = { connecting: 'connect.connecting', slow: 'connect.slow', lost: 'connect.lost' }[status];
    if (status !== 'connecting') this.overlay.dataset.shown = 'true';
    this.overlay.dataset.kind = status;
    this.overlay.replaceChildren(h('div.notice', {}, h('span.spinner', { 'aria-hidden': 'true' }), h('div', {}, h('b', { t: words }), status === 'lost' && h('p', { t: 'connect.lost.text' })),
      status === 'lost' && h('button.small', { type: 'button', t: 'connect.now', on: { click: () => this.session.signalling.hurry() } })));
  }

  /** What the room says to this page alone. */
  told(m) {
    switch (m.type) {
      case 'door':
        if (!this.session.signalling.up) this.ask(m);
        else if (m.wrong) this.toasts.show(m.tries > 0 ? 'door.wrong' : 'door.wrong.last', { n: m.tries ?? 0 }, { sign: 'warning', id: 'pin' });
        return;
      case 'silence':
        if (m.on) this.media.setMic(false);
        this.toasts.show(m.on ? 'toast.silenced' : 'toast.unsilenced', {}, { sign: m.on ? 'micOff' : 'mic', id: 'silence' });
        return;
      case 'dial':
        if (m.state === 'calling') this.toasts.show('call.calling', { name: m.target }, { sign: 'invite', id: 'call' });
        else if (m.state === 'failed') this.toasts.show(callFailure(m.cause), { name: m.target }, { sign: 'warning', id: 'call' });
        return;
      case 'error':
        this.failed(m);
    }
  }

  /** Before the door. */
  ask(m) {
    clearTimeout(this.overlaying);
    this.overlay.hidden = true;
    this.door.show(m);
  }

  entered() {
    this.door.close();
    this.status();
  }

  /** The room did not do what was asked of it. */
  failed({ code }) {
    if (code === 'pin' && !this.session.signalling.up) this.door.refused();
    else if (code === 'pin') this.toasts.show('door.lockedout', {}, { sign: 'warning', id: 'pin' });
    else if (code === 'dial') this.toasts.show('call.refused', {}, { sign: 'warning', id: 'call' });
    else if (['mute', 'remove', 'role', 'entry', 'admit', 'layout', 'end', 'devices'].includes(code)) this.toasts.show('toast.refused', {}, { sign: 'warning' });
  }

  /** Somebody has come before the door. */
  knock(fresh) {
    const { waiting } = this.session.known;
    if (waiting.length === 0) this.toasts.drop('knock');
    const words = knockWords(fresh);
    if (!words || this.panels.open === 'people') return;
    const look = { key: 'lead.look', run: () => this.panels.open !== 'people' && this.panel('people', this.controls.people) };
    const decide = (admit) => () => this.session.lead('admit', { waiting: fresh[0].id, admit });
    const actions = fresh.length > 1 ? [{ ...look, primary: true }] : [{ key: 'lead.admit', run: decide(true), primary: true }, { key: 'lead.refuse', run: decide(false) }];
    this.toasts.ask(words.key, words.members, { sign: 'door', id: 'knock', actions });
  }

  roster({ joined, left, shared }) {
    this.toasts.people('toast.joined', joined);
    this.toasts.people('toast.left', left);
    for (const p of shared) this.toasts.show('toast.sharing', { name: p.name || p.device }, { sign: 'screen' });
  }

  levels() {
    this.stage.levels(this.session.known, this.self.audio ? this.loudness : -127);
    this.panels.levels(this.session.known.levels);
  }

  /** A weak line is told once in a while, and not for a single bad moment. */
  judgeQuality() {
    const g = grade(this.session.known.quality);
    this.weak = g !== null && g <= 1 ? (this.weak ?? 0) + 1 : 0;
    if (this.weak < 3 || performance.now() - (this.warned ?? -Infinity) < 60000) return;
    this.warned = performance.now();
    this.toasts.show('quality.weak', {}, { sign: 'warning', id: 'quality' });
  }

  /** Our own microphone is measured here, so that the bars move at once, and talking while muted is noticed. */
  ownLevel(dbov) {
    this.loudness = dbov;
    this.levels();
    if (dbov < -38 || this.media.micOn) {
      this.talking = 0;
      return;
    }
    this.talking = (this.talking ?? 0) + 1;
    const quiet = performance.now() - (this.hinted ?? -Infinity) > 20000;
    if (this.talking >= 6 && quiet) {
      this.hinted = performance.now();
      this.toasts.show('toast.muted.talking', {}, { sign: 'micOff', id: 'muted' });
    }
  }

  mic() {
    this.media.setMic(!this.self.audio);
  }

  talk(down) {
    if (down && this.self.audio) return;
    if (down) this.held = true;
    else if (!this.held) return;
    else this.held = false;
    this.media.setMic(down);
  }

  camera() {
    this.media.setCamera(!this.media.cameraOn);
  }

  async share() {
    if (this.media.screen) return this.media.unshare();
    try {
      await this.media.share();
    } catch (error) {
      // A person who closes the choice says no more than that.
      if (error.name === 'NotAllowedError' && /system/i.test(error.message)) this.toasts.show('toast.share.denied', {}, { sign: 'warning' });
      else if (error.name !== 'NotAllowedError' && error.name !== 'AbortError') this.toasts.show('toast.share.failed', {}, { sign: 'warning' });
    }
  }

  panel(name, opener) {
    const { known } = this.session;
    if (name === 'dial' && known.role === 'host' && known.lead.dial) this.session.lead('devices');
    if (name === 'people') this.toasts.drop('knock');
    this.panels.toggle(name, opener);
  }

  escape() {
    if (this.panels.close()) return;
    this.quality.toggle(false);
    if (this.stage.pinned) this.stage.pin(this.stage.pinned);
  }

  layout() {
    const mode = this.stage.nextMode();
    remember('layout', mode);
    this.toasts.show(`layout.${mode}`, {}, { sign: LAYOUT_SIGNS[mode], id: 'layout' });
    this.update();
  }

  mirror(on) {
    remember('mirror', on);
    this.stage.mirrored = on;
    this.update();
  }

  fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => {});
  }

  tick() {
    if (!this.since) return;
    const s = Math.floor((Date.now() - this.since) / 1000);
    const two = (n) => String(n).padStart(2, '0');
    this.clock.textContent = s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${two(Math.floor(s / 60))}:${two(s % 60)}`;
  }

  /** Keeps the screen of a meeting room from going dark. */
  async stayAwake() {
    this.awake = () => document.visibilityState === 'visible' && navigator.wakeLock?.request('screen').then((lock) => (this.lock = lock), () => {});
    document.addEventListener('visibilitychange', this.awake);
    this.awake();
  }

  end(detail) {
    clearInterval(this.ticking);
    clearTimeout(this.overlaying);
    this.door.close();
    this.noKeys();
    removeEventListener('pagehide', this.onLeave);
    document.removeEventListener('languagechange', this.onLanguage);
    document.removeEventListener('visibilitychange', this.awake);
    this.lock?.release().catch(() => {});
    this.media.removeEventListener('change', this.onMedia);
    this.media.removeEventListener('lost', this.onLost);
    this.meter.stop();
    this.stage.close();
    this.media.close();
    if (document.fullscreenElement) document.exitFullscreen();
    this.el.remove();
    this.endedWith(detail);
  }
}

