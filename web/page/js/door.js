// Before the room's door: a PIN is asked for, or somebody waits to be let in. Nothing of the room is known here but its name.

import { languageSwitch } from './chrome.js';
import { h, icon, logo, say } from './dom.js';
import { Preview } from './preview.js';

export class Door {
  /** @param options {room, media, name, pin: (text) => void, leave: () => void} */
  constructor({ room, media, name, pin, leave }) {
    Object.assign(this, { room, media, name, pin, leave });
    this.el = h('main.door.prejoin', { hidden: true });
  }

  /** Asks what the room asks: {asks: 'pin' or 'wait', wrong, tries, host}. */
  show(m) {
    if (this.el.hidden) this.open();
    const asks = m.asks === 'pin' ? 'pin' : 'wait';
    if (this.asks !== asks) {
      this.asks = asks;
      this.panel.replaceChildren(...(asks === 'pin' ? this.askPIN() : this.wait()));
    }
    if (this.host) this.host.hidden = !m.host && !m.wrong;
    this.judge(m);
  }

  open() {
    this.preview = new Preview(this.media);
    this.preview.face(this.name);
    this.panel = h('section.panel', { 'aria-live': 'polite' });
    this.el.replaceChildren(
      h('header.top', {}, h('span.brand', {}, logo(), h('span', { text: 'Roombridge' })), languageSwitch()),
      h('div.prejoin-body', {}, this.preview.el, this.panel));
    this.el.hidden = false;
    this.asks = '';
  }

  line() {
    return h('p.room-line', {}, h('span', { t: 'prejoin.room' }), h('strong', { text: this.room }));
  }

  /** A field for digits that nobody beside can read, with what was wrong below it. */
  field(words, button) {
    this.input = h('input.digits', {
      type: 'password', name: 'pin', inputmode: 'numeric', autocomplete: 'off', maxlength: 16, required: true, 'aria-describedby': 'pin-error',
      on: { input: () => this.input.removeAttribute('aria-invalid') },
    });
    this.button = button;
    this.error = h('p.error', { id: 'pin-error', role: 'alert' });
    return [h('label.field', {}, h('span', { t: words }), this.input), this.error];
  }

  askPIN() {
    this.host = null;
    const button = h('button.primary.large', { type: 'submit', t: 'door.enter' });
    const field = this.field('door.pin', button);
    queueMicrotask(() => this.input.focus());
    return [h('form', { on: { submit: (e) => this.submit(e) } }, this.line(), h('h1', { t: 'door.pin.title' }), h('p.quiet', { t: 'door.pin.text' }), ...field,
      h('div.row', {}, button, this.leaveButton()))];
  }

  wait() {
    const button = h('button', { type: 'submit', t: 'door.host.enter' });
    const form = h('form.host', { hidden: true, on: { submit: (e) => this.submit(e) } }, ...this.field('door.host.pin', button), h('div.row', {}, button));
    const reveal = h('button.link', { type: 'button', t: 'door.host', on: { click: () => { form.hidden = false; reveal.hidden = true; this.input.focus(); } } });
    this.host = h('div.claim', { hidden: true }, reveal, form);
    return [h('div.waiting', {}, this.line(), h('h1', { t: 'door.wait.title' }),
      h('p.patience', {}, h('span.spinner', { 'aria-hidden': 'true' }), h('span', { t: 'door.wait.text' })),
      h('div.row', {}, this.leaveButton()), this.host)];
  }

  leaveButton() {
    return h('button.large', { type: 'button', t: 'door.leave', on: { click: () => this.leave() } });
  }

  submit(e) {
    e.preventDefault();
    const text = this.input.value.trim();
    if (!text) return this.input.focus();
    this.button.disabled = true;
    this.pin(text);
  }

  /** Says whether the last PIN was wrong. */
  judge({ wrong, tries = 0 }) {
    if (!this.button) return;
    this.button.disabled = false;
    if (!wrong) return;
    this.input.value = '';
    this.input.setAttribute('aria-invalid', 'true');
    this.error.replaceChildren(icon('warning'), say(h('span'), tries > 0 ? 'door.wrong' : 'door.wrong.last', { n: tries }));
    if (tries === 0) this.input.disabled = this.button.disabled = true;
    else this.input.focus();
  }

  /** A PIN was refused for another reason: too many were wrong. */
  refused() {
    this.button.disabled = this.input.disabled = true;
    this.error.replaceChildren(icon('warning'), h('span', { t: 'door.lockedout' }));
  }

  close() {
    if (this.el.hidden) return;
    this.el.hidden = true;
    this.preview.close();
    this.el.replaceChildren();
    this.button = this.host = null;
  }
}
