package cli

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/routing"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// routed is the body of config show --route --json.
type routed struct {
	Request  asked     `json:"request"`
	Outcome  string    `json:"outcome"` // found, no host, no path, no condition, no method
	Route    string    `json:"route,omitempty"`
	Goes     *goes     `json:"goes,omitempty"`   // where to, when a route is found
	Answer   *answered `json:"answer,omitempty"` // the edge's own, when it goes to no endpoint
	Notes    []string  `json:"notes"`
	Verdicts []finding `json:"verdicts"`
}

type finding struct {
	Route string `json:"route"`
	Wins  bool   `json:"wins"`
	Why   string `json:"why"`
}

// goes is what happens to a request that has a route. Durations are as a file has them, 0s for no
// limit.
type goes struct {
	Clusters       []toCluster `json:"clusters"`
	Path           string      `json:"path"`
	RequestTimeout string      `json:"request_timeout"`
	Attempts       int         `json:"attempts"`
	RetryOn        []string    `json:"retry_on"`
	RetryBudget    string      `json:"retry_budget"`
	MaxBodyBytes   int64       `json:"max_body_bytes"`
	SetHeaders     []string    `json:"set_headers"`
	RemoveHeaders  []string    `json:"remove_headers"`
}

type toCluster struct {
	Cluster         string    `json:"cluster"`
	Share           float64   `json:"share"` // of the route's requests, 0 to 1
	ConnectTimeout  string    `json:"connect_timeout"`
	ResponseTimeout string    `json:"response_timeout"`
	Addresses       []weighed `json:"endpoints"`
}

type weighed struct {
	Address string `json:"address"`
	Weight  int    `json:"weight"`
}

// answered is an answer of the edge itself.
type answered struct {
	Status   int    `json:"status"`
	Code     string `json:"code,omitempty"` // of an error
	Allow    string `json:"allow,omitempty"`
	Location string `json:"location,omitempty"` // of a redirect
}

// question is what the user asks about a request.
type question struct {
	request, client, listener string
	headers                   []string
}

func (a *app) showRoute(c *cobra.Command, path string, about question, asJSON bool) error {
	q, err := parseRequest(about.request, about.headers...)
	if err != nil {
		return usage(c, "--route: %w", err)
	}
	if about.client != "" {
		if q.client, err = netip.ParseAddr(about.client); err != nil {
			return usage(c, "--client: %q is no IP address", about.client)
		}
	}
	source, p, err := a.load(path, true)
	if err != nil {
		return err
	}
	if err := q.at(source.Document, about.listener); err != nil {
		return usage(c, "--listener: %w", err)
	}
	r := explainRoute(source.Document, p, q)
	if asJSON {
		return a.out.JSON(r)
	}
	a.printRouted(r)
	return nil
}

func explainRoute(doc *config.Document, p *plan.Plan, q asked) routed {
	rules := plan.Rules(doc.Revealed().Routes)
	mine, indexes, elsewhere := atListener(doc, rules, q.listener)
	e := routing.Explain(mine, q.Method, q.Host, q.Path, given{&q})
	r := routed{
		Request: q, Outcome: e.Reach.String(), Notes: append([]string{}, q.notes...),
		Verdicts: make([]finding, 0, len(rules)),
	}
	for _, v := range e.Findings {
		r.Verdicts = append(r.Verdicts,
			finding{Route: mine[v.Rule].Name, Wins: v.Wins, Why: p.Veil.Text(v.Why)})
	}
	r.Verdicts = append(r.Verdicts, elsewhere...)
	if e.Winner >= 0 {
		e.Winner = indexes[e.Winner]
	}
	code := gwerr.None
	switch {
	case q.Method == "CONNECT":
		code = gwerr.NotImplemented // whatever the routes
	case q.Method == "TRACE":
		code = gwerr.MethodNotAllowed
	case e.Reach == routing.Found:
		r.Route = rules[e.Winner].Name
		if c := &p.Routes[e.Winner]; c.AnswersItself() {
			r.Answer, code = itself(doc, c, &q)
			break
		}
		r.Goes = whereTo(&doc.Routes[e.Winner], &p.Routes[e.Winner], p, q)
		if wrong := p.Misread(p.Table(q.listener), e.Winner, &q.head, given{&q}); wrong != nil {
			code = wrong.Code
			r.Notes = append(r.Notes, wrong.Message)
		}
		if p.Routes[e.Winner].Retry.Attempts > 1 && !q.idempotent {
			r.Notes = append(r.Notes,
				q.Method+" is not idempotent: it is tried again only if no byte of it was sent")
		}
	case e.Reach == routing.NoMethod:
		code = gwerr.MethodNotAllowed
	default:
		code = gwerr.NoRoute
	}
	if code != gwerr.None {
		r.Answer = &answered{Status: code.Status(), Code: code.String()}
		switch {
		case q.Method == "TRACE":
			r.Answer.Allow = l7.AllowBesideTrace
			r.Notes = append(r.Notes, "TRACE is let through by no route: its answer would show a "+
				"client the fields that the gateway adds")
		case code == gwerr.MethodNotAllowed:
			r.Answer.Allow = p.Table(q.listener).Allow([]byte(q.Host), []byte(q.Path), given{&q})
		}
	}
	return r
}

// at notes which listener the request comes to.
func (q *asked) at(doc *config.Document, listener string) error {
	q.listener = listener
	var names []string
	for i := range doc.Listeners {
		if doc.Listeners[i].Protocol != config.ProtocolTCP {
			names = append(names, doc.Listeners[i].Name)
		}
	}
	if listener == "" {
		if len(names) == 1 {
			q.listener = names[0]
		}
		return nil
	}
	if !slices.Contains(names, listener) {
		return fmt.Errorf("no http listener is named %q; there is %s", listener,
			strings.Join(names, ", "))
	}
	return nil
}

// atListener returns the rules that count at a listener, with their indexes, and what is to be said
// of the others. Without a listener all count.
func atListener(doc *config.Document, rules []routing.Rule, listener string,
) (mine []routing.Rule, indexes []int, elsewhere []finding) {
	for i := range rules {
		on := doc.Routes[i].Listeners
		if listener != "" && len(on) > 0 && !slices.Contains(on, listener) {
			elsewhere = append(elsewhere, finding{
				Route: rules[i].Name,
				Why: fmt.Sprintf("it is for requests of %s, not of %s", strings.Join(on, ", "),
					listener),
			})
			continue
		}
		mine, indexes = append(mine, rules[i]), append(indexes, i)
	}
	return mine, indexes, elsewhere
}

// whereTo says what the plan does with a request of a route.
func whereTo(c *config.Route, r *plan.Route, p *plan.Plan, q asked) *goes {
	g := &goes{
		Path:           p.Veil.Text(string(r.Rewrite.Append(nil, []byte(q.Path)))),
		RequestTimeout: draft.Duration(r.Timeouts.Request), Attempts: r.Retry.Attempts,
		RetryOn: []string{"connect"}, RetryBudget: config.Percent(r.Retry.Budget).String(),
		MaxBodyBytes: r.MaxBodyBytes,
		SetHeaders:   []string{}, RemoveHeaders: []string{},
	}
	if c.Retry != nil {
		g.RetryOn = append([]string{}, c.Retry.On...)
	}
	if c.Headers != nil {
		for name := range c.Headers.Request.Set {
			g.SetHeaders = append(g.SetHeaders, name)
		}
		slices.Sort(g.SetHeaders)
		g.RemoveHeaders = append(g.RemoveHeaders, c.Headers.Request.Remove...)
	}
	total := 0
	for _, s := range c.Split {
		total += s.Weight
	}
	for i, t := range r.Targets {
		cluster := &p.Clusters[t.Cluster]
		to := toCluster{
			Cluster: cluster.Name, Share: 1,
			ConnectTimeout:  draft.Duration(cluster.Timeouts.Connect),
			ResponseTimeout: draft.Duration(t.ResponseTimeout),
			Addresses:       make([]weighed, len(cluster.Endpoints)),
		}
		if total > 0 {
			to.Share = float64(c.Split[i].Weight) / float64(total)
		}
		for j, e := range cluster.Endpoints {
			to.Addresses[j] = weighed{e.Shown(), e.Weight}
		}
		g.Clusters = append(g.Clusters, to)
	}
	return g
}
