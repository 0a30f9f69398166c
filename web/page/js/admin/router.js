// Which page is shown: the part of the address behind #. Pages register themselves; those with an icon stand in the navigation.

const pages = [];
let outlet = null;
let shown = null; // {page, cleanup, root}
let before = () => true;
const watchers = new Set();

/**
 * Registers a page at a path such as '/calls/:id'. group is the heading in the navigation (a key of words), order its place there, title a key of words, icon of icons.js,
 * right what it needs (see may in api.js), one that it is about one tenant's records. render(root, params) fills root and may give a cleanup;
 * params has the path's members, and query.
 */
export function page(path, options) {
  const names = [];
  const pattern = path.replace(/:(\w+)/g, (_, name) => {
    names.push(name);
    return '([^/]+)';
  });
  pages.push({ path, match: new RegExp(`^${pattern}$`), names, ...options });
}

export function allPages() {
  return pages;
}

/** The page and parameters of an address, or null. */
export function resolve(hash) {
  const [path, query = ''] = (hash.replace(/^#/, '') || '/').split('?');
  for (const p of pages) {
    const found = p.match.exec(path);
    if (!found) continue;
    const params = Object.fromEntries(p.names.map((n, i) => [n, decode(found[i + 1])]));
    return { page: p, params: { ...params, query: new URLSearchParams(query) } };
  }
  return null;
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Goes to a page. replace leaves no entry in the browser's history. */
export function go(path, { replace } = {}) {
  const hash = `#${path}`;
  if (hash === location.hash) return void draw();
  if (replace) {
    history.replaceState(null, '', hash);
    draw();
  } else location.hash = hash;
}

/** Keeps what a page shows in its address (a search, say) without showing it anew. */
export function remember(path) {
  history.replaceState(null, '', `#${path}`);
}

/** Begins to show pages in an element. guard(page) gives false where who is signed in may not see it. */
export function start(element, guard) {
  outlet = element;
  before = guard ?? before;
  removeEventListener('hashchange', draw);
  addEventListener('hashchange', draw);
  draw();
}

export function stop() {
  removeEventListener('hashchange', draw);
  clear();
  outlet = null;
}

/** Is told of the page that is shown, each time. */
export function onShown(f) {
  watchers.add(f);
  return () => watchers.delete(f);
}

function clear() {
  if (shown?.cleanup) shown.cleanup();
  shown = null;
}

/** Shows the address's page, anew if it is there already. */
export function draw(event) {
  if (!outlet) return;
  const moved = event?.type === 'hashchange';
  clear();
  const found = resolve(location.hash);
  if (!found || !before(found.page)) return void go('/', { replace: true });
  const root = document.createElement('div');
  root.className = 'page';
  root.dataset.page = found.page.path;
  outlet.replaceChildren(root);
  shown = { page: found.page, root };
  for (const f of watchers) f(found.page, found.params);
  shown.cleanup = found.page.render(root, found.params);
  if (moved) settle(root);
}

/** After a move the reader stands at the top of the new page. */
function settle(root) {
  outlet.scrollTop = 0;
  scrollTo(0, 0);
  const heading = root.querySelector('h1');
  if (!heading || root.contains(document.activeElement)) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
