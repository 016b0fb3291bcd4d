package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// named is a policy with a name alone.
type named string

func (n named) Name() string { return string(n) }

// scripted is a policy with every hook. It writes down its calls, and answers where says.
type scripted struct {
	named
	calls   *[]string
	answers string // the hook that answers
	wants   int
	change  Transform
}

func (s *scripted) call(hook string) *Answer {
	*s.calls = append(*s.calls, hook+" "+string(s.named))
	if hook == s.answers {
		return Refuse(gwerr.Forbidden, string(s.named))
	}
	return nil
}

func (s *scripted) OnRequest(*Request) *Answer             { return s.call("request") }
func (s *scripted) OnBody(*Request, Piece) *Answer         { return s.call("body") }
func (s *scripted) WantsBody(*Request) int                 { return s.wants }
func (s *scripted) OnResponse(*Request, *Response) *Answer { return s.call("response") }
func (s *scripted) OnEnd(*Request, *End)                   { s.call("end") }
func (s *scripted) Transform(*Request, *Response) Transform {
	s.call("transform")
	return s.change
}
func (s *scripted) OnWholeBody(_ *Request, body []byte, whole bool) *Answer {
	return s.call(fmt.Sprintf("whole %q %t", body, whole))
}

func TestPoliciesAreAskedInOrderAndResponsesTheOtherWay(t *testing.T) {
	var calls []string
	c := NewChain(&scripted{named: "a", calls: &calls}, nil, named("mute"),
		&scripted{named: "b", calls: &calls})
	if got := strings.Join(c.Names(), " "); got != "a mute b" {
		t.Errorf("the chain is %s", got)
	}
	if c.Request(nil) != nil || c.Body(nil, Piece{}) != nil || c.Response(nil, nil) != nil ||
		c.Transform(nil, nil) != nil {
		t.Error("a chain that passes everything answers")
	}
	c.End(nil, nil)
	want := "request a, request b, body a, body b, response b, response a, " +
		"transform b, transform a, end a, end b"
	if got := strings.Join(calls, ", "); got != want {
		t.Errorf("called are %s\nwant %s", got, want)
	}
	if !c.SeesBody() || !c.WantsEnd() {
		t.Error("the chain sees no bodies, or no ends")
	}
}

func TestTheFirstAnswerIsTheLastCall(t *testing.T) {
	for _, tc := range []struct {
		hook, first string
		ask         func(*Chain) *Answer
	}{
		{"request", "a", func(c *Chain) *Answer { return c.Request(nil) }},
		{"body", "a", func(c *Chain) *Answer { return c.Body(nil, Piece{}) }},
		{"response", "b", func(c *Chain) *Answer { return c.Response(nil, nil) }},
		{`whole "xyz" true`, "a", func(c *Chain) *Answer {
			return c.WholeBody(nil, []byte("xyz"), true)
		}},
	} {
		var calls []string
		c := NewChain(
			&scripted{named: "a", calls: &calls, answers: tc.hook, wants: 9},
			&scripted{named: "b", calls: &calls, answers: tc.hook, wants: 9})
		if a := tc.ask(c); a == nil || a.Message != tc.first || len(calls) != 1 {
			t.Errorf("%s: answered by %+v after %q, want %s alone", tc.hook, a, calls, tc.first)
		}
	}
}

func TestAChainOfNothing(t *testing.T) {
	for _, c := range []*Chain{
		nil, NewChain(), NewChain(nil, nil), (*Chain)(nil).With(), NewChain(named("x")),
	} {
		if c.Request(nil) != nil || c.Body(nil, Piece{}) != nil ||
			c.WholeBody(nil, nil, true) != nil ||
			c.Response(nil, nil) != nil || c.Transform(nil, nil) != nil {
			t.Errorf("%v answers", c.Names())
		}
		if c.SeesBody() || c.WantsEnd() || c.Wants(nil) != 0 {
			t.Errorf("%v sees something", c.Names())
		}
		c.End(nil, nil)
	}
	if NewChain(nil) != nil || (*Chain)(nil).Names() != nil {
		t.Error("a chain without policies is not nil")
	}
}

func TestWithLeavesTheChainAsItIs(t *testing.T) {
	a := NewChain(named("a"))
	b, c := a.With(named("b"), nil), a.With(named("c"))
	for _, tc := range []struct {
		chain *Chain
		want  []string
	}{
		{a, []string{"a"}}, {b, []string{"a", "b"}}, {c, []string{"a", "c"}},
		{(*Chain)(nil).With(named("d")), []string{"d"}},
	} {
		if got := tc.chain.Names(); !slices.Equal(got, tc.want) {
			t.Errorf("the chain is %v, want %v", got, tc.want)
		}
	}
}

func TestEachPolicyGetsAsMuchOfTheBodyAsItWants(t *testing.T) {
	for _, tc := range []struct {
		body  string
		whole bool
		want  string
	}{
		{"", true, `whole "" true a, whole "" true c`},
		{"abc", true, `whole "abc" true a, whole "abc" true c`},
		{"abcdef", true, `whole "abc" false a, whole "abcdef" true c`},
		{"abcdefg", false, `whole "abc" false a, whole "abcdef" false c`},
		{"abcdef", false, `whole "abc" false a, whole "abcdef" false c`},
	} {
		var calls []string
		c := NewChain(
			&scripted{named: "a", calls: &calls, wants: 3},
			&scripted{named: "b", calls: &calls},
			&scripted{named: "c", calls: &calls, wants: 6})
		if n := c.Wants(nil); n != 6 {
			t.Errorf("%d bytes are wanted, want 6", n)
		}
		if a := c.WholeBody(nil, []byte(tc.body), tc.whole); a != nil {
			t.Errorf("it is answered with %+v", a)
		}
		if got := strings.Join(calls, ", "); got != tc.want {
			t.Errorf("%q, %t: called are %s\nwant %s", tc.body, tc.whole, got, tc.want)
		}
	}
}

// wrap is a Transform that puts its name around each piece, and fails where it is told.
type wrap struct {
	name     string
	held     string // what Write keeps back for Flush or Close
	fails    string
	released int
}

var errWrap = errors.New("broken")

func (w *wrap) put(dst []byte, hook, text string) ([]byte, error) {
	if w.fails == hook {
		return dst, errWrap
	}
	return append(dst, text...), nil
}

func (w *wrap) Write(dst, data []byte) ([]byte, error) {
	w.held = w.name
	return w.put(dst, "write", w.name+"("+string(data)+")")
}
func (w *wrap) Flush(dst []byte) ([]byte, error) {
	held := w.held
	w.held = ""
	return w.put(dst, "flush", held)
}
func (w *wrap) Close(dst []byte) ([]byte, error) { return w.put(dst, "close", w.held+".") }
func (w *wrap) Release()                         { w.released++ }

// threeWraps are Transforms a, b and c of policies in that order, as one.
func threeWraps() (Transform, map[string]*wrap) {
	var policies []Policy
	all := map[string]*wrap{}
	var calls []string
	for _, name := range []string{"a", "b", "c"} {
		all[name] = &wrap{name: name}
		policies = append(policies, &scripted{named: named(name), calls: &calls, change: all[name]})
	}
	return NewChain(policies...).Transform(nil, nil), all
}

func TestABodyGoesThroughThreeTransforms(t *testing.T) {
	tr, all := threeWraps()
	for _, step := range []struct {
		what string
		do   func([]byte) ([]byte, error)
		want string
	}{
		{"Write", func(d []byte) ([]byte, error) { return tr.Write(d, []byte("x")) }, "a(b(c(x)))"},
		{"Flush", tr.Flush, "a(b(c)b)a"},
		{"a second Flush", tr.Flush, ""},
		{"Close", tr.Close, "a(b(.)b.)a."},
	} {
		got, err := step.do([]byte("before "))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != "before "+step.want {
			t.Errorf("%s gives %q, want %q", step.what, got, "before "+step.want)
		}
	}
	tr.Release()
	for name, w := range all {
		if w.released != 1 {
			t.Errorf("%s was released %d times", name, w.released)
		}
	}
}

func TestAnErrorOfATransformEndsTheOthers(t *testing.T) {
	for _, name := range []string{"a", "b", "c"} {
		for hook, do := range map[string]func(Transform) ([]byte, error){
			"write": func(tr Transform) ([]byte, error) {
				return tr.Write([]byte("before"), []byte("x"))
			},
			"flush": func(tr Transform) ([]byte, error) { return tr.Flush([]byte("before")) },
			"close": func(tr Transform) ([]byte, error) { return tr.Close([]byte("before")) },
		} {
			tr, all := threeWraps()
			all[name].fails = hook
			got, err := do(tr)
			if !errors.Is(err, errWrap) || !strings.HasPrefix(string(got), "before") {
				t.Errorf("%s of %s: %q, %v", hook, name, got, err)
			}
			// What stands nearer to the endpoint fails before anything goes on.
			if name == "c" && all["a"].held != "" {
				t.Errorf("%s of c: a was called still", hook)
			}
			tr.Release()
			for _, w := range all {
				if w.released != 1 {
					t.Errorf("%s of %s: %s was released %d times", hook, name, w.name, w.released)
				}
			}
		}
	}
}
