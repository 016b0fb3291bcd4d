package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// difference is the body of config diff --json.
type difference struct {
	Old  side `json:"old"`
	New  side `json:"new"`
	Same bool `json:"same"` // nothing differs that means anything
	changes.Changes
	Reload       []string `json:"reload"`        // what a reload does, in words
	NeedsRestart []string `json:"needs_restart"` // what a reload leaves as it is, in words
}

type side struct {
	File   string `json:"file"`
	Digest string `json:"digest"`
}

func (a *app) diffCommand() *cobra.Command {
	var asJSON, exitCode bool
	var log replayFlags
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say in words how two configurations differ, and what a reload does about it",
		Long: `diff compares two configurations by what they mean: defaults written out, names matched, the order in the file left out
of it. It says what a reload from OLD to NEW does to connections. Secrets are never shown.

With --replay it says instead which requests of an access log would get another route, another
cluster, another authentication or another limit. Those are grouped, with examples. A log has no
cookie and no header fields but Host and User-Agent, and the query only with access_log.query, but
for what is left out of it there. Where a condition of a route asks for what the log does not have,
both ways are tried: the request may change. What came of a token or of a rate limit is not known
either, only which one the request meets.

The exit code is 0 when both are valid, whether they differ or not; with --exit-code it is 1
when they differ, or when a request of the log changes or may change.`,
		Example: `  gateway config diff gateway.yaml gateway.new.yaml
  git show HEAD:gateway.yaml > /tmp/old.yaml && gateway config diff --exit-code /tmp/old.yaml gateway.yaml
  gateway config diff --replay access.jsonl gateway.yaml gateway.new.yaml
  zcat access.jsonl.*.gz | gateway config diff --replay - gateway.yaml gateway.new.yaml`,
		ValidArgsFunction: files,
		Args:              exactArgs("OLD", "NEW"),
		RunE: func(c *cobra.Command, args []string) error {
			if slices.Contains(args, "") {
				return usage(c, "%s: the name of a file is empty", c.CommandPath())
			}
			if c.Flags().Changed("replay") {
				log.json, log.exitCode = asJSON, exitCode
				if err := log.check(c, args[0], args[1]); err != nil {
					return err
				}
				return a.replay(c.Context(), args[0], args[1], log)
			}
			return a.diff(args[0], args[1], asJSON, exitCode)
		},
	}
	replayFlagsOf(c, &log)
	jsonFlag(c, &asJSON)
	c.Flags().BoolVar(&exitCode, "exit-code", false, "exit with 1 when the two differ")
	return c
}

func (a *app) diff(oldPath, newPath string, asJSON, exitCode bool) error {
	done := a.err.Progress("comparing " + oldPath + " with " + newPath)
	old, _, oldErr := a.load(oldPath, true)
	new, _, newErr := a.load(newPath, true)
	done()
	if oldErr != nil || newErr != nil {
		return bothProblems(oldErr, newErr)
	}
	d := difference{
		Old:          side{oldPath, config.Digest(old.Document)},
		New:          side{newPath, config.Digest(new.Document)},
		Changes:      changes.Diff(old.Document, new.Document),
		Reload:       ofListeners(old.Document.Listeners, new.Document.Listeners),
		NeedsRestart: []string{},
	}
	d.Same = d.Empty()
	was, is := old.Document.Admin, new.Document.Admin
	if was.Address != is.Address {
		d.NeedsRestart = append(d.NeedsRestart,
			"admin.address: the admin API stays on "+terminal.Safe(was.Address)+
				" until the process is started anew")
	}
	if old.Document.Secret(was.Token) != new.Document.Secret(is.Token) {
		d.NeedsRestart = append(d.NeedsRestart,
			"admin.token: the admin API wants the token it has until the process is started anew")
	}
	if asJSON {
		if err := a.out.JSON(d); err != nil {
			return err
		}
	} else {
		a.printDifference(d)
	}
	if exitCode && !d.Same {
		return errFailed
	}
	return nil
}

// bothProblems joins what is wrong with two files, so that all of it is printed.
func bothProblems(one, other error) error {
	var all, ps config.Problems
	for _, err := range []error{one, other} {
		switch {
		case err == nil:
		case errors.As(err, &ps):
			all = append(all, ps...)
		default:
			return err
		}
	}
	return all.Err()
}

func (a *app) printDifference(d difference) {
	switch {
	case d.Same && d.Old.Digest == d.New.Digest:
		a.out.Printf("%s and %s mean the same (digest %s); a reload changes nothing\n", d.Old.File,
			d.New.File, short(d.New.Digest))
		return
	case d.Same:
		a.out.Printf("%s and %s differ only in the order of things, which means nothing\n",
			d.Old.File, d.New.File)
		return
	}
	a.printChanges(d.Changes)
	a.out.Printf("\n%s\n", a.out.Paint(terminal.Bold, "a reload"))
	for _, line := range d.Reload {
		a.out.Printf("  %s\n", line)
	}
	for _, line := range d.NeedsRestart {
		a.out.Printf("  %s %s\n", a.out.Paint(terminal.Yellow, "needs a restart:"), line)
	}
}

// printChanges prints what differs, as diff and the receipt of a reload have it.
func (a *app) printChanges(c changes.Changes) {
	a.printSet("listeners", c.Listeners)
	a.printSet("clusters", c.Clusters)
	a.printSet("routes", c.Routes)
	if len(c.Other) > 0 {
		a.out.Printf("%s\n", a.out.Paint(terminal.Bold, "other"))
		for _, what := range c.Other {
			a.out.Printf("  %s %s\n", a.out.Paint(terminal.Yellow, "~"), what)
		}
	}
}

func (a *app) printSet(kind string, s changes.Set) {
	var counts []string
	for _, n := range []struct {
		n    int
		word string
	}{
		{s.Kept, "kept"}, {len(s.Changed), "changed"}, {len(s.Added), "added"},
		{len(s.Removed), "removed"},
	} {
		if n.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n.n, n.word))
		}
	}
	if len(counts) == 0 {
		return
	}
	a.out.Printf("%s: %s\n", a.out.Paint(terminal.Bold, kind), strings.Join(counts, ", "))
	for _, ch := range s.Changed {
		a.out.Printf("  %s %s\n", a.out.Paint(terminal.Yellow, "~"), ch.Name)
		for _, what := range ch.What {
			a.out.Printf("      %s\n", what)
		}
	}
	for _, name := range s.Added {
		a.out.Printf("  %s %s\n", a.out.Paint(terminal.Green, "+"), name)
	}
	for _, name := range s.Removed {
		a.out.Printf("  %s %s\n", a.out.Paint(terminal.Red, "-"), name)
	}
}

// ofListeners says in words what a reload does to the connections of clients. A listener is its
// address: under another name it is still the same socket.
func ofListeners(old, new []config.Listener) []string {
	lines := []string{}
	have := make(map[string]config.Listener, len(old))
	for _, l := range old {
		have[l.Address] = l
	}
	names := make(map[string]string, len(old)) // to address
	for _, l := range old {
		names[l.Name] = l.Address
	}
	stays := make(map[string]bool, len(new))
	for _, l := range new {
		name, address := terminal.Safe(l.Name), terminal.Safe(l.Address)
		was, ok := have[l.Address]
		stays[l.Address] = true
		switch {
		case ok && was.Name != l.Name:
			lines = append(lines,
				fmt.Sprintf("keeps the socket and the connections of %s, which is called %s now",
					terminal.Safe(was.Name), name))
		case ok:
			lines = append(lines,
				fmt.Sprintf("keeps listener %s on %s with all its connections", name, address))
		case names[l.Name] != "":
			lines = append(lines,
				fmt.Sprintf("moves listener %s from %s to %s, opening the new address first", name,
					terminal.Safe(names[l.Name]), address))
		default:
			lines = append(lines, fmt.Sprintf("opens listener %s on %s", name, address))
		}
	}
	for _, l := range old {
		if !stays[l.Address] {
			lines = append(lines,
				fmt.Sprintf("closes %s: each of its connections ends after the request it "+
					"serves, idle ones at once", terminal.Safe(l.Address)))
		}
	}
	return lines
}
