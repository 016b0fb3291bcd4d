package l7

import (
	"bytes"
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// toy is a policy that uses every hook. It is the proof of docs/policies.md: the engine
// knows nothing of it, and this file is all there is of it. What it does to a request is
// said by the request's X-Toy field.
type toy struct {
	seen     atomic.Int64 // bytes of request bodies
	begun    atomic.Int64 // response bodies that it began to change
	released atomic.Int64 // and had done with
	ends     chan policy.End
}

func newToy() *toy { return &toy{ends: make(chan policy.End, 100)} }

func (*toy) Name() string { return "toy" }

var (
	teapot = &policy.Answer{
		Status: 418, ContentType: "text/plain", Body: []byte("short and stout\n"),
	}
	tooBad = policy.Refuse(gwerr.BadRequest, "the body begins with bad")
	hidden = &policy.Answer{Status: 404, ContentType: "text/plain", Body: []byte("nothing here\n")}
	marked = http1.NewEdits(map[string]string{"X-Toy-Saw": "it"}, nil)
)

func (*toy) OnRequest(r *policy.Request) *policy.Answer {
	if asked(r, "teapot") {
		return teapot
	}
	breakIf(asked(r, "panic in OnRequest"))
	return nil
}

func (y *toy) OnBody(r *policy.Request, p policy.Piece) *policy.Answer {
	breakIf(asked(r, "panic in OnBody"))
	y.seen.Add(int64(len(p.Data)))
	return nil
}

// wanted is how many bytes of a body the toy looks at.
const wanted = 8

func (*toy) WantsBody(r *policy.Request) int {
	if asked(r, "look") || asked(r, "panic in OnWholeBody") {
		return wanted
	}
	return 0
}

func (*toy) OnWholeBody(r *policy.Request, body []byte, whole bool) *policy.Answer {
	breakIf(asked(r, "panic in OnWholeBody"))
	if len(body) > wanted || !whole && len(body) < wanted {
		panic("a body of another length than was asked for")
	}
	if bytes.HasPrefix(body, []byte("bad")) {
		return tooBad
	}
	return nil
}

func (*toy) OnResponse(r *policy.Request, h *policy.Response) *policy.Answer {
	breakIf(asked(r, "panic in OnResponse"))
	if h.Head.Status == 503 {
		return hidden
	}
	h.Edit(marked)
	return nil
}

func (*toy) Begins(r *policy.Request, _ *policy.Response) int {
	breakIf(asked(r, "panic in Begins"))
	return wanted
}

func (y *toy) Transform(r *policy.Request, h *policy.Response) policy.Transform {
	f := h.Head.Find(http1.FieldContentType)
	if f == nil || !bytes.HasPrefix(h.Head.Value(f), []byte("text/")) {
		return nil
	}
	y.begun.Add(1)
	return &shout{toy: y, breaks: asked(r, "panic in Write"), fails: asked(r, "fail in Write")}
}

func (y *toy) OnEnd(r *policy.Request, e *policy.End) {
	y.ends <- *e
	breakIf(asked(r, "panic in OnEnd"))
}

// shout makes a text upper case, and puts a ! behind it. It holds the last byte back, as a
// Transform may that has to see what follows.
type shout struct {
	toy           *toy
	held          []byte
	breaks, fails bool
}

func (s *shout) Write(dst, data []byte) ([]byte, error) {
	breakIf(s.breaks)
	if s.fails {
		return dst, errToy
	}
	dst = append(dst, s.held...)
	text := bytes.ToUpper(data)
	s.held = text[len(text)-1:]
	return append(dst, text[:len(text)-1]...), nil
}

func (s *shout) Flush(dst []byte) ([]byte, error) {
	dst = append(dst, s.held...)
	s.held = nil
	return dst, nil
}

func (s *shout) Close(dst []byte) ([]byte, error) {
	dst, err := s.Flush(dst)
	return append(dst, '!'), err
}

func (s *shout) Release() { s.toy.released.Add(1) }

// asked reports whether a request asks the toy for something.
func asked(r *policy.Request, what string) bool {
	for i := range r.Head.Fields {
		f := &r.Head.Fields[i]
		if bytes.EqualFold(r.Head.Name(f), []byte("X-Toy")) {
			return string(r.Head.Value(f)) == what
		}
	}
	return false
}

type toyError string

func (e toyError) Error() string { return string(e) }

const errToy = toyError("the toy is broken")

func breakIf(wanted bool) {
	if wanted {
		panic("the toy is broken")
	}
}
