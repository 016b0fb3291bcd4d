package h2_test

import (
	"bytes"
	"slices"
	"strings"

	xhttp2 "golang.org/x/net/http2"
)

// An attack makes the edge work for nothing, as fast as a client can.
type attack struct {
	setup func(c *client)
	step  func(c *client, n int) // writes a few frames, for the n-th time
	code  xhttp2.ErrCode         // in GOAWAY; 0: ENHANCE_YOUR_CALM
	why   string                 // part of its debug data
}

func id(n int) uint32 { return uint32(2*n + 1) }

// open opens stream 1, which the endpoint keeps waiting.
func open(c *client) { c.headers(1, false, request("POST", "/slow")...) }

// spoil opens stream 1 and makes the edge reset it.
func spoil(c *client) {
	open(c)
	c.grow(1, 1<<31-1)
}

// half begins a header block.
func half(c *client) {
	c.must(c.fr.WriteHeaders(xhttp2.HeadersFrameParam{
		StreamID: 1, BlockFragment: c.block(request("GET", "/")...), EndStream: true,
	}))
}

// madeYou opens streams and makes the edge reset each by a fault (CVE-2025-8671).
func madeYou(fault func(c *client, id uint32)) attack {
	return attack{why: "were reset", step: func(c *client, n int) {
		open := request("POST", "/slow")
		c.headers(id(n), false, open...)
		fault(c, id(n))
	}}
}

// madeYouLate is madeYou after the end of the request.
func madeYouLate(fault func(c *client, id uint32)) attack {
	return attack{why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), true, request("GET", "/slow")...)
		fault(c, id(n))
	}}
}

// requests sends nothing but heads, each with more fields.
func requests(why string, more ...string) attack {
	return attack{why: why, step: func(c *client, n int) {
		c.headers(id(n), true, request("GET", "/", more...)...)
	}}
}

// flood repeats one frame on a connection that has an open stream.
func flood(why string, frame func(c *client, n int)) attack {
	return attack{why: why, setup: open, step: frame}
}

var resets = map[string]attack{
	"rapid reset": madeYouLate(func(c *client, id uint32) { c.reset(id) }),
	"rapid reset of what is answered at once": {why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), true, request("GET", "/")...)
		c.reset(id(n))
	}},
	"rapid reset of large answers": {why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), true, request("GET", "/large")...)
		c.reset(id(n))
	}},
	"rapid reset of uploads": madeYou(func(c *client, id uint32) {
		c.must(c.fr.WriteData(id, false, make([]byte, 100)))
		c.reset(id)
	}),
	"made you reset, window by zero": madeYou(func(c *client, id uint32) {
		c.raw(xhttp2.FrameWindowUpdate, 0, id, make([]byte, 4))
	}),
	"made you reset, window overflow": madeYou(func(c *client, id uint32) {
		c.grow(id, 1<<31-1)
	}),
	"made you reset, late window overflow": madeYouLate(func(c *client, id uint32) {
		c.grow(id, 1<<31-1)
	}),
	"made you reset, PRIORITY of itself": madeYou(func(c *client, id uint32) {
		c.must(c.fr.WritePriority(id, xhttp2.PriorityParam{StreamDep: id}))
	}),
	"made you reset, PRIORITY of odd length": madeYou(func(c *client, id uint32) {
		c.raw(xhttp2.FramePriority, 0, id, make([]byte, 4))
	}),
	"made you reset, a second head": madeYou(func(c *client, id uint32) {
		c.headers(id, false, request("POST", "/slow")...)
	}),
	"made you reset, trailers of pseudo-fields": madeYou(func(c *client, id uint32) {
		c.headers(id, true, ":path", "/")
	}),
	"made you reset, trailers without an end": madeYou(func(c *client, id uint32) {
		c.headers(id, false, "x", "y")
	}),
	"made you reset, DATA after the end": madeYouLate(func(c *client, id uint32) {
		c.must(c.fr.WriteData(id, true, []byte("x")))
	}),
	"made you reset, HEADERS after the end": madeYouLate(func(c *client, id uint32) {
		c.headers(id, true, "x", "y")
	}),
	"made you reset, more than Content-Length": {why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), false, request("POST", "/slow", "content-length", "1")...)
		c.must(c.fr.WriteData(id(n), false, []byte("xx")))
	}},
	"made you reset, less than Content-Length": {why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), false, request("POST", "/slow", "content-length", "2")...)
		c.must(c.fr.WriteData(id(n), true, []byte("x")))
	}},
	"made you reset, HEADERS that depend on themselves": {
		why: "were reset", step: func(c *client, n int) {
			c.must(c.fr.WriteHeaders(xhttp2.HeadersFrameParam{
				StreamID: id(n), BlockFragment: c.block(request("GET", "/slow")...),
				EndStream:  true,
				EndHeaders: true,
				Priority:   xhttp2.PriorityParam{StreamDep: id(n), Weight: 1},
			}))
		},
	},
	"more streams than allowed": {why: "were reset", step: func(c *client, n int) {
		c.headers(id(n), false, request("POST", "/slow")...)
	}},
	"HEADERS for a stream that was reset": {
		why: "were reset", setup: spoil, step: func(c *client, n int) {
			c.headers(1, false, "x", "y")
		},
	},
	"malformed requests":    requests("were reset", "connection", "close"),
	"fields without a name": requests("were reset", "", ""),
	"fields in upper case":  requests("were reset", "X-Upper", "1"),
}

var floods = map[string]attack{
	"CONTINUATION without bytes": {why: "CONTINUATION", setup: half, step: func(c *client, n int) {
		c.must(c.fr.WriteContinuation(1, false, nil))
	}},
	"CONTINUATION with a byte": {why: "CONTINUATION", setup: half, step: func(c *client, n int) {
		c.must(c.fr.WriteContinuation(1, false, []byte{0x82}))
	}},
	"CONTINUATION with large fields": {
		why: "far longer", setup: half, step: func(c *client, n int) {
			c.must(c.fr.WriteContinuation(1, false,
				c.block("x-large", strings.Repeat("\xff", 10_000))))
		},
	},
	"HEADERS without bytes, then CONTINUATION without": {
		why: "CONTINUATION", setup: func(c *client) {
			c.must(c.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: 1}))
		}, step: func(c *client, n int) {
			c.must(c.fr.WriteContinuation(1, false, nil))
		},
	},
	"an HPACK bomb": {why: "far longer", step: func(c *client, n int) {
		// An entry that fills the table, then a block of a byte for each copy of it.
		more := []string{}
		if n == 0 {
			more = []string{"x", strings.Repeat("\xff", 4000)}
		}
		b := c.block(request("GET", "/slow", more...)...)
		b = append(b, bytes.Repeat([]byte{0x80 | 62}, 10_000)...)
		c.must(c.fr.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: id(n), BlockFragment: b, EndStream: true, EndHeaders: true,
		}))
	}},
	"an HPACK bomb of many small fields": {why: "over the limit", step: func(c *client, n int) {
		// accept-encoding: gzip, deflate
		b := append(c.block(request("GET", "/slow")...), bytes.Repeat([]byte{0x80 | 16}, 500)...)
		c.blockOf(id(n), true, b)
	}},
	"churn of the HPACK table's size": {why: "were reset", step: func(c *client, n int) {
		size := []byte{0x20} // to nothing, and then to all again
		if n%2 == 1 {
			size = []byte{0x3f, 0xe1, 0x1f}
		}
		c.enc.SetMaxDynamicTableSizeLimit(0) // so that the encoder uses none of it
		c.blockOf(id(n), true,
			slices.Concat(size,
				c.block(request("GET", "/slow", "x-fresh", strings.Repeat("x", n))...)))
		c.reset(id(n))
	}},
	"heads a little over the limit": requests("over the limit",
		slices.Repeat([]string{"x", "y"}, 101)...),
	"SETTINGS that churn the initial window": flood("SETTINGS", func(c *client, n int) {
		c.must(c.fr.WriteSettings(xhttp2.Setting{
			ID: xhttp2.SettingInitialWindowSize, Val: uint32(n%2) * 65535,
		}))
	}),
	"SETTINGS that churn the initial window of 100 streams": {
		why: "SETTINGS", setup: func(c *client) {
			for n := range 100 {
				c.headers(id(n), false, request("POST", "/slow")...)
			}
		}, step: func(c *client, n int) {
			c.must(c.fr.WriteSettings(xhttp2.Setting{
				ID: xhttp2.SettingInitialWindowSize, Val: uint32(n),
			}))
		},
	},
	"SETTINGS that churn the table": flood("SETTINGS", func(c *client, n int) {
		c.must(c.fr.WriteSettings(xhttp2.Setting{
			ID: xhttp2.SettingHeaderTableSize, Val: uint32(n%2) * 4096,
		}))
	}),
	"SETTINGS that say nothing": flood("SETTINGS", func(c *client, n int) {
		c.must(c.fr.WriteSettings())
	}),
	"SETTINGS of a thousand entries": flood("SETTINGS", func(c *client, n int) {
		c.must(
			c.fr.WriteSettings(slices.Repeat([]xhttp2.Setting{
				{ID: xhttp2.SettingInitialWindowSize, Val: 65535},
				{ID: xhttp2.SettingInitialWindowSize, Val: 1},
			}, 500)...))
	}),
	"SETTINGS of thousands of entries, with 100 streams": {why: "SETTINGS", setup: func(c *client) {
		for n := range 100 {
			c.headers(id(n), false, request("POST", "/slow")...)
		}
	}, step: func(c *client, n int) {
		c.must(
			c.fr.WriteSettings(slices.Repeat([]xhttp2.Setting{
				{ID: xhttp2.SettingInitialWindowSize, Val: 65535},
				{ID: xhttp2.SettingInitialWindowSize, Val: 1},
			}, 1365)...))
	}},
	"SETTINGS acknowledged": flood("SETTINGS", func(c *client, n int) {
		c.must(c.fr.WriteSettingsAck())
	}),
	"PING": flood("PING", func(c *client, n int) {
		c.must(c.fr.WritePing(false, [8]byte{}))
	}),
	"answers to no PING": flood("PING", func(c *client, n int) {
		c.must(c.fr.WritePing(true, [8]byte{}))
	}),
	"DATA without data": flood("without data", func(c *client, n int) {
		c.must(c.fr.WriteData(1, false, nil))
	}),
	"DATA of padding": flood("without data", func(c *client, n int) {
		c.must(c.fr.WriteDataPadded(1, false, nil, make([]byte, 10)))
	}),
	"DATA for a reset stream": {setup: spoil, step: func(c *client, n int) {
		c.must(c.fr.WriteData(1, false, []byte("x")))
	}},
	"PRIORITY": flood("PRIORITY", func(c *client, n int) {
		c.must(c.fr.WritePriority(id(n+1), xhttp2.PriorityParam{Weight: 1}))
	}),
	"PRIORITY that turns a tree over": flood("PRIORITY", func(c *client, n int) {
		c.must(c.fr.WritePriority(id(n%7+1), xhttp2.PriorityParam{
			StreamDep: id((n+1)%7 + 1), Exclusive: true,
		}))
	}),
	"WINDOW_UPDATE of the connection": flood("WINDOW_UPDATE", func(c *client, n int) {
		c.grow(0, 1)
	}),
	"WINDOW_UPDATE of a stream": flood("WINDOW_UPDATE", func(c *client, n int) {
		c.grow(1, 1)
	}),
	"a window opened byte by byte": {why: "WINDOW_UPDATE", setup: func(c *client) {
		c.must(c.fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 0}))
		c.headers(1, true, request("GET", "/large")...)
	}, step: func(c *client, n int) { c.grow(1, 1) }},
	"RST_STREAM of streams that ended": {setup: func(c *client) {
		for n := range 50 {
			c.headers(id(n), true, request("GET", "/")...)
		}
	}, step: func(c *client, n int) { c.reset(id(n % 50)) }},
	"frames of unknown types": flood("unknown", func(c *client, n int) {
		c.raw(0x10, 0, 0, []byte("\x00\x00\x00\x01u=1"))
	}),
	"GOAWAY": flood("GOAWAY", func(c *client, n int) {
		c.must(c.fr.WriteGoAway(0, xhttp2.ErrCodeNo, nil))
	}),
}

// Faults are what a connection ends for at once.
var faults = map[string]attack{
	"the connection's window overflows": {
		why: "grew above", code: xhttp2.ErrCodeFlowControl, step: func(c *client, n int) {
			c.grow(0, 1<<31-1)
		},
	},
	"an initial window that overflows others": {
		why: "INITIAL_WINDOW", code: xhttp2.ErrCodeFlowControl, setup: func(c *client) {
			open(c)
			c.grow(1, 1<<31-1-65535)
		}, step: func(c *client, n int) {
			c.must(c.fr.WriteSettings(xhttp2.Setting{
				ID: xhttp2.SettingInitialWindowSize, Val: 65536,
			}))
		},
	},
	"DATA over the frame size": {
		code: xhttp2.ErrCodeFrameSize, setup: open, step: func(c *client, n int) {
			c.raw(xhttp2.FrameData, 0, 1, make([]byte, 16<<10+1))
		},
	},
	"HEADERS over the frame size": {code: xhttp2.ErrCodeFrameSize, step: func(c *client, n int) {
		c.raw(xhttp2.FrameHeaders, 4, id(n), make([]byte, 16<<10+1))
	}},
	"a thousand sizes for the HPACK table in a block": {
		code: xhttp2.ErrCodeCompression, step: func(c *client, n int) {
			c.blockOf(id(n), true,
				slices.Concat(bytes.Repeat([]byte{0x20, 0x3f, 0xe1, 0x1f}, 1000),
					c.block(request("GET", "/", "x-fresh", "1")...)))
		},
	},
	"an HPACK index that is not there": {
		code: xhttp2.ErrCodeCompression, step: func(c *client, n int) {
			c.blockOf(id(n), true, []byte{0xff, 0x80, 0x80, 0x80, 0x01})
		},
	},
}
