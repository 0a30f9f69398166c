// Which of the peer connection's receiving lines shows which picture. A line that shows a picture keeps it as long as it is
// wanted, so that nobody's picture blinks because somebody else came or went. Pure.

export const MAX_SLOTS = 16;

const same = (a, b) => a.participant === b.participant && a.kind === b.kind;

/**
 * @param slots  [{mid, participant, kind}], as they are
 * @param wanted [{participant, kind, width, height}], most important first
 * @returns {{slots: {mid, participant, kind, width, height}[], missing: number}} missing: lines that have to be added
 */
export function assign(slots, wanted, most = MAX_SLOTS) {
  const want = wanted.slice(0, most);
  const next = slots.map((s) => {
    const w = want.find((x) => same(x, s));
    return w ? { mid: s.mid, ...pick(w) } : { mid: s.mid, participant: '', kind: 'main', width: 0, height: 0 };
  });
  let missing = 0;
  for (const w of want) {
    if (next.some((s) => same(s, w))) continue;
    const free = next.find((s) => s.participant === '');
    if (free) Object.assign(free, pick(w));
    else missing++;
  }
  return { slots: next, missing };
}

function pick({ participant, kind, width, height }) {
  return { participant, kind, width, height };
}

/** Lines are added a few at a time, so that not every newcomer costs a negotiation. */
export function grow(have, missing, most = MAX_SLOTS) {
  if (missing === 0) return 0;
  const need = have + missing;
  const steps = [2, 4, 6, 9, 12, 16];
  const target = steps.find((s) => s >= need) ?? most;
  return Math.min(most, target) - have;
}

export function sameWants(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}
