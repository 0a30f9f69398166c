// The audit trail as it is shown: what a change was, and before and after as a difference that people read. Sums only.

/** added, removed or changed; done where it was no record, but a call, a meeting or sessions. */
export function kindOf(c) {
  if (c.did) return 'done';
  if (!c.before) return 'added';
  return c.after ? 'changed' : 'removed';
}

/** A value as text: lists in a line, yes and no, nothing for what is empty. */
export function plain(v) {
  if (v === undefined || v === null || v === '' || v === false || v === 0) return '';
  if (v === true) return 'yes';
  if (Array.isArray(v)) return v.map(plain).filter(Boolean).join('; ');
  return String(v);
}

function flat(v, at = '', out = {}) {
  for (const [k, x] of Object.entries(v ?? {})) {
    if (x && typeof x === 'object' && !Array.isArray(x)) flat(x, `${at}${k}.`, out);
    else out[at + k] = plain(x);
  }
  return out;
}

/** The fields that differ: [{name, before, after}]; a secret that changed is one, without what it was. */
export function fieldsOf(c) {
  const a = flat(c.before);
  const b = flat(c.after);
  const names = [...new Set([...Object.keys(b), ...Object.keys(a)])];
  const out = names.filter((k) => (a[k] ?? '') !== (b[k] ?? '')).map((name) => ({ name, before: a[name] ?? '', after: b[name] ?? '' }));
  if (c.secret && !out.some((f) => /pin|password/.test(f.name))) out.push({ name: 'secret', before: c.before ? '****' : '', after: c.after ? '****' : '', secret: true });
  return out;
}

/** How many records were changed at once. */
export const sizeOf = (g) => g.added + g.changed + g.removed + g.done;

/** Whether a group's changes are taken back by who may change numbers alone. */
export const ofNumbers = (g) => g.kinds.every((k) => k === 'rules' || k === 'rooms');

/** What was done to a call, a meeting or sessions: the key of its words under "did.", and what stands in them. */
export function deed(c) {
  const of = { calls: () => c.after?.name || c.after?.number || c.after?.target || c.item, sessions: () => c.item };
  const name = of[c.kind]?.() ?? c.after?.name ?? '';
  return { key: `${c.kind}.${c.did}`, members: { room: '', target: '', to: '', layout: '', entry: '', people: '', ...c.after, name } };
}

/** Who it was: a person, the operator, a program by its token, or a host at the meeting page. */
export function actor(who, origin = '') {
  const m = /^token (\S+)$/.exec(who);
  if (m) return { kind: 'token', name: m[1] };
  return { kind: who === 'host' && origin === 'meeting page' ? 'host' : 'person', name: who };
}
