package terminal

import (
	"fmt"
	"time"
)

const (
	// patience is how long something may take before it is worth a word.
	patience = time.Second
	// redraw is how often a terminal's line is drawn anew.
	redraw = 200 * time.Millisecond
)

// Progress says on a terminal, after a second, what is being done and for how long; elsewhere it
// writes one line then. The function it returns ends that, and removes the line from a terminal; it
// is to be called once.
func (o *Output) Progress(what string) (done func()) {
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		o.progress(what, stop)
	}()
	return func() {
		close(stop)
		<-ended
	}
}

func (o *Output) progress(what string, stop <-chan struct{}) {
	start := time.Now()
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case <-stop:
		return
	case <-wait.C:
	}
	if !o.tty {
		o.Printf("%s …\n", what)
		<-stop
		return
	}
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	signs := []rune("⠋⠙⠸⠴⠦⠇")
	for i := 0; ; i++ {
		fmt.Fprintf(o.w, "\r\x1b[K%c %s … %d s", signs[i%len(signs)], Safe(what),
			int(time.Since(start).Seconds()))
		select {
		case <-stop:
			fmt.Fprint(o.w, "\r\x1b[K")
			return
		case <-tick.C:
		}
	}
}
