package contract

import (
	"bytes"
	"sync"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// view is a message as libs/openapi sees it, with its memory.
type view struct {
	request  openapi.Request
	response openapi.Response
	fields   []openapi.Field
	path     []byte
}

var views = sync.Pool{New: func() any { return new(view) }}

func newView() *view { return views.Get().(*view) }

func (v *view) release() {
	clear(v.fields)
	v.request, v.response = openapi.Request{}, openapi.Response{}
	v.fields = v.fields[:0]
	views.Put(v)
}

// ask fills in a request, beside its path.
func (v *view) ask(r *policy.Request) {
	v.request.Query = bytes.TrimPrefix(r.Head.Query, question)
	v.fields = appendFields(v.fields[:0], &r.Head.Head)
	v.request.Fields = v.fields
}

var question = []byte{'?'}

// answer fills in a response.
func (v *view) answer(r *policy.Request, h *policy.Response) {
	v.fields = appendFields(v.fields[:0], &h.Head.Head)
	v.response = openapi.Response{
		Status: h.Head.Status, Fields: v.fields, Head: string(r.Head.MethodName) == "HEAD",
	}
}

// field is the value of the first field of a name, in small letters; nil for none.
func field(fields []openapi.Field, name string) []byte {
	for i := range fields {
		if len(fields[i].Name) == len(name) && bytes.EqualFold(fields[i].Name, []byte(name)) {
			return fields[i].Value
		}
	}
	return nil
}

// isCoded reports whether a body has a content coding (RFC 9110, section 8.4).
func isCoded(fields []openapi.Field) bool {
	v := bytes.TrimSpace(field(fields, "content-encoding"))
	return len(v) > 0 && !bytes.EqualFold(v, []byte("identity"))
}

// streams are media types whose bodies come piece by piece, for as long as they like.
var streams = [...]string{
	"text/event-stream", "application/x-ndjson", "application/ndjson", "application/jsonl",
	"application/json-seq", "application/grpc", "multipart/x-mixed-replace",
	"application/stream+json",
}

func isStream(fields []openapi.Field) bool {
	kind := field(fields, "content-type")
	for _, s := range streams {
		if len(kind) >= len(s) && bytes.EqualFold(kind[:len(s)], []byte(s)) {
			return true
		}
	}
	return false
}
