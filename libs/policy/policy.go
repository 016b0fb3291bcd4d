package policy

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// A Policy is something that a route does to its requests. What it does is said by the
// other interfaces that it has.
type Policy interface {
	// Name is how documentation and logs call the policy. It is one word.
	Name() string
}

// OnRequest is a policy that looks at the head of a request.
type OnRequest interface {
	// OnRequest passes a request, or answers it. nil passes it.
	OnRequest(r *Request) *Answer
}

// OnBody is a policy that sees the body of a request.
type OnBody interface {
	// OnBody is called for each piece of the body, in order. An Answer ends the request,
	// if its response has not begun yet; else its response breaks off.
	OnBody(r *Request, p Piece) *Answer
}

// WantsBody is a policy that wants to see the body of a request in one piece, before
// anything of the request goes to an endpoint.
type WantsBody interface {
	// WantsBody is how many bytes of the body are wanted at most; 0 wants none.
	WantsBody(r *Request) int
	// OnWholeBody is called with the body, or with that many bytes of it where it is
	// longer: whole tells. body is valid until it returns.
	OnWholeBody(r *Request, body []byte, whole bool) *Answer
}

// OnResponse is a policy that looks at the head of a response.
type OnResponse interface {
	// OnResponse passes a response, or gives another in its place. nil passes it.
	OnResponse(r *Request, h *Response) *Answer
}

// OnAnswer is a policy that looks at the errors that the gateway itself answers with, whichever
// step of a request they come from, once the request has been shown to the chain.
type OnAnswer interface {
	// OnAnswer passes an answer, which has a Code, or gives another in its place that has the same
	// one. nil passes it. What is added goes into Request.Extend. For a call of gRPC, the answer is
	// one of trailers, and a body is not sent.
	OnAnswer(r *Request, a *Answer) *Answer
}

// OnInterim is a policy that looks at the heads of interim responses (1xx), but for the 101 that
// opens a tunnel.
type OnInterim interface {
	// OnInterim may edit the response. Fields that an edit leaves out, or sets, do not get
	// through in it; none are added.
	OnInterim(r *Request, h *Response)
}

// WantsResponse is a policy that wants to see the body of a response in one piece, before the
// client has anything of the response.
type WantsResponse interface {
	// WantsResponse is how many bytes of the body are wanted at most; 0 wants none. It is called
	// after all OnResponse, where a body comes from an endpoint. The client waits meanwhile, for as
	// long as the route's request timeout lets it.
	WantsResponse(r *Request, h *Response) int
	// OnWholeResponse is called with the body, or with more than that many bytes of it where it is
	// longer: whole tells. nil passes the response, or else it gives another in its place. body is
	// valid until it returns.
	OnWholeResponse(r *Request, h *Response, body []byte, whole bool) *Answer
}

// Watches is a policy that sees the bodies of responses go by.
type Watches interface {
	// Watch begins to look at a response's body, as it comes from the endpoint; nil does not. It is
	// called after all OnResponse.
	Watch(r *Request, h *Response) Watch
}

// A Watch sees one response's body. One goroutine uses it.
type Watch interface {
	// Write is called with each piece of the body, which is valid until it returns.
	Write(data []byte)
	// Close is called when the body was whole. It is the last call; there may be none.
	Close()
}

// Transforms is a policy that changes the bodies of responses.
type Transforms interface {
	// Transform begins to change a response's body; nil leaves it as it is. It is called
	// after all OnResponse. A response that is changed has no Content-Length.
	Transform(r *Request, h *Response) Transform
}

// Begins is a policy that Transforms bodies, and that has to know for that how a body begins whose
// length nobody says.
type Begins interface {
	// Begins is how many bytes of the body are to be there before Transform is called; 0 asks
	// for none. The client's head waits meanwhile, for no longer than a moment where the
	// endpoint pauses. It is called after all OnResponse. See Response.Length.
	Begins(r *Request, h *Response) int
}

// A Transform changes one response's body. One goroutine uses it.
type Transform interface {
	// Write takes a piece of the body, and appends to dst what can go to the client.
	Write(dst, data []byte) ([]byte, error)
	// Flush appends all that was held back: the endpoint pauses, and the client shall
	// not wait.
	Flush(dst []byte) ([]byte, error)
	// Close appends the end of the body.
	Close(dst []byte) ([]byte, error)
	// Release is called once, when the Transform is not used any more, whether the body
	// came to its end or not.
	Release()
}

// OnEnd is a policy that is told how a request ended.
type OnEnd interface {
	// OnEnd is called once for each request that this chain's first policy has seen.
	OnEnd(r *Request, e *End)
}

// A Piece is a part of a request's body.
type Piece struct {
	// Data is valid until the call returns.
	Data []byte
	// Offset is how many bytes came before it.
	Offset int64
	// Ahead is how many bytes more the client has announced, and not sent, of the chunk
	// that Data belongs to.
	Ahead int64
}

// An Answer is what a client gets in place of an endpoint's response. It is not changed
// once a policy has given it, so one that is the same for all requests is made once. One that is
// for a single request is made in Request.Room.
type Answer struct {
	// Code is one of the catalogue, which gives the status and the envelope. None: the
	// answer is Status with Body.
	Code    gwerr.Code
	Message string
	// Rule is what of the configuration has refused the request, "" where the code says it. The
	// access log and gateway why have it; clients do not see it.
	Rule string
	// Status, ContentType and Body are those of an answer without a Code; a status of 0
	// is 204. With a Code, ContentType and Body are what is sent in place of the envelope; none:
	// the envelope is.
	Status      int
	ContentType string
	Body        []byte
	// Lines are header lines that go with the answer, each with CRLF.
	Lines []byte
	// Close ends the client's connection behind the answer.
	Close bool
}

// Refuse is an answer with a code and a message.
func Refuse(code gwerr.Code, message string) *Answer {
	return &Answer{Code: code, Message: message}
}

// An End is how a request ended.
type End struct {
	// Status is what the client got, 499 if it was gone before that.
	Status int
	// Code is the gateway's own, None for a response of an endpoint.
	Code gwerr.Code
	// Duration is from the request's head to the end of its response.
	Duration time.Duration
	// Received and Sent are the bytes of the two bodies.
	Received, Sent int64
}
