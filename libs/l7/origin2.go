package l7

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// origin2 is an endpoint's side over HTTP/2: a stream of a connection that others use
// too.
type origin2 struct {
	*upstream.Stream
	write  time.Duration
	idle   time.Duration // of reads, as wait has set it; -1: something else has
	first  bool          // a head was read, and not looked at
	status int           // its status
	end    bool          // nothing comes behind it
}

// take makes the stream this attempt's.
func (o *origin2) take(s *upstream.Stream, write time.Duration) {
	*o = origin2{Stream: s, write: write, idle: -1}
}

func (o *origin2) hook() *netx.Hook { return o.Hook() }
func (o *origin2) interrupt()       { o.Interrupt() }
func (o *origin2) resume()          {} // a stream carries one request
func (o *origin2) reused() bool     { return o.Reused }
func (o *origin2) unseen() bool     { return o.Unprocessed() }
func (o *origin2) framed() bool     { return false }

// wait sets how long reads may wait.
func (o *origin2) wait(d time.Duration) {
	if d != o.idle {
		o.idle = d
		o.SetWait(d, o.write)
	}
}

func (o *origin2) sendWhole(x *exchange) (sent int, err error) {
	o.wait(x.responseTimeout())
	body := x.out[x.headLen:]
	target := o.addHead(x)
	if err = o.WriteHead(target, body, len(x.req.Upgrade) == 0); err == nil || err == http2.ErrAnswered {
		if o.status, o.end, err = o.ReadHead(); err == nil {
			o.first = true
			return len(x.out), nil
		}
	}
	if o.Unprocessed() {
		return 0, originError(err)
	}
	return len(x.out), originError(err)
}

func (o *origin2) sendHead(x *exchange) (sent int, err error) {
	o.wait(0) // begins when the request has been sent
	target := o.addHead(x)
	if err := o.WriteHead(target, nil, false); err != nil {
		if o.Unprocessed() {
			return 0, originError(err)
		}
		return len(x.out), originError(err)
	}
	return len(x.out), nil
}

// addHead adds the fields of the head in x.out, and returns what it is for.
func (o *origin2) addHead(x *exchange) http2.Target {
	head := x.out[:x.headLen]
	line := head[:bytes.IndexByte(head, '\r')]
	method := bytes.IndexByte(line, ' ')
	t := http2.Target{Method: line[:method], Path: line[method+1 : len(line)-len(" HTTP/1.1")], Scheme: schemeHTTP}
	if x.target.cluster.TLS != nil {
		t.Scheme = schemeHTTPS
	}
	lines := head[len(line)+2:]
	t.Authority = hostLine(lines)
	if len(x.req.Upgrade) > 0 {
		t.Method, t.Protocol = methodConnect, x.req.Upgrade
	}
	addLines(o.Fields(), lines)
	return t
}

var (
	schemeHTTP    = []byte("http")
	schemeHTTPS   = []byte("https")
	methodConnect = []byte("CONNECT")
)

// hostLine finds the value of the Host field, of which there is one.
func hostLine(lines []byte) []byte {
	for len(lines) > 2 {
		end := bytes.IndexByte(lines, '\n')
		line := lines[:end-1]
		lines = lines[end+1:]
		if colon := bytes.IndexByte(line, ':'); colon == 4 && http1.Identify(line[:4]) == http1.FieldHost {
			return line[colon+2:]
		}
	}
	return nil
}

func (o *origin2) sendBody(p []byte, last bool, trailer []byte) error {
	var err error
	if !last || len(trailer) == 0 {
		return originError(o.WriteBody(p, last))
	}
	if len(p) > 0 {
		err = o.WriteBody(p, false)
	}
	if err == nil {
		addLines(o.Fields(), trailer)
		err = o.WriteTrailers()
	}
	return originError(err)
}

func (o *origin2) await(x *exchange, limit time.Duration) {
	if limit > 0 {
		limit += x.since() // the wait began no earlier than the request
	}
	o.SetWait(limit, o.write)
}

func (o *origin2) readHead(x *exchange) error {
	if !o.first {
		var err error
		if o.status, o.end, err = o.ReadHead(); err != nil {
			return originError(err)
		}
	}
	o.first = false
	status := o.status
	b := x.ub.b[:0]
	switched := len(x.req.Upgrade) > 0 && status == 200
	if switched {
		status = 101
	}
	b = append(b, "HTTP/1.1 "...)
	b = append(b, byte('0'+status/100), byte('0'+status/10%10), byte('0'+status%10))
	b = append(b, " \r\n"...)
	h := o.Head()
	for i := http2.First; i < h.Len(); i++ {
		b = appendLine(b, h.Name(i), h.Value(i))
	}
	if switched {
		b = appendSwitched(b, x)
	}
	b = append(b, "\r\n"...)
	x.ub.b, x.ub.r, x.ub.w = b[:cap(b)], 0, 0
	x.resp.Reset(responseLimits)
	if _, err := x.resp.Parse(b); err != nil {
		if err == http1.ErrNeedMore {
			return errHeadTooLarge
		}
		return err
	}
	return nil
}

// appendSwitched appends what a switch of protocols has with HTTP/1.1 (RFC 8441
// section 5, RFC 6455 section 4.2.2).
func appendSwitched(dst []byte, x *exchange) []byte {
	dst = append(dst, "Connection: Upgrade\r\nUpgrade: "...)
	dst = append(dst, x.req.Upgrade...)
	dst = append(dst, "\r\n"...)
	for i := range x.req.Fields {
		f := &x.req.Fields[i]
		if f.ID == http1.FieldOther && bytes.EqualFold(x.req.Name(f), websocketKey) {
			h := sha1.New()
			h.Write(x.req.Value(f))
			h.Write([]byte("258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
			dst = append(dst, "Sec-WebSocket-Accept: "...)
			dst = base64.StdEncoding.AppendEncode(dst, h.Sum(nil))
			return append(dst, "\r\n"...)
		}
	}
	return dst
}

func (o *origin2) body(x *exchange) (kind http1.Framing, length int64, own http1.Framing) {
	o.idle = -1 // the clock for the response is over
	kind, length = x.resp.Body(x.req.Method)
	if kind == http1.NoBody || o.end {
		return kind, length, http1.NoBody
	}
	// How much comes is the stream's to say, and what trailers follow.
	return kind, length, http1.CloseBody
}

func (o *origin2) ready(x *exchange, idle time.Duration) error {
	o.wait(idle)
	_, err := o.readBody(x, nil, idle)
	return err
}

func (o *origin2) readBody(x *exchange, p []byte, _ time.Duration) (int, error) {
	n, err := o.ReadBody(p)
	if err == io.EOF {
		x.body.Trailer = appendTrailer(x.body.Trailer[:0], o.Trailer())
		return 0, err
	}
	return n, originError(err)
}

func (o *origin2) plain() *netx.Sock { return nil }

func (o *origin2) release(*exchange, bool) {
	o.Stream.Release()
	o.Stream = nil
}

func (o *origin2) discard(cancelled bool) {
	if !cancelled {
		o.release(nil, false)
		return
	}
	o.Abandon() // the interrupt may be still to come
	o.Stream = nil
}

func (o *origin2) tunnel() tunnelEnd { return &remoteEnd{stream: o.Stream, write: o.write} }

// originError is an error of a stream as one of a connection would be.
func originError(err error) error {
	switch err {
	case nil, netx.ErrInterrupted, io.EOF:
		return err
	case http2.ErrTimeout, http2.ErrStalled:
		return netx.ErrTimeout
	}
	if fault := (*http2.StreamError)(nil); errors.As(err, &fault) && !fault.ByPeer {
		return &http1.Error{Code: gwerr.UpstreamProtocol, Reason: fault.Reason}
	}
	return err
}

// remoteEnd is an end of a tunnel that is a stream to an endpoint.
type remoteEnd struct {
	stream *upstream.Stream
	write  time.Duration
}

func (e *remoteEnd) receive(idle time.Duration, send func([]byte) error) error {
	e.stream.SetWait(idle, e.write)
	return originError(receiveStream(e.stream, send))
}

func (e *remoteEnd) send(p []byte) error { return originError(e.stream.WriteBody(p, false)) }
func (e *remoteEnd) closeSend() error    { return originError(e.stream.WriteBody(nil, true)) }
func (e *remoteEnd) interrupt()          { e.stream.Interrupt() }
