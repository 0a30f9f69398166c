// The REST API as pages use it: parsed answers, or a Problem that is thrown. It knows who is signed in and whose records are meant.

import { w } from './words.js';

/** What the API answers when it does not do it (RFC 9457): status 0 is a gateway that does not answer. */
export class Problem extends Error {
  constructor(status, { detail = '', errors = [] } = {}, retryAfter = 0) {
    super(detail || String(status));
    Object.assign(this, { status, detail, errors: errors ?? [], retryAfter });
  }

  /** In words for people. */
  get words() {
    if (this.status === 0) return w('problem.offline');
    if (this.status === 429) return w('problem.wait', { n: this.retryAfter || 60 });
    if (this.status === 500) return w('problem.broken');
    const first = this.errors.map((e) => e.message).filter(Boolean)[0];
    const said = [this.detail, first].filter(Boolean).join(': ') || w('problem.status', { status: this.status });
    return this.status === 403 ? [w('problem.forbidden'), this.detail && `(${this.detail})`].filter(Boolean).join(' ') : said;
  }
}

const state = { session: null, tenant: '', one: '', token: '' };
const listeners = new Set();

/** Calls f when the session ends without having been asked to. */
export function onSignedOut(f) {
  listeners.add(f);
}

/** Who is signed in, as GET /session says. */
export function session() {
  return state.session ?? {};
}

export function setSession(s) {
  state.session = s;
}

/** A program's token in place of a session; it stays in this window. */
export function useToken(token) {
  state.token = token;
  if (token) sessionStorage.setItem('token', token);
  else sessionStorage.removeItem('token');
}

export function token() {
  return state.token;
}

/** The chosen tenant's id; '' are all of them. Pages about one tenant's records see the default one then. */
export function tenant() {
  return state.tenant || state.one;
}

/** Chooses a tenant; one is what stands for '' on the page that is shown. */
export function setTenant(id, one = '') {
  Object.assign(state, { tenant: id, one });
}

/** Whether who is signed in may do something: read, numbers, calls, admin, or operator for what is the whole gateway's. */
export function may(right) {
  const s = session();
  if (!right) return true;
  if (right === 'operator') return s.role === 'operator';
  if (s.role === 'operator' && !s.rights?.length) return true;
  const rights = s.rights ?? [];
  return rights.includes('admin') || rights.includes(right) || (right === 'read' && rights.length > 0);
}

/** The address of an API path, with the chosen tenant where an operator has chosen one. */
export function address(path, { tenant: id } = {}) {
  const whose = id ?? tenant();
  if (!whose || session().role !== 'operator' || /[?&]tenant=/.test(path)) return `/api/v1${path}`;
  return `/api/v1${path}${path.includes('?') ? '&' : '?'}tenant=${encodeURIComponent(whose)}`;
}

/**
 * Sends a request and gives its Response. body is sent as JSON unless it is a Blob or a string with a type of its own;
 * quiet does not end the session at a 401.
 */
export async function send(method, path, { body, type, signal, quiet, tenant: id } = {}) {
  const headers = {};
  if (state.token) headers.Authorization = `Bearer ${state.token}`;
  if (state.session?.csrf && method !== 'GET') headers['X-CSRF'] = state.session.csrf;
  if (body !== undefined) headers['Content-Type'] = type ?? 'application/json';
  const data = body === undefined || type ? body : JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(address(path, { tenant: id }), { method, headers, body: data, signal, cache: 'no-store', credentials: 'same-origin' });
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    throw new Problem(0);
  }
  if (answer.ok) return answer;
  const problem = new Problem(answer.status, await answer.json().catch(() => ({})), Number(answer.headers.get('Retry-After')) || 0);
  if (answer.status === 401 && !quiet) for (const f of listeners) f(problem);
  throw problem;
}

async function parsed(method, path, options) {
  const answer = await send(method, path, options);
  if (answer.status === 204 || answer.headers.get('Content-Length') === '0') return null;
  const kind = answer.headers.get('Content-Type') ?? '';
  return kind.includes('json') ? answer.json() : answer.text();
}

export const get = (path, options) => parsed('GET', path, options);
export const put = (path, body, options) => parsed('PUT', path, { ...options, body });
export const post = (path, body, options) => parsed('POST', path, { ...options, body });
export const patch = (path, body, options) => parsed('PATCH', path, { ...options, body });
export const del = (path, options) => parsed('DELETE', path, options);

/** A part of a path. */
export const part = encodeURIComponent;
