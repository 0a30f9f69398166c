// Camera, microphone and screen of this machine.

import { recall, remember } from './prefs.js';

const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };

/** Why a device could not be had, in our words. */
export function problemOf(error) {
  switch (error?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case undefined:
      return '';
    default: // NotReadableError, AbortError
      return 'busy';
  }
}

/** One message for both devices: {key, kind} for the words device.KEY.KIND, or null. */
export function problemWords({ audio, video }) {
  if (!audio && !video) return null;
  if (audio && audio === video) return { key: audio, kind: 'both' };
  // A refusal weighs more than a missing device: it is what a person can change.
  const kind = !audio || video === 'denied' ? 'video' : 'audio';
  return { key: kind === 'video' ? video : audio, kind };
}

/**
 * The tracks that are sent. Fires 'change' when a track, a device list or a problem changed, 'lost' when a device went away,
 * 'unshared' when the browser's own button ended the screen.
 */
export class Media extends EventTarget {
  /** @param options {raw: boolean} raw: no echo cancelling and the like */
  constructor(options = {}) {
    super();
    this.raw = options.raw ?? false;
    this.audio = null;
    this.video = null;
    this.screen = null;
    this.problems = { audio: '', video: '' };
    this.inputs = { audio: [], video: [] };
    this.outputs = [];
    this.chosen = { audio: recall('audio'), video: recall('video'), output: recall('output') };
    this.micOn = true;
    navigator.mediaDevices?.addEventListener?.('devicechange', () => this.list());
  }

  get cameraOn() {
    return this.video !== null;
  }

  constraints(kind) {
    const id = this.chosen[kind];
    const device = id ? { deviceId: { ideal: id } } : {};
    if (kind === 'video') return { ...CAMERA, ...device };
    const processing = !this.raw;
    return { echoCancellation: processing, noiseSuppression: processing, autoGainControl: processing, ...device };
  }

  /** Opens what is wanted: both at once, so that the browser asks once, and each alone when that fails. */
  async open({ audio, video }) {
    if (!navigator.mediaDevices?.getUserMedia) {
      this.problems = { audio: 'insecure', video: 'insecure' };
      this.changed();
      return;
    }
    if (audio && video) {
      try {
        this.take(await navigator.mediaDevices.getUserMedia({ audio: this.constraints('audio'), video: this.constraints('video') }));
        await this.list();
        return;
      } catch {
        // One of them is missing or refused; which one shows when they are asked for alone.
      }
    }
    if (audio) await this.openOne('audio');
    if (video) await this.openOne('video');
    await this.list();
  }

  async openOne(kind) {
    try {
      this.take(await navigator.mediaDevices.getUserMedia({ [kind]: this.constraints(kind) }));
    } catch (error) {
      this.problems[kind] = problemOf(error);
    }
  }

  take(stream) {
    for (const track of stream.getTracks()) {
      const kind = track.kind;
      this[kind]?.stop();
      this[kind] = track;
      this.problems[kind] = '';
      if (kind === 'audio') track.enabled = this.micOn;
      else track.contentHint = 'motion';
      track.addEventListener('ended', () => this.ended(kind, track));
    }
    this.changed();
  }

  ended(kind, track) {
    if (this[kind] !== track) return;
    this[kind] = null;
    this.dispatchEvent(new Event('lost'));
    this.changed();
    // Another device of the kind may do: people pull out headsets in a call.
    if (kind === 'audio') this.openOne('audio').then(() => this.changed());
  }

  setMic(on) {
    this.micOn = on;
    if (this.audio) this.audio.enabled = on;
    else if (on) this.openOne('audio').then(() => this.list());
    this.changed();
  }

  /** Off means off: the camera's light goes out. */
  async setCamera(on) {
    if (!on) {
      const track = this.video;
      this.video = null;
      track?.stop();
      this.problems.video = '';
      this.changed();
    } else if (!this.video) {
      await this.openOne('video');
      await this.list();
    }
  }

  /** Changes the device, in a call too. */
  async choose(kind, id) {
    this.chosen[kind] = id;
    remember(kind, id);
    if (kind === 'output') return this.changed();
    if (kind === 'video' && !this.video) return this.changed();
    // Some cameras cannot be opened while another stream holds them.
    if (kind === 'video') this.video?.stop();
    await this.openOne(kind);
    await this.list();
  }

  async share() {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { width: { max: 1920 }, height: { max: 1080 }, frameRate: { max: 30 } },
      audio: false,
    });
    const [track] = stream.getVideoTracks();
    track.contentHint = 'detail';
    track.addEventListener('ended', () => {
      if (this.screen !== track) return;
      this.screen = null;
      this.dispatchEvent(new Event('unshared'));
      this.changed();
    });
    this.screen = track;
    this.changed();
  }

  unshare() {
    const track = this.screen;
    this.screen = null;
    track?.stop();
    this.changed();
  }

  async list() {
    try {
      const all = await navigator.mediaDevices.enumerateDevices();
      const of = (kind) => all.filter((d) => d.kind === kind && (d.deviceId || d.label)).map((d) => ({ id: d.deviceId, label: d.label }));
      this.inputs = { audio: of('audioinput'), video: of('videoinput') };
      this.outputs = of('audiooutput');
    } catch {
      this.inputs = { audio: [], video: [] };
    }
    this.changed();
  }

  /** The device in use, for the choice to show. */
  current(kind) {
    return this[kind]?.getSettings?.().deviceId ?? this.chosen[kind] ?? '';
  }

  changed() {
    this.dispatchEvent(new Event('change'));
  }

  close() {
    for (const kind of ['audio', 'video', 'screen']) {
      const track = this[kind];
      this[kind] = null;
      track?.stop();
    }
  }
}
