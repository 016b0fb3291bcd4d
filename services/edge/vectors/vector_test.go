package vectors_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A vector is one conversation with the gateway, down to the byte, and what must come of it on both
// sides. "{id}" in anything that is sent stands for the vector's own mark; the upstream finds it
// again in whatever reaches it, so vectors run at the same time against one gateway.
type vector struct {
	class, name string
	// why is the reason in a line, with the section of the RFC.
	why   string
	steps []step
	// answers are the statuses of the final responses, in order; each is a set of acceptable ones.
	answers [][]int
	// refusal, when set, is a second acceptable outcome: one answer with one of these statuses, a
	// close, and nothing upstream.
	refusal []int
	// methods of the requests, for reading the responses; GET where it is shorter than answers.
	methods []string
	end     ending
	// forwarded is how many whole requests the upstream must receive; atMost, when larger, allows
	// more.
	forwarded, atMost int
	// partial allows an unfinished (never a finished) request upstream: bodies are streamed, so a
	// fault deep in a body is found when the head has already left.
	partial bool
	// cut says that the last answer must be visibly cut short: the connection ends inside the body.
	cut bool
	// house marks a rule that is this gateway's own, or stricter than the RFC: other proxies are
	// not asked.
	house bool
	// script answers in place of the default upstream.
	script script
	// faulty sends the vector to the upstream that scripts misbehave on.
	faulty bool
	// listener is the edge's listener; "" is public.
	listener string
	checks   []check
}

type ending int

const (
	stays   ending = iota // the connection must answer another request
	closes                // the gateway must close it, without another byte
	anyEnd                // nobody looks
	either                // the gateway closes it, or it answers another request
	already               // a step has read the end
)

// A step is something the client does, in order.
type step func(*conversation) error

// A check looks at what happened once the conversation is over; it returns "" when all is well.
type check func(*conversation) string

// A script is the upstream's side after a request head: it reads the body and answers, and reports
// whether the connection goes on.
type script func(*upstreamSide) bool

type option func(*vector)

// pass is a vector whose one request is right: it is answered 200 by the upstream, which saw it.
func pass(name, raw, why string, opts ...option) vector {
	v := vector{
		name: name, why: why, steps: []step{send(raw)}, answers: [][]int{{200}}, forwarded: 1,
	}
	return with(v, opts)
}

// reject is a vector that must be answered with one 4xx (400 unless told otherwise) and a close,
// while the upstream sees nothing of it.
func reject(name, raw, why string, opts ...option) vector {
	v := vector{
		name: name, why: why, steps: []step{send(raw)}, answers: [][]int{{400}}, end: closes,
	}
	return with(v, opts)
}

// answer is a vector about a response: a plain GET, to which the upstream sends the raw bytes and
// then keeps the connection open (or closes it, with the option upstreamCloses).
func answer(name, raw, why string, opts ...option) vector {
	v := vector{
		name: name, why: why,
		steps:   []step{send("GET /faulty/{id} HTTP/1.1\r\nHost: a.test\r\n\r\n")},
		answers: [][]int{{200}}, forwarded: 1, faulty: true, script: says(raw, true),
	}
	return with(v, opts)
}

// bad is an answer that is no HTTP: the client gets a 502, the upstream's connection is closed.
func bad(name, raw, why string, opts ...option) vector {
	return answer(name, raw, why, append([]option{status(502), upstreamGone}, opts...)...)
}

func with(v vector, opts []option) vector {
	for _, o := range opts {
		o(&v)
	}
	return v
}

// Options.

func status(codes ...int) option { return func(v *vector) { v.answers = [][]int{codes} } }

// answers sets one status for each response.
func answers(codes ...int) option {
	return func(v *vector) {
		v.answers = nil
		for _, c := range codes {
			v.answers = append(v.answers, []int{c})
		}
	}
}
func orReject(codes ...int) option {
	return func(v *vector) {
		if v.refusal = codes; len(codes) == 0 {
			v.refusal = []int{400}
		}
	}
}
func forwarded(n int) option      { return func(v *vector) { v.forwarded = n } }
func atMost(n int) option         { return func(v *vector) { v.atMost = n } }
func methods(ms ...string) option { return func(v *vector) { v.methods = ms } }
func ends(e ending) option        { return func(v *vector) { v.end = e } }
func scripted(s script) option    { return func(v *vector) { v.script = s } }
func steps(ss ...step) option     { return func(v *vector) { v.steps = ss } }
func via(listener string) option  { return func(v *vector) { v.listener = listener } }
func house(v *vector)             { v.house = true }
func partial(v *vector)           { v.partial = true }
func cutShort(v *vector)          { v.cut, v.end = true, already }
func verify(cs ...check) option   { return func(v *vector) { v.checks = append(v.checks, cs...) } }
func upstreamGone(v *vector)      { v.checks = append(v.checks, upstreamConnectionClosed) }
func tooLarge(v *vector)          { v.answers, v.end = [][]int{{413}}, either }
func upstreamCloses(v *vector)    { v.script = then(v.script, func(c *testkit.Conn) { c.Close() }) }
func upstreamResets(v *vector)    { v.script = then(v.script, func(c *testkit.Conn) { c.Reset() }) }
func upstreamHalfCloses(v *vector) {
	v.script = then(v.script, func(c *testkit.Conn) { _ = c.CloseWrite() })
}
func unknownCoding(v *vector)       { v.answers = [][]int{{400, 501}} }
func sees(line string) option       { return verify(seesLine(0, line)) }
func seesBody(body string) option   { return verify(seesBodyOf(0, body)) }
func tells(name, val string) option { return verify(responseField(name, val)) }

// Checks.

func seesLine(i int, line string) check {
	return func(c *conversation) string {
		r := c.request(i)
		if r == nil {
			return fmt.Sprintf("no request %d upstream", i)
		}
		if got, want := r.Method+" "+r.Target, c.fill(line); got != want {
			return fmt.Sprintf("the upstream sees %q, want %q", got, want)
		}
		return ""
	}
}

// seesAny accepts one of several request lines.
func seesAny(lines ...string) option {
	return verify(func(c *conversation) string {
		var last string
		for _, l := range lines {
			if last = seesLine(0, l)(c); last == "" {
				return ""
			}
		}
		return last
	})
}

func seesBodyOf(i int, body string) check {
	return func(c *conversation) string {
		r := c.request(i)
		if r == nil {
			return fmt.Sprintf("no request %d upstream", i)
		}
		if want := c.fill(body); string(r.Body) != want {
			return fmt.Sprintf("the upstream sees body %.60q (%d bytes), want %.60q (%d)", r.Body,
				len(r.Body), want, len(want))
		}
		return ""
	}
}

// seesField wants exactly these values of a field upstream, in one line or several.
func seesField(name string, values ...string) option {
	return verify(func(c *conversation) string {
		r := c.request(0)
		if r == nil {
			return "no request upstream"
		}
		want := make([]string, len(values))
		for i, v := range values {
			want[i] = c.fill(v)
		}
		got := r.Fields.Values(name)
		if !slices.Equal(got, want) && !slices.Equal(got, []string{strings.Join(want, ", ")}) {
			return fmt.Sprintf("the upstream sees %s: %q, want %q", name, got, want)
		}
		return ""
	})
}

// lacks wants none of these fields upstream, neither in the head nor in the trailers.
func lacks(names ...string) option {
	return verify(func(c *conversation) string {
		for i := range c.requests() {
			r := c.request(i)
			for _, n := range names {
				if r.Fields.Has(n) || r.Trailers.Has(n) {
					return fmt.Sprintf("the upstream sees %s: %q %q", n, r.Fields.Values(n),
						r.Trailers.Values(n))
				}
			}
		}
		return ""
	})
}

func responseField(name, val string) check {
	return func(c *conversation) string {
		r := c.last()
		if r == nil {
			return "no response"
		}
		if got := r.Fields.Get(name); got != c.fill(val) {
			return fmt.Sprintf("the response has %s: %q, want %q", name, got, c.fill(val))
		}
		return ""
	}
}

func responseLacks(names ...string) option {
	return verify(func(c *conversation) string {
		for _, r := range c.responses {
			for _, n := range names {
				if r.Fields.Has(n) || r.Trailers.Has(n) {
					return fmt.Sprintf("the response has %s: %q", n, r.Fields.Values(n))
				}
			}
		}
		return ""
	})
}

func bodyIs(body string) option {
	return verify(func(c *conversation) string {
		if r := c.last(); r == nil || string(r.Body) != c.fill(body) {
			return fmt.Sprintf("the client's body is %.80q, want %.80q", c.lastBody(), c.fill(body))
		}
		return ""
	})
}

// code wants the error code of the gateway's envelope.
func code(want ...string) option {
	return verify(func(c *conversation) string {
		if c.rival {
			return ""
		}
		got, _ := edgetest.Envelope(c.last())
		if !slices.Contains(want, got) {
			return fmt.Sprintf("error code %q, want %q", got, want)
		}
		return ""
	})
}

func interim(want ...int) option {
	return verify(func(c *conversation) string {
		if !slices.Equal(c.interim, want) {
			return fmt.Sprintf("1xx responses %v, want %v", c.interim, want)
		}
		return ""
	})
}

func upstreamConnectionClosed(c *conversation) string {
	conn := c.rec.connection()
	if conn == nil {
		return "no connection upstream"
	}
	if !c.poll(func() bool { return conn.Ended() }) {
		return "the connection to the misbehaving upstream is not closed"
	}
	return ""
}
