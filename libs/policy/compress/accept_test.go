package compress

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// request is the head of a request with these lines.
func request(t testing.TB, method string, lines ...string) *http1.RequestHead {
	t.Helper()
	text := method + " / HTTP/1.1\r\nHost: a.test\r\n"
	for _, l := range lines {
		text += l + "\r\n"
	}
	h := new(http1.RequestHead)
	h.Reset(http1.Limits{})
	if _, err := h.Parse([]byte(text + "\r\n")); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return h
}

var allOrder = []coding{zstded, brotlied, gzipped}

func TestTheClientChoosesTheCoding(t *testing.T) {
	for _, tc := range []struct {
		accept string // | is between two fields
		want   string // "" is none
		strict bool   // a plain body is refused
	}{
		{"", "", false}, {"gzip", "gzip", false}, {"GZIP", "gzip", false},
		{"x-gzip", "gzip", false},
		{"br", "br", false}, {"zstd", "zstd", false}, {"deflate", "", false},
		{"gzip, deflate, br, zstd", "zstd", false}, {"gzip, br", "br", false},
		{"gzip;q=1, br;q=0.9", "gzip", false}, {"gzip;q=0.5,br;q=0.501", "br", false},
		{"gzip;q=0", "", false}, {"gzip;q=0.000", "", false}, {"gzip;q=0.001", "gzip", false},
		{"*", "zstd", false}, {"*;q=0", "", true}, {"*;q=0, gzip", "gzip", true},
		{"zstd;q=0, *", "br", false}, {"*, zstd;q=0, br;q=0", "gzip", false},
		{"identity", "", false}, {"identity, gzip", "gzip", false},
		{"identity;q=1, gzip;q=0.5", "", false}, {"identity;q=0.5, gzip;q=0.5", "gzip", false},
		{"identity;q=0", "", true}, {"identity;q=0, br", "br", true},
		{"identity;q=0, *", "zstd", true}, {"identity;q=0.1, *;q=0", "", false},
		{"*;q=0.5, identity", "", false}, {"*;q=0.5", "zstd", false},
		{"gzip ; q=0.5 , br ; Q=0.4", "gzip", false}, {"gzip;q = 0.5", "gzip", false},
		{"gzip;q=2", "", false}, {"gzip;q=1.001", "", false}, {"gzip;q=0.1234", "", false},
		{"gzip;q=", "", false}, {"gzip;q=a", "", false}, {"gzip;q=-1", "", false},
		{"gzip;q=.5", "", false}, {"gzip;q=1.", "gzip", false}, {"gzip;q=0.", "", false},
		{"gzip;level=3", "gzip", false}, {"gzip;level=3;q=0", "", false},
		{"gzip;q=0, gzip", "", false}, {"gzip, gzip;q=0", "", false},
		{",, gzip ,", "gzip", false}, {";q=1", "", false}, {"gzip br", "", false},
		{"gzip|br", "br", false}, {"gzip;q=0|*", "zstd", false},
		{"zstd;q=0|br;q=0|gzip;q=0", "", false},
	} {
		var lines []string
		for v := range strings.SplitSeq(tc.accept, "|") {
			lines = append(lines, "Accept-Encoding: "+v)
		}
		a, said := accepts(request(t, "GET", lines...))
		c, ok := a.best(allOrder)
		got := ""
		if ok {
			got = c.name()
		}
		if got != tc.want || !said || a.refusesPlain() != tc.strict {
			t.Errorf("%q: %q, plain refused %v; want %q, %v", tc.accept, got, a.refusesPlain(),
				tc.want, tc.strict)
		}
	}
	a, said := accepts(request(t, "GET"))
	if _, ok := a.best(allOrder); ok || said || a.refusesPlain() {
		t.Error("a request that says nothing gets a coded response")
	}
}

// Of what a client wants alike, the order of the configuration decides; what is not in it is never
// made.
func TestTheConfigurationsOrderCountsAmongEquals(t *testing.T) {
	for _, tc := range []struct {
		order []coding
		want  string
	}{
		{[]coding{gzipped, zstded}, "gzip"}, {[]coding{zstded, gzipped}, "zstd"},
		{[]coding{brotlied}, "br"}, {nil, ""},
	} {
		a, _ := accepts(request(t, "GET", "Accept-Encoding: br, gzip, zstd"))
		c, ok := a.best(tc.order)
		if ok != (tc.want != "") || ok && c.name() != tc.want {
			t.Errorf("%v: %v %v", tc.order, c.name(), ok)
		}
	}
}

func TestReadingWhatIsAcceptedAllocatesNothing(t *testing.T) {
	h := request(t, "GET", "Accept-Encoding: gzip, deflate;q=0.5, br, zstd, *;q=0")
	if n := testing.AllocsPerRun(100, func() {
		a, _ := accepts(h)
		_, _ = a.best(allOrder)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// Whatever a client sends, a coding that it names with a weight of 0, or does not name where "*"
// has that, is not chosen; and what is chosen is named, or "*" is.
func FuzzAccept(f *testing.F) {
	for _, s := range []string{"", "gzip", "gzip;q=0,*", "br;q=0.5, identity;q=0", "*;q=0.1;a=b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		text := "GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: " + value + "\r\n\r\n"
		h := new(http1.RequestHead)
		h.Reset(http1.Limits{})
		if _, err := h.Parse([]byte(text)); err != nil {
			return
		}
		a, _ := accepts(h)
		for i, w := range a {
			if w < unset || w > 1000 {
				t.Fatalf("%q: weight %d of %d", value, w, i)
			}
		}
		c, ok := a.best(allOrder)
		if !ok {
			return
		}
		lower := strings.ToLower(value)
		if !strings.Contains(lower, c.name()) && !strings.Contains(lower, "*") {
			t.Fatalf("%q: %s is chosen", value, c.name())
		}
		for member := range strings.SplitSeq(strings.ReplaceAll(lower, " ", ""), ",") {
			if member == c.name()+";q=0" {
				t.Fatalf("%q: %s is chosen", value, c.name())
			}
		}
	})
}
