package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// janusPage makes a browser a SIP terminal by way of Janus: Sofia-SIP towards
// the gateway, WebRTC towards this page.
const janusPage = `<!doctype html><title>Janus terminal</title><video id=v autoplay playsinline></video><script>
const tx = () => Math.random().toString(36).slice(2);
async function post(url, body) {
  const r = await fetch(url, {method: 'POST', body: JSON.stringify({...body, transaction: tx()})});
  return r.json();
}
window.log = [];
window.call = async (api, me, uri) => {
  const s = api + '/' + (await post(api, {janus: 'create'})).data.id;
  const h = s + '/' + (await post(s, {janus: 'attach', plugin: 'janus.plugin.sip'})).data.id;
  const waiting = [];
  const seen = [];
  (async () => { for (;;) {
    let list; try { list = await (await fetch(s + '?maxev=5')).json(); } catch (e) { return; }
    for (const e of [].concat(list)) {
      const r = e.plugindata && e.plugindata.data && e.plugindata.data.result;
      if (!r) continue;
      window.log.push(JSON.stringify(e.plugindata.data) );
      const ev = {name: r.event, jsep: e.jsep, r};
      const i = waiting.findIndex(w => w.names.includes(ev.name));
      if (i >= 0) waiting.splice(i, 1)[0].ok(ev); else seen.push(ev);
    }
  } })();
  const event = (...names) => new Promise(ok => {
    const i = seen.findIndex(e => names.includes(e.name));
    if (i >= 0) ok(seen.splice(i, 1)[0]); else waiting.push({names, ok});
  });
  await post(h, {janus: 'message', body: {request: 'register', type: 'guest', username: me, display_name: 'Janus'}});
  await event('registered');
  const media = await navigator.mediaDevices.getUserMedia({audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}, video: {width: 640, height: 360}});
  const pc = window.janusPC = new RTCPeerConnection();
  pc.ontrack = e => { if (e.track.kind === 'video') document.getElementById('v').srcObject = new MediaStream([e.track]); };
  for (const t of media.getTracks()) {
    const tr = pc.addTransceiver(t, {streams: [media]});
    if (t.kind === 'video') tr.setCodecPreferences(RTCRtpSender.getCapabilities('video').codecs.filter(c =>
      /H264/i.test(c.mimeType) && /packetization-mode=1/.test(c.sdpFmtpLine) && /42e01f/.test(c.sdpFmtpLine)));
  }
  await pc.setLocalDescription();
  await new Promise(ok => { const f = () => pc.iceGatheringState === 'complete' && ok(); pc.onicegatheringstatechange = f; f(); });
  await post(h, {janus: 'message', body: {request: 'call', uri}, jsep: {type: 'offer', sdp: pc.localDescription.sdp}});
  const answer = await event('accepted', 'hangup', 'progress');
  if (!answer.jsep) throw new Error('call: ' + JSON.stringify(answer.r));
  await pc.setRemoteDescription(answer.jsep);
  window.hangup = () => post(h, {janus: 'message', body: {request: 'hangup'}});
  return answer.name;
};
</script>`

type janus struct {
	t   *testing.T
	api string
	cmd *exec.Cmd
	log *lockedBuffer
}

// startJanus runs Janus with the SIP plugin and its HTTP API on loopback.
// libnice takes no candidate from loopback, hence ice, an address of another
// interface of this machine or namespace.
func startJanus(t *testing.T, ice string) *janus {
	t.Helper()
	dir := t.TempDir()
	port := freePort(t)
	for name, text := range map[string]string{
		"janus.jcfg": fmt.Sprintf(`general: { configs_folder = "%s" plugins_folder = "/usr/lib/x86_64-linux-gnu/janus/plugins"
 transports_folder = "/usr/lib/x86_64-linux-gnu/janus/transports" events_folder = "/nonexistent" loggers_folder = "/nonexistent" debug_level = 4 interface = "%s" server_name = "t" }
media: { rtp_port_range = "50000-50999" }
nat: { nice_debug = false full_trickle = true ice_enforce_list = "%s" }
plugins: { disable = "libjanus_audiobridge.so,libjanus_echotest.so,libjanus_recordplay.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_videoroom.so,libjanus_voicemail.so,libjanus_nosip.so,libjanus_lua.so,libjanus_duktape.so" }
transports: { disable = "libjanus_websockets.so,libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_mqtt.so,libjanus_nanomsg.so" }
`, dir, ice, ice),
		"janus.transport.http.jcfg": fmt.Sprintf("general: { json = \"compact\" base_path = \"/janus\" http = true port = %d ip = \"127.0.0.1\" https = false }\nadmin: { admin_http = false }\n", port),
		"janus.plugin.sip.jcfg":     "general: { local_ip = \"127.0.0.1\" sdp_ip = \"127.0.0.1\" local_media_ip = \"127.0.0.1\" behind_nat = false rtp_port_range = \"51000-51999\" events = false }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j := &janus{t: t, api: fmt.Sprintf("http://127.0.0.1:%d/janus", port), log: &lockedBuffer{}}
	j.cmd = exec.Command("janus", "-F", dir, "-C", filepath.Join(dir, "janus.jcfg"), "-N")
	j.cmd.Stdout, j.cmd.Stderr = j.log, j.log
	if err := j.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = j.cmd.Wait(); close(done) }()
	t.Cleanup(func() {
		_ = j.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			_ = j.cmd.Process.Kill()
			<-done
		}
		if t.Failed() {
			t.Logf("janus log:\n%s", tail(j.log.String(), 60))
		}
	})
	waitFor(t, "Janus to answer", func() bool {
		r, err := client.Get(j.api + "/info")
		if err != nil {
			return false
		}
		_ = r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
	return j
}

// call makes a new page of a browser call a SIP address through Janus.
func (j *janus) call(c *chrome, uri string) *tab {
	j.t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(janusPage))
	}))
	j.t.Cleanup(srv.Close)
	ctx, cancel := chromedp.NewContext(c.ctx)
	p := &tab{t: j.t, ctx: ctx, cancel: cancel}
	j.t.Cleanup(cancel)
	err := open(ctx, srv.URL)
	if err != nil {
		j.t.Fatal(err)
	}
	var how string
	if err := p.eval(fmt.Sprintf(`window.call(%q, "sip:janus@127.0.0.1", %q)`, j.api, uri), &how); err != nil {
		var log []string
		_ = p.eval(`window.log`, &log)
		j.t.Fatalf("calling through Janus: %v, events %q", err, log)
	}
	return p
}

// A second SIP stack as the terminal: Sofia-SIP in Janus, fed by a browser of its own.
func TestSecondSIPStackMeetsBrowser(t *testing.T) {
	if !namespaced(t) {
		return
	}
	sh(t, "ip link add v0 type veth peer name v1")
	sh(t, "ip addr add 10.99.0.1/24 dev v0")
	sh(t, "ip link set v0 up")
	sh(t, "ip link set v1 up")
	g := startGateway(t, gwOptions{})
	j := startJanus(t, "10.99.0.1")
	person := startChrome(t, 1000)
	terminal := startChrome(t, 440, chromedp.Flag("use-file-for-fake-video-capture", camera(t, "green"))) // 25 pictures a second
	room := person.join(t, g, "1001", "An", "&raw=1")
	far := j.call(terminal, "sip:1001@"+g.sipUDP)

	waitFor(t, "the terminal's picture in the room", func() bool { return room.decoding() > 0 })
	waitFor(t, "the room's picture at the terminal", func() bool { return far.decoding() > 0 })
	in, out := room.frameRate(4*time.Second), far.frameRate(4*time.Second)
	t.Logf("pictures a second: %.1f in the room, %.1f at the terminal", in, out)
	if in < 20 {
		t.Errorf("the room decodes %.1f pictures a second: %s", in, room.dump())
	}
	waitFor(t, "440 Hz in the room", func() bool { return room.hears(440) > heard })
	waitFor(t, "1 kHz at the terminal", func() bool { return far.hears(1000) > heard })
	calls := g.calls()
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	for way, f := range map[string]flow{"in": calls[0].Video.In, "out": calls[0].Video.Out} {
		if f.Path != "relay" || f.Reason == "" || f.Codec != "H264" {
			t.Errorf("video %s: %+v", way, f)
		}
	}
}
