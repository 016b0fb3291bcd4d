package policy

import (
	"net/netip"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// A Request is what policies see of a request. It is valid until OnEnd has returned.
type Request struct {
	// Head is the request's head as it came.
	Head *http1.RequestHead
	// ID is the request's.
	ID []byte
	// Listener and Route are the names of what it came through, Cluster that of where it goes: ""
	// for a route that answers by itself.
	Listener, Route, Cluster string
	// Endpoint is the address that it has gone to, or is about to, "" before one was chosen.
	Endpoint string
	// TLSVersion and ServerName are those of the client's connection, "" on plain text.
	TLSVersion, ServerName string
	// Client is the client's address, as the PROXY protocol may have it.
	Client netip.AddrPort
	// Trusted are the proxies whose X-Forwarded-For counts, none where Client is not one of
	// them. See Origin.
	Trusted []netip.Prefix
	// Scheme and Port are those of the URL as the client has it: http or https, and the port
	// that it came to. Where TLS ends before the gateway, they are what the listener
	// (listeners[].forwarded) or a trusted proxy says.
	Scheme string
	Port   uint16
	// StoppedBy is the place in the chain of the policy that has answered the request, from 1 on;
	// 0: none has, or one that has seen a piece of its body.
	StoppedBy uint8
	// Certificate is the client's verified certificate, nil without one.
	Certificate *tlsconf.Identity
	// Identity is who sent the request, as the route's auth found out; nil without auth.
	Identity *Identity
	// Reply are edits of the response that its auth wants; nil: none.
	Reply *http1.Edits
	// Start is when the head was complete, Deadline when what a policy waits for has to
	// be there.
	Start, Deadline time.Time
	// Call is what a gRPC call has beside other requests, nil for those.
	Call *Call
	// Edits change the fields that go to the endpoint. See Edit.
	Edits http1.EditList
	// Quota is what a rate limit tells the client of what is left, nil for nothing. It is in the
	// Room.
	Quota *Quota
	// Slot says that the request has one of those of its route's concurrency limit, which OnEnd
	// gives back.
	Slot bool
	// Contract is what the request, or its response, has against the route's OpenAPI document, ""
	// for nothing. The access log has it.
	Contract string
	// Memory is where Room is, if it is kept from request to request.
	Memory *Room
}

// Origin is the address that the request comes from, after the PROXY protocol and after
// X-Forwarded-For of trusted proxies. Conditions of routes (when.clients) go by the same.
func (r *Request) Origin() netip.Addr {
	if len(r.Trusted) == 0 {
		return r.Client.Addr()
	}
	return http1.ClientAddress(&r.Head.Head, r.Client.Addr(), r.Trusted)
}

// A Room is where a policy makes an answer that is for one request alone, so that it allocates
// nothing. It is valid until OnEnd has returned.
type Room struct {
	Answer Answer
	// Lines and Body are memory for those of the Answer. What is in them means nothing.
	Lines, Body []byte
	// Quota is memory for that of the Request, nil until a rate limit has told something first:
	// ten thousand open tunnels have a Room each.
	Quota *Quota
}

// A Quota is header lines that go with whatever the client is answered.
type Quota struct {
	Lines []byte // each with CRLF
	Edits http1.Edits
}

// Room is where the request's own answer can be made. The policies of a chain share it: the
// one that answers uses it, and OnResponse and OnAnswer where they give another in its place.
func (r *Request) Room() *Room {
	if r.Memory == nil {
		r.Memory = new(Room)
	}
	return r.Memory
}

// Extend returns an answer with more header lines, each with CRLF. It is made in the Room, where a
// may be too.
func (r *Request) Extend(a *Answer, lines string) *Answer {
	room := r.Room()
	room.Lines = append(append(room.Lines[:0], a.Lines...), lines...)
	room.Answer = *a
	room.Answer.Lines = room.Lines
	return &room.Answer
}

// Edit has the fields changed with which the request goes to an endpoint. What was said
// first is done first.
func (r *Request) Edit(e *http1.Edits) {
	if e != nil {
		r.Edits = append(r.Edits, e)
	}
}

// A Response is what policies see of a response.
type Response struct {
	// Head is the response's head as it came.
	Head *http1.ResponseHead
	// Edits change the fields that go to the client. See Edit.
	Edits http1.EditList
	// Length is that of the body, also where it does not come, as for HEAD; -1: nobody knows.
	// For Transform it is also known where the whole body is there, as Begins may have asked.
	Length int64
}

// Edit has the fields changed with which the response goes to the client.
func (h *Response) Edit(e *http1.Edits) {
	if e != nil {
		h.Edits = append(h.Edits, e)
	}
}
