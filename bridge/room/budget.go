package room

// budget is what the pictures on the way to one browser may take together.
// What a path carries is found by probing (probing.go), and when a queue or loss
// shows the budget is cut to what really arrived. A browser that cannot be
// probed is given a generous budget, which grows slowly while the path is clear;
// one that was too much after growing is grown again only after longer and longer
// patience.
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

	loss   float64 // of the last second
	usual  float64 // what is lost although nothing waits
	waits  int64   // since when packets wait; 0: they do not
	calm   bool    // the last window had neither a queue nor more loss than usual
	search probing
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
	queueGood     = 60    // ms; for queueLong it is bad
	queueLong     = 1e9   // ns
	queueNone     = 25    // ms, which a path has that is not full
	queueCalm     = 40    // ms, in which a path may be tried
	lossDeep      = 0.30
	lossBad       = 0.08 // beyond what is usual
	lossFull      = 0.05 // likewise, while packets wait
	lossGood      = 0.03 // likewise
	lossSecond    = 1e9  // ns, over which loss is measured
	lossLearn     = 5e9  // ns, in which it becomes usual
	lossUsual     = 0.10 // at most
	lossPrior     = 0.04 // before anything is known
	patienceLeast = 4e9
	patienceMost  = 60e9
	cutAgain      = 500e6
	growthPerSec  = 0.10
	regainPerSec  = 0.40 // up to what was fine before the cut
	regainWait    = 1e9  // ns after a cut, without another
)

func newBudget() budget {
	return budget{value: budgetStart, patience: patienceLeast, usual: lossPrior, calm: true}
}

func (b *budget) bitrate() int {
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
	loss := b.lost(w, took)
	waits := b.stands(w.queue, now)
	full := w.queue > queueNone && b.loss > b.usual+lossFull // what does not fit in the queue is lost
	bad := w.queue > queueBad || waits > queueLong || w.lost > 3 && (loss > lossDeep || b.loss > b.usual+lossBad || full)
	good := !bad && w.queue < queueGood && b.loss < b.usual+lossGood
	b.calm = !bad && w.queue < queueCalm && b.loss < b.usual+lossBad
	switch {
	case bad && now-b.at > cutAgain, loss > lossDeep && bad && now-b.at > cutAgain/2:
		b.cut(now)
	case b.search.able: // it grows by what probes find
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

// lost gives the part that a window lost. A path that loses packets while
// none of them waits is not helped by less.
func (b *budget) lost(w span, took int64) (loss float64) {
	if n := w.received + w.lost; n > 0 {
		loss = float64(w.lost) / float64(n)
	}
	b.loss += (loss - b.loss) * min(float64(took)/lossSecond, 1)
	if w.queue < queueNone {
		b.usual += (min(b.loss, lossUsual) - b.usual) * min(float64(took)/lossLearn, 1)
	}
	return loss
}

// stands tells for how long packets have waited, nanoseconds.
func (b *budget) stands(queue float64, now int64) int64 {
	switch {
	case queue < queueGood:
		b.waits = 0
	case b.waits == 0:
		b.waits = now
	default:
		return now - b.waits
	}
	return 0
}

// cut answers a queue or loss. Cuts that follow one another soon mean that the
// path really carries less: what was before the first of them is not regained.
func (b *budget) cut(now int64) {
	if b.search.able {
		b.value = max(budgetLeast, min(b.value, max(b.acked*85/100, b.value/3)))
		b.search.wrong(now)
		b.at, b.waits = now, 0
		return
	}
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
