package resolver

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// System asks as the system does: /etc/hosts, the servers and search domains of
// resolv.conf. The package net tells no TTL, so the answers are read on their way to it.
func System(ctx context.Context, name string) ([]netip.Addr, time.Duration, error) {
	var l listener
	r := net.Resolver{Dial: l.dial}
	addrs, err := r.LookupNetIP(ctx, "ip", name)
	for i, a := range addrs {
		addrs[i] = a.Unmap()
	}
	return addrs, l.heard(), l.explain(err)
}

// explain adds to an error what DNS has answered: the package net has one text for several codes.
func (l *listener) explain(err error) error {
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	code, ok := codes[l.code]
	if !l.answered || !ok {
		return err
	}
	other := *dns
	other.Err += " (" + code + ")"
	return &other
}

// codes are the names of answers of DNS (RFC 1035 section 4.1.1, RFC 2308 section 2).
var codes = map[dnsmessage.RCode]string{
	dnsmessage.RCodeSuccess:        "NODATA",
	dnsmessage.RCodeNameError:      "NXDOMAIN",
	dnsmessage.RCodeServerFailure:  "SERVFAIL",
	dnsmessage.RCodeRefused:        "REFUSED",
	dnsmessage.RCodeNotImplemented: "NOTIMP",
	dnsmessage.RCodeFormatError:    "FORMERR",
}

// A listener hears the answers of DNS servers for one lookup.
type listener struct {
	mu    sync.Mutex
	ttl   uint32 // guarded by mu; the least of all records
	found bool   // guarded by mu; there was a record
	// code is that of the last answer, if one was heard. Both are guarded by mu.
	code     dnsmessage.RCode
	answered bool
}

// heard is for how long the answers hold; 0: none was heard.
func (l *listener) heard() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.found {
		return 0
	}
	return max(time.Duration(l.ttl)*time.Second, 1)
}

// dial connects to a DNS server.
func (l *listener) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if udp, ok := c.(*net.UDPConn); ok {
		return &packets{udp, l}, nil // it stays a net.PacketConn, which net looks for
	}
	return &stream{Conn: c, listener: l}, nil
}

// hear reads an answer. What cannot be read is for the package net to judge.
func (l *listener) hear(message []byte) {
	var p dnsmessage.Parser
	head, err := p.Start(message)
	if err != nil {
		return
	}
	l.mu.Lock()
	l.code, l.answered = head.RCode, true
	l.mu.Unlock()
	if p.SkipAllQuestions() != nil {
		return
	}
	for {
		h, err := p.AnswerHeader()
		if err != nil {
			return
		}
		l.mu.Lock()
		if !l.found || h.TTL < l.ttl {
			l.ttl, l.found = h.TTL, true
		}
		l.mu.Unlock()
		if p.SkipAnswer() != nil {
			return
		}
	}
}

// packets is a connection over UDP.
type packets struct {
	*net.UDPConn
	listener *listener
}

// Read reads an answer.
func (p *packets) Read(b []byte) (int, error) {
	n, err := p.UDPConn.Read(b)
	if err == nil {
		p.listener.hear(b[:n])
	}
	return n, err
}

// stream is a connection over TCP, on which two bytes before each answer say how long it is
// (RFC 1035 section 4.2.2).
type stream struct {
	net.Conn
	listener *listener
	got      []byte
}

// Read reads a part of an answer.
func (s *stream) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	s.got = append(s.got, b[:n]...)
	for len(s.got) >= 2 {
		size := 2 + int(binary.BigEndian.Uint16(s.got))
		if len(s.got) < size {
			break
		}
		s.listener.hear(s.got[2:size])
		s.got = s.got[size:]
	}
	return n, err
}
