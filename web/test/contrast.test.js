import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const css = readFileSync(new URL('../page/css/base.css', import.meta.url), 'utf8');

/** The custom properties of a rule. */
function colours(selector) {
  const from = css.indexOf(selector);
  assert.ok(from >= 0, selector);
  const block = css.slice(css.indexOf('{', from) + 1, css.indexOf('}', from));
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((m) => [m[1], m[2]]));
}

// WCAG 2.2, relative luminance and contrast ratio.
function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (hi + 0.05) / (lo + 0.05);
}

const light = colours(':root {');
const dark = { ...light, ...colours(':root[data-theme="dark"] {') };

test('both ways to dark have the same colours', () => {
  assert.deepEqual(colours(':root:not([data-theme="light"]) {'), colours(':root[data-theme="dark"] {'));
});

test('text can be read on what is behind it', () => {
  const pairs = [
    ['text', 'bg'], ['text', 'surface'], ['text', 'surface-2'], ['text-2', 'bg'], ['text-2', 'surface'], ['text-2', 'surface-2'], ['on-accent', 'accent'],
    ['on-accent', 'accent-strong'], ['accent', 'bg'], ['accent', 'surface'], ['accent', 'accent-soft'], ['warn', 'warn-soft'], ['text', 'warn-soft'],
    ['text-2', 'warn-soft'], ['danger-strong', 'surface'], ['danger-strong', 'bg'], ['tile-text', 'tile'], ['tile-text', 'tile-2'],
  ];
  for (const [name, theme] of Object.entries({ light, dark })) {
    for (const [a, b] of pairs) {
      const c = contrast(theme[a], theme[b]);
      assert.ok(c >= 4.5, `${name}: ${a} on ${b} is ${c.toFixed(2)}`);
    }
    // Signs on buttons and lines around fields (WCAG 1.4.11).
    for (const [a, b] of [['on-danger', 'danger'], ['line-strong', 'surface'], ['focus', 'bg'], ['focus', 'surface'], ['speaking', 'tile'], ['danger', 'surface']]) {
      const c = contrast(theme[a], theme[b]);
      assert.ok(c >= 3, `${name}: ${a} on ${b} is ${c.toFixed(2)}`);
    }
  }
});

test('initials can be read on every colour of people', () => {
  const hues = [...css.matchAll(/--hue: (#[0-9a-f]{6})/g)].map((m) => m[1]);
  assert.equal(hues.length, 12);
  for (const hue of hues) assert.ok(contrast('#ffffff', hue) >= 4.5, `${hue} is ${contrast('#ffffff', hue).toFixed(2)}`);
});
