package program

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/sirupsen/logrus"
)

// Signals are SIGTERM and SIGINT, which ask a process to end.
//
// The first one ends the context. What a second one does depends on whether there is something to
// drain. While there is not, it ends the process at once. After Drain it changes nothing, for
// it need not mean more than the first: systems that stop services repeat themselves, and
// each request that is cut off is somebody's. Only a person who types Ctrl-C twice at the terminal
// ends the process at once; the first time, the log says what the second will do.
type Signals struct {
	ctx    context.Context
	cancel context.CancelFunc
	taken  chan os.Signal
	quit   chan struct{}
	done   chan struct{}

	mu  sync.Mutex
	log *logrus.Logger // guarded by mu; nil: there is nothing to drain
}

// Notify takes the signals from now on, until Stop.
func Notify(ctx context.Context) *Signals {
	s := &Signals{
		taken: make(chan os.Signal, 8), quit: make(chan struct{}), done: make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(ctx)
	signal.Notify(s.taken, syscall.SIGTERM, syscall.SIGINT)
	go s.run()
	return s
}

// Context ends with the first signal.
func (s *Signals) Context() context.Context { return s.ctx }

// Drain says that from now on there is something to drain when a signal comes.
func (s *Signals) Drain(log *logrus.Logger) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = log
}

// Stop gives the signals back to whatever they do by themselves, and ends the context.
func (s *Signals) Stop() {
	signal.Stop(s.taken)
	s.cancel()
	close(s.quit)
	<-s.done
}

func (s *Signals) run() {
	defer close(s.done)
	typed := 0
	for {
		select {
		case <-s.quit:
			return
		case sig := <-s.taken:
			s.mu.Lock()
			log := s.log
			s.mu.Unlock()
			if log == nil {
				s.cancel()
				signal.Stop(s.taken) // the next one ends the process
				continue
			}
			if sig == syscall.SIGINT && atTerminal() {
				typed++
			}
			s.drain(log, sig, typed)
		}
	}
}

// drain takes a signal that comes when there is something to drain. typed counts how often SIGINT
// was typed, this time included.
func (s *Signals) drain(log *logrus.Logger, sig os.Signal, typed int) {
	again := s.ctx.Err() != nil
	s.cancel()
	switch {
	case typed > 1:
		log.Warn(
			"Ctrl-C for the second time: the process ends at once, and what still runs is cut off")
		if out, ok := log.Out.(*Outlet); ok {
			out.Close()
		}
		os.Exit(ExitFailed)
	case typed == 1 && sig == syscall.SIGINT:
		log.Warn(
			"draining; Ctrl-C once more ends the process at once, and cuts off what still runs")
	case again:
		log.WithField("signal", signalName(sig)).
			Warn("the process drains already and goes on with it; only " + killing +
				" ends it at once")
	}
}

// OutliveReaders lets the process go on when who reads its stdout or stderr goes away: writing then
// fails, as to any other file. Without it the first write would end the process by SIGPIPE, also
// where that was ignored when the process was started. It changes the whole process, so only a main
// function may call it.
func OutliveReaders() {
	// Not signal.Ignore, which programs that this one starts would inherit.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}

// Hangups takes SIGHUP, which asks for a reload, until stop is called. It has to be called before
// anything that takes long: a SIGHUP that nobody takes ends the process.
func Hangups() (hangups <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}
