// The fields of a rule as people edit them, in groups. It holds a form (rule.js) and says when it changed.

import { choice, fieldName, valueOf } from './kept.js';
import './lang_numbers.js';
import { actions, canonical, causes, check, groups, idOf, kinds, layouts } from './rule.js';
import { timesEditor } from './timeedit.js';
import { el, field, icon, section, select } from './ui.js';
import { w } from './words.js';

const sizes = ['', '640x360', '1280x720', '1920x1080', '3840x2160'];

/**
 * The form of a rule. f is changed in place; isNew lets the key be chosen. showErrors(wrong) shows them, {} none.
 */
export function ruleForm(f, { isNew, onchange }) {
  const fields = {};
  const touched = new Set();
  const change = (name) => {
    touched.add(name);
    settle();
    onchange(name);
  };
  const keep = (one) => {
    fields[one.name] = one;
    return one.el;
  };
  const text = (name, props = {}, hint) => keep(bound(f, name, { spellcheck: 'false', ...props }, hint, change));
  const parts = { fields, f, change, keep, text, isNew };
  const e = el('form.form.ruleform', { novalidate: true, data: { form: 'rule' }, onsubmit: (event) => event.preventDefault() },
    numberPart(parts), outcomePart(parts), conditionsPart(parts), entryPart(parts), mediaPart(parts), voicePart(parts));

  /** Shows what belongs to the chosen match and action, and lives with what is typed. */
  function settle() {
    const show = (name, on) => { fields[name].el.hidden = !on; };
    show('number', f.match !== 'any');
    for (const k of ['room']) show(k, f.action === 'room');
    show('target', f.action === 'dial');
    for (const k of ['cause', 'reason']) show(k, f.action === 'refuse');
    for (const k of ['entry', 'media', 'voice']) e.querySelector(`[data-section="${k}"]`).hidden = f.action === 'refuse';
    e.querySelector('[data-section="entry"]').hidden = f.action !== 'room';
    if (isNew) fields.id.input.placeholder = idOf(f);
  }

  settle();
  return { el: e, touched,
    /** wrong is {field: words}; only those that somebody has been at are shown, unless all is true. */
    errors(wrong, all) {
      for (const [name, one] of Object.entries(fields)) one.error(all || touched.has(name) ? wrong[name] ?? '' : '');
      fields.number?.live?.(wrong.number);
    },
    focus(name) {
      const one = fields[name];
      one?.el.closest('details')?.setAttribute('open', '');
      (one?.focus ? one : one?.input)?.focus();
    } };
}

/** An input for one member of the form. */
export function bound(f, name, props, hint, change, title = fieldName(name)) {
  const control = props instanceof Element ? props : { value: f[name], ...props };
  const one = field(name, title, control, { hint });
  if (one.input.type === 'checkbox') one.value = f[name];
  one.input.addEventListener(one.input.tagName === 'SELECT' || one.input.type === 'checkbox' ? 'change' : 'input', () => {
    f[name] = one.value;
    change(name);
  });
  return one;
}

/** A field that is no single input, with a place for what is wrong. */
export function wrapped(name, title, content, hint) {
  const under = el('p.hint', { text: hint ?? '' });
  const e = el('fieldset.field', { data: { field: name } }, el('legend', { text: title }), content, under);
  return { name, el: e, focus: () => e.querySelector('input:checked, input, select, textarea')?.focus(), error(text) {
    under.textContent = text || (hint ?? '');
    under.classList.toggle('wrong', Boolean(text));
  } };
}

function numberPart({ f, change, keep, text, isNew }) {
  const number = bound(f, 'number', { spellcheck: 'false', autocapitalize: 'none' }, '', change);
  number.input.classList.add('mono');
  const plainError = number.error.bind(number);
  number.error = (words) => (words ? plainError(words) : (plainError(''), number.live()));
  number.live = (wrong) => {
    if (wrong && number.input.hasAttribute('aria-invalid')) return;
    const typed = f.number.trim();
    const hint = f.match !== 'regex' && typed && canonical(typed) !== typed ? w('rule.hint.compared', { number: canonical(typed) }) : (f.match === 'exact' && typed ? '' : w(`rule.hint.${f.match === 'any' ? 'exact' : f.match}`));
    const under = number.el.querySelector('.hint');
    if (!number.input.hasAttribute('aria-invalid')) under.textContent = hint;
  };
  const enabled = field('disabled', w('rule.enabled'), { type: 'checkbox' }, { hint: w('rule.hint.enabled') });
  enabled.value = !f.disabled;
  enabled.input.addEventListener('change', () => {
    f.disabled = !enabled.value;
    change('disabled');
  });
  const id = bound(f, 'id', { spellcheck: 'false', autocapitalize: 'none', readonly: !isNew, placeholder: idOf(f) }, w('rule.hint.id'), change);
  number.live();
  return section(w('rule.group.number'), { hook: 'number' },
    keep(wrapped('match', fieldName('match'), choice(fieldName('match'), kinds.map((k) => [k, w(`rule.${k}`)]), f.match, (v) => {
      f.match = v;
      change('match');
      number.live();
    }, { act: 'match' }))),
    el('div.pair.even', {}, keep(number), text('label', {}, w('rule.hint.label'))),
    el('div.pair.even', {}, text('priority', { type: 'number', min: 1, max: 1_000_000, inputmode: 'numeric' }, w('rule.hint.priority')), keep(id)),
    keep(enabled));
}

function outcomePart({ f, change, keep, text }) {
  return section(w('rule.group.outcome'), { hook: 'outcome' },
    keep(wrapped('action', fieldName('action'), choice(fieldName('action'), actions.map((k) => [k, w(`rule.${k}`), w(`rule.hint.${k}`)]), f.action, (v) => {
      f.action = v;
      change('action');
    }, { act: 'action' }))),
    text('room', { placeholder: '$0', maxlength: 256 }, w('rule.hint.roomname')),
    text('target', { placeholder: 'sip:$1@example.vn', maxlength: 256 }, w('rule.hint.target')),
    el('div.pair.even', {}, keep(bound(f, 'cause', select(causes.map((c) => [c === 'forbidden' ? '' : c, valueOf('cause', c)]), f.cause), '', change)), text('reason', {}, w('rule.hint.reason'))));
}

function conditionsPart({ f, change, keep }) {
  const boxes = el('div.checks', {}, ['sip', 'h323'].map((p) => {
    const input = el('input', { type: 'checkbox', value: p, onchange: () => {
      f.protocols = [...boxes.querySelectorAll('input:checked')].map((i) => i.value);
      change('protocols');
    } });
    input.checked = f.protocols.includes(p);
    return el('label', {}, input, p === 'sip' ? 'SIP' : 'H.323');
  }));
  const lines = (name) => {
    const area = el('textarea', { rows: 2, spellcheck: 'false', autocapitalize: 'none', value: f[name].join('\n') });
    const one = field(name, fieldName(name), area, { hint: w(`rule.hint.${name}`) });
    area.addEventListener('input', () => {
      f[name] = area.value.split('\n').map((s) => s.trim()).filter(Boolean);
      change(name);
    });
    return keep(one);
  };
  const want = (name) => keep(bound(f, name, select([['', w('rule.either')], ['yes', w(`rule.${name}.yes`)], ['no', w(`rule.${name}.no`)]], f[name]), '', change));
  const times = timesEditor(f.times, () => change('times'));
  keep(times);
  return section(w('rule.group.conditions'), { hook: 'conditions' },
    el('fieldset.field', {}, el('legend', { text: fieldName('times') }), times.el),
    el('div.triple', {}, keep(wrapped('protocols', fieldName('protocols'), boxes, w('rule.protocols.any'))), want('registered'), want('encrypted')),
    el('div.pair.even', {}, lines('callers'), lines('networks')));
}

function entryPart({ f, change, keep, text }) {
  return section(w('rule.group.entry'), { hook: 'entry' },
    el('div.pair.even', {}, keep(pinField(f, 'guest_pin', change)), keep(pinField(f, 'host_pin', change))),
    el('div.pair.even', {}, keep(bound(f, 'lobby', { type: 'checkbox', value: 'on' }, w('rule.hint.lobby'), change)), text('capacity', { inputmode: 'numeric', placeholder: w('rule.unlimited') })));
}

/** A PIN is written and never shown: what is there is kept, replaced or removed. */
export function pinField(f, name, change) {
  const p = f[name];
  const input = el('input.mono', { type: 'text', inputmode: 'numeric', autocomplete: 'off', maxlength: 16, 'aria-label': `${fieldName(name)}: ${w('rule.pin.new')}`, placeholder: p.had ? w('rule.pin.new') : w('rule.pin.none'), value: p.text, data: { pin: name } });
  input.addEventListener('input', () => {
    p.text = input.value;
    if (!p.had) p.mode = p.text ? 'set' : 'none';
    change(name);
  });
  const place = () => { input.hidden = p.had && p.mode !== 'set'; };
  place();
  if (!p.had) return wrapped(name, fieldName(name), input, w('rule.pin.hint'));
  const choose = select(['keep', 'set', 'remove'].map((m) => [m, w(`rule.pin.${m}`)]), p.mode, { 'aria-label': fieldName(name), data: { pinmode: name }, onchange: () => {
    p.mode = choose.value;
    place();
    if (p.mode === 'set') input.focus();
    change(name);
  } });
  return wrapped(name, fieldName(name), el('div.pinrow', {}, icon('lock'), choose, input), w('rule.pin.hint'));
}

function mediaPart({ f, change, keep, text }) {
  const sizeOf = () => (f.width || f.height ? `${f.width}x${f.height}` : '');
  const own = el('div.pair.even', {}, text('width', { inputmode: 'numeric' }), text('height', { inputmode: 'numeric' }));
  own.hidden = sizes.includes(sizeOf());
  const size = field('size', w('rule.size'), select([...sizes.map((s) => [s, s ? s.replace('x', ' × ') : w('rule.size.any')]), ['own', w('rule.size.own')]], own.hidden ? sizeOf() : 'own'));
  size.input.addEventListener('change', () => {
    own.hidden = size.value !== 'own';
    if (!own.hidden) return own.querySelector('input').focus();
    [f.width, f.height] = size.value ? size.value.split('x') : ['', ''];
    own.querySelectorAll('input').forEach((input, i) => { input.value = i ? f.height : f.width; });
    change('width');
  });
  const encryption = bound(f, 'encryption', { type: 'checkbox', value: 'on' }, w('rule.hint.encryption'), change);
  return section(w('rule.group.media'), { hook: 'media' },
    el('div.triple', {}, keep(bound(f, 'layout', select([['', w('rule.default')], ...layouts.map((l) => [l, valueOf('layout', l)])], f.layout), '', change)), size.el, text('fps', { inputmode: 'numeric', placeholder: w('rule.unlimited') })),
    own, el('div.pair.even', {}, keep(bound(f, 'bandwidth', { inputmode: 'decimal', placeholder: w('rule.unlimited') }, '', change, `${fieldName('bandwidth')} (${w('rule.kbits')})`)), keep(encryption)));
}

function voicePart({ f, change, keep, text }) {
  return section(w('rule.group.voice'), { hook: 'voice' },
    el('div.pair', {}, text('greeting', { maxlength: 256, spellcheck: 'true' }, w('rule.hint.greeting')),
      keep(bound(f, 'language', select([['', w('rule.default')], ['vi', 'Tiếng Việt'], ['en', 'English']], f.language), '', change))),
    text('greeting_sound', { maxlength: 64, autocapitalize: 'none' }, w('rule.hint.greeting_sound')));
}

/** What is wrong in words, by field. */
export function wordsOf(f) {
  return Object.fromEntries(Object.entries(check(f)).map(([name, { key, members }]) => [name, w(`rule.wrong.${key}`, members)]));
}

/** The field's place in the order of the page, for going to the first that is wrong. */
export const firstOf = (wrong) => Object.values(groups).flat().find((k) => wrong[k]);
