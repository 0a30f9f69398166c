// A stay in a room: signalling and peer connection together, and what the room has told.

import { Peer } from './peer.js';
import { changes } from './roster.js';
import { Signalling } from './signalling.js';
import { assign, sameWants } from './slots.js';

export const initial = () => ({
  id: '', room: '', role: '', dial: [], lead: { entry: 'open', layout: 'auto', dial: '', host_pin: false }, waiting: [], devices: null, participants: [], speaker: '', levels: {}, slots: new Map(), quality: null, heard: new Map(),
});

const list = (m) => (Array.isArray(m.list) ? m.list : []);

/** What a message of the room changes in what we know. Pure but for the time, which is given. */
export function reduce(known, m, now) {
  switch (m.type) {
    case 'welcome':
      return { ...known, id: m.id, room: m.room ?? known.room, role: m.role ?? 'guest', dial: m.dial ?? [], version: m.version, codecs: m.video ?? ['H264', 'VP8'] };
    case 'participants':
      return { ...known, participants: list(m), role: list(m).find((p) => p.id === known.id)?.role ?? known.role };
    case 'room':
      return { ...known, lead: { entry: m.entry ?? 'open', layout: m.layout ?? 'auto', dial: m.dial ?? '', host_pin: m.host_pin === true } };
    case 'waiting':
      return { ...known, waiting: list(m) };
    case 'devices':
      return { ...known, devices: list(m) };
    case 'speaker': {
      const heard = new Map(known.heard);
      if (m.id) heard.set(`${m.id}/main`, now);
      return { ...known, speaker: m.id ?? '', heard };
    }
    case 'levels':
      return { ...known, levels: m.levels ?? {} };
    case 'slots':
      return { ...known, slots: new Map((m.slots ?? []).map((s) => [s.mid, s])) };
    case 'quality':
      return { ...known, quality: m };
  }
  return known;
}

/**
 * Fires 'update' (detail: which message), 'roster' (detail: changes), 'knock' (detail: who has come before the door), 'told' (detail: a
 * message to this page alone: door, silence, dial, error), 'status' and 'end'.
 * status: connecting, live, slow (signalling is away) or lost (media is away).
 */
export class Session extends EventTarget {
  constructor({ url, media, name, lang }) {
    super();
    this.media = media;
    this.known = initial();
    this.status = 'connecting';
    this.wants = [];
    this.sentWants = null;
    this.signalling = new Signalling({ url, join: () => ({ name, lang: lang() }) });
    this.signalling.addEventListener('up', (e) => this.welcome(e.detail));
    this.signalling.addEventListener('down', () => this.judge());
    this.signalling.addEventListener('message', (e) => this.receive(e.detail));
    this.signalling.addEventListener('end', (e) => this.ended(e.detail));
    this.onMedia = () => this.sync();
    media.addEventListener('change', this.onMedia);
    this.onOnline = () => this.signalling.hurry();
    addEventListener('online', this.onOnline);
  }

  open() {
    this.signalling.open();
  }

  welcome(m) {
    this.known = reduce(this.known, m);
    this.known.waiting = [];
    this.sentWants = this.sentState = null;
    this.opened = this.typed ?? this.opened; // this PIN is right
    this.typed = null;
    if (m.resumed && this.peer) {
      this.peer.resume();
    } else {
      this.fresh = true; // the first list greets nobody
      this.newPeer();
    }
    this.sync();
    this.want(this.wants);
    this.judge();
  }

  newPeer() {
    this.peer?.close();
    this.known = { ...this.known, slots: new Map() };
    this.peer = new Peer({ send: (type, members) => this.signalling.send(type, members), codecs: this.known.codecs });
    this.peer.addEventListener('state', () => this.judge());
    this.peer.addEventListener('slots', () => this.want(this.wants));
    this.peer.addEventListener('broken', () => this.replacePeer());
    this.dispatchEvent(new Event('sound'));
    this.sync().then(() => this.peer.negotiate());
  }

  /** Not more often than the room takes, however often it fails. */
  replacePeer() {
    const now = performance.now();
    const pause = Math.min(8000, (this.pause ?? 0) * 2 || 200);
    this.pause = now - (this.replaced ?? -Infinity) > 60000 ? 200 : pause;
    this.replaced = now;
    clearTimeout(this.replacing);
    this.replacing = setTimeout(() => {
      this.sentWants = null;
      this.newPeer();
    }, this.pause);
  }

  receive(m) {
    const before = this.known;
    this.known = reduce(before, m, performance.now());
    switch (m.type) {
      case 'answer':
        this.peer?.answer(m);
        return;
      case 'candidate':
        this.peer?.candidate(m);
        return;
      case 'renegotiate':
        if (m.restart) this.peer?.restart();
        else this.peer?.negotiate();
        return;
      case 'limits':
        this.peer?.setLimits(m.encodings);
        return;
      case 'door':
        this.atDoor(m);
        return;
      case 'silence':
      case 'dial':
      case 'error':
        this.dispatchEvent(new CustomEvent('told', { detail: m }));
        return;
      case 'waiting':
        this.dispatchEvent(new CustomEvent('knock', { detail: this.known.waiting.filter((w) => !before.waiting.some((b) => b.id === w.id)) }));
        break;
      case 'participants':
        this.greet(before.participants);
        break;
    }
    this.dispatchEvent(new CustomEvent('update', { detail: m.type }));
  }

  /** The room asks before its door. The PIN that opened it before, when the connection was lost, opens it again without a question. */
  atDoor(m) {
    if (m.asks === 'pin' && !m.wrong && !this.signalling.up && this.opened) {
      const pin = this.opened;
      this.opened = null;
      this.pin(pin);
      return;
    }
    if (m.wrong) this.typed = null;
    this.dispatchEvent(new CustomEvent('told', { detail: m }));
  }

  /** Types a PIN: before the door, or in the meeting that of a host. */
  pin(pin) {
    this.typed = pin;
    return this.signalling.send('pin', { pin });
  }

  /** Does what hosts may: mute, remove, role, entry, admit, layout, dial, devices, end. */
  lead(type, members = {}) {
    return this.signalling.send(type, members);
  }

  greet(before) {
    const detail = changes(before, this.known.participants, this.known.id);
    if (!this.fresh) this.dispatchEvent(new CustomEvent('roster', { detail }));
    this.fresh = false;
  }

  /** Sends the tracks that there are, and says so. */
  async sync() {
    const { audio, video, screen } = this.media;
    await this.peer?.show({ audio, video, screen }).catch((error) => console.error('tracks', error));
    const state = { audio: audio !== null && this.media.micOn, video: video !== null, sharing: screen !== null };
    const text = JSON.stringify(state);
    if (text !== this.sentState && this.signalling.send('state', state)) this.sentState = text;
  }

  /** Asks for pictures: [{participant, kind, width, height}], most important first. */
  want(wanted) {
    this.wants = wanted;
    if (!this.peer) return;
    const known = this.peer.slots.filter((s) => s.transceiver.mid !== null);
    const { slots, missing } = assign(known.map((s) => ({ mid: s.transceiver.mid, participant: s.participant, kind: s.kind })), wanted);
    let moved = false;
    for (const { mid, participant, kind } of slots) {
      const slot = this.peer.slot(mid);
      moved ||= slot.participant !== participant || slot.kind !== kind;
      Object.assign(slot, { participant, kind });
    }
    if (missing > 0 && known.length === this.peer.slots.length) this.peer.need(missing);
    if (slots.length > 0 && !sameWants(slots, this.sentWants) && this.signalling.send('want', { slots })) this.sentWants = slots;
    if (moved) this.dispatchEvent(new CustomEvent('update', { detail: 'assigned' }));
  }

  /** The line on which a picture comes, and whether the room says that it is there. */
  picture(participant, kind) {
    const slot = this.peer?.slots.find((s) => s.participant === participant && s.kind === kind);
    if (!slot) return null;
    const told = this.known.slots.get(slot.transceiver.mid);
    const mine = told && told.participant === participant && told.kind === kind;
    return { stream: slot.stream, mid: slot.transceiver.mid, state: mine ? told.state : 'waiting', reason: mine ? told.reason : '' };
  }

  judge() {
    const media = this.peer?.connected ?? false;
    let status = 'connecting';
    if (media) status = this.signalling.up ? 'live' : 'slow';
    else if (this.wasLive) status = 'lost';
    if (status === 'live') this.wasLive = true;
    if (status === this.status) return;
    this.status = status;
    this.dispatchEvent(new Event('status'));
  }

  leave() {
    this.signalling.leave();
  }

  ended(detail) {
    this.media.removeEventListener('change', this.onMedia);
    removeEventListener('online', this.onOnline);
    clearTimeout(this.replacing);
    this.peer?.close();
    this.dispatchEvent(new CustomEvent('end', { detail }));
  }
}
