package http1

import (
	"errors"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// Whatever pieces a head comes in, the outcome is the same, and a complete one
// is found at the byte where it ends.
func FuzzRequestHead(f *testing.F) {
	f.Add(
		"GET /a/../b?c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: x, close\r\n\r\nabc",
		3)
	f.Add("POST http://a/%2e HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 1)
	f.Add("\r\nOPTIONS * HTTP/1.1\r\nHost: [::1]:1\r\nUpgrade: a, b/2\r\nConnection: upgrade\r\n"+
		"TE: trailers\r\n\r\n", 7)
	f.Fuzz(func(t *testing.T, in string, piece int) {
		limits := Limits{RequestLine: 512, HeadBytes: 2048, Fields: 16}
		var whole RequestHead
		whole.Reset(limits)
		n, err := whole.Parse([]byte(in))

		var parts RequestHead
		parts.Reset(limits)
		sameInPieces(t, parts.Parse, in, piece, n, err)
		if err != nil {
			return
		}
		if string(whole.Path) != string(parts.Path) ||
			string(whole.Authority) != string(parts.Authority) ||
			len(whole.Fields) != len(parts.Fields) {
			t.Fatalf("%+v differs from %+v", whole, parts)
		}
		if len(whole.Path) > 0 && whole.Path[0] == '/' {
			var again RequestHead
			if err := again.pathAndQuery(whole.Path); err != nil ||
				string(again.Path) != string(whole.Path) {
				t.Fatalf("normalising %q again gives %q, %v", whole.Path, again.Path, err)
			}
			// The other forms of a path are normal but for what they keep.
			for _, slashes := range []bool{false, true} {
				if slashes && whole.SlashesMatter() {
					continue // no route takes it
				}
				form := whole.AppendPath(nil, slashes)
				if err := again.pathAndQuery(form); err != nil ||
					string(again.Path) != string(whole.Path) {
					t.Fatalf("%q goes on as %q, which is %q, %v", whole.Path, form, again.Path, err)
				}
			}
			if served, dots := whole.AppendServed(nil); !dots {
				if err := again.pathAndQuery(served); err != nil ||
					string(again.Path) != string(served) {
					t.Fatalf("%q is served as %q, which is %q, %v", whole.Path, served, again.Path,
						err)
				}
			}
		}
	})
}

// sameInPieces parses in as it grows by a piece each time, and compares the
// outcome with that of parsing it whole.
func sameInPieces(
	t *testing.T, parse func([]byte) (int, error), in string, piece, wantN int, wantErr error,
) {
	t.Helper()
	n, err := 0, error(ErrNeedMore)
	piece = max(1, min(piece, 64))
	for end := piece; err == ErrNeedMore; end += piece {
		// A new slice each time: the buffer may move.
		n, err = parse([]byte(in[:min(end, len(in))]))
		if end >= len(in) {
			break
		}
	}
	if n != wantN || (err != wantErr && !bothTooLong(err, wantErr)) {
		t.Fatalf("whole: %d, %v; in pieces of %d: %d, %v", wantN, wantErr, piece, n, err)
	}
}

// bothTooLong allows a limit to be met before or after another fault of the
// same line, depending on the pieces.
func bothTooLong(a, b error) bool {
	var x, y *Error
	return errors.As(a, &x) && errors.As(b, &y) && (tooLong(x) || tooLong(y))
}

func tooLong(e *Error) bool { return e.Code == gwerr.URITooLong || e.Code == gwerr.HeadersTooLarge }
