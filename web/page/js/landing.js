// The first page: open a room by its name, or learn what to dial.

import { languageSwitch, prepare } from './chrome.js';
import { copyLine, h, icon } from './dom.js';
import { recall, remember } from './prefs.js';
import { validRoom } from './names.js';

prepare();

const form = document.getElementById('open');
const input = form.elements.namedItem('room');
const wrong = document.getElementById('wrong');
const dial = document.getElementById('dial');
const dials = JSON.parse(document.body.dataset.dial);
const MARK = 'roomname';

function showDial() {
  const name = input.value.trim().normalize('NFC');
  const room = validRoom(name) ? name : '1001';
  dial.replaceChildren(...dials.map((d) => copyLine(d.replaceAll(MARK, room))));
  if (dials.length === 0) dial.replaceChildren(h('p.quiet', { t: 'landing.nodial' }));
}

input.value = recall('room');
input.addEventListener('input', () => {
  wrong.hidden = true;
  input.removeAttribute('aria-invalid');
  showDial();
});
form.addEventListener('submit', (e) => {
  e.preventDefault();
  const name = input.value.trim().normalize('NFC');
  if (!validRoom(name)) {
    wrong.hidden = false;
    input.setAttribute('aria-invalid', 'true');
    input.focus();
    return;
  }
  remember('room', name);
  location.href = `/room/${encodeURIComponent(name)}`;
});
document.getElementById('language').append(languageSwitch());
for (const el of document.querySelectorAll('[data-icon]')) el.prepend(icon(el.dataset.icon));
showDial();
