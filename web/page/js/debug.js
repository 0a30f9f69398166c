// What tests and people who look into a problem read: window.roombridge.

import { audioContext } from './meter.js';

/** Picks what matters out of getStats: one entry for each picture received, the sound, and what is sent. Pure. */
export function summarize(reports, slots) {
  const list = [...reports];
  const codec = (id) => list.find((r) => r.id === id)?.mimeType ?? '';
  const inbound = list.filter((r) => r.type === 'inbound-rtp');
  const tiles = inbound
    .filter((r) => r.kind === 'video')
    .map((r) => {
      const slot = slots.find((s) => s.mid === r.mid) ?? {};
      return {
        mid: r.mid, participant: slot.participant ?? '', kind: slot.kind ?? '', framesDecoded: r.framesDecoded ?? 0, fps: r.framesPerSecond ?? 0,
        width: r.frameWidth ?? 0, height: r.frameHeight ?? 0, keyFrames: r.keyFramesDecoded ?? 0, freezes: r.freezeCount ?? 0,
        packets: r.packetsReceived ?? 0, lost: r.packetsLost ?? 0, nacks: r.nackCount ?? 0, plis: r.pliCount ?? 0, codec: codec(r.codecId),
      };
    });
  const sound = inbound.find((r) => r.kind === 'audio');
  const sent = list
    .filter((r) => r.type === 'outbound-rtp')
    .map((r) => ({
      mid: r.mid, kind: r.kind, rid: r.rid ?? '', active: r.active ?? true, packets: r.packetsSent ?? 0, bytes: r.bytesSent ?? 0, fps: r.framesPerSecond ?? 0,
      width: r.frameWidth ?? 0, height: r.frameHeight ?? 0, framesEncoded: r.framesEncoded ?? 0, keyFrames: r.keyFramesEncoded ?? 0, plis: r.pliCount ?? 0, codec: codec(r.codecId),
    }));
  const pair = list.find((r) => r.type === 'candidate-pair' && r.nominated && r.state === 'succeeded');
  return {
    tiles,
    audio: sound && {
      level: sound.audioLevel ?? 0, energy: sound.totalAudioEnergy ?? 0, packets: sound.packetsReceived ?? 0, lost: sound.packetsLost ?? 0,
      concealed: sound.concealedSamples ?? 0, samples: sound.totalSamplesReceived ?? 0, codec: codec(sound.codecId),
    },
    sent,
    rtt: pair?.currentRoundTripTime ?? null,
  };
}

/** The strongest frequency of what is heard, and how loud each of some frequencies is, in dB. */
function ear(stream) {
  const ctx = audioContext();
  if (!ctx || !stream) return null;
  const analyser = ctx.createAnalyser();
  analyser.fftSize = 8192;
  analyser.smoothingTimeConstant = 0.2;
  ctx.createMediaStreamSource(stream).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const width = ctx.sampleRate / analyser.fftSize;
  return (...frequencies) => {
    analyser.getFloatFrequencyData(bins);
    let top = 0;
    for (let i = 1; i < bins.length; i++) if (bins[i] > bins[top]) top = i;
    const at = (f) => Math.max(...bins.slice(Math.max(0, Math.floor(f / width) - 1), Math.ceil(f / width) + 2));
    return { peak: top * width, level: bins[top], at: Object.fromEntries(frequencies.map((f) => [f, at(f)])) };
  };
}

export function expose(session, media, stage) {
  let listen;
  let heard;
  const slots = () => (session.peer?.slots ?? []).map((s) => ({ mid: s.transceiver.mid, participant: s.participant, kind: s.kind }));
  window.roombridge = {
    get status() { return session.status; },
    get id() { return session.known.id; },
    get room() { return session.known.room; },
    get participants() { return session.known.participants; },
    get speaker() { return session.known.speaker; },
    get slots() { return slots(); },
    get pc() { return session.peer?.pc; },
    get sound() { return session.peer?.sound; },
    session, media, stage,
    async stats() {
      const reports = await session.peer.pc.getStats();
      return { at: performance.now(), status: session.status, ...summarize(reports.values(), slots()) };
    },
    tone(...frequencies) {
      const stream = session.peer?.sound;
      if (heard !== stream) [heard, listen] = [stream, ear(stream)];
      return listen?.(...frequencies) ?? null;
    },
  };
}
