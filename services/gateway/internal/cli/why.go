package cli

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

func (a *app) whyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "why ID",
		Short: "Explain what became of a request or a session",
		Long: `why asks a running gateway about one of the last requests that failed: its route, the endpoints that were tried and what
each did, and what to do about it. ID is the X-Request-Id of the answer, which is the correlation_id of an error's body and
the request_id of the access log. It knows sessions of the relay that failed as well, by the session_id of the access log.
With --healthagg the aggregator at that address asks all nodes of its fleet (docs/healthagg.md), so that it need not be
known which one it was.`,
		Example: "  gateway why 7c783fa50bc89b9d5cf367f9a4e905ee\n" +
			"  gateway why --healthagg 127.0.0.1:9903 7c783fa50bc89b9d5cf367f9a4e905ee",
	}
	r := remoteFlags(c)
	var aggregator string
	program.TextFlag(c.Flags(), &aggregator, "healthagg",
		"the admin `address` of a health aggregator, which asks the nodes of its fleet")
	c.Args = exactArgs("ID")
	c.RunE = func(c *cobra.Command, args []string) error {
		if args[0] == "" {
			return usage(c, "%s: ID is empty", c.CommandPath())
		}
		if aggregator != "" {
			if r.admin != "" {
				return usage(c, "%s: --admin and --healthagg are two addresses; one is asked",
					c.CommandPath())
			}
			r.admin = aggregator
		}
		client, err := a.client(c, r)
		if err != nil {
			return err
		}
		e, err := asking(c.Context(), a, "asking why", client,
			func(ctx context.Context) (admin.Explanation, error) {
				return client.Why(ctx, args[0])
			})
		if err != nil {
			return err
		}
		if r.json {
			return a.out.JSON(e)
		}
		a.printExplanation(e)
		return nil
	}
	return c
}

// whyLine prints what is told of a name.
func (a *app) whyLine(name, format string, args ...any) {
	a.out.Printf("  %s", a.out.Paint(terminal.Bold, name))
	a.out.Printf("%*s"+format+"\n", append([]any{11 - len(name), ""}, args...)...)
}

func (a *app) printExplanation(e admin.Explanation) {
	line := a.whyLine
	if e.Session != nil {
		a.printSession(e)
		return
	}
	a.out.Printf("%s %s%s\n", e.Method, e.Host, e.Path)
	line("id", "%s", e.ID)
	line("when", "%s, took %s", e.Time.Local().Format("2006-01-02 15:04:05"), ms(e.DurationMS))
	line("from", "%s, %s, listener %s", e.Client, e.Protocol, e.Listener)
	route := e.Route
	if route == "" {
		route = "none"
	}
	line("route", "%s", route)
	if e.RouteWhy != "" && e.RouteWhy != e.Message {
		line("", "%s", e.RouteWhy)
	}
	if e.Status == 0 {
		line("answer", "none: the client went away")
	} else if e.Code != "" {
		line("answer", "%d %s: %s", e.Status, a.out.Paint(terminal.Red, e.Code), e.Message)
	} else {
		line("answer", "%d, by the upstream", e.Status)
		if len(e.Mirrors) > 0 && e.Message != "" {
			line("", "%s", e.Message)
		}
	}
	if e.Cause != "" && e.Cause != e.Message {
		line("cause", "%s", e.Cause)
	}
	if e.StoppedBy != "" {
		line("policies", "%s", policies(e))
	}
	hint := e.Hint
	if code, ok := gwerr.Parse(e.Code); hint == "" && ok {
		hint = code.Info().Action
	}
	if hint != "" {
		line("what to do", "%s", hint)
	}
	if e.Node != "" {
		line("node", "%s", e.Node)
	}
	a.printNearest(e.Nearest)
	defer a.printMirrors(e.Mirrors)
	defer a.printWeights(e)
	if len(e.Attempts) == 0 {
		return
	}
	if e.Protocol == "HTTP/2" {
		line("note", "a request over HTTP/2 needs no Content-Length; one whose body had come "+
			"whole went on with the length that the gateway counted")
	}
	a.printAttempts(e.Attempts)
}

func (a *app) printAttempts(attempts []admin.Attempt) {
	a.out.Printf("\n")
	t := a.out.Table("  ", ">ATTEMPT", "ENDPOINT", ">AFTER", "OUTCOME")
	for i, at := range attempts {
		t.Row(i+1, at.Endpoint, human(time.Duration(at.DurationMS*float64(time.Millisecond))),
			outcomeText(at))
	}
	t.Write()
}

// policies says which policies a request has passed, and which not.
func policies(e admin.Explanation) string {
	if len(e.Policies) == 0 {
		return e.StoppedBy + " answered it"
	}
	return "it passed " + strings.Join(e.Policies, ", ") + "; " + e.StoppedBy + " answered it"
}

// printNearest tells of the routes that come nearest to a request that none is for.
func (a *app) printNearest(routes []admin.NearRoute) {
	if len(routes) == 0 {
		return
	}
	a.out.Printf("\n")
	t := a.out.Table("  ", "NEAREST ROUTE", "WHY NOT")
	for _, r := range routes {
		t.Row(r.Route, r.Why)
	}
	t.Write()
}

// printWeights tells what the endpoints of the cluster were worth then.
func (a *app) printWeights(e admin.Explanation) {
	if len(e.Endpoints) == 0 {
		return
	}
	a.out.Printf("\n")
	t := a.out.Table("  ", "ENDPOINT THEN", ">WEIGHT", ">IN FORCE", "WHY")
	for _, ep := range e.Endpoints {
		t.Row(ep.Address, ep.Weight, strconv.FormatFloat(ep.Effective, 'g', 4, 64),
			ep.Reason)
	}
	t.Write()
	if e.MoreEndpoints > 0 {
		a.out.Printf("  and %d more\n", e.MoreEndpoints)
	}
}

// outcomeText is what became of an attempt, with the reason if it is known.
func outcomeText(at admin.Attempt) string {
	if at.Failure == "" {
		return at.Outcome
	}
	return at.Outcome + ": " + at.Failure
}

// printMirrors tells how the answers to copies differ.
func (a *app) printMirrors(mirrors []admin.Mirror) {
	for _, m := range mirrors {
		a.out.Printf("\n")
		a.out.Printf("  the copy for %s, at %s (%s): %d, in %d places\n", m.Cluster, m.Endpoint,
			m.ID, m.Status, m.Count)
		t := a.out.Table("  ", "PART", "AT", "ANSWER", "COPY")
		for _, d := range m.Differences {
			t.Row(d.Part, d.At, orNothing(d.Primary), orNothing(d.Mirror))
		}
		t.Write()
	}
}

func orNothing(s *string) string {
	if s == nil {
		return "(nothing)"
	}
	return *s
}
