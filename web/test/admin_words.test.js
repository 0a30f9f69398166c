import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { dictionaries } from '../page/js/i18n.js';

const shared = new Set(Object.keys(dictionaries.en));
const folder = new URL('../page/js/admin/', import.meta.url);
const files = readdirSync(folder).filter((f) => f.endsWith('.js'));
const sources = files.map((f) => readFileSync(new URL(f, folder), 'utf8')).join('\n');
for (const f of files) if (f !== 'app.js') await import(new URL(f, folder));
const own = Object.keys(dictionaries.en).filter((k) => !shared.has(k));

test('the pages’ words are there in both languages, with the same members', () => {
  assert.ok(own.length > 50);
  assert.deepEqual(Object.keys(dictionaries.vi).sort(), Object.keys(dictionaries.en).sort());
  const members = (s) => [...s.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort().join();
  for (const key of own) {
    const [vi, en] = [dictionaries.vi[key], dictionaries.en[key]];
    assert.ok(vi.trim() && en.trim(), key);
    assert.equal(members(vi), members(en), key);
    assert.equal(vi, vi.normalize('NFC'), `${key} is not in NFC`);
  }
});

test('every word is used, and every key that is named has words', () => {
  const parts = [...sources.matchAll(/`([\w.]*)\$\{[^`}]+\}([\w.]*)/g)].map((m) => [m[1], m[2]]);
  const made = (key) => parts.some(([a, b]) => a.length > 2 && key.startsWith(a) && key.endsWith(b));
  // Words without a dot are everybody's.
  for (const key of own.filter((k) => k.includes('.'))) assert.ok(sources.split(`'${key}'`).length > 3 || made(key) || key.startsWith('nav.'), `${key} is never used`);
  for (const [, key] of sources.matchAll(/\bw\('([^']+)'/g)) assert.ok(key in dictionaries.en, `${key} has no words`);
});
