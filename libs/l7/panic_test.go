package l7

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

// lockedBuffer is a bytes.Buffer that is written and read at the same time.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A defect of the gateway costs one request: its client is told, and the others notice nothing.
func TestAPanicIsAnsweredAndCostsOneRequest(t *testing.T) {
	d := document(serveUpstream(t, answerAll))
	broken := config.NewRoute("broken", "c")
	broken.PathPrefix = "/broken"
	d.Routes = append(d.Routes, broken)
	p, err := plan.Build(d)
	if err != nil {
		t.Fatal(err)
	}
	p.Routes[1].Targets = nil // a defect of the kind that a test can have
	e, address := startPlan(t, p, nil)
	var log lockedBuffer
	e.Log.SetOutput(&log)
	other := connect(t, address)
	exchange := func(c net.Conn, request string) rawResponse {
		t.Helper()
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
		return readResponse(t, bufio.NewReader(c))
	}
	if r := exchange(other, request); r.status != "200" {
		t.Fatalf("before: %s", r.status)
	}
	for _, body := range []string{"", "hello"} {
		c := connect(t, address)
		r := exchange(c,
			"POST /broken HTTP/1.1\r\nHost: h\r\nContent-Length: "+string(rune('0'+len(body)))+
				"\r\n\r\n"+body)
		if r.status != "500" || !strings.Contains(r.body, gwerr.Internal.String()) {
			t.Errorf("got %s %s", r.status, r.body)
		}
		if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("the connection goes on: %d, %v", n, err)
		}
		_, id, _ := strings.Cut(r.body, `"correlation_id":"`)
		id, _, _ = strings.Cut(id, `"`)
		f, ok := e.Why(id)
		if !ok || f.Code != gwerr.Internal || f.Path != "/broken" {
			t.Errorf("why %q: %+v", id, f)
		}
		if r := exchange(other, request); r.status != "200" {
			t.Errorf("another connection gets %s", r.status)
		}
		if !strings.Contains(log.String(), id) || !strings.Contains(log.String(), "stack") {
			t.Errorf("the log does not tell of %s: %s", id, log.String())
		}
	}
}
