// A rule of the number plan between its JSON and the form in which it is edited. Sums only.

import { parseWindow } from './times.js';

export const kinds = ['exact', 'prefix', 'regex', 'any'];
export const actions = ['room', 'reception', 'dial', 'refuse'];
export const causes = ['forbidden', 'no-route', 'busy', 'declined', 'unreachable', 'encryption', 'capacity'];
export const layouts = ['auto', 'speaker', 'one-plus-n', 'grid', 'content'];
export const MASK = '****';

/** Groups of fields, in the order of the page. */
export const groups = {
  number: ['label', 'match', 'number', 'priority', 'disabled', 'id'],
  conditions: ['protocols', 'registered', 'encrypted', 'callers', 'networks', 'times'],
  outcome: ['action', 'room', 'target', 'cause', 'reason'],
  entry: ['guest_pin', 'host_pin', 'lobby', 'capacity'],
  media: ['layout', 'bandwidth', 'width', 'height', 'fps', 'encryption'],
  voice: ['language', 'greeting', 'greeting_sound'],
};
export const fields = Object.values(groups).flat();

/** What a new rule begins with. */
export const fresh = () => toForm({ id: '', match: 'exact', number: '', action: 'room', room: '', priority: 100 });

/** A PIN as a form holds it: v is the mask of the one that is there. */
export const toPin = (v) => ({ had: Boolean(v), mode: v ? 'keep' : 'none', text: '' });

const number = (v) => (v ? String(v) : '');

/** A rule as the form holds it: texts, lists and yes or no. */
export function toForm(r) {
  return {
    id: r.id ?? '', label: r.label ?? '', match: r.match ?? 'exact', number: r.number ?? '', priority: String(r.priority ?? 100), disabled: Boolean(r.disabled),
    protocols: [...(r.protocols ?? [])], registered: r.registered ?? '', encrypted: r.encrypted ?? '',
    callers: [...(r.callers ?? [])], networks: [...(r.networks ?? [])], times: [...(r.times ?? [])],
    action: r.action ?? 'room', room: r.room ?? '', target: r.target ?? '', cause: r.cause ?? '', reason: r.reason ?? '',
    guest_pin: toPin(r.guest_pin), host_pin: toPin(r.host_pin), lobby: Boolean(r.lobby), capacity: number(r.capacity),
    layout: r.layout ?? '', bandwidth: r.bandwidth ? String(r.bandwidth / 1000) : '', width: number(r.width), height: number(r.height), fps: number(r.fps),
    encryption: Boolean(r.encryption), language: r.language ?? '', greeting: r.greeting ?? '', greeting_sound: r.greeting_sound ?? '',
  };
}

/** The JSON of a form; what is empty is left out. Of the outcomes only the chosen one's fields go along. */
export function toRule(f) {
  const r = { id: f.id || idOf(f), label: f.label.trim(), match: f.match, priority: Number(f.priority) || 100, disabled: f.disabled };
  r.number = f.match === 'any' ? '' : f.number.trim();
  for (const k of ['protocols', 'callers', 'networks', 'times']) r[k] = f[k].map((s) => s.trim()).filter(Boolean);
  Object.assign(r, { registered: f.registered, encrypted: f.encrypted, action: f.action, guest_pin: pinOf(f.guest_pin), host_pin: pinOf(f.host_pin) });
  if (f.action === 'room') r.room = f.room.trim() || '$0';
  if (f.action === 'dial') r.target = f.target.trim();
  if (f.action === 'refuse') Object.assign(r, { cause: f.cause, reason: f.reason.trim() });
  Object.assign(r, {
    lobby: f.lobby, capacity: Number(f.capacity), layout: f.layout, bandwidth: Math.round(Number(f.bandwidth) * 1000), width: Number(f.width),
    height: Number(f.height), fps: Number(f.fps), encryption: f.encryption, language: f.language, greeting: f.greeting.trim(), greeting_sound: f.greeting_sound.trim(),
  });
  for (const [k, v] of Object.entries(r)) if ((!v && k !== 'number') || (Array.isArray(v) && v.length === 0)) delete r[k];
  return r;
}

/** The PIN that a form says, as the API takes it. */
export function pinOf(p) {
  if (p.mode === 'set') return p.text.trim();
  return p.mode === 'keep' ? MASK : '';
}

/** The id that a rule has when none is given, as the gateway makes it. */
export function idOf(f) {
  const n = f.match === 'regex' ? f.number.trim() : canonical(f.number);
  if (f.match === 'any') return 'any';
  if (f.match === 'exact') return n || 'none';
  return `${f.match} ${n}`;
}

/** A number as it is compared, but for the case of letters. */
export function canonical(text) {
  const s = text.trim().replace(/[#\s]+$/, '');
  if (!/^\+?[-.() *#\d]*$/.test(s) || !/\d/.test(s)) return s;
  return s.replace(/[-.() ]/g, '').replace(/^\+/, '').replace(/#+$/, '');
}

export const bytes = (s) => new TextEncoder().encode(s).length;
export const whole = (s, least, most) => s === '' || (/^\d+$/.test(s) && Number(s) >= least && Number(s) <= most);

/** What is wrong, by field: keys of words under "rule.wrong.", with members. */
export function check(f) {
  const wrong = {};
  const unless = (ok, field, key = field, members = {}) => {
    if (!ok && !wrong[field]) wrong[field] = { key, members };
  };
  for (const k of ['id', 'label', 'reason', 'greeting']) unless(bytes(f[k]) <= (k === 'id' ? 128 : 256), k, 'long');
  unless(/^([a-z\d][\w-]{0,63})?$/i.test(f.greeting_sound.trim()), 'greeting_sound');
  unless(f.priority !== '' && whole(f.priority, 1, 1_000_000), 'priority');
  checkNumber(f, unless);
  for (const p of f.callers) unless(bytes(p) <= 128 && p.split('*').length <= 9, 'callers');
  for (const p of f.networks) unless(isNetwork(p.trim()), 'networks', 'networks', { text: p });
  for (const t of f.times) checkTime(t, unless);
  for (const k of ['callers', 'networks', 'times']) unless(f[k].length <= 64, k, 'many');
  checkOutcome(f, unless);
  for (const k of ['guest_pin', 'host_pin']) unless(f[k].mode !== 'set' || /^\d{4,16}$/.test(f[k].text.trim()), k, 'pin');
  unless(!f.lobby || pinOf(f.host_pin), 'lobby');
  unless(whole(f.capacity, 0, 10_000), 'capacity');
  unless(f.bandwidth === '' || (Number(f.bandwidth) >= 64 && Number(f.bandwidth) <= 100_000), 'bandwidth');
  unless(whole(f.width, 0, 7680) && whole(f.height, 0, 4320) && (f.width === '') === (f.height === ''), 'width');
  unless(whole(f.fps, 0, 60), 'fps');
  return wrong;
}

function checkNumber(f, unless) {
  if (f.match === 'any') return;
  if (f.match === 'regex') {
    unless(f.number.trim() !== '', 'number', 'number.missing');
    unless(!/^\^?(\\\+|\[\+\])/.test(f.number.trim()), 'number', 'number.plus');
    unless(bytes(f.number) <= 256, 'number', 'long');
    unless(isExpression(f.number.trim()), 'number', 'number.expression');
    return;
  }
  unless(bytes(f.number) <= 64, 'number', 'long');
  if (f.match !== 'prefix') return;
  unless(canonical(f.number) !== '', 'number', 'number.missing');
  unless(!/[*#]/.test(canonical(f.number).replace(/^[*#]+/, '')), 'number', 'number.star');
}

/** Whether brackets and the like close; the gateway reads RE2, which says more. */
export function isExpression(text) {
  try {
    return Boolean(new RegExp(text.replaceAll('(?P<', '(?<').replace(/^\(\?i\)/, '')));
  } catch {
    return false;
  }
}

function checkTime(text, unless) {
  if (text.trim() === '') return;
  try {
    parseWindow(text);
  } catch (e) {
    unless(false, 'times', `times.${e.key}`, { word: e.word });
  }
}

function checkOutcome(f, unless) {
  if (f.action === 'room') unless(isTemplate(f.room), 'room', 'template');
  if (f.action !== 'dial') return;
  const target = f.target.trim();
  const at = target.indexOf('@');
  unless(target !== '', 'target', 'target.missing');
  if (isPhone(target)) return;
  unless(/^(sips?|h323):./.test(target), 'target', 'target.scheme');
  unless(!target.includes('$') || (at > 0 && !target.slice(at).includes('$')), 'target', 'target.host');
  unless(isTemplate(target), 'target', 'template');
}

/** A number for a trunk, such as tel:+84$1;trunk=carrier. */
const isPhone = (target) => {
  const [number, trunk = 'any'] = target.split(/;trunk=(.*)/);
  return trunk !== '' && !trunk.includes('$') && /^(tel:)?\+?[\d*#().\- ]+$/i.test(number.replace(/\$(\d|\{[^}]+\})/g, '0'));
};

const isTemplate = (text) => !text.replaceAll('$$', '').replace(/\$(\d|\{[^}]+\})/g, '').includes('$');

/** 10.0.0.0/8 or 2001:db8::/32. */
export function isNetwork(text) {
  const m = /^([\d.]+|[\da-f:.]*:[\da-f:.]*)\/(\d{1,3})$/i.exec(text);
  if (!m) return false;
  if (m[1].includes(':')) return Number(m[2]) <= 128 && m[1].split(':').length <= 8 && m[1].split('::').length <= 2;
  const parts = m[1].split('.');
  return parts.length === 4 && parts.every((p) => /^(0|[1-9]\d{0,2})$/.test(p) && Number(p) <= 255) && Number(m[2]) <= 32;
}

/** The gateway's problem by field; what belongs to none stands under "". */
export function ofProblem(problem, f) {
  const lines = (problem.errors ?? []).map((e) => e.message);
  const all = (lines.length ? lines : [problem.detail ?? '']).flatMap((s) => String(s).split('\n'));
  const by = {};
  for (const raw of all) {
    const text = raw.replace(/^line \d+(, \w+)?: /, (m, column) => (column ? `${column.slice(2)} ` : '')).trim();
    const field = fieldOf(text, f);
    if (text) by[field] = by[field] ? `${by[field]}; ${text}` : text;
  }
  return by;
}

function fieldOf(text, f) {
  const first = /^[a-z_]+/.exec(text)?.[0] ?? '';
  if (fields.includes(first)) return first;
  if (/^the number has no part|^behind \$/.test(text)) return f?.action === 'dial' ? 'target' : 'room';
  if (/window|time zone|^hours|^dates|^days/.test(text)) return 'times';
  if (/PIN/.test(text)) return f?.guest_pin.mode === 'set' || f?.host_pin.mode !== 'set' ? 'guest_pin' : 'host_pin';
  if (first === 'conditions') return 'callers';
  return '';
}

/** The fields in which two rules differ, with what they have there as text. */
export function differences(a, b) {
  return fields.filter((k) => textOf(a, k) !== textOf(b, k)).map((k) => ({ name: k, before: textOf(a, k), after: textOf(b, k) }));
}

/** A field of a rule as the CSV form has it. */
export function textOf(rule, name) {
  const v = rule?.[name];
  if (Array.isArray(v)) return v.join('; ');
  if (v === true) return 'yes';
  return v === undefined || v === null || v === false || v === 0 ? '' : String(v);
}

/**
 * What to do when somebody else wrote the rule meanwhile: theirs are the fields that they changed, both those which
 * mine changes too and otherwise. merged is theirs with mine put over it.
 */
export function merge(base, theirs, mine) {
  const own = new Set(differences(base, mine).map((d) => d.name));
  const merged = { ...theirs };
  for (const k of own) {
    if (mine[k] === undefined) delete merged[k];
    else merged[k] = mine[k];
  }
  const changed = differences(base, theirs).map((d) => ({ ...d, mine: textOf(mine, d.name), both: own.has(d.name) && textOf(mine, d.name) !== d.after }));
  return { theirs: changed, both: changed.filter((d) => d.both).map((d) => d.name), merged };
}

/** What conditions a rule has, for a line in the list. */
export function conditionsOf(r) {
  return ['protocols', 'registered', 'encrypted', 'callers', 'networks', 'times'].filter((k) => textOf(r, k) !== '');
}

/** Where a rule leads, for a line in the list. */
export function leadsTo(r) {
  if (r.action === 'dial') return r.target ?? '';
  if (r.action === 'refuse') return r.reason || '';
  return r.action === 'room' ? (r.room ?? '$0') : '';
}
