package codec

// Rest is what a decoder made up for lost packets beyond what was asked for:
// its frames are longer than a gap may be. The zero value is empty.
type Rest struct {
	frame [MaxFrame / 6]float32
	left  []float32
}

// Fill fills pcm with what is left and then with further frames of size
// samples, at most 20 ms, that more makes.
func (r *Rest) Fill(pcm []float32, size int, more func(frame []float32)) {
	for len(pcm) > 0 {
		if len(r.left) == 0 {
			r.left = r.frame[:size]
			more(r.left)
		}
		n := copy(pcm, r.left)
		pcm, r.left = pcm[n:], r.left[n:]
	}
}

// Blend goes over from what is left to what comes now.
func (r *Rest) Blend(pcm []float32) {
	n := min(len(r.left), len(pcm))
	for i, s := range r.left[:n] {
		w := float32(i+1) / float32(n+1)
		pcm[i] = s*(1-w) + pcm[i]*w
	}
	r.left = nil
}
