package video

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
)

// Build is what the engine needs of the codecs of a build.
type Build struct {
	Encodes  func(media.Codec) bool
	Decoder  func(c media.Codec, parameterSets string) (codec.VideoDecoder, error)
	Encoder  func(media.Codec, codec.VideoSettings) (codec.VideoEncoder, error)
	Scaler   func() (Scaler, error)
	Composer func(width, height int, aspect float64) (Composer, error)
}

// Scaler draws all of src into a place of dst. It is used by one goroutine at a time.
type Scaler interface {
	Scale(dst *codec.Picture, to Rect, src *codec.Picture) error
	Close()
}

// Composer draws scenes. source gives the newest picture of a stream, held for the
// composer, or nil. The picture it gives is held for the caller, who may not write to it;
// changed tells whether it differs from the last one. It is used by one goroutine at a time.
type Composer interface {
	Compose(s *transcode.Scene, source func(transcode.StreamID) *codec.Picture, now time.Duration) (p *codec.Picture, changed bool)
	// Hurry says whether there is no time for what only looks nice.
	Hurry(on bool)
	Close()
}

// Sink takes what an Engine makes, from any of its goroutines. It never blocks.
type Sink interface {
	// Packets takes the packets of one frame of an output, valid during the call.
	Packets(list []transcode.Frame)
	// KeyframeWanted says that an input cannot be shown before a keyframe.
	KeyframeWanted(id transcode.StreamID)
	// Refused says that a stream of the graph is not served.
	Refused(id transcode.StreamID, reason string)
	// Starved says that no picture could be encoded for long: this process is of no use any more.
	Starved(err error)
}

// Options say how an Engine works.
type Options struct {
	Build Build
	CPUs  int    // codec work done at once, 0 is one for each processor
	Lower func() // brings the calling thread's priority down; nil leaves it
}

// Engine is one meeting's pictures. SetGraph, Write and Refresh are called by one
// goroutine, Stats by any.
type Engine struct {
	build   Build
	sink    Sink
	threads *threads
	begun   time.Time
	running sync.WaitGroup
	shots   atomic.Uint64

	decoders atomic.Int64 // open
	scarcity scarcity

	mu           sync.Mutex // guards what follows for Stats; the caller of SetGraph alone writes
	inputs       map[transcode.StreamID]*input
	outputs      map[transcode.StreamID]*output
	encoders     []*encoder
	compositions []*composition
}

// New makes an engine with an empty graph.
func New(o Options, sink Sink) *Engine {
	if o.CPUs <= 0 {
		o.CPUs = runtime.NumCPU()
	}
	return &Engine{
		build: o.Build, sink: sink, threads: newThreads(o.CPUs, o.Lower), begun: time.Now(),
		inputs: make(map[transcode.StreamID]*input), outputs: make(map[transcode.StreamID]*output),
	}
}

// now is the engine's clock.
func (e *Engine) now() time.Duration { return time.Since(e.begun) }

// Write takes an RTP payload of an input that came now.
func (e *Engine) Write(f transcode.Frame) {
	if in := e.inputs[f.Stream]; in != nil {
		in.write(f, e.now())
	}
}

// Refresh makes an output send a keyframe soon.
func (e *Engine) Refresh(id transcode.StreamID) {
	o := e.outputs[id]
	if o == nil {
		return
	}
	o.mu.Lock()
	enc := o.encoder
	o.mu.Unlock()
	if enc != nil {
		enc.refresh()
	}
}

func (e *Engine) refuse(id transcode.StreamID, err error) { e.sink.Refused(id, err.Error()) }

// Idle tells that there is nothing to show and nobody to see it.
func (e *Engine) Idle() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.inputs)+len(e.outputs) == 0
}

// Stats adds the pictures' counters. It is called about once a second.
func (e *Engine) Stats(st *transcode.WorkerStats) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	st.Decoders, st.VideoEncoders, st.Compositions = int(e.decoders.Load()), len(e.encoders), len(e.compositions)
	for _, in := range e.inputs {
		st.VideoInputs = append(st.VideoInputs, in.stats())
	}
	shared := make(map[*encoder]transcode.VideoOutputStats, len(e.encoders))
	for _, enc := range e.encoders {
		shared[enc] = enc.stats(now)
	}
	for _, o := range e.outputs {
		own, enc := o.stats()
		all := shared[enc]
		all.ID, all.Frames, all.Keyframes, all.Bytes = o.id, own.Frames, own.Keyframes, own.Bytes
		st.VideoOutputs = append(st.VideoOutputs, all)
	}
	slices.SortFunc(st.VideoInputs, func(a, b transcode.VideoInputStats) int { return int(a.ID) - int(b.ID) })
	slices.SortFunc(st.VideoOutputs, func(a, b transcode.VideoOutputStats) int { return int(a.ID) - int(b.ID) })
}

// Close ends all streams and waits for what runs.
func (e *Engine) Close() {
	e.SetGraph(transcode.Graph{})
	e.running.Wait()
	e.threads.close()
}
