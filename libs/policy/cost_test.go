package policy

import "testing"

// passing is a policy with every hook, which passes everything.
type passing struct{ named }

func (passing) OnRequest(*Request) *Answer                 { return nil }
func (passing) OnBody(*Request, Piece) *Answer             { return nil }
func (passing) WantsBody(*Request) int                     { return 0 }
func (passing) OnWholeBody(*Request, []byte, bool) *Answer { return nil }
func (passing) OnResponse(*Request, *Response) *Answer     { return nil }
func (passing) Transform(*Request, *Response) Transform    { return nil }
func (passing) OnEnd(*Request, *End)                       {}

// pass takes a request without a body through a chain, as the engine does.
func pass(c *Chain, r *Request, h *Response, e *End) bool {
	a := c.Request(r)
	n := c.Wants(r)
	b := c.Response(r, h)
	t := c.Transform(r, h)
	if c.WantsEnd() {
		c.End(r, e)
	}
	return a == nil && n == 0 && b == nil && t == nil
}

func chains() map[string]*Chain {
	return map[string]*Chain{
		"no policy": nil, "a passing policy": NewChain(passing{"p"}),
		"five passing policies": NewChain(
			passing{"p"}, passing{"q"}, passing{"r"}, passing{"s"}, passing{"t"}),
	}
}

func TestPoliciesThatPassAllocateNothing(t *testing.T) {
	var r Request
	var h Response
	var e End
	for name, c := range chains() {
		passed := true
		n := testing.AllocsPerRun(1000, func() { passed = pass(c, &r, &h, &e) && passed })
		if n != 0 || !passed {
			t.Errorf("%s: %v allocations, passed: %t", name, n, passed)
		}
	}
}

func BenchmarkPass(b *testing.B) {
	var r Request
	var h Response
	var e End
	for name, c := range chains() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !pass(c, &r, &h, &e) {
					b.Fatal("not passed")
				}
			}
		})
	}
}
