// A question that has to be answered before something that cannot be taken back.

import { h, say } from './dom.js';

/** @returns {Promise<boolean>} */
export function confirmed(what, members = {}) {
  const answer = (v) => () => dialog.close(v);
  const no = h('button', { type: 'button', t: 'confirm.no', on: { click: answer('') } });
  const yes = h('button.danger.filled', { type: 'button', t: `${what}.yes`, on: { click: answer('yes') } });
  const title = say(h('h2', { id: 'confirm-title' }), `${what}.title`, members);
  const dialog = h('dialog.confirm', { 'aria-labelledby': 'confirm-title' }, title, h('p', { t: `${what}.text` }), h('div.row', {}, no, yes));
  document.body.append(dialog);
  return new Promise((done) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      done(dialog.returnValue === 'yes');
    });
    dialog.showModal();
    no.focus();
  });
}
