// Times and numbers as people read them, in the reader's language.

import { language, w } from './words.js';

const made = new Map();

function formatter(kind, options) {
  const key = `${language()} ${kind.name} ${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new kind(language() === 'vi' ? 'vi-VN' : 'en-GB', options));
  return made.get(key);
}

/** 12,345 */
export function number(n, digits = 0) {
  return formatter(Intl.NumberFormat, { maximumFractionDigits: digits }).format(n);
}

/** 12.3 % of a share. */
export function percent(share, digits = 1) {
  return `${formatter(Intl.NumberFormat, { maximumFractionDigits: digits }).format(100 * share)} %`;
}

/** 64 kbit/s, 1.6 Mbit/s */
export function bits(n) {
  if (n >= 1e6) return `${number(n / 1e6, 1)} Mbit/s`;
  return `${number(n / 1e3)} kbit/s`;
}

function asDate(at) {
  const d = at instanceof Date ? at : new Date(at ?? NaN);
  return Number.isNaN(d.getTime()) || d.getUTCFullYear() < 1970 ? null : d;
}

/** 14:03:22 */
export function time(at) {
  const d = asDate(at);
  return d ? formatter(Intl.DateTimeFormat, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }).format(d) : '–';
}

/** 14:03 of today, 4 Mar 14:03 of another day; with the year of another year. */
export function moment(at, now = new Date()) {
  const d = asDate(at);
  if (!d) return '–';
  const clock = { hour: '2-digit', minute: '2-digit', hour12: false };
  if (d.toDateString() === now.toDateString()) return formatter(Intl.DateTimeFormat, clock).format(d);
  const day = { day: 'numeric', month: 'short', ...(d.getFullYear() !== now.getFullYear() && { year: 'numeric' }) };
  return formatter(Intl.DateTimeFormat, { ...day, ...clock }).format(d);
}

/** The whole date and time, for tooltips. */
export function full(at) {
  const d = asDate(at);
  return d ? formatter(Intl.DateTimeFormat, { dateStyle: 'full', timeStyle: 'medium' }).format(d) : '';
}

const units = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];

/** 3 minutes ago */
export function ago(at, now = Date.now()) {
  const d = asDate(at);
  if (!d) return '–';
  const s = Math.round((d.getTime() - now) / 1000);
  if (Math.abs(s) < 5) return w('time.now');
  const [unit, size] = units.find(([, n]) => Math.abs(s) >= n) ?? units[3];
  return formatter(Intl.RelativeTimeFormat, { numeric: 'always' }).format(Math.trunc(s / size), unit);
}

/** 0:42, 12:05, 1:02:33 */
export function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, '0');
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** Text as it is searched: without case and diacritics. */
export function fold(text) {
  return String(text ?? '').normalize('NFD').replace(/\p{M}+/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
}
