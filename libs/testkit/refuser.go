package testkit

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// When a Refusal's alert is sent.
const (
	// AtHello answers the ClientHello, in the clear, as any version of TLS can.
	AtHello = iota
	// AtFinished comes when the handshake is over for the client, and nothing of a request was
	// read: so a server of TLS 1.3 refuses a client's certificate.
	AtFinished
	// AtRequest comes when the first bytes of a request have come.
	AtRequest
	// AtSecond comes as AtFinished does, after one request was answered.
	AtSecond
)

// A Refusal is an endpoint that ends TLS with an alert.
type Refusal struct {
	// Leaf is what the endpoint shows.
	Leaf tls.Certificate
	// Alert is the number of the alert (RFC 8446 section 6).
	Alert byte
	When  int
	// Stays says that the endpoint leaves the connection open after the alert.
	Stays bool
	// Protocols are what it agrees to by ALPN.
	Protocols []string
	// Response is what it answers before the alert of AtSecond.
	Response string
}

// A Refuser serves a Refusal, with TLS 1.3 where a handshake is done.
type Refuser struct {
	Refusal
	ln net.Listener
	// Accepted counts connections.
	Accepted atomic.Int64
	wg       sync.WaitGroup
	over     chan struct{}
}

// NewRefuser listens on a free port of the loopback until the end of the test.
func NewRefuser(t testing.TB, r Refusal) *Refuser {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("refuser: %v", err)
	}
	s := &Refuser{Refusal: r, ln: ln, over: make(chan struct{})}
	s.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.Accepted.Add(1)
			s.wg.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(Deadline))
				if s.serve(conn) == nil && s.Stays {
					<-s.over
				}
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		close(s.over)
		s.wg.Wait()
	})
	return s
}

// Addr is the address the gateway's cluster names.
func (s *Refuser) Addr() string { return s.ln.Addr().String() }

// serve refuses one connection.
func (s *Refuser) serve(conn net.Conn) error {
	if s.When == AtHello {
		if _, err := conn.Read(make([]byte, 16<<10)); err != nil {
			return err
		}
		_, err := conn.Write([]byte{21, 3, 3, 0, 2, 2, s.Alert})
		return err
	}
	var log bytes.Buffer
	secured := tls.Server(conn, &tls.Config{
		Certificates: []tls.Certificate{s.Leaf}, NextProtos: s.Protocols,
		MinVersion: tls.VersionTLS13, ClientAuth: tls.RequestClientCert,
		SessionTicketsDisabled: true, DynamicRecordSizingDisabled: true, KeyLogWriter: &log,
	})
	if err := secured.Handshake(); err != nil {
		return err
	}
	written := uint64(0) // records with the key of the last
	if s.When != AtFinished {
		if _, err := secured.Read(make([]byte, 16<<10)); err != nil {
			return err
		}
	}
	if s.When == AtSecond {
		if _, err := io.WriteString(secured, s.Response); err != nil {
			return err
		}
		written++
		if _, err := secured.Read(make([]byte, 16<<10)); err != nil {
			return err
		}
	}
	record, err := sealAlert(log.String(), secured.ConnectionState().CipherSuite, s.Alert, written)
	if err == nil {
		_, err = conn.Write(record)
	}
	return err
}

// sealAlert is the record of an alert that a server of TLS 1.3 sends after n others (RFC 8446
// section 5.2). crypto/tls sends no alert that a test could choose.
func sealAlert(keyLog string, suite uint16, alert byte, n uint64) ([]byte, error) {
	length := map[uint16]int{tls.TLS_AES_128_GCM_SHA256: 16}[suite]
	_, rest, ok := strings.Cut(keyLog, "SERVER_TRAFFIC_SECRET_0 ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 2 || length == 0 {
		return nil, errors.New("no secrets, or another cipher suite than TLS_AES_128_GCM_SHA256")
	}
	secret, err := hex.DecodeString(fields[1])
	if err != nil {
		return nil, err
	}
	expand := func(label string, length int) []byte {
		info := append([]byte{0, byte(length), byte(len("tls13 " + label))}, "tls13 "+label...)
		b, e := hkdf.Expand(sha256.New, secret, string(append(info, 0)), length)
		err = errors.Join(err, e)
		return b
	}
	key, nonce := expand("key", length), expand("iv", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	for i := range 8 {
		nonce[len(nonce)-1-i] ^= byte(n >> (8 * i))
	}
	const fatal, alertRecord = 2, 21
	plain := []byte{fatal, alert, alertRecord}
	header := []byte{23, 3, 3, 0, byte(len(plain) + aead.Overhead())}
	return aead.Seal(header, nonce, plain, header), nil
}
