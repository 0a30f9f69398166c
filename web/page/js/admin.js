// A small administration page: calls and rooms that live now, hang up, call a terminal. It uses the public API only.

import { languageSwitch, prepare } from './chrome.js';
import { h, icon, say } from './dom.js';
import { language, t } from './i18n.js';
import { deviceName } from './roster.js';
import { sseLines } from './sse.js';

const main = document.getElementById('admin');
const live = document.getElementById('live');
const FIGURES_EVERY = 2000;
const state = { calls: new Map(), rooms: new Map(), load: null };
let token = sessionStorage.getItem('token') ?? '';

function api(path, options = {}) {
  const headers = { ...(token && { Authorization: `Bearer ${token}` }), ...(options.body && { 'Content-Type': 'application/json' }) };
  return fetch(`/api/v1${path}`, { ...options, headers, cache: 'no-store' });
}

async function start() {
  const answer = await api('/calls').catch(() => null);
  if (!answer) return setTimeout(start, 2000);
  if (answer.status === 401) return signIn(token !== '');
  if (answer.status === 403) return main.replaceChildren(h('p.locked', {}, icon('lock'), h('span', { t: 'admin.local' })));
  board();
  follow();
  figures();
}

function signIn(wrong) {
  const input = h('input', { type: 'password', autocomplete: 'current-password', required: true });
  main.replaceChildren(h('form.signin', { on: { submit: (e) => {
    e.preventDefault();
    // RFC 6750: a token is of ASCII letters; others cannot be sent.
    if (/[^\x21-\x7e]/.test(input.value)) return signIn(true);
    token = input.value;
    sessionStorage.setItem('token', token);
    start();
  } } }, h('label.field', {}, h('span', { t: 'admin.token' }), input), h('p.quiet', { t: 'admin.token.text' }),
  wrong && h('p.wrong', { role: 'alert', t: 'admin.wrong' }), h('button.primary', { type: 'submit', t: 'admin.enter' })));
  input.focus();
}

const view = {};

function board() {
  Object.assign(view, {
    load: h('div.load'), calls: h('div.calls'), rooms: h('div.roomcards'), callCount: h('b'), roomCount: h('b'), said: h('p.said', { role: 'status' }),
    target: h('input', { type: 'text', required: true, maxlength: 512, spellcheck: 'false', autocapitalize: 'none', placeholder: 'sip:1001@10.0.0.7' }),
    room: h('input', { type: 'text', required: true, maxlength: 64, placeholder: '1001' }),
  });
  main.replaceChildren(
    h('section.listing', {}, h('h2', { t: 'admin.load' }), view.load),
    h('section.listing', {}, h('h2', {}, h('span', { t: 'admin.calls' }), view.callCount), view.calls),
    h('section.listing', {}, h('h2', {}, h('span', { t: 'admin.rooms' }), view.roomCount), view.rooms),
    h('section.listing', {}, h('h2', { t: 'admin.dial' }), h('form.placing', { on: { submit: place } },
      h('label.field', {}, h('span', { t: 'admin.dial.target' }), view.target), h('label.field', {}, h('span', { t: 'admin.room' }), view.room),
      h('button.primary', { type: 'submit', t: 'admin.dial.go' })), view.said),
    token && h('p', {}, h('button.small', { type: 'button', t: 'admin.exit', on: { click: () => { sessionStorage.removeItem('token'); location.reload(); } } })));
  document.addEventListener('languagechange', draw);
  draw();
}

function draw() {
  const calls = [...state.calls.values()].sort((a, b) => a.since.localeCompare(b.since));
  const rooms = [...state.rooms.values()].sort((a, b) => a.name.localeCompare(b.name));
  view.callCount.textContent = calls.length;
  view.roomCount.textContent = rooms.length;
  view.load.replaceChildren(...(state.load ? loadRow(state.load) : []));
  view.calls.replaceChildren(...(calls.length ? calls.map(callRow) : [h('p.empty', { t: 'admin.nocalls' })]));
  view.rooms.replaceChildren(...(rooms.length ? rooms.map(roomCard) : [h('p.empty', { t: 'admin.norooms' })]));
}

/** How busy the gateway is beside where it begins to refuse calls, and what is left. */
function loadRow(l) {
  const gauge = (key, value, limit) => h('label.gauge', {}, h('span', { t: `admin.load.${key}` }),
    h('meter', { min: 0, max: 1, optimum: 0, low: limit, high: limit, value: Math.min(value, 1) }), h('b', { text: `${Math.round(100 * value)} %` }));
  const left = l.headroom === null ? null : say(h('p.quiet'), 'admin.load.room', { n: l.headroom });
  return [gauge('cpu', l.cpu, l.limit || 1), gauge('loop', l.loop, l.limit || 1), gauge('late', l.late, 0.2),
    l.overloaded ? say(h('p.wrong', { role: 'status' }), 'admin.load.full', { reason: l.reason }) : left].filter(Boolean);
}

function callRow(c) {
  const name = c.name || deviceName(c.device) || c.remote;
  const time = new Date(c.since).toLocaleTimeString(language());
  return h('article.call', { data: { call: c.id } },
    h('div', {}, h('h3', { text: name }), h('p.meta', { text: [deviceName(c.device), c.remote].filter(Boolean).join(' · ') }),
      h('p.meta', {}, h('span', { t: 'admin.number' }), ' ', h('b', { text: c.number || '–' }), ' → ', h('b', { text: c.room }), ' · ', `${c.protocol.toUpperCase()}/${c.transport.toUpperCase()} · ${time} `,
        h(`span.state.${c.state}`, { t: `state.${c.state}` }))),
    h('div.streams', {}, ...['audio', 'video'].flatMap((k) => ['in', 'out'].map((d) => flow(k, d, c[k])))),
    h('button.danger', { type: 'button', t: 'admin.hangup', on: { click: () => hangUp(c.id, name) } }));
}

function flow(kind, direction, stream) {
  const f = stream[direction];
  const size = f.width ? `${f.width}×${f.height}${f.fps ? ` · ${Math.round(f.fps)} fps` : ''} · ` : '';
  const rate = f.bitrate >= 1e6 ? `${(f.bitrate / 1e6).toFixed(1)} Mbit/s` : `${Math.round(f.bitrate / 1e3)} kbit/s`;
  const loss = f.packets ? ` · ${((100 * f.lost) / (f.packets + f.lost)).toFixed(1)} %` : '';
  return h('div.flow', { title: f.reason }, h('div.what', {}, h('b', { t: `admin.${kind}` }), h('span.quiet', { t: `admin.${direction}` })),
    h('div.what', {}, h(`span.path.${kind === 'video' ? f.path : 'usual'}`, { t: `path.${f.path}` }), h('span', { text: f.codec })),
    h('div.figures', { text: f.packets ? `${size}${rate}${loss}` : f.reason }));
}

function roomCard(r) {
  return h('article.roomcard', { data: { room: r.name } },
    h('header', {}, h('h3', { text: r.name }), h('a', { href: `/room/${encodeURIComponent(r.name)}`, t: 'admin.open' })),
    say(h('p.quiet'), 'admin.people', { n: r.participants.length }),
    h('ul', {}, r.participants.map((p) => h(`li${p.id === r.speaker ? '.speaking' : ''}`, {}, icon(p.kind === 'terminal' ? 'terminal' : 'people'), p.name || p.device))));
}

async function attempt(request, done) {
  const answer = await request.catch(() => null);
  view.said.classList.toggle('bad', !answer?.ok);
  if (answer?.ok) say(view.said, done);
  else say(view.said, 'admin.failed', { reason: (await answer?.json().catch(() => null))?.detail ?? '' });
}

function hangUp(id, name) {
  if (confirm(t('admin.hangup.sure', { name }))) attempt(api(`/calls/${encodeURIComponent(id)}`, { method: 'DELETE' }), 'admin.hungup');
}

function place(e) {
  e.preventDefault();
  const body = JSON.stringify({ target: view.target.value.trim(), room: view.room.value.trim() });
  attempt(api('/calls', { method: 'POST', body }), 'admin.dialling');
}

/** The event stream, read by fetch because EventSource cannot carry a token. */
async function follow() {
  for (;;) {
    try {
      const answer = await api('/events');
      if (!answer.ok) throw new Error(answer.statusText);
      state.calls.clear();
      state.rooms.clear();
      alive(true);
      for await (const { event, data } of sseLines(answer.body)) {
        apply(event, data);
        draw();
      }
    } catch {
      alive(false);
    }
    await new Promise((wake) => setTimeout(wake, 2000));
  }
}

function apply(event, data) {
  if (event === 'call') state.calls.set(data.id, data);
  else if (event === 'call.ended') state.calls.delete(data.id);
  else if (event === 'room') state.rooms.set(data.name, data);
  else if (event === 'room.ended') state.rooms.delete(data.name);
}

function alive(on) {
  live.hidden = false;
  live.classList.toggle('lost', !on);
  say(live.lastElementChild, on ? 'admin.live' : 'admin.lost');
  if (on) draw();
}

/** Figures make no events: they are read now and then. */
async function figures() {
  const read = (path) => api(path).then((a) => (a.ok ? a.json() : null), () => null);
  for (;;) {
    if (!document.hidden) {
      state.load = await read('/load');
      const list = state.calls.size === 0 ? null : await read('/calls');
      for (const c of list ?? []) if (state.calls.has(c.id)) state.calls.set(c.id, c);
      // A row is not redrawn under somebody's finger.
      if (!main.querySelector('button:active')) draw();
    }
    await new Promise((wake) => setTimeout(wake, FIGURES_EVERY));
  }
}

prepare();
document.getElementById('language').append(languageSwitch());
start();
