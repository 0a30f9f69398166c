package wire

// deadline is when a socket's handler is to be called; it is in a heap while
// there is one.
type deadline struct {
	at    int64 // 0 is none
	place int   // in the heap
	sock  *udp
}

// deadlines is a heap, the earliest first. A deadline knows its place, so that
// it can be changed.
type deadlines []*deadline

// next is the earliest; 0 is none.
func (h deadlines) next() int64 {
	if len(h) == 0 {
		return 0
	}
	return h[0].at
}

// set changes, adds or removes one.
func (h *deadlines) set(d *deadline, at int64) {
	was := d.at
	d.at = at
	switch {
	case was == 0 && at == 0:
	case was == 0:
		d.place = len(*h)
		*h = append(*h, d)
		h.up(d.place)
	case at == 0:
		last := len(*h) - 1
		moved := (*h)[last]
		(*h)[last] = nil
		*h = (*h)[:last]
		if moved != d {
			(*h)[d.place], moved.place = moved, d.place
			h.down(h.up(moved.place))
		}
	default:
		h.down(h.up(d.place))
	}
}

func (h deadlines) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// up moves an entry towards the front and gives its new place.
func (h deadlines) up(i int) int {
	for i > 0 && h[i].at < h[(i-1)/2].at {
		h.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
	return i
}

// down moves an entry towards the end.
func (h deadlines) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h[child].at < h[least].at {
				least = child
			}
		}
		if least == i {
			return
		}
		h.swap(i, least)
		i = least
	}
}
