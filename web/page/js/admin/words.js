// Words of the administration pages. Each page brings its own in both languages; what all of them share is in lang.js.

import { dictionaries, language, t } from '../i18n.js';

/** Adds a page's words: words({vi: {'calls.title': …}, en: {…}}). Keys begin with the page's name. */
export function words(more) {
  for (const [lang, list] of Object.entries(more)) Object.assign(dictionaries[lang], list);
}

/** The words of a key in the reader's language, with {members} filled in. */
export function w(key, members) {
  return t(key, members);
}

/** Whether there are words for a key: what the gateway calls by a code may be newer than the pages. */
export function known(key) {
  return key in dictionaries.en;
}

export { language };
