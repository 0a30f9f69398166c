// What a new list of participants changes for people. Pure.

/** @returns {{joined: object[], left: object[], shared: object[]}} shared: who began to share a screen */
export function changes(before, after, selfId) {
  const was = new Map(before.map((p) => [p.id, p]));
  const is = new Map(after.map((p) => [p.id, p]));
  return {
    joined: after.filter((p) => p.id !== selfId && !was.has(p.id)),
    left: before.filter((p) => p.id !== selfId && !is.has(p.id)),
    shared: after.filter((p) => p.id !== selfId && p.sharing && was.has(p.id) && !was.get(p.id).sharing),
  };
}

/** The first letters of the first and last word: Vietnamese given names come last, so both count. */
export function initials(name) {
  const words = (name ?? '').trim().split(/\s+/).filter((w) => /[\p{L}\p{N}]/u.test(w));
  if (words.length === 0) return '?';
  const first = (w) => [...w.replace(/^[^\p{L}\p{N}]+/u, '')][0].toLocaleUpperCase('vi');
  return words.length === 1 ? first(words[0]) : first(words[0]) + first(words.at(-1));
}

/** A colour for a person without a picture: the same one each time. */
export function hue(id) {
  let h = 0;
  for (const c of String(id)) h = (h * 31 + c.codePointAt(0)) >>> 0;
  return h % 12;
}

/** What a terminal says of itself, made short: "PolycomRealPresenceGroup500/6.2.2" becomes "Polycom RealPresence Group 500". */
export function deviceName(device) {
  let d = (device ?? '').replace(/\s*\([^)]*\)?/g, '').trim().replace(/[/_]?v?\d+(\.\d+){1,}[\w.-]*.*$/, '').trim();
  d = d.replace(/^(Polycom|Poly|Cisco|Tandberg|TANDBERG|Lifesize|LifeSize|Huawei|Yealink|Sony|Avaya|Grandstream)[/_-]?(?=[A-Z0-9])/, '$1 ');
  d = d.replace(/([a-z])(?=(Group|Room|Series)\b|(Group|Room|Series)\d)/g, '$1 ').replace(/(Group|Series)(?=\d)/g, '$1 ');
  return d.replace(/[/_]+/g, ' ').replace(/\s+/g, ' ').trim() || (device ?? '').trim();
}

/** Loudness in dBov as a share of the scale from silence to shouting. */
export function loudness(dbov) {
  if (dbov === undefined || dbov <= -60) return 0;
  return Math.min(1, (dbov + 60) / 50);
}
