// A room inside the page, for tests: it takes the place of WebSocket, speaks the words of docs/signalling.md, and sends pictures
// drawn on canvases through a second peer connection. Evaluated before the page's own scripts; window.fakeRoom says who is there.

(() => {
  const config = window.fakeRoom ?? { people: [] };
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const colours = [['#31506b', '#7fa6c4'], ['#5b4a36', '#c2a37a'], ['#37523f', '#8fb79a'], ['#54395c', '#b791c0'], ['#6a3d3d', '#cf9a92'], ['#2f5b5f', '#86bfc2']];

  function person(ctx, x, y, r, tone, t, i) {
    const sway = Math.sin(t / 900 + i * 1.7) * r * 0.05;
    ctx.fillStyle = ['#26323d', '#6d2f35', '#274a63', '#3f4a2f', '#4a3558'][i % 5];
    ctx.beginPath();
    ctx.ellipse(x + sway * 0.4, y + r * 2.35, r * 1.75, r * 1.35, 0, 0, 7);
    ctx.fill();
    ctx.fillStyle = tone;
    ctx.fillRect(x + sway - r * 0.32, y + r * 0.7, r * 0.64, r * 0.6);
    ctx.beginPath();
    ctx.ellipse(x + sway, y, r * 0.82, r, 0, 0, 7);
    ctx.fill();
    ctx.fillStyle = '#1d1916';
    ctx.beginPath();
    ctx.ellipse(x + sway, y - r * 0.35, r * 0.9, r * 0.8, 0, Math.PI, 2 * Math.PI);
    ctx.fill();
  }

  const scenes = {
    desk(ctx, w, h, t, i) {
      const [dark, light] = colours[i % colours.length];
      const g = ctx.createLinearGradient(0, 0, w, h);
      g.addColorStop(0, light);
      g.addColorStop(1, dark);
      ctx.fillStyle = g;
      ctx.fillRect(0, 0, w, h);
      ctx.fillStyle = 'rgb(255 255 255 / .14)';
      ctx.fillRect(w * 0.68, h * 0.1, w * 0.22, h * 0.45);
      person(ctx, w / 2, h * 0.4, h * 0.19, ['#d9ac8b', '#c9956f', '#e3bd9f'][i % 3], t, i);
    },
    hall(ctx, w, h, t) {
      ctx.fillStyle = '#b9b2a6';
      ctx.fillRect(0, 0, w, h);
      ctx.fillStyle = '#8d8476';
      ctx.fillRect(0, h * 0.75, w, h);
      ctx.fillStyle = '#9d2c2c';
      ctx.fillRect(0, 0, w * 0.07, h * 0.75);
      ctx.fillRect(w * 0.93, 0, w * 0.07, h * 0.75);
      for (let i = 0; i < 5; i++) person(ctx, w * (0.16 + i * 0.17), h * (0.42 + 0.03 * ((i * 2) % 3)), h * 0.075, ['#d9ac8b', '#c9956f', '#e3bd9f'][i % 3], t, i);
      ctx.fillStyle = '#6b4a2f';
      ctx.beginPath();
      ctx.moveTo(w * 0.04, h * 0.72);
      ctx.lineTo(w * 0.96, h * 0.72);
      ctx.lineTo(w * 1.05, h);
      ctx.lineTo(-w * 0.05, h);
      ctx.fill();
    },
    slides(ctx, w, h, t) {
      ctx.fillStyle = '#fff';
      ctx.fillRect(0, 0, w, h);
      ctx.fillStyle = '#00776b';
      ctx.fillRect(0, 0, w, h * 0.12);
      ctx.fillStyle = '#fff';
      ctx.font = `600 ${h * 0.06}px sans-serif`;
      ctx.fillText('Báo cáo quý II – Sở Thông tin và Truyền thông', w * 0.04, h * 0.082);
      [0.35, 0.5, 0.42, 0.66, 0.74].forEach((v, i) => {
        ctx.fillStyle = i === 4 ? '#00776b' : '#9fc9c3';
        const bar = h * v * (i === 4 ? 1 + 0.02 * Math.sin(t / 700) : 1);
        ctx.fillRect(w * (0.1 + i * 0.17), h * 0.92 - bar, w * 0.1, bar);
      });
    },
  };

  function film(scene, i, width, height) {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height });
    const ctx = canvas.getContext('2d');
    const draw = () => scenes[scene](ctx, width, height, performance.now(), i);
    draw();
    setInterval(draw, 66);
    return canvas.captureStream(15).getVideoTracks()[0];
  }

  let sound;
  function tone(hz) {
    if (sound) return sound;
    const ctx = new AudioContext();
    const oscillator = new OscillatorNode(ctx, { frequency: hz });
    const out = new MediaStreamAudioDestinationNode(ctx);
    oscillator.connect(new GainNode(ctx, { gain: 0.2 })).connect(out);
    oscillator.start();
    [sound] = out.stream.getAudioTracks();
    return sound;
  }

  class Room {
    constructor(socket) {
      this.socket = socket;
      this.people = config.people.map((p, i) => ({ id: `p${i + 1}`, kind: 'browser', audio: true, video: true, sharing: false, picture: true, device: '', number: '', protocol: '', ...p }));
      this.tracks = new Map();
      this.got = [];
      this.added = 0;
      window.fakeRoom.room = this;
    }

    say(type, members) {
      this.socket.deliver({ type, ...members });
    }

    everyone() {
      this.say('participants', { list: [{ id: 'me', name: this.name, kind: 'browser', role: window.fakeRoom.role ?? 'guest', audio: true, video: true, sharing: false, picture: true, ...this.mine }, ...this.people] });
    }

    async hear(m) {
      this.got.push(m);
      await this[m.type]?.(m);
    }

    join({ name, resume }) {
      this.name = name;
      this.tries = 3;
      if (config.door && !(resume === 'token' && !config.forget)) {
        this.say('door', { asks: config.door, tries: 3, host: config.hostPIN });
        return;
      }
      this.enter(resume);
    }

    /** 1234 opens; where somebody has to wait then, let() ends it. */
    pin({ pin }) {
      if (pin === '1234') {
        if (config.lobby) this.say('door', { asks: 'wait', host: config.hostPIN, tries: this.tries });
        else this.enter('');
      } else if (--this.tries > 0) this.say('door', { asks: config.door, tries: this.tries, wrong: true, host: config.hostPIN });
      else this.say('bye', { code: 'pin', reason: 'the PIN was wrong too often' });
    }

    enter(resume) {
      const resumed = resume === 'token' && !config.forget;
      this.say('welcome', { id: 'me', resume: 'token', room: config.name ?? '1001', dial: config.dial ?? ['sip:1001@hop.example.vn', '1001@203.0.113.20'], video: ['H264', 'VP8'], version: 'test', role: window.fakeRoom.role, resumed });
      this.everyone();
      this.led();
      this.say('quality', { up: config.quality ?? 4, down: config.quality ?? 4, loss: 0.004, rtt_ms: 23, bitrate_down: 2_340_000 });
      if (config.speaker) this.say('speaker', { id: config.speaker });
      this.chatter ??= setInterval(() => config.speaker && this.say('levels', { levels: { [config.speaker]: -22 - 12 * Math.random() } }), 200);
    }

    async offer({ sdp, revision }) {
      if (!this.pc || /a=x-new/.test(sdp)) {
        this.pc = new RTCPeerConnection();
        this.pc.onicecandidate = ({ candidate }) => this.say('candidate', { candidate: candidate && candidate.toJSON() });
      }
      this.sdp = sdp;
      const { pc } = this;
      await pc.setRemoteDescription({ type: 'offer', sdp });
      for (const t of pc.getTransceivers()) {
        const section = sdp.split(/^m=/m).find((s) => new RegExp(`^a=mid:${t.mid}\\r?$`, 'm').test(s));
        if (/^a=recvonly/m.test(section)) t.direction = 'sendonly';
        else if (t.receiver.track.kind === 'audio') {
          t.direction = 'sendrecv';
          await t.sender.replaceTrack(tone(440));
        }
      }
      await pc.setLocalDescription(await pc.createAnswer());
      this.say('answer', { sdp: pc.localDescription.sdp, revision });
      for (const c of this.early?.splice(0) ?? []) await pc.addIceCandidate(c);
      // Wishes may come before the lines that they are for.
      if (this.wants) await this.want(this.wants);
    }

    async candidate({ candidate }) {
      if (!this.pc?.remoteDescription) (this.early ??= []).push(candidate ?? undefined);
      else await this.pc.addIceCandidate(candidate ?? undefined);
    }

    async want({ slots }) {
      this.wants = { slots };
      await wait(30);
      const told = [];
      for (const s of slots) {
        const t = this.pc?.getTransceivers().find((x) => x.mid === s.mid);
        const p = this.people.find((x) => x.id === s.participant);
        if (!t || !p || (s.kind === 'main' && !p.video)) {
          t?.sender.replaceTrack(null);
          told.push({ mid: s.mid, participant: s.participant, kind: s.kind, state: s.participant ? 'waiting' : 'none', reason: '' });
          continue;
        }
        await t.sender.replaceTrack(this.track(p, s.kind));
        told.push({ mid: s.mid, participant: s.participant, kind: s.kind, state: p.stuck ? 'waiting' : 'live', reason: '' });
      }
      this.say('slots', { slots: told });
    }

    track(p, kind) {
      const key = `${p.id}/${kind}`;
      if (!this.tracks.has(key)) {
        const i = this.people.indexOf(p);
        const [w, h] = p.size ?? [640, 360];
        this.tracks.set(key, kind === 'content' ? film('slides', i, 960, 540) : film(p.kind === 'terminal' ? 'hall' : 'desk', i, w, h));
      }
      return this.tracks.get(key);
    }

    state({ audio, video, sharing }) {
      this.mine = { audio, video, sharing };
      this.everyone();
    }

    ping({ n }) {
      this.say('pong', { n });
    }

    /** How the room is led, and who waits. */
    led() {
      this.lead ??= { entry: 'open', layout: 'auto', dial: '', host_pin: false, ...config.lead };
      this.waiting ??= (config.waiting ?? []).map((w, i) => ({ id: `w${i + 1}`, kind: 'browser', since: new Date().toISOString(), ...w }));
      this.say('room', this.lead);
      if (window.fakeRoom.role === 'host') this.say('waiting', { list: this.waiting });
    }

    knock(w) {
      this.waiting.push({ id: `k${this.waiting.length + 1}`, kind: 'browser', since: new Date().toISOString(), ...w });
      this.led();
    }

    admit({ waiting }) {
      this.waiting = this.waiting.filter((w) => waiting !== '' && w.id !== waiting);
      this.led();
    }

    entry({ entry }) {
      this.lead.entry = entry;
      this.led();
    }

    layout({ layout }) {
      this.lead.layout = layout;
      this.led();
    }

    mute({ participant, muted }) {
      for (const p of this.people) if (p.id === participant || (participant === '' && p.role !== 'host')) Object.assign(p, { audio: !muted && p.audio, silenced: muted });
      this.everyone();
    }

    role({ participant, role }) {
      const p = this.people.find((one) => one.id === participant);
      if (p) p.role = role;
      else window.fakeRoom.role = role;
      this.everyone();
    }

    remove({ participant }) {
      this.drop(participant);
    }

    devices() {
      this.say('devices', { list: config.devices ?? [] });
    }

    dial({ target }) {
      this.say('dial', { target, state: 'calling' });
      if (config.cause) this.say('dial', { target, state: 'failed', cause: config.cause, reason: '' });
    }

    end() {
      this.say('bye', { code: 'ended', reason: '' });
    }

    add(p) {
      this.people.push({ id: `n${++this.added}`, kind: 'browser', audio: true, video: true, sharing: false, picture: true, ...p });
      this.everyone();
    }

    change(id, members) {
      Object.assign(this.people.find((p) => p.id === id), members);
      this.everyone();
    }

    drop(id) {
      this.people = this.people.filter((p) => p.id !== id);
      this.everyone();
    }
  }

  class FakeSocket {
    constructor(url) {
      this.url = url;
      this.readyState = 0;
      window.fakeRoom.sockets = (window.fakeRoom.sockets ?? 0) + 1;
      window.fakeRoom.socket = this;
      if (config.dead) return;
      setTimeout(() => {
        if (config.down) return this.cut();
        this.readyState = 1;
        this.room = window.fakeRoom.room ?? new Room(this);
        this.room.socket = this;
        this.onopen?.();
      }, 20);
    }

    send(text) {
      this.room.hear(JSON.parse(text)).catch((e) => console.error('fake room', e));
    }

    deliver(m) {
      setTimeout(() => this.readyState === 1 && this.onmessage?.({ data: JSON.stringify(m) }));
    }

    cut() {
      this.readyState = 3;
      this.onclose?.();
    }

    close() {
      this.readyState = 3;
    }
  }

  if (config.refuse) navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', config.refuse); };
  if (config.mute) {
    const { play } = HTMLMediaElement.prototype;
    HTMLAudioElement.prototype.play = function () {
      return config.mute ? Promise.reject(new DOMException('click first', 'NotAllowedError')) : play.call(this);
    };
  }
  window.fakeRoom = config;
  window.WebSocket = FakeSocket;
})();
