package exchange

import (
	"bytes"

	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// A toy is a policy with every hook. Each does what its function says; a toy without
// functions passes everything.
type toy struct {
	onRequest  func(*policy.Request) *policy.Answer
	onBody     func(policy.Piece) *policy.Answer
	wants      int
	onWhole    func(body []byte, whole bool) *policy.Answer
	onResponse func(*policy.Request, *policy.Response) *policy.Answer
	begins     int
	transform  policy.Transform
	lengths    []int64 // that Transform was told
	onEnd      func(*policy.Request, *policy.End)
}

func (*toy) Name() string { return "toy" }

func (p *toy) OnRequest(r *policy.Request) *policy.Answer {
	if p.onRequest == nil {
		return nil
	}
	return p.onRequest(r)
}

func (p *toy) OnBody(_ *policy.Request, b policy.Piece) *policy.Answer {
	if p.onBody == nil {
		return nil
	}
	return p.onBody(b)
}

func (p *toy) WantsBody(*policy.Request) int { return p.wants }

func (p *toy) OnWholeBody(_ *policy.Request, body []byte, whole bool) *policy.Answer {
	if p.onWhole == nil {
		return nil
	}
	return p.onWhole(body, whole)
}

func (p *toy) OnResponse(r *policy.Request, h *policy.Response) *policy.Answer {
	if p.onResponse == nil {
		return nil
	}
	return p.onResponse(r, h)
}

func (p *toy) Begins(*policy.Request, *policy.Response) int { return p.begins }

func (p *toy) Transform(_ *policy.Request, h *policy.Response) policy.Transform {
	p.lengths = append(p.lengths, h.Length)
	return p.transform
}

func (p *toy) OnEnd(r *policy.Request, e *policy.End) {
	if p.onEnd != nil {
		p.onEnd(r, e)
	}
}

// A shouter makes a body upper case. It holds all back until it is flushed, where it adds
// "|", or closed, where it adds "!".
type shouter struct {
	held     []byte
	fails    error // of Write
	noClose  error // of Close
	released int
}

func (s *shouter) Write(dst, data []byte) ([]byte, error) {
	s.held = append(s.held, bytes.ToUpper(data)...)
	return dst, s.fails
}

func (s *shouter) Flush(dst []byte) ([]byte, error) {
	if len(s.held) > 0 {
		s.held = append(s.held, '|')
	}
	dst, s.held = append(dst, s.held...), s.held[:0]
	return dst, nil
}

func (s *shouter) Close(dst []byte) ([]byte, error) {
	dst = append(append(dst, s.held...), '!')
	return dst, s.noClose
}

func (s *shouter) Release() { s.released++ }

// onlooker sees a response's body go by.
type onlooker struct{ seen []byte }

func (o *onlooker) Write(data []byte) { o.seen = append(o.seen, data...) }
func (o *onlooker) Close()            {}
