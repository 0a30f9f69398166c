// Tokens of programs: made with the text shown once, and deleted.

import { copy } from '../dom.js';
import { del, get, post, session } from './api.js';
import './lang_kept.js';
import { page } from './router.js';
import { attempt, badge, button, dialog, el, empty, field, form, full, head, iconButton, moment, note, searchBox, select, served, sure } from './ui.js';
import { w } from './words.js';

const scopes = ['read', 'numbers', 'calls', 'admin'];
const DAY = 86_400_000;

page('/tokens', {
  title: 'tokens', icon: 'tokens', group: 'nav.manage', right: 'admin', one: true,
  render(root) {
    const s = { search: '', whose: '' };
    const where = () => (s.whose ? { tenant: s.whose } : {});
    const list = served({
      caption: w('tokens'), hook: 'tokens', key: (t) => t.id, empty: empty(w('tokens.none'), w('tokens.none.text')),
      columns: [
        { name: 'label', title: w('tokens.label'), cell: (t) => [el('b', { text: t.label || '–' }), el('span.sub.mono', { text: `rb_${t.id}_…` })] },
        { name: 'scopes', title: w('tokens.scopes'), cell: (t) => el('span.badges', {}, t.scopes.map((x) => badge(w(`tokens.scope.${x}`), x === 'admin' ? 'warn' : ''))) },
        { name: 'made', title: w('tokens.made'), cell: (t) => el('time', { datetime: t.made, title: full(t.made), text: moment(t.made) }) },
        { name: 'expires', title: w('tokens.expires'), cell: (t) => (!t.expires ? w('tokens.never') : [moment(t.expires), ' ', Date.parse(t.expires) < Date.now() && badge(w('tokens.expired'), 'bad')]) },
        { name: 'acts', title: '', kind: 'tight', cell: (t) => el('div.actions', {}, iconButton('trash', `${w('tokens.delete')}: ${t.label || t.id}`, async () => {
          if (!(await sure(w('tokens.delete'), w('tokens.delete.text', { name: t.label || t.id }), { yes: w('delete') }))) return;
          await attempt(() => del(`/tokens/${t.id}`, where()), w('tokens.deleted'));
          list.refresh();
        }, { act: 'delete' })) },
      ],
      load: ({ after }) => get(`/tokens?${new URLSearchParams({ search: s.search, after, limit: 100 })}`, where()),
    });
    root.append(head(w('tokens'), { lead: w('tokens.lead'), actions: [button(w('tokens.new'), async () => {
      await create(where());
      list.reload();
    }, { kind: 'primary', sign: 'plus', act: 'new' })] }),
    el('div.tools', {}, searchBox(w('tokens.search'), (text) => {
      s.search = text;
      list.reload();
    }), session().role === 'operator' && el('label.inlabel', {}, el('input', { type: 'checkbox', data: { act: 'site' }, onchange: (e) => {
      s.whose = e.target.checked ? '-' : '';
      list.reload();
    } }), w('tokens.site'))), list.el);
    list.reload();
  },
});

function create(where) {
  return dialog(w('tokens.new'), (close) => {
    const body = el('div.form');
    const boxes = el('div.checks', {}, scopes.map((x) => el('label', {}, el('input', { type: 'checkbox', value: x, data: { scope: x } }), w(`tokens.scope.${x}`))));
    const may = el('fieldset.field', { data: { field: 'scopes' } }, el('legend', { text: w('tokens.scopes') }), boxes, el('p.hint.wrong', { role: 'alert' }));
    const label = field('label', w('tokens.label'), { maxlength: 128, autofocus: true }, { hint: w('tokens.label.hint') });
    const life = field('life', w('tokens.expires'), select([['', w('tokens.never')], ...[30, 90, 365].map((n) => [String(n), w('tokens.for.days', { n })]), ['own', w('tokens.until')]], '365'));
    const until = field('until', w('tokens.until'), { type: 'date' });
    until.el.hidden = true;
    life.input.addEventListener('change', () => { until.el.hidden = life.value !== 'own'; });
    body.append(form([label, may, life, until], { text: w('tokens.new'), cancel: () => close(), hook: 'token', submit: async (v) => {
      const chosen = [...boxes.querySelectorAll('input:checked')].map((i) => i.value);
      may.querySelector('.hint').textContent = chosen.length ? '' : w('tokens.scope.missing');
      if (chosen.length === 0) return boxes.querySelector('input').focus();
      const expires = expiry(v.life, v.until);
      const made = await post('/tokens', { label: v.label.trim(), scopes: chosen, ...(expires && { expires }) }, where);
      body.replaceChildren(...shown(made, close));
      body.querySelector('[data-act="copy"]').focus();
    } }));
    return body;
  }, { hook: 'token' });
}

/** The end of a token's life as the API takes it; '' is never. */
export function expiry(life, until, now = Date.now()) {
  if (life === 'own') return until ? new Date(`${until}T23:59:59`).toISOString() : '';
  return life ? new Date(now + Number(life) * DAY).toISOString() : '';
}

/** The text, this once. */
function shown(made, close) {
  const b = button(w('kept.copy'), () => copy(made.text, b), { kind: 'primary', sign: 'layout', act: 'copy' });
  return [note('warn', w('tokens.once')), el('div.once', {}, el('code', { text: made.text, data: { token: 'text' }, tabindex: 0 }), b),
    el('p.quiet', { text: w('tokens.use') }), el('code.block', { text: `Authorization: Bearer ${made.text.slice(0, 12)}…` }), el('div.actions', {}, button(w('tokens.done'), () => close(true), { act: 'done' }))];
}
