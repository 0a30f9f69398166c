// Words in the reader's language. Elements carry the key of their words, so that a switch changes a page that is open.

import { en } from './lang/en.js';
import { vi } from './lang/vi.js';

export const dictionaries = { vi, en };
let current = 'en';

/** The language to begin with: what was asked for, chosen before, or the browser names first. */
export function detect(asked, stored, browser = []) {
  for (const tag of [asked, stored, ...browser]) {
    const lang = String(tag ?? '').toLowerCase().slice(0, 2);
    if (lang in dictionaries) return lang;
  }
  return 'en';
}

export function setLanguage(lang) {
  current = lang in dictionaries ? lang : 'en';
  return current;
}

export function language() {
  return current;
}

/** The words of a key with {members} filled in. */
export function t(key, members = {}) {
  const words = dictionaries[current][key] ?? dictionaries.en[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in members ? String(members[name]) : whole));
}

/** Puts the words into elements that carry a key: text, label (with tooltip) or placeholder. */
export function translate(root) {
  const all = [root, ...root.querySelectorAll('[data-t], [data-t-label], [data-t-hint]')];
  for (const el of all) {
    if (!el.dataset) continue;
    const members = el.dataset.tMembers ? JSON.parse(el.dataset.tMembers) : {};
    if (el.dataset.t) el.textContent = t(el.dataset.t, members);
    if (el.dataset.tHint) el.placeholder = t(el.dataset.tHint, members);
    if (el.dataset.tLabel) {
      const key = el.dataset.tKey;
      const words = t(el.dataset.tLabel, members);
      el.setAttribute('aria-label', words);
      el.title = key ? `${words} (${key})` : words;
    }
  }
}
