package video

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// task is a piece of codec work. It is used again and again by one goroutine.
type task struct {
	run  func()
	done chan struct{}
}

func newTask(run func()) task { return task{run: run, done: make(chan struct{}, 1)} }

// threads do codec work, one piece each at a time, in the order of asking. They
// start when there is work for them.
type threads struct {
	most    int32
	lower   func() // brings the calling thread's priority down; nil leaves it
	started atomic.Int32
	tasks   chan *task
	all     sync.WaitGroup
}

func newThreads(n int, lower func()) *threads {
	return &threads{most: int32(n), lower: lower, tasks: make(chan *task)}
}

// do waits for a thread and for the work.
func (t *threads) do(k *task) {
	select {
	case t.tasks <- k:
	default:
		t.start()
		t.tasks <- k
	}
	<-k.done
}

// start begins one thread more, unless there are enough.
func (t *threads) start() {
	if t.started.Add(1) > t.most {
		t.started.Add(-1)
		return
	}
	t.all.Go(func() {
		if t.lower != nil {
			runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
			t.lower()
		}
		for k := range t.tasks {
			k.run()
			k.done <- struct{}{}
		}
	})
}

// close ends the threads. Nobody may ask for work any more.
func (t *threads) close() {
	close(t.tasks)
	t.all.Wait()
}
