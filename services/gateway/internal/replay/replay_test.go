package replay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/logread"
)

// configured makes a configuration of routes. edit, unless it is nil, changes its document.
func configured(t testing.TB, routes string, edit func(*config.Document)) Configuration {
	t.Helper()
	d, ps := config.Decode("gateway.yaml", []byte(`version: 1
listeners:
  - {name: public, address: 127.0.0.1:8080}
  - {name: inside, address: 127.0.0.1:8081, trusted_proxies: [10.0.0.0/8]}
clusters:
  - {name: a, endpoints: [{address: 127.0.0.1:9001}]}
  - {name: b, endpoints: [{address: 127.0.0.1:9002}]}
routes:
`+routes))
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	p, err := plan.Build(d)
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil { // what it changes need not be whole, as an issuer that there is not
		edit(d)
	}
	return Configuration{d, p}
}

// logged is a line of the log; edit changes what it tells.
func logged(edit func(e *accesslog.Entry)) string {
	e := accesslog.Entry{
		RequestID: []byte("id"), Client: "192.0.2.1:4711", Listener: "public",
		Protocol: "HTTP/1.1", Method: []byte("GET"), Host: []byte("api.example.com"),
		Path: []byte("/x"), Route: "x", Cluster: "a", Status: 200, UserAgent: []byte("curl/8"),
	}
	edit(&e)
	return string(e.AppendJSON(nil)) + "\n"
}

func run1(t testing.TB, log string, old, new Configuration) *Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Deadline)
	defer cancel()
	r, err := Run(ctx, strings.NewReader(log), old, new, 3)
	if err != nil {
		t.Fatal(err)
	}
	if r.Same+r.Changed+r.MayChange+r.Undecided != r.Requests {
		t.Errorf("the counts don't add up: %+v", r)
	}
	return r
}

const oneRoute = "  - {name: x, path_prefix: /x, cluster: a}\n"

func TestWhatChangesForARequestIsFound(t *testing.T) {
	t.Parallel()
	path := func(p string) func(*accesslog.Entry) {
		return func(e *accesslog.Entry) { e.Path = []byte(p) }
	}
	plain := func(*accesslog.Entry) {}
	for name, c := range map[string]struct {
		old, new string
		line     func(*accesslog.Entry)
		want     string // "" is no change; "may" before what may change
	}{
		"nothing": {oneRoute, oneRoute, plain, ""},
		"another cluster": {
			oneRoute, "  - {name: x, path_prefix: /x, cluster: b}\n", plain,
			"cluster a -> b",
		},
		"a longer prefix": {
			oneRoute, oneRoute + "  - {name: y, path_prefix: /x/y, cluster: b}\n", path("/x/y/1"),
			"route x -> y, cluster a -> b",
		},
		"another prefix than that": {
			oneRoute, oneRoute + "  - {name: y, path_prefix: /x/y, cluster: b}\n", path("/x/yz"),
			"",
		},
		"no route any more": {
			oneRoute, "  - {name: z, path_prefix: /z, cluster: a}\n", plain,
			"route x -> none, 404 GW_NO_ROUTE, cluster a -> none",
		},
		"a method that is not taken": {
			oneRoute, "  - {name: x, path_prefix: /x, methods: [POST], cluster: a}\n", plain,
			"route x -> none, 405 GW_METHOD_NOT_ALLOWED, cluster a -> none",
		},
		"a route where there was none": {
			oneRoute, "  - {name: all, cluster: b}\n" + oneRoute,
			func(e *accesslog.Entry) {
				e.Path, e.Route, e.Cluster, e.Code = []byte("/z"), "", "", "GW_NO_ROUTE"
			},
			"route none, 404 GW_NO_ROUTE -> all, cluster none -> b",
		},
		"a redirect": {
			oneRoute, "  - {name: x, path_prefix: /x, redirect: {path: /y}}\n", plain,
			"cluster a -> none, the gateway answers 302",
		},
		"of another listener": {
			oneRoute, oneRoute + "  - {name: in, listeners: [inside], path: /x, cluster: b}\n",
			plain, "",
		},
		"of this listener": {
			oneRoute, oneRoute + "  - {name: in, listeners: [inside], path: /x, cluster: b}\n",
			func(e *accesslog.Entry) { e.Listener = "inside" }, "route x -> in, cluster a -> b",
		},
		"a client that may not come any more": {
			oneRoute, "  - {name: x, path_prefix: /x, cluster: a, clients: {deny: " +
				"[192.0.2.0/24]}}\n",
			plain, "access taken -> refused, 403 GW_FORBIDDEN (clients)",
		},
		"another client than that": {
			oneRoute, "  - {name: x, path_prefix: /x, cluster: a, clients: {allow: " +
				"[192.0.2.0/24]}}\n",
			plain, "",
		},
		"a client that a trusted proxy names": {
			oneRoute, "  - {name: x, path_prefix: /x, cluster: a, clients: {deny: " +
				"[192.0.2.0/24]}}\n",
			func(e *accesslog.Entry) { e.Listener, e.Client = "inside", "10.0.0.1:1" },
			"may access taken -> refused, 403 GW_FORBIDDEN (clients)",
		},
		"a body over the limit": {
			oneRoute, "  - {name: x, path_prefix: /x, cluster: a, max_body_bytes: 99}\n",
			func(e *accesslog.Entry) { e.RequestBytes = 100 },
			"limit taken -> refused, 413 GW_BODY_TOO_LARGE (max_body_bytes: 99)",
		},
		"a body at the limit": {
			oneRoute, "  - {name: x, path_prefix: /x, cluster: a, max_body_bytes: 100}\n",
			func(e *accesslog.Entry) { e.RequestBytes = 100 }, "",
		},
		"a body that was refused, and a higher limit": {
			"  - {name: x, path_prefix: /x, cluster: a, max_body_bytes: 99}\n",
			"  - {name: x, path_prefix: /x, cluster: a, max_body_bytes: 999}\n",
			func(e *accesslog.Entry) { e.Code = "GW_BODY_TOO_LARGE" },
			"may limit refused, 413 GW_BODY_TOO_LARGE (max_body_bytes: 99) -> taken",
		},
		"a body that was refused, and no limit": {
			"  - {name: x, path_prefix: /x, cluster: a, max_body_bytes: 99}\n",
			"  - {name: x, path_prefix: /x, cluster: a, max_body_bytes: 0}\n",
			func(e *accesslog.Entry) { e.Code = "GW_BODY_TOO_LARGE" },
			"limit refused, 413 GW_BODY_TOO_LARGE (max_body_bytes: 99) -> taken",
		},
		"an encoded slash": {
			"  - {name: x, path_prefix: /x, cluster: a, allow_encoded_slash: true}\n", oneRoute,
			path("/x/a%2Fb"),
			"access taken -> refused, 400 GW_BAD_REQUEST (the route does not take such a path)",
		},
		"one cluster of two": {
			"  - {name: x, cluster: a}\n",
			"  - {name: x, split: [{cluster: a, weight: 9}, {cluster: b, weight: 1}]}\n", plain,
			"may cluster a -> a (weight 9), b (weight 1)",
		},
		"the cluster of two that it went to": {
			"  - {name: x, split: [{cluster: a, weight: 9}, {cluster: b, weight: 1}]}\n",
			"  - {name: x, cluster: a}\n", plain, "",
		},
		"the other cluster of two": {
			"  - {name: x, split: [{cluster: a, weight: 9}, {cluster: b, weight: 1}]}\n",
			"  - {name: x, cluster: b}\n", plain, "cluster a (weight 9), b (weight 1) -> b",
		},
		"a condition that a log does not tell": {
			oneRoute,
			oneRoute + "  - {name: new, path_prefix: /x, when: {cookies: {beta: {present: " +
				"true}}}, cluster: b}\n",
			plain, "may route x -> new, cluster a -> b",
		},
		"a condition that the log's route tells": {
			oneRoute + "  - {name: new, path_prefix: /x, when: {headers: {X-New: \"1\"}}, " +
				"cluster: b}\n",
			oneRoute + "  - {name: new, path_prefix: /x, when: {headers: {x-new: \"1\"}}, " +
				"cluster: b}\n",
			func(e *accesslog.Entry) { e.Route, e.Cluster = "new", "b" }, "",
		},
		"one that the log's route tells, and another cluster": {
			oneRoute + "  - {name: new, path_prefix: /x, when: {query: {v: \"1\"}}, cluster: b}\n",
			oneRoute + "  - {name: new, path_prefix: /x, when: {query: {v: \"1\"}}, cluster: a}\n",
			func(e *accesslog.Entry) { e.Route, e.Cluster = "new", "b" }, "cluster b -> a",
		},
		"one that does not hold, as the log's route tells": {
			oneRoute + "  - {name: new, path_prefix: /x, when: {query: {v: \"1\"}}, cluster: b}\n",
			"  - {name: new, path_prefix: /x, when: {query: {v: \"1\"}}, cluster: b}\n", plain,
			"route x -> none, 404 GW_NO_ROUTE, cluster a -> none",
		},
		"a field that a log has": {
			oneRoute,
			oneRoute + "  - {name: new, path_prefix: /x, when: {headers: {User-Agent: {prefix: " +
				"curl}}}, cluster: b}\n",
			plain, "route x -> new, cluster a -> b",
		},
		"another name": {
			oneRoute, "  - {name: renamed, path_prefix: /x, cluster: a}\n", plain,
			"route x -> renamed",
		},
	} {
		r := run1(t, logged(c.line), configured(t, c.old, nil), configured(t, c.new, nil))
		got := told(r)
		for i, g := range r.Groups {
			if g.Count != 1 || len(g.Examples) != 1 || g.Examples[0].Line != 1 ||
				g.Certain == (len(g.DependsOn) > 0) {
				t.Errorf("%s: group %d is %+v", name, i, g)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if r.Requests != 1 || r.Otherwise > 0 || c.want == "" != (r.Same == 1) ||
			strings.HasPrefix(c.want, "may") != (r.MayChange == 1) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// told is what a report says of its requests.
func told(r *Report) (text string) {
	for _, g := range r.Groups {
		var changes []string
		for _, change := range g.Changes {
			changes = append(changes, change.About+" "+change.Old+" -> "+change.New)
		}
		if text += strings.Join(changes, ", "); !g.Certain {
			text = "may " + text
		}
	}
	return text
}

func TestAuthenticationAndLimitsAreCompared(t *testing.T) {
	t.Parallel()
	old := configured(t, oneRoute, nil)
	new := configured(t, oneRoute, func(d *config.Document) {
		d.Routes[0].Auth = &config.RouteAuth{JWT: "main"}
		d.Routes[0].RateLimit = []config.RateLimit{{Requests: 5}}
	})
	r := run1(t, logged(func(*accesslog.Entry) {}), old, new)
	if len(r.Groups) != 1 || !strings.HasPrefix(fmt.Sprint(r.Groups[0].Changes),
		"[{auth not set {jwt: main}} {limit rate_limit: not set rate_limit: [{requests: 5, ") {
		t.Errorf("%+v", r.Groups)
	}
}

func TestListenersAreFoundByNameAndAddress(t *testing.T) {
	t.Parallel()
	old := configured(t, oneRoute, nil)
	for name, c := range map[string]struct {
		edit func(d *config.Document)
		want int
	}{
		"renamed": {func(d *config.Document) { d.Listeners[0].Name = "front" }, 0},
		"moved":   {func(d *config.Document) { d.Listeners[0].Address = "127.0.0.1:1" }, 0},
		"gone":    {func(d *config.Document) { d.Listeners = d.Listeners[1:] }, 1},
	} {
		r := run1(t, logged(func(*accesslog.Entry) {}), old, configured(t, oneRoute, c.edit))
		if r.Changed != c.want || c.want > 0 && r.Groups[0].Changes[0].About != "listener" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestALogOfAnotherConfigurationIsTold(t *testing.T) {
	t.Parallel()
	old := configured(t, oneRoute, nil)
	r := run1(t, logged(func(e *accesslog.Entry) { e.Route, e.Listener = "w", "other" }), old, old)
	if r.Otherwise != 1 || r.Requests != 1 {
		t.Errorf("%+v", r)
	}
}

func TestLinesThatAreNoRequestsAreCounted(t *testing.T) {
	t.Parallel()
	old := configured(t, oneRoute, nil)
	session := accesslog.Session{Listener: "db", CloseReason: "client_closed"}
	log := logged(func(*accesslog.Entry) {}) + "\n" +
		string(session.AppendJSON(nil)) + "\n" +
		logged(func(e *accesslog.Entry) { e.RefusedStreams = 7 }) +
		logged(func(e *accesslog.Entry) { e.Route, e.Code = "", "GW_BAD_REQUEST" }) +
		logged(func(e *accesslog.Entry) { e.Method, e.Route = []byte("CONNECT"), "" }) +
		"\x00\x01binary\xff\n" + `{"msg":"of another log"}` + "\n" + `{"time":1}` + "\n" + `[]` +
		"\n" + strings.Repeat("x", 3*logread.MaxLine) + "\n" + `{"time":"cut o`
	r := run1(t, log, old, old)
	if r.Lines != 12 || r.Requests != 1 || r.Sessions != 1 || r.Unread != 3 || r.Bad != 6 {
		t.Errorf("%+v", r)
	}
	want := "[{7 it is no JSON object} {8 it has no time, so it is no line of the access log} " +
		"{9 time is a number} {10 it is no JSON object} " +
		"{11 it is longer than 1048576 bytes} {12 it is no JSON object}]"
	if got := fmt.Sprint(r.BadLines); got != want {
		t.Errorf("bad lines %s\nwant      %s", got, want)
	}
}

// Lines of every form that the log may have are read, or it is said why they can't be.
func TestLinesOfEveryForm(t *testing.T) {
	t.Parallel()
	old := configured(t, oneRoute, nil)
	lines := func(f accesslog.Form) string {
		var e accesslog.Entry
		logged(func(given *accesslog.Entry) { e = *given })
		e.Query, e.Cause, e.Rule = []byte("?a=b"), "why", "a"
		var out bytes.Buffer
		w := accesslog.NewWriter(&out, accesslog.Options{Form: f})
		w.Log(&e)
		if err := w.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for name, tc := range map[string]struct {
		form accesslog.Form
		bad  string
	}{
		"json":            {accesslog.Form{}, ""},
		"with the query":  {accesslog.Form{Query: true}, ""},
		"without clients": {accesslog.Form{HideFields: []string{"client", "user_agent"}}, ""},
		"without paths": {accesslog.Form{HideFields: []string{"path"}},
			"its host or path was left out (access_log.redact)"},
		"text": {accesslog.Form{Text: true}, "it is a line of text, and only those of JSON are " +
			"read (access_log.format)"},
	} {
		r := run1(t, lines(tc.form), old, old)
		if tc.bad == "" && r.Requests != 1 ||
			tc.bad != "" && (len(r.BadLines) != 1 || r.BadLines[0].Why != tc.bad) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// A log with queries tells which route a request takes by its query; what was left out there is not
// known.
func TestTheQueryOfALogDecides(t *testing.T) {
	t.Parallel()
	old := configured(t, oneRoute, nil)
	for _, tc := range []struct{ query, when, want string }{
		{"?v=1", `{v: "1"}`, "route x -> new, cluster a -> b"},
		{"?a=2&v=1", `{v: "1"}`, "route x -> new, cluster a -> b"},
		{"?v=%31", `{v: "1"}`, "route x -> new, cluster a -> b"},
		{"?v=2", `{v: "1"}`, ""},
		{"?v=2&v=1", `{v: "1"}`, ""}, // the first counts
		{"", `{v: "1"}`, ""},
		{"", `{v: {not: "1"}}`, "route x -> new, cluster a -> b"},
		{"?v=12", `{v: {regex: "[0-9]+"}}`, "route x -> new, cluster a -> b"},
		{"?token=s", `{token: {present: true}}`, "route x -> new, cluster a -> b"},
		{"?token=s", `{token: "s"}`, "may route x -> new, cluster a -> b"},
		{"?v=1&token=s", `{v: "2", token: "s"}`, ""},
	} {
		next := configured(t, oneRoute+"  - {name: new, path_prefix: /x, when: {query: "+tc.when+
			"}, cluster: b}\n", nil)
		var out bytes.Buffer
		w := accesslog.NewWriter(&out, accesslog.Options{
			Form: accesslog.Form{Query: true, HideQuery: accesslog.SecretQueries()},
		})
		logged(func(e *accesslog.Entry) {
			e.Query = []byte(tc.query)
			w.Log(e)
		})
		if err := w.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := told(run1(t, out.String(), old, next)); got != tc.want {
			t.Errorf("%q where %s is asked for: %q, want %q", tc.query, tc.when, got, tc.want)
		}
	}
}

// Of a log that is all one line no more than a line's bound is kept.
func TestALongLineIsNotKept(t *testing.T) {
	t.Parallel()
	old := configured(t, oneRoute, nil)
	r, err := Run(t.Context(), io.LimitReader(endless('x'), 100<<20), old, old, 3)
	if err != nil || r.Bad != 1 || r.Lines != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestAReportIsBoundedAndTheLargestGroupsComeFirst(t *testing.T) {
	t.Parallel()
	var old, new, log strings.Builder
	for i := range mostGroups + 5 {
		fmt.Fprintf(&old, "  - {name: r%d, path: /%d, cluster: a}\n", i, i)
		fmt.Fprintf(&new, "  - {name: s%d, path: /%d, cluster: a}\n", i, i)
		for range 1 + i%3 {
			log.WriteString(logged(func(e *accesslog.Entry) {
				e.Path, e.Route = fmt.Appendf(nil, "/%d", i), fmt.Sprintf("r%d", i)
			}))
		}
	}
	r := run1(t, log.String(), configured(t, old.String(), nil), configured(t, new.String(), nil))
	if len(r.Groups) != mostGroups || r.Omitted == 0 || r.Groups[0].Count != 3 ||
		r.Groups[mostGroups-1].Count != 1 || r.Changed != r.Requests {
		t.Errorf("%d groups, %d omitted", len(r.Groups), r.Omitted)
	}
}

// So many unknown conditions that all their combinations can't be tried end the search, not the
// machine.
func TestConditionsWithoutEndAreNotTried(t *testing.T) {
	t.Parallel()
	var routes strings.Builder
	for i := range 40 {
		fmt.Fprintf(&routes, "  - {name: c%d, when: {headers: {X-%d: \"1\"}}, cluster: a}\n", i, i)
	}
	old := configured(t, routes.String()+"  - {name: x, cluster: a}\n", nil)
	new := configured(t, strings.ReplaceAll(routes.String(), "X-", "Y-")+
		"  - {name: x, cluster: b}\n", nil)
	if r := run1(t, logged(func(*accesslog.Entry) {}), old, new); r.Undecided != 1 {
		t.Errorf("%+v", r)
	}
}

func TestTheEndOfTheContextEndsAReadThatWaits(t *testing.T) {
	t.Parallel()
	old := configured(t, oneRoute, nil)
	from, to := io.Pipe()
	defer func() { _ = to.Close() }()
	ctx, cancel := context.WithCancel(context.Background())
	go cancel()
	if _, err := Run(ctx, from, old, old, 3); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAnErrorOfReadingNamesTheLine(t *testing.T) {
	t.Parallel()
	old := configured(t, oneRoute, nil)
	broken := io.MultiReader(bytes.NewReader([]byte(logged(func(*accesslog.Entry) {}))),
		iotestErr{})
	_, err := Run(t.Context(), broken, old, old, 3)
	if err == nil || !strings.Contains(err.Error(), "behind line 1: the disk is gone") {
		t.Error(err)
	}
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }
