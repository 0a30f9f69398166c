package h323

import "time"

// Press implements bridge.Handset: keys by H.245 user input.
func (l *leg) Press(digits string) {
	l.box.Offer(func() {
		if l.ctl != nil && l.state == stateUp {
			l.ctl.SendDigits(time.Now(), digits)
		}
	})
}

// Hold implements bridge.Handset: an empty capability set stops what the far end
// sends, the full one lets it begin again (H.323 8.4.6).
func (l *leg) Hold(hold bool) {
	l.box.Offer(func() {
		if l.ctl != nil && l.state == stateUp {
			l.ctl.Hold(time.Now(), hold)
		}
	})
}
