package tracing

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/gatewayhomebrew/gateway/libs/tracecontext"
)

// A fake is a sender whose collector answers as answer says.
type fake struct {
	mu      sync.Mutex
	got     []string // the names of spans
	answer  func(context.Context) error
	closed  bool
	batches []int
}

func (f *fake) send(ctx context.Context, all []*tracepb.ResourceSpans) error {
	if f.answer != nil {
		if err := f.answer(ctx); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	spans := all[0].ScopeSpans[0].Spans
	f.batches = append(f.batches, len(spans))
	for _, s := range spans {
		f.got = append(f.got, s.Name)
	}
	return nil
}

func (f *fake) close() { f.mu.Lock(); f.closed = true; f.mu.Unlock() }

func (f *fake) count() int { f.mu.Lock(); defer f.mu.Unlock(); return len(f.got) }

// exporter is one whose senders are fakes, by the endpoint. It runs until stop is called.
func exporter(fakes map[string]*fake) (e *Exporter, log *bytes.Buffer, stop func()) {
	log = new(bytes.Buffer)
	l := logrus.New()
	l.SetOutput(log)
	e = New(l, NewIdentity("v1", nil))
	e.dial = func(t *Target) (sender, error) { return fakes[t.Endpoint], nil }
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = e.Run(ctx) }()
	return e, log, func() { cancel(); <-done }
}

func target(endpoint string) *Target {
	return &Target{Endpoint: endpoint, Shown: endpoint, Queue: 100, Timeout: 10 * time.Second}
}

func request() *Request {
	return &Request{
		Parent: tracecontext.Parent{
			Trace: tracecontext.NewTraceID(), Span: tracecontext.NewSpanID(),
		}, Method: "GET", Start: time.Now(), Attempts: []Attempt{{}}, GRPCStatus: -1,
	}
}

func TestSpansAreGatheredAndSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(fake)
		e, _, stop := exporter(map[string]*fake{"a": f})
		defer stop()
		big := target("a")
		big.Queue = 10 * batchSpans
		e.Use(big)
		for range 3 {
			e.Add(request())
		}
		synctest.Wait()
		if f.count() != 0 {
			t.Error("they did not wait for others")
		}
		time.Sleep(gather)
		synctest.Wait()
		if f.count() != 6 {
			t.Errorf("%d spans were sent", f.count())
		}
		for range batchSpans { // two batches
			e.Add(request())
		}
		synctest.Wait()
		if f.count() != 6+2*batchSpans {
			t.Errorf("%d spans were sent", f.count())
		}
		if s := e.State(); s.Exported != uint64(6+2*batchSpans) || s.Waiting != 0 ||
			s.Dropped != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// While a collector hangs, the queue fills up, and what comes then is dropped. All is counted.
func TestACollectorThatHangsCostsSpansOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		e, _, stop := exporter(map[string]*fake{"a": f})
		e.Use(target("a"))
		for range 1000 {
			e.Add(request())
		}
		synctest.Wait()
		s := e.State()
		if s.Dropped+uint64(s.Waiting) > 2000 || s.Waiting > 100 || s.Dropped < 1700 {
			t.Errorf("%+v", s)
		}
		time.Sleep(gather)
		start := time.Now()
		stop()
		if took := time.Since(start); took > flushTime {
			t.Errorf("the end took %v", took)
		}
		s = e.State()
		if all := s.Exported + s.Dropped + s.Failed; all != 2000 || s.Failed == 0 {
			t.Errorf("of 2000 spans %d are counted: %+v", all, s)
		}
	})
}

// One line tells of a collector that fails, and one that it takes spans again.
func TestOneWarningTellsOfACollectorThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var why error
		f := &fake{answer: func(context.Context) error { return why }}
		e, log, stop := exporter(map[string]*fake{"a": f})
		defer stop()
		e.Use(target("a"))
		why = errors.New("no\nroute \x1b[31mto\xff host" + strings.Repeat("!", 1000))
		for range 10 {
			e.Add(request())
			time.Sleep(2 * gather)
			synctest.Wait()
		}
		if n := strings.Count(log.String(), "level=warning"); n != 1 {
			t.Errorf("there are %d warnings:\n%s", n, log)
		}
		s := e.State()
		if s.Failed != 20 || !strings.HasPrefix(s.Failure, "no route  [31mto") ||
			len(s.Failure) > 310 {
			t.Errorf("%+v", s)
		}
		why = nil
		e.Add(request())
		time.Sleep(2 * gather)
		synctest.Wait()
		if s := e.State(); s.Failure != "" || s.Exported != 2 ||
			!strings.Contains(log.String(), "takes spans again") {
			t.Errorf("%+v\n%s", s, log)
		}
		why = errors.New("again")
		e.Add(request())
		time.Sleep(2 * gather)
		synctest.Wait()
		if n := strings.Count(log.String(), "level=warning"); n != 1 {
			t.Errorf("within %v there are %d warnings", warnEvery, n)
		}
	})
}

// A reload that changes the collector loses nothing of what waits; nor does one that ends tracing.
func TestAReloadLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := new(fake), new(fake)
		e, _, stop := exporter(map[string]*fake{"a": a, "b": b})
		e.Use(target("a"))
		e.Add(request())
		synctest.Wait()
		e.Use(target("b"))
		e.Add(request())
		time.Sleep(2 * gather)
		synctest.Wait()
		if a.count() != 0 || b.count() != 4 {
			t.Errorf("the one has %d, the other %d", a.count(), b.count())
		}
		e.Add(request())
		e.Use(nil)
		time.Sleep(2 * gather)
		synctest.Wait()
		if b.count() != 6 || !b.closed {
			t.Errorf("the last one has %d, closed %v", b.count(), b.closed)
		}
		e.Use(target("a"))
		e.Add(request())
		stop() // what waits is sent at the end
		if a.count() != 2 || !a.closed {
			t.Errorf("at the end the first one has %d, closed %v", a.count(), a.closed)
		}
	})
}

// What a collector does not want is counted by itself.
func TestPartialSuccess(t *testing.T) {
	for text, want := range map[string]int{
		"OTLP partial success: too many (7 spans rejected)":          7,
		"OTLP partial success: (99 spans (3 spans rejected)":         3,
		"OTLP partial success: a warning (0 spans rejected)":         0,
		"OTLP partial success: minus (-4 spans rejected)":            0,
		"OTLP partial success: x (7 spans rejected)\nrpc error: bad": -1,
		"rpc error: (7 spans rejected)":                              -1,
	} {
		if got := rejectedBy(errors.New(text)); got != want {
			t.Errorf("%q is %d, want %d", text, got, want)
		}
	}
	if rejectedBy(nil) != -1 {
		t.Error("nothing is wrong")
	}
}

// A text that is no UTF-8 would lose the whole batch, so there is none in it.
func TestTextsOfClientsAreClean(t *testing.T) {
	r := request()
	r.Path, r.UserAgent, r.Method, r.Host = "/\xff", strings.Repeat("\xc3", 5000), "\xfe", "a\xff"
	r.Error, r.Message, r.Pattern = "x\xff", "y\xff", "/\xff*"
	r.Attempts[0] = Attempt{Endpoint: "unix:/a\xff", Path: "/\xff", Error: "z", Message: "\xff"}
	for _, s := range r.append(nil) {
		if text := s.String(); strings.Contains(text, `\xff`) || len(text) > 5000 {
			t.Errorf("%s", text)
		}
	}
}

func TestTheResourceSaysWhoTells(t *testing.T) {
	env := map[string]string{}
	id := NewIdentity("1.2.3", func(name string) string { return env[name] })
	get := func(service string, own map[string]string) map[string]string {
		out := map[string]string{}
		for _, a := range id.resource(service, own).Attributes {
			out[a.Key] = a.Value.GetStringValue()
		}
		return out
	}
	if r := get("", nil); r["service.name"] != "gateway" || r["service.version"] != "1.2.3" ||
		len(r["service.instance.id"]) != 36 {
		t.Errorf("%v", r)
	}
	env[EnvAttributes] = "service.name=attr, team=a%20b,deployment.environment.name=prod"
	if r := get("", nil); r["service.name"] != "attr" || r["team"] != "a b" {
		t.Errorf("%v", r)
	}
	env[EnvServiceName] = "env"
	if r := get("", nil); r["service.name"] != "env" {
		t.Errorf("%v", r)
	}
	if r := get("own", map[string]string{"team": "c"}); r["service.name"] != "own" ||
		r["team"] != "c" || r["deployment.environment.name"] != "prod" {
		t.Errorf("%v", r)
	}
	env[EnvAttributes] = "team=%zz"
	if r := get("", nil); r["team"] != "" || r["service.name"] != "env" {
		t.Errorf("%v", r)
	}
}
