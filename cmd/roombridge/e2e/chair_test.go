package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/roombridge/roombridge/cmd/roombridge/dial"
)

// The whole of what a host does at the page, with another page and a terminal: who gets
// in, who is heard, who has to go, and the end.
func TestHostLeads(t *testing.T) {
	g := startGateway(t, gwOptions{})
	host := startChrome(t, 700, chromedp.Flag("use-file-for-fake-video-capture", camera(t, "red"))).join(t, g, "1001", "An", "&raw=1")
	waitFor(t, "the first page to lead", func() bool {
		return host.is(`roombridge.status === 'live' && roombridge.session.known.role === 'host'`)
	})
	host.lead("lead", "entry-lobby")
	waitFor(t, "the lobby", func() bool { return host.is(`roombridge.session.known.lead.entry === 'lobby'`) })

	other := startChrome(t, 1100, chromedp.Flag("use-file-for-fake-video-capture", camera(t, "green")))
	guest := other.join(t, g, "1001", "Bình", "&raw=1")
	waitFor(t, "the guest to wait", func() bool {
		return guest.is(`document.querySelector('.door h1')?.innerText === 'Waiting to be let in'`)
	})
	if guest.is(`roombridge.participants.length > 0`) {
		t.Error("who waits is told who is inside")
	}
	host.letIn(t, "Bình")
	waitFor(t, "the guest to be in", func() bool { return guest.is(`roombridge.status === 'live' && roombridge.participants.length === 2`) })
	terminal := startDial(t, "sip:1001@"+g.sipUDP, "--tone", "440", "--duration", "0s", "--name", "Hall")
	host.letIn(t, "Hall")
	waitFor(t, "two pictures and tones at the host's page", func() bool {
		return host.decoding() == 2 && host.hears(440) > 0.03 && host.hears(1100) > 0.03
	})

	host.mute(t, "Bình")
	waitFor(t, "the guest's page to be silent", func() bool { return host.hears(1100) < 0.01 && guest.is(`!roombridge.media.micOn`) })
	host.mute(t, "Hall") // it goes on sending
	waitFor(t, "the terminal not to be heard", func() bool { return host.hears(440) < 0.01 })
	guest.click("mic")
	waitFor(t, "who opens the microphone again to be heard", func() bool { return host.hears(1100) > 0.03 })
	host.mute(t, "Hall")
	waitFor(t, "the terminal to be heard again", func() bool { return host.hears(440) > 0.03 })

	host.lead("lead", "entry-locked")
	waitFor(t, "the lock at the guest's page", func() bool { return guest.is(`document.querySelector('.guarded').checkVisibility()`) })
	late := other.join(t, g, "1001", "Late", "&audio=0&video=0")
	waitFor(t, "the room to be locked", func() bool {
		return late.is(`document.querySelector('.ending h1')?.innerText === 'The room is locked'`)
	})

	host.remove(t, "Hall")
	waitFor(t, "the call to end", func() bool { return len(g.calls()) == 0 })
	if r := terminal.report(); len(r.Calls) != 1 || r.Calls[0].Result == dial.Failed {
		t.Errorf("%+v", r.Calls)
	}
	host.remove(t, "Bình")
	waitFor(t, "the guest to be told", func() bool {
		return guest.is(`document.querySelector('.ending h1')?.innerText === 'You were removed from the meeting'`)
	})

	host.lead("lead", "entry-open")
	again := other.join(t, g, "1001", "Chi", "&raw=1")
	waitFor(t, "somebody else to be in", func() bool { return again.is(`roombridge.status === 'live' && roombridge.participants.length === 2`) })
	host.lead("lead", "end")
	host.must(`document.querySelector('dialog[open] .danger').click()`)
	for _, p := range []*tab{host, again} {
		waitFor(t, "the end", func() bool {
			return p.is(`document.querySelector('.ending h1')?.innerText === 'The meeting has ended'`)
		})
	}
	waitFor(t, "the room to be gone", func() bool {
		var rooms []struct{}
		return g.api("GET", "/rooms", &rooms) == 200 && len(rooms) == 0
	})
}

// A room with PINs by the number plan: a page is asked, wrong once and then a guest; the host's PIN makes a host, who
// calls a registered terminal in by its name, hands the lead over and gives it up.
func TestHostCallsIn(t *testing.T) {
	t.Setenv("ROOMBRIDGE_SIP_REGISTER_ENABLED", "true")
	t.Setenv("ROOMBRIDGE_SIP_REGISTER_USERS", "phonghop1=geheim")
	g := startGateway(t, gwOptions{})
	if status := g.send("PUT", "/numbers/1003", `{"number":"1003","room":"council","guest_pin":"4321","host_pin":"987654"}`); status/100 != 2 {
		t.Fatal(status)
	}
	account := fmt.Sprintf("<sip:phonghop1@%s;transport=tcp>;auth_pass=geheim;regint=60;answermode=auto", g.sipUDP)
	b := startBaresip(t, baresipOptions{tone: 440, transport: "tcp", account: account})

	chrome := startChrome(t, 700, chromedp.Flag("use-file-for-fake-video-capture", camera(t, "red")))
	guest := chrome.join(t, g, "council", "Bình", "&audio=0&video=0")
	guest.typesPIN(t, "1111")
	waitFor(t, "the PIN to be wrong", func() bool {
		return guest.is(`document.querySelector('.door [role="alert"]')?.innerText.includes('2')`)
	})
	guest.typesPIN(t, "4321")
	waitFor(t, "the guest to be in", func() bool {
		return guest.is(`roombridge.status === 'live' && roombridge.session.known.role === 'guest'`)
	})
	host := chrome.join(t, g, "council", "An", "&raw=1")
	host.typesPIN(t, "987654")
	waitFor(t, "the host to be in", func() bool {
		return host.is(`roombridge.status === 'live' && roombridge.session.known.role === 'host' && roombridge.participants.length === 2`)
	})

	waitFor(t, "the terminal to be registered", func() bool { d := g.devices(); return len(d) == 1 && d[0].Online })
	host.lead("dial", "call-phonghop1")
	waitFor(t, "the terminal to be seated and seen", func() bool {
		return host.is(`roombridge.participants.some((p) => p.kind === 'terminal' && p.picture)`) && host.decoding() == 1 && host.hears(440) > 0.03
	})
	if c := g.calls(); len(c) != 1 || c[0].Direction != "out" || c[0].Room != "council" {
		t.Errorf("%+v", c)
	}
	waitFor(t, "the terminal to see and hear the host", func() bool { return b.picture() != nil && b.hears(700) > 0.03 })

	host.lead("people", "appoint-"+host.id(t, "participants", "Bình"))
	host.must(`document.querySelector('dialog[open] .filled').click()`)
	waitFor(t, "another host", func() bool {
		return guest.is(`roombridge.session.known.role === 'host' && roombridge.session.known.lead.dial === 'devices'`)
	})
	host.lead("lead", "resign")
	host.must(`document.querySelector('dialog[open] .filled').click()`)
	waitFor(t, "the lead to be given up", func() bool {
		return host.is(`roombridge.session.known.role === 'guest' && !document.querySelector('[data-control="lead"]').checkVisibility()`)
	})
}

// typesPIN answers the door's question, when it is asked and open for an answer.
func (p *tab) typesPIN(t *testing.T, pin string) {
	t.Helper()
	waitFor(t, "the door", func() bool {
		return p.is(`document.querySelector('.door input[name="pin"]') && !document.querySelector('.door button[type="submit"]').disabled`)
	})
	p.must(fmt.Sprintf(`(() => { const i = document.querySelector('.door input[name="pin"]'); i.value = %q; i.form.requestSubmit(); })()`, pin))
}

// is tells whether something holds in the page.
func (p *tab) is(js string) bool {
	var ok bool
	return p.eval("Boolean("+js+")", &ok) == nil && ok
}

func (p *tab) must(js string) {
	p.t.Helper()
	var nothing any
	if err := p.eval("("+js+", null)", &nothing); err != nil {
		p.t.Fatalf("%s: %v", js, err)
	}
}

// lead presses something in one of the host's panels.
func (p *tab) lead(panel, key string) {
	p.t.Helper()
	if !p.is(fmt.Sprintf(`document.querySelector('.side').checkVisibility() && document.querySelector('.side').dataset.panel === %q`, panel)) {
		p.click(panel)
	}
	at := fmt.Sprintf(`document.querySelector('.side [data-key=%q]')`, key)
	waitFor(p.t, key, func() bool { return p.is(at + `?.checkVisibility()`) })
	p.must(at + `.click()`)
}

// id finds a participant, or who waits, by the name.
func (p *tab) id(t *testing.T, list, name string) string {
	t.Helper()
	var id string
	waitFor(t, name, func() bool {
		err := p.eval(fmt.Sprintf(`roombridge.session.known.%s.find((x) => x.name === %q)?.id ?? ''`, list, name), &id)
		return err == nil && id != ""
	})
	return id
}

func (p *tab) letIn(t *testing.T, name string) {
	t.Helper()
	p.lead("people", "admit-"+p.id(t, "waiting", name))
}

func (p *tab) mute(t *testing.T, name string) {
	t.Helper()
	p.lead("people", "mute-"+p.id(t, "participants", name))
}

func (p *tab) remove(t *testing.T, name string) {
	t.Helper()
	p.lead("people", "remove-"+p.id(t, "participants", name))
	p.must(`document.querySelector('dialog[open] .danger').click()`)
}
