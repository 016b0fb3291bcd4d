package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

// What bounds the writing of what the access log still holds at the end: how long its output may
// take nothing, and how long all of it may take.
const flushTimeout, flushAtMost = 2 * time.Second, 10 * time.Second

// access is where records of requests go. One writer serves all the time; a reload, or a log file
// that was moved away, gives it another output.
type access struct {
	log            *logrus.Logger
	stdout, stderr io.Writer
	env            func(string) string
	out            *accesslog.Writer

	mu      sync.Mutex
	cfg     config.AccessLog // guarded by mu; in force, with the value of a secret
	shown   string           // guarded by mu; the output as the document has it
	secrets []string         // guarded by mu; names of the query that auth has credentials in
	file    fs.FileInfo      // guarded by mu; the file that is written to, nil: it is none

	health lossWatch // of run
	looks  chan bool // capacity 1; what the look at the file that is under way has found
}

// accessOf is what a document says of the access log, with the values of secrets.
func accessOf(doc *config.Document) config.AccessLog {
	cfg := doc.AccessLog
	cfg.Output = doc.Secret(cfg.Output)
	cfg.Redact.Query = nil
	for _, name := range doc.AccessLog.Redact.Query {
		cfg.Redact.Query = append(cfg.Redact.Query, doc.Secret(name))
	}
	return cfg
}

func newAccess(doc *config.Document, registry *metrics.Registry, o Options) (*access, error) {
	a := &access{
		log: o.Log, stdout: o.Stdout, stderr: o.Stderr, env: o.Env, cfg: accessOf(doc),
		shown: doc.AccessLog.Output, secrets: doc.QueriesWithSecrets(), looks: make(chan bool, 1),
	}
	out, file, err := a.open(a.cfg.Output, a.shown)
	if err != nil {
		return nil, err
	}
	a.file = file
	a.out = accesslog.NewWriter(out, a.options(a.cfg, a.secrets))
	registry.SetAccessLogDropped(a.out.Dropped)
	return a, nil
}

// standard is an output that is not this log's to close.
type standard struct{ io.Writer }

// open opens an output, which is shown as the document has it. A file is appended to, and is its
// writer's to close; what is known of it comes with it, unless it is a device.
func (a *access) open(output, shown string) (io.Writer, fs.FileInfo, error) {
	switch output {
	case config.OutputOff:
		return io.Discard, nil, nil
	case config.OutputStdout:
		return standard{a.stdout}, nil, nil
	case config.OutputStderr:
		return standard{a.stderr}, nil, nil
	}
	f, err := files.OpenLog(output, 0o640)
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = fmt.Errorf("%s: %w", shown, pathErr.Err) // its path may be a secret
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the access log: %w", err)
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return f, nil, nil
	}
	return f, info, nil
}

// options are those of the writer.
func (a *access) options(cfg config.AccessLog, secrets []string) accesslog.Options {
	o := accesslog.Options{
		Sample: cfg.Sample, SampleNone: cfg.Sample == 0, Slow: cfg.Slow,
		Form: a.form(cfg, secrets),
	}
	switch cfg.Errors {
	case config.ErrorsSampled:
		o.Errors = accesslog.Sampled
	case config.ErrorsNever:
		o.Errors = accesslog.Never
	}
	return o
}

// form is how the lines look. Colours are as no-color.org has them: none with NO_COLOR, whatever
// its value, if it has one.
func (a *access) form(cfg config.AccessLog, secrets []string) accesslog.Form {
	watched := false
	switch cfg.Output {
	case config.OutputStdout:
		watched = program.Terminal(a.stdout)
	case config.OutputStderr:
		watched = program.Terminal(a.stderr)
	}
	f := accesslog.Form{
		Text:    cfg.Format == config.FormatText || cfg.Format == config.FormatAuto && watched,
		Watched: watched, Query: cfg.Query, HideFields: cfg.Redact.Fields,
	}
	if a.env != nil {
		f.Colour = watched && a.env("NO_COLOR") == "" && a.env("TERM") != "dumb"
	}
	if cfg.Query {
		f.HideQuery = slices.Concat(accesslog.SecretQueries(), secrets, cfg.Redact.Query)
	}
	return f
}

// writer is what the engine logs to with these settings; nil is nothing.
func (a *access) writer(doc *config.Document) *accesslog.Writer {
	if doc.Secret(doc.AccessLog.Output) == config.OutputOff {
		return nil
	}
	return a.out
}

// share says whether another process writes to the same output.
func (a *access) share(yes bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	// A file takes what is appended to it whole, however much that is.
	a.out.Shared(yes && a.file == nil)
}

// change puts other settings in force. When the output cannot be opened everything stays as it was.
// A file that was moved away is opened anew, though the settings are the same.
func (a *access) change(doc *config.Document) error {
	cfg, shown, secrets := accessOf(doc), doc.AccessLog.Output, doc.QueriesWithSecrets()
	a.mu.Lock()
	defer a.mu.Unlock()
	options := a.options(cfg, secrets)
	if cfg.Output != a.cfg.Output || moved(files.Stat, cfg.Output, a.file) {
		if err := a.reopenAs(cfg.Output, shown, options); err != nil {
			return err
		}
	} else {
		a.out.Change(options)
	}
	a.cfg, a.shown, a.secrets = cfg, shown, secrets
	return nil
}

// reopenAs opens an output and has all that is logged from now on go there. It needs mu held.
func (a *access) reopenAs(output, shown string, o accesslog.Options) error {
	var file fs.FileInfo
	err := a.out.Reopen(func() (out io.Writer, err error) {
		out, file, err = a.open(output, shown)
		return out, err
	}, o)
	if err == nil {
		a.file = file
	}
	return err
}

// reopen opens the file anew, for a rotation that has moved it away. why begins what is said of it.
// It reports whether that worked; of failures nothing is said if quiet.
func (a *access) reopen(why string, quiet bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch a.cfg.Output {
	case config.OutputOff, config.OutputStdout, config.OutputStderr:
		a.log.WithField("output",
			a.shown).Info(why + ": the access log is no file; there is nothing to reopen")
		return true
	}
	entry := a.log.WithField("file", a.shown)
	if err := a.reopenAs(a.cfg.Output, a.shown, a.options(a.cfg, a.secrets)); err != nil {
		if !quiet {
			entry.WithError(err).
				Error(why + ": the access log could not be reopened; the old file stays in use")
		}
		return false
	}
	entry.Info(why + ": the access log was reopened")
	return true
}

// run looks after the log until ctx ends, then writes out the rest: it reopens the file on SIGUSR1,
// or when another is in its place, and says when lines are lost.
func (a *access) run(ctx context.Context) error {
	reopens := make(chan os.Signal, 1)
	notifyReopen(reopens)
	defer signal.Stop(reopens)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	looking, failing := false, false
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-reopens:
			failing = !a.reopen("SIGUSR1", false)
		case <-tick.C:
			a.health.look(a.out, a.log)
			looking = looking || a.look()
		case gone := <-a.looks:
			looking = false
			if gone { // until it works, one line says that it does not
				failing = !a.reopen("the file is not at its path any more", failing)
			}
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
