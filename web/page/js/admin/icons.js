// Signs of the administration pages, drawn like those of the meeting page: one line of one weight on a 24 by 24 grid.

const paths = {
  overview: 'M4 4.5h7v8H4zM13 4.5h7v4.5h-7zM13 11.5h7v8h-7zM4 15h7v4.5H4z',
  calls: 'M5 4h4l1.5 5-2.3 1.7a12 12 0 0 0 5.1 5.1L15 13.5l5 1.5v4a1.5 1.5 0 0 1-1.6 1.5C10.6 20 4 13.4 3.5 5.6A1.5 1.5 0 0 1 5 4z',
  rooms: 'M9 11a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM2.5 19.5c.4-3.4 3-5.5 6.5-5.5s6.1 2.1 6.5 5.5M16 4.8a3.2 3.2 0 0 1 0 6M18 14.5c2 .8 3.2 2.6 3.5 5',
  devices: 'M3.5 4.5h17a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-17a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zM7 19.5h10M12 15.5v4M9 10a3 3 0 1 0 6 0 3 3 0 0 0-6 0',
  numbers: 'M9.5 4l-2 16M16.5 4l-2 16M4.5 9h16M3.5 15h16',
  door: 'M6 20.5V4.5A1 1 0 0 1 7 3.5h10a1 1 0 0 1 1 1v16M3.5 20.5h17M14.5 12v1',
  dryrun: 'M5 5.5h9M5 11h6M5 16.5h5M14 18.5l6-4-6-4z',
  records: 'M12 4.5a7.5 7.5 0 1 0 7.5 7.5M12 8v4.5l3 2M16 3.5l4 1.5-1 4',
  audit: 'M6 3.5h9l4 4v13H6zM15 3.5v4h4M9.5 12h6M9.5 16h6',
  tenants: 'M4 20.5V5.5l8-2v17M12 9.5h8v11M3 20.5h18M7 8.5h1.5M7 12.5h1.5M7 16.5h1.5M15.5 13h1M15.5 16.5h1',
  accounts: 'M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6',
  tokens: 'M8.5 14.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12.3 11.5H21v4M17.5 11.5v3',
  security: 'M12 3.5l7.5 2.8v5.2c0 4.6-3 7.7-7.5 9-4.5-1.3-7.5-4.4-7.5-9V6.3zM9 12l2.2 2.2L15.2 10',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM9 14.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.3 15.3L20.5 20.5',
  plus: 'M12 5v14M5 12h14',
  edit: 'M4.5 19.5l1-4.5L16.5 4a1.8 1.8 0 0 1 2.5 0l1 1a1.8 1.8 0 0 1 0 2.5L9 18.5z',
  trash: 'M4.5 6.5h15M9 6.5v-2h6v2M6.5 6.5l1 14h9l1-14M10 10.5v6M14 10.5v6',
  download: 'M12 4v11M7.5 11L12 15.5 16.5 11M4.5 20h15',
  upload: 'M12 15.5v-11M7.5 9L12 4.5 16.5 9M4.5 20h15',
  undo: 'M4.5 9h9a5.5 5.5 0 0 1 0 11H9M8 5L4 9l4 4',
  next: 'M9 5l7 7-7 7',
  previous: 'M15 5l-7 7 7 7',
  down: 'M6 9.5l6 6 6-6',
  up: 'M6 14.5l6-6 6 6',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12.5l4.5 4.5L19.5 7',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  menu: 'M4 6.5h16M4 12h16M4 17.5h16',
  warning: 'M12 4l9 16H3zM12 10v4.5M12 17.5v.01',
  info: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 11v5.5M12 7.8v.01',
  lock: 'M6 10.5h12v9.5H6zM8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5',
  unlock: 'M6 10.5h12v9.5H6zM8.5 10.5V8a3.5 3.5 0 0 1 6.8-1.2',
  mic: 'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M8.5 21h7',
  micOff: 'M9 9.5V11a3 3 0 0 0 4.6 2.5M15 10V6a3 3 0 0 0-5.7-1.3M5.5 11a6.5 6.5 0 0 0 10.3 5.3M18.5 11a6.4 6.4 0 0 1-.7 3M12 17.5V21M8.5 21h7M4 4l16 16',
  hangup: 'M3.3 14.8c-.9-1-1-2.3-.1-3.2 4.8-4.7 12.8-4.7 17.6 0 .9.9.8 2.2-.1 3.2l-.8.9a1.3 1.3 0 0 1-1.5.3l-2.6-1.2a1.3 1.3 0 0 1-.7-1.2v-1.8a11 11 0 0 0-6.2 0v1.8c0 .5-.3 1-.7 1.2L5.6 16a1.3 1.3 0 0 1-1.5-.3z',
  invite: 'M5 4h4l1.5 5-2.3 1.7a12 12 0 0 0 5.1 5.1L15 13.5l5 1.5v4a1.5 1.5 0 0 1-1.6 1.5C10.6 20 4 13.4 3.5 5.6A1.5 1.5 0 0 1 5 4zM17 3v6M14 6h6',
  move: 'M13 5.5h6.5v13H13M4 12h10.5M10.5 8l4 4-4 4',
  layout: 'M3 5h12.5v14H3zM18 5h3v3.7h-3zM18 10.2h3v3.7h-3zM18 15.3h3V19h-3z',
  open: 'M13.5 4.5h6v6M19.5 4.5L11 13M17 13.5v6H4.5V7h6',
  browser: 'M3.5 5h17v14h-17zM3.5 9h17M6.5 7h.01M9 7h.01',
  signout: 'M13 4.5H5v15h8M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5',
  theme: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 4v16',
  language: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM3.5 12h17M12 3.5c-5 5-5 12 0 17 5-5 5-12 0-17z',
  refresh: 'M4.5 12a7.5 7.5 0 0 1 13-5.1L20 9.5M20 4.5v5h-5M19.5 12a7.5 7.5 0 0 1-13 5.1L4 14.5M4 19.5v-5h5',
  remove: 'M10 11.5a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.4zM3 20c.5-3.6 3.2-5.5 7-5.5 1.6 0 3 .3 4.1 1M16 16l5 5M21 16l-5 5',
  lead: 'M4 17.5h16M4.5 14.5L3.5 7l5 3.5L12 4.5l3.5 6 5-3.5-1 7.5z',
  power: 'M12 3.5v8M7 6.5a7.5 7.5 0 1 0 10 0',
};

const SVG = 'http://www.w3.org/2000/svg';

/** A sign of the set above. It says nothing by itself: what is around it has the words. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', paths[name] ?? paths.more);
  svg.append(path);
  return svg;
}

export const icons = Object.keys(paths);
