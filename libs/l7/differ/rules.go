package differ

import (
	"bytes"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// Rules say what is compared. They do not change, and any goroutine may use them.
type Rules struct {
	status  bool
	headers []string // in lower case
	body    string   // one of config.Body…
	ignore  *branch  // nil: nothing is
	most    int64    // of a body
}

// New makes the rules that a configuration asks for, which is valid; nil for none.
func New(c *config.Compare) *Rules {
	if c == nil {
		return nil
	}
	r := &Rules{status: c.Status, body: c.Body, most: c.MaxBodyBytes}
	for _, name := range c.Headers {
		r.headers = append(r.headers, strings.ToLower(name))
	}
	for _, p := range c.Ignore {
		if keys, err := config.ParsePointer(p); err == nil {
			r.ignore = r.ignore.with(keys)
		}
	}
	return r
}

// Most is how many bytes of a body are kept; 0: bodies are not compared.
func (r *Rules) Most() int64 {
	if r.body == config.BodyOff {
		return 0
	}
	return r.most
}

// An Answer is what is kept of an endpoint's answer. One goroutine at a time uses it. The zero
// value is one without a response.
type Answer struct {
	// Status is 0 where there was no response.
	Status int
	// Body is what has come of it, as it came. It is nil once it was too long.
	Body []byte
	// Long says that it was longer than what is compared, Whole that the answer came to its end.
	Long, Whole bool

	fields []field // as headers of the rules are
	coding string  // of the body, in lower case
	call   field   // grpc-status
}

// A field is a header field's value, which may be absent.
type field struct {
	value   string
	present bool
}

// mostValue is how much is kept of a field's value.
const mostValue = 4 << 10

// Head keeps what the rules want of a response's head.
func (r *Rules) Head(a *Answer, h *http1.ResponseHead) {
	a.Status = h.Status
	a.fields = make([]field, len(r.headers))
	for i, name := range r.headers {
		a.fields[i] = valueOf(&h.Head, name)
	}
	a.coding = strings.ToLower(valueOf(&h.Head, "content-encoding").value)
	a.call = valueOf(&h.Head, "grpc-status")
}

// Trailer keeps what the rules want of a trailer section, which is lines.
func (r *Rules) Trailer(a *Answer, lines []byte) {
	for len(lines) > 0 && a.fields != nil {
		var line []byte
		line, lines, _ = bytes.Cut(lines, []byte("\n"))
		name, said, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		v := field{clip(string(bytes.TrimSpace(said)), mostValue), true}
		for i, want := range r.headers {
			if http1.EqualFold(name, want) && !a.fields[i].present {
				a.fields[i] = v
			}
		}
		if http1.EqualFold(name, "grpc-status") && !a.call.present {
			a.call = v
		}
	}
}

// Add keeps a piece of the body. It returns false once the body is too long, for whatever it is.
func (r *Rules) Add(a *Answer, data []byte) bool {
	switch {
	case r.Most() == 0 || a.Long:
		return false
	case int64(len(a.Body)+len(data)) > r.most:
		a.Body, a.Long = nil, true
		return false
	}
	a.Body = append(a.Body, data...)
	return true
}

func valueOf(h *http1.Head, name string) field {
	v, _, ok := http1.FieldValue(nil, h, name)
	return field{clip(string(v), mostValue), ok}
}
