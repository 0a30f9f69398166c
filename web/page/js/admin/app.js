// The administration pages' frame: who is signed in, navigation, tenant, language and appearance.

import { applyTheme, changeLanguage, prepare } from '../chrome.js';
import { recall, remember } from '../prefs.js';
import { get, may, onSignedOut, Problem, send, session, setSession, setTenant, tenant, token, useToken } from './api.js';
import './lang.js';
import { follow, unfollow } from './live.js';
import { enter, waiting } from './login.js';
import './pages.js';
import { allPages, draw, onShown, start, stop } from './router.js';
import { el, icon, iconButton, menu } from './ui.js';
import { language, w } from './words.js';

const RETRY = 2000;
const shell = { tenants: [], chosen: '', links: new Map() };

/** Finds out who this is, and shows the sign-in or the pages. */
async function begin() {
  let s;
  try {
    s = await get('/session', { quiet: true });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status !== 404 && problem.status !== 401) return again();
    s = problem.status === 404 ? { none: true } : { signed_in: false };
  }
  setSession(s);
  if (s.signed_in) return ready();
  if (s.none || token()) return byToken(s);
  ask(s);
}

/** A gateway without accounts, or a program's token: whoever may read the calls is in. */
async function byToken(s) {
  try {
    await send('GET', '/calls', { quiet: true });
  } catch (problem) {
    if (problem.status === 0) return again();
    const wrong = Boolean(token());
    useToken('');
    return ask({ ...s, wrong, local: problem.status === 403 });
  }
  const operator = await send('GET', '/load', { quiet: true }).then(() => true, () => false);
  setSession({ ...s, signed_in: true, bare: true, name: '', role: operator ? 'operator' : 'administrator', rights: operator ? [] : ['read', 'calls', 'numbers'] });
  ready();
}

function again() {
  if (!document.querySelector('.door')) waiting();
  setTimeout(begin, RETRY);
}

function ask(s) {
  unfollow();
  stop();
  document.body.replaceChildren();
  enter(s, begin);
}

/** Everything around the pages is made, then the address's page is shown. */
async function ready() {
  const asked = session().language;
  if (asked && !recall('lang') && asked !== language()) changeLanguage(asked);
  await readTenants();
  shell.chosen = shell.tenants.some((t) => t.id === recall('tenant')) ? recall('tenant') : '';
  frame();
  follow();
}

async function readTenants() {
  shell.tenants = may('operator') ? await get('/tenants?limit=1000', { tenant: '' }).then((l) => l.items ?? [], () => []) : [];
}

/** A tenant was added, renamed or removed: the bar offers what there is. */
async function tenantsChanged() {
  await readTenants();
  if (!shell.tenants.some((t) => t.id === shell.chosen)) shell.chosen = '';
  document.querySelector('.bar .tenant')?.remove();
  document.querySelector('.bar .right')?.prepend(tenantChooser() ?? '');
  draw();
}

function frame() {
  stop();
  const outlet = el('main', { id: 'content', tabindex: -1 });
  document.body.replaceChildren(
    el('a.skip', { href: '#content', onclick: (e) => {
      e.preventDefault();
      outlet.focus();
    } }, w('shell.skip')),
    topBar(), navigation(), outlet, el('div.toasts', { id: 'toasts', role: 'status', 'aria-live': 'polite' }));
  start(outlet, (page) => may(page.right));
}

function topBar() {
  const opener = iconButton('menu', w('nav.menu'), () => document.body.classList.toggle('nav-open'), { act: 'nav' });
  opener.classList.add('opener');
  return el('header.bar', {}, opener,
    el('a.brand', { href: '#/' }, sign(), el('span', { text: 'Roombridge' })),
    el('span.live', { id: 'live', role: 'status' }),
    el('div.right', {}, tenantChooser(), languages(), theme(), account()));
}

/** The product's sign: a bridge between two piers. */
function sign() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [k, v] of Object.entries({ viewBox: '0 0 32 32', class: 'logo', 'aria-hidden': 'true' })) svg.setAttribute(k, v);
  const part = (tag, attributes) => {
    const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
    svg.append(e);
  };
  part('rect', { width: 32, height: 32, rx: 8, class: 'logo-ground' });
  part('path', { d: 'M5 21.5h22M9.5 25V9M22.5 25V9M5 16c2.6-.3 4.5-3 4.5-6 0 8 13 8 13 0 0 3 1.9 5.7 4.5 6', class: 'logo-line' });
  return svg;
}

/** Operators choose whose records they look at; with one tenant there is nothing to choose. */
function tenantChooser() {
  if (shell.tenants.length < 2) {
    setTenant('');
    return null;
  }
  const all = el('option', { value: '' }, w('shell.tenant.all'));
  const choice = el('select', { 'aria-label': w('shell.tenant'), data: { act: 'tenant' } }, all, shell.tenants.map((t) => el('option', { value: t.id }, t.name || t.id)));
  const fallback = shell.tenants.find((t) => t.default)?.id ?? '';
  const tell = (page) => {
    setTenant(shell.chosen, page.one ? fallback : '');
    all.hidden = all.disabled = Boolean(page.one && fallback);
    choice.value = tenant();
  };
  shell.tell?.();
  shell.tell = onShown(tell);
  choice.addEventListener('change', () => {
    shell.chosen = choice.value;
    remember('tenant', shell.chosen);
    draw();
  });
  return el('label.tenant', {}, icon('tenants'), choice);
}

function languages() {
  return el('div.switch', { role: 'group', 'aria-label': w('language') }, [['vi', 'Tiếng Việt'], ['en', 'English']].map(([lang, name]) =>
    el('button', { type: 'button', lang, title: name, 'aria-label': `${lang.toUpperCase()}, ${name}`, 'aria-pressed': String(lang === language()), data: { lang }, onclick: () => changeLanguage(lang) }, lang.toUpperCase())));
}

function theme() {
  const choose = (v) => {
    remember('theme', v);
    applyTheme(v);
  };
  return menu(iconButton('theme', w('shell.theme'), null, { act: 'theme' }), ['auto', 'light', 'dark'].map((v) => ['theme', w(`theme.${v}`), () => choose(v), `theme-${v}`]));
}

function account() {
  const s = session();
  const name = s.label || s.name || w(s.bare ? 'shell.thismachine' : 'shell.account');
  const opener = el('button.plain.who', { type: 'button', title: w('shell.account'), data: { act: 'account' } }, icon('accounts'),
    el('span', {}, el('b', { text: name }), el('small', { text: w(`shell.${s.role ?? 'viewer'}`) })));
  return menu(opener, [
    ...allPages().filter((p) => p.account && !s.bare && may(p.right)).map((p) => [p.icon, w(p.title), () => { location.hash = p.path; }]),
    ['info', w('shell.api'), () => open('/api/openapi.json', '_blank', 'noopener')],
    may('operator') && ['overview', w('shell.metrics'), () => open('/metrics', '_blank', 'noopener')],
    (!s.bare || token()) && ['signout', w('shell.signout'), signOut, 'signout'],
  ]);
}

async function signOut() {
  if (token()) useToken('');
  else await send('DELETE', '/session', { quiet: true }).catch(() => null);
  setSession(null);
  begin();
}

function navigation() {
  const groups = new Map(['nav.live', 'nav.plan', 'nav.past', 'nav.manage'].map((g) => [g, []]));
  shell.links.clear();
  for (const p of allPages().filter((one) => one.group && may(one.right)).sort((a, b) => (a.order ?? 100) - (b.order ?? 100))) {
    const a = el('a', { href: `#${p.path}`, data: { nav: p.path } }, icon(p.icon), el('span', { text: w(p.title) }));
    shell.links.set(p.path, a);
    groups.set(p.group, [...(groups.get(p.group) ?? []), el('li', {}, a)]);
  }
  const e = el('nav.side', { 'aria-label': w('nav') }, [...groups].filter(([, items]) => items.length).map(([group, items]) => el('div', {}, el('h2', { text: w(group) }), el('ul', {}, items))),
    el('p.version', { text: `Roombridge ${document.body.dataset.version}` }));
  shell.mark?.();
  shell.mark = onShown((page) => {
    document.body.classList.remove('nav-open');
    document.title = `${w(page.title)} – Roombridge`;
    const root = `/${page.path.split('/')[1] ?? ''}`;
    for (const [path, a] of shell.links) {
      if (path === root) a.setAttribute('aria-current', path === page.path ? 'page' : 'true');
      else a.removeAttribute('aria-current');
    }
  });
  return e;
}

useToken(sessionStorage.getItem('token') ?? '');
onSignedOut(begin);
document.addEventListener('tenantschange', tenantsChanged);
document.addEventListener('languagechange', () => session().signed_in && frame());
prepare();
begin();
