// Pages without anything of their own: language and appearance only.

import { languageSwitch, prepare } from './chrome.js';

prepare();
document.getElementById('language')?.append(languageSwitch());
