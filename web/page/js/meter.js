// How loud a microphone is, ten times a second, whether it is muted or not: a copy of the track is listened to.

let context;

/** One audio context for the page; browsers let it run after a click. */
export function audioContext() {
  const Context = window.AudioContext ?? window.webkitAudioContext;
  if (!context && Context) {
    context = new Context({ latencyHint: 'interactive' });
    for (const gesture of ['pointerdown', 'keydown']) addEventListener(gesture, wake);
  }
  wake();
  return context;
}

function wake() {
  if (context?.state === 'suspended') context.resume().catch(() => {});
}

export class Meter {
  constructor(heard) {
    this.heard = heard;
    this.track = null;
  }

  /** Listens to a track, or to nothing. */
  listen(track) {
    if (track?.id === this.source) return;
    this.stop();
    const ctx = track && audioContext();
    if (!ctx) return;
    this.source = track.id;
    this.track = track.clone();
    this.track.enabled = true;
    this.node = ctx.createMediaStreamSource(new MediaStream([this.track]));
    this.analyser = ctx.createAnalyser();
    this.analyser.fftSize = 1024;
    this.node.connect(this.analyser);
    const samples = new Float32Array(this.analyser.fftSize);
    this.timer = setInterval(() => {
      this.analyser.getFloatTimeDomainData(samples);
      let sum = 0;
      for (const s of samples) sum += s * s;
      this.heard(10 * Math.log10(sum / samples.length + 1e-12));
    }, 100);
  }

  stop() {
    clearInterval(this.timer);
    this.node?.disconnect();
    this.track?.stop();
    this.track = this.source = null;
    this.heard(-127);
  }
}
