package exchange

import (
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/docs"
	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

const (
	here = "libs/l7/exchange/"
	// The stops of a side are where the steps of an exchange ask it for something.
	endpointSide = "libs/l7/endpoint/http1.go"
	clientSide   = "libs/l7/client/http1.go"
)

// A journey is the stops of a request in the order in which it makes them.
type journey struct{ stops []string }

// step notes the file of the step that is under way: that of the function which
// Exchange.run or Exchange.Proceed has called.
func (j *journey) step() {
	frames := make([]uintptr, 64)
	all := runtime.CallersFrames(frames[:runtime.Callers(2, frames)])
	below := ""
	for {
		f, more := all.Next()
		if strings.HasSuffix(f.Function, "(*Exchange).run") ||
			strings.HasSuffix(f.Function, "(*Exchange).Proceed") {
			j.add(below)
			return
		}
		if below = f.File; !more {
			return
		}
	}
}

func (j *journey) add(file string) {
	if i := strings.LastIndex(file, "/"); i >= 0 {
		file = here + file[i+1:]
	}
	j.stop(file)
}

// stop adds a stop, unless the journey is there already.
func (j *journey) stop(file string) {
	if n := len(j.stops); n == 0 || j.stops[n-1] != file {
		j.stops = append(j.stops, file)
	}
}

// traced serves a GET whose outward calls are traced. What is broken beforehand ends the
// journey with a panic, which is its last stop.
func traced(t *testing.T, broken func(*scene)) (j journey, firsts map[string]string) {
	t.Helper()
	e := answers(ok)
	s := play(t, e)
	firsts = map[string]string{} // the step that first made each kind of call
	note := func(call string) {
		j.step()
		if _, known := firsts[call]; !known {
			firsts[call] = j.stops[len(j.stops)-1]
		}
	}
	e.trace, s.client.trace = note, note
	s.with(&toy{
		onRequest: func(*policy.Request) *policy.Answer { note("OnRequest"); return nil },
		onResponse: func(*policy.Request, *policy.Response) *policy.Answer {
			note("OnResponse")
			return nil
		},
		onEnd: func(*policy.Request, *policy.End) { note("OnEnd") },
	})
	broken(s)
	r := s.request(get)
	defer func() {
		if recover() != nil {
			j.step()
			s.x = New() // the broken one is not used again
		}
	}()
	s.x.Serve(r)
	return j, firsts
}

// documented are the stops that docs/architecture.md lists.
func documented(t *testing.T) []string {
	t.Helper()
	_, text, found := strings.Cut(docs.Architecture, "**HTTP request.**")
	text, _, ended := strings.Cut(text, "**TCP session.**")
	if !found || !ended {
		t.Fatal("docs/architecture.md has lost the journey of an HTTP request")
	}
	var stops []string
	for _, m := range regexp.MustCompile("(?m)^[0-9]+\\. `([^`]+)`").FindAllStringSubmatch(text,
		-1) {
		stops = append(stops, m[1])
	}
	return stops
}

// The journey of a GET is read file by file, without a return to one that it left, and is
// the list in docs/architecture.md. Its steps are traced at the calls that leave the
// package. Two steps make none that can be watched: finding the route, and the record. They
// are traced by what fails in them when it is missing: the table of routes, and the log.
func TestTheJourneyOfAGET(t *testing.T) {
	found, _ := traced(t, func(s *scene) { s.view.Table = new(plan.Plan).Table("") })
	if len(found.stops) != 1 {
		t.Fatalf("before a route was found the request went to %q", found.stops)
	}
	whole, firsts := traced(t, func(*scene) {})
	recorded, _ := traced(t, func(s *scene) { s.env.Access.Store(new(accesslog.Writer)) })

	var steps journey
	for _, file := range slices.Concat(found.stops, whole.stops[:len(whole.stops)-1],
		recorded.stops[len(recorded.stops)-1:]) {
		steps.stop(file)
	}
	if end := whole.stops[len(whole.stops)-1]; end != here+"exchange.go" {
		t.Errorf("policies are told the end from %s", end)
	}
	if !slices.Equal(recorded.stops[:len(recorded.stops)-1], whole.stops[:len(whole.stops)-1]) {
		t.Errorf("up to the record the journey is %q", recorded.stops)
	}
	visited := map[string]bool{}
	for _, file := range steps.stops {
		if visited[file] {
			t.Errorf("the journey returns to %s: %q", file, steps.stops)
		}
		visited[file] = true
	}

	page := documented(t)
	if len(page) > 8 {
		t.Errorf("docs/architecture.md has %d stops", len(page))
	}
	var inside []string
	for i, file := range page {
		switch file {
		case endpointSide:
			if page[i-1] != firsts["Send"] {
				t.Errorf("the endpoint is asked in %s, not in %s", firsts["Send"], page[i-1])
			}
		case clientSide:
			if page[i-1] != firsts["WriteHead"] {
				t.Errorf("the client is told in %s, not in %s", firsts["WriteHead"], page[i-1])
			}
		default:
			if strings.HasPrefix(file, here) {
				inside = append(inside, file)
			}
		}
	}
	if !slices.Equal(inside, steps.stops) {
		t.Errorf("docs/architecture.md has\n%q, the journey is\n%q", inside, steps.stops)
	}
	if !slices.Contains(page, endpointSide) || !slices.Contains(page, clientSide) {
		t.Error("docs/architecture.md does not tell of both sides")
	}
}
