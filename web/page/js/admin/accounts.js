// Administrators: who signs in to these pages, and what they may.

import { del, get, put, session } from './api.js';
import './lang_kept.js';
import { page } from './router.js';
import { attempt, badge, button, dialog, el, empty, field, form, head, iconButton, moment, select, served, sure, toast } from './ui.js';
import { w } from './words.js';

const address = (name) => `/administrators/${encodeURIComponent(name)}`;

page('/administrators', {
  title: 'accounts', icon: 'accounts', group: 'nav.manage', right: 'admin', one: true,
  render(root) {
    const operator = session().role === 'operator';
    const s = { site: operator };
    const where = () => (s.site ? { tenant: '-' } : {});
    const list = served({
      caption: w('accounts'), hook: 'accounts', key: (a) => a.name, open: (a) => edit(a, s, where()).then((done) => done && list.refresh()), empty: empty(w('accounts.none'), w('accounts.none.text')),
      columns: [
        { name: 'name', title: w('accounts.name'), cell: (a) => [el('button.aslink', { type: 'button', data: { act: 'edit' }, onclick: () => edit(a, s, where()).then((done) => done && list.refresh()) }, a.name), ' ', a.name === session().name && badge(w('accounts.you'), 'info'), el('span.sub', { text: a.label })] },
        { name: 'role', title: w('accounts.role'), cell: (a) => [w(`accounts.role.${a.role}`), el('span.sub', { text: w(`accounts.about.${a.role}`) })] },
        { name: 'state', title: w('accounts.state'), cell: (a) => el('span.badges', {}, a.disabled ? badge(w('accounts.disabled'), 'bad') : badge(w('accounts.active'), 'good'), !a.password && badge(a.subject ? 'OIDC' : w('accounts.nopassword'), a.subject ? '' : 'warn')) },
        { name: 'changed', title: w('audit.changed'), cell: (a) => moment(a.changed) },
        { name: 'acts', title: '', kind: 'tight', cell: (a) => el('div.actions', {}, a.name !== session().name && iconButton('trash', `${w('accounts.delete')}: ${a.name}`, async () => {
          if (!(await sure(w('accounts.delete'), w('accounts.delete.text', { name: a.label || a.name }), { yes: w('delete') }))) return;
          await attempt(() => del(`${address(a.name)}?version=${a.version}`, where()), w('accounts.deleted', { name: a.name }));
          list.refresh();
        }, { act: 'delete' })) },
      ],
      load: ({ after }) => get(`/administrators?${new URLSearchParams({ after, limit: 100 })}`, where()),
    });
    root.append(head(w('accounts'), { lead: w('accounts.lead'), actions: [button(w('accounts.new'), () => edit(null, s, where()).then((done) => done && list.reload()), { kind: 'primary', sign: 'plus', act: 'new' })] }),
      operator && el('div.tools', {}, el('label.inlabel', {}, w('accounts.whose'), select([['site', w('accounts.site')], ['tenant', w('shell.tenant')]], 'site', { data: { act: 'whose' }, onchange: (e) => {
        s.site = e.target.value === 'site';
        list.reload();
      } }))) || '', list.el);
    list.reload();
  },
});

function rolesOf(site) {
  return site ? ['operator', 'viewer'] : ['administrator', 'viewer'];
}

/** Creates or edits somebody; a password that is left empty stays. */
function edit(a, s, where) {
  return dialog(w(a ? 'accounts.edit' : 'accounts.new'), (close) => {
    const name = field('name', w('accounts.name'), { value: a?.name ?? '', required: true, readonly: Boolean(a), maxlength: 63, spellcheck: 'false', autocapitalize: 'none', autocomplete: 'off', autofocus: !a });
    const label = field('label', w('accounts.label'), { value: a?.label ?? '', maxlength: 128, autofocus: Boolean(a) });
    const role = field('role', w('accounts.role'), select(rolesOf(s.site).map((r) => [r, `${w(`accounts.role.${r}`)} – ${w(`accounts.about.${r}`)}`]), a?.role ?? rolesOf(s.site)[0]));
    const password = field('password', w(a ? 'accounts.reset' : 'accounts.password'), { type: 'password', autocomplete: 'new-password', minlength: 10, maxlength: 256 }, { hint: w(a ? 'accounts.password.keep' : 'accounts.password.hint') });
    const language = field('language', w('accounts.language'), select([['', w('theme.auto')], ['vi', 'Tiếng Việt'], ['en', 'English']], a?.language ?? ''));
    const subject = field('subject', w('accounts.subject'), { value: a?.subject ?? '', maxlength: 200, spellcheck: 'false' });
    const disabled = field('disabled', w('accounts.disable'), { type: 'checkbox' });
    disabled.value = a?.disabled;
    const list = [name, label, role, password, language, subject, ...(a && a.name !== session().name ? [disabled] : [])];
    return form(list, { hook: 'account', cancel: () => close(), submit: async (v) => {
      const body = { label: v.label.trim(), role: v.role, language: v.language, disabled: Boolean(v.disabled), subject: v.subject.trim(), ...(v.password && { password: v.password }) };
      try {
        await put(`${address(v.name.trim())}?version=${a?.version ?? 0}`, body, where);
      } catch (problem) {
        if (problem.status === 409 && !a) return name.error(w('accounts.taken'));
        throw problem;
      }
      toast(w('accounts.saved', { name: v.name.trim() }));
      close(true);
    } });
  }, { hook: 'account' });
}
