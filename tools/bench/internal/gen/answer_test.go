package gen

import (
	"errors"
	"strings"
	"testing"
)

func TestAnswerHead(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-Length:  10\r\nVia: 1.1 y\r\n\r\n"
	for _, c := range []struct {
		name, in string
		done     bool
		left     int
		err      error
	}{
		{"nothing yet", "", false, 0, nil},
		{"part of a head", ok[:len(ok)-1], false, 0, nil},
		{"head only", ok, true, 10, nil},
		{"head and some body", ok + "12345", true, 5, nil},
		{"all of it", ok + "1234567890", true, 0, nil},
		{"more than promised", ok + "12345678901", false, 0, errSize},
		{"another size", strings.Replace(ok, "10", "11", 1), false, 0, errSize},
		{
			"an error of the proxy", strings.Replace(ok, "200 OK", "502 Bad Gateway", 1), false, 0,
			errStatus,
		},
		{
			"no length",
			strings.Replace(ok, "content-Length:  10", "transfer-encoding: chunked", 1), false, 0,
			errFraming,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := answer{size: 10}
			done, err := a.head([]byte(c.in))
			if done != c.done || !errors.Is(err, c.err) {
				t.Fatalf("head = %v, %v; want %v, %v", done, err, c.done, c.err)
			}
			if done && a.left != c.left {
				t.Errorf("left = %d, want %d", a.left, c.left)
			}
		})
	}
}

func FuzzAnswerHead(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"))
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\r\nContent-Length:"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a := answer{size: 3}
		if done, _ := a.head(b); done && (a.left < 0 || a.left > a.size) {
			t.Errorf("%d bytes left of %d", a.left, a.size)
		}
	})
}
