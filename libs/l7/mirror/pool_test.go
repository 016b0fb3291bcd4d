package mirror

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func about() Request { return Request{ID: "ours", Method: "POST", Path: "/"} }

// The body of a request comes from one goroutine, and its response in another, while its copy is
// answered: each pair is compared once, whichever side is last.
func TestBothSidesMeet(t *testing.T) {
	s := newScene(t, testkit.Answer(answer), nil)
	h := response(t)
	const n = 200
	var all sync.WaitGroup
	var differ atomic.Int64
	for range 4 {
		all.Go(func() {
			for i := range n / 4 {
				c := s.begin()
				if c == nil {
					continue // as many as may be are under way
				}
				var upload sync.WaitGroup
				upload.Go(func() {
					c.Put([]byte("one"))
					c.Put([]byte("two"))
					c.Send(nil)
				})
				c.Responded(h, 7)
				c.Body([]byte(`{"a":`))
				if i%2 == 0 {
					c.Body([]byte("1}"))
				} else {
					c.Body([]byte("2}"))
					differ.Add(1)
				}
				upload.Wait()
				c.Ended(true, nil, about)
			}
		})
	}
	all.Wait()
	testkit.Eventually(t, "all copies are answered, and compared", func() bool {
		return s.target.Metrics.Active.Load() == 0 && s.used.Load() == 0
	})
	last := s.Last(Kept, "")
	if want := int(differ.Load()); len(last) != want || want < 5 {
		t.Errorf("%d are told of %d that differ", len(last), want)
	}
	for _, d := range last {
		if d.ID != "ours" || d.Mirror.ID != "theirs" || d.Count != 1 ||
			d.Differences[0].At != "/a" {
			t.Fatalf("%+v", d)
		}
	}
	if len(s.Find("ours")) != len(last) || len(s.Find("theirs")) != len(last) ||
		len(s.Find("nobody's")) != 0 || len(s.Last(3, "r")) != 3 || len(s.Last(3, "x")) != 0 {
		t.Error("they are not found by their IDs, or by their route")
	}
}

// Whatever a copy ends with, all that it has taken is given back. The scene looks at the end.
func TestCopiesThatAreNotSent(t *testing.T) {
	s := newScene(t, testkit.Answer(answer), func(m *config.Mirror) { m.MaxActive = 2 })
	h := response(t)
	for name, fill := range map[string]func(c *Copy){
		"nothing": func(*Copy) {},
		"a part":  func(c *Copy) { c.Put([]byte("part")) },
		"too much": func(c *Copy) {
			c.Put(make([]byte, 600))
			c.Put(make([]byte, 600))
			c.Put([]byte("more"))
			c.Send(nil)
		},
		"no memory": func(c *Copy) {
			s.SetMemory(0)
			c.Put(make([]byte, 600))
			c.Send(nil)
			s.SetMemory(1 << 20)
		},
	} {
		c := s.begin()
		if c == nil {
			t.Fatalf("%s: there is no copy", name)
		}
		fill(c)
		c.Responded(h, -1)
		c.Body(make([]byte, 500))
		c.Ended(true, nil, about)
		if n := s.used.Load(); n != 0 {
			t.Errorf("%s: %d bytes are still taken", name, n)
		}
	}
	one, two := s.begin(), s.begin()
	if s.begin() != nil {
		t.Error("there are more than may be")
	}
	one.Ended(false, nil, about)
	two.Ended(false, nil, about)
	s.SetMemory(fixed)
	if s.begin() != nil {
		t.Error("there is more than there is memory for")
	}
}

// A body that is kept for the comparison takes memory too, and is given up without.
func TestAnswersTakeMemory(t *testing.T) {
	hold := make(chan struct{})
	s := newScene(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil {
			<-hold
			_ = c.Send(answer)
		}
	}, nil)
	c := s.begin()
	c.Send(nil)
	c.Responded(response(t), -1)
	before := s.used.Load()
	if !c.Body(make([]byte, 400)) || s.used.Load() < before+400 {
		t.Error("the body takes nothing")
	}
	s.SetMemory(s.used.Load())
	if c.Body(make([]byte, 600)) {
		t.Error("there is room over the bound")
	}
	close(hold)
	c.Ended(true, nil, about)
	testkit.Eventually(t, "the copy is over", func() bool { return s.used.Load() == 0 })
	s.SetMemory(1 << 20)
}

// The end cuts off what hangs, and begins nothing more.
func TestTheEnd(t *testing.T) {
	s := newScene(t, func(c *testkit.Conn) { _ = c.Drain() }, nil)
	for range 20 {
		c := s.begin()
		c.Send(nil)
		c.Ended(false, nil, about)
	}
	late := s.begin()
	s.End()
	if n := s.target.Metrics.Active.Load(); n != 1 {
		t.Errorf("%d copies are under way after the end", n)
	}
	late.Send(nil)
	late.Ended(true, nil, about)
}

// A panic costs one copy.
func TestAPanicCostsOneCopy(t *testing.T) {
	s := newScene(t, testkit.Answer(answer), nil)
	c := s.begin()
	whole := c.target.Cluster
	broken := *c.target
	broken.Cluster = nil
	c.target = &broken
	c.Send(nil)
	c.Ended(true, nil, about)
	testkit.Eventually(t, "it is over", func() bool { return s.used.Load() == 0 })
	s.target.Cluster = whole
}
