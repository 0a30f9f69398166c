// Which codecs are offered, in which order, and what is said of Opus. Pure.

const BASELINE = '42e01f';

function h264Rank(codec) {
  const fmtp = (codec.sdpFmtpLine ?? '').toLowerCase();
  // Single NAL unit mode is for terminals; the room repacketises for us.
  if (!fmtp.includes('packetization-mode=1')) return Infinity;
  const profile = /profile-level-id=([0-9a-f]{6})/.exec(fmtp)?.[1] ?? '42e01f';
  if (profile === BASELINE) return 0;
  if (profile.startsWith('42')) return 1;
  if (profile.startsWith('4d')) return 2;
  if (profile.startsWith('64')) return 3;
  return Infinity;
}

/**
 * Orders a browser's codecs as the room named them (H264, VP8, ...), with retransmission kept and all else left out: a short list
 * keeps offers of many lines short.
 * @returns the list for setCodecPreferences; empty when the browser has none of them
 */
export function preferred(codecs, names) {
  const out = [];
  for (const name of names) {
    const mime = `video/${name}`.toLowerCase();
    const found = codecs.filter((c) => c.mimeType.toLowerCase() === mime);
    if (name.toUpperCase() === 'H264') {
      out.push(...found.filter((c) => h264Rank(c) < Infinity).sort((a, b) => h264Rank(a) - h264Rank(b)));
    } else {
      out.push(...found);
    }
  }
  if (out.length === 0) return [];
  return [...out, ...codecs.filter((c) => c.mimeType.toLowerCase() === 'video/rtx')];
}

/** Says in an offer that we want Opus in mono with forward error correction (RFC 7587 section 7). */
export function speech(sdp) {
  const pt = /^a=rtpmap:(\d+) opus\/48000\/2\r?$/im.exec(sdp)?.[1];
  if (!pt) return sdp;
  const line = new RegExp(`^a=fmtp:${pt} (.*?)(\\r?)$`, 'm');
  const want = { useinbandfec: '1', stereo: '0', 'sprop-stereo': '0' };
  const found = line.exec(sdp);
  if (!found) {
    const rtpmap = new RegExp(`^(a=rtpmap:${pt} .*?)(\\r?)$`, 'm');
    return sdp.replace(rtpmap, (_, l, cr) => `${l}${cr}\na=fmtp:${pt} ${format(want)}${cr}`);
  }
  const parameters = Object.fromEntries(found[1].split(';').map((p) => p.trim()).filter(Boolean).map((p) => p.split('=')));
  return sdp.replace(line, (_, __, cr) => `a=fmtp:${pt} ${format({ ...parameters, ...want })}${cr}`);
}

function format(parameters) {
  return Object.entries(parameters).map(([k, v]) => (v === undefined ? k : `${k}=${v}`)).join(';');
}
