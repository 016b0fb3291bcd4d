package contract

import (
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// OnRequest is policy.OnRequest's. It checks all but the body.
func (a asks) OnRequest(r *policy.Request) *policy.Answer {
	p := a.p
	v := newView()
	defer v.release()
	o, wrong := p.operation(r, v)
	if wrong != nil {
		return p.judge(r, p.requests, gwerr.ContractRequest, nil, []openapi.Violation{*wrong})
	}
	v.ask(r)
	has := hasBody(r)
	answer := p.judge(r, p.requests, gwerr.ContractRequest, o, o.CheckHead(&v.request, has))
	if answer != nil || !has || !o.ReadsBody(v.fields) {
		return answer
	}
	if why := p.whyNot(r, v.fields, r.Head.ContentLength); why != "" {
		return p.unchecked(r, p.requests, gwerr.ContractRequest, o, why)
	}
	return nil
}

// WantsBody is policy.WantsBody's.
func (a asks) WantsBody(r *policy.Request) int {
	if !hasBody(r) {
		return 0
	}
	v := newView()
	defer v.release()
	o, wrong := a.p.operation(r, v)
	if wrong != nil {
		return 0
	}
	v.ask(r)
	if !o.ReadsBody(v.fields) || a.p.whyNot(r, v.fields, r.Head.ContentLength) != "" {
		return 0
	}
	return a.p.most
}

// OnWholeBody is policy.WantsBody's.
func (a asks) OnWholeBody(r *policy.Request, body []byte, whole bool) *policy.Answer {
	p := a.p
	v := newView()
	defer v.release()
	o, wrong := p.operation(r, v)
	if wrong != nil {
		return nil
	}
	if !whole {
		return p.unchecked(r, p.requests, gwerr.ContractRequest, o, tooLong)
	}
	v.ask(r)
	v.request.Body = body
	return p.judge(r, p.requests, gwerr.ContractRequest, o, o.CheckBody(&v.request))
}

// hasBody reports whether a body comes with the request, as far as its head tells.
func hasBody(r *policy.Request) bool { return r.Head.Chunked || r.Head.ContentLength > 0 }

// whyNot says why a body can't be checked, "" where it can. length is -1 where nobody knows it.
func (p *Policy) whyNot(r *policy.Request, fields []openapi.Field, length int64) string {
	switch {
	case r.Call != nil:
		return stream
	case length > int64(p.most):
		return tooLong
	case isCoded(fields):
		return coded
	}
	return ""
}

// appendFields appends the fields of a head.
func appendFields(dst []openapi.Field, h *http1.Head) []openapi.Field {
	for i := range h.Fields {
		f := &h.Fields[i]
		dst = append(dst, openapi.Field{Name: h.Name(f), Value: h.Value(f)})
	}
	return dst
}
