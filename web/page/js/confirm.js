// A question that has to be answered before something that cannot be taken back.

import { h, say } from './dom.js';

/** @returns {Promise<boolean>} */
export function confirmed(what, members = {}) {
  return new Promise((done) => {
    // The event 'close' waits for the next frame, and windows that nobody looks at have none.
    const answer = (yes) => () => {
      dialog.close();
      dialog.remove();
      done(yes);
    };
    const no = h('button', { type: 'button', t: 'confirm.no', on: { click: answer(false) } });
    const yes = h('button.danger.filled', { type: 'button', t: `${what}.yes`, on: { click: answer(true) } });
    const title = say(h('h2', { id: 'confirm-title' }), `${what}.title`, members);
    const dialog = h('dialog.confirm', { 'aria-labelledby': 'confirm-title', on: { close: answer(false) } }, title, h('p', { t: `${what}.text` }), h('div.row', {}, no, yes));
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}
