// Recurring times of rules, as docs/numbers.md writes them: "mon-fri 08:00-18:00 Asia/Ho_Chi_Minh".
// Sums only: text to parts and back, what is wrong, whether it is that time now, and what it says in words.

export const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
export const week = [1, 2, 3, 4, 5, 6, 0]; // Monday first
const DAY = 24 * 60;

/** What is wrong with a text: key names the words, word is where. */
export class TimeError extends Error {
  constructor(key, word) {
    super(`${word}: ${key}`);
    Object.assign(this, { key, word });
  }
}

export const empty = () => ({ days: [], from: 0, to: 0, on: [], off: [], zone: '' });

/** Reads a window. days are numbers from Sunday 0, hours minutes of the day, both 0 all day. */
export function parseWindow(text) {
  const w = empty();
  for (const word of text.trim().split(/\s+/).filter(Boolean)) readWord(w, word);
  if (text.length > 512 || w.on.length + w.off.length > 32) throw new TimeError('long', '');
  return w;
}

function readWord(w, word) {
  if (word.startsWith('!')) w.off.push(parseSpan(word.slice(1), word));
  else if (word.includes(':')) readHours(w, word);
  else if (/^\d/.test(word)) w.on.push(parseSpan(word, word));
  else if (/^(sun|mon|tue|wed|thu|fri|sat)($|[-,])/i.test(word)) readDays(w, word);
  else if (w.zone) throw new TimeError('zones', word);
  else if (!isZone(word)) throw new TimeError('zone', word);
  else w.zone = word;
}

export function isZone(name) {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name })) && /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

function readDays(w, word) {
  const set = new Set(w.days);
  for (const part of word.toLowerCase().split(',')) {
    const [first, last = first] = part.split('-').map((d) => days.indexOf(d));
    if (first < 0 || last < 0) throw new TimeError('days', word);
    for (let d = first; ; d = (d + 1) % 7) {
      set.add(d);
      if (d === last) break;
    }
  }
  w.days = week.filter((d) => set.has(d));
}

function readHours(w, word) {
  if (w.from !== w.to) throw new TimeError('hourstwice', word);
  const [a, b, more] = word.split('-').map(minutes);
  if (a === undefined || b === undefined || more !== undefined || Number.isNaN(a + b) || a === b || a === DAY) throw new TimeError('hours', word);
  w.from = a;
  w.to = a === 0 && b === DAY ? 0 : b;
}

/** 08:00 is 480; NaN is no time of the day. */
export function minutes(text) {
  const m = /^(\d{1,2}):([0-5]\d)$/.exec(text);
  const total = m ? Number(m[1]) * 60 + Number(m[2]) : NaN;
  return total <= DAY ? total : NaN;
}

export const clock = (m) => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;

/** 2026-04-30, 04-30 or two of a kind with .. between them. */
export function parseSpan(text, word = text) {
  const [first, last = first, more] = text.split('..');
  const yearly = first.length === 5;
  if (more !== undefined || !isDate(first) || !isDate(last) || (last.length === 5) !== yearly || (!yearly && last < first)) throw new TimeError('dates', word);
  return { first, last };
}

function isDate(s) {
  const full = s.length === 5 ? `2000-${s}` : s; // a leap year
  if (!/^\d{4}-\d\d-\d\d$/.test(full) || full.startsWith('0000')) return false;
  const t = new Date(`${full}T00:00:00Z`);
  return !Number.isNaN(t.getTime()) && t.toISOString().slice(0, 10) === full;
}

export const formatSpan = (s) => (s.first === s.last ? s.first : `${s.first}..${s.last}`);

/** The text of a window, as the gateway writes it. */
export function formatWindow(w) {
  return [
    daysText(w.days), ...w.on.map(formatSpan), ...w.off.map((s) => `!${formatSpan(s)}`),
    w.from === w.to ? '' : `${clock(w.from)}-${clock(w.to)}`, w.zone,
  ].filter(Boolean).join(' ');
}

/** Runs of days from Monday on: [[1, 5], [0, 0]]. */
export function runs(list) {
  const out = [];
  week.forEach((d, i) => {
    if (!list.includes(d)) return;
    if (i > 0 && list.includes(week[i - 1])) out.at(-1)[1] = d;
    else out.push([d, d]);
  });
  return out;
}

const daysText = (list) => runs(list).map(([a, b]) => (a === b ? days[a] : `${days[a]}-${days[b]}`)).join(',');

/** The clock on the wall of a zone: day of the week, date, minute of the day. */
export function wall(zone, at) {
  const part = {};
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone || 'UTC', hourCycle: 'h23', weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit',
  });
  for (const p of format.formatToParts(at)) part[p.type] = p.value;
  return { day: days.indexOf(part.weekday.toLowerCase()), date: `${part.year}-${part.month}-${part.day}`, minute: Number(part.hour) * 60 + Number(part.minute) };
}

function shift(at, by) {
  const t = new Date(`${at.date}T00:00:00Z`);
  t.setUTCDate(t.getUTCDate() + by);
  return { day: t.getUTCDay(), date: t.toISOString().slice(0, 10), minute: at.minute };
}

function within(span, date) {
  const d = span.first.length === 5 ? date.slice(5) : date;
  return span.last < span.first ? d >= span.first || d <= span.last : d >= span.first && d <= span.last;
}

const begins = (w, at) => (w.days.length === 0 || w.days.includes(at.day))
  && (w.on.length === 0 || w.on.some((s) => within(s, at.date))) && !w.off.some((s) => within(s, at.date));

/** Whether a time is in the window. */
export function has(w, date) {
  const at = wall(w.zone, date);
  if (w.to > w.from) return at.minute >= w.from && at.minute < w.to && begins(w, at);
  return (at.minute >= w.from && begins(w, at)) || (at.minute < w.to && begins(w, shift(at, -1)));
}

/** When the window opens next, by the clock on its wall: {day, date, minute}, or null within a year. */
export function opens(w, date) {
  const at = wall(w.zone, date);
  for (let i = 0; i <= 366; i++) {
    const then = shift(at, i);
    if (begins(w, then) && (i > 0 || w.from > at.minute)) return { ...then, minute: w.from };
  }
  return null;
}

/** A window in words; w gives the words of a key. */
export function inWords(win, w, lang) {
  const date = (s) => {
    const yearly = s.length === 5;
    const t = new Date(`${yearly ? `2000-${s}` : s}T00:00:00Z`);
    return new Intl.DateTimeFormat(lang, { timeZone: 'UTC', day: 'numeric', month: 'long', ...(yearly ? {} : { year: 'numeric' }) }).format(t);
  };
  const span = (s) => (s.first === s.last ? date(s.first) : w('times.span', { first: date(s.first), last: date(s.last) }));
  const join = (list) => new Intl.ListFormat(lang, { type: 'conjunction' }).format(list);
  const named = runs(win.days).map(([a, b]) => (a === b ? w(`times.${days[a]}`) : w('times.span', { first: w(`times.${days[a]}`), last: w(`times.${days[b]}`) })));
  let hours = 'times.allday';
  if (win.from !== win.to) hours = win.to > win.from ? 'times.hours' : 'times.overnight';
  const parts = [
    win.days.length === 0 || win.days.length === 7 ? w('times.everyday') : join(named),
    w(hours, { first: clock(win.from), last: clock(win.to || DAY) }),
    win.on.length ? w('times.on', { dates: join(win.on.map(span)) }) : '',
    win.off.length ? w('times.except', { dates: join(win.off.map(span)) }) : '',
  ].filter(Boolean).join(', ');
  return `${parts.charAt(0).toUpperCase()}${parts.slice(1)} ${w('times.zone', { zone: win.zone || 'UTC' })}`;
}
