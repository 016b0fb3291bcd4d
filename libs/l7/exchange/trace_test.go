package exchange

import (
	"io"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/tracing"
)

const callers = "00-12345678901234567890123456789012-1234567890123456-"

// tracesWith gives a plan tracing, which records nothing that begins here.
func tracesWith(change func(*config.Tracing)) func(*config.Document) {
	return func(d *config.Document) {
		d.Tracing = &config.Tracing{
			OTLP: config.OTLP{
				Endpoint: "127.0.0.1:1", Security: config.Security{Mode: config.SecurityNone},
			},
			Trust: config.TraceTrustAlways, B3: config.B3Received, Queue: 100,
		}
		change(d.Tracing)
	}
}

// watched lets a scene's spans be counted. They wait where nobody takes them.
func watched(s *scene) (spans func() int) {
	log := logrus.New()
	log.SetOutput(io.Discard)
	s.env.Spans = tracing.New(log, tracing.NewIdentity("", nil))
	s.env.Spans.Use(&tracing.Target{Queue: 1000})
	return func() int { return s.env.Spans.State().Waiting }
}

// A request that is not recorded allocates nothing, whatever it says of its trace.
func TestARequestThatIsNotRecordedAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget on purpose")
	}
	log := accesslog.NewWriter(io.Discard, accesslog.Options{})
	t.Cleanup(func() { _ = log.Close(t.Context()) })
	for name, lines := range map[string]string{
		"nothing": "", "W3C": "traceparent: " + callers + "00\r\ntracestate: a=1\r\n",
		"B3":                "b3: 0\r\n",
		"B3 in many fields": "X-B3-TraceId: 1234567890123456\r\nX-B3-Sampled: 0\r\n",
	} {
		s := playWith(t, tracesWith(func(c *config.Tracing) { c.SampleErrors = true }), answers(ok))
		spans := watched(s)
		s.env.Access.Store(log)
		text := "GET /a HTTP/1.1\r\nHost: a.test\r\n" + lines + "\r\n"
		serve := func() {
			s.attempts = 0
			s.client.reset()
			s.endpoints[0].reset()
			if next := s.x.Serve(s.request(text)); next != Stay {
				t.Fatalf("the connection goes on with %d", next)
			}
		}
		for range 10 {
			serve()
		}
		if n := testing.AllocsPerRun(500, serve); n > 0 {
			t.Errorf("%s: %v allocations a request, want none", name, n)
		}
		if n := spans(); n != 0 {
			t.Errorf("%s: %d spans are told", name, n)
		}
	}
}

// Each way in which a request can end has the spans of the attempts that it had.
func TestHowManySpansAreTold(t *testing.T) {
	record := tracesWith(func(c *config.Tracing) { c.Sample = 1 })
	closed := fault.EndpointGone
	used := fallsSilent(closed)
	used.traits.Reused = true
	for name, c := range map[string]struct {
		change    func(*config.Document)
		endpoints []*scriptedEndpoint
		want      int
	}{
		"an answer": {record, []*scriptedEndpoint{answers(ok)}, 2},
		"two attempts": {both(record, retries("reset")),
			[]*scriptedEndpoint{fallsSilent(closed), answers(ok)}, 3},
		"a pooled connection is gone": {record, []*scriptedEndpoint{used, answers(ok)}, 3},
	} {
		s := playWith(t, c.change, c.endpoints...)
		spans := watched(s)
		s.serve("GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n")
		if n := spans(); n != c.want {
			t.Errorf("%s: %d spans are told, want %d", name, n, c.want)
		}
		sent := map[string]bool{}
		for _, e := range c.endpoints {
			text := string(e.request)
			i := strings.Index(text, "traceparent: ")
			if i < 0 || sent[text[i:i+68]] {
				t.Errorf("%s: an endpoint got %q", name, text)
				continue
			}
			sent[text[i:i+68]] = true
		}
	}
	s := playWith(t, record)
	spans := watched(s)
	s.serve("TRACE /a HTTP/1.1\r\nHost: a.test\r\n\r\n")
	if n := spans(); n != 1 {
		t.Errorf("without an attempt %d spans are told", n)
	}
}

func BenchmarkServeTraced(b *testing.B) {
	for name, c := range map[string]struct {
		change func(*config.Document)
		log    bool
	}{
		"nothing": {func(*config.Document) {}, false},
		"traces":  {tracesWith(func(*config.Tracing) {}), false},
		"log":     {func(*config.Document) {}, true},
		"both":    {tracesWith(func(*config.Tracing) {}), true},
	} {
		b.Run(name, func(b *testing.B) {
			s := playWith(b, c.change, answers(ok))
			if c.log {
				log := accesslog.NewWriter(io.Discard, accesslog.Options{})
				b.Cleanup(func() { _ = log.Close(b.Context()) })
				s.env.Access.Store(log)
			}
			b.ReportAllocs()
			for b.Loop() {
				s.attempts = 0
				s.client.reset()
				s.endpoints[0].reset()
				s.x.Serve(s.request(get))
			}
		})
	}
}
