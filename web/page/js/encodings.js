// The camera's three encodings, and how far the room's limits bend them. Pure.

// Largest first: Chromium leaves out the last ones for cameras of few pixels, and those must not be the full size.
export const CAMERA = [
  { rid: 'h', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
  { rid: 'm', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
];

export const SCREEN = [{ maxBitrate: 2_500_000, maxFramerate: 30 }];

/**
 * What one encoding shall be, given what the room says of it and the size at which the camera films.
 * @param limit {active, max_bitrate, max_width, max_height, max_fps}; 0 or absent is no bound
 */
export function encoding(base, limit = {}, camera = {}) {
  const out = { active: limit.active ?? true, maxBitrate: least(base.maxBitrate, limit.max_bitrate) };
  let scale = base.scaleResolutionDownBy;
  if (limit.max_width && camera.width) scale = Math.max(scale, camera.width / limit.max_width);
  if (limit.max_height && camera.height) scale = Math.max(scale, camera.height / limit.max_height);
  out.scaleResolutionDownBy = Math.max(1, scale);
  if (limit.max_fps) out.maxFramerate = limit.max_fps;
  return out;
}

function least(a, b) {
  return b ? Math.min(a, b) : a;
}

/**
 * Changes RTCRtpSendParameters to obey the limits.
 * @returns {boolean} whether anything changed
 */
export function applyLimits(parameters, limits, camera) {
  let changed = false;
  for (const e of parameters.encodings ?? []) {
    const base = CAMERA.find((c) => c.rid === e.rid) ?? CAMERA[0];
    const want = encoding(base, limits.find((l) => l.rid === e.rid), camera);
    for (const key of ['active', 'maxBitrate', 'scaleResolutionDownBy', 'maxFramerate']) {
      if (e[key] === want[key]) continue;
      if (want[key] === undefined) delete e[key];
      else e[key] = want[key];
      changed = true;
    }
  }
  return changed;
}
