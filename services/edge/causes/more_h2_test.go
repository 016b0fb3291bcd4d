package causes_test

import (
	"fmt"
	"net"
	"testing"

	xhttp2 "golang.org/x/net/http2"
)

// What an endpoint may do wrong over HTTP/2 beside what TestFailuresOfHTTP2 has.
func TestMoreFailuresOfHTTP2(t *testing.T) {
	t.Parallel()
	raw := func(kind xhttp2.FrameType, flags xhttp2.Flags, onStream bool, p []byte) string {
		return speaking(t, func(f *xhttp2.Framer, _ net.Conn, id uint32) {
			if !onStream {
				id = 0
			}
			_ = f.WriteRawFrame(kind, flags, id, p)
		})
	}
	head := func(f *xhttp2.Framer, id uint32, block []byte, end bool) {
		_ = f.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: id, BlockFragment: block, EndHeaders: true, EndStream: end,
		})
	}
	all := []failing{
		{name: "no status", address: speaking(t, func(f *xhttp2.Framer, _ net.Conn, id uint32) {
			head(f, id, []byte{0x00, 0x01, 'a', 0x01, 'b'}, true)
		}), want: []string{":status"}},
		{name: "a bad status", address: speaking(t, func(f *xhttp2.Framer, _ net.Conn, id uint32) {
			head(f, id, append([]byte{0x08, 0x03}, "abc"...), true)
		}), want: []string{"status"}},
		{name: "upper case", address: speaking(t, func(f *xhttp2.Framer, _ net.Conn, id uint32) {
			head(f, id, []byte{0x88, 0x00, 0x01, 'A', 0x01, 'b'}, true)
		}), want: []string{"field"}},
		{name: "no HPACK", address: raw(xhttp2.FrameHeaders, xhttp2.FlagHeadersEndHeaders, true,
			[]byte{0xff, 0xff, 0xff, 0xff, 0xff}),
			want: []string{"broke the rules of HTTP/2", "header"}},
		{name: "a large frame", address: raw(xhttp2.FrameData, 0, true, make([]byte, 40_000)),
			want: []string{"broke the rules of HTTP/2"}},
		{name: "data for nobody", address: raw(xhttp2.FrameData, 0, false, []byte("x")),
			want: []string{"broke the rules of HTTP/2"}},
		{name: "settings of no sense", address: raw(xhttp2.FrameSettings, 0, false,
			[]byte{0, 5, 0, 0, 0, 1}), want: []string{"broke the rules of HTTP/2"}},
		{name: "a push", address: raw(xhttp2.FramePushPromise, xhttp2.FlagPushPromiseEndHeaders,
			true, []byte{0, 0, 0, 2, 0x88}), want: []string{"broke the rules of HTTP/2"}},
		{name: "a shorter body",
			address: speaking(t, func(f *xhttp2.Framer, _ net.Conn, id uint32) {
				head(f, id, append([]byte{0x88, 0x0f, 0x0d, 0x03}, "100"...), false)
				_ = f.WriteData(id, true, []byte("abc"))
			}), want: []string{"Content-Length"}},
		{name: "no room for the body", status: 504, code: "GW_UPSTREAM_TIMEOUT", kind: "timeout",
			cluster: "timeouts: {body_idle: 400ms}",
			address: speaking(t, func(*xhttp2.Framer, net.Conn, uint32) {}),
			request: "POST PATH HTTP/1.1\r\nHost: a.test\r\nContent-Length: 200000\r\n\r\n" +
				string(make([]byte, 200_000)),
			want: []string{"within 400ms (timeouts.body_idle of the cluster)"}},
	}
	for code := xhttp2.ErrCodeNo; code <= xhttp2.ErrCodeHTTP11Required; code++ {
		all = append(all, failing{
			name: fmt.Sprintf("reset %d", code), code: "GW_UPSTREAM_RESET", kind: "stream_reset",
			address: speaking(t, func(f *xhttp2.Framer, _ net.Conn, id uint32) {
				_ = f.WriteRSTStream(id, code)
			}),
			request: post, want: []string{"it reset the stream with " + code.String()},
		})
	}
	for i := range all {
		f := &all[i]
		if f.cluster != "" {
			f.cluster = ", " + f.cluster
		}
		f.cluster = "protocol: h2c" + f.cluster
		if f.status == 0 {
			f.status = 502
		}
		if f.code == "" {
			f.code, f.kind = "GW_UPSTREAM_PROTOCOL", "malformed"
		}
	}
	runAll(t, all, "", nil)
}
