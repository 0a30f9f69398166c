// The editor of a rule's times: days, hours and zone to click, or the text itself, with what it says in words below.

import './lang_numbers.js';
import { clock, empty, formatSpan, formatWindow, has, inWords, minutes, opens, parseSpan, parseWindow, days, TimeError, week } from './times.js';
import { button, el, iconButton } from './ui.js';
import { language, w } from './words.js';

const DAY = 1440; // minutes
const zones = ['Asia/Ho_Chi_Minh', ...(Intl.supportedValuesOf?.('timeZone') ?? []), 'UTC'];

/** The list of windows; list is changed in place, and onchange called. */
export function timesEditor(list, onchange) {
  const box = el('div.times', { data: { field: 'times' } });
  const wrong = el('p.hint.wrong', { role: 'alert', hidden: true });
  const draw = () => {
    box.replaceChildren(
      ...(list.length === 0 ? [el('p.quiet', { text: w('rule.times.always') })] : list.map((_, i) => windowEditor(list, i, () => onchange(), () => {
        list.splice(i, 1);
        draw();
        onchange();
        box.querySelector('[data-act="time-add"]').focus();
      }))),
      el('div', {}, button(w('rule.times.add'), () => {
        list.push(`mon-fri 08:00-18:00 ${Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'}`);
        draw();
        onchange();
        box.querySelector('.window:last-of-type [data-part="from"]')?.focus();
      }, { sign: 'plus', act: 'time-add' })), wrong, zoneList());
  };
  draw();
  return {
    name: 'times', el: box,
    error(text) {
      wrong.textContent = text;
      wrong.hidden = !text;
    },
    focus: () => box.querySelector('.window [data-part="text"]')?.focus(),
  };
}

function zoneList() {
  return el('datalist', { id: 'zones' }, [...new Set(zones)].map((z) => el('option', { value: z })));
}

function windowEditor(list, i, changed, remove) {
  const id = `t${Math.random().toString(36).slice(2)}`;
  const win = () => {
    try {
      return parseWindow(list[i]);
    } catch {
      return null;
    }
  };
  const text = el('input.mono', { type: 'text', value: list[i], 'aria-label': w('times.text'), spellcheck: 'false', autocapitalize: 'none', data: { part: 'text' }, 'aria-describedby': id });
  const says = el('p.says', { id });
  const clicks = el('div.clicks');
  const explain = () => {
    const [words, now] = explanation(list[i]);
    says.className = `says ${now}`;
    says.textContent = words;
    text.setAttribute('aria-invalid', String(now === 'wrong'));
  };
  const write = (change) => {
    const now = win() ?? empty();
    change(now);
    text.value = list[i] = formatWindow(now);
    explain();
    changed();
  };
  text.addEventListener('input', () => {
    list[i] = text.value;
    if (win()) fill(clicks, win(), write);
    explain();
    changed();
  });
  fill(clicks, win() ?? empty(), write);
  explain();
  return el('div.window', { role: 'group', 'aria-label': `${w('field.times')} ${i + 1}` }, el('div.windowrow', {}, clicks, iconButton('trash', w('rule.times.remove'), remove, { act: 'time-remove' })),
    el('div.windowrow', {}, text), says);
}

/** A window in words, whether it is that time now: [words, 'open' | 'shut' | 'wrong']. */
export function explanation(text, now = new Date()) {
  let win;
  try {
    win = parseWindow(text);
  } catch (e) {
    if (!(e instanceof TimeError)) throw e;
    return [w(`rule.wrong.times.${e.key}`, { word: e.word }), 'wrong'];
  }
  const words = inWords(win, w, language());
  if (has(win, now)) return [`${words}. ${w('times.open')}.`, 'open'];
  const next = opens(win, now);
  const when = next ? w('times.opens', { day: w(`times.${days[next.day]}`), date: new Intl.DateTimeFormat(language(), { timeZone: 'UTC', day: 'numeric', month: 'numeric' }).format(new Date(`${next.date}T00:00Z`)), at: clock(next.minute) }) : w('times.never');
  return [`${words}. ${w('times.shut')}; ${when}.`, 'shut'];
}

function fill(box, win, write) {
  const focused = box.contains(document.activeElement) ? document.activeElement.dataset.part : '';
  const hour = (part, label, value, set) => el('input.mono', { type: 'text', inputmode: 'numeric', maxlength: 5, value: clock(value), placeholder: '08:00', 'aria-label': label, data: { part }, onchange: (e) => {
    const m = typed(e.target.value);
    e.target.toggleAttribute('aria-invalid', Number.isNaN(m));
    if (Number.isNaN(m)) return;
    write((x) => set(x, m));
    e.target.value = clock(m);
  } });
  box.replaceChildren(
    el('div.weekdays', { role: 'group', 'aria-label': w('times.days') }, week.map((d) => {
      const on = win.days.length === 0 || win.days.includes(d);
      return el('button.toggle', { type: 'button', 'aria-pressed': String(on), 'aria-label': w(`times.${days[d]}`), title: w(`times.${days[d]}`), data: { part: `day-${days[d]}` }, onclick: () => {
        write((x) => {
          const set = new Set(x.days.length === 0 ? week : x.days);
          if (set.has(d)) set.delete(d);
          else set.add(d);
          x.days = set.size === 7 ? [] : week.filter((one) => set.has(one));
        });
        fill(box, parseWindow(box.closest('.window').querySelector('[data-part="text"]').value), write);
      } }, w(`times.short.${days[d]}`));
    })),
    el('span.hours', {}, hour('from', w('times.from'), win.from, (x, m) => {
      x.from = m;
      if (x.to === m) x.to = (m + 60) % DAY;
    }), '–', hour('to', w('times.to'), win.to || DAY, (x, m) => {
      x.to = m % DAY || (x.from ? DAY : 0);
      if (x.to === x.from) x.to = (m + 60) % DAY;
    })),
    el('input.zone', { type: 'text', list: 'zones', value: win.zone, placeholder: 'UTC', 'aria-label': w('times.inzone'), spellcheck: 'false', data: { part: 'zone' }, onchange: (e) => write((x) => { x.zone = e.target.value.trim(); }) }),
    el('input.dates', { type: 'text', value: datesOf(win), placeholder: w('times.dates'), 'aria-label': w('times.dates'), spellcheck: 'false', data: { part: 'dates' }, onchange: (e) => {
      try {
        const spans = e.target.value.trim().split(/[\s,;]+/).filter(Boolean).map((s) => [s.startsWith('!'), parseSpan(s.replace('!', ''))]);
        e.target.removeAttribute('aria-invalid');
        write((x) => {
          x.on = spans.filter(([off]) => !off).map(([, s]) => s);
          x.off = spans.filter(([off]) => off).map(([, s]) => s);
        });
      } catch {
        e.target.setAttribute('aria-invalid', 'true');
      }
    } }));
  if (focused) box.querySelector(`[data-part="${focused}"]`)?.focus();
}

/** Minutes of the day of what people type: 8, 8:30, 830, 17.45, 08:00. */
export function typed(text) {
  const m = /^(\d{1,2})(?:[:.h]?(\d{2}))?$/.exec(text.trim());
  return m ? minutes(`${m[1]}:${m[2] ?? '00'}`) : NaN;
}

const datesOf = (win) => [...win.on.map(formatSpan), ...win.off.map((s) => `!${formatSpan(s)}`)].join(' ');
