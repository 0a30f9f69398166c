// The bar at the foot, and the keys that do the same.

import { h, icon, label } from './dom.js';

export class Controls {
  /** @param act what the buttons do: mic, camera, share, people, lead, dial, settings, leave */
  constructor(act) {
    const button = (name, key, classes = '') => {
      const b = h(`button.control${classes}`, { type: 'button', data: { control: name, ...(key && { tKey: key }) }, on: { click: () => act[name](b) } });
      return b;
    };
    this.mic = button('mic', 'M');
    this.camera = button('camera', 'V');
    this.share = button('share', 'S');
    this.people = button('people', 'P');
    this.lead = button('lead', 'H');
    this.dial = button('dial', 'D');
    this.settings = button('settings', '');
    this.leave = button('leave', '', '.leave');
    this.count = h('span.count', { 'aria-hidden': 'true' });
    this.knocking = h('span.count.knocks', { hidden: true });
    this.people.append(icon('people'), this.count, this.knocking);
    this.lead.append(icon('lead'));
    this.dial.append(icon('invite'));
    this.settings.append(icon('settings'));
    this.leave.append(icon('leave'), h('span', { t: 'control.leave.short' }));
    for (const name of ['people', 'lead', 'dial', 'settings', 'leave']) label(this[name], `control.${name}`);
    this.share.hidden = !navigator.mediaDevices?.getDisplayMedia;
    this.el = h('nav.controls', { label: 'control.bar' },
      h('div.group', {}, this.mic, this.camera, this.share), h('div.group', {}, this.people, this.lead, this.dial, this.settings), this.leave);
    this.el.removeAttribute('title');
  }

  update({ mic, camera, sharing, panel, count, leads, waiting }) {
    show(this.mic, mic, mic ? 'mic' : 'micOff', mic ? 'control.mute' : 'control.unmute', 'off');
    show(this.camera, camera, camera ? 'camera' : 'cameraOff', camera ? 'control.camera.off' : 'control.camera.on', 'off');
    show(this.share, !sharing, 'screen', sharing ? 'control.unshare' : 'control.share', 'active');
    this.count.textContent = count;
    this.count.hidden = waiting > 0;
    this.knocking.hidden = waiting === 0;
    this.knocking.textContent = waiting;
    if (waiting > 0) label(this.people, 'control.people.waiting', { n: waiting });
    else label(this.people, 'control.people');
    this.lead.hidden = !leads;
    for (const name of ['people', 'lead', 'dial', 'settings']) {
      this[name].setAttribute('aria-expanded', String(panel === name));
      this[name].classList.toggle('active', panel === name);
    }
  }
}

function show(button, on, sign, words, mark) {
  button.classList.toggle(mark, !on);
  label(button, words);
  if (button.dataset.sign === sign) return;
  button.dataset.sign = sign;
  button.replaceChildren(icon(sign));
}

/**
 * Keys, except while somebody types.
 * @param act mic, camera, share, people, lead, dial, layout, fullscreen, close, and talk(down)
 */
export function keyboard(act) {
  const keys = { m: 'mic', v: 'camera', s: 'share', p: 'people', h: 'lead', d: 'dial', l: 'layout', f: 'fullscreen', escape: 'close' };
  const typing = (e) => e.target.closest?.('input, textarea, select, [contenteditable]');
  const down = (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e) || e.target.closest?.('dialog, .door')) return;
    if (e.key === ' ') {
      // A focused button takes the space bar for itself.
      if (e.target.closest?.('button, a')) return;
      e.preventDefault();
      if (!e.repeat) act.talk(true);
      return;
    }
    const name = keys[e.key.toLowerCase()];
    if (!name || e.repeat) return;
    if (name !== 'close') e.preventDefault();
    act[name]();
  };
  const up = (e) => e.key === ' ' && act.talk(false);
  const blur = () => act.talk(false);
  addEventListener('keydown', down);
  addEventListener('keyup', up);
  addEventListener('blur', blur);
  return () => {
    removeEventListener('keydown', down);
    removeEventListener('keyup', up);
    removeEventListener('blur', blur);
  };
}
