package clienthello

import (
	"encoding/binary"
	"errors"
)

// MaxBytes is the longest ClientHello that is looked at, in bytes, the headers of its records
// included. Those of real clients are below 3 KiB.
const MaxBytes = 16 << 10

// What ServerName ends with.
var (
	// ErrMore says that the bytes may be the beginning of a ClientHello.
	ErrMore = errors.New("the ClientHello is not complete")
	// ErrNone says that they are not.
	ErrNone = errors.New("not a ClientHello")
)

// Parts of TLS (RFC 8446 sections 4 and 5, RFC 6066 section 3).
const (
	recordHeader    = 5
	handshakeRecord = 22
	maxRecord       = 1 << 14

	messageHeader = 4
	clientHello   = 1

	serverNameExtension = 0
	hostName            = 0
	maxName             = 255
)

// ServerName finds the server name in the ClientHello at the start of b, which may be
// spread over any number of records. It is nil where the client names none. The error
// is ErrMore or ErrNone. scratch is used where the message has to be put
// together; the name lies in b or in it.
func ServerName(b []byte, scratch *[]byte) (name []byte, err error) {
	message, err := helloMessage(b, scratch)
	if err != nil {
		if err == ErrMore && len(b) >= MaxBytes {
			err = ErrNone
		}
		return nil, err
	}
	return nameOf(message)
}

// helloMessage takes the records off the first handshake message, and returns it
// without its header.
func helloMessage(b []byte, scratch *[]byte) ([]byte, error) {
	whole, size := (*scratch)[:0], -1
	for {
		if len(b) == 0 {
			return nil, ErrMore
		}
		if b[0] != handshakeRecord || len(b) > 1 && b[1] != 3 {
			return nil, ErrNone
		}
		if len(b) < recordHeader {
			return nil, ErrMore
		}
		length := int(binary.BigEndian.Uint16(b[3:]))
		if length == 0 || length > maxRecord {
			return nil, ErrNone
		}
		fragment := b[recordHeader:min(len(b), recordHeader+length)]
		if len(whole) > 0 {
			whole = append(whole, fragment...)
			*scratch = whole
			fragment = whole
		}
		if len(fragment) > 0 && fragment[0] != clientHello {
			return nil, ErrNone
		}
		if size < 0 && len(fragment) >= messageHeader {
			size = int(fragment[1])<<16 | int(fragment[2])<<8 | int(fragment[3])
			if size > MaxBytes {
				return nil, ErrNone
			}
		}
		if size >= 0 && len(fragment) >= messageHeader+size {
			return fragment[messageHeader : messageHeader+size], nil
		}
		if len(b) < recordHeader+length {
			return nil, ErrMore
		}
		if len(whole) == 0 {
			whole = append(whole, fragment...)
			*scratch = whole
		}
		b = b[recordHeader+length:]
	}
}

// nameOf reads a ClientHello.
func nameOf(m []byte) ([]byte, error) {
	const versionAndRandom = 2 + 32
	p := parser{m}
	p.skip(versionAndRandom)
	p.vector8()  // session
	p.vector16() // cipher suites
	p.vector8()  // compression methods
	if p.ok() && len(p.b) == 0 {
		return nil, nil // before TLS 1.3 a client may have no extensions
	}
	extensions := p.vector16()
	if !p.ok() || len(p.b) > 0 {
		return nil, ErrNone
	}
	for e := (parser{extensions}); len(e.b) > 0; {
		kind := e.number16()
		data := e.vector16()
		if !e.ok() {
			return nil, ErrNone
		}
		if kind == serverNameExtension {
			return nameIn(data)
		}
	}
	return nil, nil
}

// nameIn reads the extension with the server name.
func nameIn(data []byte) ([]byte, error) {
	p := parser{data}
	list := parser{p.vector16()}
	if !p.ok() || len(p.b) > 0 || len(list.b) == 0 {
		return nil, ErrNone
	}
	for len(list.b) > 0 {
		kind := list.number8()
		name := list.vector16()
		if !list.ok() {
			return nil, ErrNone
		}
		if kind != hostName {
			continue
		}
		if len(name) == 0 || len(name) > maxName {
			return nil, ErrNone
		}
		for _, c := range name {
			if c <= ' ' || c >= 0x7f {
				return nil, ErrNone
			}
		}
		return name, nil
	}
	return nil, nil
}

// A parser takes values from the front of b. After one that is not there b is nil and
// ok is false; what it returns then means nothing.
type parser struct{ b []byte }

func (p *parser) ok() bool { return p.b != nil }

func (p *parser) skip(n int) []byte {
	if len(p.b) < n || p.b == nil {
		p.b = nil
		return nil
	}
	taken := p.b[:n]
	p.b = p.b[n:]
	return taken
}

func (p *parser) number8() int {
	if b := p.skip(1); b != nil {
		return int(b[0])
	}
	return 0
}

func (p *parser) number16() int {
	if b := p.skip(2); b != nil {
		return int(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (p *parser) vector8() []byte  { return p.skip(p.number8()) }
func (p *parser) vector16() []byte { return p.skip(p.number16()) }
