package netx

import (
	"net"
	"testing"
	"time"
)

// 0.0.0.0 says nothing about IPv6, and a firewall may know of IPv4 only.
func TestAnAddressIsListenedOnAndNoOther(t *testing.T) {
	t.Parallel()
	if probe, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Skip("this machine has no IPv6")
	} else {
		probe.Close()
	}
	for address, want := range map[string]struct{ v4, v6 bool }{
		"0.0.0.0:0":            {v4: true},
		"[::ffff:0.0.0.0]:0":   {v4: true},
		"127.0.0.1:0":          {v4: true},
		"[::ffff:127.0.0.1]:0": {v4: true},
		"[::1]:0":              {v6: true},
		"[::]:0":               {v4: true, v6: true},
		"[0:0::0]:0":           {v4: true, v6: true},
		":0":                   {v4: true, v6: true},
	} {
		l, err := Listen(t.Context(), new(net.ListenConfig), address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		for host, want := range map[string]bool{"127.0.0.1": want.v4, "::1": want.v6} {
			d := net.Dialer{Timeout: 10 * time.Second}
			c, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
			if err == nil {
				c.Close()
			}
			if got := err == nil; got != want {
				t.Errorf("%s is reached by %s: %t, want %t (%v)", address, host, got, want, err)
			}
		}
		l.Close()
	}
	if l, err := Listen(t.Context(), new(net.ListenConfig), "nowhere"); err == nil {
		l.Close()
		t.Error("an address without a port was bound")
	}
}
