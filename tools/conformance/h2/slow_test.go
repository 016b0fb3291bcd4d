package h2_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	xhttp2 "golang.org/x/net/http2"
)

// quick are times that a test can wait for. What is slow must end within slowEnd.
const (
	quick   = ", timeouts: {header: 1s, body_idle: 1s, keepalive: 1s}"
	slowEnd = 15 * time.Second
)

// slowMemory bounds what the requests of a slow client hold, and the polite client beside it.
const slowMemory = 16 << 20

// streams is how many requests a slow client opens on its connection: all that it may.
const streams = 100

// A slow client makes the edge wait, and hold something meanwhile.
type slow struct {
	settings []xhttp2.Setting
	deaf     bool // it reads nothing from the connection
	do       func(c *client)
	again    func(c *client) // done a few times a second
}

var zeroWindow = []xhttp2.Setting{{ID: xhttp2.SettingInitialWindowSize, Val: 0}}

func each(method, path string, end bool) func(*client) {
	return func(c *client) {
		for n := range streams {
			c.headers(id(n), end, request(method, path)...)
		}
	}
}

var slowClients = map[string]slow{
	"a window that stays shut": {settings: zeroWindow, do: each("GET", "/large", true)},
	"a window that stays shut, and PING": {
		settings: zeroWindow, do: each("GET", "/large", true), again: func(c *client) {
			c.must(c.fr.WritePing(false, [8]byte{}))
		},
	},
	"a connection's window that stays small": {
		settings: []xhttp2.Setting{{ID: xhttp2.SettingInitialWindowSize, Val: 1<<31 - 1}},
		do:       each("GET", "/large", true),
	},
	"a socket that is not read": {
		deaf:     true,
		settings: []xhttp2.Setting{{ID: xhttp2.SettingInitialWindowSize, Val: 1<<31 - 1}},
		do: func(c *client) {
			c.grow(0, 1<<31-1-65535)
			each("GET", "/large", true)(c)
		},
	},
	"uploads that say nothing": {do: each("POST", "/", false)},
	"uploads that stop": {do: func(c *client) {
		each("POST", "/", false)(c)
		for n := range streams {
			c.must(c.fr.WriteData(id(n), false, make([]byte, 1000)))
		}
	}},
	"a head that stops":        {do: half},
	"a frame that stops":       {do: func(c *client) { c.out.WriteString("\x00\x40\x00\x00") }},
	"a connection for nothing": {do: func(c *client) {}},
	"a connection for nothing, and PING": {do: func(c *client) {}, again: func(c *client) {
		c.must(c.fr.WritePing(false, [8]byte{}))
	}},
}

func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := newEndpoint(t)
	for name, s := range slowClients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := startUnder(t, authority, testkit.Cluster{Address: up.Addr(), Listener: quick})
			c := dial(t, u.f, "plain", !s.deaf, s.settings...)
			s.do(c)
			c.flush()
			// The edge has one more connection, the polite client's.
			testkit.Within(t, slowEnd, "the edge gets rid of the client", func() bool {
				if s.again != nil {
					s.again(c)
					c.flush()
				}
				return u.f.Metrics(t)[`gateway_active_connections{listener="plain"}`] == 1
			})
			c.conn.Close()
			u.judge(t, slowMemory)
		})
	}
}
