package reception

import (
	"context"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/reception/speech"
	"github.com/roombridge/roombridge/bridge/reception/voices"
)

// Voices are the prompts that people hear. Sound is 16 kHz, one channel, 16 bits.
type Voices interface {
	Sound(lang string, p voices.Prompt) []int16
}

// Speech makes the sounds that no prompt is. speech.Maker does.
type Speech interface {
	// Prepare has a sound made that will soon be needed.
	Prepare(w speech.Words)
	// Sound waits for it until ctx ends; nil is that there is none. It is not to be changed.
	Sound(ctx context.Context, w speech.Words) []int16
}

// Reception implements bridge.Usher.
type Reception struct {
	// Voices are the prompts; nil is silence.
	Voices Voices
	// Speech has greetings spoken; nil: they are shown.
	Speech Speech
}

// Expect has made what will be said to a call that is on its way.
func (r Reception) Expect(route bridge.Route) {
	if r.Speech == nil || !route.Greets() {
		return
	}
	for _, w := range New(route, nil).greeting() {
		r.Speech.Prepare(w)
	}
}

var _ bridge.Usher = Reception{}

// Attend implements bridge.Usher.
func (r Reception) Attend(ctx context.Context, v bridge.Visit) (bridge.Route, error) {
	d := &driver{ctx: ctx, voices: r.Voices, speech: r.Speech, visit: v, machine: New(v.Route, v.Refused), timer: time.NewTimer(time.Hour)}
	defer d.timer.Stop()
	defer d.withdraw()
	return d.run()
}

// driver is a Machine at a desk.
type driver struct {
	ctx     context.Context
	voices  Voices
	speech  Speech
	visit   bridge.Visit
	machine *Machine
	timer   *time.Timer

	decided chan error // the answer to the last knock
	leave   func()     // takes the last knock back; nil: there is none
	called  chan called
	spoken  chan []int16

	over   bool
	result bridge.Route
	err    error
}

// called is what became of a call to a far end.
type called struct {
	route bridge.Route
	err   error
}

func (d *driver) run() (bridge.Route, error) {
	d.act(d.machine.Begin(time.Now()))
	for !d.over {
		due := time.Duration(1<<63 - 1)
		if at := d.machine.Due(); !at.IsZero() {
			due = max(time.Until(at), 0)
		}
		d.timer.Reset(due)
		select {
		case <-d.ctx.Done():
			return bridge.Route{}, d.ctx.Err()
		case k := <-d.visit.Digits:
			d.act(d.machine.Key(time.Now(), k))
		case err := <-d.decided:
			d.act(d.machine.Decided(time.Now(), err))
		case c := <-d.called:
			d.act(d.machine.Called(time.Now(), c.route, c.err))
		case s := <-d.spoken:
			d.act(d.machine.Spoken(time.Now(), s))
		case <-d.timer.C:
			d.act(d.machine.Tick(time.Now()))
		}
	}
	return d.result, d.err
}

// act does what the machine wants, and what it wants because of that.
func (d *driver) act(list []Action) {
	for len(list) > 0 && !d.over {
		a := list[0]
		list = append(list[1:], d.do(a)...)
	}
}

func (d *driver) do(a Action) []Action {
	switch a := a.(type) {
	case Show:
		d.visit.Desk.Show(a.Notice)
	case Say:
		d.visit.Desk.Say(d.sound(a))
	case Speak:
		return d.speak(a.Words)
	case Reach:
		d.visit.Stage(a.Stage, a.Route)
	case Find:
		r, err := d.visit.Find(d.ctx, a.Number)
		return d.machine.Found(time.Now(), r, err)
	case Enter:
		role, err := d.visit.Enter(a.Route, a.PIN)
		return d.machine.Entered(time.Now(), role, err)
	case Knock:
		d.ask(a.Route)
	case Call:
		d.call(a.Route)
	case Withdraw:
		d.withdraw()
	case Admit:
		d.leave = nil // the place is kept until the call is seated
		d.over, d.result = true, a.Route
	case Refuse:
		d.over, d.err = true, a.Refusal
	}
	return nil
}

// ask knocks. The answer may come at once.
func (d *driver) ask(r bridge.Route) {
	decided := make(chan error, 1)
	d.decided = decided
	d.leave = d.visit.Knock(r, func(err error) {
		select {
		case decided <- err:
		default: // told twice
		}
	})
}

// call calls the far end, and tells what became of it. It ends with the visit.
func (d *driver) call(r bridge.Route) {
	done := make(chan called, 1)
	d.called = done
	go func() {
		met, err := d.visit.Dial(d.ctx, r)
		done <- called{met, err}
	}()
}

func (d *driver) withdraw() {
	if d.leave != nil {
		d.leave()
	}
	d.leave, d.decided = nil, nil
}

// moment is how long a greeting is waited for that is not there yet.
const moment = 600 * time.Millisecond

// speak has words spoken, those that are ready in a moment.
func (d *driver) speak(words []speech.Words) []Action {
	if d.speech == nil {
		return d.machine.Spoken(time.Now(), nil)
	}
	done := make(chan []int16, 1)
	d.spoken = done
	go func() {
		ctx, cancel := context.WithTimeout(d.ctx, moment)
		defer cancel()
		var all []int16
		for _, w := range words {
			d.speech.Prepare(w)
		}
		for _, w := range words {
			all = joined(all, d.speech.Sound(ctx, w))
		}
		done <- all
	}()
	return nil
}

// rate is that of sounds, Hz, and between the silence between two, samples.
const (
	rate    = 16000
	between = rate / 4
)

// joined puts a sound behind others.
func joined(all, one []int16) []int16 {
	if len(one) > 0 && len(all) > 0 {
		all = append(all, make([]int16, between)...)
	}
	return append(all, one...)
}

// sound puts what is said together.
func (d *driver) sound(s Say) []int16 {
	all := joined(nil, s.Sound)
	if d.voices == nil {
		return all
	}
	for _, p := range s.Prompts {
		all = joined(all, d.voices.Sound(s.Lang, p))
	}
	return all
}
