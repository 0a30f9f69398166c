// The stage: all tiles, where they stand, and what sizes of pictures they need.

import { arrange } from './arrange.js';
import { h, say } from './dom.js';
import { shownHeight, wantedSize } from './layout.js';
import { Tile } from './tile.js';

const WANT_PAUSE = 200;

export const MODES = ['auto', 'grid', 'speaker'];

/** Who is to be shown, from what is known: one tile for each person's camera and each shared screen. Pure. */
export function tilesOf(known, self) {
  const tiles = [];
  for (const p of known.participants) {
    if (p.id === known.id) continue;
    tiles.push({ key: `${p.id}/main`, participant: p.id, kind: 'main', person: p, speaking: known.speaker === p.id, keep: p.sharing });
    if (p.sharing) tiles.push({ key: `${p.id}/content`, participant: p.id, kind: 'content', person: p, keep: true });
  }
  tiles.push({ key: 'self/main', participant: known.id, kind: 'main', self: true, keep: true, speaking: known.id !== '' && known.speaker === known.id, person: { ...self, id: known.id, kind: 'browser' } });
  return tiles;
}

/** Why there is no picture though one is sent. Pure. */
export function noteOf(picture) {
  if (picture?.state !== 'none' || !picture.reason) return 'tile.waiting';
  return /slow|bandwidth/i.test(picture.reason) ? 'tile.slow' : 'tile.unavailable';
}

export class Stage {
  /** @param options {want: (list) => void, picture: (participant, kind) => object, showPeople: () => void} */
  constructor({ want, picture, showPeople }) {
    Object.assign(this, { want, picture });
    this.tiles = new Map();
    this.mode = 'auto';
    this.pinned = '';
    this.mirrored = true;
    this.before = [];
    this.more = h('button.more-tiles', { type: 'button', hidden: true, on: { click: showPeople } });
    this.el = h('section.stage', { tabindex: '-1' }, this.more);
    this.watcher = new ResizeObserver(() => this.layout());
    this.watcher.observe(this.el);
  }

  /** Draws what is known. */
  update(known, self, selfStream) {
    this.known = known;
    const models = tilesOf(known, self);
    if (this.pinned && !models.some((m) => m.key === this.pinned)) this.pinned = '';
    this.models = models;
    this.selfStream = selfStream;
    this.layout();
  }

  layout() {
    const { width, height } = this.el.getBoundingClientRect();
    if (!this.models || width < 50 || height < 50) return;
    const others = this.known.heard;
    const speaker = this.latestSpeaker();
    const plan = arrange(this.models, width, height, { mode: this.mode, pinned: this.pinned, speaker, heard: others, before: this.before });
    this.before = plan.places.map((p) => p.key);
    this.el.dataset.layout = plan.layout;
    const shown = new Set(this.before);
    for (const [key, tile] of this.tiles) {
      if (shown.has(key)) continue;
      tile.remove();
      this.tiles.delete(key);
    }
    for (const place of plan.places) this.draw(place);
    this.more.hidden = plan.hidden === 0;
    if (plan.hidden > 0) this.tellHidden(plan);
    this.ask(plan.places);
  }

  /** How many are not in view stands in the last tile's corner. */
  tellHidden({ places, hidden }) {
    say(this.more, 'tile.more', { n: hidden });
    const { x, y, w } = places.at(-1);
    this.more.style.left = `${x + w}px`;
    this.more.style.top = `${y}px`;
  }

  draw(place) {
    const model = { ...this.models.find((m) => m.key === place.key), pinned: this.pinned === place.key };
    Object.assign(model, model.self ? this.ownPicture() : this.theirPicture(model));
    let tile = this.tiles.get(place.key);
    if (!tile) {
      tile = new Tile(model, { pin: (key) => this.pin(key) });
      this.tiles.set(place.key, tile);
      tile.place(place);
      this.el.insertBefore(tile.el, this.more);
    }
    tile.update(model);
    tile.place(place);
    if (model.self) tile.mirror(this.mirrored);
  }

  ownPicture() {
    return { stream: this.selfStream, live: Boolean(this.selfStream) };
  }

  theirPicture({ participant, kind, person }) {
    const sent = kind === 'content' ? person.sharing : person.video !== false;
    const picture = sent ? this.picture(participant, kind) : null;
    const live = picture?.state === 'live' && (kind === 'content' || person.picture !== false);
    return { stream: picture?.stream, live, hold: sent && picture?.state === 'waiting' && person.picture !== false, note: sent && !live ? noteOf(picture) : '' };
  }

  latestSpeaker() {
    const { speaker, id, heard } = this.known;
    if (speaker && speaker !== id) return `${speaker}/main`;
    const [key] = [...heard].filter(([k]) => k !== `${id}/main`).sort((a, b) => b[1] - a[1])[0] ?? [''];
    return key;
  }

  pin(key) {
    this.pinned = this.pinned === key ? '' : key;
    this.layout();
  }

  nextMode() {
    this.mode = MODES[(MODES.indexOf(this.mode) + 1) % MODES.length];
    this.pinned = '';
    this.layout();
    return this.mode;
  }

  /** Tells the room which pictures are needed, at which sizes: the largest first. A moment is waited while a window is dragged. */
  ask(places) {
    const wants = places
      .map((p) => ({ place: p, model: this.models.find((m) => m.key === p.key) }))
      .filter(({ model }) => !model.self && (model.kind === 'content' || model.person.video !== false))
      .sort((a, b) => b.place.w * b.place.h - a.place.w * a.place.h)
      .map(({ place, model }) => {
        const height = shownHeight(place, model.kind === 'content' ? 'content' : model.person.kind);
        return { participant: model.participant, kind: model.kind, ...wantedSize(place.w, height, window.devicePixelRatio) };
      });
    const text = JSON.stringify(wants);
    if (text === this.asked) return;
    this.asked = text;
    const people = wants.map((w) => w.participant + w.kind).join();
    clearTimeout(this.asking);
    // Somebody new is not kept waiting.
    this.asking = setTimeout(() => this.want(wants), people === this.people ? WANT_PAUSE : 0);
    this.people = people;
  }

  levels(known, own) {
    for (const [key, tile] of this.tiles) {
      if (key.endsWith('/content')) continue;
      tile.loud(key === 'self/main' ? own : known.levels[tile.model.participant]);
    }
  }

  close() {
    this.watcher.disconnect();
    clearTimeout(this.asking);
    for (const tile of this.tiles.values()) tile.remove();
  }
}
