package vectors_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// vectorDeadline bounds each read of a vector: a gateway that needs longer on an idle loopback
// hangs.
const vectorDeadline = 2 * time.Second

// mark is what "{id}" becomes; the upstream looks for it.
var mark = regexp.MustCompile(`vec-[0-9]+x`)

// A conversation is one vector while it runs.
type conversation struct {
	vector
	id      string
	rival   bool // the target is another proxy: no rules of our own
	dribble bool
	client  *testkit.Client
	rec     *record

	responses []*testkit.Response
	interim   []int
}

func (c *conversation) fill(s string) string { return strings.ReplaceAll(s, "{id}", c.id) }

func (c *conversation) requests() []*testkit.Request { return c.rec.whole() }

func (c *conversation) request(i int) *testkit.Request {
	if rs := c.rec.whole(); i < len(rs) {
		return rs[i]
	}
	return nil
}

func (c *conversation) last() *testkit.Response {
	if len(c.responses) == 0 {
		return nil
	}
	return c.responses[len(c.responses)-1]
}

func (c *conversation) lastBody() string {
	if r := c.last(); r != nil {
		return string(r.Body)
	}
	return ""
}

// poll waits for a condition that other goroutines bring about.
func (c *conversation) poll(cond func() bool) bool {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(vectorDeadline); ; <-tick.C {
		if cond() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

// send writes bytes, in one piece or byte by byte. A failed write decides nothing: the gateway may
// have answered and closed already, which the reads will tell.
func send(raw string) step {
	return func(c *conversation) error {
		if c.dribble && len(raw) < 4096 {
			_ = c.client.Dribble(c.fill(raw), 0)
			return nil
		}
		_ = c.client.Send(c.fill(raw))
		return nil
	}
}

// fin ends the client's sending side.
func fin(c *conversation) error { _ = c.client.CloseWrite(); return nil }

// await reads responses until one has the status; whatever else is final on the way is an error.
func await(want int) step {
	return func(c *conversation) error {
		for {
			r, err := c.client.Response(c.method())
			if err != nil {
				return fmt.Errorf("waiting for %d: %w", want, err)
			}
			c.note(r)
			if r.Status == want {
				return nil
			}
			if r.Status >= 200 {
				return fmt.Errorf("got %d while waiting for %d", r.Status, want)
			}
		}
	}
}

// raw reads exactly these bytes, as they come through a tunnel.
func raw(want string) step {
	return func(c *conversation) error {
		got, err := c.client.Bytes(len(c.fill(want)))
		if err != nil || got != c.fill(want) {
			return fmt.Errorf("read %q (%v), want %q", got, err, c.fill(want))
		}
		return nil
	}
}

// eof reads the gateway's end of the connection.
func eof(c *conversation) error { return c.client.ExpectClose() }

// arrived waits until the upstream has the head of a request of this vector.
func arrived(c *conversation) error {
	if !c.poll(func() bool { return c.rec.connection() != nil }) {
		return errors.New("the request did not reach the upstream")
	}
	return nil
}

func (c *conversation) method() string {
	if n := len(c.responses); n < len(c.methods) {
		return c.methods[n]
	}
	return "GET"
}

func (c *conversation) note(r *testkit.Response) {
	if r.Status < 200 && r.Status != 101 {
		c.interim = append(c.interim, r.Status)
		return
	}
	c.responses = append(c.responses, r)
}

// run has the conversation and returns what is wrong with it, or "". What the upstream had to see
// comes first: it explains the rest.
func (c *conversation) run(addr string) string {
	problem := c.converse(addr)
	if seen := c.rec.violation(); problem != "" && seen != "" && seen != problem {
		return seen + "; " + problem
	}
	return problem
}

func (c *conversation) converse(addr string) string {
	client, err := testkit.DialTimeout(addr, vectorDeadline)
	if err != nil {
		return err.Error()
	}
	defer client.Close()
	c.client = client
	for i, s := range c.steps {
		if err := s(c); err != nil {
			return fmt.Sprintf("step %d: %v", i+1, err)
		}
	}
	if problem := c.readAnswers(); problem != "" {
		return problem
	}
	if problem := c.judgeAnswers(); problem != "" {
		return problem
	}
	if problem := c.judgeEnd(); problem != "" {
		return problem
	}
	c.poll(func() bool { return len(c.rec.whole()) >= c.forwarded })
	if problem := c.judgeUpstream(); problem != "" {
		return problem
	}
	for _, check := range c.checks {
		if problem := check(c); problem != "" {
			return problem
		}
	}
	return ""
}

// readAnswers reads the responses that the vector expects. A refusal is settled by the first one.
func (c *conversation) readAnswers() string {
	for len(c.responses) < len(c.answers) {
		r, err := c.client.Response(c.method())
		if r != nil && c.cut && len(c.responses) == len(c.answers)-1 && r.Status >= 200 {
			if err == nil {
				// A 502 in place of a cut body is as clear, and cleaner.
				if c.responses = append(c.responses, r); r.Status == 502 {
					c.answers = [][]int{{502}}
					return ""
				}
				return fmt.Sprintf("a broken body arrives as a whole one: %d %.60q", r.Status,
					r.Body)
			}
			if testkit.IsTimeout(err) {
				return "the broken body is not cut short: " + err.Error()
			}
			c.responses = append(c.responses, r)
			return ""
		}
		if c.rival && c.cut && testkit.IsClosed(err) {
			c.answers = c.answers[:len(c.responses)]
			return "" // no answer at all is a broken one, too
		}
		if err != nil {
			return fmt.Sprintf("reading answer %d: %s", len(c.responses)+1, describe(err))
		}
		c.note(r)
		if c.refusal != nil && r.Status >= 400 && !r.Fields.Has("X-Vec") {
			c.answers, c.forwarded, c.atMost, c.end, c.checks = [][]int{
				c.refusal,
			}, 0, 0, anyEnd, nil
			return ""
		}
	}
	return ""
}

func describe(err error) string {
	switch {
	case testkit.IsTimeout(err):
		return "hangs: no answer within the deadline"
	case testkit.IsClosed(err):
		return "closed without an answer"
	}
	return err.Error()
}

func (c *conversation) judgeAnswers() string {
	if len(c.responses) != len(c.answers) {
		return fmt.Sprintf("%d answers, want %d", len(c.responses), len(c.answers))
	}
	for i, r := range c.responses {
		if !c.statusFits(r.Status, c.answers[i]) {
			return fmt.Sprintf("answer %d is %d, want %v", i+1, r.Status, c.answers[i])
		}
		if own := r.Fields.Get("X-Vec"); own != "" && own != c.id {
			return fmt.Sprintf("answer %d is %s's: another client's answer", i+1, own)
		}
		if c.rival || r.Status < 400 || r.Fields.Has("X-Vec") {
			continue
		}
		head := i < len(c.methods) && c.methods[i] == "HEAD"
		if _, problem := edgetest.Envelope(r); problem != "" && !head {
			return fmt.Sprintf("answer %d (%d): %s", i+1, r.Status, problem)
		}
	}
	return ""
}

// statusFits takes any refusal of a rival for a refusal, as long as it blames the client.
func (c *conversation) statusFits(got int, want []int) bool {
	if slices.Contains(want, got) {
		return true
	}
	refusal := want[0] >= 400 && want[0] < 500
	return c.rival && refusal && (got >= 400 && got < 500 || got == 501 || got == 505)
}

func (c *conversation) judgeEnd() string {
	switch c.end {
	case closes:
		if err := c.client.ExpectClose(); err != nil {
			return err.Error()
		}
	case stays, either:
		probe := c.fill("GET /probe/{id} HTTP/1.1\r\nHost: a.test\r\nX-Probe: {id}\r\n\r\n")
		if err := c.client.Send(probe); err != nil {
			if c.end == either {
				return ""
			}
			return "the connection does not stay open: " + err.Error()
		}
		r, err := c.client.Response("GET")
		if err != nil && c.end == either && testkit.IsClosed(err) {
			return ""
		}
		if err != nil {
			return "no answer to another request on the connection: " + describe(err)
		}
		if want := c.fill("{id} GET /probe/{id} 0\n"); r.Status != 200 || string(r.Body) != want {
			return fmt.Sprintf("another request on the connection is answered with %d %.80q",
				r.Status, r.Body)
		}
	}
	return ""
}

func (c *conversation) judgeUpstream() string {
	if problem := c.rec.violation(); problem != "" {
		return problem
	}
	n, most := len(c.rec.whole()), max(c.forwarded, c.atMost)
	switch {
	case n < c.forwarded || n > most:
		return fmt.Sprintf("%d requests reach the upstream, want %d: %s", n, c.forwarded,
			c.rec.lines())
	case c.rec.unfinished() > 0 && !c.partial:
		return "part of the request reaches the upstream: " + c.rec.lines()
	}
	return ""
}

// A result is what became of one vector.
type result struct {
	vector
	problem string
}

// A bench runs vectors against one gateway and one scripted upstream.
type bench struct {
	addr    func(listener string) string
	up      *vectorUpstream
	rival   bool
	dribble bool
}

// workers is how many conversations go on at the same time.
const workers = 32

// run returns a result for each vector, in order.
func (b *bench) run(vs []vector) []result {
	out := make([]result, len(vs))
	recs := make([]*record, len(vs))
	jobs := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range jobs {
				c := &conversation{vector: vs[i], rival: b.rival, dribble: b.dribble}
				c.id, c.rec = b.up.register(vs[i].script)
				recs[i] = c.rec
				listener := vs[i].listener
				if listener == "" {
					listener = "public"
				}
				out[i] = result{vs[i], c.run(b.addr(listener))}
			}
		})
	}
	for i := range vs {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	for i, v := range vs {
		// Something may have arrived upstream after the vector was judged: look again now that all
		// is quiet.
		if n := len(recs[i].whole()); out[i].problem == "" && n > max(v.forwarded, v.atMost) {
			out[i].problem = fmt.Sprintf("%d requests reach the upstream in the end: %s", n,
				recs[i].lines())
		} else if p := recs[i].violation(); out[i].problem == "" && p != "" {
			out[i].problem = p
		}
	}
	return out
}

func isHang(err error) bool { return testkit.IsTimeout(err) }
