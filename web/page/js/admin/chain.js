// A dry run as it is shown: the rules that were tried, in the reader's language, and what was decided. Sums only.

// How the gateway says why a rule did not fit, and why it decided so: the words of a key, with what stands in the brackets.
const sentences = [
  [/^the rule fits$/, 'fits'],
  [/^a number was dialled$/, 'dialled'],
  [/^the number is not (?<number>.*)$/, 'exact'],
  [/^the number does not begin with (?<number>.*)$/, 'prefix'],
  [/^the number does not match (?<number>.*)$/, 'regex'],
  [/^the rule is disabled$/, 'disabled'],
  [/^the call came over (?<is>.*), not (?<want>.*)$/, 'protocol'],
  [/^the caller is "(?<is>.*)", not (?<want>.*)$/, 'caller'],
  [/^the caller's address invalid IP is not in (?<want>.*)$/, 'noaddress'],
  [/^the caller's address (?<is>.*) is not in (?<want>.*)$/, 'network'],
  [/^the caller is registered$/, 'registered'],
  [/^the caller is not registered$/, 'unregistered'],
  [/^signalling is encrypted$/, 'encrypted'],
  [/^signalling is not encrypted$/, 'clear'],
  [/^it is (?<day>\w{3}) (?<is>.*) there, not (?<want>.*)$/, 'time'],
];

const decisions = [
  [/^no rule fits: the call is refused \(no-route\): no room has this number$/, 'none'],
  [/^no rule fits: any number opens the room of that name \(admission\.open\)$/, 'open'],
  [/^no rule fits: the caller is asked for a number$/, 'asked'],
  [/^no rule fits, and this cannot be the name of a room/, 'noname'],
];

const founds = [
  [/^by the trunk (?<name>.*)$/, 'trunk'], [/^by the domain (?<name>.*)$/, 'domain'], [/^by the address (?<name>.*)$/, 'address'],
  [/^as the default$/, 'default'], [/^as asked for$/, 'asked'], [/^no tenant has this/, 'nobody'],
];

function spoken(list, text) {
  for (const [pattern, key] of list) {
    const m = pattern.exec(text);
    if (m) return { key, members: { ...m.groups } };
  }
  return null;
}

/** Why a rule was passed: {key, members} of words, or null where the gateway says something newer. */
export const whyOf = (step) => spoken(sentences, step.why);
export const foundOf = (e) => spoken(founds, e.found ?? '');

/** Why it was decided so, where no rule did. */
export const unruled = (e) => spoken(decisions, e.why ?? '');

/** Rows of the chain: rules that were tried, and runs of rules for other numbers as one row. */
export function rows(e) {
  const steps = e.steps ?? [];
  return steps.map((s, i) => (s.count > 1
    ? { kind: 'many', count: s.count, key: `many-${i}` }
    : { kind: s.fits ? 'fits' : 'passed', rule: s.rule, label: s.label ?? '', match: s.for, check: s.check ?? '', step: s, key: s.rule }));
}

/** How many rules were tried before the one that decided, itself included. */
export const tried = (e) => (e.steps ?? []).reduce((n, s) => n + (s.count || 1), 0);

/** The decision: what kind it is, where it leads, and which settings go along. */
export function verdict(e) {
  const d = e.decision;
  const kind = d.action === 'refuse' ? 'refuse' : d.action;
  const settings = Object.entries(d.settings ?? {}).filter(([, v]) => v).map(([name, v]) => ({ name, value: Array.isArray(v) ? v.join('; ') : v }));
  const asks = kind === 'room' && d.role === 'none' ? (d.wrong_pin ? 'wrongpin' : 'pin') : '';
  const waits = kind === 'room' && d.settings?.lobby && d.role === 'guest';
  return { kind, where: d.room || (d.trunk ? `${d.target} (${d.trunk})` : d.target) || '', cause: d.cause ?? '', reason: d.reason ?? '', role: d.role === 'none' ? '' : (d.role ?? ''), rule: d.rule ?? '', asks, waits: Boolean(waits), settings };
}

/** What the dry run is asked, or null where nothing was typed. at is as a datetime-local field has it, '' is now. */
export function question(f) {
  const q = { number: f.number.trim(), protocol: f.protocol || 'sip' };
  for (const k of ['caller', 'address', 'host', 'trunk']) if (f[k]?.trim()) q[k] = f[k].trim();
  for (const k of ['registered', 'encrypted']) if (f[k]) q[k] = true;
  if (f.at) {
    const at = new Date(f.at);
    if (Number.isNaN(at.getTime())) return null;
    q.at = at.toISOString();
  }
  return q;
}
