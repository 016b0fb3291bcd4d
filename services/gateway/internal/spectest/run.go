package spectest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

// Options say how an upstream is asked.
type Options struct {
	// Target is where it is. A path of it comes in the place of the servers' of the document.
	Target *url.URL
	Fields []openapi.Field // of every request
	// Unsafe sends methods that may change something (RFC 9110 section 9.2.1), too.
	Unsafe bool
	// Only are the operations that are asked, by ID or as "GET /users"; none is all.
	Only    []string
	Timeout time.Duration // of one request
	Client  *http.Client
}

// mostBody is how much of an answer is read.
const mostBody = 16 << 20

// Base is what comes before the paths of a document for a target: see apidoc.Load.
func Base(target *url.URL) string {
	if target == nil {
		return ""
	}
	return strings.TrimSuffix(target.EscapedPath(), "/")
}

// safe are the methods that change nothing.
var safe = []string{http.MethodGet, http.MethodHead, http.MethodOptions}

// Run asks an upstream for every operation of a document, one after the other. It fails only for
// operations that the document does not have, and when ctx ends.
func Run(ctx context.Context, d *apidoc.Document, o Options) (*Report, error) {
	operations := d.Operations()
	if err := known(operations, o.Only); err != nil {
		return nil, err
	}
	begin := time.Now()
	r := newReport(d)
	r.Host = o.Target.Hostname()
	for i := range operations {
		op := &operations[i]
		if len(o.Only) > 0 && !slices.ContainsFunc(o.Only, op.Is) {
			continue
		}
		r.add(ask(ctx, d, op, o))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	r.Duration = time.Since(begin)
	return r, nil
}

func known(operations []apidoc.Operation, only []string) error {
	for _, name := range only {
		if !slices.ContainsFunc(operations, func(o apidoc.Operation) bool {
			return o.Is(name)
		}) {
			return fmt.Errorf("the document has no operation %q", name)
		}
	}
	return nil
}

// ask sends the request of an operation, and judges what comes.
func ask(ctx context.Context, d *apidoc.Document, op *apidoc.Operation, o Options) Result {
	r := Result{Operation: op.Name(), Request: op.Method + " " + op.Path, Result: Skipped}
	if !o.Unsafe && !slices.Contains(safe, op.Method) {
		r.Reason = op.Method + " may change something; --unsafe sends it all the same"
		return r
	}
	m, err := build(d, op, Base(o.Target), o.Fields)
	if err != nil {
		r.Reason = err.Error()
		return r
	}
	r.Request = m.method + " " + m.target()
	begin := time.Now()
	answer, err := send(ctx, m, o)
	r.DurationMS = float64(time.Since(begin).Microseconds()) / 1000
	if err != nil {
		r.Result, r.Reason = Error, err.Error()
		return r
	}
	r.Status = answer.Status
	r.judge(op.CheckResponse(answer))
	return r
}

func (r *Result) judge(all []openapi.Violation) {
	r.Result, r.Violations = Passed, append(r.Violations, all...)
	if len(r.Violations) > 0 {
		r.Result = Failed
	}
}

func send(ctx context.Context, m *message, o Options) (*openapi.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	address := o.Target.Scheme + "://" + o.Target.Host + m.target()
	r, err := http.NewRequestWithContext(ctx, m.method, address, bytes.NewReader(m.body))
	if err != nil {
		return nil, err
	}
	for _, f := range m.fields {
		if strings.EqualFold(string(f.Name), "Host") {
			r.Host = string(f.Value)
			continue
		}
		r.Header.Add(string(f.Name), string(f.Value))
	}
	resp, err := o.Client.Do(r)
	if err != nil {
		var wrong *url.Error
		if errors.As(err, &wrong) {
			err = wrong.Err
		}
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostBody+1))
	if err != nil {
		return nil, fmt.Errorf("the body breaks off: %w", err)
	}
	if len(body) > mostBody {
		return nil, fmt.Errorf("the body has more than %d bytes, which is not looked at", mostBody)
	}
	answer := &openapi.Response{
		Status: resp.StatusCode, Body: body, Head: m.method == http.MethodHead,
	}
	for name, values := range resp.Header {
		for _, value := range values {
			answer.Fields = append(answer.Fields,
				openapi.Field{Name: []byte(name), Value: []byte(value)})
		}
	}
	return answer, nil
}
