// A room that administrators set up between its JSON and the form in which it is edited. Sums only.

import { validRoom } from '../names.js';
import { bytes, pinOf, toPin, whole } from './rule.js';

export const fields = ['name', 'label', 'guest_pin', 'host_pin', 'lobby', 'locked', 'capacity', 'layout', 'encryption', 'language', 'greeting', 'greeting_sound'];

/** A room as the form holds it. */
export function toForm(r = {}) {
  return {
    name: r.name ?? '', label: r.label ?? '', guest_pin: toPin(r.guest_pin), host_pin: toPin(r.host_pin), lobby: Boolean(r.lobby), locked: Boolean(r.locked),
    capacity: r.capacity ? String(r.capacity) : '', layout: r.layout ?? '', encryption: Boolean(r.encryption), language: r.language ?? '', greeting: r.greeting ?? '', greeting_sound: r.greeting_sound ?? '',
  };
}

/** The JSON of a form; what is empty is left out. */
export function toSetup(f) {
  const r = {
    label: f.label.trim(), guest_pin: pinOf(f.guest_pin), host_pin: pinOf(f.host_pin), lobby: f.lobby, locked: f.locked, capacity: Number(f.capacity),
    layout: f.layout, encryption: f.encryption, language: f.language, greeting: f.greeting.trim(), greeting_sound: f.greeting_sound.trim(),
  };
  return Object.fromEntries(Object.entries(r).filter(([, v]) => v));
}

/** How many fields differ from a room's as it was read. */
export function changed(base, f) {
  const [a, b] = [toSetup(toForm(base)), toSetup(f)];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((k) => a[k] !== b[k]).length;
}

/** What is wrong, by field: keys of words under "rule.wrong.". */
export function check(f) {
  const wrong = {};
  const unless = (ok, field, key = field) => {
    if (!ok) wrong[field] ??= key;
  };
  unless(f.name.trim() !== '', 'name', 'number.missing');
  unless(validRoom(f.name.trim()) && !f.name.includes('@'), 'name', 'name');
  for (const k of ['label', 'greeting']) unless(bytes(f[k]) <= 256, k, 'long');
  for (const k of ['guest_pin', 'host_pin']) unless(f[k].mode !== 'set' || /^\d{4,16}$/.test(f[k].text.trim()), k, 'pin');
  for (const k of ['lobby', 'locked']) unless(!f[k] || pinOf(f.host_pin), k);
  unless(/^([a-z\d][\w-]{0,63})?$/i.test(f.greeting_sound.trim()), 'greeting_sound');
  unless(whole(f.capacity, 0, 10_000), 'capacity');
  return wrong;
}
