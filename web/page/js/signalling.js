// The WebSocket to the room: first message join, then what docs/signalling.md says. A lost connection is taken up again with the
// token of the first; media may go on meanwhile.

const PAUSES = [300, 800, 1500, 3000, 5000];
const PING_EVERY = 4000;
const SILENCE = 12000; // without any message the connection is taken for dead
const OUTSIDE = ['pin', 'ping', 'leave']; // what may be said before the room's door
const ERRORS = { most: 4, within: 30000, before: 1000 };

/** The one goodbye after which the page comes back by itself. */
const PASSING = 'shutdown';

/**
 * Fires 'message' (detail: the object; 'door' and 'error' before the welcome, too), 'up' (detail: the welcome), 'down', and at last 'end' (detail: {code, reason}).
 */
export class Signalling extends EventTarget {
  /** @param options {url, join: () => object, make: (url) => WebSocket, clock: {setTimeout, clearTimeout, now}} */
  constructor({ url, join, make = (u) => new WebSocket(u), clock = defaultClock }) {
    super();
    Object.assign(this, { url, join, make, clock });
    this.resume = '';
    this.failures = 0;
    this.errors = [];
    this.up = false;
    this.outside = false; // a PIN is asked for, or somebody has to let us in
    this.ended = false;
    this.pings = 0;
  }

  open() {
    if (this.ended) return;
    this.clock.clearTimeout(this.retry);
    this.drop();
    this.outside = false;
    const ws = this.make(this.url);
    this.ws = ws;
    this.heard = this.clock.now();
    ws.onopen = () => {
      ws.send(JSON.stringify({ type: 'join', ...this.join(), resume: this.resume }));
      this.beat();
    };
    ws.onmessage = (e) => this.receive(ws, e.data);
    ws.onclose = () => this.closed(ws);
    ws.onerror = () => {};
    this.beat();
  }

  beat() {
    this.clock.clearTimeout(this.timer);
    if (this.ended) return;
    this.timer = this.clock.setTimeout(() => {
      if (this.clock.now() - this.heard > SILENCE) {
        this.closed(this.ws);
        return;
      }
      this.send('ping', { n: ++this.pings });
      this.beat();
    }, PING_EVERY);
  }

  receive(ws, text) {
    if (ws !== this.ws) return;
    this.heard = this.clock.now();
    let m;
    try {
      m = JSON.parse(text);
    } catch {
      return;
    }
    if (m === null || typeof m !== 'object') return;
    switch (m.type) {
      case 'welcome':
        this.welcome(m);
        break;
      case 'door':
        this.outside = !this.up;
        break;
      case 'bye':
        this.bye(m);
        return;
      case 'error':
        this.error(m);
        break;
    }
    this.dispatchEvent(new CustomEvent('message', { detail: m }));
  }

  welcome(m) {
    this.resume = m.resume ?? '';
    this.failures = 0;
    this.up = true;
    this.outside = false;
    this.dispatchEvent(new CustomEvent('up', { detail: m }));
  }

  bye(m) {
    if (m.code !== PASSING) {
      this.finish(m.code, m.reason);
      return;
    }
    this.again = 3000; // the gateway restarts
  }

  /** Refused before the welcome: nothing to wait for. Later only that message was refused, unless the room cuts us for it. */
  error(m) {
    this.refused = { reason: m.reason ?? m.code, at: this.clock.now() };
    if (!this.up && !this.outside) this.finish('refused', this.refused.reason);
  }

  /** Cut again and again for the same kind of thing: coming back does not help. */
  cutForGood() {
    const now = this.clock.now();
    if (!this.refused || now - this.refused.at > ERRORS.before) return false;
    this.errors = [...this.errors.filter((t) => now - t < ERRORS.within), now];
    return this.errors.length >= ERRORS.most;
  }

  closed(ws) {
    if (ws !== this.ws || this.ended) return;
    this.drop();
    if (this.cutForGood()) {
      this.finish('refused', this.refused.reason);
      return;
    }
    const pause = this.again ?? PAUSES[Math.min(this.failures, PAUSES.length - 1)];
    this.again = undefined;
    this.failures++;
    if (this.up) {
      this.up = false;
      this.dispatchEvent(new Event('down'));
    }
    this.clock.clearTimeout(this.retry);
    this.retry = this.clock.setTimeout(() => this.open(), pause);
  }

  /** Forgets the current connection without hearing of its end. */
  drop() {
    const ws = this.ws;
    this.ws = null;
    this.clock.clearTimeout(this.timer);
    if (!ws) return;
    ws.onopen = ws.onmessage = ws.onclose = null;
    try {
      ws.close();
    } catch {
      // It never opened.
    }
  }

  /** @returns {boolean} whether it went out; what is lost is told anew after the next welcome. */
  send(type, members = {}) {
    if (!(this.up || (this.outside && OUTSIDE.includes(type))) || this.ws?.readyState !== 1) return false;
    this.ws.send(JSON.stringify({ type, ...members }));
    return true;
  }

  /** Tries at once: the network is back, or somebody clicked. */
  hurry() {
    if (!this.up && !this.ended) this.open();
  }

  leave() {
    this.send('leave');
    this.finish('left', '');
  }

  finish(code, reason = '') {
    if (this.ended) return;
    this.ended = true;
    this.up = false;
    this.clock.clearTimeout(this.retry);
    this.drop();
    this.dispatchEvent(new CustomEvent('end', { detail: { code, reason } }));
  }
}

const defaultClock = {
  setTimeout: (f, ms) => setTimeout(f, ms),
  clearTimeout: (id) => clearTimeout(id),
  now: () => performance.now(),
};
