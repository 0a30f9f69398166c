package transcode

import "github.com/roombridge/roombridge/bridge/media"

// Decoded counts pictures that workers were given to decode.
type Decoded struct {
	Frames  uint64 // decoded
	Damaged uint64 // not shown: the last good picture stood
	Errors  uint64 // of them, which the decoder refused
}

func (d *Decoded) add(o Decoded) {
	d.Frames += o.Frames
	d.Damaged += o.Damaged
	d.Errors += o.Errors
}

// decodedOf reads a worker's counters of an input.
func decodedOf(st VideoInputStats) Decoded { return Decoded{st.Frames, st.Damaged, st.Errors} }

// decodedCounts remembers what one worker has told of its inputs. It is the reader's alone.
type decodedCounts map[StreamID]Decoded

// take gives what has come since the last time, by codec. Inputs that do not
// exist count for nothing, and so does what counts backwards.
func (c decodedCounts) take(list []VideoInputStats, inputs []VideoInput) map[media.Codec]Decoded {
	codecs := make(map[StreamID]media.Codec, len(inputs))
	for _, in := range inputs {
		codecs[in.ID] = in.Codec
	}
	for id := range c {
		if _, there := codecs[id]; !there {
			delete(c, id)
		}
	}
	var fresh map[media.Codec]Decoded
	for _, st := range list {
		codec, there := codecs[st.ID]
		now, before := decodedOf(st), c[st.ID]
		if !there || now.Frames < before.Frames || now.Damaged < before.Damaged || now.Errors < before.Errors || now == before {
			continue
		}
		c[st.ID] = now
		if fresh == nil {
			fresh = map[media.Codec]Decoded{}
		}
		sum := fresh[codec]
		sum.add(Decoded{now.Frames - before.Frames, now.Damaged - before.Damaged, now.Errors - before.Errors})
		fresh[codec] = sum
	}
	return fresh
}

// countDecoded adds what a meeting's worker has told.
func (s *Supervisor) countDecoded(fresh map[media.Codec]Decoded) {
	if len(fresh) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for codec, n := range fresh {
		sum := s.decoded[codec]
		sum.add(n)
		s.decoded[codec] = sum
	}
}
