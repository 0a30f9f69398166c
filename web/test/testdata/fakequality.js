// Ten minutes of quality, which a test has no time to wait for: what the gateway says of the last seconds is the end of it.
(() => {
  const real = window.fetch;
  let seed = 11;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const json = (v) => new Response(JSON.stringify(v), { headers: { 'Content-Type': 'application/json' } });
  const points = () => Array.from({ length: 120 }, (_, i) => {
    const bad = i > 60 && i < 74 ? 0.02 + 0.05 * random() : random() > 0.93 ? 0.006 * random() : 0;
    const flow = (rate, more) => ({ loss: bad * (0.6 + random()), jitter_ms: 3 + 2 * random() + 400 * bad, bitrate: Math.round(rate * (0.94 + 0.1 * random()) * (1 - 6 * bad)), ...more });
    const pictures = () => ({ fps: 30 - 180 * bad - random(), width: 1280, height: 720 });
    return {
      at: new Date(Date.now() - (119 - i) * 5000).toISOString(), audio: { in: flow(64000), out: flow(64000) },
      video: { in: flow(1640000, pictures()), out: flow(1480000, pictures()) },
    };
  });
  const short = (list) => list.map((q, i) => {
    const bad = i % 41 === 5 ? 0.09 : i % 23 === 7 ? 0.02 : 0;
    const trend = Array.from({ length: 24 }, (_, n) => Math.round(1000 * bad * (n > 6 ? 0.5 + random() : 0) + (random() > 0.96 ? 4 * random() : 0)));
    return { ...q, loss: trend.at(-1) / 1000, jitter_ms: 3 + 400 * bad, grade: bad > 0.05 ? 'poor' : bad > 0 ? 'fair' : 'good', trend, in: Math.round(q.in * (0.9 + 0.2 * random())), out: Math.round(q.out * (0.9 + 0.2 * random())) };
  });
  window.fetch = async (url, options) => {
    if (/\/calls\/[^/]+\/quality/.test(url)) return json(points());
    const answer = await real(url, options);
    return /\/api\/v1\/quality/.test(url) && answer.ok ? json(short(await answer.json())) : answer;
  };
})();
