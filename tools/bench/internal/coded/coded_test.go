package coded

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/gen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheClientSaysHowLargeACodedBodyIs(t *testing.T) {
	const text = "some text that repeats, some text that repeats"
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	for _, tc := range []struct {
		name, coding string
		size         int
		either       bool
		fails        string
	}{
		{"coded", "gzip", len(text), false, ""},
		{"coded, or not", "gzip", len(text), true, ""},
		{"plain", "", len(text), false, "not 200 with gzip"},
		{"plain, which is fine", "", len(text), true, ""},
		{"of another size", "gzip", 7, false, "decoded, the body has"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(
				func(w http.ResponseWriter, r *http.Request) {
					if r.Header.Get("Accept-Encoding") != "gzip" || r.Host != "a.test" {
						w.WriteHeader(400)
					}
					w.Header().Set("Content-Encoding", tc.coding)
					_, _ = w.Write(packed.Bytes())
				}))
			defer s.Close()
			c := Config{
				Addr: s.Listener.Addr().String(), Host: "a.test", Path: "/", Size: tc.size,
				Connections: 2, Duration: 20_000_000, Either: tc.either,
			}
			var out bytes.Buffer
			if err := Main(c.Args()[1:], &out); err != nil {
				t.Fatal(err)
			}
			var r gen.Result
			if err := json.Unmarshal(out.Bytes(), &r); err != nil {
				t.Fatal(err)
			}
			if tc.fails == "" && (r.Failed != 0 || r.Requests == 0 ||
				r.Body != int64(packed.Len())) {
				t.Errorf("got %+v, want bodies of %d", r, packed.Len())
			}
			if tc.fails != "" && (r.Failed == 0 || !strings.Contains(r.Reason, tc.fails)) {
				t.Errorf("got %+v, want %s", r, tc.fails)
			}
		})
	}
}
