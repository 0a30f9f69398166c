package video

import (
	"runtime"
	"sync"
)

// task is a piece of codec work. It is used again and again by one goroutine.
type task struct {
	run  func()
	done chan struct{}
}

func newTask(run func()) task { return task{run: run, done: make(chan struct{}, 1)} }

// threads do codec work, one piece each at a time, in the order of asking.
type threads struct {
	tasks chan *task
	all   sync.WaitGroup
}

// newThreads starts n threads. lower brings the calling thread's priority down.
func newThreads(n int, lower func()) *threads {
	t := &threads{tasks: make(chan *task)}
	for range n {
		t.all.Go(func() {
			if lower != nil {
				runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
				lower()
			}
			for k := range t.tasks {
				k.run()
				k.done <- struct{}{}
			}
		})
	}
	return t
}

// do waits for a thread and for the work.
func (t *threads) do(k *task) {
	t.tasks <- k
	<-k.done
}

// close ends the threads. Nobody may ask for work any more.
func (t *threads) close() {
	close(t.tasks)
	t.all.Wait()
}
