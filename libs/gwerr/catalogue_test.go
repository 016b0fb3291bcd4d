package gwerr_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// The names and statuses users rely on. A line changes only with a note in CHANGELOG.
const contract = `GW_BAD_REQUEST 400 · GW_UNAUTHENTICATED 401 · GW_FORBIDDEN 403 · GW_NO_ROUTE 404 · GW_METHOD_NOT_ALLOWED 405 · GW_REQUEST_TIMEOUT 408 ·
GW_BODY_TOO_LARGE 413 · GW_URI_TOO_LONG 414 · GW_CONTRACT_REQUEST 400 · GW_CONTRACT_RESPONSE 502 · GW_MISDIRECTED 421 · GW_RATE_LIMITED 429 ·
GW_HEADERS_TOO_LARGE 431 · GW_INTERNAL 500 · GW_NOT_IMPLEMENTED 501 · GW_UPSTREAM_CONNECT 502 · GW_UPSTREAM_TLS 502 · GW_UPSTREAM_RESET 502 · GW_UPSTREAM_PROTOCOL 502 ·
GW_NO_HEALTHY_ENDPOINT 503 · GW_OVERLOADED 503 · GW_DRAINING 503 · GW_UPSTREAM_TIMEOUT 504 · GW_HTTP_VERSION 505 · GW_LOOP_DETECTED 508 ·
GW_AUTH_UNAVAILABLE 503`

func TestCatalogueIsTheContract(t *testing.T) {
	var got []string
	for _, e := range gwerr.All() {
		got = append(got, e.Name+" "+http.StatusText(e.Status))
	}
	var want []string
	for _, m := range regexp.MustCompile(`(GW_\w+) (\d+)`).FindAllStringSubmatch(contract, -1) {
		c, ok := gwerr.Parse(m[1])
		if !ok {
			t.Errorf("%s is not in the catalogue", m[1])
			continue
		}
		want = append(want, m[1]+" "+http.StatusText(c.Status()))
		if c.String() != m[1] {
			t.Errorf("Parse(%s).String() = %s", m[1], c)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("catalogue:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEveryRowIsComplete(t *testing.T) {
	for i, e := range gwerr.All() {
		if e.Code != gwerr.Code(i+1) {
			t.Errorf("row %d has code %d", i+1, e.Code)
		}
		if e.Summary == "" || e.Cause == "" || e.Action == "" || e.Fault == "" || e.GRPC == 0 {
			t.Errorf("%s: a field is empty: %+v", e.Name, e)
		}
		for _, s := range []string{e.Summary, e.Cause, e.Action} {
			if !strings.HasSuffix(s, ".") {
				t.Errorf("%s: %q does not end as a sentence", e.Name, s)
			}
		}
		if (e.Fault == gwerr.Client) != (e.Status < 500 || e.Status == 501 || e.Status == 505) {
			t.Errorf("%s: status %d and fault %s disagree", e.Name, e.Status, e.Fault)
		}
	}
}

func TestNoneAndUnknownValuesAreNoError(t *testing.T) {
	for _, c := range []gwerr.Code{gwerr.None, 200, 255} {
		if c.String() != "" || c.Status() != 0 || c.Info() != (gwerr.Info{}) {
			t.Errorf("%d: %q %d", c, c.String(), c.Status())
		}
	}
}

func TestBodyIsTheEnvelope(t *testing.T) {
	const message = "no \"answer\"\n"
	got := string(gwerr.AppendBody([]byte("x"), gwerr.UpstreamTimeout, message, []byte("id-1")))
	want := `x{"error":{"code":"GW_UPSTREAM_TIMEOUT","message":"no \"answer\"\n",` +
		`"correlation_id":"id-1"}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got = string(gwerr.AppendBody(nil, gwerr.NoRoute, "", "id"))
	if !strings.Contains(got, gwerr.NoRoute.Info().Summary) {
		t.Errorf("an empty message is not the summary: %s", got)
	}
}

func TestBodyAllocatesNothing(t *testing.T) {
	dst, id := make([]byte, 0, 512), []byte("0123456789abcdef0123456789abcdef")
	if n := testing.AllocsPerRun(100, func() {
		dst = gwerr.AppendBody(dst[:0], gwerr.NoRoute, "", id)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func FuzzBodyIsAlwaysJSON(f *testing.F) {
	f.Add(uint8(1), "m", "i")
	f.Add(uint8(0), "\xff", "\x00\"")
	f.Fuzz(func(t *testing.T, c uint8, m, id string) {
		var body struct {
			Error struct {
				Code          string `json:"code"`
				Message       string `json:"message"`
				CorrelationID string `json:"correlation_id"`
			} `json:"error"`
		}
		b := gwerr.AppendBody(nil, gwerr.Code(c), m, id)
		if err := json.Unmarshal(b, &body); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if _, ok := gwerr.Parse(body.Error.Code); !ok {
			t.Fatalf("%s: unknown code", b)
		}
	})
}

func BenchmarkAppendBody(b *testing.B) {
	dst, id := make([]byte, 0, 512), []byte("0123456789abcdef0123456789abcdef")
	b.ReportAllocs()
	for b.Loop() {
		dst = gwerr.AppendBody(dst[:0], gwerr.NoRoute, "", id)
	}
}
