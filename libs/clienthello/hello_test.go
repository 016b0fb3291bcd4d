package clienthello

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// deadline is how long a test waits for what must come.
const deadline = 20 * time.Second

// helloFor is the ClientHello that crypto/tls sends for a server name.
func helloFor(t testing.TB, c *tls.Config) []byte {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	go func() { _ = tls.Client(client, c).Handshake() }()
	_ = server.SetDeadline(time.Now().Add(deadline))
	header := make([]byte, recordHeader)
	if _, err := io.ReadFull(server, header); err != nil {
		t.Fatal(err)
	}
	rest := make([]byte, binary.BigEndian.Uint16(header[3:]))
	if _, err := io.ReadFull(server, rest); err != nil {
		t.Fatal(err)
	}
	return append(header, rest...)
}

// inRecords spreads a message of one record over records of n bytes.
func inRecords(hello []byte, n int) (out []byte) {
	for rest := hello[recordHeader:]; len(rest) > 0; {
		k := min(n, len(rest))
		out = append(out, hello[:3]...)
		out = binary.BigEndian.AppendUint16(out, uint16(k))
		out = append(out, rest[:k]...)
		rest = rest[k:]
	}
	return out
}

func TestTheServerNameIsFound(t *testing.T) {
	hellos := map[string][]byte{
		"db.example.test": helloFor(t, &tls.Config{ServerName: "db.example.test"}),
		"old.test": helloFor(t, &tls.Config{
			ServerName: "old.test", MaxVersion: tls.VersionTLS12,
		}),
		"": helloFor(t, &tls.Config{InsecureSkipVerify: true}),
		"many.test": helloFor(t, &tls.Config{
			ServerName: "many.test",
			NextProtos: []string{strings.Repeat("x", 200), strings.Repeat("y", 255)},
		}),
	}
	for want, hello := range hellos {
		for _, size := range []int{len(hello), 1000, 100, 5, 1} {
			in := inRecords(hello, size)
			var scratch []byte
			name, err := ServerName(append(bytes.Clone(in), "what comes next"...), &scratch)
			if err != nil && len(in) < MaxBytes || err == nil && string(name) != want {
				t.Errorf("%q in records of %d bytes: %q, %v", want, size, name, err)
			}
			step := 1 + len(in)/300
			for i := 0; i < len(in) && len(in) < MaxBytes; i += step {
				if _, err := ServerName(in[:i], &scratch); err != ErrMore {
					t.Fatalf("%q in records of %d bytes: after %d: %v, want %v", want, size, i, err,
						ErrMore)
				}
			}
		}
	}
	var scratch []byte
	hello := hellos["db.example.test"]
	if n := testing.AllocsPerRun(100, func() { _, _ = ServerName(hello, &scratch) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestWhatIsNoClientHelloIsRefused(t *testing.T) {
	hello := helloFor(t, &tls.Config{ServerName: "a.test"})
	edited := func(edit func(b []byte) []byte) []byte { return edit(bytes.Clone(hello)) }
	nameAt := bytes.Index(hello, []byte("a.test"))
	for what, in := range map[string][]byte{
		"an HTTP client":             []byte("GET / HTTP/1.1\r\n"),
		"PostgreSQL's SSLRequest":    {0, 0, 0, 8, 4, 210, 22, 47},
		"an alert":                   {21, 3, 1},
		"SSL 2":                      {0x80, 0x2e, 1},
		"another version of records": edited(func(b []byte) []byte { b[1] = 4; return b }),
		"an empty record":            {22, 3, 1, 0, 0},
		"a record over the limit":    {22, 3, 1, 0x40, 1},
		"a server's hello":           edited(func(b []byte) []byte { b[5] = 2; return b }),
		"a message over the limit":   edited(func(b []byte) []byte { b[6] = 1; return b }),
		"a message that is too short": edited(func(b []byte) []byte {
			b[7], b[8] = 0, 40
			return b
		}),
		"a length beyond the message": edited(func(b []byte) []byte {
			b[recordHeader+messageHeader+34] = 255
			b[recordHeader+messageHeader+35] = 255
			return b[:len(b)-100]
		}),
		"a space in the name": edited(func(b []byte) []byte { b[nameAt] = ' '; return b }),
		"a NUL in the name":   edited(func(b []byte) []byte { b[nameAt] = 0; return b }),
		"an empty name": edited(func(b []byte) []byte {
			b[nameAt-2], b[nameAt-1] = 0, 0
			return b
		}),
		"another record in between": append(inRecords(hello, 10)[:15], 23, 3, 3, 0, 1, 0),
		"a message " +
			"that never ends": inRecords(append([]byte{22, 3, 1, 0, 0, 1, 0, 0x3f, 0xff},
			make([]byte, MaxBytes)...), 7),
	} {
		if what == "a length beyond the message" {
			// As long as it says, so that it is complete.
			binary.BigEndian.PutUint16(in[3:], uint16(len(in)-recordHeader))
			in[6], in[7], in[8] = 0, byte((len(in)-9)>>8), byte(len(in)-9)
		}
		var scratch []byte
		if name, err := ServerName(in, &scratch); err != ErrNone {
			t.Errorf("%s: %q, %v; want %v", what, name, err, ErrNone)
		}
	}
}

// Whatever crypto/tls takes for a ClientHello says the same name here.
func FuzzServerName(f *testing.F) {
	for _, c := range []*tls.Config{
		{ServerName: "a.test"}, {ServerName: "b.test", MaxVersion: tls.VersionTLS12},
		{InsecureSkipVerify: true},
	} {
		hello := helloFor(f, c)
		f.Add(hello)
		f.Add(inRecords(hello, 50))
	}
	f.Add([]byte{22, 3, 1, 0, 5, 1, 0, 0, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var scratch []byte
		before := bytes.Clone(b)
		name, err := ServerName(b, &scratch)
		if !bytes.Equal(b, before) {
			t.Fatal("the bytes were changed: they are forwarded")
		}
		if err == ErrMore {
			if len(b) >= MaxBytes {
				t.Fatalf("it wants more than %d bytes", MaxBytes)
			}
		} else {
			// It is decided, and more bytes do not change it.
			again, errAgain := ServerName(append(b, "more"...), &scratch)
			if !bytes.Equal(again, name) || errAgain != err {
				t.Fatalf("%q, %v became %q, %v with more bytes", name, err, again, errAgain)
			}
		}
		if len(name) > maxName {
			t.Fatalf("a name of %d bytes", len(name))
		}
		if info := theirs(before); info != nil && len(before) < MaxBytes {
			if err != nil || string(name) != info.ServerName {
				t.Fatalf("crypto/tls reads %q, here it is %q, %v", info.ServerName, name, err)
			}
		}
	})
}

// theirs is what crypto/tls makes of a ClientHello; nil if it is none.
func theirs(b []byte) (info *tls.ClientHelloInfo) {
	stop := errors.New("seen")
	_ = tls.Server(readOnly{bytes.NewReader(b)}, &tls.Config{
		GetConfigForClient: func(i *tls.ClientHelloInfo) (*tls.Config, error) {
			info = i
			return nil, stop
		},
	}).Handshake()
	return info
}

// readOnly is a connection that brings some bytes.
type readOnly struct{ *bytes.Reader }

func (readOnly) Write(p []byte) (int, error)      { return len(p), nil }
func (readOnly) Close() error                     { return nil }
func (readOnly) LocalAddr() net.Addr              { return nil }
func (readOnly) RemoteAddr() net.Addr             { return nil }
func (readOnly) SetDeadline(time.Time) error      { return nil }
func (readOnly) SetReadDeadline(time.Time) error  { return nil }
func (readOnly) SetWriteDeadline(time.Time) error { return nil }
