// Sentences of the gateway that records and events carry, in the reader's language. What is not known here is shown as it is.

import './lang_kept.js';
import { reason } from './reasons.js';
import { w } from './words.js';

const sentences = [
  [/^a wrong PIN was (?:dialled behind|typed for) (?<number>.+)$/, 'pin'],
  [/^locked out for (?<time>\S+) after (?<n>\d+) wrong (?<what>PINs for (?<where>.+)|passwords): (?<scope>.+)$/, 'lockout'],
  [/^a wrong password was given for (?<name>.+)$/, 'password'],
  [/^(?<name>.+) signed in$/, 'signin'],
  [/^no room has this number$/, 'noroom'],
  [/^nobody answered in time$/, 'noanswer'],
  [/^nobody typed what was asked for$/, 'nottyped'],
  [/^nobody let the call in$/, 'notlet'],
  [/^too many wrong PINs; try again in (?<time>\S+)$/, 'toomany'],
  [/^what was dialled cannot be a room's name$/, 'noname'],
  [/^no number was dialled; dial a room, such as 1001$/, 'nonumber'],
  [/^no media for (?<time>.+)$/, 'nomedia'],
  [/^removed by a host$/, 'removed'],
  [/^the number plan refuses this call$/, 'refused'],
  [/^the room is full$/, 'full'],
];

/** The key of a sentence's words with what stands in it, or null. */
export function sentence(text) {
  for (const [pattern, key] of sentences) {
    const m = pattern.exec(text);
    if (m) return { key, members: { ...m.groups } };
  }
  return null;
}

/** A sentence of the gateway in the reader's language, beginning with a capital letter. */
export function spoken(text) {
  const s = sentence(text ?? '');
  if (!s) return reason(text);
  const members = { ...s.members };
  if (s.key === 'lockout') members.what = w(members.where ? 'said.pins' : 'said.passwords', { where: members.where });
  return reason(w(`said.${s.key}`, members));
}
