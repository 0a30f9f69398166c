// What this browser remembers of a person. Storage may be forbidden: then nothing is remembered and nothing breaks.

const KEY = 'roombridge';

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export function recall(name, otherwise = '') {
  return read()[name] ?? otherwise;
}

export function remember(name, value) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...read(), [name]: value }));
  } catch {
    // Private windows may have no storage.
  }
}
