package cli

import (
	"fmt"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

func (a *app) printRouted(r routed) {
	line := func(name, format string, args ...any) {
		a.out.Printf("  %s%*s"+format+"\n",
			append([]any{a.out.Paint(terminal.Bold, name), 10 - len(name), ""}, args...)...)
	}
	a.out.Printf("%s %s%s", r.Request.Method, r.Request.Host, r.Request.Path)
	if r.Route != "" {
		a.out.Printf(" is for route %s\n", a.out.Paint(terminal.Green, r.Route))
		for _, v := range r.Verdicts {
			if v.Wins {
				line("why", "%s", v.Why)
			}
		}
	} else {
		a.out.Printf(" is for %s\n", a.out.Paint(terminal.Red, "no route"))
	}
	if g := r.Goes; g != nil {
		for _, to := range g.Clusters {
			a.printCluster(line, to, len(g.Clusters) > 1)
		}
		if g.Path != r.Request.Path {
			line("path", "%s upstream, instead of %s", g.Path, r.Request.Path)
		}
		line("time", "%s in all for the head of a response", noLimit(g.RequestTimeout))
		if g.Attempts > 1 {
			line("retry",
				"%d attempts at most, on %s; retries are at most %s of the cluster's requests",
				g.Attempts, g.RetryOn, g.RetryBudget)
		}
		if g.MaxBodyBytes > 0 {
			line("body", "%d bytes at most", g.MaxBodyBytes)
		}
		if len(g.SetHeaders) > 0 {
			line("set", "%s", g.SetHeaders)
		}
		if len(g.RemoveHeaders) > 0 {
			line("removed", "%s", g.RemoveHeaders)
		}
	}
	if r.Answer != nil {
		line("answer", "%s, by the edge itself",
			strings.TrimSpace(fmt.Sprint(r.Answer.Status, " ", r.Answer.Code)))
		if r.Answer.Location != "" {
			line("location", "%s", r.Answer.Location)
		}
		if r.Answer.Allow != "" {
			line("", "Allow: %s", r.Answer.Allow)
		}
	}
	for _, note := range r.Notes {
		line("note", "%s", note)
	}
	t := a.out.Table("", "ROUTE", "WHY NOT")
	losers := 0
	for _, v := range r.Verdicts {
		if !v.Wins {
			t.Row(v.Route, v.Why)
			losers++
		}
	}
	if losers > 0 {
		a.out.Printf("\n")
		t.Write()
	}
}

func (a *app) printCluster(line func(name, format string, args ...any), to toCluster, split bool) {
	share := ""
	if split {
		share = fmt.Sprintf(" (%.3g %% of the requests)", to.Share*100)
	}
	line("cluster", "%s%s", to.Cluster, share)
	for _, e := range to.Addresses {
		line("", "%s, weight %d", e.Address, e.Weight)
	}
	line("", "%s to connect, %s for the head of a response of one attempt",
		noLimit(to.ConnectTimeout), noLimit(to.ResponseTimeout))
}

func noLimit(d string) string {
	if d == "0s" {
		return "no limit"
	}
	return d
}
