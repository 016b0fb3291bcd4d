package accesslog_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
)

func session() accesslog.Session {
	return accesslog.Session{
		Time:     time.Date(2026, 1, 2, 3, 4, 5, 6_789_000, time.FixedZone("", 3600)),
		ID:       []byte("0af7651916cd43dd8448eb211c80319c"),
		Client:   []byte("[2001:db8::1]:4711"),
		Listener: "db", Cluster: "postgres", Endpoint: "127.0.0.1:5433", Duration: 90 * time.Minute,
		BytesIn: 1, BytesOut: 1 << 40, CloseReason: "idle_timeout", Failed: true,
	}
}

func TestALineOfASessionHasTheContractsFieldsInOrder(t *testing.T) {
	s := session()
	const want = `{"time":"2026-01-02T02:04:05.006Z","session_id":"0af7651916cd43dd8448eb211c80319c","client":"[2001:db8::1]:4711","listener":"db","cluster":"postgres","endpoint":"127.0.0.1:5433",` +
		`"duration_ms":5400000.000,"bytes_in":1,"bytes_out":1099511627776,"close_reason":"idle_timeout"}`
	if got := string(s.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEncodingASessionAllocatesNothing(t *testing.T) {
	w := accesslog.NewWriter(io.Discard, accesslog.Options{Buffer: 64 << 20, Flush: time.Hour})
	defer w.Close(t.Context())
	s := session()
	for range 3000 { // let the buffers grow first
		w.LogSession(&s)
	}
	if n := testing.AllocsPerRun(1000, func() { w.LogSession(&s) }); n > 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestSamplingKeepsSessionsThatFailed(t *testing.T) {
	var out output
	w := accesslog.NewWriter(&out, accesslog.Options{SampleNone: true})
	s := session()
	w.LogSession(&s)
	s.Failed, s.CloseReason = false, "client_closed"
	w.LogSession(&s)
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := out.lines(); len(got) != 1 || !strings.Contains(got[0], "idle_timeout") ||
		!json.Valid([]byte(got[0])) {
		t.Errorf("written: %q, want the one that failed", got)
	}
}
