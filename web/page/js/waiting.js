// Who waits before the door, for hosts. Pure.

/** What a toast says of those who have just come: key and members, or null. */
export function knockWords(fresh) {
  if (fresh.length === 0) return null;
  if (fresh.length === 1) return { key: 'toast.knock', members: { name: fresh[0].name } };
  return { key: 'toast.knock.many', members: { n: fresh.length } };
}

/** Minutes that somebody has waited. */
export function waitedMinutes(since, now = Date.now()) {
  const ms = now - Date.parse(since);
  return Number.isFinite(ms) ? Math.max(0, Math.floor(ms / 60000)) : 0;
}

/** The words for why a call was not answered. */
export function callFailure(cause) {
  return ['busy', 'declined', 'no-answer', 'unreachable', 'no-route', 'capacity', 'media', 'encryption'].includes(cause) ? `call.${cause}` : 'call.failed';
}

/** The devices that fit what was typed: each word anywhere in name or model, with or without marks. */
export function matching(devices, text) {
  const plain = (s) => s.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/gi, 'd').toLowerCase();
  const words = plain(text).split(/\s+/).filter(Boolean);
  return devices.filter((d) => words.every((w) => plain(`${d.name} ${d.model ?? ''}`).includes(w)));
}
