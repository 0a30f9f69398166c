// The audit trail as it is shown: what a change was, and before and after as a difference that people read. Sums only.

/** added, removed or changed; undone says that it took another change back. */
export function kindOf(c) {
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

/** Changes that were made at once, together: [{group, at, who, origin, why, undoes, changes}], in the order given. */
export function grouped(list) {
  const out = [];
  for (const c of list) {
    if (out.at(-1)?.group === c.group) out.at(-1).changes.push(c);
    else out.push({ group: c.group, at: c.at, who: c.who, origin: c.origin ?? '', why: c.why ?? '', undoes: c.undoes ?? '', changes: [c] });
  }
  return out;
}

/** How many were added, changed and removed, and of which kind if all are of one. */
export function summary(group) {
  const counts = { added: 0, changed: 0, removed: 0 };
  for (const c of group.changes) counts[kindOf(c)]++;
  const of = new Set(group.changes.map((c) => c.kind));
  return { ...counts, kind: of.size === 1 ? [...of][0] : '', n: group.changes.length };
}

/** Who it was: a person, the operator, or a program by its token. */
export function actor(who) {
  const m = /^token (\S+)$/.exec(who);
  return m ? { kind: 'token', name: m[1] } : { kind: 'person', name: who };
}
