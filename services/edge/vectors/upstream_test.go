package vectors_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A vectorUpstream is the server behind the gateway during vectors: it reads strictly, keeps what
// belongs to each vector, and answers with the vector's mark so that a client knows its own answer.
type vectorUpstream struct {
	// oneShot answers with Connection: close, so that nothing that follows a request on its
	// connection can be anything but smuggled; without it connections are pooled as in real life.
	oneShot bool

	mu      sync.Mutex
	next    int
	records map[string]*record
	// strays are messages that carry no vector's mark.
	strays []string
}

// A record is what reached the upstream for one vector.
type record struct {
	script script

	mu     sync.Mutex
	done   []*testkit.Request // whole requests
	halves []string           // beginnings of requests that never ended
	broken []string           // bytes that are no HTTP
	conn   *testkit.Conn      // the last connection used
}

func newVectorUpstream(oneShot bool) *vectorUpstream {
	return &vectorUpstream{oneShot: oneShot, records: map[string]*record{}}
}

// register makes the mark and the record of one run of a vector.
func (u *vectorUpstream) register(s script) (string, *record) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.next++
	id, r := fmt.Sprintf("vec-%04dx", u.next), &record{script: s}
	u.records[id] = r
	return id, r
}

func (u *vectorUpstream) stray(what string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.strays = append(u.strays, what)
}

// find returns the record whose mark comes last in the text.
func (u *vectorUpstream) find(text string) (string, *record) {
	ids := mark.FindAllString(text, -1)
	if len(ids) == 0 {
		return "", nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	id := ids[len(ids)-1]
	return id, u.records[id]
}

// serve reads the requests of one connection.
func (u *vectorUpstream) serve(conn *testkit.Conn) {
	for {
		head, err := conn.Head()
		if err != nil {
			u.fault(conn, err)
			return
		}
		text := head.Method + " " + head.Target
		for _, f := range head.Fields {
			if f.Name != "Via" && !strings.EqualFold(f.Name, "X-Request-Id") {
				text += "\n" + f.Name + ": " + f.Value
			}
		}
		id, rec := u.find(text)
		if rec == nil {
			u.stray(text)
			rec = &record{}
		}
		if !head.Fields.Has("X-Probe") {
			rec.use(conn)
		}
		side := &upstreamSide{Conn: conn, req: head, id: id, rec: rec, oneShot: u.oneShot}
		s := rec.script
		if s == nil || head.Fields.Has("X-Probe") {
			s = echo
		}
		if !s(side) {
			_ = conn.Drain() // until the gateway closes, so that the record shows that it did
			return
		}
	}
}

// fault files the error that ended a connection with the vector it belongs to, if it is one.
func (u *vectorUpstream) fault(conn *testkit.Conn, err error) {
	var wire *testkit.WireError
	seen := conn.Received()
	_, rec := u.find(seen)
	switch {
	case errors.As(err, &wire) && rec != nil:
		rec.mu.Lock()
		rec.broken = append(rec.broken, wire.Error())
		rec.mu.Unlock()
	case errors.As(err, &wire):
		u.stray(wire.Error())
	case errors.Is(err, io.ErrUnexpectedEOF) && rec != nil:
		rec.half("a head that does not end")
	}
}

func (r *record) use(c *testkit.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conn = c
}

func (r *record) half(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.halves = append(r.halves, what)
}

func (r *record) whole() []*testkit.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*testkit.Request(nil), r.done...)
}

func (r *record) unfinished() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.halves)
}

func (r *record) connection() *testkit.Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conn
}

// violation tells what the gateway sent upstream that no gateway may send.
func (r *record) violation() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.broken) > 0 {
		return "the gateway sends upstream a " + r.broken[0]
	}
	for _, q := range r.done {
		for _, n := range []string{"Keep-Alive", "Proxy-Connection", "HTTP2-Settings"} {
			if q.Fields.Has(n) {
				return "the gateway sends upstream the hop-by-hop field " + n
			}
		}
		for _, v := range q.Fields.Values("TE") {
			if v != "trailers" {
				return "the gateway sends upstream TE: " + v
			}
		}
	}
	return ""
}

func (r *record) lines() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ls []string
	for _, q := range r.done {
		ls = append(ls, q.Method+" "+q.Target)
	}
	return strings.Join(append(ls, r.halves...), "; ")
}

// An upstreamSide is what a script works with: the connection, and a request whose head was read.
type upstreamSide struct {
	*testkit.Conn
	req     *testkit.Request
	id      string
	rec     *record
	oneShot bool
}

// body reads the rest of the request and files it; it reports false when the request never ends.
func (s *upstreamSide) body() bool {
	if err := testkit.ReadRequestBody(s.Reader(), s.req); err != nil {
		var wire *testkit.WireError
		if errors.As(err, &wire) {
			s.rec.mu.Lock()
			s.rec.broken = append(s.rec.broken, wire.Error())
			s.rec.mu.Unlock()
			s.Close() // nobody should wait for an answer to that
			return false
		}
		s.rec.half(s.req.Method + " " + s.req.Target + " (unfinished)")
		return false
	}
	if s.req.Fields.Has("X-Probe") {
		return true
	}
	s.rec.mu.Lock()
	defer s.rec.mu.Unlock()
	s.rec.done = append(s.rec.done, s.req)
	return true
}

// say sends raw bytes, "{id}" filled in.
func (s *upstreamSide) say(raw string) {
	_ = s.Send(strings.ReplaceAll(raw, "{id}", s.id))
}

// echo is the default: 200, with the mark and what was received in the body.
func echo(s *upstreamSide) bool {
	if !s.body() {
		return false
	}
	body := fmt.Sprintf("%s %s %s %d\n", s.id, s.req.Method, s.req.Target, len(s.req.Body))
	last := ""
	if s.oneShot {
		last = "Connection: close\r\n"
	}
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nX-Vec: %s\r\nContent-Length: %d\r\n%s\r\n", s.id,
		len(body), last)
	if s.req.Method == "HEAD" {
		body = ""
	}
	s.say(head + body)
	if s.oneShot {
		_ = s.CloseWrite()
	}
	return true
}

// says is a script that reads the request and sends raw bytes.
func says(raw string, goesOn bool) script {
	return func(s *upstreamSide) bool {
		if !s.body() {
			return false
		}
		s.say(raw)
		return goesOn
	}
}

// then does something to the connection after a script.
func then(first script, act func(*testkit.Conn)) script {
	return func(s *upstreamSide) bool {
		first(s)
		act(s.Conn)
		return false
	}
}
