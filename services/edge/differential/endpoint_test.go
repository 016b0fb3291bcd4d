package differential_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// An endpoint plays its part of the exchanges, which it knows by their numbers, and tells what
// came of each.
type endpoint struct {
	mu    sync.Mutex
	heard map[string]*heard // by run and number
}

// What an endpoint has heard of a request. A text, so that it can be compared and shown.
type heard struct {
	line, fields, body, trailer string
	length                      int64
	times                       int
}

const (
	numberField = "X-Exchange" // the number of the exchange
	runField    = "X-Run"      // which run of it
)

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = append(body, "(broken off: "+err.Error()+")"...)
	}
	number, err := strconv.ParseUint(r.Header.Get(numberField), 10, 64)
	if err != nil {
		w.WriteHeader(400)
		return
	}
	key := r.Header.Get(runField) + " " + r.Header.Get(numberField)
	e.mu.Lock()
	h := e.heard[key]
	if h == nil {
		h = &heard{}
		e.heard[key] = h
	}
	h.times++
	h.line = r.Method + " " + r.RequestURI + " " + r.Host
	h.fields, h.body, h.trailer = list(r.Header), string(body), list(r.Trailer)
	h.length = r.ContentLength
	e.mu.Unlock()
	from(number).play(w, r.ProtoMajor == 1)
}

// take returns what was heard in a run, and forgets it.
func (e *endpoint) take(key string) heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := e.heard[key]
	delete(e.heard, key)
	if h == nil {
		return heard{}
	}
	return *h
}

// play sends the response. Over HTTP/2 it does not end the connection, which exchanges of others
// are on their way over.
func (x *exchange) play(w http.ResponseWriter, alone bool) {
	for i := range x.interim {
		w.Header().Set("Link", "</style"+strconv.Itoa(i)+".css>; rel=preload")
		w.WriteHeader(103)
	}
	w.Header().Del("Link")
	for name, values := range x.answer {
		w.Header()[name] = values
	}
	w.Header()["Content-Type"] = []string{"application/octet-stream"}
	if x.length {
		w.Header().Set("Content-Length", strconv.Itoa(len(x.content)))
	}
	if x.closing && alone {
		w.Header().Set("Connection", "close")
	}
	if x.announced {
		for name := range x.trailers {
			w.Header().Add("Trailer", name)
		}
	}
	w.WriteHeader(x.status)
	flusher := http.NewResponseController(w)
	rest := x.content
	for x.flushes && len(rest) > 0 {
		n := 1 + len(rest)/3
		_, _ = io.WriteString(w, rest[:n])
		_ = flusher.Flush() // in pieces where it can
		rest = rest[n:]
	}
	if len(rest) > 0 {
		_, _ = io.WriteString(w, rest)
	}
	if len(x.trailers) > 0 {
		_ = flusher.Flush() // or net/http would say how long it is
	}
	for name, values := range x.trailers {
		if !x.announced {
			name = http.TrailerPrefix + name
		}
		w.Header()[name] = values
	}
}

// list writes fields down, in the order of their names. The values of a name keep theirs.
func list(h http.Header) string {
	var b strings.Builder
	for _, name := range sortedKeys(h) {
		for _, value := range h[name] {
			b.WriteString(name + ": " + strconv.QuoteToASCII(value) + "\n")
		}
	}
	return b.String()
}
