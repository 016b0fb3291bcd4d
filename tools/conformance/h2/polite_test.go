package h2_test

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A polite client asks for one thing after another, and takes the time.
type polite struct {
	t      testing.TB
	client *http.Client
	url    string
	quit   chan struct{}
	took   chan []time.Duration
	once   sync.Once
	all    []time.Duration
	failed atomic.Int64
}

func newPolite(t testing.TB, f *testkit.Front) *polite {
	t.Helper()
	tr := &http.Transport{Protocols: new(http.Protocols)}
	tr.Protocols.SetUnencryptedHTTP2(true)
	p := &polite{
		t: t, client: &http.Client{Transport: tr, Timeout: testkit.Deadline}, url: "http://" +
			f.Addr("plain") + "/",
		quit: make(chan struct{}), took: make(chan []time.Duration, 1),
	}
	for range 100 { // what happens once is no part of what is measured
		p.ask()
	}
	go p.run()
	t.Cleanup(func() { p.stop() }) // when the test ends before its time
	return p
}

func (p *polite) ask() time.Duration {
	from := time.Now()
	r, err := p.client.Get(p.url)
	if err != nil {
		p.failed.Add(1)
		p.t.Errorf("the polite client: %v", err)
		return 0
	}
	_, err = io.Copy(io.Discard, r.Body)
	r.Body.Close()
	if err != nil || r.StatusCode != http.StatusOK {
		p.failed.Add(1)
		p.t.Errorf("the polite client: %v, %v", r.Status, err)
	}
	return time.Since(from)
}

func (p *polite) run() {
	var took []time.Duration
	defer func() { p.took <- took }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for p.failed.Load() < 10 {
		select {
		case <-p.quit:
			return
		case <-tick.C:
			took = append(took, p.ask())
		}
	}
}

// stop ends the client and returns how many answers it got, and the 99th percentile of the time
// they took.
func (p *polite) stop() (int, time.Duration) {
	p.once.Do(func() {
		close(p.quit)
		p.all = <-p.took
		p.client.CloseIdleConnections()
		slices.Sort(p.all)
	})
	if len(p.all) == 0 {
		return 0, 0
	}
	return len(p.all), p.all[len(p.all)*99/100]
}
