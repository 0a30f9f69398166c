// Tenants, for operators: who they are, which calls are theirs, what they may use, and how long their records are kept.

import { del, get, put } from './api.js';
import './lang_kept.js';
import { draw, go, page } from './router.js';
import { attempt, badge, button, el, empty, field, form, head, number, searchBox, section, served, sure, toast, unread } from './ui.js';
import { w } from './words.js';

const limits = ['calls', 'bandwidth', 'workers', 'rooms', 'devices'];
const kept = ['calls', 'events', 'changes'];
const address = (id) => `/tenants/${encodeURIComponent(id)}`;

page('/tenants', {
  title: 'tenants', icon: 'tenants', group: 'nav.manage', right: 'operator',
  render(root) {
    const s = { search: '' };
    const list = served({
      caption: w('tenants'), hook: 'tenants', key: (t) => t.id, open: (t) => go(address(t.id)), empty: empty(w('tenants.none'), w('tenants.none.text')),
      columns: [
        { name: 'name', title: w('tenants.name'), cell: (t) => [el('a', { href: `#${address(t.id)}` }, t.name || t.id), ' ', t.default && badge(w('tenants.isdefault'), 'info'), el('span.sub.mono', { text: t.id })] },
        { name: 'reach', title: w('tenants.reach'), cell: (t) => el('span.badges', {}, [...(t.domains ?? []), ...(t.trunks ?? []), ...(t.listen ?? [])].map((x) => badge(x))) },
        ...limits.slice(0, 1).concat(['bandwidth', 'rooms', 'devices']).map((k) => ({ name: k, title: w(`tenants.${k}`), kind: 'num', cell: (t) => meter(k, t.usage?.[k], t.limits?.[k]) })),
        { name: 'acts', title: '', kind: 'tight', cell: (t) => el('div.actions', {}, button(w('tenants.switch'), () => enter(t.id), { act: 'switch', 'aria-label': `${w('tenants.switch')}: ${t.name || t.id}` })) },
      ],
      load: ({ after }) => get(`/tenants?${new URLSearchParams({ search: s.search, after, limit: 100 })}`, { tenant: '' }),
    });
    root.append(head(w('tenants'), { lead: w('tenants.lead'), actions: [button(w('tenants.new'), () => go('/tenants/new'), { kind: 'primary', sign: 'plus', act: 'new' })] }),
      el('div.tools', {}, searchBox(w('tenants.search'), (text) => {
        s.search = text;
        list.reload();
      })), list.el);
    list.reload();
  },
});

const shownOf = (k, n) => (k === 'bandwidth' ? number(n / 1e6, 1) : number(n));

/** How much of a limit is used. */
function meter(k, used, most) {
  if (used === undefined && !most) return '–';
  const text = most ? w('tenants.of', { n: shownOf(k, used ?? 0), all: shownOf(k, most) }) : shownOf(k, used ?? 0);
  if (!most) return text;
  return [text, el('meter', { min: 0, max: most, high: 0.9 * most, low: 0.75 * most, optimum: 0, value: Math.min(used ?? 0, most), 'aria-label': `${w(`tenants.${k}`)}: ${text}` })];
}

/** Chooses the tenant in the bar, and goes to its numbers. */
function enter(id) {
  const chooser = document.querySelector('select[data-act="tenant"]');
  if (chooser) {
    chooser.value = id;
    chooser.dispatchEvent(new Event('change'));
  }
  go('/numbers');
}

page('/tenants/new', { title: 'tenants.new', icon: 'tenants', right: 'operator', render: (root) => edit(root, null) });

page('/tenants/:id', {
  title: 'tenants.edit', icon: 'tenants', right: 'operator',
  render(root, { id }) {
    get(address(id), { tenant: '' }).then((t) => edit(root, t), (problem) => {
      root.append(head(w('tenants.edit'), { back: ['/tenants', w('tenants')] }), unread(problem, draw, w('tenants.gone')));
    });
  },
});

const lines = (text) => text.split(/[\n,;]+/).map((s) => s.trim()).filter(Boolean);

/** What the form says, as the API takes it. */
export function tenantOf(v, was = {}) {
  const count = (x) => Math.max(0, Math.round(Number(x) || 0));
  const of = (prefix, names, change = (k, n) => n) => Object.fromEntries(names.map((k) => [k, change(k, count(v[`${prefix}${k}`]))]).filter(([, n]) => n > 0));
  return {
    name: v.name.trim(), domains: lines(v.domains), trunks: lines(v.trunks), listen: lines(v.listen), default: Boolean(v.default),
    limits: { ...of('limit_', limits.filter((k) => k !== 'bandwidth')), ...(Number(v.limit_bandwidth) > 0 && { bandwidth: Math.round(Number(v.limit_bandwidth) * 1e6) }) }, keep: of('keep_', kept),
    ...(was.keepsmore ?? {}),
  };
}

function edit(root, t) {
  const text = (name, value, props = {}, hint) => field(name, w(`tenants.${name}`), { value: value ?? '', ...props }, { hint });
  const area = (name) => field(name, w(`tenants.${name}`), el('textarea', { rows: 3, spellcheck: 'false', value: (t?.[name] ?? []).join('\n') }), { hint: w(`tenants.${name}.hint`) });
  const count = (prefix, k, value) => field(`${prefix}${k}`, w(prefix === 'keep_' ? `tenants.keep.${k}` : `tenants.${k}`), { type: 'number', min: 0, inputmode: 'numeric', ...(k === 'bandwidth' && { step: 'any' }), value: value || '' },
    { hint: prefix === 'limit_' && t?.usage ? `${w('tenants.usage')}: ${shownOf(k, t.usage[k] ?? 0)}` : '' });
  const name = text('name', t?.name, { required: true, maxlength: 128, autofocus: true });
  const id = text('id', t?.id, { required: true, pattern: '[a-z0-9][a-z0-9\\-]*', maxlength: 63, readonly: Boolean(t), spellcheck: 'false', autocapitalize: 'none' }, w('tenants.id.hint'));
  if (!t) suggest(name.input, id.input);
  const domains = area('domains');
  const trunks = area('trunks');
  const listen = area('listen');
  const def = field('default', w('tenants.default'), { type: 'checkbox' }, { hint: w('tenants.default.hint') });
  def.value = t?.default;
  const most = limits.map((k) => count('limit_', k, k === 'bandwidth' ? (t?.limits?.bandwidth ?? 0) / 1e6 : t?.limits?.[k]));
  const keep = kept.map((k) => count('keep_', k, t?.keep?.[k]));
  const e = form([name, id, domains, trunks, listen, def, ...most, ...keep], { hook: 'tenant', cancel: () => go('/tenants'), submit: (v) => save(t, v, id) });
  const said = e.querySelector('.formerror');
  said.before(
    section(w('tenants.name'), { hook: 'tenant' }, el('div.pair.even', {}, name.el, id.el)),
    section(w('tenants.who'), { hook: 'reach' }, el('div.triple', {}, domains.el, trunks.el, listen.el), def.el),
    section(w('tenants.limits'), { hook: 'limits' }, el('p.quiet', { text: w('tenants.limits.hint') }), el('div.five', {}, most.map((f) => f.el))),
    section(w('tenants.keep'), { hook: 'keep' }, el('p.quiet', { text: w('tenants.keep.hint') }), el('div.triple', {}, keep.map((f) => f.el))));
  root.append(head(t ? t.name || t.id : w('tenants.new'), { back: ['/tenants', w('tenants')], actions: t ? [button(w('tenants.switch'), () => enter(t.id), { act: 'switch' }),
    button(w('delete'), async () => {
      if (!(await sure(w('tenants.delete'), w('tenants.delete.text', { name: t.name || t.id }), { yes: w('delete') }))) return;
      if (await attempt(() => del(address(t.id), { tenant: '' }).then(() => true), w('deleted'))) changed('/tenants');
    }, { kind: 'danger', sign: 'trash', act: 'delete' })] : [] }), e);
  (t ? name : name).input.focus();
}

/** The id follows the name until somebody writes one. */
function suggest(name, id) {
  let own = false;
  id.addEventListener('input', () => { own = id.value !== ''; });
  name.addEventListener('input', () => {
    if (!own) id.value = idOf(name.value);
  });
}

/** Công ty Điện lực is cong-ty-dien-luc. */
export function idOf(name) {
  return name.toLowerCase().normalize('NFKD').replace(/\p{Mn}/gu, '').replaceAll('đ', 'd').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 63);
}

async function save(t, v, id) {
  try {
    await put(`${address(t?.id ?? v.id.trim())}?version=${t?.version ?? 0}`, tenantOf(v), { tenant: '' });
  } catch (problem) {
    if (problem.status === 409 && !t && /changed/.test(problem.detail)) return id.error(w('tenants.taken'));
    if (problem.status === 409 && t && /changed/.test(problem.detail)) {
      toast(w('tenants.conflict'), 'bad');
      return changed(address(t.id));
    }
    throw problem;
  }
  toast(w('tenants.saved', { name: v.name.trim() }));
  changed('/tenants');
}

/** The bar's list of tenants is read again. */
function changed(path) {
  go(path);
  document.dispatchEvent(new CustomEvent('tenantschange'));
}
