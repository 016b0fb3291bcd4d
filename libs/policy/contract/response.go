package contract

import (
	"sync"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// OnResponse is policy.OnResponse's. It checks all but the body. What a route answers by itself is
// not an endpoint's, and not checked.
func (a answers) OnResponse(r *policy.Request, h *policy.Response) *policy.Answer {
	p := a.p
	v := newView()
	defer v.release()
	o := p.described(r, v)
	if o == nil {
		return nil
	}
	v.answer(r, h)
	answer := p.judge(r, p.responses, gwerr.ContractResponse, o,
		o.CheckResponseHead(&v.response, h.Length != 0))
	if answer != nil || h.Length == 0 || !o.ReadsResponse(&v.response) {
		return answer
	}
	if why := p.whyNotResponse(r, v, h.Length); why != "" {
		return p.unchecked(r, p.responses, gwerr.ContractResponse, o, why)
	}
	return nil
}

// described is the operation of a response, nil where none is. That of a request that the document
// does not have was noted with the request.
func (p *Policy) described(r *policy.Request, v *view) *openapi.Operation {
	if r.Cluster == "" {
		return nil
	}
	o, wrong := p.operation(r, v)
	if wrong != nil {
		return nil
	}
	return o
}

// whyNotResponse says why the body of a response can't be checked, "" where it can.
func (p *Policy) whyNotResponse(r *policy.Request, v *view, length int64) string {
	switch {
	case isStream(v.fields):
		return stream
	case v.response.Status == 206:
		return partial
	}
	return p.whyNot(r, v.fields, length)
}

// checked is the operation of a response whose body is checked, nil where it is not.
func (a answers) checked(r *policy.Request, h *policy.Response, v *view) *openapi.Operation {
	if h.Length == 0 {
		return nil
	}
	o := a.p.described(r, v)
	if o == nil {
		return nil
	}
	v.answer(r, h)
	if !o.ReadsResponse(&v.response) || a.p.whyNotResponse(r, v, h.Length) != "" {
		return nil
	}
	return o
}

// WantsResponse is policy.WantsResponse's.
func (a answers) WantsResponse(r *policy.Request, h *policy.Response) int {
	if a.p.responses != enforce {
		return 0
	}
	v := newView()
	defer v.release()
	if a.checked(r, h, v) == nil {
		return 0
	}
	return a.p.most
}

// OnWholeResponse is policy.WantsResponse's.
func (a answers) OnWholeResponse(
	r *policy.Request, h *policy.Response, body []byte, whole bool,
) *policy.Answer {
	v := newView()
	defer v.release()
	o := a.p.described(r, v)
	if o == nil {
		return nil
	}
	if !whole {
		return a.p.unchecked(r, enforce, gwerr.ContractResponse, o, tooLong)
	}
	v.answer(r, h)
	v.response.Body = body
	return a.p.judge(r, enforce, gwerr.ContractResponse, o, o.CheckResponseBody(&v.response))
}

// Watch is policy.Watches'. A response that is only watched goes on as it comes.
func (a answers) Watch(r *policy.Request, h *policy.Response) policy.Watch {
	if a.p.responses != shadow {
		return nil
	}
	v := newView()
	defer v.release()
	o := a.checked(r, h, v)
	if o == nil {
		return nil
	}
	w := watches.Get().(*watch)
	*w = watch{a: a, r: r, h: h, body: w.body[:0]}
	return w
}

// watch keeps a body as it goes by.
type watch struct {
	a    answers
	r    *policy.Request
	h    *policy.Response
	body []byte
	over bool
}

var watches = sync.Pool{New: func() any { return new(watch) }}

// Write is policy.Watch's.
func (w *watch) Write(data []byte) {
	if w.over = w.over || len(w.body)+len(data) > w.a.p.most; w.over {
		w.body = nil
		return
	}
	w.body = append(w.body, data...)
}

// maxKept is how much memory for a body is kept, in bytes.
const maxKept = 64 << 10

// Close is policy.Watch's.
func (w *watch) Close() {
	v := newView()
	defer v.release()
	if o := w.a.p.described(w.r, v); o != nil && w.over {
		w.a.p.unchecked(w.r, shadow, gwerr.ContractResponse, o, tooLong)
	} else if o != nil {
		v.answer(w.r, w.h)
		v.response.Body = w.body
		w.a.p.judge(w.r, shadow, gwerr.ContractResponse, o, o.CheckResponseBody(&v.response))
	}
	if cap(w.body) <= maxKept {
		w.r, w.h = nil, nil
		watches.Put(w)
	}
}
