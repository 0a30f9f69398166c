// What lives now: calls, rooms and devices, kept up to date by the gateway's event stream, one for all pages.

import { sseLines } from '../sse.js';
import { Problem, send } from './api.js';
import { w } from './words.js';

const RETRY = 2000;
const PACE = 200; // changes within this are shown together

export const live = { calls: new Map(), rooms: new Map(), devices: new Map(), connected: false };

const watchers = new Set();
const hearers = new Map();
let following = null;
let fresh = null; // what a new stream tells until it has told everything
let due = 0;

/** Calls f after changes, at most a few times a second; gives what ends it. */
export function watch(f) {
  watchers.add(f);
  return () => watchers.delete(f);
}

/** Calls f with the data of each event of a name, such as security.event. */
export function hear(name, f) {
  if (!hearers.has(name)) hearers.set(name, new Set());
  hearers.get(name).add(f);
  return () => hearers.get(name).delete(f);
}

export function unfollow() {
  following?.abort();
  following = null;
  Object.assign(live, { calls: new Map(), rooms: new Map(), devices: new Map(), connected: false });
}

/** Reads the event stream by fetch, because EventSource cannot carry a token, until unfollow. */
export async function follow() {
  unfollow();
  const mine = new AbortController();
  following = mine;
  while (following === mine) {
    try {
      const answer = await send('GET', '/events', { signal: mine.signal, tenant: '' });
      fresh = { calls: new Map(), rooms: new Map(), devices: new Map() };
      for await (const { event, data } of sseLines(answer.body)) take(event, data);
    } catch (e) {
      if (mine.signal.aborted) return;
      if (e instanceof Problem && e.status === 401) return;
    }
    state(false);
    await new Promise((wake) => setTimeout(wake, RETRY));
  }
}

/** One event. Exported for tests. */
export function take(event, data) {
  if (event === 'complete') {
    Object.assign(live, fresh ?? {});
    fresh = null;
    state(true);
  } else apply(fresh ?? live, event, data);
  for (const f of hearers.get(event) ?? []) f(data);
  if (!fresh) soon();
}

/** Names a device among those of all tenants, which may have the same names. */
export const deviceKey = (d) => `${d.tenant ?? ''}:${d.protocol ?? ''}:${d.name}`;

/** Puts an event into the maps. */
export function apply(into, event, data) {
  if (event === 'call') into.calls.set(data.id, { ...data, at: Date.parse(data.since) });
  else if (event === 'call.ended') into.calls.delete(data.id);
  else if (event === 'room') into.rooms.set(data.name, data);
  else if (event === 'room.ended') into.rooms.delete(data.name);
  else if (event === 'device') into.devices.set(deviceKey(data), data);
  else if (event === 'device.gone') into.devices.delete(deviceKey(data));
}

function soon() {
  if (due) return;
  due = setTimeout(() => {
    due = 0;
    for (const f of watchers) f();
  }, PACE);
}

function state(on) {
  live.connected = on;
  mark();
  soon();
}

/** Says in the bar whether what is shown is up to date. */
export function mark() {
  const e = document.getElementById('live');
  if (!e) return;
  e.classList.toggle('lost', !live.connected);
  e.textContent = w(live.connected ? 'shell.live' : 'shell.lost');
}
