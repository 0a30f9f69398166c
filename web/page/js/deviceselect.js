// Choices of camera, microphone and speaker that follow what is plugged in.

import { h } from './dom.js';
import { t } from './i18n.js';

const LISTS = {
  audio: { words: 'prejoin.microphone', list: (m) => m.inputs.audio },
  video: { words: 'prejoin.camera', list: (m) => m.inputs.video },
  output: { words: 'prejoin.speaker', list: (m) => m.outputs },
};

/** Whether this browser can play on a speaker that is chosen. */
export const canChooseSpeaker = () => 'setSinkId' in HTMLMediaElement.prototype;

export function deviceSelect(media, kind) {
  const { words, list } = LISTS[kind];
  const select = h('select');
  const el = h('label.field', { data: { device: kind } }, h('span', { t: words }), select);
  const fill = () => {
    const devices = list(media);
    const options = devices.map((d, i) => h('option', { value: d.id, text: d.label || `${t(words)} ${i + 1}` }));
    if (options.length === 0) options.push(h('option', { value: '', text: t(kind === 'output' ? 'prejoin.default' : 'prejoin.none') }));
    select.replaceChildren(...options);
    const current = kind === 'output' ? media.chosen.output : media.current(kind);
    if (devices.some((d) => d.id === current)) select.value = current;
    select.disabled = devices.length === 0;
  };
  select.addEventListener('change', () => media.choose(kind, select.value));
  media.addEventListener('change', fill);
  document.addEventListener('languagechange', fill);
  fill();
  return el;
}
