package websocket

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func start(t *testing.T) (addr string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l) }()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		ended <- nil
	}
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

func TestSocketsEcho(t *testing.T) {
	addr, stop := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s, err := Open(ctx, addr, "a.test", "/", 20)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n := s.Alive(); n != 20 {
		t.Errorf("%d of 20 are alive", n)
	}
	stop()
	if n := s.Alive(); n != 0 {
		t.Errorf("%d are alive without a server", n)
	}
}

func TestAPlainRequestIsAnswered(t *testing.T) {
	addr, _ := start(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || len(body) != plainBody {
		t.Errorf("%s with %d bytes, %v", resp.Status, len(body), err)
	}
	_ = resp.Body.Close()
	s, err := Open(t.Context(), addr, "a.test\r\nContent-Length: x", "/", 1)
	if err == nil {
		s.Close()
		t.Error("a bad request was switched")
	}
}

// The example of RFC 6455 section 1.3.
func TestAcceptIsThatOfTheRFC(t *testing.T) {
	t.Parallel()
	if got := accept(nonce); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("%q", got)
	}
}

func TestFramesReadBack(t *testing.T) {
	t.Parallel()
	buf := make([]byte, longest)
	for _, byClient := range []bool{true, false} {
		for _, message := range []string{"", "hello", strings.Repeat("x", longest)} {
			frame := appendFrame(nil, message, byClient)
			got, err := readFrame(bufio.NewReader(bytes.NewReader(frame)), buf)
			if err != nil || string(got) != message {
				t.Errorf("%q became %q, %v", message, got, err)
			}
		}
	}
	// Masked: the example of RFC 6455 section 5.7.
	const masked = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
	got, err := readFrame(bufio.NewReader(strings.NewReader(masked)), buf)
	if err != nil || string(got) != "Hello" {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []string{
		"", "\x81", "\x82\x00", "\x81\x7e\x00\xff", "\x81\x85\x37", "\x81\x05he",
	} {
		if got, err := readFrame(bufio.NewReader(strings.NewReader(bad)), buf); err == nil {
			t.Errorf("%x became %q", bad, got)
		}
	}
}
