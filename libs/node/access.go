package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// What bounds the writing of what the access log still holds at the end: how long its output may
// take nothing, and how long all of it may take.
const flushTimeout, flushAtMost = 2 * time.Second, 10 * time.Second

// access is where records of requests go. One writer serves all the time; a
// reload, or SIGUSR1 after a log file was moved away, gives it another output.
type access struct {
	log            *logrus.Logger
	stdout, stderr io.Writer
	out            *accesslog.Writer

	mu    sync.Mutex
	cfg   config.AccessLog // guarded by mu; in force, with the value of a secret
	shown string           // guarded by mu; the output as the document has it
}

// accessOf is what a document says of the access log, with the values of secrets.
func accessOf(doc *config.Document) config.AccessLog {
	cfg := doc.AccessLog
	cfg.Output = doc.Secret(cfg.Output)
	return cfg
}

func newAccess(doc *config.Document, registry *metrics.Registry, o Options) (*access, error) {
	cfg := accessOf(doc)
	a := &access{
		log: o.Log, stdout: o.Stdout, stderr: o.Stderr, cfg: cfg, shown: doc.AccessLog.Output,
	}
	out, err := a.open(cfg.Output, a.shown)
	if err != nil {
		return nil, err
	}
	a.out = accesslog.NewWriter(out, sampling(cfg))
	registry.SetAccessLogDropped(a.out.Dropped)
	return a, nil
}

// standard is an output that is not this log's to close.
type standard struct{ io.Writer }

// open opens an output, which is shown as the document has it. A file is appended to, and is its
// writer's to close.
func (a *access) open(output, shown string) (io.Writer, error) {
	switch output {
	case config.OutputOff:
		return io.Discard, nil
	case config.OutputStdout:
		return standard{a.stdout}, nil
	case config.OutputStderr:
		return standard{a.stderr}, nil
	}
	f, err := files.OpenLog(output, 0o640)
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = fmt.Errorf("%s: %w", shown, pathErr.Err) // its path may be a secret
	}
	if err != nil {
		return nil, fmt.Errorf("the access log: %w", err)
	}
	return f, nil
}

func sampling(cfg config.AccessLog) accesslog.Options {
	o := accesslog.Options{Sample: cfg.Sample, SampleNone: cfg.Sample == 0}
	switch cfg.Errors {
	case config.ErrorsSampled:
		o.Errors = accesslog.Sampled
	case config.ErrorsNever:
		o.Errors = accesslog.Never
	}
	return o
}

// writer is what the engine logs to with these settings; nil is nothing.
func (a *access) writer(doc *config.Document) *accesslog.Writer {
	if doc.Secret(doc.AccessLog.Output) == config.OutputOff {
		return nil
	}
	return a.out
}

// change puts other settings in force. When the output cannot be opened
// everything stays as it was.
func (a *access) change(doc *config.Document) error {
	cfg, shown := accessOf(doc), doc.AccessLog.Output
	a.mu.Lock()
	defer a.mu.Unlock()
	if cfg.Output != a.cfg.Output {
		if err := a.out.Reopen(func() (io.Writer, error) {
			return a.open(cfg.Output, shown)
		}); err != nil {
			return err
		}
	}
	a.out.SetSampling(sampling(cfg))
	a.cfg, a.shown = cfg, shown
	return nil
}

// reopen opens the file anew, for a rotation that has moved it away.
func (a *access) reopen() {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch a.cfg.Output {
	case config.OutputOff, config.OutputStdout, config.OutputStderr:
		a.log.WithField("output",
			a.shown).Info("SIGUSR1: the access log is no file; there is nothing to reopen")
		return
	}
	entry := a.log.WithField("file", a.shown)
	if err := a.out.Reopen(func() (io.Writer, error) {
		return a.open(a.cfg.Output, a.shown)
	}); err != nil {
		entry.WithError(err).
			Error("SIGUSR1: the access log could not be reopened; the old file stays in use")
		return
	}
	entry.Info("SIGUSR1: the access log was reopened")
}

// run reopens the log on SIGUSR1 until ctx ends, then writes out the rest.
func (a *access) run(ctx context.Context) error {
	reopens := make(chan os.Signal, 1)
	signal.Notify(reopens, syscall.SIGUSR1)
	defer signal.Stop(reopens)
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-reopens:
			a.reopen()
		}
	}
	a.close()
	return nil
}

// close writes out the rest, for as long as the output takes some of it. A reader that has stopped
// is no reason for the process to fail at its end.
func (a *access) close() {
	for waited := time.Duration(0); waited < flushAtMost; waited += flushTimeout {
		before := a.out.Taken()
		flush, cancel := context.WithTimeout(context.Background(), flushTimeout)
		err := a.out.Close(flush)
		cancel()
		if err == nil {
			return
		}
		if a.out.Taken() == before {
			break
		}
	}
	a.log.WithField("dropped", a.out.Dropped()).
		Warn("the access log's output takes nothing: its last lines are lost")
}
