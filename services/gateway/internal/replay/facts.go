package replay

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/routing"
)

// facts are the conditions of two configurations that a log tells nothing about. One that both have
// is one fact: it holds in both or in none.
type facts struct {
	index map[string]int
	names []string // for people, by index
	// clients are addresses of which each is in other ranges than the rest, for requests whose
	// client only a header field names.
	clients []netip.Addr
	// queries are the facts about parameters of the query, which some logs have.
	queries map[int]parameter
}

// A parameter is one of the query, and what it has to be.
type parameter struct {
	name  string
	holds func(value []byte, there bool) bool
	// present says that the test asks for no more than whether it is there.
	present bool
}

// bodyFact says that a body which was refused for its length is too long for the new limit, too.
const bodyFact = 0

func newFacts() *facts {
	f := &facts{index: make(map[string]int), queries: make(map[int]parameter)}
	f.of("the length of a body that was refused for it")
	return f
}

// knows says whether a log has a header field.
func knows(name string) bool {
	return strings.EqualFold(name, "host") || strings.EqualFold(name, "user-agent")
}

// take returns the conditions of a route with each that a log does not tell replaced by a question
// for a fact. There are as many of each kind as before, since their number decides which route
// comes first.
func (f *facts) take(w *routing.When) *routing.When {
	if w == nil {
		return nil
	}
	f.ranges(w.Clients)
	return &routing.When{
		Headers: f.tests("header field", w.Headers), Query: f.tests(queryParameter, w.Query),
		Cookies: f.tests("cookie", w.Cookies), Clients: w.Clients,
	}
}

const queryParameter = "query parameter"

// holds is the value of a fact that holds; one that does not has no value.
const holds = "1"

func (f *facts) tests(kind string, tests map[string]routing.Test) map[string]routing.Test {
	out := make(map[string]routing.Test, len(tests))
	for name, test := range tests {
		switch {
		case kind == "header field" && knows(name):
			out[name] = test
			continue
		case kind == "header field":
			name = strings.ToLower(name)
		}
		n := f.of(kind + " " + name + " " + words(test))
		if kind == queryParameter {
			// A test that is no good makes no table, which says so.
			if met, err := test.Compile(); err == nil {
				f.queries[n] = parameter{name, met, test.Present != nil}
			}
		}
		out[strconv.Itoa(n)] = routing.Equals(holds)
	}
	return out
}

func (f *facts) of(text string) int {
	n, ok := f.index[text]
	if !ok {
		n = len(f.names)
		f.index[text], f.names = n, append(f.names, text)
	}
	return n
}

// words is the same text for tests that are the same.
func words(t routing.Test) string {
	switch {
	case t.Exact != nil:
		return fmt.Sprintf("is %q", *t.Exact)
	case t.Present != nil && *t.Present:
		return "is there"
	case t.Present != nil:
		return "is not there"
	case t.Not != nil:
		return "not: " + words(*t.Not)
	case t.Prefix != "":
		return fmt.Sprintf("begins with %q", t.Prefix)
	case t.Suffix != "":
		return fmt.Sprintf("ends with %q", t.Suffix)
	}
	return fmt.Sprintf("matches %q", t.Regex)
}

// outsider is an address that is in no range but those of all addresses: TEST-NET-3 (RFC 5737).
var outsider = netip.AddrFrom4([4]byte{203, 0, 113, 254})

// ranges notes addresses at both ends of each range. Ranges hold each other or have nothing in
// common, so that nearly every way to be in some and not in others has an address among them.
func (f *facts) ranges(list []netip.Prefix) {
	add := func(a netip.Addr) {
		if !slices.Contains(f.clients, a) {
			f.clients = append(f.clients, a)
		}
	}
	for _, p := range list {
		if len(f.clients) == 0 {
			add(outsider)
		}
		if len(f.clients) > mostOutcomes || !p.IsValid() {
			continue // more than can be tried anyway
		}
		add(p.Masked().Addr())
		add(last(p))
	}
}

// last is the last address of a range.
func last(p netip.Prefix) netip.Addr {
	a := p.Masked().Addr()
	b := a.As16()
	bits := p.Bits()
	if a.Is4() {
		bits += 96
	}
	for i := bits; i < 128; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	if a.Is4() {
		return netip.AddrFrom16(b).Unmap()
	}
	return netip.AddrFrom16(b)
}

// asked answers the conditions of routes for one request, and notes what it is asked that nobody
// has assumed anything about. It is a Request of libs/routing.
type asked struct {
	host, agent []byte
	query       []byte
	hasQuery    bool // the log has it
	queries     map[int]parameter
	room        []byte // for decoding it
	peer        netip.Addr
	assumed     []assumption // by fact
	client      netip.Addr   // assumed
	hasClient   bool         // client is assumed
	trusted     bool         // the peer is a proxy that names the client in a header field

	missing       int // the first fact that was asked for in vain, -1 none
	missingClient bool
}

type assumption uint8

const (
	nothing assumption = iota
	yes
	no
)

var (
	theValue = []byte(holds)
	_        = routing.Request(&asked{})
)

func (a *asked) fact(name string) ([]byte, bool) {
	n, err := strconv.Atoi(name)
	if err != nil || n >= len(a.assumed) {
		return nil, false
	}
	switch a.assumed[n] {
	case yes:
		return theValue, true
	case nothing:
		if a.missing < 0 {
			a.missing = n
		}
	}
	return nil, false
}

// over says whether a body is longer than a limit.
func (a *asked) over(e *entry, limit int64) bool {
	switch {
	case limit == 0:
		return false
	case e.least == 0:
		return e.RequestBytes > limit
	case limit < e.least:
		return true
	}
	_, is := a.fact(strconv.Itoa(bodyFact))
	return is
}

// Header returns the value of a header field that a log has, or of a fact.
func (a *asked) Header(name string) ([]byte, bool) {
	switch name {
	case "host":
		return a.host, len(a.host) > 0
	case "user-agent":
		return a.agent, len(a.agent) > 0
	}
	return a.fact(name)
}

// Query returns the value of a fact, which the log tells if it has the query. A value that was left
// out there is not known.
func (a *asked) Query(name string) ([]byte, bool) {
	n, err := strconv.Atoi(name)
	p, ok := a.queries[n]
	if err != nil || !ok || !a.hasQuery {
		return a.fact(name)
	}
	var value []byte
	var there bool
	value, a.room, there = http1.QueryValue(a.room[:0], a.query, p.name)
	if string(value) == accesslog.Redacted && !p.present {
		return a.fact(name)
	}
	if p.holds(value, there) {
		return theValue, true
	}
	return nil, false
}

// Cookie returns the value of a fact.
func (a *asked) Cookie(name string) ([]byte, bool) { return a.fact(name) }

// Client returns the client's address, or what is assumed in its place.
func (a *asked) Client() netip.Addr {
	if !a.trusted {
		return a.peer
	}
	if !a.hasClient {
		a.missingClient = true
	}
	return a.client
}
