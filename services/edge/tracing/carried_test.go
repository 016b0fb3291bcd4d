package tracing_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// last are the fields that the endpoint got last.
func (a *app) last() http.Header {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.got[len(a.got)-1]
}

const (
	tp    = "00-12345678901234567890123456789012-1234567890123456-"
	trace = "12345678901234567890123456789012"
	above = "1234567890123456"
)

// carriers are the fields that carry traces.
var carriers = []string{
	"Traceparent", "Tracestate", "B3", "X-B3-Traceid", "X-B3-Spanid", "X-B3-Parentspanid",
	"X-B3-Sampled", "X-B3-Flags",
}

// Without tracing the fields go on as they came, whatever is in them, and logs know the trace.
func TestWithoutTracingTheFieldsGoOnAsTheyCame(t *testing.T) {
	authority := testkit.NewAuthority(t)
	for _, side := range []string{"http1", "h2c"} {
		up := serve(t, side, authority)
		f := testkit.StartFront(t, authority, testkit.Cluster{Address: up.address, Protocol: side})
		cases := []struct {
			lines []string
			trace string
		}{
			{[]string{"Traceparent: " + tp + "01", "Tracestate: a=1 , b=2", "Tracestate: c=3"},
				trace},
			{[]string{"Traceparent: no such thing", "Tracestate: ,,,"}, ""},
			{[]string{"Traceparent: " + tp + "01", "Traceparent: " + tp + "00"}, ""},
			{[]string{"B3: " + trace + "-" + above + "-1"}, trace},
			{[]string{"B3: " + trace[16:] + "-" + above}, trace[16:]},
			{[]string{"B3: 0"}, ""},
			{[]string{"X-B3-Traceid: " + trace, "X-B3-Spanid: " + above, "X-B3-Sampled: 1",
				"X-B3-Parentspanid: " + above, "X-B3-Flags: 0"}, trace},
		}
		for _, client := range protocols {
			for _, c := range cases {
				send(t, f, client, "GET", "/", c.lines...)
				var got []string
				for _, name := range carriers {
					for _, v := range up.last().Values(name) {
						got = append(got, name+": "+v)
					}
				}
				slices.Sort(got)
				want := slices.Sorted(slices.Values(c.lines))
				if !slices.Equal(got, want) {
					t.Errorf("%s: %q goes on as %q", client, want, got)
				}
			}
		}
		var want []string
		for range protocols {
			for _, c := range cases {
				want = append(want, c.trace)
			}
		}
		slices.Sort(want)
		testkit.Eventually(t, "the log tells the traces", func() bool {
			return slices.Equal(logged(t, f.Stdout()), want)
		})
	}
}

// logged are the traces of the lines of an access log, sorted.
func logged(t *testing.T, log string) (all []string) {
	t.Helper()
	for line := range strings.Lines(log) {
		var e struct {
			Trace *string `json:"trace_id"`
		}
		if !strings.HasSuffix(line, "\n") {
			break // it is being written
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Trace == nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, *e.Trace)
	}
	slices.Sort(all)
	return all
}

// With tracing the endpoint gets one traceparent. Its trace is that of the caller where that is
// sound, and a new one where it is not; the state goes on with a sound traceparent only.
func TestWithTracingTheFieldsAreTheGatewaysOwn(t *testing.T) {
	authority := testkit.NewAuthority(t)
	up, c := serve(t, "http1", authority), collect(t, "grpc", nil)
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: up.address, Top: c.to("grpc", "sample: 0"),
	})
	upper := strings.ToUpper(strings.ReplaceAll(trace, "1", "a"))
	for _, c := range []struct {
		lines []string
		want  string   // the trace and the flags; "": a new trace, which is not sampled
		more  []string // what else the endpoint gets
	}{
		{nil, "", nil},
		{[]string{"Traceparent: " + tp + "01"}, trace + "01", nil},
		{[]string{"Traceparent: " + tp + "00"}, trace + "00", nil},
		{[]string{"Traceparent: " + tp + "03"}, trace + "03", nil},
		{[]string{"Traceparent: " + tp + "ff"}, trace + "03", nil},
		{[]string{"Traceparent: cc" + tp[2:] + "01-more"}, trace + "01", nil},
		{[]string{"Traceparent: ff" + tp[2:] + "01"}, "", nil},
		{[]string{"Traceparent: " + tp + "01-more"}, "", nil},
		{[]string{"Traceparent: 00-" + upper + "-" + above + "-01"}, "", nil},
		{[]string{"Traceparent: " + tp + "01", "Traceparent: " + tp + "01", "Tracestate: a=1"},
			"", nil},
		{[]string{"Tracestate: a=1"}, "", nil},
		{[]string{"Traceparent: " + tp + "01", "Tracestate: a=1", "Tracestate: ",
			"Tracestate: b=2"}, trace + "01", []string{"Tracestate: a=1,b=2"}},
		{[]string{"Traceparent: " + tp + "01", "Tracestate: A=1"}, trace + "01", nil},
		// B3 counts where there is no traceparent, and goes on in its form.
		{[]string{"B3: " + trace + "-" + above + "-1"}, trace + "01", []string{"B3: TRACE-SPAN-1"}},
		{[]string{"B3: " + trace + "-" + above + "-0"}, trace + "00", []string{"B3: TRACE-SPAN-0"}},
		{[]string{"B3: " + trace + "-" + above + "-1-" + above}, trace + "01",
			[]string{"B3: TRACE-SPAN-1"}},
		{[]string{"B3: 0"}, "", []string{"B3: TRACE-SPAN-0"}},
		{[]string{"B3: 1"}, "01", []string{"B3: TRACE-SPAN-1"}},
		{[]string{"B3: what"}, "", []string{"B3: TRACE-SPAN-0"}},
		{[]string{"X-B3-TraceId: " + trace, "X-B3-SpanId: " + above, "X-B3-Sampled: 1",
			"X-B3-ParentSpanId: " + above}, trace + "01", []string{"X-B3-Traceid: TRACE",
			"X-B3-Spanid: SPAN", "X-B3-Sampled: 1"}},
		{[]string{"X-B3-Sampled: 0"}, "", []string{"X-B3-Traceid: TRACE", "X-B3-Spanid: SPAN",
			"X-B3-Sampled: 0"}},
		{[]string{"Traceparent: " + tp + "00", "B3: " + above + "-" + above + "-1"}, trace + "00",
			[]string{"B3: TRACE-SPAN-0"}},
	} {
		for _, client := range protocols {
			send(t, f, client, "GET", "/", c.lines...)
			h := up.last()
			p := h.Get("Traceparent")
			if len(h.Values("Traceparent")) != 1 || len(p) != 55 {
				t.Errorf("%s %q: the endpoint got %q", client, c.lines, h.Values("Traceparent"))
				continue
			}
			flags := "00"
			if len(c.want) > 1 {
				flags = c.want[len(c.want)-2:]
			}
			if p[53:] != flags || len(c.want) > 2 && p[3:35] != trace ||
				len(c.want) <= 2 && p[3:35] == trace || p[36:52] == above {
				t.Errorf("%s %q: the endpoint got %q", client, c.lines, p)
			}
			var more []string
			for _, name := range carriers[1:] {
				for _, v := range h.Values(name) {
					more = append(more, name+": "+v)
				}
			}
			want := strings.NewReplacer("TRACE", p[3:35], "SPAN",
				p[36:52]).Replace(strings.Join(c.more, "\n"))
			if strings.Join(more, "\n") != want {
				t.Errorf("%s %q: beside it the endpoint got %q, want %q", client, c.lines, more,
					want)
			}
		}
	}
}

// B3 can be written always.
func TestB3IsWrittenWhereThatIsAskedFor(t *testing.T) {
	authority := testkit.NewAuthority(t)
	up, c := serve(t, "http1", authority), collect(t, "grpc", nil)
	for form, names := range map[string][]string{
		"single": {"B3"}, "multi": {"X-B3-Traceid", "X-B3-Spanid", "X-B3-Sampled"},
	} {
		f := testkit.StartFront(t, authority, testkit.Cluster{
			Address: up.address, Top: c.to("grpc", "b3: "+form),
			Route: ", headers: {request: {remove: [Tracestate]}}",
		})
		send(t, f, "HTTP/1.1", "GET", "/", "Traceparent: "+tp+"01", "X-B3-Flags: 1", "B3: 0",
			"Tracestate: a=1")
		h := up.last()
		var got []string
		for _, name := range carriers[1:] {
			if h.Get(name) != "" {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, names) || !strings.Contains(fmt.Sprint(h), trace) {
			t.Errorf("%s: the endpoint got %v", form, h)
		}
	}
}

// Where only proxies are believed, the trace of anybody else is linked to.
func TestWhoseWordIsTaken(t *testing.T) {
	authority := testkit.NewAuthority(t)
	up, c := serve(t, "http1", authority), collect(t, "grpc", nil)
	for proxies, believed := range map[string]bool{"10.0.0.0/8": false, "127.0.0.0/8": true} {
		f := testkit.StartFront(t, authority, testkit.Cluster{
			Address: up.address, Top: c.to("grpc", "sample: 0", "trust: proxies"),
			Listener: ", trusted_proxies: [" + proxies + "]",
		})
		send(t, f, "HTTP/1.1", "GET", "/", "Traceparent: "+tp+"01", "Tracestate: a=1",
			"X-Forwarded-For: 192.0.2.7")
		h := up.last()
		if got := h.Get("Traceparent"); strings.Contains(got, trace) != believed ||
			strings.HasSuffix(got, "-01") != believed || (h.Get("Tracestate") != "") != believed {
			t.Errorf("%s: the endpoint got %v", proxies, h)
		}
		if believed {
			s := c.wait(t, trace, 2)[0]
			if a := s.attributes(); a["client.address"] != "192.0.2.7" ||
				a["network.peer.address"] != "127.0.0.1" {
				t.Errorf("%v", s)
			}
			continue
		}
		f = testkit.StartFront(t, authority, testkit.Cluster{
			Address: up.address, Top: c.to("grpc", "sample: 1", "trust: proxies"),
		})
		send(t, f, "HTTP/1.1", "GET", "/", "Traceparent: "+tp+"00")
		own := up.last().Get("Traceparent")[3:35]
		s := c.wait(t, own, 2)[0]
		if s.parent() != "" || len(s.Links) != 1 ||
			fmt.Sprintf("%x", s.Links[0].TraceId) != trace ||
			fmt.Sprintf("%x", s.Links[0].SpanId) != above {
			t.Errorf("%v", s)
		}
	}
}

// The access log and /why tell the trace, also of what is not recorded.
func TestTheTraceIsToldElsewhere(t *testing.T) {
	authority := testkit.NewAuthority(t)
	up, c := serve(t, "http1", authority), collect(t, "grpc", nil)
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: up.address, Top: c.to("grpc", "sample: 0"),
	})
	var want []string
	for _, line := range []string{"X-No: trace", "Traceparent: " + tp + "00"} {
		for _, client := range protocols {
			cl, base := edgetest.ClientOf(t, authority, f.Process, client)
			r, _ := http.NewRequestWithContext(t.Context(), "GET", base+"/api/status/500", nil)
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Set(name, value)
			resp, err := cl.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			sent := up.last().Get("Traceparent")[3:35]
			want = append(want, sent)
			var why admin.Explanation
			testkit.Eventually(t, "/why tells of it", func() bool {
				return f.Decode(t, "GET", "/why/"+resp.Header.Get("X-Request-Id"), &why) == 200
			})
			if why.TraceID != sent {
				t.Errorf("%s: /why tells of trace %q, and it is %q", client, why.TraceID, sent)
			}
		}
	}
	slices.Sort(want)
	testkit.Eventually(t, "the log tells the traces", func() bool {
		return slices.Equal(logged(t, f.Stdout()), want)
	})
}

// Of the traces that begin here the share is recorded that was asked for.
func TestTheShareIsRecorded(t *testing.T) {
	authority := testkit.NewAuthority(t)
	up, c := serve(t, "http1", authority), collect(t, "grpc", nil)
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: up.address, Top: c.to("grpc", "sample: 0.5"),
	})
	const n = 400
	w := testkit.Dial(t, f.Addr("plain"))
	for range n {
		if r := w.Exchange(t, "GET", edgetest.Get); r.Status != 200 {
			t.Fatal(r.Status)
		}
	}
	sampled := 0
	for _, p := range up.parents() {
		if strings.HasSuffix(p, "-01") {
			sampled++
		}
	}
	if sampled < n/4 || sampled > 3*n/4 { // ten standard deviations
		t.Errorf("%d of %d are recorded", sampled, n)
	}
	testkit.Eventually(t, "they are told", func() bool { return len(c.got()) == 2*sampled })
}
