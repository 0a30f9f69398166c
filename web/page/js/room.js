// The meeting page: first a look at oneself, then the meeting, then the end.

import { languageSwitch, prepare } from './chrome.js';
import { Media } from './devices.js';
import { h, logo, say } from './dom.js';
import { Meeting } from './meeting.js';
import { Prejoin } from './prejoin.js';
import { recall } from './prefs.js';

const app = document.getElementById('app');
const { room, led } = document.body.dataset;
const asked = new URLSearchParams(location.search);
// ?name=…&join=1&lang=vi&audio=0&video=0&raw=1: straight in, with or without devices; raw leaves the sound as it is. Who followed another site's
// link is asked first: it would turn on the camera of whoever has allowed it before.
const given = { audio: asked.get('audio') !== '0', video: asked.get('video') !== '0', raw: asked.get('raw') === '1' };

function socketURL() {
  const url = new URL(`${location.pathname.replace(/\/$/, '')}/ws`, location.href);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  return url.href;
}

function show(el) {
  app.replaceChildren(el);
}

function enter() {
  const media = new Media({ raw: given.raw });
  if (asked.get('join') === '1' && led === undefined) {
    straight(media);
    return;
  }
  const prejoin = new Prejoin({ room, media, name: asked.get('name') ?? undefined, join: (name) => { prejoin.close(); meet(media, name); } });
  show(prejoin.el);
  prejoin.open({ audio: given.audio, video: given.video && recall('camera', true) });
}

/** Without questions: the room does not wait for the devices. */
function straight(media) {
  if (!given.audio) media.micOn = false;
  meet(media, asked.get('name') || recall('name') || room);
  if (given.audio || given.video) media.open(given);
}

function meet(media, name) {
  const meeting = new Meeting({ room, url: socketURL(), media, name, ended });
  show(meeting.el);
}

/** Why a page may have left the room, and those whose words say more than the gateway's reason. */
const ENDS = ['left', 'removed', 'replaced', 'full', 'unsupported', 'ended', 'locked', 'declined', 'pin', 'locked-out', 'unknown'];
const EXPLAINED = ENDS.filter((code) => code !== 'left' && code !== 'removed');

function ended({ code, reason }) {
  const title = ENDS.includes(code) ? `end.${code}` : code === 'refused' ? 'end.refused' : 'end.failed';
  const text = EXPLAINED.includes(code) ? `end.${code}.text` : '';
  const again = h('a.button.primary', { href: location.pathname, t: 'end.again' });
  show(h('main.ending', {}, h('header.top', {}, h('a.brand', { href: '/' }, logo(), h('span', { text: 'Roombridge' })), languageSwitch()),
    h('div.ending-body', { role: 'status' }, h('h1', { t: title }), text ? h('p', { t: text }) : reason && code !== 'left' && h('p', { text: reason }),
      h('div.row', {}, code !== 'unsupported' && again, h('a.button', { href: '/', t: 'end.home' })))));
  again.focus();
}

prepare();
if (typeof RTCPeerConnection === 'function' && 'addTransceiver' in RTCPeerConnection.prototype) enter();
else ended({ code: 'unsupported' });
