// The peer connection to the room. The page makes every offer; lines are never removed: microphone, camera, screen, then slots.

import { preferred, speech } from './codecs.js';
import { applyLimits, CAMERA, SCREEN } from './encodings.js';
import { grow } from './slots.js';

const ANSWER_PATIENCE = 8000;
const FIRST_SLOTS = 2;

/**
 * Fires 'state' (connection state changed), 'slots' (lines were added) and 'broken' (a new Peer is needed). What is to be sent to the room goes through send(type, members).
 */
export class Peer extends EventTarget {
  constructor({ send, codecs }) {
    super();
    this.send = send;
    this.codecs = codecs;
    this.revision = 0;
    this.slots = [];
    this.early = [];
    this.limits = [];
    this.pending = false; // an offer is on its way
    this.wanted = false; // another is wanted after it
    this.open();
  }

  open() {
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' });
    this.pc = pc;
    pc.onicecandidate = ({ candidate }) => this.send('candidate', { candidate: candidate ? candidate.toJSON() : null });
    pc.onconnectionstatechange = () => this.watch();
    pc.oniceconnectionstatechange = () => this.watch();
    this.audio = pc.addTransceiver('audio', { direction: 'sendrecv' });
    this.camera = pc.addTransceiver('video', { direction: 'sendonly', sendEncodings: CAMERA.map((e) => ({ ...e })) });
    this.screen = pc.addTransceiver('video', { direction: 'sendonly', sendEncodings: SCREEN.map((e) => ({ ...e })) });
    this.prefer(this.camera, RTCRtpSender);
    this.prefer(this.screen, RTCRtpSender);
    this.sound = new MediaStream([this.audio.receiver.track]);
    this.addSlots(FIRST_SLOTS);
  }

  prefer(transceiver, side) {
    const list = preferred(side.getCapabilities?.('video')?.codecs ?? [], this.codecs);
    if (list.length === 0) return;
    try {
      transceiver.setCodecPreferences?.(list);
    } catch (error) {
      console.warn('codec preferences', error);
    }
  }

  get state() {
    const { connectionState, iceConnectionState } = this.pc;
    if (connectionState === 'failed' || iceConnectionState === 'failed') return 'failed';
    if (iceConnectionState === 'disconnected') return 'disconnected';
    return connectionState ?? iceConnectionState;
  }

  get connected() {
    return this.state === 'connected';
  }

  watch() {
    this.dispatchEvent(new Event('state'));
    clearTimeout(this.healing);
    const wait = { failed: 0, disconnected: 2500 }[this.state];
    if (wait !== undefined) this.healing = setTimeout(() => this.restart(), wait);
  }

  /** Whether keys can no longer be agreed on: no new way to the room mends that. */
  get broken() {
    return this.audio.sender.transport?.state === 'failed';
  }

  /** Looks for a new way to the room (RFC 8445 section 2.4). */
  restart() {
    if (this.pc.signalingState === 'closed') return;
    if (this.broken) {
      this.dispatchEvent(new Event('broken'));
      return;
    }
    this.pc.restartIce();
    this.negotiate();
  }

  addSlots(n) {
    for (let i = 0; i < n; i++) {
      const transceiver = this.pc.addTransceiver('video', { direction: 'recvonly' });
      this.prefer(transceiver, RTCRtpReceiver);
      this.slots.push({ transceiver, stream: new MediaStream([transceiver.receiver.track]), participant: '', kind: 'main' });
    }
  }

  /** Adds lines for pictures that found none, and offers them. */
  need(missing) {
    const more = grow(this.slots.length, missing);
    if (more > 0) {
      this.addSlots(more);
      this.negotiate();
    }
    return more > 0;
  }

  slot(mid) {
    return this.slots.find((s) => s.transceiver.mid === mid);
  }

  /** Offers what is now. Only one offer is under way at a time; what changes meanwhile goes into the next. */
  async negotiate() {
    if (this.pending) {
      this.wanted = true;
      return;
    }
    this.pending = true;
    this.wanted = false;
    try {
      const offer = await this.pc.createOffer();
      await this.pc.setLocalDescription(offer);
      this.revision++;
      this.arm();
      this.send('offer', { sdp: speech(this.pc.localDescription.sdp), revision: this.revision });
      this.dispatchEvent(new Event('slots'));
    } catch (error) {
      this.pending = false;
      if (this.pc.signalingState !== 'closed') console.error('offer', error);
    }
  }

  /** An answer that does not come may have been lost with its connection: offer again. */
  arm() {
    clearTimeout(this.patience);
    this.patience = setTimeout(() => {
      this.pending = false;
      this.negotiate();
    }, ANSWER_PATIENCE);
  }

  async answer({ sdp, revision }) {
    if (revision !== this.revision || this.pc.signalingState !== 'have-local-offer') return;
    clearTimeout(this.patience);
    try {
      await this.pc.setRemoteDescription({ type: 'answer', sdp });
      for (const c of this.early.splice(0)) await this.pc.addIceCandidate(c).catch(() => {});
      await this.applyLimits();
    } catch (error) {
      console.error('answer', error);
    }
    this.pending = false;
    if (this.wanted) this.negotiate();
  }

  async candidate({ candidate }) {
    if (!this.pc.remoteDescription) {
      if (this.early.length < 100) this.early.push(candidate ?? undefined);
      return;
    }
    try {
      await this.pc.addIceCandidate(candidate ?? undefined);
    } catch (error) {
      console.debug('candidate', error);
    }
  }

  /** After the signalling came back: an offer without an answer is made again, and ICE restarted if the media is gone too. */
  resume() {
    clearTimeout(this.patience);
    const stuck = this.pending;
    this.pending = false;
    if (!this.connected) this.restart();
    else if (stuck || this.wanted) this.negotiate();
  }

  /** Sends these tracks; null sends nothing. No new offer is needed. */
  async show({ audio, video, screen }) {
    const jobs = [
      [this.audio, audio],
      [this.camera, video],
      [this.screen, screen],
    ].map(([t, track]) => (t.sender.track === track ? undefined : t.sender.replaceTrack(track)));
    const newCamera = jobs[1] !== undefined && video;
    await Promise.all(jobs);
    if (newCamera) await this.applyLimits();
  }

  setLimits(limits) {
    this.limits = Array.isArray(limits) ? limits : [];
    return this.applyLimits();
  }

  /** Parameters can be set once at a time, so that changes wait for one another. */
  applyLimits() {
    this.setting = (this.setting ?? Promise.resolve()).then(async () => {
      const { sender } = this.camera;
      const { width, height } = sender.track?.getSettings?.() ?? {};
      const parameters = sender.getParameters();
      if (!applyLimits(parameters, this.limits, { width, height })) return;
      await sender.setParameters(parameters).catch((error) => console.debug('limits', error));
    });
    return this.setting;
  }

  close() {
    clearTimeout(this.patience);
    clearTimeout(this.healing);
    this.pc.onicecandidate = this.pc.onconnectionstatechange = this.pc.oniceconnectionstatechange = null;
    this.pc.close();
  }
}
