package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/replay"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// replayed is the body of config diff --replay --json.
type replayed struct {
	Log string `json:"log"`
	Old side   `json:"old"`
	New side   `json:"new"`
	*replay.Report
}

// replayFlags are what config diff takes for an access log.
type replayFlags struct {
	log              string
	groups, examples int
	exitCode, json   bool
}

func replayFlagsOf(c *cobra.Command, f *replayFlags) {
	c.Flags().StringVar(&f.log, "replay", "",
		"the access log, a `file` or - for standard input, whose requests are compared")
	c.Flags().IntVar(&f.groups, "groups", 20,
		"with --replay: how many `groups` of requests to show, at most 1000")
	c.Flags().IntVar(&f.examples, "examples", 3,
		"with --replay: how many `requests` of each group to show, at most 100")
}

func (f *replayFlags) check(c *cobra.Command, old, new string) error {
	switch {
	case f.log == "":
		return usage(c, "--replay: the name of the log is empty")
	case f.log == config.FromInput && (old == config.FromInput || new == config.FromInput):
		return usage(c, "--replay - and a configuration are both to be standard input")
	case f.groups < 1 || f.groups > 1000:
		return usage(c, "--groups is %d; it must be from 1 to 1000", f.groups)
	case f.examples < 0 || f.examples > 100:
		return usage(c, "--examples is %d; it must be from 0 to 100", f.examples)
	}
	return nil
}

func (a *app) replay(ctx context.Context, old, new string, f replayFlags) error {
	was, wasPlan, oldErr := a.load(old, true)
	is, isPlan, newErr := a.load(new, true)
	if oldErr != nil || newErr != nil {
		return bothProblems(oldErr, newErr)
	}
	log, end, err := a.openLog(f.log)
	if err != nil {
		return fmt.Errorf("%w: %w", errInvalid, err)
	}
	defer end()
	done := a.err.Progress("comparing the requests of " + f.log)
	report, err := replay.Run(ctx, log, replay.Configuration{Document: was.Document, Plan: wasPlan},
		replay.Configuration{Document: is.Document, Plan: isPlan}, f.examples)
	done()
	if err != nil {
		return fmt.Errorf("%s: %w", f.log, err)
	}
	if report.Bad > 0 && report.Requests+report.Sessions+report.Unread == 0 {
		return fmt.Errorf("%s is no access log of the gateway: all of its %s are bad; line %d: %s",
			f.log, plural(report.Bad, "line"), report.BadLines[0].Line, report.BadLines[0].Why)
	}
	if more := len(report.Groups) - f.groups; more > 0 {
		for _, g := range report.Groups[f.groups:] {
			report.Omitted += g.Count
		}
		report.Groups = report.Groups[:f.groups]
	}
	all := replayed{
		Log: f.log, Old: side{old, config.Digest(was.Document)},
		New: side{new, config.Digest(is.Document)}, Report: report,
	}
	if f.json {
		if err := a.out.JSON(all); err != nil {
			return err
		}
	} else {
		a.printReplayed(all)
	}
	if f.exitCode && report.Changed+report.MayChange+report.Undecided > 0 {
		return errFailed
	}
	return nil
}

// openLog opens a log that the user has named.
func (a *app) openLog(name string) (io.Reader, func(), error) {
	if name == config.FromInput {
		if a.Stdin == nil {
			return nil, nil, errors.New("there is no standard input")
		}
		return a.Stdin, func() {}, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		_ = file.Close() // nothing was read
		return nil, nil, fmt.Errorf("%s is a folder; name a file of it", name)
	}
	return file, func() { _ = file.Close() }, nil // it was only read
}

func (a *app) printReplayed(r replayed) {
	o := a.out
	percent := func(n int) string {
		return fmt.Sprintf("%d (%.3g %%)", n, 100*float64(n)/float64(max(r.Requests, 1)))
	}
	o.Printf("%s: %s compared\n", r.Log, plural(r.Requests, "request"))
	o.Printf("  %s stay as they are\n", percent(r.Same))
	o.Printf("  %s change\n", percent(r.Changed))
	if r.MayChange > 0 {
		o.Printf("  %s may change: it depends on what a log does not have\n", percent(r.MayChange))
	}
	if r.Undecided > 0 {
		o.Printf("  %s depend on too much that a log does not have\n", percent(r.Undecided))
	}
	for _, g := range r.Groups {
		word := "change"
		style := terminal.Red
		if !g.Certain {
			word, style = "may change", terminal.Yellow
		}
		of := "without a route"
		if g.Route != "" {
			of = "of route " + g.Route
		}
		o.Printf("\n%s %s %s\n", o.Paint(terminal.Bold, plural(g.Count, "request")), of,
			o.Paint(style, word))
		for _, c := range g.Changes {
			o.Printf("  %-8s %s -> %s\n", c.About, c.Old, c.New)
		}
		for _, fact := range g.DependsOn {
			o.Printf("  depends  on %s\n", fact)
		}
		for _, e := range g.Examples {
			o.Printf("  line %d: %s %s%s (%s)\n", e.Line, e.Method, e.Host, e.Path, e.RequestID)
		}
	}
	a.printReplayNotes(r.Report)
}

// printReplayNotes says what was not compared, and why.
func (a *app) printReplayNotes(r *replay.Report) {
	var notes []string
	note := func(n int, format string, args ...any) {
		if n > 0 {
			notes = append(notes, fmt.Sprintf(format, args...))
		}
	}
	note(r.Omitted, "%s more are in groups that are not shown (--groups)",
		plural(r.Omitted, "request"))
	note(r.Otherwise, "%s took a route that OLD does not lead to: the log is of another "+
		"configuration", plural(r.Otherwise, "request"))
	note(r.Unread, "%s refused before their route was looked for, which no route changes",
		plural(r.Unread, "request"))
	note(r.Sessions, "%s of TCP, which are not compared", plural(r.Sessions, "session"))
	note(r.Bad, "%s not of an access log", plural(r.Bad, "line"))
	for _, bad := range r.BadLines {
		notes = append(notes, fmt.Sprintf("  line %d: %s", bad.Line, bad.Why))
	}
	if r.Bad > len(r.BadLines) {
		notes = append(notes, fmt.Sprintf("  and %d more", r.Bad-len(r.BadLines)))
	}
	if len(notes) > 0 {
		a.out.Printf("\n")
	}
	for _, text := range notes {
		a.out.Printf("%s\n", text)
	}
}
