// What all pages have in common: language and appearance, with their switches.

import { h, label } from './dom.js';
import { detect, dictionaries, language, setLanguage, translate } from './i18n.js';
import { recall, remember } from './prefs.js';

/** Sets language and appearance before anything is drawn. */
export function prepare() {
  const asked = new URLSearchParams(location.search).get('lang');
  setLanguage(detect(asked, recall('lang'), navigator.languages ?? []));
  document.documentElement.lang = language();
  applyTheme(new URLSearchParams(location.search).get('theme') ?? recall('theme', 'auto'));
  translate(document.body);
}

export function applyTheme(theme) {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

export function changeLanguage(lang) {
  setLanguage(lang);
  remember('lang', lang);
  document.documentElement.lang = lang;
  translate(document.body);
  document.dispatchEvent(new CustomEvent('languagechange'));
}

const names = { vi: 'Tiếng Việt', en: 'English' };

/** VI | EN */
export function languageSwitch() {
  const buttons = Object.keys(dictionaries).map((lang) =>
    h('button', { type: 'button', lang, title: names[lang], 'aria-label': names[lang], text: lang.toUpperCase(), on: { click: () => changeLanguage(lang) } }),
  );
  const group = h('div.switch', { role: 'group' }, buttons);
  const mark = () => {
    label(group, 'language');
    group.removeAttribute('title');
    for (const b of buttons) b.setAttribute('aria-pressed', String(b.lang === language()));
  };
  document.addEventListener('languagechange', mark);
  mark();
  return group;
}

/** As the system, light or dark. */
export function themeSelect() {
  const options = ['auto', 'light', 'dark'].map((v) => h('option', { value: v, t: `theme.${v}` }));
  const select = h('select', { label: 'theme' }, options);
  select.value = recall('theme', 'auto');
  select.addEventListener('change', () => {
    remember('theme', select.value);
    applyTheme(select.value);
  });
  return select;
}
