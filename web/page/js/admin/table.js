// Tables: of rows that are all here and change (sorted and paged in the browser), and of rows that the gateway gives page by page.

import { add, el, iconButton, unread } from './ui.js';
import { fold, number } from './format.js';
import { w } from './words.js';

/**
 * A table of rows that are here. columns are {name, title, cell(row) -> text, element or a list, sort(row) -> what to compare, kind: 'num' | 'wide' | 'tight'};
 * key(row) names a row, open(row) is what a click or Enter on it does, empty what stands in place of no rows.
 * set(rows) shows these; a row whose cells did not change is left alone, so that hundreds may change at once.
 */
export function table({ caption, columns, key, open, empty, size = 50, sort = null, hook, narrow }) {
  const state = { rows: [], sort: sort ?? null, at: 0, shown: new Map() };
  const body = el('tbody');
  const heads = columns.map((c) => headCell(c, state, () => draw()));
  const grid = el('table.grid', { data: hook ? { table: hook } : {} }, el('caption.unseen', { text: caption }), el('thead', {}, el('tr', {}, heads.map((h) => h.el))), body);
  const foot = el('div.tablefoot');
  const none = el('div', {}, empty);
  const scroll = el('div.scroll', { tabindex: 0, role: 'region', 'aria-label': caption }, grid);
  const box = el('div.tablebox', {}, scroll, none, foot);
  // A table that is not wider than its place needs no scrolling of its own: its heads stay in sight while the page scrolls.
  new ResizeObserver(() => box.classList.toggle('fits', grid.offsetWidth <= scroll.clientWidth)).observe(grid);

  function draw() {
    const rows = sorted(state, columns);
    const pages = Math.max(1, Math.ceil(rows.length / size));
    state.at = Math.min(state.at, pages - 1);
    place(rows.slice(state.at * size, (state.at + 1) * size));
    grid.hidden = rows.length === 0;
    none.hidden = rows.length > 0;
    for (const h of heads) h.mark();
    foot.hidden = pages === 1;
    if (pages > 1) footer(foot, { first: state.at * size + 1, last: Math.min(rows.length, (state.at + 1) * size), all: rows.length }, state.at > 0, state.at < pages - 1, (step) => {
      state.at += step;
      draw();
      grid.scrollIntoView({ block: 'nearest' });
    });
  }

  function place(rows) {
    const kept = new Map();
    let at = body.firstChild;
    for (const row of rows) {
      const k = key(row);
      const line = state.shown.get(k) ?? lineOf(columns, k, open);
      line.fill(row);
      kept.set(k, line);
      if (line.el === at) at = at.nextSibling;
      else body.insertBefore(line.el, at);
    }
    for (const [k, line] of state.shown) if (!kept.has(k)) line.el.remove();
    state.shown = kept;
  }

  draw();
  return {
    el: box,
    set(rows) {
      state.rows = rows;
      draw();
    },
    top() {
      state.at = 0;
    },
    get visible() {
      return [...state.shown.keys()];
    },
    narrow,
  };
}

function headCell(column, state, draw) {
  const cell = el(`th${column.kind ? `.${column.kind}` : ''}`, { scope: 'col' });
  if (!column.sort) {
    add(cell, el(column.title ? 'span' : 'span.unseen', { text: column.title || w('table.actions') }));
    return { el: cell, mark() {} };
  }
  cell.append(el('button.sorter', { type: 'button', data: { sort: column.name }, onclick: () => {
    const [name, down] = state.sort ?? [];
    state.sort = [column.name, name === column.name ? !down : Boolean(column.down)];
    draw();
  } }, el('span', { text: column.title }), el('i', { 'aria-hidden': 'true' })));
  return {
    el: cell,
    mark() {
      const [name, down] = state.sort ?? [];
      if (name === column.name) cell.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    },
  };
}

function sorted(state, columns) {
  const column = columns.find((c) => c.name === state.sort?.[0]);
  if (!column?.sort) return state.rows;
  const sign = state.sort[1] ? -1 : 1;
  return state.rows.map((row) => [comparable(column.sort(row)), row]).sort(([a], [b]) => sign * (a < b ? -1 : a > b ? 1 : 0)).map(([, row]) => row);
}

function comparable(v) {
  return typeof v === 'string' ? fold(v).replace(/\d+/g, (d) => d.padStart(12, '0')) : (v ?? 0);
}

/** One row; fill puts a row's values into the cells that changed. */
function lineOf(columns, k, open) {
  const cells = columns.map((c) => el(`td${c.kind ? `.${c.kind}` : ''}`, { data: { column: c.name } }));
  const line = el('tr', { data: { key: k } }, cells);
  let now = null;
  const was = columns.map(() => undefined);
  if (open) {
    line.classList.add('opens');
    line.addEventListener('click', (e) => !e.target.closest('a, button, input, select, label') && !String(getSelection()) && open(now));
  }
  return {
    el: line,
    fill(row) {
      now = row;
      columns.forEach((c, i) => {
        const sign = c.same ? c.same(row) : undefined;
        if (sign !== undefined && sign === was[i]) return;
        const value = c.cell(row);
        if (sign === undefined && typeof value === 'string') {
          if (value !== was[i]) cells[i].textContent = value;
          was[i] = value;
          return;
        }
        was[i] = sign;
        cells[i].replaceChildren();
        add(cells[i], value);
      });
    },
  };
}

function footer(foot, counts, back, forth, step) {
  const words = counts.all === undefined ? w('table.range.open', counts) : w('table.range', { first: number(counts.first), last: number(counts.last), all: number(counts.all) });
  const focused = foot.contains(document.activeElement) ? document.activeElement.dataset.act : '';
  foot.replaceChildren(el('span', { text: words, role: 'status' }),
    iconButton('previous', w('table.previous'), () => step(-1), { act: 'previous', disabled: !back }),
    iconButton('next', w('table.next'), () => step(1), { act: 'next', disabled: !forth }));
  if (focused) foot.querySelector(`[data-act="${focused}"]:not(:disabled)`)?.focus();
}

/**
 * A table of rows that the gateway gives page by page: load({after}) gives {items, next}. reload() begins anew (after a search, say), refresh() reads this page again.
 */
export function served({ caption, columns, key, open, empty, load, hook }) {
  const inner = table({ caption, columns: columns.map((c) => ({ ...c, sort: undefined })), key, open, empty, size: 1e9, hook });
  const foot = inner.el.querySelector('.tablefoot');
  let marks = [''];
  let first = 1;
  let turn = 0;
  let failed = null;

  /** Says what is wrong in place of rows, until they are read. */
  function fail(problem) {
    failed?.remove();
    failed = unread(problem, show);
    inner.set([]);
    inner.el.querySelector('.grid').parentNode.nextSibling.hidden = true;
    foot.hidden = true;
    inner.el.append(failed);
  }

  async function show() {
    const mine = ++turn;
    inner.el.setAttribute('aria-busy', 'true');
    let found;
    try {
      found = await load({ after: marks.at(-1) });
    } catch (problem) {
      if (mine === turn) fail(problem);
      return;
    } finally {
      if (mine === turn) inner.el.removeAttribute('aria-busy');
    }
    if (mine !== turn) return;
    const { items = [], next = '' } = found;
    failed?.remove();
    inner.set(items ?? []);
    foot.hidden = marks.length === 1 && !next;
    footer(foot, { first: number(first), last: number(first + items.length - 1) }, marks.length > 1, Boolean(next), (step) => {
      if (step > 0) {
        marks.push(next);
        first += items.length;
      } else {
        marks.pop();
        first = marks.length === 1 ? 1 : Math.max(1, first - items.length);
      }
      show();
    });
  }
  return {
    el: inner.el,
    reload() {
      [marks, first] = [[''], 1];
      return show();
    },
    refresh: show,
  };
}
