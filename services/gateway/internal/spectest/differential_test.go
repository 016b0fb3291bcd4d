package spectest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/contract"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

var messages = flag.Int("messages", 3000, "how many messages both are asked about")

// edge is what the edge asks of the policy of a route.
type edge interface {
	OnRequest(r *policy.Request) *policy.Answer
	WantsBody(r *policy.Request) int
	OnWholeBody(r *policy.Request, body []byte, whole bool) *policy.Answer
	OnResponse(r *policy.Request, h *policy.Response) *policy.Answer
	WantsResponse(r *policy.Request, h *policy.Response) int
	OnWholeResponse(r *policy.Request, h *policy.Response, body []byte, whole bool) *policy.Answer
}

// The verdicts of spec test are those of the edge's policy, whatever the message.
func TestTheVerdictsAreThoseOfTheEdge(t *testing.T) {
	seed := [2]uint64{rand.Uint64(), rand.Uint64()}
	t.Logf("seed %v", seed)
	random := rand.New(rand.NewPCG(seed[0], seed[1]))
	for _, text := range []string{
		strings.Replace(shapes, `, pattern: "^(?=a)b$"`, "", 1), openspec.Demo,
	} {
		c := newComparison(t, random, text)
		for c.asked < *messages/2 {
			o := &c.operations[random.IntN(len(c.operations))]
			if random.IntN(2) == 0 {
				c.request(t, o)
			} else {
				c.response(t, o)
			}
		}
		t.Logf("%s: %d messages, %d refused, %d differing", c.doc.Contract.Title(), c.asked,
			c.refused, c.differing)
		if c.refused == 0 || c.refused == c.asked {
			t.Error("all verdicts are the same")
		}
	}
}

// comparison asks both about messages of one document.
type comparison struct {
	doc        *apidoc.Document
	edge       edge
	operations []apidoc.Operation
	random     *rand.Rand

	asked, refused, differing int
}

func newComparison(t *testing.T, random *rand.Rand, text string) *comparison {
	t.Helper()
	c := &comparison{doc: load(t, text), random: random}
	route := config.NewRoute("r", "c")
	route.OpenAPI = &config.RouteOpenAPI{
		Spec: "s", Requests: config.ContractEnforce, Responses: config.ContractEnforce,
		MaxBodyBytes: 1 << 20,
	}
	p, err := contract.New(&route, c.doc.Contract, new(contract.Counts))
	if err != nil {
		t.Fatal(err)
	}
	c.edge, c.operations = p.(edge), c.doc.Operations()
	return c
}

func (c *comparison) count(t *testing.T, edge bool, here []openapi.Violation, head string,
	body []byte) {
	c.asked++
	if edge {
		c.refused++
	}
	if edge == (len(here) > 0) {
		return
	}
	if c.differing++; c.differing < 10 {
		t.Errorf("the edge refuses it: %v, the CLI: %v\n%q\n%q", edge, here, head, body)
	}
}

// valid is a request of an operation with its head, as the edge has it.
func (c *comparison) valid(o *apidoc.Operation) *message {
	m, err := build(c.doc, o, "", nil)
	if err != nil {
		return &message{method: o.Method, path: o.Base + o.Path}
	}
	return m
}

func (c *comparison) request(t *testing.T, o *apidoc.Operation) {
	m := c.valid(o)
	text := mutate(c.random, m)
	m.path, m.query, _ = strings.Cut(m.target(), "?") // damage may have put another one in
	var head http1.RequestHead
	head.Reset(http1.Limits{})
	if n, err := head.Parse([]byte(text)); err != nil || n != len(text) {
		return // which the edge refuses before a policy sees it
	}
	r := &policy.Request{Head: &head, Route: "r", Cluster: "c", Memory: new(policy.Room)}
	at := c.edge.OnRequest(r) != nil
	if !at && c.edge.WantsBody(r) > 0 {
		at = c.edge.OnWholeBody(r, m.body, true) != nil
	}
	found, all := m.operation(c.doc.Contract)
	if found != nil {
		all = found.CheckRequest(m.request())
	}
	c.count(t, at, all, text, m.body)
}

func (c *comparison) response(t *testing.T, o *apidoc.Operation) {
	m := c.valid(o)
	var head http1.RequestHead
	head.Reset(http1.Limits{})
	text := m.method + " " + m.target() + " HTTP/1.1\r\nHost: a\r\n\r\n"
	if n, err := head.Parse([]byte(text)); err != nil || n != len(text) {
		return
	}
	bodies := []string{
		`{"message":"Hello"}`, `{"id":1,"name":"a","email":"a@b"}`, `{"status":404,"message":"a"}`,
		`[{"id":1,"name":"a","email":"a@b"}]`, ``, `null`, `{"id":1e400}`,
	}
	kinds := []string{
		"application/json", "application/json; charset=utf-8", "text/plain", "APPLICATION/JSON",
		"application/problem+json", "*/*", "",
	}
	answer := &message{body: []byte(damage(c.random, bodies[c.random.IntN(len(bodies))]))}
	if kind := damage(c.random, kinds[c.random.IntN(len(kinds))]); kind != "" {
		answer.add("Content-Type", strings.TrimSpace(kind))
	}
	status := []int{200, 200, 200, 400, 404, 201, 299, 500}[c.random.IntN(8)]
	answer.add("Content-Length", fmt.Sprint(len(answer.body)))
	text = fmt.Sprintf("HTTP/1.1 %d Status\r\n", status)
	for _, f := range answer.fields {
		text += fmt.Sprintf("%s: %s\r\n", f.Name, f.Value)
	}
	text += "\r\n"
	var begin http1.ResponseHead
	begin.Reset(http1.Limits{})
	if n, err := begin.Parse([]byte(text)); err != nil || n != len(text) {
		return // which the edge refuses before a policy sees it
	}
	found, _ := m.operation(c.doc.Contract)
	if found == nil {
		return
	}
	r := &policy.Request{Head: &head, Route: "r", Cluster: "c", Memory: new(policy.Room)}
	h := &policy.Response{Head: &begin, Length: int64(len(answer.body))}
	at := c.edge.OnResponse(r, h) != nil
	if !at && c.edge.WantsResponse(r, h) > 0 {
		at = c.edge.OnWholeResponse(r, h, answer.body, true) != nil
	}
	c.count(t, at, found.CheckResponse(&openapi.Response{
		Status: status, Fields: answer.fields, Body: answer.body, Head: m.method == "HEAD",
	}), text, answer.body)
}

// mutate damages a message in a few places, and returns its head.
func mutate(random *rand.Rand, m *message) string {
	if random.IntN(10) == 0 {
		m.method = []string{"GET", "HEAD", "PUT", "POST", "DELETE"}[random.IntN(5)]
	}
	m.path, m.query = damage(random, m.path), damage(random, m.query)
	m.body = []byte(damage(random, string(m.body)))
	fields := m.fields[:0:0]
	for _, f := range m.fields {
		f.Value = []byte(strings.TrimSpace(damage(random, string(f.Value))))
		for range []int{1, 1, 1, 1, 0, 2}[random.IntN(6)] {
			fields = append(fields, f)
		}
	}
	m.fields = fields
	if len(m.body) > 0 {
		m.add("Content-Length", fmt.Sprint(len(m.body)))
	}
	m.add("Host", "a")
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", m.method, m.target())
	for _, f := range m.fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	return b.String() + "\r\n"
}

// damage changes a text in one place out of three times, or in a few.
func damage(random *rand.Rand, s string) string {
	if s == "" || random.IntN(3) > 0 {
		return s
	}
	b := []byte(s)
	const pieces = "0aZ/%2F-.,;={}[]\"\\&?é \x00nulltrue9"
	for range 1 + random.IntN(3) {
		i := random.IntN(len(b) + 1)
		switch j := random.IntN(len(pieces)); random.IntN(3) {
		case 0:
			b = append(b[:i:i], append([]byte{pieces[j]}, b[i:]...)...)
		case 1:
			b = append(b[:i:i], b[min(i+1+random.IntN(3), len(b)):]...)
		case 2:
			if i < len(b) {
				b[i] = pieces[j]
			}
		}
	}
	return string(b)
}
