package http2_test

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http2"
)

// Whether the head of a request ended it is told even when the end behind it has come already, and
// no byte of a body with it. Each request comes in one piece.
func TestAnEmptyBodyIsTold(t *testing.T) {
	arrivals := make(chan http2.Arrival, 1)
	s := listen(t, func(st *http2.Stream) {
		arrivals <- st.Arrived()
		hello(st)
	}, nil)
	c := dial(t, s)
	for i, x := range []struct {
		name string
		send func(id uint32)
		want http2.Arrival
	}{
		{"ended by HEADERS", func(id uint32) {
			c.headers(id, true, post()...)
		}, http2.Arrival{Whole: true}},
		{"ended by DATA without data", func(id uint32) {
			c.headers(id, false, post()...)
			c.must(c.fr.WriteData(id, true, nil))
		}, http2.Arrival{Body: true, Whole: true}},
		{"ended by a trailer", func(id uint32) {
			c.headers(id, false, post()...)
			c.headers(id, true, "x-sum", "7")
		}, http2.Arrival{Body: true, Whole: true, Trailer: true}},
		{"ended by a trailer of no fields", func(id uint32) {
			c.headers(id, false, post()...)
			c.headers(id, true)
		}, http2.Arrival{Body: true, Whole: true}},
		{"with a body", func(id uint32) {
			c.headers(id, false, post()...)
			c.must(c.fr.WriteData(id, true, []byte("hello")))
		}, http2.Arrival{Body: true, Whole: true, Unread: 5}},
	} {
		x.send(id(i))
		c.flush()
		if got := <-arrivals; got != x.want {
			t.Errorf("%s: %+v, want %+v", x.name, got, x.want)
		}
		c.answer(id(i))
	}
}

// A body that is malformed has its end, and is not whole: the one who reads it is told by the next
// read, whether it has read a part before or nothing.
func TestAMalformedBodyIsNeverWhole(t *testing.T) {
	for name, end := range map[string]func(c *client, id uint32){
		"less than the length": func(c *client, id uint32) {
			c.must(c.fr.WriteData(id, true, nil))
		},
		"more than the length": func(c *client, id uint32) {
			c.must(c.fr.WriteData(id, true, []byte("too long")))
		},
		"a malformed trailer": func(c *client, id uint32) { c.headers(id, true, ":path", "/") },
	} {
		t.Run(name, func(t *testing.T) {
			read := make(chan struct{}, 1)
			s := listen(t, func(st *http2.Stream) {
				if n, err := st.ReadBody(make([]byte, 5)); n != 5 || err != nil {
					t.Errorf("%d, %v", n, err)
				}
				read <- struct{}{}
				_, err := st.ReadBody(nil)
				unread, whole := st.Whole()
				if a := st.Arrived(); err == nil || whole || a.Whole {
					t.Errorf("%v; %d bytes unread, whole: %v, %+v", err, unread, whole, a)
				}
				hello(st)
			}, func(s *server) { s.opts.AnswerMalformed = true })
			c := dial(t, s)
			c.headers(1, false, post("content-length", "7")...)
			c.must(c.fr.WriteData(1, false, []byte("hello")))
			c.flush()
			<-read
			end(c, 1)
			c.flush()
			c.answer(1)
		})
	}
}
