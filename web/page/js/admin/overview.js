// The first page: what is going on now.

import { live, watch } from './live.js';
import { page } from './router.js';
import { el, head, section } from './ui.js';
import { w, words } from './words.js';

words({
  vi: { 'overview': 'Tổng quan', 'overview.calls': 'Cuộc gọi', 'overview.rooms': 'Phòng' },
  en: { 'overview': 'Overview', 'overview.calls': 'Calls', 'overview.rooms': 'Rooms' },
});

page('/', {
  title: 'overview', icon: 'overview', group: 'nav.live', right: 'read',
  render(root) {
    const [calls, rooms] = [el('b'), el('b')];
    root.append(head(w('overview')), section(w('overview.calls'), {}, calls), section(w('overview.rooms'), {}, rooms));
    const draw = () => {
      calls.textContent = live.calls.size;
      rooms.textContent = live.rooms.size;
    };
    draw();
    return watch(draw);
  },
});
