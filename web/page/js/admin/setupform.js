// The fields of a room that administrators set up, in groups.

import { fieldName, valueOf } from './kept.js';
import { layouts } from './rule.js';
import { bound, pinField } from './ruleform.js';
import { el, section, select } from './ui.js';
import { w } from './words.js';

/** The form of a room. f is changed in place; isNew lets the name be chosen. errors(wrong, all) shows what is wrong where somebody was, or everywhere. */
export function setupForm(f, { isNew, onchange }) {
  const fields = {};
  const touched = new Set();
  const change = (name) => {
    touched.add(name);
    onchange();
  };
  const keep = (one) => {
    fields[one.name] = one;
    return one.el;
  };
  const text = (name, props = {}, hint, title = fieldName(name)) => keep(bound(f, name, props, hint, change, title));
  const check = (name, hint) => text(name, { type: 'checkbox', value: 'on' }, hint);
  const choose = (name, options) => text(name, select([['', w('rule.default')], ...options], f[name]));
  const e = el('form.form.ruleform', { novalidate: true, data: { form: 'setup' }, onsubmit: (event) => event.preventDefault() },
    section(w('setups.room'), { hook: 'room' }, el('div.pair.even', {},
      text('name', { readonly: !isNew, maxlength: 64, spellcheck: 'false', autocapitalize: 'none' }, w('setups.hint.name'), w('rooms.name')), text('label', { maxlength: 128 }, w('rule.hint.label')))),
    section(w('setups.door'), { hook: 'entry' },
      el('div.pair.even', {}, keep(pinField(f, 'guest_pin', change)), keep(pinField(f, 'host_pin', change))),
      el('div.pair.even', {}, check('lobby', w('rule.hint.lobby')), check('locked', w('setups.hint.locked'))),
      el('div.pair.even', {}, text('capacity', { inputmode: 'numeric', placeholder: w('rule.unlimited') }), check('encryption', w('rule.hint.encryption')))),
    section(w('setups.inside'), { hook: 'inside' },
      el('div.pair.even', {}, choose('layout', layouts.map((l) => [l, valueOf('layout', l)])), choose('language', [['vi', 'Tiếng Việt'], ['en', 'English']])),
      el('div.pair', {}, text('greeting', { maxlength: 256, spellcheck: 'true' }, w('rule.hint.greeting')), text('greeting_sound', { maxlength: 64, spellcheck: 'false', autocapitalize: 'none' }, w('rule.hint.greeting_sound')))));
  return { el: e,
    errors(wrong, all) {
      for (const [name, one] of Object.entries(fields)) one.error(all || touched.has(name) ? wrong[name] ?? '' : '');
    },
    focus(name) {
      const one = fields[name];
      (one?.focus ? one : one?.input)?.focus();
    } };
}
