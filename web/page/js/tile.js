// One tile: a picture, or who would be in it, with a name plate.

import { h, icon, label, say } from './dom.js';
import { fit } from './layout.js';
import { deviceName, hue, initials, loudness } from './roster.js';
import { t } from './i18n.js';

const HAVE_CURRENT_DATA = 2;
const PATIENCE = 600;
const HOLD = 1500;

// In letters rather than pixels, so that a wall of 4K is judged as a desk is.
function sizeName(w, h) {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  if (h < 8 * rem || w < 10 * rem) return 'small';
  return h < 12.2 * rem || w < 15 * rem ? 'medium' : 'large';
}

export class Tile {
  /** @param model {key, participant, kind, self} */
  constructor(model, { pin }) {
    this.key = model.key;
    this.video = h('video', { autoplay: true, playsinline: true, muted: true, tabindex: '-1' });
    this.video.muted = true; // sound comes mixed, on its own
    this.avatar = h('div.avatar', { 'aria-hidden': 'true' });
    this.note = h('p.note');
    this.badge = h('span.badge');
    this.level = h('span.level', { 'aria-hidden': 'true' }, h('i'), h('i'), h('i'));
    this.muted = h('span.muted', { label: 'tile.muted', role: 'img' }, icon('micOff'));
    this.name = h('span.name');
    this.device = h('span.device');
    this.pin = h('button.pin', { type: 'button', on: { click: () => pin(this.key) } }, icon('pin'));
    this.el = h('article.tile', { data: { kind: model.kind, participant: model.participant } },
      h('div.card', {}, this.avatar, this.note), this.video, this.badge,
      h('footer.plate', {}, this.muted, this.level, h('span.who', {}, this.name, this.device)), this.pin);
    this.el.addEventListener('pointerup', (e) => e.pointerType === 'touch' && this.touched());
    this.el.addEventListener('dblclick', (e) => !e.target.closest('button') && pin(this.key));
    this.video.addEventListener('resize', () => this.refit());
    this.update(model);
  }

  update(model) {
    this.model = model;
    const { person, self, kind } = model;
    this.el.dataset.participant = model.participant;
    const terminal = person.kind === 'terminal';
    const device = terminal ? deviceName(person.device) : '';
    const name = person.name || device || t('tile.terminal');
    this.title(model, name);
    const extra = [device && device !== name ? device : '', person.number && person.number !== name ? person.number : ''].filter(Boolean).join(' · ');
    this.device.textContent = kind === 'main' && terminal ? extra : '';
    this.el.classList.toggle('self', Boolean(self));
    this.el.classList.toggle('terminal', terminal);
    this.el.classList.toggle('content', kind === 'content');
    this.el.classList.toggle('speaking', Boolean(model.speaking) && kind === 'main');
    this.el.dataset.speaking = String(Boolean(model.speaking));
    this.muted.hidden = kind === 'content' || person.audio !== false;
    this.level.hidden = kind === 'content' || person.audio === false;
    this.showBadge(terminal && kind === 'main', person.protocol);
    this.showAvatar(person, terminal, name);
    this.showPicture(model);
  }

  title(model, name) {
    const { self, kind } = model;
    if (self) say(this.name, 'you');
    else if (kind === 'content') say(this.name, 'tile.screen', { name });
    else {
      delete this.name.dataset.t;
      this.name.textContent = name;
    }
    const words = self ? t('you') : name;
    this.el.setAttribute('aria-label', kind === 'content' ? t('tile.screen', { name: words }) : words);
    this.video.setAttribute('aria-label', t('tile.video', { name: words }));
    label(this.pin, model.pinned ? 'tile.unpin' : 'tile.pin', { name: words });
    this.pin.setAttribute('aria-pressed', String(Boolean(model.pinned)));
  }

  showBadge(on, protocol = '') {
    this.badge.hidden = !on;
    if (!on || this.badge.firstChild) return;
    const name = { sip: 'SIP', h323: 'H.323' }[protocol] ?? protocol.toUpperCase();
    this.badge.append(icon('terminal'), h('span', { t: 'tile.terminal' }), name && h('b', { text: name }));
  }

  showAvatar(person, terminal, name) {
    const sign = terminal ? '#' : initials(name);
    if (this.avatar.dataset.sign === sign) return;
    this.avatar.dataset.sign = sign;
    this.avatar.dataset.hue = hue(person.id || name);
    if (terminal) this.avatar.replaceChildren(icon('terminal'));
    else this.avatar.textContent = sign;
  }

  /**
   * Puts the picture in, and lets it be seen when its first frame is there, so that no tile is ever black. It is taken away as soon
   * as it is no longer sent.
   */
  showPicture({ stream, live, hold, note }) {
    if (this.video.srcObject !== (stream ?? null)) {
      this.video.srcObject = stream ?? null;
      this.conceal();
      if (stream) this.video.play().catch(() => {});
    }
    if (live && stream) {
      clearTimeout(this.holding);
      this.holding = null;
      if (!this.visible && !this.expecting) this.expect();
    } else if (!hold || !this.visible) {
      this.conceal();
    } else {
      // The room changes to another size of the same picture: the last frame bridges the moment.
      this.holding ??= setTimeout(() => this.conceal(), HOLD);
    }
    if (note) say(this.note, note);
    this.note.hidden = !note;
  }

  conceal() {
    clearTimeout(this.holding);
    this.holding = null;
    this.expecting = this.visible = false;
    this.el.classList.remove('picture');
    this.el.dataset.picture = 'false';
  }

  expect() {
    this.expecting = true;
    const stream = this.video.srcObject;
    const reveal = () => {
      if (!this.expecting || this.video.srcObject !== stream) return;
      this.expecting = false;
      this.visible = true;
      this.el.classList.add('picture');
      this.el.dataset.picture = 'true';
      this.refit();
    };
    const here = () => this.video.readyState >= HAVE_CURRENT_DATA;
    // Windows that nobody looks at present no frames: there, that data has come must do.
    this.video.requestVideoFrameCallback?.(reveal);
    if (!here()) this.video.addEventListener('loadeddata', reveal, { once: true });
    else if (this.video.requestVideoFrameCallback) setTimeout(() => here() && reveal(), PATIENCE);
    else reveal();
  }

  /** Moves and sizes the tile. */
  place({ x, y, w, h: height, role }) {
    const { style } = this.el;
    style.transform = `translate(${x}px, ${y}px)`;
    style.width = `${w}px`;
    style.height = `${height}px`;
    this.size = { w, h: height };
    this.el.dataset.role = role;
    this.el.dataset.size = sizeName(w, height);
    this.refit();
  }

  /** A finger cannot hover: a touch shows the pin for a moment. */
  touched() {
    this.el.classList.add('touched');
    clearTimeout(this.touch);
    this.touch = setTimeout(() => this.el.classList.remove('touched'), 3000);
  }

  refit() {
    const kind = this.model.kind === 'content' ? 'content' : this.model.person.kind;
    if (this.el.dataset.role === 'corner') {
      this.video.style.objectFit = 'cover';
      return;
    }
    this.video.style.objectFit = fit({ w: this.video.videoWidth, h: this.video.videoHeight }, this.size ?? {}, kind);
  }

  /** Loudness, by the bars beside the name. */
  loud(dbov) {
    const v = loudness(dbov);
    this.level.style.setProperty('--level', v.toFixed(2));
    this.level.classList.toggle('loud', v > 0.05);
  }

  mirror(on) {
    this.video.classList.toggle('mirror', on);
  }

  remove() {
    clearTimeout(this.holding);
    this.video.srcObject = null;
    this.el.remove();
  }
}
