package room

// budget is what the pictures on the way to one browser may take together.
// The room does not know a path's capacity and sends no probes: it gives a
// generous budget, grows it slowly while the path is clear, and when a queue
// or loss shows cuts it to what really arrived. A budget that was too much
// after growing is grown again only after longer and longer patience.
type budget struct {
	value   int // bit/s
	ceiling int // the browser's own estimate (REMB), 0 is none
	acked   int // what arrived in the last window, bit/s

	window   span
	at       int64 // last change of value
	hold     int64 // no growth before
	patience int64
	grown    bool // since the last cut
	before   int  // value before the last cut
}

type span struct {
	since                 int64
	received, lost, bytes int
	queue                 float64
}

// The budget's figures.
const (
	budgetStart = 3_000_000
	budgetLeast = 100_000
	budgetMost  = 20_000_000

	budgetWindow  = 200e6 // ns of feedback that are judged together
	queueBad      = 150   // ms
	queueGood     = 60    // ms
	lossBad       = 0.12
	lossGood      = 0.03
	patienceLeast = 4e9
	patienceMost  = 60e9
	growthPerSec  = 0.10
	regainPerSec  = 0.40 // up to what was fine before the cut
	regainWait    = 1e9  // ns after a cut, without another
)

func newBudget() budget { return budget{value: budgetStart, patience: patienceLeast} }

func (b *budget) bitrate(int64) int {
	if b.ceiling > 0 && b.ceiling < b.value {
		return max(b.ceiling, budgetLeast)
	}
	return b.value
}

// feedback takes what one message of the browser told: packets received and
// lost, bytes received and the queueing delay in milliseconds.
func (b *budget) feedback(received, lost, bytes int, queue float64, now int64) {
	w := &b.window
	if w.since == 0 {
		w.since = now
	}
	w.received += received
	w.lost += lost
	w.bytes += bytes
	w.queue = max(w.queue, queue)
	took := now - w.since
	if took < budgetWindow || w.received+w.lost < 10 && took < 1e9 {
		return
	}
	b.acked = int(int64(w.bytes) * 8 * 1e9 / took)
	b.judge(*w, now, took)
	*w = span{since: now}
}

func (b *budget) judge(w span, now, took int64) {
	loss := 0.0
	if n := w.received + w.lost; n > 0 {
		loss = float64(w.lost) / float64(n)
	}
	bad := w.queue > queueBad || loss > lossBad && w.lost > 3
	good := !bad && w.queue < queueGood && loss < lossGood
	switch {
	case bad && now-b.at > 500e6:
		b.cut(now)
	case good && b.value < b.before*9/10 && now > b.at+regainWait:
		b.grow(regainPerSec, took)
		b.value = min(b.value, b.before*9/10)
	case good && now > b.hold:
		b.grow(growthPerSec, took)
		b.grown = true
		if now > b.hold+30e9 {
			b.patience = patienceLeast
		}
	}
}

// cut answers a queue or loss. Cuts that follow one another soon mean that the
// path really carries less: what was before the first of them is not regained.
func (b *budget) cut(now int64) {
	if b.grown && now < b.hold+10e9 { // the last growing was too much
		b.patience = min(2*b.patience, patienceMost)
	}
	again := now-b.at < 3e9
	b.before = b.value
	b.value = max(budgetLeast, min(b.value, max(b.acked*85/100, b.value/2)))
	if again {
		b.before = b.value
	}
	b.at, b.hold, b.grown = now, now+b.patience, false
}

func (b *budget) grow(perSec float64, took int64) {
	b.value = min(budgetMost, b.value+int(float64(b.value)*perSec*float64(took)/1e9))
}
