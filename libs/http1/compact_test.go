package http1

import (
	"bytes"
	"reflect"
	"testing"
)

// A head that was made small says what it said, whatever becomes of the buffer.
func TestACompactHeadSaysTheSame(t *testing.T) {
	for _, text := range []string{
		"GET /a/b?c=d HTTP/1.1\r\nHost: a.test\r\n" +
			"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
		"GET //x/../%7Ey HTTP/1.1\r\nHost: a.test:80\r\n\r\n",
		"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n",
		"GET http://b.test/ HTTP/1.1\r\nHost: b.test\r\nX-A: 1\r\nX-B: 2\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n",
	} {
		buf := append(make([]byte, 0, 4096), text+"GET /the/next HTTP/1.1\r\n"...)
		var h RequestHead
		h.Reset(Limits{})
		if _, err := h.Parse(buf); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		said := func() (all [][]byte) {
			for _, b := range [][]byte{
				h.MethodName, h.Path, h.Query, h.Authority, h.Upgrade, h.AppendPath(nil, true),
			} {
				all = append(all, bytes.Clone(b))
			}
			for i := range h.Fields {
				f := &h.Fields[i]
				all = append(all, bytes.Clone(h.Line(f)), bytes.Clone(h.Value(f)))
			}
			return all
		}
		want := said()
		h.Compact()
		clear(buf[:cap(buf)])
		if got := said(); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: it says %q, and said %q", text, got, want)
		}
		if len(h.buf) != len(text) {
			t.Errorf("%q: %d bytes are kept", text, len(h.buf))
		}
	}
}
